//! What a person does and sees, in Debian's Chromium: the real program on a loopback port, one browser per person.
//!
//! A test that fails leaves pictures of its windows in `tests/browser/screenshots`. Without Chromium the tests say
//! so and pass; with `JIUYI_REQUIRE_BROWSER=1` they fail.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a stage that cannot be set fails its test"
)]

mod account;
mod doctor;
mod driver;
mod editor;
mod emergency;
mod hands;
mod network;
mod patient;
mod questionnaire;
mod stage;
mod walk;
mod window;

use stage::{on_stage, on_whole_stage};
use window::Window;
