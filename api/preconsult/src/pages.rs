//! The screens. Every form is an ordinary POST answered by a redirect; a refused one is shown again with a note and
//! what was written.

mod doctor;
mod health;
mod history;
mod patient;
mod said;
mod talk;
#[cfg(test)]
mod tests;

use axum::routing::{get, post};
use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

pub(crate) use health::pieces;
use health::{Card, cards};
pub(crate) use said::{Diff, Said, said, turn_numbers};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .route("/", get(patient::home))
        .route("/consultations", post(patient::begin))
        .route("/consultations/{id}", get(talk::show).post(talk::answer))
        .route("/consultations/{id}/undo", post(talk::undo))
        .route("/consultations/{id}/restart", get(patient::ask_restart).post(patient::restart))
        .route("/consultations/{id}/record/{section}", post(talk::amend))
        .route("/consultations/{id}/confirm", post(talk::confirm))
        .route("/health", get(health::shelf))
        .route("/health/suggestions", get(health::suggestions))
        .route("/health/forget", post(health::forget))
        .route("/health/articles/{id}", get(health::read).post(health::judge))
        .route("/history", get(history::list))
        .route("/doctor", get(doctor::list))
        .route("/doctor/consultations/{id}", get(doctor::show))
}
