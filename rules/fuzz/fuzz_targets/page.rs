#![no_main]

use libfuzzer_sys::fuzz_target;
use rules::page::Page;

fuzz_target!(|text: &str| {
    let _ = Page::read("fuzz.md", text);
});
