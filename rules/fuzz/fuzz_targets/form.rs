#![no_main]

use libfuzzer_sys::fuzz_target;
use rules::form::{Form, NoConcepts, print::print, prove::prove, read::read};

fuzz_target!(|text: &str| {
    if let Ok(draft) = read("fuzz.form", text) {
        assert_eq!(read("fuzz.form", &print(&draft)).as_ref(), Ok(&draft));
        if let Ok(form) = Form::compile("fuzz.form", &draft, &NoConcepts) {
            let _ = prove(&form);
        }
    }
});
