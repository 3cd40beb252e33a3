#![no_main]

use libfuzzer_sys::fuzz_target;
use rules::{
    chart::Chart,
    expr::{Kind, Variable, Vocabulary},
};

/// Every name is a condition.
struct Any;

impl Vocabulary for Any {
    fn resolve(&self, name: &str) -> Option<Variable> {
        (!name.is_empty()).then_some(Variable { slot: 0, kind: Kind::Truth })
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

fuzz_target!(|text: &str| {
    for head in ["flowchart TD", "stateDiagram-v2"] {
        let _ = Chart::compile("fuzz.mmd", &format!("{head}\n{text}"), &Any);
    }
});
