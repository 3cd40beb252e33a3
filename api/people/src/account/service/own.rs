//! What people do with their own account and sessions.

use axum_extra::extract::cookie::Cookie;
use platform::{
    App,
    audit::Outcome,
    session::{self, Principal, Session},
};
use uuid::Uuid;

use super::{By, Visit, faults_of_new, key_of, note, second_factor, sign_in::Refusal, sign_in::refused};
use crate::account::{
    AccountError,
    model::{ATTEMPTS, Account},
    password,
    store::{self, Kind},
};

/// How a change of password ended.
#[derive(Debug)]
pub enum Change {
    /// With the cookie under which the session goes on.
    Done(Cookie<'static>),
    /// The password until now was wrong.
    Refused(Refusal),
    /// The new one needs other words.
    Faults(Vec<String>),
}

/// A new password, by who knows the old one; the other sessions of the person end.
pub async fn change_password(
    app: &App,
    visit: &Visit,
    session: &Session,
    old: &str,
    new: &str,
) -> Result<Change, AccountError> {
    let account = own(app, session).await?;
    if let Err(refusal) = judge_password(app, visit, &account, old).await? {
        return Ok(Change::Refused(refusal));
    }
    let faults = faults_of_new(app, &account, new).await?;
    if !faults.is_empty() {
        return Ok(Change::Faults(faults));
    }
    let hash = password::hash(app, new).await?;
    let (id, by) = (account.staff.id, By::session(session, &visit.request));
    let mut tx = app.db.begin().await?;
    store::update_password(&app.keyring, &mut tx, id, &hash, false, app.now()).await?;
    store::delete_steps_of(&mut tx, id).await?;
    session::delete_others(&mut tx, session).await?;
    let cookie = session::renew(&mut tx, app, session).await?;
    note(app, &mut tx, &by, "account.password", id, None, Outcome::Done).await?;
    tx.commit().await?;
    Ok(Change::Done(cookie))
}

/// Before an export or key operation: the password again, and the code where there is a second factor. Gives the
/// cookie under which the session goes on.
pub async fn prove_again(
    app: &App,
    visit: &Visit,
    session: &Session,
    typed: &str,
    code: &str,
) -> Result<Result<Cookie<'static>, Refusal>, AccountError> {
    let account = own(app, session).await?;
    if let Err(refusal) = judge_password(app, visit, &account, typed).await? {
        return Ok(Err(refusal));
    }
    if account.has_second_factor()
        && let Err(refusal) = second_factor::judge(app, visit, &account, code).await?
    {
        return Ok(Err(refusal));
    }
    let by = By::session(session, &visit.request);
    let mut tx = app.db.begin().await?;
    let cookie = session::renew(&mut tx, app, session).await?;
    note(app, &mut tx, &by, "session.prove", account.staff.id, None, Outcome::Done).await?;
    tx.commit().await?;
    Ok(Ok(cookie))
}

/// Fictitious people, who were chosen and know no password, prove nothing; None for everybody else.
pub async fn prove_in_demo(
    app: &App,
    visit: &Visit,
    session: &Session,
) -> Result<Option<Cookie<'static>>, AccountError> {
    if !is_demo_person(app, session.principal.id()).await? {
        return Ok(None);
    }
    let by = By::session(session, &visit.request);
    let mut tx = app.db.begin().await?;
    let cookie = session::renew(&mut tx, app, session).await?;
    note(app, &mut tx, &by, "session.prove", session.principal.id(), Some("演示人员"), Outcome::Done).await?;
    tx.commit().await?;
    Ok(Some(cookie))
}

/// Whether this is one of the fictitious staff of a demo.
pub async fn is_demo_person(app: &App, id: Uuid) -> Result<bool, AccountError> {
    Ok(app.config.demo && crate::store::find_demo_staff(&app.db, id).await?.is_some())
}

/// Ends one of the person's own sessions.
pub async fn end_session(app: &App, by: &By, who: &Principal, id: Uuid) -> Result<(), AccountError> {
    let mut tx = app.db.begin().await?;
    if !session::delete_one(&mut tx, who.id(), id).await? {
        return Err(AccountError::NotFound);
    }
    note(app, &mut tx, by, "session.revoke", who.id(), Some("本人结束一处登录"), Outcome::Done).await?;
    Ok(tx.commit().await?)
}

/// Ends all of the person's sessions but this one.
pub async fn end_other_sessions(app: &App, by: &By, kept: &Session) -> Result<u64, AccountError> {
    let mut tx = app.db.begin().await?;
    let n = session::delete_others(&mut tx, kept).await?;
    let who = kept.principal.id();
    note(app, &mut tx, by, "session.revoke", who, Some("本人结束其他登录"), Outcome::Done).await?;
    tx.commit().await?;
    Ok(n)
}

/// The password of somebody who is signed in, with the same limit as at the sign-in page.
async fn judge_password(
    app: &App,
    visit: &Visit,
    account: &Account,
    typed: &str,
) -> Result<Result<(), Refusal>, AccountError> {
    let key = key_of(app, Kind::Name, &account.user_name);
    let mut tx = app.db.begin().await?;
    let taken = store::take(&mut tx, Kind::Name, &key, ATTEMPTS, app.now()).await?;
    tx.commit().await?;
    let is_judged = taken.n <= ATTEMPTS;
    let is_right = is_judged && password::matches(Some(&account.password_hash), typed).await?;
    let mut tx = app.db.begin().await?;
    if is_right {
        store::clear(&mut tx, Kind::Name, &key).await?;
    } else {
        refused(app, &mut tx, visit, Some(account.staff.principal()), "再次确认身份时密码不正确").await?;
    }
    tx.commit().await?;
    Ok(match taken.locked_until {
        _ if is_right => Ok(()),
        Some(until) => Err(Refusal::Locked { until }),
        None => Err(Refusal::Wrong { left: ATTEMPTS - taken.n }),
    })
}

async fn own(app: &App, session: &Session) -> Result<Account, AccountError> {
    store::find(&app.db, session.principal.id()).await?.ok_or(AccountError::NotFound)
}
