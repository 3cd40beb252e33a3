#![no_main]

use libfuzzer_sys::fuzz_target;
use rules::expr::{Expr, Kind, Variable, Vocabulary};

/// Every name is a number, so that the checker is reached.
struct Any;

impl Vocabulary for Any {
    fn resolve(&self, name: &str) -> Option<Variable> {
        (!name.is_empty()).then_some(Variable { slot: 0, kind: Kind::Number { unit: None } })
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

fuzz_target!(|text: &str| {
    let _ = Expr::compute(text, &Any);
});
