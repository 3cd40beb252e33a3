//! Pure decisions of the pre-consultation: what to ask next, what it may be, what is urgent, what the doctor reads.
//!
//! Same release + same answers = same result: nothing here reads a clock, draws chance or does I/O after
//! [`Engine::load`]. A [`Dialogue`] is rebuilt from its stored [`Turn`]s at any time, so every recorded
//! consultation can be replayed.

mod absorb;
mod case;
mod control;
mod current;
mod dialogue;
mod differential;
mod explain;
mod interview;
pub mod learn;
pub mod library;
mod load;
mod next;
#[cfg(test)]
mod oracle;
mod person;
mod question;
pub mod recommend;
mod record;
pub mod release;
mod safety;
mod script;
pub mod search;
#[cfg(test)]
mod tests;
mod variables;

pub use case::Evidence;
pub use current::Current;
pub use dialogue::{Dialogue, Outcome, State, Turn};
pub use explain::{Reason, Suspect};
pub use interview::{About, Interview, Questionnaire, Refused, Step, patient};
pub use load::Engine;
pub use person::{Profile, Sex};
pub use question::{Act, ItemSaid, Question};
pub use record::{Record, Section, SectionKind, Sentence};
pub use safety::{Flag, Triage};
