//! The versions of a template, and what differs between two of them.

use askama::Template;
use axum::{extract::State, response::Html};
use platform::{
    Problem,
    http::{Path, Query, RequestId, page},
    rights::Right,
};
use rules::form::read::read;
use serde::Deserialize;
use ui::Frame;
use uuid::Uuid;

use super::{at_desk, view::Head};
use crate::{
    Service,
    template::{
        check::file_names,
        diff::{Difference, diff},
        model::{self, Version},
        service::{self, Reading},
    },
};

#[derive(Template)]
#[template(path = "preconsult/template_versions.html")]
struct VersionsPage {
    frame: Frame,
    head: Head,
    rows: Vec<Row>,
    from: i64,
    to: i64,
    /// None when one of the two cannot be read.
    differences: Option<Vec<Difference>>,
    edits: Vec<EditRow>,
}

struct Row {
    number: i64,
    state: model::State,
    author: String,
    reviewers: String,
    note: String,
    time: String,
}

struct EditRow {
    what: String,
    by: String,
    time: String,
    is_undone: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Two {
    from: Option<i64>,
    to: Option<i64>,
}

pub(super) async fn show(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(two): Query<Two>,
) -> Result<Html<String>, Problem> {
    let (desk, frame) = at_desk(&service, &right, &request, frame).await?;
    let reading = service::read(&service, &desk, id).await?;
    let today = service.app.clock.today();
    let mut rows = Vec::new();
    for version in &reading.versions {
        rows.push(row(&service, version, today).await?);
    }
    let mut edits = Vec::new();
    for edit in reading.edits.iter().take(20) {
        edits.push(EditRow {
            what: edit.what.clone(),
            by: service::name_of(&service, edit.by_staff).await?,
            time: ui::format::moment(edit.at, today),
            is_undone: edit.is_undone,
        });
    }
    let newest = reading.newest()?.number;
    let to = two.to.unwrap_or(newest);
    let from = two.from.unwrap_or_else(|| in_use(&reading).unwrap_or((to - 1).max(1)));
    let shown = VersionsPage {
        frame,
        head: Head::of(&service, &desk, &reading, "versions", String::new()).await?,
        rows,
        from,
        to,
        differences: differences(&reading, from, to),
        edits,
    };
    page(shown.render())
}

/// The version patients fill in, where there is a newer one.
fn in_use(reading: &Reading) -> Option<i64> {
    let found = reading.versions.iter().skip(1).find(|version| version.state == model::State::Published);
    found.map(|version| version.number)
}

fn differences(reading: &Reading, from: i64, to: i64) -> Option<Vec<Difference>> {
    let file = file_names(&reading.template.code).0;
    let draft = |number: i64| read(&file, &reading.numbered(number)?.text).ok();
    Some(diff(&draft(from)?, &draft(to)?))
}

async fn row(service: &Service, version: &Version, today: chrono::NaiveDate) -> Result<Row, Problem> {
    let mut reviewers = Vec::new();
    for (what, reviewer) in [("科室", version.department_reviewer), ("", version.reviewer)] {
        if let Some(reviewer) = reviewer {
            reviewers.push(format!("{what}{}", service::name_of(service, reviewer).await?));
        }
    }
    let notes = [&version.review_note, &version.retire_reason].into_iter().flatten();
    Ok(Row {
        number: version.number,
        state: version.state,
        author: service::name_of(service, version.author).await?,
        reviewers: reviewers.join("、"),
        note: notes.cloned().collect::<Vec<_>>().join("；"),
        time: ui::format::moment(version.updated_at, today),
    })
}
