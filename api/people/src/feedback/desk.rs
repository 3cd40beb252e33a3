//! Customer service: list, thread, statistics.

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::{Days, NaiveDate};
use platform::{
    App, Problem,
    http::{Form, Path, Query, RequestId, page},
    rights::{Permission, Right, Route, Who},
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::{
    Category, State as FeedbackState,
    form::Typed,
    model::{Entry, Event, Feedback},
    pages::institution_of,
    service::{self, Thread},
    statistics::{self, Statistics},
    store,
};
use crate::{PeopleError, identity::Phone, organisation};

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/staff/feedback", Who::Staff(Permission::FeedbackHandle)),
    Route::get("/staff/feedback/statistics", Who::Staff(Permission::FeedbackHandle)),
    Route::get("/staff/feedback/statistics.csv", Who::Staff(Permission::FeedbackHandle)),
    Route::get("/staff/feedback/{id}", Who::Staff(Permission::FeedbackHandle)),
    Route::post("/staff/feedback/{id}", Who::Staff(Permission::FeedbackHandle)),
    Route::get("/staff/feedback/{id}/photo/{photo}", Who::Staff(Permission::FeedbackHandle)),
    Route::post("/staff/feedback/{id}/note", Who::Staff(Permission::FeedbackHandle)),
];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .route("/staff/feedback", get(list))
        .route("/staff/feedback/statistics", get(show_statistics))
        .route("/staff/feedback/statistics.csv", get(export_statistics))
        .route("/staff/feedback/{id}", get(thread).post(act))
        .route("/staff/feedback/{id}/photo/{photo}", get(photo))
        .route("/staff/feedback/{id}/note", post(note))
}

#[derive(Template)]
#[template(path = "feedback/desk_list.html")]
struct ListPage {
    frame: Frame,
    asked: Asked,
    from: NaiveDate,
    until: NaiveDate,
    rows: Vec<Row>,
    institutions: Vec<(String, String)>,
    n_waiting: usize,
}

struct Row {
    feedback: Feedback,
    institution: String,
    waits: String,
    at: String,
    holder: &'static str,
}

#[derive(Template)]
#[template(path = "feedback/desk_thread.html")]
struct ThreadPage {
    frame: Frame,
    feedback: Feedback,
    entries: Vec<Entry>,
    institution: String,
    phone: String,
    today: NaiveDate,
    typed: String,
    fault: String,
}

#[derive(Template)]
#[template(path = "feedback/statistics.html")]
struct StatisticsPage {
    frame: Frame,
    counts: Statistics,
    days: String,
    categories: String,
    query: String,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    institution: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
}

#[derive(Deserialize)]
struct Act {
    #[serde(rename = "act")]
    event: String,
    version: i64,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct Note {
    text: String,
}

impl Asked {
    /// The last 30 days where nothing else is asked for.
    fn span(&self, app: &App) -> (NaiveDate, NaiveDate) {
        let until = self.until.parse().unwrap_or_else(|_| app.clock.today());
        let until = until.clamp(NaiveDate::default(), app.clock.today() + Days::new(366));
        (self.from.parse().unwrap_or_else(|_| until - Days::new(29)), until)
    }
}

async fn list(
    State(app): State<App>,
    me: Right,
    Query(asked): Query<Asked>,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let (from, until) = asked.span(&app);
    let filter = store::Filter {
        state: asked.state.clone(),
        category: asked.category.clone(),
        institution: asked.institution.clone(),
    };
    let span = (ui::format::start_of(from), ui::format::start_of(until + Days::new(1)));
    let found = store::list(&app.db, &me, &filter, span, 300).await?;
    let institutions: Vec<(String, String)> =
        organisation::service::list(&app).await?.into_iter().map(|place| (place.code, place.name)).collect();
    let (now, today) = (app.now(), app.clock.today());
    let row = |feedback: Feedback| Row {
        institution: feedback
            .institution
            .as_ref()
            .and_then(|code| institutions.iter().find(|(known, _)| known == code))
            .map(|(_, name)| name.clone())
            .unwrap_or_default(),
        waits: feedback.waiting_since.map(|at| ui::format::duration(now - at)).unwrap_or_default(),
        at: ui::format::moment(feedback.created_at, today),
        holder: match feedback.handler {
            Some(by) if by == me.id() => "我",
            Some(_) => "他人",
            None => "",
        },
        feedback,
    };
    let rows: Vec<Row> = found.into_iter().map(row).collect();
    let n_waiting = rows.iter().filter(|row| !row.waits.is_empty()).count();
    let frame = signed(&app, frame, &me).await?;
    page(ListPage { frame, asked, from, until, rows, institutions, n_waiting }.render())
}

async fn thread(
    State(app): State<App>,
    request: RequestId,
    me: Right,
    Path(id): Path<Uuid>,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    drawn(&app, &request, &me, id, frame, (String::new(), String::new())).await
}

async fn drawn(
    app: &App,
    request: &RequestId,
    me: &Right,
    id: Uuid,
    frame: Frame,
    (typed, fault): (String, String),
) -> Result<Html<String>, Problem> {
    let Thread { feedback, entries } = service::read(app, request, me, id).await?;
    let institution = institution_of(app, &feedback).await?;
    let phone =
        if feedback.may_contact { crate::resident::find(app, feedback.resident).await?.phone } else { None };
    let (frame, today) = (signed(app, frame, me).await?, app.clock.today());
    let phone = phone.as_ref().map(Phone::masked).unwrap_or_default();
    page(ThreadPage { frame, feedback, entries, institution, phone, today, typed, fault }.render())
}

async fn act(
    State(app): State<App>,
    request: RequestId,
    me: Right,
    Path(id): Path<Uuid>,
    frame: Frame,
    Form(given): Form<Act>,
) -> Result<Response, Problem> {
    let event = match given.event.as_str() {
        "claim" => Event::Claimed,
        "reply" => Event::Replied,
        "close" => Event::Closed,
        _ => return Err(Problem::bad_request("请用页面上的按钮提交。")),
    };
    let text = if event == Event::Claimed { String::new() } else { given.text.trim().replace("\r\n", "\n") };
    let typed = Typed { text, version: given.version, ..Typed::default() };
    match service::handle(&app, &request, &me, id, event, &typed).await {
        Ok(()) => Ok(Redirect::to(&format!("/staff/feedback/{id}")).into_response()),
        Err(PeopleError::Field(_, fault) | PeopleError::Refused(fault)) => {
            let kept = (given.text, fault.into());
            let page = drawn(&app, &request, &me, id, frame, kept).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn note(
    State(app): State<App>,
    request: RequestId,
    me: Right,
    Path(id): Path<Uuid>,
    Form(given): Form<Note>,
) -> Result<Redirect, Problem> {
    service::note(&app, &request, &me, id, &given.text).await?;
    Ok(Redirect::to(&format!("/staff/feedback/{id}")))
}

async fn photo(
    State(app): State<App>,
    request: RequestId,
    me: Right,
    Path((id, photo)): Path<(Uuid, Uuid)>,
) -> Result<Response, Problem> {
    service::read(&app, &request, &me, id).await?;
    let (kind, bytes) = service::find_photo(&app, id, photo).await?;
    Ok(([(header::CONTENT_TYPE, kind.media_type())], bytes).into_response())
}

async fn show_statistics(
    State(app): State<App>,
    me: Right,
    Query(asked): Query<Asked>,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let (from, until) = asked.span(&app);
    let counts = statistics::compute(&app, &me, from, until).await?;
    let days: Vec<_> =
        counts.days.iter().map(|(day, count)| (day.format("%m-%d").to_string(), *count)).collect();
    let days = ui::chart::bars("每日反馈数", &days);
    let categories = ui::chart::bars("各类别反馈数", &counts.categories);
    let query = format!("from={from}&until={until}");
    let frame = signed(&app, frame, &me).await?;
    page(StatisticsPage { frame, counts, days, categories, query }.render())
}

async fn export_statistics(
    State(app): State<App>,
    me: Right,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let (from, until) = asked.span(&app);
    let counts = statistics::compute(&app, &me, from, until).await?;
    let name = format!("attachment; filename=\"feedback-{from}-{until}.csv\"");
    let kind = "text/csv; charset=utf-8".to_owned();
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], counts.csv()).into_response())
}

async fn signed(app: &App, frame: Frame, me: &Right) -> Result<Frame, PeopleError> {
    let name = crate::service::find_staff(app, me.id()).await?.map(|staff| staff.name).unwrap_or_default();
    Ok(frame.with_csrf(&me.csrf).with_name(name))
}
