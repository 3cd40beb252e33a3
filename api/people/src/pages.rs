//! The sign-in page. Until proof of identity is configured, only demo people can sign in.

use askama::Template;
use axum::{
    extract::State,
    http::header::SET_COOKIE,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use axum_extra::extract::cookie::Cookie;
use platform::{
    App, Problem,
    http::{Form, Query, RequestId, page},
    session::{Csrf, MaybeSignedIn, local_path},
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use crate::{
    Resident, Staff,
    account::{self, Tried, VisitParts},
    desk::home_of,
    service,
    sign_in::Ways,
};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().route("/sign-in", get(show).post(sign_in)).route("/sign-out", post(sign_out))
}

#[derive(Template)]
#[template(path = "people/sign_in.html")]
struct SignInPage {
    frame: Frame,
    next: String,
    residents: Vec<Entry>,
    staff: Vec<Staff>,
    ways: Ways,
    tried: Tried,
}

struct Entry {
    resident: Resident,
    age: String,
}

#[derive(Deserialize)]
struct Where {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct SignInForm {
    /// One of the demo people; else user name and password.
    who: Option<Uuid>,
    #[serde(default)]
    user_name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

async fn show(
    State(app): State<App>,
    ways: Ways,
    Csrf(csrf): Csrf,
    Query(place): Query<Where>,
    mut frame: Frame,
) -> Result<Html<String>, Problem> {
    frame.csrf = csrf;
    sign_in_page(&app, ways, frame, &place.next, Tried::default()).await
}

/// The page with what was tried before; people to choose from only in a demo.
pub(crate) async fn sign_in_page(
    app: &App,
    ways: Ways,
    frame: Frame,
    next: &str,
    tried: Tried,
) -> Result<Html<String>, Problem> {
    let (residents, staff) =
        if app.config.demo { service::list_demo_people(app).await? } else { (Vec::new(), Vec::new()) };
    let today = app.clock.today();
    let entry = |resident: Resident| {
        let age = resident.age_in_months(today).map(ui::format::age).unwrap_or_default();
        Entry { resident, age }
    };
    let residents = residents.into_iter().map(entry).collect();
    page(SignInPage { frame, next: local_path(next).to_owned(), residents, staff, ways, tried }.render())
}

async fn sign_in(
    State(app): State<App>,
    VisitParts(visit): VisitParts,
    ways: Ways,
    Csrf(csrf): Csrf,
    frame: Frame,
    Form(form): Form<SignInForm>,
) -> Result<Response, Problem> {
    let Some(who) = form.who else {
        let next = local_path(&form.next);
        let attempt = account::service::sign_in(&app, &visit, &form.user_name, &form.password, next).await?;
        return account::answer(&app, ways, frame.with_csrf(csrf), attempt, form.user_name, next).await;
    };
    let (principal, cookie) = service::sign_in_to_demo(&app, &visit, who).await?;
    let next = match local_path(&form.next) {
        "/" => home_of(&principal),
        next => next,
    };
    Ok(with_cookie(&cookie, next))
}

async fn sign_out(
    State(app): State<App>,
    request: RequestId,
    MaybeSignedIn(session): MaybeSignedIn,
) -> Result<Response, Problem> {
    let Some(session) = session else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    Ok(with_cookie(&service::sign_out(&app, &request, &session).await?, "/sign-in"))
}

fn with_cookie(cookie: &Cookie<'_>, next: &str) -> Response {
    ([(SET_COOKIE, cookie.to_string())], Redirect::to(next)).into_response()
}
