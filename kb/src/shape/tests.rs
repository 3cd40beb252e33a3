//! The shipped shapes hold for the shipped graph, and faulty shapes are faults themselves.

use std::path::Path;

use crate::{Kb, Severity, Sources};

#[test]
fn the_shipped_graph_has_no_errors() {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    let sources = Sources::read(data, &["graph", "herbs", "lexicon"], &["ttl", "tsv"]).unwrap();
    let faults = Kb::compile(&sources).map_or_else(|faults| faults, |kb| kb.warnings);
    let errors: Vec<String> =
        faults.iter().filter(|f| f.severity == Severity::Error).map(ToString::to_string).collect();
    assert_eq!(errors, [""; 0]);
}
