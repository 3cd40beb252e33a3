//! JSON under `/api/knowledge` and SPARQL at `/knowledge/sparql`, for staff.

mod body;
mod releases;
mod sparql;

use platform::{
    Problem,
    http::RequestId,
    rights::{Permission, Right, Route, Who},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{KnowledgeError, Releases, model::Author};

pub(crate) use sparql::Question;

const READ: Who = Who::Staff(Permission::KnowledgeRead);
const PUBLISH: Who = Who::Staff(Permission::KnowledgePublish);

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/api/knowledge/releases", READ),
    Route::post("/api/knowledge/releases", PUBLISH),
    Route::get("/api/knowledge/releases/{release}", READ),
    Route::post("/api/knowledge/releases/{release}/activate", PUBLISH),
    Route::get("/api/knowledge/diff", READ),
    Route::get("/api/knowledge/statistics", READ),
    Route::get("/api/knowledge/export", READ),
    Route::get("/knowledge/sparql", READ),
    Route::post("/knowledge/sparql", READ),
];

pub(crate) fn routes() -> OpenApiRouter<Releases> {
    OpenApiRouter::new()
        .routes(routes!(releases::list_releases, releases::publish_release))
        .routes(routes!(releases::read_release))
        .routes(routes!(releases::activate_release))
        .routes(routes!(releases::compare_releases))
        .routes(routes!(releases::read_statistics))
        .routes(routes!(releases::export_graph))
        .routes(routes!(sparql::get_query, sparql::post_query))
}

/// Who publishes or activates.
pub(crate) async fn author<'a>(
    releases: &Releases,
    who: &Right,
    request: &'a RequestId,
) -> Result<Author<'a>, Problem> {
    let staff = people::service::find_staff(releases.app(), who.id()).await.map_err(KnowledgeError::from)?;
    let name = staff.map(|staff| staff.name).unwrap_or_default();
    Ok(Author { actor: who.actor(), name, request_id: &request.0 })
}
