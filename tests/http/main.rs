//! The program over HTTP, in memory, on both databases; one file per scenario.

mod pages;
mod preconsult;
mod sign_in;
