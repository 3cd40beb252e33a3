//! Chinese text → findings: which concept, present or not, whose, since when, how bad.
//!
//! [`Extractor`] is built once from a knowledge release and reads any text in one pass over one automaton; it
//! never fails. [`Reply`] reads a short answer in the light of the question that was asked. [`learn`] holds
//! models that learn at run time from labelled dialogues; the product ships none.

mod automaton;
mod cue;
mod extract;
mod finding;
pub mod learn;
mod number;
mod reply;

#[cfg(test)]
mod tests;

pub use extract::Extractor;
pub use finding::{
    Extraction, Finding, Kin, Measure, MeasureKind, Mention, Onset, Period, Predicate, Rate, Severity, Side,
    Span, Speaker, Status, Whose,
};
pub use number::{number_at, number_before};
pub use reply::{Expected, Reply, Verdict};
