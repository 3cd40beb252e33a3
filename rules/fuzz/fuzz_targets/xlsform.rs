#![no_main]

use libfuzzer_sys::fuzz_target;
use rules::exchange::xlsform;

fuzz_target!(|bytes: &[u8]| {
    let _ = xlsform::import("fuzz.xlsx", bytes);
});
