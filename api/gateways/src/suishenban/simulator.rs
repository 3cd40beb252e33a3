use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Uri},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::{DateTime, TimeDelta, Utc};
use platform::{
    Clock, Ids,
    http::{Json, Path, Query},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    signature,
    simulate::{escaped, page, word},
};

/// User, name, ID number, phone; made up, with right checks.
const CITIZENS: [[&str; 4]; 3] = [
    ["u-1001", "秦知远", "310106198503127912", "13800138001"],
    ["u-1002", "苏映雪", "310106195608203527", "13800138002"],
    ["u-1003", "宋晨曦", "31010820091105441X", "13800138003"],
];

/// The other side: refuses calls whose signature, time or nonce is not right.
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
    /// Code → user, redirect address and when it was given.
    codes: BTreeMap<String, (String, String, DateTime<Utc>)>,
    tokens: BTreeMap<String, String>,
    nonces: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Authorize {
    client_id: String,
    response_type: String,
    redirect_uri: String,
    #[serde(default)]
    state: String,
    user: Option<String>,
}

#[derive(Deserialize)]
struct Exchange {
    grant_type: String,
    client_id: String,
    code: String,
    redirect_uri: String,
}

#[derive(Deserialize)]
struct WithToken {
    access_token: String,
}

impl Simulator {
    pub fn new(clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let secret = word(&*ids);
        Self(Arc::new(Inner { clock, ids, secret, kept: Mutex::default() }))
    }

    pub fn client_id(&self) -> &'static str {
        "jiuyi-simulated"
    }

    pub fn secret(&self) -> &str {
        &self.0.secret
    }

    pub(crate) fn routes(&self) -> Router {
        Router::new()
            .route("/api/oauth/authorize", get(authorize))
            .route("/api/oauth/token", post(exchange))
            .route("/api/v2/user/identity/{user}", get(identity))
            .with_state(self.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_signed(&self, method: &str, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let timestamp = text(signature::TIMESTAMP).parse().unwrap_or(0);
        let (target, nonce) =
            (uri.path_and_query().map_or("", |whole| whole.as_str()), text(signature::NONCE));
        let expected = signature::of_request(&self.0.secret, method, target, timestamp, nonce, body);
        text(signature::ACCOUNT) == self.client_id()
            && signature::same(&expected, text(signature::SIGNATURE))
            && signature::is_fresh(timestamp, self.0.clock.now())
            && self.kept().nonces.insert(nonce.into())
    }
}

async fn authorize(State(own): State<Simulator>, Query(asked): Query<Authorize>) -> Response {
    if asked.client_id != own.client_id() || asked.response_type != "code" {
        return page("参数错误", "<p>client_id 或 response_type 不对。</p>").into_response();
    }
    let chosen = asked.user.as_deref().and_then(|user| CITIZENS.iter().find(|citizen| citizen[0] == user));
    if let Some([user, ..]) = chosen {
        let code = word(&*own.0.ids);
        let kept = ((*user).into(), asked.redirect_uri.clone(), own.0.clock.now());
        own.kept().codes.insert(code.clone(), kept);
        let query = serde_html_form::to_string([("code", code.as_str()), ("state", &asked.state)]);
        return Redirect::to(&format!("{}?{}", asked.redirect_uri, query.unwrap_or_default()))
            .into_response();
    }
    let link = |[user, name, ..]: &[&str; 4]| {
        let query = serde_html_form::to_string([
            ("client_id", asked.client_id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", &asked.redirect_uri),
            ("state", &asked.state),
            ("user", user),
        ]);
        format!("<a class=who href=\"?{}\">同意授权（{name}）</a>", escaped(&query.unwrap_or_default()))
    };
    let links: String = CITIZENS.iter().map(link).collect();
    page("随申办授权（模拟）", &format!("<p>“医疗付费一件事”申请获取您的姓名、身份证号和手机号。</p>{links}"))
        .into_response()
}

async fn exchange(State(own): State<Simulator>, uri: Uri, headers: HeaderMap, body: Bytes) -> Json<Value> {
    if !own.is_signed("POST", &uri, &headers, &body) {
        return Json(json!({"error": "invalid_signature"}));
    }
    let asked = match serde_html_form::from_bytes::<Exchange>(&body) {
        Ok(asked) if asked.grant_type == "authorization_code" && asked.client_id == own.client_id() => asked,
        _ => return Json(json!({"error": "invalid_request"})),
    };
    let given = own.kept().codes.remove(&asked.code);
    match given {
        Some((user, redirect, at))
            if redirect == asked.redirect_uri && own.0.clock.now() - at <= TimeDelta::minutes(5) =>
        {
            let token = word(&*own.0.ids);
            own.kept().tokens.insert(token.clone(), user.clone());
            Json(json!({"access_token": token, "user": user, "expires_in": 3600, "token_type": "bearer"}))
        }
        _ => Json(json!({"error": "invalid_grant"})),
    }
}

async fn identity(
    State(own): State<Simulator>,
    Path(user): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Json<Value> {
    if !own.is_signed("GET", &uri, &headers, b"") {
        return Json(json!({"error": "invalid_signature"}));
    }
    let token: Option<WithToken> =
        serde_html_form::from_bytes(uri.query().unwrap_or_default().as_bytes()).ok();
    let known = token.and_then(|token| own.kept().tokens.get(&token.access_token).cloned());
    match CITIZENS.iter().find(|citizen| citizen[0] == user) {
        Some([own_user, name, number, phone]) if known.as_deref() == Some(*own_user) => {
            Json(json!({"realname": name, "idcard": number, "mobile": phone}))
        }
        _ => Json(json!({"error": "invalid_token"})),
    }
}
