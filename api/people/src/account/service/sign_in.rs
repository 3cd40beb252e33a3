//! Signing in: user name and password, then what the account still needs, then a session.

use axum_extra::extract::cookie::{Cookie, SameSite};
use chrono::{DateTime, Utc};
use platform::{
    App,
    audit::{Actor, Outcome},
    crypto::sm3,
    session::Principal,
};
use uuid::Uuid;

use super::{By, Visit, faults_of_new, from, key_of, note, open_session, second_factor};
use crate::{
    account::{
        AccountError,
        model::{ATTEMPTS, Account, AccountState, STEP_LASTS, Step, user_name},
        password,
        store::{self, HalfOpen, Kind},
    },
    guard,
};

/// Name of the cookie of a half-open sign-in; it opens nothing but the next step.
pub(in crate::account) const STEP_COOKIE: &str = "jiuyi_sign_in";

/// Longer texts were not typed by a person; they are not hashed.
const LONGEST_TYPED: usize = 1024;

/// How an attempt ended.
#[derive(Debug)]
pub enum Attempt {
    Refused(Refusal),
    /// More is asked; a cookie leads to it, unless the browser has it.
    Goes(Option<Cookie<'static>>),
    /// Signed in; where the person wanted to go.
    Open {
        cookie: Cookie<'static>,
        principal: Principal,
        next: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// User name or password, or the code; so many attempts are left.
    Wrong {
        left: i64,
    },
    /// Too many attempts.
    Locked {
        until: DateTime<Utc>,
    },
    /// Too many from one address.
    Crowded {
        until: DateTime<Utc>,
    },
    /// Said only to who knows the password.
    Disabled,
    Idle,
    /// A password made by the program was not used in time.
    Late,
}

/// A half-open sign-in and what it asks next.
#[derive(Debug)]
pub struct OpenStep {
    pub account: Account,
    /// None when nothing more is asked: the account changed in between.
    pub asks: Option<Step>,
    pub(in crate::account) half: HalfOpen,
}

/// Signs in with user name and password. An unknown name is answered like a wrong password, after the same work.
pub async fn sign_in(
    app: &App,
    visit: &Visit,
    typed_name: &str,
    typed_password: &str,
    next: &str,
) -> Result<Attempt, AccountError> {
    let name = user_name(&shortened(typed_name));
    let (of_name, of_place) =
        (key_of(app, Kind::Name, &name), key_of(app, Kind::Address, &visit.device.network()));
    let places = i64::from(app.config.sign_in_failures_per_address.max(2));
    let now = app.now();

    let mut tx = app.db.begin().await?;
    let place = store::take(&mut tx, Kind::Address, &of_place, places, now).await?;
    if let Some(until) = place.locked_until.filter(|_| place.n > places) {
        // Not counted for the name: one place alone cannot keep everybody locked out.
        refused(app, &mut tx, visit, None, "此地址尝试次数过多").await?;
        tx.commit().await?;
        return Ok(Attempt::Refused(Refusal::Crowded { until }));
    }
    let taken = store::take(&mut tx, Kind::Name, &of_name, ATTEMPTS, now).await?;
    if let Some(until) = taken.locked_until.filter(|_| taken.n > ATTEMPTS) {
        refused(app, &mut tx, visit, None, "账号已锁定").await?;
        tx.commit().await?;
        return Ok(Attempt::Refused(Refusal::Locked { until }));
    }
    tx.commit().await?;

    let account = store::find_by_user_name(&app.db, &name).await?;
    let hash = account.as_ref().map(|account| account.password_hash.as_str());
    let is_right = password::matches(hash, &shortened(typed_password)).await?;
    let whose = account.as_ref().map(|account| account.staff.principal());
    if let Some(account) = account.as_ref().filter(|_| is_right) {
        ensure_sound(app, visit, account).await?;
    }
    let mut tx = app.db.begin().await?;
    let Some(account) = account.filter(|_| is_right) else {
        refused(app, &mut tx, visit, whose, "账号名或密码不正确").await?;
        tx.commit().await?;
        return Ok(Attempt::Refused(match taken.locked_until {
            Some(until) => Refusal::Locked { until },
            None => Refusal::Wrong { left: ATTEMPTS - taken.n },
        }));
    };
    // In the order they were taken, so that two attempts never wait for each other.
    store::give_back(&mut tx, Kind::Address, &of_place, places).await?;
    store::clear(&mut tx, Kind::Name, &of_name).await?;
    if account.first_password_is_over(now) {
        refused(app, &mut tx, visit, whose, "初始密码已过期").await?;
        tx.commit().await?;
        return Ok(Attempt::Refused(Refusal::Late));
    }
    go_in(app, tx, visit, account, next).await
}

/// Signs in somebody who has proved elsewhere who they are; what their account still needs is asked as after a password.
pub(crate) async fn admit(
    app: &App,
    visit: &Visit,
    staff: Uuid,
    next: &str,
) -> Result<Attempt, AccountError> {
    let account = store::find(&app.db, staff).await?.ok_or(AccountError::NotFound)?;
    ensure_sound(app, visit, &account).await?;
    let tx = app.db.begin().await?;
    go_in(app, tx, visit, account, next).await
}

/// A session, or what is asked before; nothing for a closed account.
async fn go_in(
    app: &App,
    mut tx: platform::Tx,
    visit: &Visit,
    account: Account,
    next: &str,
) -> Result<Attempt, AccountError> {
    let now = app.now();
    let shut = match account.state(&app.config, now) {
        AccountState::Active => None,
        AccountState::Disabled => Some((Refusal::Disabled, "账号已停用")),
        AccountState::Idle => Some((Refusal::Idle, "账号久未登录，已关闭")),
    };
    if let Some((refusal, why)) = shut {
        refused(app, &mut tx, visit, Some(account.staff.principal()), why).await?;
        tx.commit().await?;
        return Ok(Attempt::Refused(refusal));
    }
    if account.next_step(false, &app.config, now).is_none() {
        let principal = account.staff.principal();
        let cookie = open_session(app, &mut tx, visit, &principal).await?;
        tx.commit().await?;
        return Ok(Attempt::Open { cookie, principal, next: next.to_owned() });
    }
    let secret = new_secret(app);
    let half = HalfOpen {
        token_hash: sm3(&secret).to_vec(),
        account: account.staff.id,
        code_passed: false,
        next: next.to_owned(),
        ends_at: now + STEP_LASTS,
    };
    // A new one ends the others: one sign-in at a time.
    store::delete_steps_of(&mut tx, half.account).await?;
    store::insert_step(&mut tx, &half).await?;
    tx.commit().await?;
    Ok(Attempt::Goes(Some(step_cookie(app, secret))))
}

/// The half-open sign-in of a cookie; None when there is none, it is over, or the account was closed.
pub async fn find_step(app: &App, token: &str) -> Result<Option<OpenStep>, AccountError> {
    let Some(half) = store::find_step(&app.db, &sm3(token), app.now()).await? else {
        return Ok(None);
    };
    let Some(account) = store::find(&app.db, half.account).await? else { return Ok(None) };
    if account.state(&app.config, app.now()) != AccountState::Active {
        return Ok(None);
    }
    let asks = account.next_step(half.code_passed, &app.config, app.now());
    Ok(Some(OpenStep { account, asks, half }))
}

/// The second factor: the code of the app, or one of the recovery codes.
pub async fn pass_code(
    app: &App,
    visit: &Visit,
    step: OpenStep,
    typed: &str,
) -> Result<Attempt, AccountError> {
    let mut tx;
    if let Err(refusal) = second_factor::judge(app, visit, &step.account, typed).await? {
        if matches!(refusal, Refusal::Locked { .. }) {
            tx = app.db.begin().await?;
            store::delete_step(&mut tx, &step.half.token_hash).await?;
            tx.commit().await?;
        }
        return Ok(Attempt::Refused(refusal));
    }
    tx = app.db.begin().await?;
    store::pass_code(&mut tx, &step.half.token_hash).await?;
    tx.commit().await?;
    go_on(app, visit, HalfOpen { code_passed: true, ..step.half }).await
}

/// The first or a new password, where one is asked. Faults say what to change.
pub async fn choose_password(
    app: &App,
    visit: &Visit,
    step: OpenStep,
    new: &str,
) -> Result<Result<Attempt, Vec<String>>, AccountError> {
    if step.asks != Some(Step::NewPassword) {
        return Err(AccountError::NotFound);
    }
    let faults = faults_of_new(app, &step.account, new).await?;
    if !faults.is_empty() {
        return Ok(Err(faults));
    }
    let hash = password::hash(app, new).await?;
    let id = step.account.staff.id;
    let mut tx = app.db.begin().await?;
    store::update_password(&app.keyring, &mut tx, id, &hash, false, app.now()).await?;
    platform::session::delete_of(&mut tx, id).await?;
    note(app, &mut tx, &by(visit, &step.account), "account.password", id, None, Outcome::Done).await?;
    tx.commit().await?;
    go_on(app, visit, step.half).await.map(Ok)
}

/// The secret to be shown where a second factor has to be set up first.
pub async fn pending_of_step(app: &App, step: &OpenStep) -> Result<second_factor::Enrolment, AccountError> {
    if step.asks != Some(Step::SecondFactor) {
        return Err(AccountError::NotFound);
    }
    second_factor::begin_enrolment(app, &step.account).await
}

/// The first code of a required second factor: sets it up and signs in; gives the recovery codes beside.
pub async fn confirm_required_factor(
    app: &App,
    visit: &Visit,
    step: OpenStep,
    typed: &str,
) -> Result<Option<(Attempt, Vec<String>)>, AccountError> {
    if step.asks != Some(Step::SecondFactor) {
        return Err(AccountError::NotFound);
    }
    let by = by(visit, &step.account);
    let Some(codes) = second_factor::confirm_enrolment(app, &by, &step.account, typed).await? else {
        return Ok(None);
    };
    let half = HalfOpen { code_passed: true, ..step.half };
    Ok(Some((go_on(app, visit, half).await?, codes)))
}

/// Opens the session when nothing more is asked.
async fn go_on(app: &App, visit: &Visit, half: HalfOpen) -> Result<Attempt, AccountError> {
    let account = store::find(&app.db, half.account).await?.ok_or(AccountError::NotFound)?;
    if account.next_step(half.code_passed, &app.config, app.now()).is_some() {
        return Ok(Attempt::Goes(None));
    }
    let principal = account.staff.principal();
    ensure_sound(app, visit, &account).await?;
    let mut tx = app.db.begin().await?;
    if !store::delete_step(&mut tx, &half.token_hash).await? {
        return Err(AccountError::NotFound);
    }
    let cookie = open_session(app, &mut tx, visit, &principal).await?;
    tx.commit().await?;
    Ok(Attempt::Open { cookie, principal, next: half.next })
}

/// Nobody signs in with an account that was changed in the database; said only to who knows the password.
async fn ensure_sound(app: &App, visit: &Visit, account: &Account) -> Result<(), AccountError> {
    let Some(broken) = guard::find_broken(app, account.staff.id).await? else { return Ok(()) };
    tracing::error!(%broken, "ALARM: an account was changed in the database");
    let mut tx = app.db.begin().await?;
    let why = format!("账号资料被改动：{broken}");
    refused(app, &mut tx, visit, Some(account.staff.principal()), &why).await?;
    tx.commit().await?;
    Err(AccountError::Broken(broken))
}

/// Notes a refused attempt; what was typed as a name is not kept: it may be a password in the wrong field.
pub(super) async fn refused(
    app: &App,
    tx: &mut platform::Tx,
    visit: &Visit,
    whose: Option<Principal>,
    why: &str,
) -> Result<(), AccountError> {
    let actor = match &whose {
        Some(principal) => Actor::from(principal),
        None => Actor { id: "unknown".into(), role: "visitor".into() },
    };
    let by = By { actor, request_id: visit.request.0.clone() };
    let reason = format!("{why}；{}", from(&visit.device));
    let account = whose.map_or(Uuid::nil(), |principal| principal.id());
    note(app, tx, &by, "session.refused", account, Some(&reason), Outcome::Denied).await
}

pub(super) fn by(visit: &Visit, account: &Account) -> By {
    By { actor: Actor::from(&account.staff.principal()), request_id: visit.request.0.clone() }
}

/// 256 bits, as text.
fn new_secret(app: &App) -> String {
    let mut chance = [0; 32];
    app.ids.fill(&mut chance);
    chance.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn step_cookie(app: &App, token: String) -> Cookie<'static> {
    platform::session::host_cookie(&app.config, STEP_COOKIE, token, SameSite::Strict)
}

/// Too long a text becomes an empty one, which is no name and no password.
fn shortened(typed: &str) -> String {
    if typed.len() > LONGEST_TYPED { String::new() } else { typed.to_owned() }
}
