//! The desk of templates. Every form is an ordinary POST answered by a redirect; a refused one is shown again with a
//! note and what was written. A small script adds dragging and checks while somebody types.

mod designer;
mod list;
mod mapping;
mod review;
mod steps;
mod trial;
mod versions;
mod view;

use axum::{
    http::{StatusCode, header},
    response::IntoResponse,
    routing::{get, post},
};
use people::staff_frame;
use platform::{
    Problem,
    http::RequestId,
    rights::{Permission, Right, Route, Who},
};
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;

use super::{TemplateError, model::Desk};
use crate::{Service, Shared};

const EDIT: Who = Who::Staff(Permission::TemplateEdit);
const REVIEW: Who = Who::Staff(Permission::TemplateReview);
/// Who writes or reviews; which of both is seen to by [`Desk::new`].
const READ: Who = Who::AnyStaff;

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/staff/templates", READ),
    Route::post("/staff/templates", EDIT),
    Route::get("/staff/templates/new", EDIT),
    Route::get("/staff/templates/review", REVIEW),
    Route::post("/staff/templates/policy", REVIEW),
    Route::get("/staff/templates/mapping", READ),
    Route::post("/staff/templates/mapping", READ),
    Route::get("/staff/templates/designer.js", READ),
    Route::get("/staff/templates/library/{id}", READ),
    Route::post("/staff/templates/library/{id}", READ),
    Route::get("/staff/templates/{id}", READ),
    Route::post("/staff/templates/{id}/check", EDIT),
    Route::post("/staff/templates/{id}/steps", EDIT),
    Route::post("/staff/templates/{id}/text", EDIT),
    Route::post("/staff/templates/{id}/cases", EDIT),
    Route::post("/staff/templates/{id}/undo", EDIT),
    Route::post("/staff/templates/{id}/settings", EDIT),
    Route::post("/staff/templates/{id}/submit", EDIT),
    Route::post("/staff/templates/{id}/withdraw", EDIT),
    Route::post("/staff/templates/{id}/begin", EDIT),
    Route::post("/staff/templates/{id}/retire", READ),
    Route::get("/staff/templates/{id}/trial", READ),
    Route::post("/staff/templates/{id}/trial", READ),
    Route::get("/staff/templates/{id}/versions", READ),
    Route::post("/staff/templates/{id}/review", REVIEW),
];

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .route("/staff/templates", get(list::list).post(list::create))
        .route("/staff/templates/new", get(list::new))
        .route("/staff/templates/review", get(review::queue))
        .route("/staff/templates/policy", post(review::set_policy))
        .route("/staff/templates/mapping", get(mapping::show).post(mapping::save))
        .route("/staff/templates/designer.js", get(script))
        .route("/staff/templates/library/{id}", get(trial::library).post(trial::answer_library))
        .route("/staff/templates/{id}", get(designer::show))
        .route("/staff/templates/{id}/check", post(steps::check))
        .route("/staff/templates/{id}/steps", post(steps::step))
        .route("/staff/templates/{id}/text", post(steps::save_text))
        .route("/staff/templates/{id}/cases", post(steps::generate))
        .route("/staff/templates/{id}/undo", post(steps::undo))
        .route("/staff/templates/{id}/settings", post(steps::settings))
        .route("/staff/templates/{id}/submit", post(steps::submit))
        .route("/staff/templates/{id}/withdraw", post(steps::withdraw))
        .route("/staff/templates/{id}/begin", post(steps::begin))
        .route("/staff/templates/{id}/retire", post(steps::retire))
        .route("/staff/templates/{id}/trial", get(trial::show).post(trial::answer))
        .route("/staff/templates/{id}/versions", get(versions::show))
        .route("/staff/templates/{id}/review", post(review::decide))
}

/// The island of script of the designer.
async fn script() -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, include_str!("../../assets/designer.js"))
}

/// Who is at work, and the frame of their page.
async fn at_desk<'a>(
    service: &Service,
    right: &Right,
    request: &'a RequestId,
    frame: Frame,
) -> Result<(Desk<'a>, Frame), Problem> {
    let desk = Desk::new(right, request)?;
    Ok((desk, staff_frame(&service.app, right, frame).await?))
}

/// The note beside a form that was refused, with its status; what is no matter of a form goes on as a problem.
fn noted(error: TemplateError) -> Result<(StatusCode, String), Problem> {
    match error.note() {
        Some(note) => Ok((Problem::from(error).status(), note)),
        None => Err(error.into()),
    }
}

/// What a field says, None when it is left empty.
fn filled(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}
