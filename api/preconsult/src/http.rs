//! JSON under `/api/preconsult`: for the patient's own apps and for the doctor's workstation.

mod doctor;
mod doctor_body;
mod health;
mod health_body;
mod patient;
mod patient_body;
#[cfg(test)]
mod tests;

use axum::http::{HeaderMap, header};
use platform::rights::{Permission, Route, Who};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{PreconsultError, Shared};

const READ: Who = Who::Staff(Permission::ConsultationRead);

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/api/preconsult/consultations", READ),
    Route::post("/api/preconsult/consultations", Who::Resident),
    Route::get("/api/preconsult/consultations/{id}", READ),
    Route::get("/api/preconsult/consultations/{id}/replay", READ),
    Route::post("/api/preconsult/consultations/{id}/answers", Who::Resident),
    Route::post("/api/preconsult/consultations/{id}/undo", Who::Resident),
    Route::post("/api/preconsult/consultations/{id}/restart", Who::Resident),
    Route::put("/api/preconsult/consultations/{id}/record/{section}", Who::Resident),
    Route::post("/api/preconsult/consultations/{id}/confirm", Who::Resident),
    Route::get("/api/preconsult/my-consultations", Who::Resident),
    Route::get("/api/preconsult/my-consultations/{id}", Who::Resident),
    Route::get("/api/preconsult/articles", Who::Resident),
    Route::get("/api/preconsult/articles/recommended", Who::Resident),
    Route::get("/api/preconsult/articles/{id}", Who::Resident),
    Route::put("/api/preconsult/articles/{id}/opinion", Who::Resident),
    Route::delete("/api/preconsult/readings", Who::Resident),
];

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(doctor::list_consultations, patient::begin_consultation))
        .routes(routes!(doctor::read_consultation))
        .routes(routes!(doctor::replay_consultation))
        .routes(routes!(patient::answer_question))
        .routes(routes!(patient::undo_answer))
        .routes(routes!(patient::restart_consultation))
        .routes(routes!(patient::amend_section))
        .routes(routes!(patient::confirm_record))
        .routes(routes!(patient::list_own_consultations))
        .routes(routes!(patient::read_own_consultation))
        .routes(routes!(health::search_articles))
        .routes(routes!(health::recommend_articles))
        .routes(routes!(health::read_article))
        .routes(routes!(health::judge_article))
        .routes(routes!(health::forget_readings))
}

/// The version a change is based on: `If-Match: "7"`.
fn version(headers: &HeaderMap) -> Result<i64, PreconsultError> {
    let tag = headers.get(header::IF_MATCH).ok_or(PreconsultError::VersionMissing)?;
    let number =
        tag.to_str().ok().and_then(|tag| tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    number.ok_or(PreconsultError::OutdatedVersion)
}

fn etag(version: i64) -> [(header::HeaderName, String); 1] {
    [(header::ETAG, format!("\"{version}\""))]
}
