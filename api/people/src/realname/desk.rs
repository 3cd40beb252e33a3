//! The reviewer's screens: queue, one case with photographs beside the fields, statistics.

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use platform::{
    App, Problem,
    http::{Form, Path, Query, RequestId, page},
    rights::{Permission, Route, Who},
    session::SignedInStaff,
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::{
    Case, Reason, Side, State as CaseState,
    service::{self, Decision},
    statistics::{self, Statistics},
};
use crate::PeopleError;

const PER_PAGE: i64 = 30;

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/staff/realname", Who::Staff(Permission::RealnameReview)),
    Route::post("/staff/realname/next", Who::Staff(Permission::RealnameReview)),
    Route::get("/staff/realname/{id}", Who::Staff(Permission::RealnameReview)),
    Route::post("/staff/realname/{id}/claim", Who::Staff(Permission::RealnameReview)),
    Route::post("/staff/realname/{id}/verdict", Who::Staff(Permission::RealnameReview)),
    Route::get("/staff/realname/{id}/photo/{side}", Who::Staff(Permission::RealnameReview)),
    Route::get("/staff/realname/statistics", Who::Staff(Permission::RealnameReview)),
    Route::get("/staff/realname/statistics.csv", Who::Staff(Permission::RealnameReview)),
];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .route("/staff/realname", get(queue))
        .route("/staff/realname/next", post(next))
        .route("/staff/realname/statistics", get(show_statistics))
        .route("/staff/realname/statistics.csv", get(export_statistics))
        .route("/staff/realname/{id}", get(case))
        .route("/staff/realname/{id}/claim", post(claim))
        .route("/staff/realname/{id}/verdict", post(decide))
        .route("/staff/realname/{id}/photo/{side}", get(photo))
}

#[derive(Template)]
#[template(path = "realname/queue.html")]
struct QueuePage {
    frame: Frame,
    state: CaseState,
    counts: Vec<(CaseState, i64)>,
    rows: Vec<Listed>,
    page: i64,
    has_more: bool,
    today: NaiveDate,
}

struct Listed {
    case: Case,
    name: String,
    number: String,
    waits: String,
    holder: &'static str,
}

#[derive(Template)]
#[template(path = "realname/case.html")]
struct CasePage {
    frame: Frame,
    case: Case,
    today: NaiveDate,
    age: String,
    is_mine: bool,
    is_held: bool,
    left: String,
    fault: String,
    chosen: String,
    text: String,
}

#[derive(Template)]
#[template(path = "realname/statistics.html")]
struct StatisticsPage {
    frame: Frame,
    counts: Statistics,
    bars: Vec<Bar>,
    width: usize,
    query: String,
}

/// One day of the chart, in units of its view box.
struct Bar {
    x: usize,
    label: String,
    /// Height and top of waiting, rejected and approved, from the top down.
    parts: [(i64, i64); 3],
}

#[derive(Deserialize)]
struct Filter {
    #[serde(default)]
    state: String,
    #[serde(default)]
    page: i64,
}

#[derive(Default, Deserialize)]
struct Given {
    version: i64,
    verdict: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct Span {
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
}

async fn queue(
    State(app): State<App>,
    me: SignedInStaff,
    Query(filter): Query<Filter>,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let state = CaseState::named(&filter.state).filter(|state| *state != CaseState::Draft);
    let state = state.unwrap_or(CaseState::Submitted);
    let shown = filter.page.clamp(0, 10_000);
    let (mut cases, counts) = service::list(&app, state, PER_PAGE + 1, shown * PER_PAGE).await?;
    let has_more = cases.len() > usize::try_from(PER_PAGE).unwrap_or(0);
    cases.truncate(usize::try_from(PER_PAGE).unwrap_or(0));
    let now = app.now();
    let rows = cases.into_iter().map(|case| listed(case, me.id, now)).collect();
    let frame = signed(&app, frame, &me).await?;
    let today = app.clock.today();
    page(QueuePage { frame, state, counts, rows, page: shown, has_more, today }.render())
}

/// Lists show no whole name and no whole number.
fn listed(case: Case, reviewer: Uuid, now: DateTime<Utc>) -> Listed {
    let fields = case.fields.as_ref();
    Listed {
        name: fields.map(|fields| ui::mask::name(&fields.name)).unwrap_or_default(),
        number: fields.map(|fields| fields.id_number.masked()).unwrap_or_default(),
        waits: case.submitted_at.map(|at| ui::format::duration(now - at)).unwrap_or_default(),
        holder: match case.claim {
            Some((by, until)) if now < until && by == reviewer => "我",
            Some((_, until)) if now < until => "他人",
            _ => "",
        },
        case,
    }
}

async fn next(State(app): State<App>, me: SignedInStaff) -> Result<Redirect, Problem> {
    Ok(match service::claim_next(&app, &me.session.principal).await? {
        Some(id) => Redirect::to(&format!("/staff/realname/{id}")),
        None => Redirect::to("/staff/realname"),
    })
}

async fn case(
    State(app): State<App>,
    request: RequestId,
    me: SignedInStaff,
    Path(id): Path<Uuid>,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let case = service::read(&app, &request, &me.session.principal, id).await?;
    let frame = signed(&app, frame, &me).await?;
    drawn(&app, &me, frame, case, &Given::default(), "")
}

fn drawn(
    app: &App,
    me: &SignedInStaff,
    frame: Frame,
    case: Case,
    given: &Given,
    fault: &str,
) -> Result<Html<String>, Problem> {
    let (now, today) = (app.now(), app.clock.today());
    let birth = case.fields.as_ref().map(|fields| fields.id_number.birth_date());
    let age = birth.and_then(|birth| crate::age_in_months(birth, today)).map(ui::format::age);
    let is_mine = case.is_held_by(me.id, now);
    let left = case.claim.map(|(_, until)| ui::format::duration(until - now)).unwrap_or_default();
    let is_held = case.claim.is_some_and(|(_, until)| now < until);
    page(
        CasePage {
            frame,
            today,
            age: age.unwrap_or_default(),
            is_mine,
            is_held,
            left,
            fault: fault.into(),
            chosen: given.reason.clone(),
            text: given.text.clone(),
            case,
        }
        .render(),
    )
}

async fn claim(State(app): State<App>, me: SignedInStaff, Path(id): Path<Uuid>) -> Result<Redirect, Problem> {
    service::claim(&app, &me.session.principal, id).await?;
    Ok(Redirect::to(&format!("/staff/realname/{id}")))
}

async fn decide(
    State(app): State<App>,
    request: RequestId,
    me: SignedInStaff,
    Path(id): Path<Uuid>,
    frame: Frame,
    Form(given): Form<Given>,
) -> Result<Response, Problem> {
    let decision = match (given.verdict.as_str(), Reason::named(&given.reason)) {
        ("approve", _) => Ok(Decision::Approve),
        ("reject", Some(reason)) => Ok(Decision::Reject(reason, given.text.clone())),
        ("reject", None) => Err("退回时请先选一个原因"),
        _ => return Err(Problem::bad_request("请用“通过”或“退回”按钮提交。")),
    };
    let done = match decision {
        Ok(decision) => {
            service::decide(&app, &request, &me.session.principal, id, given.version, &decision).await
        }
        Err(fault) => Err(PeopleError::Field("reason", fault)),
    };
    match done {
        Ok(()) => Ok(Redirect::to("/staff/realname").into_response()),
        Err(PeopleError::Field(_, fault) | PeopleError::Refused(fault)) => {
            let case = service::find(&app, id).await?;
            let frame = signed(&app, frame, &me).await?;
            let page = drawn(&app, &me, frame, case, &given, fault)?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn photo(
    State(app): State<App>,
    request: RequestId,
    me: SignedInStaff,
    Path((id, side)): Path<(Uuid, String)>,
) -> Result<Response, Problem> {
    let side = Side::named(&side).ok_or_else(Problem::not_found)?;
    let (kind, bytes) = service::read_photo(&app, &request, &me.session.principal, id, side).await?;
    Ok(([(header::CONTENT_TYPE, kind.media_type())], bytes).into_response())
}

async fn show_statistics(
    State(app): State<App>,
    me: SignedInStaff,
    Query(span): Query<Span>,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let counts = counted(&app, &span).await?;
    let frame = signed(&app, frame, &me).await?;
    let query = format!("from={}&until={}", counts.from, counts.until);
    let (bars, width) = (bars(&counts), counts.days.len() * STEP);
    page(StatisticsPage { frame, counts, bars, width, query }.render())
}

async fn export_statistics(
    State(app): State<App>,
    _: SignedInStaff,
    Query(span): Query<Span>,
) -> Result<Response, Problem> {
    let counts = counted(&app, &span).await?;
    let name = format!("attachment; filename=\"realname-{}-{}.csv\"", counts.from, counts.until);
    Ok((
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)],
        counts.csv(),
    )
        .into_response())
}

/// The last 30 days where nothing else is asked for.
async fn counted(app: &App, span: &Span) -> Result<Statistics, PeopleError> {
    let today = app.clock.today();
    let until = span.until.parse().unwrap_or(today);
    let from = span.from.parse().unwrap_or_else(|_| until - Days::new(29));
    statistics::compute(app, from, until).await
}

const STEP: usize = 12;
const TALLEST: i64 = 100;

fn bars(counts: &Statistics) -> Vec<Bar> {
    let most = counts.most();
    let height = |count: i64| count * TALLEST / most;
    let bar = |(index, day): (usize, &statistics::Day)| {
        let mut top = TALLEST;
        let parts = [day.counts.approved, day.counts.rejected, day.counts.waiting].map(|count| {
            top -= height(count);
            (top, height(count))
        });
        let label = format!(
            "{}：提交 {}，通过 {}，未通过 {}，待审核 {}",
            day.day,
            day.counts.all(),
            day.counts.approved,
            day.counts.rejected,
            day.counts.waiting
        );
        Bar { x: index * STEP + 2, label, parts }
    };
    counts.days.iter().enumerate().map(bar).collect()
}

async fn signed(app: &App, frame: Frame, me: &SignedInStaff) -> Result<Frame, PeopleError> {
    let name = crate::service::find_staff(app, me.id).await?.map(|staff| staff.name).unwrap_or_default();
    Ok(frame.with_csrf(&me.session.csrf).with_name(name))
}
