//! What the tests of the whole program share.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test bench that fails must fail its test"
)]

mod answer;
mod browser;
pub mod cases;
mod site;
mod test_app;

pub use answer::Answer;
pub use browser::Browser;
pub use site::Site;
pub use test_app::{TestApp, engine, releases};
