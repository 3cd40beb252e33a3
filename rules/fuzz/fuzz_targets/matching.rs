#![no_main]

use libfuzzer_sys::fuzz_target;
use rules::matching::{Matcher, Targets};

struct Any;

impl Targets for Any {
    fn has(&self, _: &str) -> bool {
        true
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

fuzz_target!(|text: &str| {
    let _ = Matcher::compile("fuzz.md", text, &Any);
});
