//! What is known: the disease graph as Turtle files, checked and compiled into one immutable [`Kb`].
//!
//! The files are the source of truth. [`Sources::read`] is the only I/O; [`Kb::compile`] either gives a
//! complete knowledge base named by the hash of its files, or every [`Fault`] it found, each with file and
//! line. Hot paths read the compiled [`index::Edges`]; [`Kb::store`] holds the same triples for SPARQL.
//! [`retrieve`] ranks any set of texts by a question in everyday words.

pub mod article;
mod check;
mod compile;
pub mod diff;
pub mod export;
mod fault;
mod frequency;
mod graph;
pub mod herb;
pub mod import;
pub mod index;
mod lexicon;
mod model;
mod rank;
pub mod retrieve;
#[cfg(any(test, feature = "test-support"))]
pub mod sample;
pub mod search;
mod shape;
mod similar;
mod source;
pub mod sparql;
#[cfg(test)]
mod tests;
pub mod vocabulary;

pub use article::{Article, Audience, Part, Season, Section};
pub use compile::Kb;
pub use fault::{Fault, Severity};
pub use frequency::Frequency;
pub use lexicon::{Cue, REPLY};
pub use model::{
    AgeBand, Attribute, Choice, Concept, ConceptId, ConceptKind, Department, Differential, Disease, Edge,
    ExamKind, ExamLink, Examination, Incidence, Population, RedFlag, Review, RiskLink, Sex, Symptom,
    TcmDisease, TcmSymptom, TcmSyndrome, TcmSyndromeLink, TriageLevel, Urgency,
};
pub use rank::Ranked;
pub use source::{Source, Sources, text};
