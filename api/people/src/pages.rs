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

use crate::{Resident, Staff, desk::home_of, service};

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
}

struct Entry {
    resident: Resident,
    age: String,
}

#[derive(Template)]
#[template(path = "people/no_sign_in.html")]
struct NoSignInPage {
    frame: Frame,
}

#[derive(Deserialize)]
struct Where {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct Who {
    who: Uuid,
    #[serde(default)]
    next: String,
}

async fn show(
    State(app): State<App>,
    Csrf(csrf): Csrf,
    Query(place): Query<Where>,
    mut frame: Frame,
) -> Result<Html<String>, Problem> {
    frame.csrf = csrf;
    if !app.config.demo {
        return page(NoSignInPage { frame }.render());
    }
    let (residents, staff) = service::list_demo_people(&app).await?;
    let today = app.clock.today();
    let entry = |resident: Resident| {
        let age = resident.age_in_months(today).map(ui::format::age).unwrap_or_default();
        Entry { resident, age }
    };
    let residents = residents.into_iter().map(entry).collect();
    page(SignInPage { frame, next: local_path(&place.next).to_owned(), residents, staff }.render())
}

async fn sign_in(
    State(app): State<App>,
    request: RequestId,
    MaybeSignedIn(before): MaybeSignedIn,
    Form(form): Form<Who>,
) -> Result<Response, Problem> {
    let (principal, cookie) = service::sign_in_to_demo(&app, &request, before.as_ref(), form.who).await?;
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
