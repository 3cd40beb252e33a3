//! The program over HTTP, in memory, on both databases; one file per scenario.

mod pages;
mod sign_in;
