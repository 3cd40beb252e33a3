//! The program over HTTP, in memory, on both databases; one file per scenario.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "an answer without its parts fails its test"
)]

mod attacks;
mod backup;
mod directory;
mod knowledge;
mod pages;
mod preconsult;
mod residents;
mod rights;
mod sign_in;
