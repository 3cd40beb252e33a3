//! One's own account: password, second factor, sessions, proving again.

use askama::Template;
use axum::{
    extract::State,
    http::header,
    response::{Html, IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::Cookie;
use platform::{
    App, Problem,
    http::{Form, Path, Query, RequestId, page},
    session::{self, OpenSession, Principal, Role, Session, SignedIn, SignedInStaff, local_path},
};
use serde::Deserialize;
use ui::Frame;
use uuid::Uuid;

use super::{Told, VisitParts, framed, refused_page};
use crate::account::{
    AccountError,
    model::Account,
    service::{self, By, Change, Refusal},
};

#[derive(Template)]
#[template(path = "account/own.html")]
struct OwnPage {
    frame: Frame,
    role: Role,
    account: Option<Account>,
    set_at: String,
    ends_at: String,
    factor_since: String,
    n_codes: i64,
    needs_factor: bool,
    done: &'static str,
}

#[derive(Template)]
#[template(path = "account/password.html")]
struct PasswordPage {
    frame: Frame,
    role: Role,
    user_name: String,
    shortest: usize,
    told: Option<Told>,
    faults: Vec<String>,
}

#[derive(Template)]
#[template(path = "account/second_factor.html")]
struct FactorPage {
    frame: Frame,
    role: Role,
    picture: String,
    typed: String,
    told: Option<Told>,
}

#[derive(Template)]
#[template(path = "account/recovery_codes.html")]
struct CodesPage {
    frame: Frame,
    role: Role,
    codes: Vec<String>,
}

#[derive(Template)]
#[template(path = "account/proof.html")]
struct ProofPage {
    frame: Frame,
    role: Role,
    next: String,
    asks_code: bool,
    /// One of the fictitious people, who may confirm without a password.
    is_chosen: bool,
    told: Option<Told>,
}

#[derive(Template)]
#[template(path = "account/sessions.html")]
struct SessionsPage {
    frame: Frame,
    role: Role,
    rows: Vec<SessionRow>,
}

#[derive(Template)]
#[template(path = "account/sessions_phone.html")]
struct PhoneSessionsPage {
    frame: Frame,
    rows: Vec<SessionRow>,
}

struct SessionRow {
    id: Uuid,
    is_this: bool,
    browser: String,
    address: String,
    since: String,
    seen: String,
}

#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

#[derive(Deserialize)]
pub(super) struct NewPassword {
    #[serde(default)]
    old: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

#[derive(Deserialize)]
pub(super) struct Code {
    #[serde(default)]
    code: String,
}

#[derive(Deserialize)]
pub(super) struct Proof {
    #[serde(default)]
    next: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
}

pub(super) async fn show(
    State(app): State<App>,
    who: SignedInStaff,
    Query(query): Query<Done>,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let frame = framed(&app, frame, &who.session).await?;
    let account = service::find(&app, who.id).await?;
    let today = app.clock.today();
    let n_codes = match &account {
        Some(account) => service::count_recovery_codes(&app, account).await?,
        None => 0,
    };
    let moment = |at| ui::format::moment(at, today);
    let shown = OwnPage {
        role: who.role,
        set_at: account.as_ref().map(|account| moment(account.password_set_at)).unwrap_or_default(),
        ends_at: account
            .as_ref()
            .and_then(Account::password_ends_at)
            .map(ui::format::date)
            .unwrap_or_default(),
        factor_since: account.as_ref().and_then(|account| account.totp_since).map(moment).unwrap_or_default(),
        n_codes,
        needs_factor: account.as_ref().is_some_and(|account| account.needs_second_factor(&app.config)),
        done: match query.done.as_str() {
            "password" => "密码已修改，其他地方的登录都已退出。",
            "factor" => "二次验证已停用。",
            _ => "",
        },
        frame,
        account,
    };
    page(shown.render())
}

pub(super) async fn password(
    State(app): State<App>,
    who: SignedInStaff,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    page(password_page(&app, &who, frame, None, Vec::new()).await?.render())
}

pub(super) async fn change_password(
    State(app): State<App>,
    who: SignedInStaff,
    VisitParts(visit): VisitParts,
    frame: Frame,
    Form(form): Form<NewPassword>,
) -> Result<Response, Problem> {
    let change = if form.password == form.again {
        service::change_password(&app, &visit, &who.session, &form.old, &form.password).await?
    } else {
        Change::Faults(vec!["两次输入的新密码不一样，请重新输入。".into()])
    };
    let (told, faults, refusal) = match change {
        Change::Done(cookie) => return Ok(gone_on(&cookie, "/account?done=password")),
        Change::Refused(refusal) => (Some(of_old_password(refusal)), Vec::new(), Some(refusal)),
        Change::Faults(faults) => (None, faults, None),
    };
    let shown = page(password_page(&app, &who, frame, told, faults).await?.render())?;
    Ok(refused_page(shown, refusal, app.now()))
}

pub(super) async fn second_factor(
    State(app): State<App>,
    who: SignedInStaff,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    session::require_recent_proof(&app, &who.session)?;
    page(factor_page(&app, &who, frame, None).await?.render())
}

pub(super) async fn confirm_second_factor(
    State(app): State<App>,
    who: SignedInStaff,
    request: RequestId,
    frame: Frame,
    Form(form): Form<Code>,
) -> Result<Response, Problem> {
    session::require_recent_proof(&app, &who.session)?;
    let by = By::session(&who.session, &request);
    if let Some(codes) = service::confirm_enrolment(&app, &by, &own(&app, &who).await?, &form.code).await? {
        service::end_other_sessions(&app, &by, &who.session).await?;
        let frame = framed(&app, frame, &who.session).await?;
        return Ok(page(CodesPage { frame, role: who.role, codes }.render())?.into_response());
    }
    let told = Told::new("验证码不正确", "请核对手机时间是否准确，再输入应用现在显示的 6 位数字。");
    let shown = page(factor_page(&app, &who, frame, Some(told)).await?.render())?;
    Ok(refused_page(shown, None, app.now()))
}

pub(super) async fn end_second_factor(
    State(app): State<App>,
    who: SignedInStaff,
    request: RequestId,
) -> Result<Redirect, Problem> {
    session::require_recent_proof(&app, &who.session)?;
    service::end_second_factor(&app, &By::session(&who.session, &request), &own(&app, &who).await?).await?;
    Ok(Redirect::to("/account?done=factor"))
}

pub(super) async fn recovery_codes(
    State(app): State<App>,
    who: SignedInStaff,
    request: RequestId,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    session::require_recent_proof(&app, &who.session)?;
    let by = By::session(&who.session, &request);
    let codes = service::new_recovery_codes(&app, &by, &own(&app, &who).await?).await?;
    page(CodesPage { frame: framed(&app, frame, &who.session).await?, role: who.role, codes }.render())
}

pub(super) async fn proof(
    State(app): State<App>,
    who: SignedInStaff,
    Query(query): Query<Proof>,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    page(proof_page(&app, &who, frame, &query.next, None).await?.render())
}

pub(super) async fn prove(
    State(app): State<App>,
    who: SignedInStaff,
    VisitParts(visit): VisitParts,
    frame: Frame,
    Form(form): Form<Proof>,
) -> Result<Response, Problem> {
    let is_empty = form.password.is_empty() && form.code.is_empty();
    if is_empty && let Some(cookie) = service::prove_in_demo(&app, &visit, &who.session).await? {
        return Ok(gone_on(&cookie, &form.next));
    }
    match service::prove_again(&app, &visit, &who.session, &form.password, &form.code).await? {
        Ok(cookie) => Ok(gone_on(&cookie, &form.next)),
        Err(refusal) => {
            let told = match refusal {
                Refusal::Wrong { left } => Told::new(
                    "密码或验证码不正确",
                    &format!("请核对后再试，还可以试 {left} 次。每个验证码只能用一次。"),
                ),
                other => Told::of_password(other),
            };
            let shown = page(proof_page(&app, &who, frame, &form.next, Some(told)).await?.render())?;
            Ok(refused_page(shown, Some(refusal), app.now()))
        }
    }
}

pub(super) async fn sessions(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let today = app.clock.today();
    let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
    let row = |open: OpenSession| SessionRow {
        id: open.id,
        is_this: open.id == session.id,
        browser: or(open.device.browser, "未知的浏览器"),
        address: or(open.device.address, "未知"),
        since: ui::format::moment(open.begun_at, today),
        seen: ui::format::moment(open.seen_at, today),
    };
    let rows = session::list_open(&app, session.principal.id()).await?.into_iter().map(row).collect();
    let frame = framed(&app, frame, &session).await?;
    match role_of(&session) {
        Some(role) => page(SessionsPage { frame, role, rows }.render()),
        None => page(PhoneSessionsPage { frame, rows }.render()),
    }
}

pub(super) async fn end_session(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    request: RequestId,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    if let Some(first) = proof_first(&app, &session)? {
        return Ok(first);
    }
    service::end_session(&app, &By::session(&session, &request), &session.principal, id).await?;
    Ok(Redirect::to("/account/sessions"))
}

pub(super) async fn end_others(
    State(app): State<App>,
    SignedIn(session): SignedIn,
    request: RequestId,
) -> Result<Redirect, Problem> {
    if let Some(first) = proof_first(&app, &session)? {
        return Ok(first);
    }
    service::end_other_sessions(&app, &By::session(&session, &request), &session).await?;
    Ok(Redirect::to("/account/sessions"))
}

/// Sessions are ended by who has just proved who they are. Residents have no password: they sign in anew, which
/// leads back to the list.
fn proof_first(app: &App, session: &Session) -> Result<Option<Redirect>, Problem> {
    match (session::require_recent_proof(app, session), &session.principal) {
        (Ok(()), _) => Ok(None),
        (Err(_), Principal::Resident { .. }) => {
            Ok(Some(Redirect::to(&session::sign_in_address("/account/sessions"))))
        }
        (Err(problem), Principal::Staff { .. }) => Err(problem),
    }
}

/// On to a page of this site, with the session's new cookie.
fn gone_on(cookie: &Cookie<'_>, next: &str) -> Response {
    ([(header::SET_COOKIE, cookie.to_string())], Redirect::to(local_path(next))).into_response()
}

fn role_of(session: &Session) -> Option<Role> {
    match session.principal {
        Principal::Staff { role, .. } => Some(role),
        Principal::Resident { .. } => None,
    }
}

fn of_old_password(refusal: Refusal) -> Told {
    match refusal {
        Refusal::Wrong { left } => {
            Told::new("现在的密码不正确", &format!("请输入您登录时用的密码，还可以试 {left} 次。"))
        }
        other => Told::of_password(other),
    }
}

async fn own(app: &App, who: &SignedInStaff) -> Result<Account, AccountError> {
    service::find(app, who.id).await?.ok_or(AccountError::NotFound)
}

async fn password_page(
    app: &App,
    who: &SignedInStaff,
    frame: Frame,
    told: Option<Told>,
    faults: Vec<String>,
) -> Result<PasswordPage, Problem> {
    let account = own(app, who).await?;
    Ok(PasswordPage {
        frame: framed(app, frame, &who.session).await?,
        role: who.role,
        shortest: account.shortest_password(),
        user_name: account.user_name,
        told,
        faults,
    })
}

async fn factor_page(
    app: &App,
    who: &SignedInStaff,
    frame: Frame,
    told: Option<Told>,
) -> Result<FactorPage, Problem> {
    let enrolment = service::begin_enrolment(app, &own(app, who).await?).await?;
    Ok(FactorPage {
        frame: framed(app, frame, &who.session).await?,
        role: who.role,
        picture: enrolment.picture,
        typed: enrolment.typed,
        told,
    })
}

async fn proof_page(
    app: &App,
    who: &SignedInStaff,
    frame: Frame,
    next: &str,
    told: Option<Told>,
) -> Result<ProofPage, Problem> {
    let account = service::find(app, who.id).await?;
    Ok(ProofPage {
        frame: framed(app, frame, &who.session).await?,
        role: who.role,
        next: local_path(next).to_owned(),
        asks_code: account.as_ref().is_some_and(Account::has_second_factor),
        is_chosen: service::is_demo_person(app, who.id).await?,
        told,
    })
}
