//! The screens of the editors' workspace. Every form is an ordinary POST answered by a redirect.

mod compare;
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
];

pub(crate) fn routes() -> OpenApiRouter<Releases> {
    OpenApiRouter::new()
        .route("/knowledge", get(statistics::show))
        .route("/knowledge/releases", get(releases::list).post(releases::publish))
        .route("/knowledge/releases/{release}/activate", post(releases::activate))
        .route("/knowledge/diff", get(compare::show))
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
