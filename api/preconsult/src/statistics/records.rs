//! The records patients filled in, one after the other, with the columns somebody wants to see: on the page, or taken
//! along for an analysis. Each leads to the record itself.

mod columns;

use askama::Template;
use axum::{
    extract::State,
    http::header,
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use chrono::{DateTime, Days, Utc};
use people::staff_frame;
use platform::{
    Problem,
    http::{Form, Query, RequestId, page},
    rights::{Permission, Right},
    session::{self, SignedIn},
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use self::columns::Chosen;
use super::{
    ask::{Ask, Asked, reaches},
    model::Unit,
    names::Names,
    pages::Format,
    store,
    table::{Section, Value},
};
use crate::{
    PreconsultError, Service, Shared,
    model::Doctor,
    service::{Sent, list_sent, note_sent},
};

/// Rows of a page.
const PAGE: usize = 50;
/// Most records that are looked through for words, or taken along.
const MOST: u32 = 1000;

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .route("/staff/statistics/records", get(list))
        .route("/staff/statistics/records/export", post(export))
}

#[derive(Template)]
#[template(path = "preconsult/statistics_records.html")]
struct RecordsPage {
    frame: Frame,
    ask: Ask,
    words: String,
    level: String,
    institutions: Vec<(String, String)>,
    unit: String,
    /// Every column with its title and whether it is shown.
    columns: Vec<(&'static str, &'static str, bool)>,
    titles: Vec<&'static str>,
    rows: Vec<(Uuid, Vec<String>)>,
    older: Option<String>,
    /// How many were looked through for the words.
    looked: Option<usize>,
    /// To the statistics, for who may see them.
    back: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Listed {
    from: String,
    until: String,
    institution: String,
    department: String,
    /// In the name or the complaint.
    words: String,
    /// Only this level of urgency or a graver one.
    level: String,
    /// Names of columns; the usual ones where none is chosen.
    c: Vec<String>,
    /// Microseconds and id of the last row of the page before.
    after: String,
    format: Option<Format>,
}

/// What was found, and where the page after it begins.
struct Found {
    rows: Vec<Sent>,
    older: Option<String>,
    looked: Option<usize>,
}

impl Listed {
    fn asked(&self, right: &Right, service: &Service) -> Result<Asked, Problem> {
        let ask = Ask {
            from: self.from.clone(),
            until: self.until.clone(),
            institution: self.institution.clone(),
            department: self.department.clone(),
            ..Ask::default()
        };
        ask.read(right, service.app.clock.today())
    }

    fn level(&self) -> Result<Option<i64>, Problem> {
        match self.level.as_str() {
            "" => Ok(None),
            text => match text.parse() {
                Ok(level @ 1..=4) => Ok(Some(level)),
                _ => Err(Problem::invalid_input().fault("/level", "请选择Ⅰ到Ⅳ级")),
            },
        }
    }

    fn address(&self, asked: &Asked) -> String {
        let mut address = asked.address("/staff/statistics/records", |_| {});
        let more = [("words", &self.words), ("level", &self.level)];
        let more = more.into_iter().filter(|(_, text)| !text.is_empty());
        let columns = self.c.iter().map(|column| ("c", column));
        let said: Vec<_> = more.chain(columns).collect();
        if !said.is_empty() {
            address.push('&');
            address.push_str(&serde_html_form::to_string(said).unwrap_or_default());
        }
        address
    }
}

async fn list(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Query(listed): Query<Listed>,
) -> Result<Html<String>, Problem> {
    let app = &service.app;
    let asked = listed.asked(&right, &service)?;
    let chosen = Chosen::of(&listed.c)?;
    let who = Doctor { right: right.clone(), request: &request };
    let found = find(&service, &who, (&listed, &asked), chosen.needs_record(), PAGE).await?;
    let action = if chosen.needs_record() { "consultation.read" } else { "consultation.list" };
    note_sent(&service, &who, action, &found.rows).await?;
    let names = Names::load(app).await?;
    let today = app.clock.today();
    let within = |(code, _): &&(String, String)| reaches(&right, &Unit::new(code, ""));
    let may_see_sums = right.under(Permission::StatisticsRead).may(Permission::StatisticsRead);
    let address = listed.address(&asked);
    page(
        RecordsPage {
            institutions: names.institutions.iter().filter(within).cloned().collect(),
            unit: names.unit(&asked.unit),
            columns: chosen.offered(),
            titles: chosen.titles(),
            rows: found
                .rows
                .iter()
                .map(|one| (one.consultation.id, chosen.cells(one, &names, today)))
                .collect(),
            older: found.older.map(|after| format!("{address}&after={after}")),
            looked: found.looked,
            back: may_see_sums.then(|| asked.address("/staff/statistics", |_| {})),
            ask: asked.said(),
            words: listed.words,
            level: listed.level,
            frame: staff_frame(app, &right, frame).await?,
        }
        .render(),
    )
}

/// The page of records that was asked for; the whole of what is looked through where words are sought or all is wanted.
async fn find(
    service: &Service,
    who: &Doctor<'_>,
    (listed, asked): (&Listed, &Asked),
    with_record: bool,
    rows: usize,
) -> Result<Found, Problem> {
    let end = asked.until.checked_add_days(Days::new(1)).unwrap_or(asked.until);
    let span = (ui::format::start_of(asked.from), ui::format::start_of(end));
    let words = listed.words.trim();
    let limit = if words.is_empty() { u32::try_from(rows + 1).unwrap_or(MOST) } else { MOST };
    let (after, level) = (place(&listed.after)?, listed.level()?);
    let mut found = store::list_submitted(&service.app.db, (&asked.unit, level), span, after, limit)
        .await
        .map_err(PreconsultError::from)?;
    if words.is_empty() {
        let has_more = found.len() > rows;
        found.truncate(rows);
        let last = found.last().filter(|_| has_more);
        let older = last.map(|last| format!("{}.{}", last.ended_at.timestamp_micros(), last.id));
        let rows = list_sent(service, who, &ids(&found), with_record).await?;
        return Ok(Found { rows, older, looked: None });
    }
    let looked = Some(found.len());
    let mut matching = list_sent(service, who, &ids(&found), false).await?;
    matching.retain(|one| {
        let complaint = one.consultation.chief_complaint.as_deref().unwrap_or_default();
        one.resident.name.contains(words) || complaint.contains(words)
    });
    let kept: Vec<Uuid> = matching.iter().map(|one| one.consultation.id).collect();
    let rows = if with_record { list_sent(service, who, &kept, true).await? } else { matching };
    Ok(Found { rows, older: None, looked })
}

/// The same rows as a file, up to [`MOST`] of them; who takes them along proves again who they are.
async fn export(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    SignedIn(session): SignedIn,
    frame: Frame,
    Form(listed): Form<Listed>,
) -> Result<Response, Problem> {
    let app = &service.app;
    session::require_recent_proof(app, &session)?;
    let asked = listed.asked(&right, &service)?;
    let chosen = Chosen::of(&listed.c)?;
    let who = Doctor { right: right.clone(), request: &request };
    let most = usize::try_from(MOST).unwrap_or(PAGE);
    let found = find(&service, &who, (&listed, &asked), chosen.needs_record(), most).await?;
    note_sent(&service, &who, "consultation.export", &found.rows).await?;
    let names = Names::load(app).await?;
    let today = app.clock.today();
    let mut section = Section::new("records", "预问诊记录", &chosen.titles());
    for one in &found.rows {
        section.rows.push(chosen.cells(one, &names, today).into_iter().map(Value::Text).collect());
    }
    if found.older.is_some() || found.looked == Some(most) {
        section.note = format!("只取最近的 {MOST} 份；更早的请换一段日期再取。");
    }
    let frame = staff_frame(app, &right, frame).await?;
    let head = [
        ("范围".to_owned(), names.unit(&asked.unit)),
        ("日期".to_owned(), format!("{} 至 {}", asked.from, asked.until)),
        ("导出人".to_owned(), frame.name.clone()),
        ("导出时间".to_owned(), ui::format::moment(app.now(), today)),
    ];
    let (mime, extension, file) = listed.format.unwrap_or(Format::Csv).file(&head, &[section])?;
    let stamp = app.now().format("%Y%m%dT%H%M%SZ");
    let name = format!("attachment; filename=\"records-{stamp}.{extension}\"");
    let headers = [(header::CONTENT_TYPE, mime.to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, file).into_response())
}

fn ids(found: &[store::Submitted]) -> Vec<Uuid> {
    found.iter().map(|one| one.id).collect()
}

/// Where a page begins; None at the first one.
fn place(after: &str) -> Result<Option<(DateTime<Utc>, Uuid)>, Problem> {
    let read = |after: &str| {
        let (micros, id) = after.split_once('.')?;
        Some((DateTime::from_timestamp_micros(micros.parse().ok()?)?, id.parse().ok()?))
    };
    match (after, read(after)) {
        ("", _) => Ok(None),
        (_, Some(place)) => Ok(Some(place)),
        _ => Err(Problem::invalid_input().fault("/after", "页的位置读不懂，请从第一页重新查")),
    }
}
