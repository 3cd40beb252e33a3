//! One subject before and after.

use std::collections::BTreeMap;

use super::{Change, Item, Names, SubjectChange, Topic};
use crate::{
    Sources,
    graph::{Graph, Node, Object, Place, Property},
};

/// Properties of a relation that do not tell which relation it is.
const DETAILS: [&str; 3] = ["jy:source", "jy:review", "jy:frequency"];

pub(super) struct Sides<'a> {
    pub(super) old: &'a Sources,
    pub(super) new: &'a Sources,
    pub(super) old_graph: &'a Graph,
    pub(super) new_graph: &'a Graph,
    pub(super) names: Names,
}

/// A statement made comparable.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fact {
    topic: Topic,
    property: String,
    target: Option<String>,
    value: String,
    place: Place,
}

/// Which fact it is, apart from its value: property, target and detail.
type Slot = (String, Option<String>, Topic);

pub(super) fn change(sides: &Sides<'_>, key: &str) -> Option<SubjectChange> {
    let (old, new) = (sides.old_graph.nodes.get(key), sides.new_graph.nodes.get(key));
    let node = new.or(old)?;
    let facts = |node: Option<&Node>, graph| node.map(|node| facts(sides, graph, node)).unwrap_or_default();
    let items = compare(sides, facts(old, sides.old_graph), facts(new, sides.new_graph));
    let change = match (old, new) {
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
        (Some(_), Some(_)) if items.is_empty() => return None,
        (Some(_), Some(_)) => Change::Changed,
    };
    Some(SubjectChange {
        key: key.to_owned(),
        class: node.key("rdf:type").map(|class| sides.names.of_key(class)).unwrap_or_default(),
        label: node.text("skos:prefLabel").unwrap_or(key).to_owned(),
        change,
        items,
    })
}

/// Facts of a slot are matched by value; one left on each side is a change, more are removals and additions.
fn compare(
    sides: &Sides<'_>,
    old: BTreeMap<Slot, Vec<Fact>>,
    mut new: BTreeMap<Slot, Vec<Fact>>,
) -> Vec<Item> {
    let mut items = Vec::new();
    for (slot, mut before) in old {
        let mut after = new.remove(&slot).unwrap_or_default();
        before.retain(|fact| match after.iter().position(|other| other.value == fact.value) {
            Some(at) => {
                after.remove(at);
                false
            }
            None => true,
        });
        if let ([one], [other]) = (before.as_slice(), after.as_slice()) {
            items.push(item(sides.new, other, Some(&one.value), Some(&other.value)));
            continue;
        }
        items.extend(before.iter().map(|fact| item(sides.old, fact, Some(&fact.value), None)));
        items.extend(after.iter().map(|fact| item(sides.new, fact, None, Some(&fact.value))));
    }
    items.extend(new.into_values().flatten().map(|fact| item(sides.new, &fact, None, Some(&fact.value))));
    items.sort_by(|a, b| (a.topic, &a.property, &a.target).cmp(&(b.topic, &b.property, &b.target)));
    items
}

fn item(sources: &Sources, fact: &Fact, before: Option<&str>, after: Option<&str>) -> Item {
    Item {
        topic: fact.topic,
        property: fact.property.clone(),
        target: fact.target.clone(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
        place: (sources.files()[fact.place.file].name.clone(), fact.place.line),
    }
}

fn facts(sides: &Sides<'_>, graph: &Graph, node: &Node) -> BTreeMap<Slot, Vec<Fact>> {
    let mut found: BTreeMap<Slot, Vec<Fact>> = BTreeMap::new();
    let mut add = |fact: Fact| {
        let slot = (fact.property.clone(), fact.target.clone(), fact.topic);
        found.entry(slot).or_default().push(fact);
    };
    for property in &node.properties {
        let name = sides.names.of_key(&property.name);
        let place = property.place;
        match &property.object {
            Object::Nested(id) => {
                let Some(nested) = graph.nested(id) else { continue };
                relation(sides, graph, property, nested).into_iter().for_each(&mut add);
            }
            Object::Key(key) => {
                let topic = match property.name.as_str() {
                    "jy:review" => Topic::Review,
                    // To another concept; words of our own ontology are values.
                    _ if !key.starts_with("jy:") && property.name != "jy:source" => Topic::Edge,
                    _ => Topic::Other,
                };
                add(Fact { topic, property: name, target: None, value: sides.names.of_key(key), place });
            }
            Object::Text(text) => {
                let is_name =
                    matches!(property.name.as_str(), "skos:prefLabel" | "skos:altLabel" | "skos:hiddenLabel");
                let topic = if is_name { Topic::Label } else { Topic::Other };
                add(Fact { topic, property: name, target: None, value: text.clone(), place });
            }
        }
    }
    found
}

/// A nested `[ … ]` as one fact that it is there, and one for each of its details.
fn relation(sides: &Sides<'_>, graph: &Graph, property: &Property, nested: &Node) -> Vec<Fact> {
    let name = sides.names.of_key(&property.name);
    let end = nested.properties.iter().find_map(|inner| match &inner.object {
        Object::Key(key) if !DETAILS.contains(&inner.name.as_str()) => Some((inner, sides.names.of_key(key))),
        _ => None,
    });
    let label = || nested.all("skos:prefLabel").find_map(|inner| Some((inner, text(inner)?)));
    let Some((end, target)) = end.or_else(label) else {
        let value = written(sides, graph, nested);
        return vec![Fact {
            topic: Topic::Other,
            property: name,
            target: None,
            value,
            place: property.place,
        }];
    };
    let is_edge = matches!(end.object, Object::Key(_));
    let mut facts = vec![Fact {
        topic: if is_edge { Topic::Edge } else { Topic::Other },
        property: name.clone(),
        target: Some(target.clone()),
        value: String::new(),
        place: property.place,
    }];
    for inner in nested.properties.iter().filter(|inner| !std::ptr::eq(*inner, end)) {
        let topic = match inner.name.as_str() {
            "jy:frequency" => Topic::Frequency,
            "jy:review" => Topic::Review,
            _ => Topic::Other,
        };
        facts.push(Fact {
            topic,
            property: format!("{name}·{}", sides.names.of_key(&inner.name)),
            target: Some(target.clone()),
            value: value(sides, graph, inner),
            place: inner.place,
        });
    }
    facts
}

fn text(property: &Property) -> Option<String> {
    match &property.object {
        Object::Text(text) => Some(text.clone()),
        Object::Key(_) | Object::Nested(_) => None,
    }
}

fn value(sides: &Sides<'_>, graph: &Graph, property: &Property) -> String {
    match &property.object {
        Object::Key(key) => sides.names.of_key(key),
        Object::Text(text) => text.clone(),
        Object::Nested(id) => {
            graph.nested(id).map(|nested| written(sides, graph, nested)).unwrap_or_default()
        }
    }
}

fn written(sides: &Sides<'_>, graph: &Graph, nested: &Node) -> String {
    let mut parts: Vec<String> = nested
        .properties
        .iter()
        .map(|inner| format!("{} {}", sides.names.of_key(&inner.name), value(sides, graph, inner)))
        .collect();
    parts.sort();
    format!("[{}]", parts.join("；"))
}
