//! What can be done with accounts; one function per use case.

mod manage;
mod outside;
mod own;
mod second_factor;
mod setup;
mod sign_in;

use axum_extra::extract::cookie::Cookie;
use platform::{
    App, Tx,
    audit::{self, Actor, Outcome},
    http::RequestId,
    session::{self, Device, Principal, Session},
};
use uuid::Uuid;

use super::{AccountError, model::Account, password, policy, store};

pub use manage::{
    Creation, close_by_force, create, disable, enable, end_recovery_codes, faults, find, find_by_user_name,
    is_disabled, list, list_staff_without, locked_until, may_manage_second_factor, open_demo_accounts,
    reset_password, reset_second_factor, unlock,
};
pub(crate) use outside::{Unfit, close_outside, insert_outside, open_outside};
pub use own::{
    Change, change_password, end_other_sessions, end_session, is_demo_person, prove_again, prove_in_demo,
};
pub use second_factor::{
    Enrolment, begin_enrolment, confirm_enrolment, count_recovery_codes, end_second_factor,
    new_recovery_codes,
};
pub(super) use setup::FIRST;
pub use setup::{FirstPeople, SetUp, begin_set_up, is_set_up_open, open_office, set_up};
pub(super) use sign_in::STEP_COOKIE;
pub(crate) use sign_in::admit;
pub use sign_in::{
    Attempt, OpenStep, Refusal, choose_password, confirm_required_factor, find_step, pass_code,
    pending_of_step, sign_in,
};

/// One request that has to do with signing in: for the audit trail and the list of sessions.
#[derive(Debug, Clone)]
pub struct Visit {
    pub request: RequestId,
    pub device: Device,
    /// The session this browser had before.
    pub before: Option<Session>,
}

/// Who changes somebody's account.
#[derive(Debug, Clone)]
pub struct By {
    pub actor: Actor,
    pub request_id: String,
}

impl By {
    pub fn session(session: &Session, request: &RequestId) -> Self {
        Self { actor: Actor::from(&session.principal), request_id: request.0.clone() }
    }

    /// An operator at the command line of the server.
    pub fn operator() -> Self {
        Self { actor: Actor { id: "command-line".into(), role: "operator".into() }, request_id: "-".into() }
    }
}

/// Ends what the browser had, opens a session and notes it.
async fn open_session(
    app: &App,
    tx: &mut Tx,
    visit: &Visit,
    principal: &Principal,
) -> Result<Cookie<'static>, AccountError> {
    if let Some(before) = &visit.before {
        session::end(tx, app, before).await?;
    }
    if !store::update_signed_in(&app.keyring, tx, principal.id(), app.now()).await? {
        return Err(AccountError::NotFound);
    }
    let cookie = session::begin_on(tx, app, principal, &visit.device).await?;
    let by = By { actor: Actor::from(principal), request_id: visit.request.0.clone() };
    note(app, tx, &by, "session.begin", principal.id(), Some(&from(&visit.device)), Outcome::Done).await?;
    Ok(cookie)
}

async fn note(
    app: &App,
    tx: &mut Tx,
    by: &By,
    action: &'static str,
    account: Uuid,
    reason: Option<&str>,
    outcome: Outcome,
) -> Result<(), AccountError> {
    let entry = audit::Entry {
        at: app.now(),
        actor: by.actor.clone(),
        action,
        patient: None,
        object: Some(object(account)),
        reason,
        outcome,
        request_id: &by.request_id,
    };
    Ok(audit::append(tx, entry).await?)
}

fn object(account: Uuid) -> String {
    format!("account/{account}")
}

/// Where a request came from, for the audit trail.
fn from(device: &Device) -> String {
    let or_unknown = |text: &str| if text.is_empty() { "未知".to_owned() } else { text.to_owned() };
    format!("地址 {}，{}", or_unknown(&device.address), or_unknown(&device.browser))
}

/// What is wrong with a new password for this account; empty when it may be used. It is compared with the last
/// ones only when it is otherwise good.
async fn faults_of_new(app: &App, account: &Account, new: &str) -> Result<Vec<String>, AccountError> {
    let faults = policy::faults(new, account.subject());
    if !faults.is_empty() {
        return Ok(faults);
    }
    for hash in store::list_history(&app.db, account.staff.id).await? {
        if password::matches(Some(&hash), new).await? {
            return Ok(vec![format!("最近 {} 次用过的密码不能再用，请换一个新的。", policy::HISTORY)]);
        }
    }
    Ok(Vec::new())
}

fn key_of(app: &App, kind: store::Kind, text: &str) -> Vec<u8> {
    let domain = match kind {
        store::Kind::Name => "sign_in_limit.name",
        store::Kind::Address => "sign_in_limit.address",
        store::Kind::Code => "sign_in_limit.code",
    };
    app.keyring.blind_index(domain, text)
}
