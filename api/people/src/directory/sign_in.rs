//! Signing in at the support platform: out with a state, a nonce and a PKCE challenge of this browser, back with a code.

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, header::SET_COOKIE},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use chrono::TimeDelta;
use gateways::{Gateways, support::Binding};
use platform::{
    App, Problem,
    audit::{self, Actor, Outcome},
    crypto::sm3,
    http::Query,
    session::{self, Csrf, local_path},
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;

use super::service;
use crate::{
    PeopleError, account,
    account::VisitParts,
    deed::{deed, note},
    sign_in::{StateRow, Ways, insert_state, take_state},
};

/// Binds the sign-in to this browser, and keeps what PKCE asks for.
const COOKIE: &str = "jiuyi_support";
const CHANNEL: &str = "support";
const LIFE: TimeDelta = TimeDelta::minutes(10);

const LOST: PeopleError = PeopleError::Refused(
    "这次登录已失效：可能隔得太久、用过一次，或是从别处打开的链接。请返回登录页重新开始。",
);
const UNKNOWN: PeopleError = PeopleError::Refused(
    "区支撑平台认识您，但本系统还没有您的账号。请联系系统管理员，在“统一用户”里核对您的角色和科室。",
);
const NONE: PeopleError = PeopleError::Refused("没有接入区支撑平台，请用账号和密码登录。");

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().route("/sign-in/support", get(leave)).route("/sign-in/support/back", get(come_back))
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

async fn leave(
    State(app): State<App>,
    Extension(gateways): Extension<Gateways>,
    headers: HeaderMap,
    Query(place): Query<Where>,
) -> Result<Response, Problem> {
    // The platform may answer without asking: another site must not sign anybody in by a link.
    if session::comes_from_elsewhere(&headers) {
        return Ok(Redirect::to(&session::sign_in_address(&place.next)).into_response());
    }
    let support = gateways.support.as_ref().ok_or(NONE)?;
    let (state, browser) = (word(&app), word(&app));
    let (nonce, verifier) = bound(&browser);
    let binding = Binding { nonce: &nonce, verifier: &verifier };
    let address =
        support.authorize_address(&redirect(&app), &state, binding).await.map_err(PeopleError::from)?;
    let row = StateRow {
        browser_hash: sm3(&browser).to_vec(),
        channel: CHANNEL.into(),
        next: local_path(&place.next).into(),
        joins: None,
        created_at: app.now(),
    };
    let mut tx = app.db.begin().await?;
    insert_state(&mut tx, &sm3(&state), &row).await?;
    tx.commit().await?;
    let cookie = session::host_cookie(&app.config, COOKIE, browser, SameSite::Lax);
    Ok(([(SET_COOKIE, cookie.to_string())], Redirect::to(&address)).into_response())
}

async fn come_back(
    State(app): State<App>,
    Extension(gateways): Extension<Gateways>,
    VisitParts(visit): VisitParts,
    (ways, Csrf(csrf), frame): (Ways, Csrf, Frame),
    jar: CookieJar,
    Query(given): Query<Given>,
) -> Result<Response, Problem> {
    let support = gateways.support.as_ref().ok_or(NONE)?;
    let browser = jar.get(&session::cookie_name(&app.config, COOKIE)).map(Cookie::value).unwrap_or_default();
    let mut tx = app.db.begin().await?;
    let state = take_state(&mut tx, &sm3(&given.state)).await?;
    tx.commit().await?;
    let fits = |row: &StateRow| {
        row.channel == CHANNEL && row.browser_hash == sm3(browser) && app.now() - row.created_at <= LIFE
    };
    let refuse = async |why: &str| {
        let entry = audit::Entry {
            reason: Some(why),
            outcome: Outcome::Denied,
            ..deed(&app, Actor::system(CHANNEL), "session.refused", &visit.request)
        };
        note(&app, entry).await
    };
    let Some(row) = state.filter(fits) else {
        refuse("授权状态不符").await?;
        return Err(LOST.into());
    };
    let (nonce, verifier) = bound(browser);
    let binding = Binding { nonce: &nonce, verifier: &verifier };
    let subject = match support.identify(&given.code, &redirect(&app), binding).await {
        Ok(subject) => subject,
        Err(error) => {
            refuse(&format!("区支撑平台：{error}")).await?;
            return Err(PeopleError::from(error).into());
        }
    };
    let Some(staff) = service::find_staff(&app, &subject).await? else {
        refuse("区支撑平台的人员没有对应账号").await?;
        return Err(UNKNOWN.into());
    };
    let attempt = account::service::admit(&app, &visit, staff, &row.next).await?;
    account::answer(&app, ways, frame.with_csrf(csrf), attempt, String::new(), &row.next).await
}

fn redirect(app: &App) -> String {
    format!("{}/sign-in/support/back", app.config.site())
}

/// Nonce and PKCE verifier: of the secret in the browser's cookie, which we keep only a hash of.
fn bound(browser: &str) -> (String, String) {
    let word = |purpose: &str| {
        sm3(format!("{purpose}|{browser}"))
            .iter()
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    };
    (word("nonce"), word("verifier"))
}

fn word(app: &App) -> String {
    let mut bytes = [0_u8; 32];
    app.ids.fill(&mut bytes);
    hex::encode(bytes)
}
