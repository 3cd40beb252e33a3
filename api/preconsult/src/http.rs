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
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{PreconsultError, Shared};

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
