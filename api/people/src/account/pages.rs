//! The screens of accounts.

mod admin;
mod own;
mod setup;
mod sign_in;

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{StatusCode, header, request::Parts},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use platform::{
    App, Problem,
    http::RequestId,
    rights::{Permission, Route, Who},
    session::{Device, MaybeSignedIn, Principal, Session},
};
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;

use super::service::{Refusal, Visit};

pub(crate) use sign_in::{Tried, answer};

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/sign-in/step", Who::Public),
    Route::post("/sign-in/code", Who::Public),
    Route::post("/sign-in/password", Who::Public),
    Route::post("/sign-in/second-factor", Who::Public),
    Route::get("/set-up", Who::Public),
    Route::post("/set-up", Who::Public),
    Route::get("/account", Who::AnyStaff),
    Route::get("/account/password", Who::AnyStaff),
    Route::post("/account/password", Who::AnyStaff),
    Route::get("/account/second-factor", Who::AnyStaff),
    Route::post("/account/second-factor", Who::AnyStaff),
    Route::post("/account/second-factor/end", Who::AnyStaff),
    Route::post("/account/recovery-codes", Who::AnyStaff),
    Route::get("/account/proof", Who::AnyStaff),
    Route::post("/account/proof", Who::AnyStaff),
    Route::get("/account/sessions", Who::SignedIn),
    Route::post("/account/sessions/end", Who::SignedIn),
    Route::post("/account/sessions/{id}/end", Who::SignedIn),
    Route::get("/admin/accounts", Who::Staff(Permission::AccountManage)),
    Route::post("/admin/accounts", Who::Staff(Permission::AccountManage)),
    Route::get("/admin/accounts/new", Who::Staff(Permission::AccountManage)),
    Route::get("/admin/accounts/{id}", Who::Staff(Permission::AccountManage)),
    Route::post("/admin/accounts/{id}/{deed}", Who::Staff(Permission::AccountManage)),
];

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .route("/sign-in/step", get(sign_in::step))
        .route("/sign-in/code", post(sign_in::code))
        .route("/sign-in/password", post(sign_in::new_password))
        .route("/sign-in/second-factor", post(sign_in::second_factor))
        .route("/set-up", get(setup::show).post(setup::set_up))
        .route("/account", get(own::show))
        .route("/account/password", get(own::password).post(own::change_password))
        .route("/account/second-factor", get(own::second_factor).post(own::confirm_second_factor))
        .route("/account/second-factor/end", post(own::end_second_factor))
        .route("/account/recovery-codes", post(own::recovery_codes))
        .route("/account/proof", get(own::proof).post(own::prove))
        .route("/account/sessions", get(own::sessions))
        .route("/account/sessions/end", post(own::end_others))
        .route("/account/sessions/{id}/end", post(own::end_session))
        .route("/admin/accounts", get(admin::list).post(admin::create))
        .route("/admin/accounts/new", get(admin::new))
        .route("/admin/accounts/{id}", get(admin::show))
        .route("/admin/accounts/{id}/{deed}", post(admin::act))
}

/// What the service wants to know of a request.
pub(crate) struct VisitParts(pub(crate) Visit);

impl<S> FromRequestParts<S> for VisitParts
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let request = RequestId::from_request_parts(parts, state).await?;
        let Ok(device) = Device::from_request_parts(parts, state).await;
        let MaybeSignedIn(before) = MaybeSignedIn::from_request_parts(parts, state).await?;
        Ok(Self(Visit { request, device, before }))
    }
}

/// The frame of a page for whoever is signed in.
async fn framed(app: &App, frame: Frame, session: &Session) -> Result<Frame, Problem> {
    let id = session.principal.id();
    let name = match &session.principal {
        Principal::Staff { .. } => crate::service::find_staff(app, id).await?.map(|staff| staff.name),
        Principal::Resident { .. } => {
            crate::service::find_resident(app, id).await?.map(|resident| resident.name)
        }
    };
    Ok(frame.with_csrf(session.csrf.clone()).with_name(name.unwrap_or_default()))
}

/// Why something was refused, in words for people.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    title: String,
    text: String,
}

impl Told {
    fn new(title: &str, text: &str) -> Self {
        Self { title: title.into(), text: text.into() }
    }

    fn of_password(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Wrong { left } => Self::new(
                "账号名或密码不正确",
                &format!("请核对后再试，还可以试 {left} 次。忘记密码请联系系统管理员重置。"),
            ),
            other => Self::of_lock(other),
        }
    }

    fn of_code(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Wrong { left } => Self::new(
                "验证码不正确",
                &format!("请输入验证器应用现在显示的 6 位数字，还可以试 {left} 次。每个验证码只能用一次。"),
            ),
            other => Self::of_lock(other),
        }
    }

    fn of_lock(refusal: Refusal) -> Self {
        let after = |until: DateTime<Utc>| ui::format::time(until + chrono::TimeDelta::minutes(1));
        match refusal {
            Refusal::Locked { until } => Self::new(
                "尝试次数过多，账号已锁定",
                &format!("请在 {} 后再试，或请系统管理员解锁。", after(until)),
            ),
            Refusal::Crowded { until } => {
                Self::new("此网络的尝试次数过多", &format!("请在 {} 后再试。", after(until)))
            }
            Refusal::Disabled => Self::new("账号已停用", "需要继续使用请联系系统管理员。"),
            Refusal::Idle => Self::new("账号久未登录，已关闭", "请联系系统管理员重新启用。"),
            Refusal::Late => Self::new(
                "初始密码已过期",
                "初始密码须在 72 小时内使用。请联系系统管理员重置，领取新的初始密码。",
            ),
            Refusal::Wrong { .. } => Self::new("不正确", "请核对后再试。"),
        }
    }
}

/// A form that was refused, with its status: too many attempts are 429, the rest 422.
fn refused_page(page: Html<String>, refusal: Option<Refusal>, now: DateTime<Utc>) -> Response {
    match refusal {
        Some(Refusal::Locked { until } | Refusal::Crowded { until }) => {
            let seconds = (until - now).num_seconds().max(1).to_string();
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds)], page).into_response()
        }
        _ => (StatusCode::UNPROCESSABLE_ENTITY, page).into_response(),
    }
}
