//! Questionnaires: what editors write, checked and run.

pub mod draft;
