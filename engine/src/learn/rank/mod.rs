//! How well titles answer a question, learnt at run time from graded examples.
//!
//! Overlap between question and title is measured in many ways ([`features`](self)); linear models over
//! hashed word pairs learn which words may be missing or added (原因 for 怎么办 rarely, 吃什么 for 吃啥
//! often); boosted trees join both. Where a question was met in training with other titles, their grades
//! are told to a second set of trees.
//!
//! Everything is repeatable: the same examples in the same order give the same model and scores.

mod boost;
mod features;
mod linear;
mod memory;
mod model;
mod overlap;
mod table;
mod title;
mod trees;
mod words;

pub use model::{Graded, Judged, Ranker};
