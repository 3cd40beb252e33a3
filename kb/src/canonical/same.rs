//! Whether two texts say the same: their triples, with nested nodes told by what is said of them.

use std::collections::{BTreeMap, BTreeSet};

use oxrdf::{NamedOrBlankNode, Term, Triple};
use oxttl::TurtleParser;

/// The triples of named subjects; none for a text that is no Turtle.
pub(super) fn triples(text: &str) -> Option<BTreeSet<String>> {
    let triples: Vec<Triple> =
        TurtleParser::new().for_slice(text.as_bytes()).collect::<Result<_, _>>().ok()?;
    let mut nested: BTreeMap<&str, Vec<&Triple>> = BTreeMap::new();
    for triple in &triples {
        if let NamedOrBlankNode::BlankNode(node) = &triple.subject {
            nested.entry(node.as_str()).or_default().push(triple);
        }
    }
    let named = triples.iter().filter(|triple| matches!(triple.subject, NamedOrBlankNode::NamedNode(_)));
    Some(
        named
            .map(|triple| {
                format!("{} {} {}", triple.subject, triple.predicate, shown(&triple.object, &nested, 0))
            })
            .collect(),
    )
}

/// Deeper than the parser of this module reads, so that circles of labelled nodes come to an end.
const MAX_DEPTH: u8 = 200;

fn shown(term: &Term, nested: &BTreeMap<&str, Vec<&Triple>>, depth: u8) -> String {
    let Term::BlankNode(node) = term else { return term.to_string() };
    if depth > MAX_DEPTH {
        return "…".to_owned();
    }
    let triples = nested.get(node.as_str()).map(Vec::as_slice).unwrap_or_default();
    let mut said: Vec<String> = triples
        .iter()
        .map(|triple| format!("{} {}", triple.predicate, shown(&triple.object, nested, depth + 1)))
        .collect();
    said.sort();
    format!("[{}]", said.join(";"))
}
