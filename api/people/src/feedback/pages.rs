//! The resident's screens: write, list, thread, rating.

use askama::Template;
use axum::{
    extract::{DefaultBodyLimit, Multipart, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::NaiveDate;
use platform::{
    App, Problem,
    http::{Path, RequestId, page},
    rights::{Route, Who},
    session::{Session, SignedInResident},
};
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::{
    Category, State as FeedbackState,
    form::{LARGEST_FORM, Typed},
    model::{Entry, Event, Feedback, LONGEST, MOST_PHOTOS},
    service::{self, Thread},
    store,
};
use crate::{PeopleError, organisation};

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/feedback", Who::Resident),
    Route::get("/feedback/new", Who::Resident),
    Route::post("/feedback/new", Who::Resident),
    Route::get("/feedback/{id}", Who::Resident),
    Route::get("/feedback/{id}/photo/{photo}", Who::Resident),
    Route::post("/feedback/{id}/follow-up", Who::Resident),
    Route::post("/feedback/{id}/reopen", Who::Resident),
    Route::post("/feedback/{id}/rating", Who::Resident),
];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .route("/feedback", get(list))
        .merge(
            OpenApiRouter::new()
                .route("/feedback/new", get(write).post(submit))
                .route("/feedback/{id}/follow-up", post(follow_up))
                .route("/feedback/{id}/reopen", post(reopen))
                .route("/feedback/{id}/rating", post(rate))
                .layer(DefaultBodyLimit::max(LARGEST_FORM)),
        )
        .route("/feedback/{id}", get(thread))
        .route("/feedback/{id}/photo/{photo}", get(photo))
}

#[derive(Template)]
#[template(path = "feedback/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Feedback>,
    today: NaiveDate,
}

#[derive(Template)]
#[template(path = "feedback/new.html")]
struct NewPage {
    frame: Frame,
    typed: Typed,
    institutions: Vec<(String, String)>,
    photo_days: u32,
}

#[derive(Template)]
#[template(path = "feedback/thread.html")]
struct ThreadPage {
    frame: Frame,
    feedback: Feedback,
    entries: Vec<Entry>,
    institution: String,
    today: NaiveDate,
    may_reopen: bool,
    typed: Typed,
}

async fn list(State(app): State<App>, me: SignedInResident, frame: Frame) -> Result<Html<String>, Problem> {
    let rows = store::list_own(&app.db, me.id, 200).await?;
    page(ListPage { frame: frame.with_csrf(me.session.csrf), rows, today: app.clock.today() }.render())
}

async fn write(State(app): State<App>, me: SignedInResident, frame: Frame) -> Result<Html<String>, Problem> {
    let typed = Typed { request_key: app.new_id().to_string(), may_contact: true, ..Typed::default() };
    drawn_new(&app, me.session, frame, typed).await
}

async fn drawn_new(app: &App, session: Session, frame: Frame, typed: Typed) -> Result<Html<String>, Problem> {
    let institutions =
        organisation::service::list(app).await?.into_iter().map(|place| (place.code, place.name)).collect();
    let (frame, photo_days) = (frame.with_csrf(session.csrf), app.config.photo_days);
    page(NewPage { frame, typed, institutions, photo_days }.render())
}

async fn submit(
    State(app): State<App>,
    request: RequestId,
    me: SignedInResident,
    frame: Frame,
    form: Multipart,
) -> Result<Response, Problem> {
    let mut typed = Typed::read(form).await;
    if typed.fault.is_none() {
        match service::submit(&app, &request, me.id, &typed).await {
            Ok(id) => return Ok(Redirect::to(&format!("/feedback/{id}")).into_response()),
            Err(PeopleError::Field(field, fault)) => typed.fault = Some((field, fault.into())),
            Err(error) => return Err(error.into()),
        }
    }
    let page = drawn_new(&app, me.session, frame, typed).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn thread(
    State(app): State<App>,
    me: SignedInResident,
    Path(id): Path<Uuid>,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    drawn_thread(&app, me, id, frame, Typed::default()).await
}

async fn drawn_thread(
    app: &App,
    me: SignedInResident,
    id: Uuid,
    frame: Frame,
    typed: Typed,
) -> Result<Html<String>, Problem> {
    let Thread { feedback, entries } = service::read_own(app, me.id, id).await?;
    let institution = institution_of(app, &feedback).await?;
    let (frame, may_reopen) = (frame.with_csrf(me.session.csrf), feedback.may_reopen(app.now()));
    let today = app.clock.today();
    page(ThreadPage { frame, feedback, entries, institution, today, may_reopen, typed }.render())
}

pub(super) async fn institution_of(app: &App, feedback: &Feedback) -> Result<String, PeopleError> {
    let Some(code) = &feedback.institution else { return Ok(String::new()) };
    let found = organisation::service::list(app).await?.into_iter().find(|place| place.code == *code);
    Ok(found.map(|place| place.name).unwrap_or_default())
}

async fn follow_up(
    State(app): State<App>,
    request: RequestId,
    me: SignedInResident,
    Path(id): Path<Uuid>,
    frame: Frame,
    form: Multipart,
) -> Result<Response, Problem> {
    change(app, request, me, id, frame, (Event::FollowedUp, Typed::read(form).await, None)).await
}

async fn reopen(
    State(app): State<App>,
    request: RequestId,
    me: SignedInResident,
    Path(id): Path<Uuid>,
    frame: Frame,
    form: Multipart,
) -> Result<Response, Problem> {
    change(app, request, me, id, frame, (Event::Reopened, Typed::read(form).await, None)).await
}

async fn rate(
    State(app): State<App>,
    request: RequestId,
    me: SignedInResident,
    Path(id): Path<Uuid>,
    frame: Frame,
    form: Multipart,
) -> Result<Response, Problem> {
    let mut typed = Typed::read(form).await;
    // Words beside the stars are free; `category` carries the stars.
    if typed.text.is_empty() {
        typed.fault = None;
    }
    let stars = typed.category.parse().ok();
    change(app, request, me, id, frame, (Event::Rated, typed, stars)).await
}

async fn change(
    app: App,
    request: RequestId,
    me: SignedInResident,
    id: Uuid,
    frame: Frame,
    (event, mut typed, stars): (Event, Typed, Option<i64>),
) -> Result<Response, Problem> {
    if typed.fault.is_none() {
        match service::change_own(&app, &request, me.id, id, event, &typed, stars).await {
            Ok(()) => return Ok(Redirect::to(&format!("/feedback/{id}")).into_response()),
            Err(PeopleError::Field(field, fault)) => typed.fault = Some((field, fault.into())),
            Err(PeopleError::Refused(fault)) => typed.fault = Some(("text", fault.into())),
            Err(error) => return Err(error.into()),
        }
    }
    let page = drawn_thread(&app, me, id, frame, typed).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn photo(
    State(app): State<App>,
    me: SignedInResident,
    Path((id, photo)): Path<(Uuid, Uuid)>,
) -> Result<Response, Problem> {
    service::read_own(&app, me.id, id).await?;
    let (kind, bytes) = service::find_photo(&app, id, photo).await?;
    Ok(([(header::CONTENT_TYPE, kind.media_type())], bytes).into_response())
}
