use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::{DateTime, TimeDelta, Utc};
use platform::{
    Clock, Ids,
    http::{Json, Query},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::simulate::{escaped, page, word};

/// openid, nickname, whether they follow the account.
const USERS: [(&str, &str, bool); 3] =
    [("oSim-qiulan", "秋澜", true), ("oSim-mubai", "慕白（未关注）", false), ("oSim-zhiyu", "知予", true)];

/// The other side: its codes work once and for five minutes, its tokens for two hours.
#[derive(Clone)]
pub struct Simulator(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    secret: String,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Code → openid and when it was given; None once it was used.
    codes: BTreeMap<String, Option<(String, DateTime<Utc>)>>,
    /// User token → openid.
    tokens: BTreeMap<String, String>,
    base: Option<(String, DateTime<Utc>)>,
    unfollowed: Vec<String>,
}

#[derive(Deserialize)]
struct Authorize {
    appid: String,
    redirect_uri: String,
    response_type: String,
    scope: String,
    state: String,
    user: Option<String>,
}

#[derive(Deserialize)]
struct Exchange {
    appid: String,
    secret: String,
    code: String,
    grant_type: String,
}

#[derive(Deserialize)]
struct StableToken {
    appid: String,
    secret: String,
    #[serde(default)]
    force_refresh: bool,
}

#[derive(Deserialize)]
struct WithToken {
    access_token: String,
    openid: String,
}

impl Simulator {
    pub fn new(clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let secret = word(&*ids);
        Self(Arc::new(Inner { clock, ids, secret, kept: Mutex::default() }))
    }

    pub fn app_id(&self) -> &'static str {
        "wxsimulated000001"
    }

    pub fn secret(&self) -> &str {
        &self.0.secret
    }

    /// Somebody stops following the account.
    pub fn unfollow(&self, openid: &str) {
        self.kept().unfollowed.push(openid.into());
    }

    /// The base token ends early, as when another program asked for a new one.
    pub fn end_base_token(&self) {
        self.kept().base = None;
    }

    pub(crate) fn routes(&self) -> Router {
        Router::new()
            .route("/connect/oauth2/authorize", get(authorize))
            .route("/sns/oauth2/access_token", get(exchange))
            .route("/sns/userinfo", get(user_info))
            .route("/cgi-bin/stable_token", post(stable_token))
            .route("/cgi-bin/user/info", get(follower))
            .with_state(self.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn authorize(State(own): State<Simulator>, Query(asked): Query<Authorize>) -> Response {
    if asked.appid != own.app_id() || asked.response_type != "code" {
        return page("参数错误", "<p>appid 或 response_type 不对（10003）。</p>").into_response();
    }
    match asked.user.as_deref().and_then(|user| USERS.iter().find(|(openid, ..)| *openid == user)) {
        None => chooser(&asked).into_response(),
        Some((openid, ..)) => {
            let code = word(&*own.0.ids);
            own.kept().codes.insert(code.clone(), Some(((*openid).into(), own.0.clock.now())));
            let query = serde_html_form::to_string([("code", code.as_str()), ("state", &asked.state)]);
            let mark = if asked.redirect_uri.contains('?') { '&' } else { '?' };
            Redirect::to(&format!("{}{mark}{}", asked.redirect_uri, query.unwrap_or_default()))
                .into_response()
        }
    }
}

fn chooser(asked: &Authorize) -> Html<String> {
    let link = |(openid, nickname, _): &(&str, &str, bool)| {
        let query = serde_html_form::to_string([
            ("appid", asked.appid.as_str()),
            ("redirect_uri", &asked.redirect_uri),
            ("response_type", &asked.response_type),
            ("scope", &asked.scope),
            ("state", &asked.state),
            ("user", openid),
        ]);
        format!(
            "<a class=who href=\"?{}\">同意，以“{nickname}”的身份继续</a>",
            escaped(&query.unwrap_or_default())
        )
    };
    page(
        "微信授权（模拟）",
        &format!("<p>“健康静安”申请获取你的昵称。</p>{}", USERS.iter().map(link).collect::<String>()),
    )
}

async fn exchange(State(own): State<Simulator>, Query(asked): Query<Exchange>) -> Json<Value> {
    if asked.appid != own.app_id() || asked.secret != own.0.secret {
        return no(40001, "invalid credential");
    }
    if asked.grant_type != "authorization_code" {
        return no(40002, "invalid grant_type");
    }
    let mut kept = own.kept();
    match kept.codes.get_mut(&asked.code).map(Option::take) {
        None => no(40029, "invalid code"),
        Some(None) => no(40163, "code been used"),
        Some(Some((_, at))) if own.0.clock.now() - at > TimeDelta::minutes(5) => no(42003, "code expired"),
        Some(Some((openid, _))) => {
            let token = word(&*own.0.ids);
            kept.tokens.insert(token.clone(), openid.clone());
            Json(json!({"access_token": token, "expires_in": 7200, "refresh_token": word(&*own.0.ids),
                "openid": openid, "scope": "snsapi_userinfo"}))
        }
    }
}

async fn user_info(State(own): State<Simulator>, Query(asked): Query<WithToken>) -> Json<Value> {
    if own.kept().tokens.get(&asked.access_token) != Some(&asked.openid) {
        return no(40001, "invalid credential");
    }
    let user = USERS.iter().find(|(openid, ..)| *openid == asked.openid);
    match user {
        Some((openid, nickname, _)) => Json(json!({"openid": openid, "nickname": nickname})),
        None => no(40003, "invalid openid"),
    }
}

async fn stable_token(State(own): State<Simulator>, Json(asked): Json<StableToken>) -> Json<Value> {
    if asked.appid != own.app_id() || asked.secret != own.0.secret {
        return no(40001, "invalid credential");
    }
    let now = own.0.clock.now();
    let mut kept = own.kept();
    if asked.force_refresh || kept.base.as_ref().is_none_or(|(_, until)| now >= *until) {
        kept.base = Some((word(&*own.0.ids), now + TimeDelta::hours(2)));
    }
    let (token, until) = kept.base.clone().unwrap_or_default();
    Json(json!({"access_token": token, "expires_in": (until - now).num_seconds()}))
}

async fn follower(State(own): State<Simulator>, Query(asked): Query<WithToken>) -> Json<Value> {
    let kept = own.kept();
    let now = own.0.clock.now();
    if !kept.base.as_ref().is_some_and(|(token, until)| *token == asked.access_token && now < *until) {
        return no(40001, "access_token is invalid or not latest");
    }
    match USERS.iter().find(|(openid, ..)| *openid == asked.openid) {
        Some((openid, _, follows)) => {
            let subscribe = *follows && !kept.unfollowed.iter().any(|gone| gone == openid);
            Json(json!({"subscribe": i32::from(subscribe), "openid": openid}))
        }
        None => no(40003, "invalid openid"),
    }
}

fn no(code: i64, message: &str) -> Json<Value> {
    Json(json!({"errcode": code, "errmsg": message}))
}
