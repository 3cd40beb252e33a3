#![no_main]

use libfuzzer_sys::fuzz_target;
use rules::form::json;

fuzz_target!(|text: &str| {
    let _ = json::from_json("fuzz.json", text);
});
