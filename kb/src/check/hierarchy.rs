//! `skos:broader` and `jy:processedOf` stay within one class and come to an end.

use std::collections::BTreeSet;

use super::fault;
use crate::{
    Fault, Sources,
    graph::{Graph, Node, Object, Property},
};

const UPWARD: [&str; 2] = ["skos:broader", "jy:processedOf"];

pub(crate) fn hierarchy(sources: &Sources, graph: &Graph, faults: &mut Vec<Fault>) {
    for name in UPWARD {
        for node in graph.nodes.values() {
            for (property, other) in parents(graph, node, name) {
                if other.key("rdf:type") != node.key("rdf:type") {
                    let message = format!("{} 的 {name} {} 不是同一类概念", node.key, other.key);
                    faults.push(fault(sources, property.place, "KB007", message));
                }
            }
        }
        cycles(sources, graph, name, faults);
    }
}

/// Each circle once, at the statement that closes it.
fn cycles(sources: &Sources, graph: &Graph, name: &'static str, faults: &mut Vec<Fault>) {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in graph.nodes.values() {
        // Depth first; `path` holds the way from the start with the parents still to be tried.
        let mut path: Vec<(&Node, Vec<(&Property, &Node)>)> = Vec::new();
        if done.contains(start.key.as_str()) {
            continue;
        }
        path.push((start, parents(graph, start, name).collect()));
        while let Some((node, left)) = path.last_mut() {
            let Some((property, next)) = left.pop() else {
                done.insert(&node.key);
                path.pop();
                continue;
            };
            if let Some(at) = path.iter().position(|(on_path, _)| on_path.key == next.key) {
                let circle: Vec<&str> =
                    path[at..].iter().map(|(node, _)| node.key.as_str()).chain([next.key.as_str()]).collect();
                let message = format!("{name} 成环：{}", circle.join(" → "));
                faults.push(fault(sources, property.place, "KB007", message).with_hint("删去其中一个"));
            } else if !done.contains(next.key.as_str()) {
                path.push((next, parents(graph, next, name).collect()));
            }
        }
    }
}

fn parents<'a>(
    graph: &'a Graph,
    node: &'a Node,
    name: &'static str,
) -> impl Iterator<Item = (&'a Property, &'a Node)> {
    node.all(name).filter_map(|property| match &property.object {
        Object::Key(key) => graph.nodes.get(key).map(|other| (property, other)),
        Object::Text(_) | Object::Nested(_) => None,
    })
}
