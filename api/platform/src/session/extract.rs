use axum::{
    extract::{FromRef, FromRequestParts},
    http::{StatusCode, request::Parts},
};
use axum_extra::extract::CookieJar;
use uuid::Uuid;

use super::{Principal, Role, Session, csrf_token, store, token_of};
use crate::{App, Problem};

/// Kind of the problem that a browser answers by going to the sign-in page.
pub const SIGN_IN_REQUIRED: &str = "/problems/session/sign-in-required";

/// The session when there is one.
#[derive(Debug, Clone)]
pub struct MaybeSignedIn(pub Option<Session>);

/// The token for forms, from the cookie alone: also right when the session behind it is over, so that an old
/// cookie does not keep anybody from signing in again. Empty without a cookie, when none is needed.
#[derive(Debug, Clone)]
pub struct Csrf(pub String);

/// Anybody who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Session);

/// A resident who is signed in.
#[derive(Debug, Clone)]
pub struct SignedInResident {
    pub id: Uuid,
    pub session: Session,
}

/// A doctor who is signed in, with the codes of institution and department.
#[derive(Debug, Clone)]
pub struct SignedInDoctor {
    pub id: Uuid,
    pub institution: String,
    pub department: String,
    pub session: Session,
}

/// Anybody of the staff who is signed in.
#[derive(Debug, Clone)]
pub struct SignedInStaff {
    pub id: Uuid,
    pub role: Role,
    pub session: Session,
}

impl<S> FromRequestParts<S> for MaybeSignedIn
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = Problem;

    /// Looks the session up once per request.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if let Some(found) = parts.extensions.get::<Self>() {
            return Ok(found.clone());
        }
        let found = Self(find(&App::from_ref(state), parts).await?);
        parts.extensions.insert(found.clone());
        Ok(found)
    }
}

impl<S> FromRequestParts<S> for Csrf
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let jar = CookieJar::from_headers(&parts.headers);
        let token = token_of(&jar, &App::from_ref(state).config);
        Ok(Self(token.map(|token| csrf_token(&token)).unwrap_or_default()))
    }
}

impl<S> FromRequestParts<S> for SignedIn
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let MaybeSignedIn(session) = MaybeSignedIn::from_request_parts(parts, state).await?;
        session.map(Self).ok_or_else(|| {
            Problem::new(StatusCode::UNAUTHORIZED, SIGN_IN_REQUIRED, "请先登录")
                .detail("登录后会回到您刚才要去的页面。")
        })
    }
}

impl<S> FromRequestParts<S> for SignedInResident
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let SignedIn(session) = SignedIn::from_request_parts(parts, state).await?;
        match session.principal {
            Principal::Resident { id } => Ok(Self { id, session }),
            Principal::Staff { .. } => Err(Problem::forbidden("此页面供居民使用。请退出后以居民身份登录。")),
        }
    }
}

impl<S> FromRequestParts<S> for SignedInDoctor
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let SignedIn(session) = SignedIn::from_request_parts(parts, state).await?;
        match session.principal.clone() {
            Principal::Staff { id, role: Role::Doctor, institution, department } => {
                Ok(Self { id, institution, department, session })
            }
            _ => Err(Problem::forbidden("此页面供医生使用。请退出后以医生身份登录。")),
        }
    }
}

impl<S> FromRequestParts<S> for SignedInStaff
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let SignedIn(session) = SignedIn::from_request_parts(parts, state).await?;
        match session.principal {
            Principal::Staff { id, role, .. } => Ok(Self { id, role, session }),
            Principal::Resident { .. } => {
                Err(Problem::forbidden("此页面供医务人员使用。请退出后以医务人员身份登录。"))
            }
        }
    }
}

async fn find(app: &App, parts: &Parts) -> Result<Option<Session>, Problem> {
    let jar = CookieJar::from_headers(&parts.headers);
    let Some(token) = token_of(&jar, &app.config) else {
        return Ok(None);
    };
    Ok(store::find_open(app, &token).await?)
}
