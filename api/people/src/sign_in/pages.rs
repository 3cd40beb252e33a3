use askama::Template;
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode, header::SET_COOKIE},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use gateways::Gateways;
use platform::{
    App, Problem,
    audit::{self, Actor, Outcome},
    http::{Form, Query, RequestId, page},
    rights::{Route, Who},
    session::{self, Csrf, MaybeSignedIn, SignedInResident, local_path},
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;

use super::{
    code,
    outside::{self, Back},
};
use crate::{
    PeopleError,
    deed::{deed, note},
    identity::Phone,
    resident::{self, Channel},
};

const PURPOSE: &str = "sign-in";

/// Name of the cookie that binds a code to the browser that asked for it.
const ASKER: &str = "jiuyi_code";

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/sign-in/wechat", Who::Public),
    Route::get("/sign-in/wechat/back", Who::Public),
    Route::get("/sign-in/suishenban", Who::Public),
    Route::get("/sign-in/suishenban/back", Who::Public),
    Route::get("/sign-in/phone", Who::Public),
    Route::post("/sign-in/phone", Who::Public),
    Route::post("/sign-in/phone/code", Who::Public),
];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .route("/sign-in/wechat", get(to_wechat))
        .route("/sign-in/wechat/back", get(from_wechat))
        .route("/sign-in/suishenban", get(to_suishenban))
        .route("/realname/suishenban", post(join_suishenban))
        .route("/sign-in/suishenban/back", get(from_suishenban))
        .route("/sign-in/phone", get(ask_phone).post(send_code))
        .route("/sign-in/phone/code", post(check_code))
}

#[derive(Template)]
#[template(path = "people/phone.html")]
struct PhonePage {
    frame: Frame,
    next: String,
    phone: String,
    /// A code is under way: ask for it.
    is_sent: bool,
    fault: String,
    telephone: Option<String>,
}

/// A page between a form of ours and another site: a form may not lead there at once (content security policy).
#[derive(Template)]
#[template(path = "people/leave.html")]
struct LeavePage {
    frame: Frame,
    address: String,
}

#[derive(Deserialize)]
struct Where {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
}

#[derive(Deserialize)]
struct Asked {
    phone: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct Coded {
    phone: String,
    code: String,
    #[serde(default)]
    next: String,
}

async fn to_wechat(
    app: State<App>,
    gateways: Extension<Gateways>,
    headers: HeaderMap,
    place: Query<Where>,
) -> Result<Response, Problem> {
    leave(app, gateways, &headers, place, Channel::WeChat).await
}

async fn to_suishenban(
    app: State<App>,
    gateways: Extension<Gateways>,
    headers: HeaderMap,
    place: Query<Where>,
) -> Result<Response, Problem> {
    leave(app, gateways, &headers, place, Channel::Suishenban).await
}

/// Verifies the account one is signed in with, by Suishenban's consent page.
async fn join_suishenban(
    State(app): State<App>,
    Extension(gateways): Extension<Gateways>,
    me: SignedInResident,
) -> Result<Response, Problem> {
    if resident::find(&app, me.id).await?.is_vouched() {
        return Ok(Redirect::to("/realname").into_response());
    }
    let begun = outside::begin(&app, &gateways, Channel::Suishenban, "/realname", Some(me.id)).await?;
    let page =
        page(LeavePage { frame: Frame::bare(ui::Notices::of(&app.config)), address: begun.0 }.render())?;
    Ok(([(SET_COOKIE, begun.1.to_string())], page).into_response())
}

async fn leave(
    State(app): State<App>,
    Extension(gateways): Extension<Gateways>,
    headers: &HeaderMap,
    Query(place): Query<Where>,
    channel: Channel,
) -> Result<Response, Problem> {
    // The outside system may answer without asking: another site must not sign anybody in by a link.
    if session::comes_from_elsewhere(headers) {
        return Ok(Redirect::to(&session::sign_in_address(&place.next)).into_response());
    }
    let (address, cookie) = outside::begin(&app, &gateways, channel, &place.next, None).await?;
    Ok(with_cookie(&cookie, &address))
}

async fn from_wechat(
    app: State<App>,
    gateways: Extension<Gateways>,
    request: RequestId,
    before: MaybeSignedIn,
    jar: CookieJar,
    given: Query<Given>,
) -> Result<Response, Problem> {
    come_back(app, gateways, request, before, &jar, given, Channel::WeChat).await
}

async fn from_suishenban(
    app: State<App>,
    gateways: Extension<Gateways>,
    request: RequestId,
    before: MaybeSignedIn,
    jar: CookieJar,
    given: Query<Given>,
) -> Result<Response, Problem> {
    come_back(app, gateways, request, before, &jar, given, Channel::Suishenban).await
}

async fn come_back(
    State(app): State<App>,
    Extension(gateways): Extension<Gateways>,
    request: RequestId,
    MaybeSignedIn(before): MaybeSignedIn,
    jar: &CookieJar,
    Query(given): Query<Given>,
    channel: Channel,
) -> Result<Response, Problem> {
    let browser =
        jar.get(&session::cookie_name(&app.config, outside::COOKIE)).map(Cookie::value).unwrap_or_default();
    let back = Back { state: &given.state, code: &given.code, browser };
    let (cookie, next) = outside::finish(&app, &gateways, &request, before.as_ref(), channel, back).await?;
    Ok(with_cookie(&cookie, local_path(&next)))
}

async fn ask_phone(
    State(app): State<App>,
    Csrf(csrf): Csrf,
    Query(place): Query<Where>,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    drawn(&app, frame.with_csrf(csrf), local_path(&place.next), "", "", false)
}

async fn send_code(
    State(app): State<App>,
    Extension(gateways): Extension<Gateways>,
    Csrf(csrf): Csrf,
    frame: Frame,
    Form(asked): Form<Asked>,
) -> Result<Response, Problem> {
    let frame = frame.with_csrf(csrf);
    let next = local_path(&asked.next);
    let phone = match Phone::parse(&asked.phone) {
        Ok(phone) => phone,
        Err(fault) => return faulty(&app, frame, next, &asked.phone, fault.0, false),
    };
    let secret = outside::word(&app);
    match code::send(&app, &gateways, &phone, PURPOSE, &secret).await {
        Ok(()) => {
            let cookie = session::host_cookie(&app.config, ASKER, secret, SameSite::Strict);
            let page = drawn(&app, frame, next, phone.as_str(), "", true)?;
            Ok(([(SET_COOKIE, cookie.to_string())], page).into_response())
        }
        Err(PeopleError::Refused(why)) => faulty(&app, frame, next, phone.as_str(), why, true),
        Err(error) => Err(error.into()),
    }
}

async fn check_code(
    State(app): State<App>,
    request: RequestId,
    Csrf(csrf): Csrf,
    MaybeSignedIn(before): MaybeSignedIn,
    (jar, frame): (CookieJar, Frame),
    Form(given): Form<Coded>,
) -> Result<Response, Problem> {
    let frame = frame.with_csrf(csrf);
    let next = local_path(&given.next);
    let Ok(phone) = Phone::parse(&given.phone) else {
        return faulty(&app, frame, next, &given.phone, "请先填写手机号并获取验证码", false);
    };
    let asker = jar.get(&session::cookie_name(&app.config, ASKER)).map(Cookie::value).unwrap_or_default();
    if !code::check(&app, &phone, PURPOSE, asker, &given.code).await? {
        let entry = audit::Entry {
            reason: Some("验证码不符"),
            outcome: Outcome::Denied,
            ..deed(&app, Actor::system("phone"), "session.begin", &request)
        };
        note(&app, entry).await?;
        return faulty(&app, frame, next, phone.as_str(), code::WRONG, true);
    }
    let mut tx = app.db.begin().await?;
    let id = if let Some(known) = resident::find_by_phone(&app, &mut tx, &phone).await? {
        known.id
    } else {
        let id = resident::insert(&app, &mut tx).await?;
        resident::set_phone(&app, &mut tx, id, &phone).await?;
        id
    };
    let cookie = outside::open_session(&app, &mut tx, &request, before.as_ref(), id, "手机验证码").await?;
    tx.commit().await?;
    Ok(with_cookie(&cookie, next))
}

fn faulty(
    app: &App,
    frame: Frame,
    next: &str,
    phone: &str,
    fault: &str,
    is_sent: bool,
) -> Result<Response, Problem> {
    let page = drawn(app, frame, next, phone, fault, is_sent)?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn drawn(
    app: &App,
    frame: Frame,
    next: &str,
    phone: &str,
    fault: &str,
    is_sent: bool,
) -> Result<Html<String>, Problem> {
    let telephone = app.config.simulated.contains(&"短信").then(|| app.config.sms_address.clone());
    let (next, phone, fault) = (next.to_owned(), phone.to_owned(), fault.to_owned());
    page(PhonePage { frame, next, phone, is_sent, fault, telephone }.render())
}

fn with_cookie(cookie: &Cookie<'_>, next: &str) -> Response {
    ([(SET_COOKIE, cookie.to_string())], Redirect::to(next)).into_response()
}
