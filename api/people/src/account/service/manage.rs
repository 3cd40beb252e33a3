//! What the system administrator, or an operator at the command line, does with the accounts of others.

use chrono::{DateTime, Utc};
use platform::{App, audit::Outcome, session, session::Role};
use uuid::Uuid;

use super::{By, key_of, note, second_factor};
use crate::{
    Staff,
    account::{
        AccountError,
        model::{Account, Initial, NewAccount, user_name, user_name_fault},
        password,
        store::{self, Filter, Kind},
    },
};

/// How the making of an account ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Creation {
    Done(Initial),
    /// Each with the field it belongs to.
    Faults(Vec<(&'static str, String)>),
}

/// Accounts by user name, at most `limit`.
pub async fn list(app: &App, filter: &Filter, limit: i64) -> Result<Vec<Account>, AccountError> {
    Ok(store::list(&app.db, filter, limit).await?)
}

pub async fn find(app: &App, id: Uuid) -> Result<Option<Account>, AccountError> {
    Ok(store::find(&app.db, id).await?)
}

pub async fn find_by_user_name(app: &App, typed: &str) -> Result<Option<Account>, AccountError> {
    Ok(store::find_by_user_name(&app.db, &user_name(typed)).await?)
}

/// Whether somebody's account was closed by an administrator.
pub async fn is_disabled(app: &App, id: Uuid) -> sqlx::Result<bool> {
    Ok(store::find(&app.db, id).await?.is_some_and(|account| account.disabled_at.is_some()))
}

/// Staff who have no account yet; fictitious ones only in a demo.
pub async fn list_staff_without(app: &App) -> Result<Vec<Staff>, AccountError> {
    Ok(store::list_staff_without(&app.db, app.config.demo).await?)
}

/// Until when an account is locked by wrong attempts.
pub async fn locked_until(app: &App, account: &Account) -> Result<Option<DateTime<Utc>>, AccountError> {
    let (name, code) = lock_keys(app, account);
    let by_name = store::find_lock(&app.db, Kind::Name, &name, app.now()).await?;
    let by_code = store::find_lock(&app.db, Kind::Code, &code, app.now()).await?;
    Ok(by_name.max(by_code))
}

/// What is wrong with the names of a new account, each with its field.
pub fn faults(typed: &str, name: &str) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    faults.extend(user_name_fault(&user_name(typed)).map(|fault| ("user_name", fault.to_owned())));
    if !(1..=40).contains(&name.trim().chars().count()) {
        faults.push(("name", "请填写姓名，最多 40 个字。".into()));
    }
    faults
}

/// A new account with a password for one sign-in. `known` says that the staff member is there already.
pub async fn create(app: &App, by: &By, new: &NewAccount, known: bool) -> Result<Creation, AccountError> {
    let name = user_name(&new.user_name);
    let faults = faults(&name, &new.staff.name);
    if !faults.is_empty() {
        return Ok(Creation::Faults(faults));
    }
    let made = password::initial(&*app.ids);
    let hash = password::hash(app, &made).await?;
    let mut tx = app.db.begin().await?;
    if !known {
        store::insert_staff(&app.keyring, &mut tx, &new.staff, app.now()).await?;
    }
    if !store::insert(&app.keyring, &mut tx, new.staff.id, &name, &hash, true, app.now()).await? {
        let taken = format!("账号名 {name} 已有人使用，或此人已有账号，请换一个。");
        return Ok(Creation::Faults(vec![("user_name", taken)]));
    }
    let reason = format!("角色 {}", new.staff.role.name());
    note(app, &mut tx, by, "account.create", new.staff.id, Some(&reason), Outcome::Done).await?;
    tx.commit().await?;
    Ok(Creation::Done(Initial {
        user_name: name,
        name: new.staff.name.clone(),
        role: new.staff.role,
        password: made,
    }))
}

/// Closes an account; its sessions end at once.
pub async fn disable(app: &App, by: &By, account: &Account) -> Result<(), AccountError> {
    let id = account.staff.id;
    let mut tx = app.db.begin().await?;
    store::update_disabled(&app.keyring, &mut tx, id, Some(app.now()), account.enabled_at).await?;
    store::delete_steps_of(&mut tx, id).await?;
    session::delete_of(&mut tx, id).await?;
    note(app, &mut tx, by, "account.disable", id, None, Outcome::Done).await?;
    Ok(tx.commit().await?)
}

/// Opens an account again, also one that was not used for long.
pub async fn enable(app: &App, by: &By, account: &Account) -> Result<(), AccountError> {
    let id = account.staff.id;
    let mut tx = app.db.begin().await?;
    store::update_disabled(&app.keyring, &mut tx, id, None, app.now()).await?;
    note(app, &mut tx, by, "account.enable", id, None, Outcome::Done).await?;
    Ok(tx.commit().await?)
}

/// Ends all sessions of somebody.
pub async fn close_by_force(app: &App, by: &By, account: &Account) -> Result<u64, AccountError> {
    let id = account.staff.id;
    let mut tx = app.db.begin().await?;
    store::delete_steps_of(&mut tx, id).await?;
    let n = session::delete_of(&mut tx, id).await?;
    note(app, &mut tx, by, "session.revoke", id, Some("由管理员结束全部登录"), Outcome::Done).await?;
    tx.commit().await?;
    Ok(n)
}

/// A password for one sign-in in place of a forgotten one; sessions end, locks are lifted.
pub async fn reset_password(app: &App, by: &By, account: &Account) -> Result<Initial, AccountError> {
    let made = password::initial(&*app.ids);
    let hash = password::hash(app, &made).await?;
    let id = account.staff.id;
    let mut tx = app.db.begin().await?;
    store::update_password(&app.keyring, &mut tx, id, &hash, true, app.now()).await?;
    store::delete_steps_of(&mut tx, id).await?;
    session::delete_of(&mut tx, id).await?;
    lift_locks(app, &mut tx, account).await?;
    note(app, &mut tx, by, "account.reset", id, None, Outcome::Done).await?;
    tx.commit().await?;
    Ok(Initial {
        user_name: account.user_name.clone(),
        name: account.staff.name.clone(),
        role: account.staff.role,
        password: made,
    })
}

/// Lifts the locks of wrong attempts.
pub async fn unlock(app: &App, by: &By, account: &Account) -> Result<(), AccountError> {
    let mut tx = app.db.begin().await?;
    lift_locks(app, &mut tx, account).await?;
    note(app, &mut tx, by, "account.unlock", account.staff.id, None, Outcome::Done).await?;
    Ok(tx.commit().await?)
}

/// On the screens nobody takes the second factor from the security and the audit administrator: with a reset
/// password it would make the system administrator one of them. An operator at the server may.
pub fn may_manage_second_factor(account: &Account) -> bool {
    !matches!(account.staff.role, Role::SecurityAdmin | Role::AuditAdmin)
}

/// Takes the second factor of somebody who lost it; sessions end, and a required one is set up at the next sign-in.
pub async fn reset_second_factor(app: &App, by: &By, account: &Account) -> Result<(), AccountError> {
    second_factor::clear(app, by, account).await
}

/// Accounts for the fictitious staff that have none, with passwords that last; only in a demo. The user name is the
/// key of the person in the file.
pub async fn open_demo_accounts(app: &App, keys: &[(String, Uuid)]) -> Result<Vec<Initial>, AccountError> {
    let mut opened = Vec::new();
    if !app.config.demo {
        return Ok(opened);
    }
    let by = By { actor: platform::audit::Actor::system("demo"), request_id: "-".into() };
    for staff in store::list_staff_without(&app.db, true).await? {
        let Some((key, id)) = keys.iter().find(|(_, id)| *id == staff.id) else { continue };
        let made = password::initial(&*app.ids);
        let hash = password::hash(app, &made).await?;
        let mut tx = app.db.begin().await?;
        if !store::insert(&app.keyring, &mut tx, *id, key, &hash, false, app.now()).await? {
            continue;
        }
        note(app, &mut tx, &by, "account.create", *id, Some("演示人员"), Outcome::Done).await?;
        tx.commit().await?;
        opened.push(Initial { user_name: key.clone(), name: staff.name, role: staff.role, password: made });
    }
    Ok(opened)
}

/// Recovery codes that were not used: with the old index key they end. Gives how many people had some.
pub async fn end_recovery_codes(app: &App, by: &By) -> Result<u64, AccountError> {
    let mut tx = app.db.begin().await?;
    let n = store::delete_recovery_codes(&mut tx).await?;
    let reason = format!("更换盲索引密钥，{n} 人的恢复码作废");
    note(app, &mut tx, by, "account.recovery_codes", Uuid::nil(), Some(&reason), Outcome::Done).await?;
    tx.commit().await?;
    Ok(n)
}

async fn lift_locks(app: &App, tx: &mut platform::Tx, account: &Account) -> Result<(), AccountError> {
    let (name, code) = lock_keys(app, account);
    store::clear(tx, Kind::Name, &name).await?;
    Ok(store::clear(tx, Kind::Code, &code).await?)
}

fn lock_keys(app: &App, account: &Account) -> (Vec<u8>, Vec<u8>) {
    let id = account.staff.id.to_string();
    (key_of(app, Kind::Name, &account.user_name), key_of(app, Kind::Code, &id))
}
