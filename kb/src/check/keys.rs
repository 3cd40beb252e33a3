//! Every key that a statement points to is defined, and every subject has a known class.

use std::collections::BTreeMap;

use super::fault;
use crate::{
    Fault, Sources,
    graph::{Graph, Object},
    similar::nearest,
};

/// Prefixes whose keys are subjects of the knowledge files.
const OWN: [&str; 16] = [
    "sym", "dis", "dept", "part", "attr", "risk", "exam", "pop", "tcm", "syn", "drug", "alg", "flag", "src",
    "herb", "grp",
];

pub(crate) fn keys(sources: &Sources, graph: &Graph, faults: &mut Vec<Fault>) {
    let mut by_prefix: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for key in graph.nodes.keys() {
        by_prefix.entry(prefix(key)).or_default().push(key);
    }
    for property in graph.all_nodes().flat_map(|node| &node.properties) {
        let Object::Key(key) = &property.object else { continue };
        if !OWN.contains(&prefix(key)) || graph.nodes.contains_key(key) {
            continue;
        }
        let message = format!("{} 指向的 {key} 没有定义", property.name);
        let known = by_prefix.get(prefix(key)).map(Vec::as_slice).unwrap_or_default();
        let hint = nearest(key, known.iter().copied()).map_or_else(
            || format!("先定义 {key}，或改用已有的概念"),
            |meant| {
                let label = graph.nodes[meant].text("skos:prefLabel").unwrap_or_default();
                format!("是不是 {meant}（{label}）？")
            },
        );
        faults.push(fault(sources, property.place, "KB004", message).with_hint(hint));
    }
}

fn prefix(key: &str) -> &str {
    key.split_once(':').map_or("", |(prefix, _)| prefix)
}
