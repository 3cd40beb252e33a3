//! Who is at the other end. A session is an opaque random token in a cookie; the database keeps only its hash.

mod cookie;
mod device;
mod extract;
mod guard;
mod store;

use axum::http::StatusCode;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::{App, Config, Problem, Tx, audit::Actor, crypto::sm3};

pub use cookie::{cookie_name, host_cookie, host_cookie_removal};
pub use device::Device;
pub use extract::{
    Csrf, MaybeSignedIn, SIGN_IN_REQUIRED, SignedIn, SignedInDoctor, SignedInResident, SignedInStaff,
};
pub use guard::{comes_from_elsewhere, guard_changes};
pub use store::{OpenSession, delete_ended, delete_of, delete_one, delete_others, list_open};

/// Name of the cookie, on plain HTTP; see [`cookie_name`].
pub const COOKIE: &str = "jiuyi_session";

/// Kind of the problem that a browser answers by going to the page where one proves again who one is.
pub const PROOF_REQUIRED: &str = "/problems/session/proof-required";

/// So long after signing in or proving again, exports and key operations ask no more.
const PROOF_LASTS: TimeDelta = TimeDelta::minutes(10);

/// Whoever is signed in, as known at sign-in; end the sessions ([`delete_of`]) when rights change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Principal {
    Resident {
        id: Uuid,
    },
    Staff {
        id: Uuid,
        role: Role,
        /// Codes of the organisation.
        institution: String,
        department: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Doctor,
    Pharmacist,
    Editor,
    Admin,
    /// 系统管理员: accounts and settings.
    SystemAdmin,
    /// 安全管理员: rights.
    SecurityAdmin,
    /// 审计管理员: the audit trail.
    AuditAdmin,
    /// 实名审核员.
    Reviewer,
    /// 客服: feedback.
    Service,
    /// 代煎企业: dispenses, decocts, delivers and bills.
    HerbalCompany,
}

/// An open session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Names the session in the person's list; no secret.
    pub id: Uuid,
    pub principal: Principal,
    /// When the person last proved who they are.
    pub proved_at: DateTime<Utc>,
    /// Goes into every form as `_csrf` or into the header `x-csrf-token`.
    pub csrf: String,
    token_hash: Vec<u8>,
}

impl Principal {
    pub fn id(&self) -> Uuid {
        match self {
            Self::Resident { id } | Self::Staff { id, .. } => *id,
        }
    }

    /// A session unused for so long is over.
    fn idle(&self, config: &Config) -> TimeDelta {
        let minutes = match self {
            Self::Resident { .. } => config.session_idle_minutes,
            Self::Staff { role, .. } if role.is_administrator() => config.session_idle_minutes_admin,
            Self::Staff { .. } => config.session_idle_minutes_staff,
        };
        TimeDelta::minutes(minutes.into())
    }

    fn is_administrator(&self) -> bool {
        matches!(self, Self::Staff { role, .. } if role.is_administrator())
    }
}

impl Role {
    pub const ALL: [Self; 10] = [
        Self::Doctor,
        Self::Pharmacist,
        Self::Editor,
        Self::Admin,
        Self::SystemAdmin,
        Self::SecurityAdmin,
        Self::AuditAdmin,
        Self::Reviewer,
        Self::Service,
        Self::HerbalCompany,
    ];

    /// The three administrators of GB/T 22239 8.1.5, for whom stricter rules of signing in hold.
    pub fn is_administrator(self) -> bool {
        matches!(self, Self::SystemAdmin | Self::SecurityAdmin | Self::AuditAdmin)
    }

    /// As people call it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Doctor => "医生",
            Self::Pharmacist => "药师",
            Self::Editor => "知识编辑",
            Self::Admin => "业务管理员",
            Self::SystemAdmin => "系统管理员",
            Self::SecurityAdmin => "安全管理员",
            Self::AuditAdmin => "审计管理员",
            Self::Reviewer => "实名审核员",
            Self::Service => "客服",
            Self::HerbalCompany => "代煎企业",
        }
    }

    /// As stored and shown in the audit trail.
    pub fn name(self) -> &'static str {
        match self {
            Self::Doctor => "doctor",
            Self::Pharmacist => "pharmacist",
            Self::Editor => "editor",
            Self::Admin => "admin",
            Self::SystemAdmin => "system_admin",
            Self::SecurityAdmin => "security_admin",
            Self::AuditAdmin => "audit_admin",
            Self::Reviewer => "reviewer",
            Self::Service => "service",
            Self::HerbalCompany => "herbal_company",
        }
    }

    /// The role of a stored name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl From<&Principal> for Actor {
    fn from(principal: &Principal) -> Self {
        let role = match principal {
            Principal::Resident { .. } => "resident",
            Principal::Staff { role, .. } => role.name(),
        };
        Self { id: principal.id().to_string(), role: role.into() }
    }
}

/// Opens a session and gives the cookie for the answer.
pub async fn begin(tx: &mut Tx, app: &App, principal: &Principal) -> sqlx::Result<Cookie<'static>> {
    begin_on(tx, app, principal, &Device::default()).await
}

/// Opens a session of a known browser and gives the cookie for the answer. The token is always a new one, so that
/// a cookie planted before says nothing; an administrator's earlier session ends.
pub async fn begin_on(
    tx: &mut Tx,
    app: &App,
    principal: &Principal,
    device: &Device,
) -> sqlx::Result<Cookie<'static>> {
    let token = new_token(app);
    if principal.is_administrator() {
        delete_of(tx, principal.id()).await?;
    }
    let now = app.now();
    let new = store::New {
        id: app.new_id(),
        token_hash: &sm3(&token),
        principal,
        device,
        now,
        ends_at: now + TimeDelta::hours(app.config.session_hours.into()),
    };
    store::insert(tx, new).await?;
    Ok(cookie(app, token))
}

/// After the person behind a session has proved again who they are: the session goes on under a new token, given as
/// the cookie for the answer. Whoever had read the old one is out.
pub async fn renew(tx: &mut Tx, app: &App, session: &Session) -> sqlx::Result<Cookie<'static>> {
    let token = new_token(app);
    store::update_token(tx, session.id, &sm3(&token), app.now()).await?;
    Ok(cookie(app, token))
}

/// Before an export or a key operation: refuses unless the person proved within ten minutes who they are.
pub fn require_recent_proof(app: &App, session: &Session) -> Result<(), Problem> {
    if app.now() - session.proved_at < PROOF_LASTS {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, PROOF_REQUIRED, "请再次确认身份")
        .detail("这一步需要再次输入密码，确认后请重新操作。"))
}

/// Where to prove again who one is and then go on to `next`, a path of this site.
pub fn proof_address(next: &str) -> String {
    match serde_html_form::to_string([("next", local_path(next))]) {
        Ok(query) => format!("/account/proof?{query}"),
        Err(_) => "/account/proof".into(),
    }
}

/// Closes a session; the cookie for the answer removes the browser's.
pub async fn end(tx: &mut Tx, app: &App, session: &Session) -> sqlx::Result<Cookie<'static>> {
    store::delete(tx, &session.token_hash).await?;
    Ok(host_cookie_removal(&app.config, COOKIE))
}

/// Where to sign in and then go on to `next`, a path of this site.
pub fn sign_in_address(next: &str) -> String {
    match serde_html_form::to_string([("next", local_path(next))]) {
        Ok(query) => format!("/sign-in?{query}"),
        Err(_) => "/sign-in".into(),
    }
}

/// `next` when it is a path of this site, else `/`: nobody is led away by a crafted link.
pub fn local_path(next: &str) -> &str {
    let local = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']);
    if local { next } else { "/" }
}

fn cookie(app: &App, token: String) -> Cookie<'static> {
    host_cookie(&app.config, COOKIE, token, SameSite::Lax)
}

/// The session token a browser brought.
fn token_of(jar: &CookieJar, config: &Config) -> Option<String> {
    jar.get(&cookie_name(config, COOKIE)).map(|cookie| cookie.value().to_owned())
}

/// 256 bits, as text.
fn new_token(app: &App) -> String {
    let mut token = [0; 32];
    app.ids.fill(&mut token);
    hex::encode(token)
}

/// The token for forms that belongs to a session cookie. Derived from the cookie, which scripts cannot read, so
/// that nothing more need be stored.
pub fn csrf_token(cookie: &str) -> String {
    hex::encode(sm3(format!("csrf|{cookie}")))
}

fn same_text(one: &str, two: &str) -> bool {
    one.as_bytes().ct_eq(two.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_followed() {
        for away in
            ["https://evil.example", "//evil.example", "/\\evil.example", "", "javascript:alert(1)", "/a\nb"]
        {
            assert_eq!(local_path(away), "/", "{away}");
        }
        assert_eq!(local_path("/doctor?day=1"), "/doctor?day=1");
        assert_eq!(sign_in_address("/a?b=c&d"), "/sign-in?next=%2Fa%3Fb%3Dc%26d");
    }

    #[test]
    fn principals_are_stored_readably() {
        let doctor = Principal::Staff {
            id: Uuid::nil(),
            role: Role::Doctor,
            institution: "H01".into(),
            department: "D02".into(),
        };
        let text = serde_json::to_string(&doctor).unwrap();
        assert!(text.contains(r#""kind":"staff""#) && text.contains(r#""role":"doctor""#), "{text}");
        assert_eq!(serde_json::from_str::<Principal>(&text).unwrap(), doctor);
        assert_eq!(Actor::from(&doctor).role, "doctor");
    }
}
