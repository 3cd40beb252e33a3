//! Models that learn at run time from cases: which symptom to ask for next, and which disease it may be.
//!
//! Two kinds of opinion are joined. [`bayes`](self) counts how often a disease's cases mention a symptom;
//! a small net is trained on training cases that are asked through again and again. Each is learnt several
//! times, every time without a share of the cases, so that the left-out cases show how far each may be
//! trusted; that fixes the weights of both, and with them how sure the probabilities are.
//!
//! Everything is repeatable: the same cases in the same order give the same model, and the model the same
//! questions and probabilities. Nothing here does I/O, reads a clock or draws real chance.
//!
//! ```
//! use engine::learn::{Case, Learned, Status};
//!
//! let case = |disease: &str, told: &str, found: &str| Case {
//!     disease: disease.into(),
//!     explicit: vec![(told.into(), Status::Yes)],
//!     implicit: vec![(found.into(), Status::Yes)],
//!     aside: Vec::new(),
//! };
//! let cases: Vec<Case> =
//!     (0..20).flat_map(|_| [case("感冒", "咳嗽", "流涕"), case("肠炎", "腹痛", "腹泻")]).collect();
//! let learned = Learned::from_cases(&cases);
//! let mut session = learned.open(&[("腹痛".into(), Status::Yes)]);
//! assert_eq!(session.next_ask(Some(10)), Some("腹泻"));
//! session.tell("腹泻", Status::Yes);
//! assert_eq!(session.ranking()[0].0, "肠炎");
//! ```

mod bayes;
mod blend;
mod cases;
mod chance;
mod crew;
mod fit;
mod hints;
mod matrix;
mod net;
pub mod rank;
mod session;
mod state;
mod train;
mod words;

pub use cases::Case;
pub use fit::Learned;
pub use nlp::Status;
pub use session::Session;
pub use words::{Lesson, Reader};

/// A count as a real number.
#[expect(clippy::cast_precision_loss, reason = "counts of cases and symptoms stay far below 2^24")]
fn real(count: usize) -> f32 {
    count as f32
}

/// A weight fitted in double precision, as the models keep it.
#[expect(clippy::cast_possible_truncation, reason = "weights are small; single precision is what is kept")]
fn narrow(weight: f64) -> f32 {
    weight as f32
}

/// `y += a·x`, over the shorter of both.
fn add_scaled(a: f32, x: &[f32], y: &mut [f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

/// Turns scores into logarithms of probabilities that sum to one.
fn log_softmax(scores: &mut [f32]) {
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = scores.iter().map(|score| (score - top).exp()).sum();
    let shift = top + sum.ln();
    for score in scores {
        *score -= shift;
    }
}

fn sigmoid(z: f32) -> f32 {
    1.0 / (1.0 + (-z).exp())
}

/// The inverse of [`sigmoid`], kept within ±11.5.
fn logit(p: f32) -> f32 {
    let p = p.clamp(1e-5, 1.0 - 1e-5);
    (p / (1.0 - p)).ln()
}
