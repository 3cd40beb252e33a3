//! The composition of the program `jiuyi`: which crates are in it, in which order a request passes through what
//! they share, and what the command line offers.

pub mod commands;
pub mod eval;
mod health;
mod maintenance;
mod openapi;
#[cfg(feature = "ocr")]
mod recognise;
pub mod router;
pub mod start;
pub mod work;

pub use openapi::document;
pub use router::{access, router};
