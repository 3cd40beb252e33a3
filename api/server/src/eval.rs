//! The benchmark protocol: learns from the files named, answers line by line; nothing learnt here is kept.

mod extract;
mod inquire;
mod lines;
mod rerank;
mod search;

pub use extract::{ExtractArgs, run as extract};
pub use inquire::{InquireArgs, run as inquire};
pub use lines::read_jsonl;
pub use rerank::{RerankArgs, run as rerank};
pub use search::{SearchArgs, run as search};
