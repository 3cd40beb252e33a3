//! The screens. Every form is an ordinary POST answered by a redirect; a refused one is shown again with a note and
//! what was written.

mod doctor;
mod health;
mod history;
mod patient;
mod questionnaire;
mod said;
mod talk;
#[cfg(test)]
mod tests;
mod visit;

use axum::routing::{get, post};
use platform::rights::{Permission, Route, Who};
use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

pub(crate) use health::pieces;
use health::{Card, cards};
pub(crate) use said::{Diff, Said, said, turn_numbers};

const READ: Who = Who::Staff(Permission::ConsultationRead);

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/", Who::SignedIn),
    Route::post("/consultations", Who::Resident),
    Route::get("/consultations/{id}", Who::Resident),
    Route::post("/consultations/{id}", Who::Resident),
    Route::post("/consultations/{id}/page", Who::Resident),
    Route::post("/consultations/{id}/undo", Who::Resident),
    Route::get("/consultations/{id}/restart", Who::Resident),
    Route::post("/consultations/{id}/restart", Who::Resident),
    Route::post("/consultations/{id}/record/{section}", Who::Resident),
    Route::post("/consultations/{id}/confirm", Who::Resident),
    Route::get("/visits/{id}", Who::Resident),
    Route::post("/visits/{id}", Who::Resident),
    Route::get("/start/{institution}/{department}", Who::Resident),
    Route::get("/health", Who::Resident),
    Route::get("/health/suggestions", Who::Resident),
    Route::post("/health/forget", Who::Resident),
    Route::get("/health/articles/{id}", Who::Resident),
    Route::post("/health/articles/{id}", Who::Resident),
    Route::get("/history", Who::Resident),
    Route::get("/doctor", READ),
    Route::get("/doctor/consultations/{id}", READ),
    Route::post("/doctor/consultations/{id}/reveal", Who::Staff(Permission::FieldReveal)),
];

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .route("/", get(patient::home))
        .route("/consultations", post(patient::begin))
        .route("/consultations/{id}", get(talk::show).post(talk::answer))
        .route("/consultations/{id}/page", post(questionnaire::fill))
        .route("/consultations/{id}/undo", post(talk::undo))
        .route("/consultations/{id}/restart", get(patient::ask_restart).post(patient::restart))
        .route("/consultations/{id}/record/{section}", post(talk::amend))
        .route("/consultations/{id}/confirm", post(talk::confirm))
        .route("/visits/{id}", get(visit::show).post(visit::open))
        .route("/start/{institution}/{department}", get(visit::start))
        .route("/health", get(health::shelf))
        .route("/health/suggestions", get(health::suggestions))
        .route("/health/forget", post(health::forget))
        .route("/health/articles/{id}", get(health::read).post(health::judge))
        .route("/history", get(history::list))
        .route("/doctor", get(doctor::list))
        .route("/doctor/consultations/{id}", get(doctor::show))
        .route("/doctor/consultations/{id}/reveal", post(doctor::reveal))
}
