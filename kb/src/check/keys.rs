//! Every key that a statement points to is defined, and every subject has a known class.

use std::collections::BTreeMap;

use super::fault;
use crate::{
    Fault, Sources,
    graph::{Graph, Object},
    similar::nearest,
};

/// Prefixes whose keys are subjects of the knowledge files.
const OWN: [&str; 17] = [
    "sym", "dis", "dept", "part", "attr", "risk", "exam", "pop", "tcm", "syn", "drug", "alg", "flag", "src",
    "herb", "grp", "shape",
];

/// Classes that subjects may have.
const CLASSES: [&str; 19] = [
    "jy:Symptom",
    "jy:Disease",
    "jy:Risk",
    "jy:Drug",
    "jy:Allergen",
    "jy:Department",
    "jy:BodyPart",
    "jy:SymptomAttribute",
    "jy:RedFlag",
    "jy:Source",
    "jy:Term",
    "jy:Examination",
    "jy:Population",
    "jy:TcmDisease",
    "jy:TcmSyndrome",
    "jy:Herb",
    "jy:HerbGroup",
    "jy:Incompatibility",
    "sh:NodeShape",
];

/// Every named subject has one known class.
pub(crate) fn classes(sources: &Sources, graph: &Graph, faults: &mut Vec<Fault>) {
    for node in graph.nodes.values() {
        let mut own = node.all("rdf:type");
        match own.next() {
            None => {
                let message = format!("{} 没有写类型", node.key);
                let hint = "名称写错了，或少了“a jy:…”";
                faults.push(fault(sources, node.place, "KB002", message).with_hint(hint));
            }
            Some(class) if !CLASSES.contains(&class.shown()) => {
                let message = format!("{} 的类型 {} 不认识", node.key, class.shown());
                let hint = nearest(class.shown(), CLASSES.into_iter()).map_or_else(
                    || format!("可用：{}", CLASSES.join("、")),
                    |meant| format!("是不是 {meant}？"),
                );
                faults.push(fault(sources, class.place, "KB002", message).with_hint(hint));
            }
            Some(_) => {}
        }
        if let Some(second) = own.next() {
            let message = format!("{} 有两个类型", node.key);
            faults.push(
                fault(sources, second.place, "KB002", message).with_hint("一个概念只属于一类，拆成两个"),
            );
        }
    }
}

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
