//! Turtle files as subjects with their properties, each remembering its line.

use std::{collections::BTreeMap, path::Path};

use oxrdf::{NamedOrBlankNode, Term, Triple};
use oxttl::TurtleParser;

use crate::{
    Fault, Source, Sources,
    vocabulary::{TYPE, shorten},
};

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Index into the sources.
    pub(crate) file: usize,
    /// Line, from 1.
    pub(crate) line: u32,
}

/// The object of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Object {
    /// A concept or property, in its short form.
    Key(String),
    /// A nested `[ … ]`.
    Nested(String),
    /// A literal's text.
    Text(String),
}

/// One property of a subject.
#[derive(Debug, Clone)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) object: Object,
    /// Datatype of a literal, e.g. `xsd:integer`.
    pub(crate) datatype: Option<String>,
    /// Language of a literal.
    pub(crate) language: Option<String>,
    pub(crate) place: Place,
}

impl Property {
    /// The object as an editor reads it.
    pub(crate) fn shown(&self) -> &str {
        match &self.object {
            Object::Key(text) | Object::Text(text) => text,
            Object::Nested(_) => "[ … ]",
        }
    }
}

/// A subject and all that is said of it.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) properties: Vec<Property>,
}

impl Node {
    /// The objects of one property, in file order.
    pub(crate) fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a Property> + use<'a, 'n> {
        self.properties.iter().filter(move |property| property.name == name)
    }

    /// The texts of a property, in file order.
    pub(crate) fn texts<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.all(name).filter_map(|property| match &property.object {
            Object::Text(text) => Some(text.as_str()),
            Object::Key(_) | Object::Nested(_) => None,
        })
    }

    /// The text of a property that is a literal.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.all(name).find_map(|property| match &property.object {
            Object::Text(text) => Some(text.as_str()),
            Object::Key(_) | Object::Nested(_) => None,
        })
    }

    /// The concept that a property names.
    pub(crate) fn key(&self, name: &str) -> Option<&str> {
        self.all(name).find_map(|property| match &property.object {
            Object::Key(key) => Some(key.as_str()),
            Object::Text(_) | Object::Nested(_) => None,
        })
    }
}

/// All subjects of a set of files.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// Named subjects in the order of their keys.
    pub(crate) nodes: BTreeMap<String, Node>,
    nested: BTreeMap<String, Node>,
    /// The triples, for the store.
    pub(crate) triples: Vec<Triple>,
}

impl Graph {
    /// Parses all files; a file with a syntax error gives a fault and is left out from there on.
    pub(crate) fn parse(sources: &Sources) -> (Self, Vec<Fault>) {
        let mut graph = Self::default();
        let mut faults = Vec::new();
        for (index, source) in sources.files().iter().enumerate().filter(|(_, source)| is_graph(&source.name))
        {
            graph.add_file(index, source, &mut faults);
        }
        (graph, faults)
    }

    /// The nested node behind `[ … ]`.
    pub(crate) fn nested(&self, id: &str) -> Option<&Node> {
        self.nested.get(id)
    }

    /// Every node, named ones first.
    pub(crate) fn all_nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values().chain(self.nested.values())
    }

    /// The subjects of one class, in the order of their keys.
    pub(crate) fn of_class<'a>(&'a self, class: &'a str) -> impl Iterator<Item = &'a Node> {
        self.nodes.values().filter(move |node| node.key("rdf:type") == Some(class))
    }

    /// The parser is fed line by line, so that a triple is known to end on the line fed last.
    fn add_file(&mut self, file: usize, source: &Source, faults: &mut Vec<Fault>) {
        let mut parser = TurtleParser::new().low_level();
        let lines = source.text.split_inclusive('\n').chain(std::iter::once(""));
        for (line, number) in lines.zip(1u32..) {
            if line.is_empty() {
                parser.end();
            } else {
                parser.extend_from_slice(line.as_bytes());
            }
            while let Some(result) = parser.parse_next() {
                match result {
                    Ok(triple) => self.add(triple, Place { file, line: number }, file),
                    Err(error) => {
                        let start = error.location().start;
                        let (line, column) = (start.line + 1, start.column + 1);
                        faults.push(
                            Fault::error(
                                &source.name,
                                to_u32(line),
                                "KB001",
                                format!("Turtle 语法错误：{error}"),
                            )
                            .at_column(to_u32(column)),
                        );
                        return;
                    }
                }
            }
        }
    }

    fn add(&mut self, triple: Triple, place: Place, file: usize) {
        let name = match triple.predicate.as_str() {
            TYPE => "rdf:type".to_owned(),
            iri => shorten(iri),
        };
        let object = match &triple.object {
            Term::NamedNode(node) => Object::Key(shorten(node.as_str())),
            Term::BlankNode(node) => Object::Nested(format!("{file}#{}", node.as_str())),
            Term::Literal(literal) => Object::Text(literal.value().to_owned()),
        };
        let (datatype, language) = match &triple.object {
            Term::Literal(literal) => {
                (Some(shorten(literal.datatype().as_str())), literal.language().map(str::to_owned))
            }
            Term::NamedNode(_) | Term::BlankNode(_) => (None, None),
        };
        let (key, table) = match &triple.subject {
            NamedOrBlankNode::NamedNode(node) => (shorten(node.as_str()), &mut self.nodes),
            NamedOrBlankNode::BlankNode(node) => (format!("{file}#{}", node.as_str()), &mut self.nested),
        };
        table
            .entry(key.clone())
            .or_insert_with(|| Node { key, place, properties: Vec::new() })
            .properties
            .push(Property { name, object, datatype, language, place });
        self.triples.push(triple);
    }
}

/// Whether a file of the data folder belongs to the graph.
pub(crate) fn is_graph(name: &str) -> bool {
    ["graph/", "herbs/"].iter().any(|folder| name.starts_with(folder))
        && Path::new(name).extension().is_some_and(|ending| ending == "ttl")
}

fn to_u32(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(text: &str) -> (Graph, Vec<Fault>) {
        Graph::parse(&Sources::from_files(vec![Source { name: "graph/a.ttl".into(), text: text.into() }]))
    }

    const HEAD: &str = "@prefix jy: <urn:jiuyi:ontology:> .\n@prefix sym: <urn:jiuyi:symptom:> .\n";

    #[test]
    fn every_statement_knows_its_line() {
        let (graph, faults) = graph(&format!(
            "{HEAD}sym:cough a jy:Symptom ;\n    jy:question \"咳嗽吗？\" ;\n    jy:edge [ jy:a sym:x ;\n jy:b \"2\" ] .\n"
        ));
        assert_eq!(faults, []);
        let cough = &graph.nodes["sym:cough"];
        assert_eq!(cough.place.line, 3);
        let question = cough.all("jy:question").next().unwrap();
        assert_eq!((question.place.line, cough.text("jy:question")), (4, Some("咳嗽吗？")));
        let Object::Nested(id) = &cough.all("jy:edge").next().unwrap().object else { panic!() };
        let edge = graph.nested(id).unwrap();
        assert_eq!(edge.key("jy:a"), Some("sym:x"));
        assert_eq!(edge.all("jy:b").next().unwrap().place.line, 6);
    }

    #[test]
    fn a_syntax_error_names_line_and_column() {
        let (_, faults) = graph(&format!("{HEAD}sym:cough a jy:Symptom ;\n  jy:question 咳嗽 .\n"));
        assert_eq!(faults.len(), 1);
        assert_eq!((faults[0].line, faults[0].code), (4, "KB001"));
        assert!(faults[0].column > 1);
    }
}
