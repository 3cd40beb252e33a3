//! The screens of the editors' workspace. Every form is an ordinary POST answered by a redirect.

mod compare;
mod file;
mod matching;
mod quality;
mod query;
mod releases;
mod statistics;

use axum::routing::{get, post};
use platform::{
    Problem,
    rights::{Permission, Right, Route, Who},
};
use serde::de::DeserializeOwned;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;

use crate::{KnowledgeError, Releases};

pub(crate) use query::show as query;

const READ: Who = Who::Staff(Permission::KnowledgeRead);
const PUBLISH: Who = Who::Staff(Permission::KnowledgePublish);

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/knowledge", READ),
    Route::get("/knowledge/releases", READ),
    Route::post("/knowledge/releases", PUBLISH),
    Route::post("/knowledge/releases/{release}/activate", PUBLISH),
    Route::get("/knowledge/diff", READ),
    Route::get("/knowledge/matching", READ),
    Route::post("/knowledge/matching", PUBLISH),
    Route::get("/knowledge/matching/{name}", READ),
    Route::post("/knowledge/matching/{name}", PUBLISH),
    Route::get("/knowledge/matching/{name}/text", READ),
    Route::post("/knowledge/matching/{name}/text", PUBLISH),
    Route::get("/knowledge/matching/{name}/try", READ),
    Route::get("/knowledge/matching/{name}/month", PUBLISH),
    Route::post("/knowledge/matching/{name}/month", PUBLISH),
    Route::post("/knowledge/matching/{name}/publish", PUBLISH),
    Route::post("/knowledge/matching/{name}/discard", PUBLISH),
    Route::get("/knowledge/quality", READ),
    Route::get("/knowledge/quality/{name}", READ),
    Route::post("/knowledge/quality/{name}", PUBLISH),
    Route::get("/knowledge/quality/{name}/text", READ),
    Route::post("/knowledge/quality/{name}/text", PUBLISH),
    Route::post("/knowledge/quality/{name}/publish", PUBLISH),
    Route::post("/knowledge/quality/{name}/discard", PUBLISH),
];

pub(crate) fn routes() -> OpenApiRouter<Releases> {
    OpenApiRouter::new()
        .route("/knowledge", get(statistics::show))
        .route("/knowledge/releases", get(releases::list).post(releases::publish))
        .route("/knowledge/releases/{release}/activate", post(releases::activate))
        .route("/knowledge/diff", get(compare::show))
        .route("/knowledge/matching", get(matching::list).post(matching::begin))
        .route("/knowledge/matching/{name}", get(matching::table).post(matching::edit))
        .route("/knowledge/matching/{name}/text", get(file::text).post(file::save_text))
        .route("/knowledge/matching/{name}/try", get(matching::attempt))
        .route("/knowledge/matching/{name}/month", get(matching::month).post(matching::ask_month))
        .route("/knowledge/matching/{name}/publish", post(file::publish))
        .route("/knowledge/matching/{name}/discard", post(file::discard))
        .route("/knowledge/quality", get(quality::list))
        .route("/knowledge/quality/{name}", get(quality::show).post(quality::change))
        .route("/knowledge/quality/{name}/text", get(file::text).post(file::save_text))
        .route("/knowledge/quality/{name}/publish", post(file::publish))
        .route("/knowledge/quality/{name}/discard", post(file::discard))
}

/// The frame with who is signed in.
async fn staff_frame(releases: &Releases, who: &Right, frame: Frame) -> Result<Frame, Problem> {
    let staff = people::service::find_staff(releases.app(), who.id()).await.map_err(KnowledgeError::from)?;
    let name = staff.map(|staff| format!("{} {}", staff.name, staff.title)).unwrap_or_default();
    Ok(frame.with_csrf(who.csrf.clone()).with_name(name))
}

/// An urlencoded body that was read already.
pub(crate) fn form<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_html_form::from_bytes(body).map_err(|_| Problem::bad_request("表单内容无法读懂。"))
}
