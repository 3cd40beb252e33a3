#![no_main]

use libfuzzer_sys::fuzz_target;
use rules::form::case_text::read_cases;

fuzz_target!(|text: &str| {
    let _ = read_cases("fuzz.cases", text);
});
