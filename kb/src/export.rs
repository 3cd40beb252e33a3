//! The graph of a release in the formats others read. The same release gives the same bytes.

use std::collections::BTreeMap;

use oxigraph::io::{JsonLdProfileSet, RdfFormat, RdfSerializer};
use oxrdf::{BlankNode, NamedOrBlankNode, Term, Triple};

use crate::{Kb, vocabulary::PREFIXES};

/// A format of RDF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// W3C RDF 1.1 Turtle.
    Turtle,
    /// W3C RDF 1.1 N-Quads, everything in the default graph.
    NQuads,
    /// W3C JSON-LD 1.1, with a context of our prefixes.
    JsonLd,
}

impl Format {
    /// Every format with the name it is asked for by.
    pub const NAMES: [(&'static str, Self); 3] =
        [("turtle", Self::Turtle), ("nquads", Self::NQuads), ("jsonld", Self::JsonLd)];

    /// The format of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
    }

    /// Ending of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Turtle => "ttl",
            Self::NQuads => "nq",
            Self::JsonLd => "jsonld",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Turtle => "text/turtle",
            Self::NQuads => "application/n-quads",
            Self::JsonLd => "application/ld+json",
        }
    }

    fn rdf(self) -> RdfFormat {
        match self {
            Self::Turtle => RdfFormat::Turtle,
            Self::NQuads => RdfFormat::NQuads,
            Self::JsonLd => RdfFormat::JsonLd { profile: JsonLdProfileSet::empty() },
        }
    }
}

impl Kb {
    /// All triples of the release.
    pub fn export(&self, format: Format) -> std::io::Result<Vec<u8>> {
        let mut triples = Vec::with_capacity(self.store.len().map_err(std::io::Error::other)?);
        for quad in &self.store {
            triples.push(Triple::from(quad.map_err(std::io::Error::other)?));
        }
        let mut serializer = RdfSerializer::from_format(format.rdf());
        for (prefix, iri) in PREFIXES {
            serializer = serializer.with_prefix(prefix, iri).map_err(std::io::Error::other)?;
        }
        let mut writer = serializer.for_writer(Vec::new());
        for triple in &ordered(triples) {
            writer.serialize_triple(triple)?;
        }
        writer.finish()
    }
}

/// How deep nested nodes are looked into for their order; a circle of them ends there.
const DEPTH: usize = 8;

/// Named subjects by name, each followed by its nested nodes, which are numbered: their names are drawn anew at every
/// parse and mean nothing.
fn ordered(triples: Vec<Triple>) -> Vec<Triple> {
    let mut order = Order::default();
    let mut named = BTreeMap::<String, Vec<Triple>>::new();
    for triple in triples {
        match &triple.subject {
            NamedOrBlankNode::NamedNode(node) => {
                named.entry(node.as_str().to_owned()).or_default().push(triple);
            }
            NamedOrBlankNode::BlankNode(node) => {
                order.nested.entry(node.as_str().to_owned()).or_default().push(triple);
            }
        }
    }
    for own in named.into_values() {
        order.add(own);
    }
    // What no named subject leads to.
    while let Some((_, own)) = order.nested.pop_first() {
        order.add(own);
    }
    order.out
}

#[derive(Default)]
struct Order {
    nested: BTreeMap<String, Vec<Triple>>,
    numbers: BTreeMap<String, BlankNode>,
    out: Vec<Triple>,
}

impl Order {
    fn add(&mut self, mut own: Vec<Triple>) {
        own.sort_by_cached_key(|triple| {
            (triple.predicate.as_str().to_owned(), self.content(&triple.object, 0))
        });
        let mut below = Vec::new();
        for mut triple in own {
            if let NamedOrBlankNode::BlankNode(node) = &triple.subject {
                triple.subject = NamedOrBlankNode::BlankNode(self.number(node));
            }
            if let Term::BlankNode(node) = &triple.object {
                below.extend(self.nested.remove(node.as_str()));
                triple.object = Term::BlankNode(self.number(node));
            }
            self.out.push(triple);
        }
        for inner in below {
            self.add(inner);
        }
    }

    /// Numbers are given in the order of writing, so that they do not depend on the parse.
    fn number(&mut self, node: &BlankNode) -> BlankNode {
        let next = self.numbers.len();
        let number = || BlankNode::new_unchecked(format!("n{next}"));
        self.numbers.entry(node.as_str().to_owned()).or_insert_with(number).clone()
    }

    /// A nested node is its content, sorted.
    fn content(&self, term: &Term, depth: usize) -> String {
        match term {
            Term::BlankNode(node) if depth < DEPTH => {
                let own = self.nested.get(node.as_str()).map(Vec::as_slice).unwrap_or_default();
                let part = |triple: &Triple| {
                    format!("{} {}", triple.predicate, self.content(&triple.object, depth + 1))
                };
                let mut parts: Vec<String> = own.iter().map(part).collect();
                parts.sort();
                parts.join(";")
            }
            Term::BlankNode(_) => String::new(),
            other => other.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use oxigraph::io::RdfParser;

    use super::*;
    use crate::{Source, Sources, sample};

    #[test]
    fn every_format_says_the_same_as_the_release_in_the_same_bytes() {
        let (one, two) = (sample::kb(4, 9), sample::kb(4, 9));
        for (name, format) in Format::NAMES {
            let bytes = one.export(format).unwrap();
            assert_eq!(bytes, two.export(format).unwrap(), "{name}");
            let parser = RdfParser::from_format(format.rdf());
            let n_read = parser.for_slice(&bytes).flatten().count();
            assert_eq!(n_read, one.store.len().unwrap(), "{name}");
        }
    }

    #[test]
    fn circles_of_nested_nodes_are_written_as_well() {
        let circle = "<a:s> <a:p> _:x . _:x <a:p> _:y . _:y <a:p> _:x . _:z <a:p> _:z .";
        let quads = RdfParser::from_format(RdfFormat::Turtle).for_slice(circle);
        let triples = quads.map(|quad| Triple::from(quad.unwrap())).collect();
        let out = ordered(triples);
        assert_eq!(out[2].object, Term::BlankNode(BlankNode::new_unchecked("n0")));
        assert_eq!(out.len(), 4);
    }

    #[test]
    fn exported_turtle_is_a_release_again() {
        let kb = sample::kb(4, 9);
        let text = String::from_utf8(kb.export(Format::Turtle).unwrap()).unwrap();
        let again = Kb::compile(&Sources::from_files(vec![Source { name: "graph/all.ttl".into(), text }]));
        let again = again.unwrap_or_else(|faults| panic!("{faults:#?}"));
        assert_eq!((again.diseases, again.index), (kb.diseases, kb.index));
    }
}
