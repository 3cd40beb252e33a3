//! A name means one thing, or both sides say that it may mean either.

use std::collections::BTreeMap;

use super::fault;
use crate::{
    Fault, Severity, Sources,
    graph::{Graph, Node, Object, Property},
};

/// Classes that one text can mention: their names share a space.
const MENTIONED: [&str; 5] = ["jy:Symptom", "jy:Disease", "jy:Risk", "jy:Drug", "jy:Allergen"];
/// Classes that nobody looks up by name; two lists of departments use the same names.
const UNNAMED: [&str; 5] = ["jy:Term", "jy:Source", "jy:SymptomAttribute", "jy:Department", "sh:NodeShape"];

/// A name with the subject that bears it.
type Bearer<'a> = (&'a Node, &'a Property);

pub(crate) fn names(sources: &Sources, graph: &Graph, faults: &mut Vec<Fault>) {
    let mut sure: BTreeMap<(&str, &str), Bearer<'_>> = BTreeMap::new();
    let mut unsure: BTreeMap<(&str, &str), Vec<Bearer<'_>>> = BTreeMap::new();
    for node in graph.nodes.values() {
        let Some(space) = space(node) else { continue };
        for name in node.all("skos:prefLabel").chain(node.all("skos:altLabel")) {
            let Object::Text(text) = &name.object else { continue };
            well_formed(sources, name, text, faults);
            if let Some((other, first)) = sure.insert((space, text), (node, name)) {
                faults.push(twice(sources, (other, first), (node, name), text));
            }
        }
        for name in node.all("jy:ambiguous") {
            let Object::Text(text) = &name.object else { continue };
            well_formed(sources, name, text, faults);
            unsure.entry((space, text)).or_default().push((node, name));
        }
    }
    for ((space, text), bearers) in unsure {
        let Some((node, name)) = bearers.first() else { continue };
        if let Some((other, _)) = sure.get(&(space, text)) {
            let message = format!("名称“{text}”在 {} 标为有歧义，{} 却当作自己的名称", node.key, other.key);
            let hint = format!("两处都写在 jy:ambiguous，或从 {} 删去", node.key);
            faults.push(fault(sources, name.place, "KB014", message).with_hint(hint));
        } else if bearers.len() == 1 {
            let message = format!("名称“{text}”只有 {} 用，没有歧义", node.key);
            let hint = "改写成 skos:altLabel，或在另一个概念里也写上 jy:ambiguous";
            let warning = fault(sources, name.place, "KB014", message).with_hint(hint);
            faults.push(Fault { severity: Severity::Warning, ..warning });
        }
    }
}

/// The space of names that a subject belongs to.
fn space(node: &Node) -> Option<&str> {
    let class = node.key("rdf:type").filter(|class| !UNNAMED.contains(class))?;
    Some(if MENTIONED.contains(&class) { "" } else { class })
}

fn twice(sources: &Sources, first: Bearer<'_>, second: Bearer<'_>, text: &str) -> Fault {
    let (message, hint) = if first.0.key == second.0.key {
        (format!("名称“{text}”在 {} 里写了两次", second.0.key), "删去一个".to_owned())
    } else {
        let message = format!("名称“{text}”同时指 {} 和 {}", first.0.key, second.0.key);
        (message, "只留一处；若确实可指两者，两处都从 skos:altLabel 移到 jy:ambiguous".to_owned())
    };
    fault(sources, second.1.place, "KB005", message).with_hint(hint)
}

fn well_formed(sources: &Sources, property: &Property, text: &str, faults: &mut Vec<Fault>) {
    if text.trim() != text || text.is_empty() || text.chars().any(char::is_control) {
        let message = format!("名称“{text}”为空、含控制字符或首尾有空白");
        faults.push(fault(sources, property.place, "KB006", message));
    }
}
