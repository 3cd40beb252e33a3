//! The languages editors write: expressions over a case, questionnaires, charts of a dialogue or a life cycle.
//!
//! A text either compiles completely or is refused with every finding and its line and column. What compiles
//! runs without I/O, clock or chance.

pub mod chart;
pub mod exchange;
pub mod expr;
pub mod form;
pub mod matching;
pub mod page;
pub mod prescription;
pub mod quality;
pub mod solve;
