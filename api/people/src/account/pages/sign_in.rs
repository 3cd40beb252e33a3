//! Signing in step by step.

use askama::Template;
use axum::{
    extract::{FromRef, FromRequestParts, State},
    http::{HeaderMap, HeaderValue, header::SET_COOKIE, request::Parts},
    response::{Html, IntoResponse, Redirect, Response},
};
use axum_extra::extract::{CookieJar, cookie::Cookie};
use platform::{
    App, Problem,
    http::{Form, page},
    session::{Csrf, cookie_name, host_cookie_removal, local_path},
};
use serde::Deserialize;
use ui::Frame;

use super::{Told, VisitParts, refused_page};
use crate::{
    account::{
        model::Step,
        service::{
            self, Attempt, OpenStep, Refusal, choose_password, confirm_required_factor, pass_code,
            pending_of_step,
        },
    },
    desk::home_of,
    sign_in::Ways,
};

/// What was typed and refused on the sign-in page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tried {
    pub(crate) user_name: String,
    pub(crate) told: Option<Told>,
}

impl Tried {
    pub(crate) fn title(&self) -> &str {
        self.told.as_ref().map_or("", |told| told.title.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        self.told.as_ref().map_or("", |told| told.text.as_str())
    }

    fn refused(user_name: String, refusal: Refusal) -> Self {
        Self { user_name, told: Some(Told::of_password(refusal)) }
    }

    fn over() -> Self {
        let told = Told::new("登录已超过 5 分钟，没有完成", "请重新输入账号名和密码。");
        Self { told: Some(told), ..Self::default() }
    }
}

/// The half-open sign-in behind the cookie of a request; else back to the start.
pub(super) struct Half(OpenStep);

impl<S> FromRequestParts<S> for Half
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let app = App::from_ref(state);
        let jar = CookieJar::from_headers(&parts.headers);
        let found = match jar.get(&cookie_name(&app.config, service::STEP_COOKIE)) {
            Some(cookie) => service::find_step(&app, cookie.value()).await,
            None => Ok(None),
        };
        match found {
            Ok(Some(step)) => Ok(Self(step)),
            Ok(None) => {
                let frame =
                    Frame::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
                let Csrf(csrf) =
                    Csrf::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
                let Ok(ways) = Ways::from_request_parts(parts, state).await;
                let shown =
                    crate::pages::sign_in_page(&app, ways, frame.with_csrf(csrf), "/", Tried::over()).await;
                Err(match shown {
                    Ok(page) => refused_page(page, None, app.now()),
                    Err(problem) => problem.into_response(),
                })
            }
            Err(error) => Err(Problem::from(error).into_response()),
        }
    }
}

#[derive(Template)]
#[template(path = "account/code.html")]
struct CodePage {
    frame: Frame,
    name: String,
    told: Option<Told>,
}

#[derive(Template)]
#[template(path = "account/first_password.html")]
struct FirstPasswordPage {
    frame: Frame,
    name: String,
    user_name: String,
    is_first: bool,
    shortest: usize,
    faults: Vec<String>,
}

#[derive(Template)]
#[template(path = "account/enrol.html")]
struct EnrolPage {
    frame: Frame,
    name: String,
    picture: String,
    typed: String,
    told: Option<Told>,
}

#[derive(Template)]
#[template(path = "account/codes_once.html")]
struct CodesPage {
    frame: Frame,
    codes: Vec<String>,
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Code {
    #[serde(default)]
    code: String,
}

#[derive(Deserialize)]
pub(super) struct NewPassword {
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

/// The answer to an attempt on the sign-in page.
pub(crate) async fn answer(
    app: &App,
    ways: Ways,
    frame: Frame,
    attempt: Attempt,
    user_name: String,
    next: &str,
) -> Result<Response, Problem> {
    match attempt {
        Attempt::Refused(refusal) => {
            let tried = Tried::refused(user_name, refusal);
            let shown = crate::pages::sign_in_page(app, ways, frame, next, tried).await?;
            Ok(refused_page(shown, Some(refusal), app.now()))
        }
        attempt => Ok(onward(app, attempt)),
    }
}

/// To the next step, or with a session to where the person wanted to go.
fn onward(app: &App, attempt: Attempt) -> Response {
    match attempt {
        Attempt::Refused(_) => Redirect::to("/sign-in").into_response(),
        Attempt::Goes(cookie) => (cookies(cookie.as_slice()), Redirect::to("/sign-in/step")).into_response(),
        Attempt::Open { cookie, principal, next } => {
            let next = match local_path(&next) {
                "/" => home_of(&principal),
                next => next,
            };
            (cookies(&[cookie, over(app)]), Redirect::to(next)).into_response()
        }
    }
}

pub(super) async fn step(
    State(app): State<App>,
    Csrf(csrf): Csrf,
    frame: Frame,
    Half(step): Half,
) -> Result<Response, Problem> {
    let frame = frame.with_csrf(csrf);
    Ok(match step.asks {
        Some(Step::Code) => code_page(frame, &step, None)?.into_response(),
        Some(Step::NewPassword) => password_page(frame, &step, Vec::new())?.into_response(),
        Some(Step::SecondFactor) => enrol_page(&app, frame, &step, None).await?.into_response(),
        None => Redirect::to("/sign-in").into_response(),
    })
}

pub(super) async fn code(
    State(app): State<App>,
    VisitParts(visit): VisitParts,
    ways: Ways,
    Csrf(csrf): Csrf,
    frame: Frame,
    Half(step): Half,
    Form(form): Form<Code>,
) -> Result<Response, Problem> {
    if step.asks != Some(Step::Code) {
        return Ok(Redirect::to("/sign-in/step").into_response());
    }
    let (frame, account) = (frame.with_csrf(csrf), step.account.clone());
    Ok(match pass_code(&app, &visit, step, &form.code).await? {
        Attempt::Refused(refusal @ Refusal::Wrong { .. }) => {
            let name = account.staff.name;
            let shown = CodePage { frame, name, told: Some(Told::of_code(refusal)) };
            refused_page(page(shown.render())?, Some(refusal), app.now())
        }
        Attempt::Refused(refusal) => {
            let tried = Tried { told: Some(Told::of_code(refusal)), ..Tried::default() };
            let shown = crate::pages::sign_in_page(&app, ways, frame, "/", tried).await?;
            refused_page(shown, Some(refusal), app.now())
        }
        attempt => onward(&app, attempt),
    })
}

pub(super) async fn new_password(
    State(app): State<App>,
    VisitParts(visit): VisitParts,
    Csrf(csrf): Csrf,
    frame: Frame,
    Half(step): Half,
    Form(form): Form<NewPassword>,
) -> Result<Response, Problem> {
    if step.asks != Some(Step::NewPassword) {
        return Ok(Redirect::to("/sign-in/step").into_response());
    }
    let frame = frame.with_csrf(csrf);
    if form.password != form.again {
        let shown = password_page(frame, &step, vec!["两次输入的密码不一样，请重新输入。".into()])?;
        return Ok(refused_page(shown, None, app.now()));
    }
    let shown_again = password_view(frame, &step);
    match choose_password(&app, &visit, step, &form.password).await? {
        Ok(attempt) => Ok(onward(&app, attempt)),
        Err(faults) => {
            let shown = page(FirstPasswordPage { faults, ..shown_again }.render())?;
            Ok(refused_page(shown, None, app.now()))
        }
    }
}

pub(super) async fn second_factor(
    State(app): State<App>,
    VisitParts(visit): VisitParts,
    Csrf(csrf): Csrf,
    frame: Frame,
    Half(step): Half,
    Form(form): Form<Code>,
) -> Result<Response, Problem> {
    if step.asks != Some(Step::SecondFactor) || step.account.totp_pending.is_none() {
        return Ok(Redirect::to("/sign-in/step").into_response());
    }
    let frame = frame.with_csrf(csrf);
    let again = OpenStep { account: step.account.clone(), asks: step.asks, half: step.half.clone() };
    let Some((attempt, codes)) = confirm_required_factor(&app, &visit, step, &form.code).await? else {
        let told = Told::new("验证码不正确", "请核对手机时间是否准确，再输入应用现在显示的 6 位数字。");
        let shown = enrol_page(&app, frame, &again, Some(told)).await?;
        return Ok(refused_page(shown, None, app.now()));
    };
    let Attempt::Open { cookie, principal, next } = attempt else { return Ok(onward(&app, attempt)) };
    let next = match local_path(&next) {
        "/" => home_of(&principal).to_owned(),
        next => next.to_owned(),
    };
    let frame = frame.with_csrf(platform::session::csrf_token(cookie.value()));
    let shown = page(CodesPage { frame, codes, next }.render())?;
    Ok((cookies(&[cookie, over(&app)]), shown).into_response())
}

fn code_page(frame: Frame, step: &OpenStep, told: Option<Told>) -> Result<Html<String>, Problem> {
    page(CodePage { frame, name: step.account.staff.name.clone(), told }.render())
}

fn password_page(frame: Frame, step: &OpenStep, faults: Vec<String>) -> Result<Html<String>, Problem> {
    page(FirstPasswordPage { faults, ..password_view(frame, step) }.render())
}

fn password_view(frame: Frame, step: &OpenStep) -> FirstPasswordPage {
    FirstPasswordPage {
        frame,
        name: step.account.staff.name.clone(),
        user_name: step.account.user_name.clone(),
        is_first: step.account.must_change,
        shortest: step.account.shortest_password(),
        faults: Vec::new(),
    }
}

async fn enrol_page(
    app: &App,
    frame: Frame,
    step: &OpenStep,
    told: Option<Told>,
) -> Result<Html<String>, Problem> {
    let enrolment = pending_of_step(app, step).await?;
    let name = step.account.staff.name.clone();
    page(EnrolPage { frame, name, picture: enrolment.picture, typed: enrolment.typed, told }.render())
}

/// Removes the cookie of the half-open sign-in.
fn over(app: &App) -> Cookie<'static> {
    host_cookie_removal(&app.config, service::STEP_COOKIE)
}

fn cookies(all: &[Cookie<'_>]) -> HeaderMap {
    let lines = all.iter().filter_map(|cookie| HeaderValue::from_str(&cookie.to_string()).ok());
    lines.map(|line| (SET_COOKIE, line)).fold(HeaderMap::new(), |mut headers, (name, line)| {
        headers.append(name, line);
        headers
    })
}
