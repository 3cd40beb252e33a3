#![no_main]

use libfuzzer_sys::fuzz_target;
use rules::quality::Schema;

fuzz_target!(|text: &str| {
    let _ = Schema::read("fuzz.md", text);
});
