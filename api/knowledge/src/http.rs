//! JSON under `/api/knowledge` and SPARQL at `/knowledge/sparql`, for staff.

mod body;
mod releases;
mod sparql;

use platform::{Problem, http::RequestId, session::SignedInStaff};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    KnowledgeError, Releases,
    model::{Author, may_release},
};

pub(crate) use sparql::Question;

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

/// Who publishes or activates, when they may.
pub(crate) async fn author<'a>(
    releases: &Releases,
    who: &SignedInStaff,
    request: &'a RequestId,
) -> Result<Author<'a>, Problem> {
    if !may_release(&who.session.principal) {
        return Err(Problem::forbidden("只有知识编辑和管理员可以发布和启用知识版本。"));
    }
    let staff = people::service::find_staff(releases.app(), who.id).await.map_err(KnowledgeError::from)?;
    let name = staff.map(|staff| staff.name).unwrap_or_default();
    Ok(Author { actor: (&who.session.principal).into(), name, request_id: &request.0 })
}
