//! The resident's page: who saw my record, when and why.

use askama::Template;
use axum::{extract::State, response::Html, routing::get};
use platform::{
    App, Problem,
    audit::{self, Record, Search},
    http::{Query, page},
    session::SignedInResident,
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;

use super::words;
use crate::rights::store::{self as colleagues, Colleague};

/// Rows of one page, before those that belong together are told as one.
const PAGE: u32 = 60;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().route("/me/readers", get(show))
}

#[derive(Template)]
#[template(path = "audit/readers.html")]
struct ReadersPage {
    frame: Frame,
    days: Vec<Day>,
    older: Option<i64>,
    is_first: bool,
}

struct Day {
    title: String,
    readings: Vec<Reading>,
}

/// The same deed of the same person on one day.
struct Reading {
    who: String,
    place: String,
    deed: &'static str,
    times: String,
    reason: String,
    is_refused: bool,
}

#[derive(Deserialize)]
struct Page {
    before: Option<i64>,
}

async fn show(
    State(app): State<App>,
    who: SignedInResident,
    frame: Frame,
    Query(asked): Query<Page>,
) -> Result<Html<String>, Problem> {
    let search = Search { patient: Some(who.id), not_by_patient: true, ..Search::default() };
    let mut rows = audit::search(&app.db, &search, asked.before, PAGE + 1).await?;
    let has_more = rows.len() > PAGE as usize;
    rows.truncate(PAGE as usize);
    let older = rows.last().filter(|_| has_more).map(|last| last.seq);
    let ids: Vec<_> = rows.iter().filter_map(|row| row.actor.parse().ok()).collect();
    let staff = colleagues::list_colleagues_of(&app.db, &ids).await?;
    let frame = frame.with_csrf(who.session.csrf);
    let days = days(&rows, &staff);
    page(ReadersPage { frame, days, older, is_first: asked.before.is_none() }.render())
}

/// Rows by day, newest first; what one person did several times a day is one line with its times.
fn days(rows: &[Record], staff: &[Colleague]) -> Vec<Day> {
    let mut days: Vec<(String, Vec<Vec<&Record>>)> = Vec::new();
    for row in rows {
        let title = ui::format::date(row.at);
        if days.last().is_none_or(|(last, _)| *last != title) {
            days.push((title, Vec::new()));
        }
        let Some((_, groups)) = days.last_mut() else { continue };
        let same = |group: &&mut Vec<&Record>| {
            group.first().is_some_and(|first| {
                (&first.actor, &first.action, &first.outcome, &first.reason)
                    == (&row.actor, &row.action, &row.outcome, &row.reason)
            })
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    days.into_iter()
        .map(|(title, groups)| Day {
            title,
            readings: groups.iter().filter_map(|group| reading(group, staff)).collect(),
        })
        .collect()
}

fn reading(group: &[&Record], staff: &[Colleague]) -> Option<Reading> {
    let first = group.first()?;
    let colleague = staff.iter().find(|one| one.id.to_string() == first.actor);
    let (who, place) = match colleague {
        Some(one) => (
            format!("{}（{}）", one.name, words::role(&first.role)),
            format!("{} · {}", one.institution, one.department),
        ),
        None if first.role == "resident" => ("家人或其他居民".to_owned(), String::new()),
        None if first.role == "system" => ("系统自动处理".to_owned(), String::new()),
        None => (words::role(&first.role).to_owned(), String::new()),
    };
    let mut times: Vec<String> = group.iter().map(|row| ui::format::time(row.at)).collect();
    times.dedup();
    let more = times.len().saturating_sub(4);
    times.truncate(4);
    let times =
        if more > 0 { format!("{} 等 {} 次", times.join("、"), group.len()) } else { times.join("、") };
    Some(Reading {
        who,
        place,
        deed: words::plain(&first.action),
        times,
        reason: first.reason.clone().unwrap_or_default(),
        is_refused: first.outcome != "done",
    })
}
