//! The structured reports patients filled in, one after the other: each leads to the report itself.

use askama::Template;
use axum::{extract::State, response::Html, routing::get};
use chrono::{DateTime, Days, Utc};
use people::staff_frame;
use platform::{
    App, Problem,
    audit::{self, Outcome},
    http::{Query, RequestId, page},
    rights::Right,
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::{
    ask::{Ask, reaches},
    model::{Unit, entry_text},
    names::Names,
    store,
};
use crate::{PreconsultError, Shared};

/// Rows of a page.
const PAGE: usize = 50;

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().route("/staff/statistics/records", get(list))
}

#[derive(Template)]
#[template(path = "preconsult/statistics_records.html")]
struct RecordsPage {
    frame: Frame,
    ask: Ask,
    institutions: Vec<(String, String)>,
    unit: String,
    rows: Vec<Row>,
    older: Option<String>,
    back: String,
}

struct Row {
    id: Uuid,
    sent: String,
    unit: String,
    age: String,
    sex: &'static str,
    entry: &'static str,
    level: String,
    took: String,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(flatten)]
    ask: Ask,
    /// Microseconds and id of the last row of the page before.
    #[serde(default)]
    after: String,
}

async fn list(
    State(app): State<App>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Query(listed): Query<Listed>,
) -> Result<Html<String>, Problem> {
    let asked = listed.ask.read(&right, app.clock.today())?;
    let names = Names::load(&app).await?;
    let end = asked.until.checked_add_days(Days::new(1)).unwrap_or(asked.until);
    let span = (ui::format::start_of(asked.from), ui::format::start_of(end));
    let limit = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
    let after = place(&listed.after);
    let mut found = store::list_submitted(&app.db, &asked.unit, span, after, limit)
        .await
        .map_err(PreconsultError::from)?;
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    let older = found.last().filter(|_| has_more).map(|last| {
        let address = asked.address("/staff/statistics/records", |_| {});
        format!("{address}&after={}.{}", last.ended_at.timestamp_micros(), last.id)
    });
    if after.is_none() {
        note(&app, &right, &request, &asked.address("", |_| {})).await?;
    }
    let today = app.clock.today();
    let rows = found.into_iter().map(|one| Row {
        id: one.id,
        sent: ui::format::moment(one.ended_at, today),
        unit: names.unit(&Unit::new(&one.institution, &one.department)),
        age: ui::format::age(u32::try_from(one.age_months).unwrap_or(0)),
        sex: match one.sex.as_deref() {
            Some("female") => "女",
            Some(_) => "男",
            None => "未填",
        },
        entry: entry_text(&one.entry),
        level: one.triage_level.map_or_else(|| "—".to_owned(), |level| format!("{level} 级")),
        took: ui::format::duration(one.ended_at - one.created_at),
    });
    let within = |(code, _): &&(String, String)| reaches(&right, &Unit::new(code, ""));
    page(
        RecordsPage {
            institutions: names.institutions.iter().filter(within).cloned().collect(),
            unit: names.unit(&asked.unit),
            rows: rows.collect(),
            older,
            back: asked.address("/staff/statistics", |_| {}),
            ask: asked.said(),
            frame: staff_frame(&app, &right, frame).await?,
        }
        .render(),
    )
}

fn place(after: &str) -> Option<(DateTime<Utc>, Uuid)> {
    let (micros, id) = after.split_once('.')?;
    Some((DateTime::from_timestamp_micros(micros.parse().ok()?)?, id.parse().ok()?))
}

async fn note(app: &App, right: &Right, request: &RequestId, about: &str) -> Result<(), PreconsultError> {
    let entry = audit::Entry {
        at: app.now(),
        actor: right.actor(),
        action: "statistics.records",
        patient: None,
        object: Some(format!("statistics/records{about}")),
        reason: None,
        outcome: Outcome::Done,
        request_id: &request.0,
    };
    let mut tx = app.db.begin().await?;
    audit::append(&mut tx, entry).await?;
    Ok(tx.commit().await?)
}
