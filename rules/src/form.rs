//! Questionnaires: what editors write, checked and run.

mod build;
pub mod case_text;
pub mod check;
pub mod draft;
pub mod escape;
pub mod json;
#[cfg(test)]
mod laws;
mod line;
mod parts;
pub mod print;
pub mod read;
#[cfg(test)]
mod text_cases;
pub mod value;
pub mod words;
