//! Shapes: what every kind of subject must look like, as SHACL in `graph/shapes.ttl` for editors to read and
//! change.
//!
//! The subset of SHACL Core that knowledge files need is evaluated here, over the parsed files. The crate
//! `shacl` (0.3, maintained, works on oxigraph 0.5) was tried and not taken: its report names RDF terms, and
//! a nested `[ … ]` is a blank node whose name says nothing, so no finding could point to a line; it brings
//! an HTTP client, a runtime and some 300 packages into a core that does no I/O; and what it does not know it
//! passes over in silence. Here a finding stands at the line of the offending statement, names its shape and
//! says what would clear it, and whatever a shape says outside the subset is itself a fault at its line.
//!
//! Node shapes: `sh:targetClass`, `sh:property [ … ]`, `sh:closed` with `sh:ignoredProperties`. Property
//! shapes: `sh:path` (one property), `sh:minCount`, `sh:maxCount`, `sh:datatype`, `sh:nodeKind`, `sh:class`,
//! `sh:in`, `sh:pattern`, `sh:minLength`, `sh:maxLength`, `sh:minInclusive`, `sh:maxInclusive`,
//! `sh:uniqueLang`, `sh:node`, `sh:severity`, `sh:message`; `jy:fixHint` says how to clear a finding and
//! `jy:code` gives it another code. `sh:name` and `sh:description` are for readers.

mod read;
#[cfg(test)]
mod tests;
mod validate;

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use crate::{
    Fault, Severity, Sources,
    graph::{Graph, Object, Place},
};

/// Every shape by its key.
type Shapes = BTreeMap<String, NodeShape>;

/// What a subject must look like.
#[derive(Debug)]
struct NodeShape {
    targets: Vec<String>,
    properties: Vec<PropertyShape>,
    /// When closed, the properties that are allowed without a shape of their own.
    ignored: Option<BTreeSet<String>>,
}

/// What the values of one property must look like.
#[derive(Debug)]
struct PropertyShape {
    path: String,
    min_count: usize,
    max_count: Option<usize>,
    is_unique_lang: bool,
    constraints: Vec<Constraint>,
    message: Option<String>,
    hint: Option<String>,
    code: Option<&'static str>,
    severity: Severity,
}

/// What one value must look like.
#[derive(Debug)]
enum Constraint {
    Datatype(String),
    Kind(Kind),
    Class(String),
    In(Vec<Object>),
    Pattern(Regex),
    MinLength(usize),
    MaxLength(usize),
    MinInclusive(f64),
    MaxInclusive(f64),
    Node(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Iri,
    Literal,
    Nested,
}

/// Checks every subject against its shapes, and the shapes themselves.
pub(crate) fn check(sources: &Sources, graph: &Graph, faults: &mut Vec<Fault>) {
    let shapes = read::shapes(sources, graph, faults);
    validate::validate(sources, graph, &shapes, faults);
}

fn fault(sources: &Sources, place: Place, code: &'static str, message: String) -> Fault {
    Fault::error(&sources.files()[place.file].name, place.line, code, message)
}
