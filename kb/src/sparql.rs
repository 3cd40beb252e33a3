//! Questions to the graph in SPARQL: read only, with limits, and each refusal with its place in the text.

mod scan;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use oxigraph::{
    io::{RdfFormat, RdfSerializer},
    sparql::{
        QueryEvaluationError, QueryResults, QuerySolution, QuerySolutionIter, QueryTripleIter,
        SparqlEvaluator, Variable,
        results::{QueryResultsFormat, QueryResultsSerializer},
    },
};
use oxrdf::{Term, Triple};

use crate::{
    Kb,
    vocabulary::{PREFIXES, shorten},
};

pub use oxigraph::sparql::CancellationToken;

/// How much an answer may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most rows, or triples.
    pub rows: usize,
    /// Most bytes of all cells together.
    pub bytes: usize,
}

/// What a question gave.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// ASK
    Boolean(bool),
    /// SELECT
    Table(Table),
    /// CONSTRUCT and DESCRIBE
    Graph {
        /// In the order they were found.
        triples: Vec<Triple>,
        /// Whether more was there than the limits allow.
        is_cut: bool,
    },
}

/// The rows of a SELECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    variables: Arc<[Variable]>,
    rows: Vec<Vec<Option<Term>>>,
    /// Whether more was there than the limits allow.
    pub is_cut: bool,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The text is no SPARQL query.
    Syntax,
    /// It would change something.
    Update,
    /// It would ask another server.
    Service,
    /// It is too long or too deeply nested.
    TooLarge,
    /// It was stopped, e.g. because its time was over.
    Cancelled,
    /// It cannot be answered.
    Failed,
}

/// A question without an answer; line and column count from 1, in characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// Why.
    pub kind: Kind,
    /// Where, when it is a place in the text.
    pub place: Option<(u32, u32)>,
    /// What is wrong and what to do, in Chinese.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, column)) => write!(f, "第 {line} 行第 {column} 列：{}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Kb {
    /// Answers a query over the graph of this release. The prefixes of the files (`jy:`, `sym:`, `skos:` …) are
    /// known without being declared. `stop` ends it from another thread.
    ///
    /// Parser and evaluator recurse with the nesting of the text: give the thread [`STACK_BYTES`] of stack.
    pub fn query(&self, text: &str, limits: Limits, stop: CancellationToken) -> Result<Answer, Refusal> {
        scan::check(text)?;
        let mut evaluator = SparqlEvaluator::new().with_cancellation_token(stop);
        for (prefix, iri) in PREFIXES.into_iter().chain([("rdf", RDF)]) {
            evaluator = evaluator.with_prefix(prefix, iri).map_err(|error| failed(&error))?;
        }
        let query = evaluator.parse_query(text).map_err(|error| syntax(&error.to_string()))?;
        match query.on_store(&self.store).execute().map_err(|error| evaluation(&error))? {
            QueryResults::Boolean(is_so) => Ok(Answer::Boolean(is_so)),
            QueryResults::Solutions(solutions) => table(solutions, limits).map(Answer::Table),
            QueryResults::Graph(triples) => graph(triples, limits),
        }
    }
}

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
/// Stack that fits the longest and deepest text that is let through.
pub const STACK_BYTES: usize = 256 << 20;

impl Answer {
    /// Media type of [`Answer::serialize`].
    pub fn media_type(&self) -> &'static str {
        match self {
            Self::Boolean(_) | Self::Table(_) => "application/sparql-results+json",
            Self::Graph { .. } => "text/turtle",
        }
    }

    /// Whether more was there than the limits allow.
    pub fn is_cut(&self) -> bool {
        match self {
            Self::Boolean(_) => false,
            Self::Table(table) => table.is_cut,
            Self::Graph { is_cut, .. } => *is_cut,
        }
    }

    /// SPARQL 1.1 JSON results, or Turtle for a graph.
    pub fn serialize(&self) -> std::io::Result<Vec<u8>> {
        let json = QueryResultsSerializer::from_format(QueryResultsFormat::Json);
        match self {
            Self::Boolean(is_so) => json.serialize_boolean_to_writer(Vec::new(), *is_so),
            Self::Table(table) => {
                let mut writer = json.serialize_solutions_to_writer(Vec::new(), table.variables.to_vec())?;
                for row in &table.rows {
                    writer.serialize(&QuerySolution::from((table.variables.clone(), row.clone())))?;
                }
                writer.finish()
            }
            Self::Graph { triples, .. } => {
                let mut serializer = RdfSerializer::from_format(RdfFormat::Turtle);
                for (prefix, iri) in PREFIXES {
                    serializer = serializer.with_prefix(prefix, iri).map_err(std::io::Error::other)?;
                }
                let mut writer = serializer.for_writer(Vec::new());
                for triple in triples {
                    writer.serialize_triple(triple)?;
                }
                writer.finish()
            }
        }
    }
}

impl Table {
    /// Names of the columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(Variable::as_str)
    }

    /// The rows as a person reads them: short names, plain texts, nothing for an unbound variable.
    pub fn rows(&self) -> impl Iterator<Item = Vec<String>> {
        self.rows
            .iter()
            .map(|row| row.iter().map(|cell| cell.as_ref().map(shown).unwrap_or_default()).collect())
    }

    /// The terms of the rows.
    pub fn terms(&self) -> &[Vec<Option<Term>>] {
        &self.rows
    }
}

fn shown(term: &Term) -> String {
    match term {
        Term::NamedNode(node) => shorten(node.as_str()),
        Term::BlankNode(_) => "[ ]".to_owned(),
        Term::Literal(literal) => literal.value().to_owned(),
    }
}

fn table(solutions: QuerySolutionIter<'_>, limits: Limits) -> Result<Table, Refusal> {
    let variables: Arc<[Variable]> = solutions.variables().into();
    let (mut rows, mut n_bytes) = (Vec::new(), 0);
    for solution in solutions {
        let row = solution.map_err(|error| evaluation(&error))?.values().to_vec();
        n_bytes += row.iter().flatten().map(size).sum::<usize>();
        if rows.len() == limits.rows || n_bytes > limits.bytes {
            return Ok(Table { variables, rows, is_cut: true });
        }
        rows.push(row);
    }
    Ok(Table { variables, rows, is_cut: false })
}

fn graph(found: QueryTripleIter<'_>, limits: Limits) -> Result<Answer, Refusal> {
    let (mut triples, mut n_bytes) = (Vec::new(), 0);
    for triple in found {
        let triple = triple.map_err(|error| evaluation(&error))?;
        n_bytes += triple.predicate.as_str().len() + size(&triple.object);
        if triples.len() == limits.rows || n_bytes > limits.bytes {
            return Ok(Answer::Graph { triples, is_cut: true });
        }
        triples.push(triple);
    }
    Ok(Answer::Graph { triples, is_cut: false })
}

fn size(term: &Term) -> usize {
    match term {
        Term::NamedNode(node) => node.as_str().len(),
        Term::BlankNode(node) => node.as_str().len(),
        Term::Literal(literal) => literal.value().len(),
    }
}

/// The parser says `error at 1:8: expected …`.
fn syntax(message: &str) -> Refusal {
    let found = message.strip_prefix("error at ").and_then(|rest| rest.split_once(": "));
    let place = found.and_then(|(place, _)| {
        let (line, column) = place.split_once(':')?;
        Some((line.parse().ok()?, column.parse().ok()?))
    });
    let said = found.filter(|_| place.is_some()).map_or(message, |(_, said)| said);
    // `[_]` stands for any character: the parser does not know better.
    let wanted = said.trim_start_matches("expected ").trim_start_matches("one of ");
    let wanted: Vec<&str> = wanted.split(", ").filter(|word| *word != "[_]").collect();
    let message = match wanted.as_slice() {
        [] => "SPARQL 语法错误：从这里起读不懂".to_owned(),
        wanted => format!("SPARQL 语法错误：从这里起读不懂，这里可以写 {}", wanted.join("、")),
    };
    Refusal { kind: Kind::Syntax, place, message }
}

fn evaluation(error: &QueryEvaluationError) -> Refusal {
    if matches!(error, QueryEvaluationError::Cancelled) {
        let message = "查询超过了时间上限。请加上条件或 LIMIT，缩小范围后再试。".to_owned();
        return Refusal { kind: Kind::Cancelled, place: None, message };
    }
    failed(error)
}

fn failed(error: &dyn std::error::Error) -> Refusal {
    Refusal { kind: Kind::Failed, place: None, message: format!("查询没有完成：{error}") }
}
