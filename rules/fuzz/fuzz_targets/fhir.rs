#![no_main]

use libfuzzer_sys::fuzz_target;
use rules::exchange::fhir;

fuzz_target!(|text: &str| {
    let _ = fhir::import("fuzz.json", text);
});
