//! The list of releases, publishing and activating.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};
use kb::Fault;
use platform::{
    Problem,
    http::{Form, Path, RequestId, page},
    rights::{Permission, Right},
};
use serde::Deserialize;
use ui::Frame;

use super::staff_frame;
use crate::{
    KnowledgeError, Releases, http,
    model::{Activation, MAX_NOTE, Release, ReleaseState, short},
    service,
};

/// Faults shown on the page; `jiuyi check` lists all.
const N_FAULTS: usize = 50;

#[derive(Template)]
#[template(path = "knowledge/releases.html")]
struct ReleasesPage {
    frame: Frame,
    may_release: bool,
    rows: Vec<RowView>,
    /// Hash of the release in use, to compare with.
    current: String,
    activations: Vec<ActivationView>,
    /// What was wrong with the last attempt.
    refusal: Option<Refusal>,
    note: String,
}

struct RowView {
    release: Release,
    short: String,
    time: String,
    size: String,
    is_current: bool,
}

struct ActivationView {
    activation: Activation,
    short: String,
    time: String,
}

struct Refusal {
    title: String,
    faults: Vec<Fault>,
    n_more: usize,
}

#[derive(Deserialize)]
pub(super) struct Publish {
    #[serde(default)]
    note: String,
    /// Filled when it is to be put into use as well.
    #[serde(default)]
    activate: String,
}

pub(super) async fn list(
    State(releases): State<Releases>,
    who: Right,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    page(releases_page(&releases, &who, frame, None, String::new()).await?.render())
}

pub(super) async fn publish(
    State(releases): State<Releases>,
    who: Right,
    request: RequestId,
    frame: Frame,
    Form(form): Form<Publish>,
) -> Result<Response, Problem> {
    let author = http::author(&releases, &who, &request).await?;
    let data = releases.app().config.data_dir.clone();
    let refusal = match service::publish(&releases, &data, &author, &form.note).await {
        Ok(published) => {
            if !form.activate.is_empty() {
                service::activate(&releases, &published.release, &author).await?;
            }
            return Ok(Redirect::to("/knowledge/releases").into_response());
        }
        Err(KnowledgeError::Refused(faults)) => refused(faults),
        Err(KnowledgeError::NoteMissing) => said("请写明这一版改了什么。".to_owned()),
        Err(KnowledgeError::NoteTooLong) => said(format!("说明最多 {MAX_NOTE} 个字。")),
        Err(error) => return Err(error.into()),
    };
    let shown = releases_page(&releases, &who, frame, Some(refusal), form.note).await?;
    Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, page(shown.render())?).into_response())
}

pub(super) async fn activate(
    State(releases): State<Releases>,
    who: Right,
    request: RequestId,
    Path(release): Path<String>,
) -> Result<Redirect, Problem> {
    let author = http::author(&releases, &who, &request).await?;
    service::activate(&releases, &release, &author).await?;
    Ok(Redirect::to("/knowledge/releases"))
}

fn said(title: String) -> Refusal {
    Refusal { title, faults: Vec::new(), n_more: 0 }
}

fn refused(mut faults: Vec<Fault>) -> Refusal {
    let title = format!("知识文件有 {} 处问题，没有发布；正在使用的版本不受影响。", faults.len());
    let n_more = faults.len().saturating_sub(N_FAULTS);
    faults.truncate(N_FAULTS);
    Refusal { title, faults, n_more }
}

async fn releases_page(
    releases: &Releases,
    who: &Right,
    frame: Frame,
    refusal: Option<Refusal>,
    note: String,
) -> Result<ReleasesPage, Problem> {
    let today = releases.app().clock.today();
    let row = |release: Release| RowView {
        short: short(&release.hash).to_owned(),
        time: ui::format::moment(release.published_at, today),
        size: format!("{} 个文件，{} KB", release.n_files, release.n_bytes / 1024),
        is_current: release.state == ReleaseState::InUse,
        release,
    };
    let activation = |activation: Activation| ActivationView {
        short: short(&activation.release).to_owned(),
        time: ui::format::moment(activation.activated_at, today),
        activation,
    };
    Ok(ReleasesPage {
        frame: staff_frame(releases, who, frame).await?,
        may_release: who.may(Permission::KnowledgePublish),
        rows: service::list(releases).await?.into_iter().map(row).collect(),
        current: releases.current().load().kb().release.clone(),
        activations: service::list_activations(releases)
            .await?
            .into_iter()
            .take(20)
            .map(activation)
            .collect(),
        refusal,
        note,
    })
}
