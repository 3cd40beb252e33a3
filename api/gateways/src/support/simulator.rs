use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64},
};
use chrono::{DateTime, TimeDelta, Utc};
use platform::{
    Clock, Ids,
    http::{Json, Query},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{User, challenge};
use crate::simulate::{escaped, page, word};

/// Users on a page of the directory.
const PAGE: usize = 2;

/// Subject, user name, name, title, institution, department, role: made up.
const USERS: [[&str; 7]; 5] = [
    ["p-2001", "sh.luoyi", "罗一", "主治医师", "H01", "IM", "门诊医生"],
    ["p-2002", "sh.qiaoan", "乔安", "主管药师", "H01", "IM", "药师"],
    ["p-2003", "sh.fanlin", "范林", "", "H01", "IM", "健康知识编辑"],
    ["p-2004", "sh.shenke", "沈可", "主治医师", "H99", "XX", "门诊医生"],
    ["p-2005", "sh.yumo", "俞墨", "", "H01", "IM", "档案管理员"],
];

/// What is wrong with the next ID token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgery {
    /// Signed by a key that is not the issuer's, under its name.
    Key,
    /// Not signed at all.
    Unsigned,
    Audience,
    Issuer,
    Nonce,
    Expired,
    /// Changed after it was signed.
    Content,
}

/// The other side: an OpenID provider with a directory.
#[derive(Clone)]
pub struct Simulator(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    secret: String,
    kept: Mutex<Kept>,
}

struct Kept {
    issuer: String,
    kid: String,
    key: EcdsaKeyPair,
    /// With the number of their last change.
    users: BTreeMap<String, (User, u64)>,
    changes: u64,
    codes: BTreeMap<String, Code>,
    tokens: BTreeMap<String, DateTime<Utc>>,
    forgery: Option<Forgery>,
}

struct Code {
    sub: String,
    redirect: String,
    nonce: String,
    challenge: String,
    at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Authorize {
    client_id: String,
    response_type: String,
    redirect_uri: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
    user: Option<String>,
}

#[derive(Deserialize)]
struct Exchange {
    grant_type: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    redirect_uri: String,
    #[serde(default)]
    code_verifier: String,
}

#[derive(Deserialize)]
struct Changed {
    #[serde(default)]
    changed_since: String,
    #[serde(default)]
    cursor: String,
}

impl Simulator {
    pub fn new(clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> io::Result<Self> {
        let secret = word(&*ids);
        let mut users = BTreeMap::new();
        for (n, [sub, user_name, name, title, institution, department, role]) in (1..).zip(USERS) {
            let user = User {
                sub: sub.into(),
                user_name: user_name.into(),
                name: name.into(),
                title: title.into(),
                institution: institution.into(),
                department: department.into(),
                roles: vec![role.into()],
                active: true,
            };
            users.insert(sub.to_owned(), (user, n));
        }
        let kept = Kept {
            issuer: String::new(),
            kid: word(&*ids),
            key: new_key()?,
            changes: users.len() as u64,
            users,
            codes: BTreeMap::new(),
            tokens: BTreeMap::new(),
            forgery: None,
        };
        Ok(Self(Arc::new(Inner { clock, ids, secret, kept: Mutex::new(kept) })))
    }

    pub fn client_id(&self) -> &'static str {
        "jiuyi-simulated"
    }

    pub fn secret(&self) -> &str {
        &self.0.secret
    }

    /// Where it answers: its name as an issuer.
    pub(crate) fn set_issuer(&self, address: &str) {
        self.kept().issuer = address.into();
    }

    /// The next ID token is forged.
    pub fn forge(&self, forgery: Forgery) {
        self.kept().forgery = Some(forgery);
    }

    /// From now on signs with another key.
    pub fn change_key(&self) -> io::Result<()> {
        let (kid, key) = (word(&*self.0.ids), new_key()?);
        let mut kept = self.kept();
        (kept.kid, kept.key) = (kid, key);
        Ok(())
    }

    /// A new or changed user.
    pub fn put(&self, user: User) {
        let mut kept = self.kept();
        kept.changes += 1;
        let change = kept.changes;
        kept.users.insert(user.sub.clone(), (user, change));
    }

    pub fn user(&self, sub: &str) -> Option<User> {
        self.kept().users.get(sub).map(|(user, _)| user.clone())
    }

    pub(crate) fn routes(&self) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(exchange))
            .route("/directory/users", get(users))
            .with_state(self.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Client id and secret in the header (RFC 6749 2.3.1).
    fn is_client(&self, headers: &HeaderMap) -> bool {
        let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        given.strip_prefix("Basic ")
            == Some(&STANDARD.encode(format!("{}:{}", self.client_id(), self.secret())))
    }

    fn id_token(&self, code: &Code) -> io::Result<String> {
        let now = self.0.clock.now().timestamp();
        let forgery = self.kept().forgery.take();
        let is = |one| forgery == Some(one);
        let kept = self.kept();
        let alg = if is(Forgery::Unsigned) { "none" } else { "ES256" };
        let header = json!({"alg": alg, "kid": kept.kid, "typ": "JWT"});
        let claims = json!({
            "iss": if is(Forgery::Issuer) { "https://elsewhere.example" } else { &kept.issuer },
            "sub": code.sub,
            "aud": if is(Forgery::Audience) { "another-client" } else { self.client_id() },
            "iat": now - 1,
            "exp": if is(Forgery::Expired) { now - 3600 } else { now + 300 },
            "nonce": if is(Forgery::Nonce) { "another" } else { &code.nonce },
        });
        let signed = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
        let other;
        let key = if is(Forgery::Key) {
            other = new_key()?;
            &other
        } else {
            &kept.key
        };
        let signature = key.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = signature.map_err(|_| io::Error::other("cannot sign"))?;
        Ok(match forgery {
            Some(Forgery::Unsigned) => format!("{signed}."),
            Some(Forgery::Content) => {
                let claims = claims.to_string().replace(&code.sub, "p-2002");
                let signed = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims));
                format!("{signed}.{}", BASE64.encode(signature))
            }
            _ => format!("{signed}.{}", BASE64.encode(signature)),
        })
    }
}

fn new_key() -> io::Result<EcdsaKeyPair> {
    let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let fault = |_| io::Error::other("cannot make a key");
    let made = EcdsaKeyPair::generate_pkcs8(kind, &random).map_err(fault)?;
    EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), &random).map_err(|_| io::Error::other("cannot read a key"))
}

async fn discovery(State(own): State<Simulator>) -> Json<Value> {
    let issuer = own.kept().issuer.clone();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }))
}

async fn keys(State(own): State<Simulator>) -> Json<Value> {
    let kept = own.kept();
    let point = kept.key.public_key().as_ref().to_vec();
    let (x, y) = point[1..].split_at(32);
    Json(json!({"keys": [{
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kept.kid,
        "x": BASE64.encode(x), "y": BASE64.encode(y),
    }]}))
}

async fn authorize(State(own): State<Simulator>, Query(asked): Query<Authorize>) -> Response {
    let fits = asked.client_id == own.client_id()
        && asked.response_type == "code"
        && asked.code_challenge_method == "S256";
    if !fits {
        return page("参数错误", "<p>client_id、response_type 或 code_challenge_method 不对。</p>")
            .into_response();
    }
    let chosen = asked.user.as_deref().and_then(|sub| own.user(sub)).filter(|user| user.active);
    if let Some(user) = chosen {
        let code = word(&*own.0.ids);
        let kept = Code {
            sub: user.sub,
            redirect: asked.redirect_uri.clone(),
            nonce: asked.nonce,
            challenge: asked.code_challenge,
            at: own.0.clock.now(),
        };
        own.kept().codes.insert(code.clone(), kept);
        let query = serde_html_form::to_string([("code", code.as_str()), ("state", &asked.state)]);
        let address = format!("{}?{}", asked.redirect_uri, query.unwrap_or_default());
        return Redirect::to(&address).into_response();
    }
    let link = |user: &User| {
        let query = serde_html_form::to_string([
            ("client_id", asked.client_id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", &asked.redirect_uri),
            ("state", &asked.state),
            ("nonce", &asked.nonce),
            ("code_challenge", &asked.code_challenge),
            ("code_challenge_method", "S256"),
            ("user", &user.sub),
        ]);
        let query = escaped(&query.unwrap_or_default());
        format!("<a class=who href=\"?{query}\">以 {}（{}）登录</a>", user.name, user.user_name)
    };
    let links: String = {
        let kept = own.kept();
        kept.users.values().filter(|(user, _)| user.active).map(|(user, _)| link(user)).collect()
    };
    page("区支撑平台统一登录（模拟）", &links).into_response()
}

async fn exchange(State(own): State<Simulator>, headers: HeaderMap, body: Bytes) -> Response {
    let refused = |why: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": why}))).into_response();
    if !own.is_client(&headers) {
        return refused("invalid_client");
    }
    let Ok(asked) = serde_html_form::from_bytes::<Exchange>(&body) else { return refused("invalid_request") };
    let now = own.0.clock.now();
    if asked.grant_type == "client_credentials" {
        let token = word(&*own.0.ids);
        own.kept().tokens.insert(token.clone(), now + TimeDelta::minutes(5));
        return Json(json!({"access_token": token, "token_type": "Bearer", "expires_in": 300}))
            .into_response();
    }
    let given = own.kept().codes.remove(&asked.code);
    let Some(code) = given.filter(|code| {
        asked.grant_type == "authorization_code"
            && code.redirect == asked.redirect_uri
            && code.challenge == challenge(&asked.code_verifier)
            && now - code.at <= TimeDelta::minutes(2)
    }) else {
        return refused("invalid_grant");
    };
    match own.id_token(&code) {
        Ok(token) => {
            Json(json!({"id_token": token, "access_token": word(&*own.0.ids), "token_type": "Bearer"}))
                .into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn users(State(own): State<Simulator>, headers: HeaderMap, Query(asked): Query<Changed>) -> Response {
    let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kept = own.kept();
    let ends = given.strip_prefix("Bearer ").and_then(|token| kept.tokens.get(token));
    if ends.is_none_or(|ends| *ends <= own.0.clock.now()) {
        return (StatusCode::UNAUTHORIZED, Json(json!({"error": "invalid_token"}))).into_response();
    }
    let from: u64 = asked.cursor.parse().or_else(|_| asked.changed_since.parse()).unwrap_or(0);
    let mut changed: Vec<_> = kept.users.values().filter(|(_, change)| *change > from).collect();
    changed.sort_by_key(|(_, change)| *change);
    let shown = &changed[..changed.len().min(PAGE)];
    let next = shown.last().filter(|_| changed.len() > PAGE).map(|(_, change)| change.to_string());
    let users: Vec<&User> = shown.iter().map(|(user, _)| user).collect();
    Json(json!({"users": users, "next_cursor": next, "watermark": kept.changes.to_string()})).into_response()
}
