//! Publishing a draft, and throwing it away.

use axum::{extract::State, response::Redirect};
use platform::{
    Problem,
    http::{Form, Path, RequestId},
    rights::Right,
};
use serde::Deserialize;

use super::Topic;
use crate::{
    Releases, http,
    service::{self, draft},
};

#[derive(Deserialize)]
pub(crate) struct Publish {
    version: i64,
    #[serde(default)]
    note: String,
    /// Filled when it is to be put into use as well.
    #[serde(default)]
    activate: String,
}

pub(crate) async fn publish(
    State(releases): State<Releases>,
    who: Right,
    request: RequestId,
    topic: Topic,
    Path(name): Path<String>,
    Form(form): Form<Publish>,
) -> Result<Redirect, Problem> {
    let author = http::author(&releases, &who, &request).await?;
    let file = topic.file(&name)?;
    let published = draft::publish_draft(&releases, &author, (&file, form.version), &form.note).await?;
    if form.activate.is_empty() {
        return Ok(Redirect::to("/knowledge/releases"));
    }
    service::activate(&releases, &published.release, &author).await?;
    Ok(Redirect::to(&topic.base(&name)))
}

#[derive(Deserialize)]
pub(crate) struct Discard {
    version: i64,
}

pub(crate) async fn discard(
    State(releases): State<Releases>,
    who: Right,
    request: RequestId,
    topic: Topic,
    Path(name): Path<String>,
    Form(form): Form<Discard>,
) -> Result<Redirect, Problem> {
    let author = http::author(&releases, &who, &request).await?;
    draft::discard(&releases, &author, &topic.file(&name)?, form.version).await?;
    Ok(Redirect::to(&format!("/knowledge/{}", topic.key())))
}
