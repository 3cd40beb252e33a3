//! Questionnaires: what editors write, checked and run.
//!
//! A draft compiles to a [`Form`]; a [`Session`] of it takes answers. What is visible and what is known is a unique
//! function of the answers: a hidden item's answer counts as unknown everywhere, is kept aside and comes back when
//! the item is shown again.

mod accept;
mod build;
pub mod case_text;
pub mod cases;
pub mod check;
#[cfg(test)]
mod clean;
mod compile;
pub mod cover;
pub mod draft;
pub mod escape;
mod explain;
mod graph;
pub mod json;
#[cfg(test)]
mod laws;
mod layout;
mod line;
mod literal;
mod names;
mod parts;
pub mod paths;
pub mod print;
mod properties;
pub mod prove;
pub mod read;
pub mod record;
#[cfg(test)]
mod respond;
pub mod screen;
mod session;
pub mod slots;
#[cfg(test)]
mod trial;
#[cfg(test)]
mod unordered;
pub mod value;
pub mod visible;
pub mod words;

pub use accept::{Answer, Refusal, Why};
pub use compile::{Concepts, Form, NoConcepts};
pub use explain::{Explanation, Reason};
pub use record::Entry;
pub use session::{Finding, Next, Patient, Progress, Session};
