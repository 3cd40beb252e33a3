//! The SQL of accounts.

mod limit;
mod step;

use chrono::{DateTime, Utc};
use platform::{
    Db, Tx,
    crypto::{Keyring, Place, Sealed},
    integrity, on_read, on_tx,
    session::Role,
};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

pub(super) use limit::{Kind, clear, find_lock, give_back, sweep_limits, take};
pub(super) use step::{
    HalfOpen, delete_setup, delete_step, delete_steps_of, find_step, has_setup, insert_step, pass_code,
    save_setup,
};

use super::{model::Account, policy::HISTORY};
use crate::{Staff, guard, store::StaffRow};

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    staff: StaffRow,
    user_name: String,
    password_hash: String,
    password_set_at: DateTime<Utc>,
    must_change: bool,
    disabled_at: Option<DateTime<Utc>>,
    totp_secret: Option<Sealed>,
    totp_since: Option<DateTime<Utc>>,
    totp_step: Option<i64>,
    totp_pending: Option<Sealed>,
    last_sign_in_at: Option<DateTime<Utc>>,
    enabled_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
}

const STAFF: &str = "s.id, s.name, s.role, s.title, s.institution, i.name AS institution_name, s.department,
        d.name AS department_name";
const JOINS: &str = "JOIN institution i ON i.code = s.institution
    JOIN department d ON d.institution = s.institution AND d.code = s.department";

fn select(rest: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!(
        "SELECT {STAFF}, a.user_name, a.password_hash, a.password_set_at, a.must_change, a.disabled_at,
            a.totp_secret, a.totp_since, a.totp_step, a.totp_pending, a.last_sign_in_at, a.enabled_at, a.created_at
        FROM account a JOIN staff s ON s.id = a.staff {JOINS} {rest}"
    ))
}

impl TryFrom<Row> for Account {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            staff: row.staff.try_into()?,
            user_name: row.user_name,
            password_hash: row.password_hash,
            password_set_at: row.password_set_at,
            must_change: row.must_change,
            disabled_at: row.disabled_at,
            totp_secret: row.totp_secret,
            totp_since: row.totp_since,
            totp_step: row.totp_step,
            totp_pending: row.totp_pending,
            last_sign_in_at: row.last_sign_in_at,
            enabled_at: row.enabled_at,
            created_at: row.created_at,
        })
    }
}

/// Where the secret of a second factor is sealed.
pub(super) fn place_of_secret(account: Uuid) -> Place {
    Place { table: "account", column: "totp_secret", row: account }
}

/// Where a secret is sealed until a first code was typed.
pub(super) fn place_of_pending(account: Uuid) -> Place {
    Place { table: "account", column: "totp_pending", row: account }
}

pub(super) async fn find(db: &Db, staff: Uuid) -> sqlx::Result<Option<Account>> {
    let sql = select("WHERE a.staff = $1");
    let row: Option<Row> = on_read!(db, |c| sqlx::query_as(sql).bind(staff).fetch_optional(c).await)?;
    row.map(Account::try_from).transpose()
}

pub(super) async fn find_by_user_name(db: &Db, user_name: &str) -> sqlx::Result<Option<Account>> {
    let sql = select("WHERE a.user_name = $1");
    let row: Option<Row> = on_read!(db, |c| sqlx::query_as(sql).bind(user_name).fetch_optional(c).await)?;
    row.map(Account::try_from).transpose()
}

/// What a list of accounts shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Part of the user name or the name.
    pub text: String,
    /// Stored name of a role; empty for all.
    pub role: String,
    /// `enabled`, `disabled`, `single` (no second factor); empty for all.
    pub state: String,
    /// The user name after which the page begins.
    pub after: String,
}

/// By user name; at most `limit`.
pub(super) async fn list(db: &Db, filter: &Filter, limit: i64) -> sqlx::Result<Vec<Account>> {
    let sql = select(
        "WHERE a.user_name > $1
            AND ($2 = '' OR s.role = $2)
            AND ($3 = '' OR ($3 = 'enabled' AND a.disabled_at IS NULL)
                OR ($3 = 'disabled' AND a.disabled_at IS NOT NULL) OR ($3 = 'single' AND a.totp_secret IS NULL))
            AND ($4 = '' OR a.user_name LIKE $5 ESCAPE '!' OR s.name LIKE $5 ESCAPE '!')
        ORDER BY a.user_name LIMIT $6",
    );
    let text = filter.text.trim().to_lowercase();
    let pattern = format!("%{}%", text.replace('!', "!!").replace('%', "!%").replace('_', "!_"));
    let rows: Vec<Row> = on_read!(db, |c| {
        let query = sqlx::query_as(sql).bind(&filter.after).bind(&filter.role).bind(&filter.state);
        query.bind(&text).bind(&pattern).bind(limit).fetch_all(c).await
    })?;
    rows.into_iter().map(Account::try_from).collect()
}

/// Staff who cannot sign in by themselves, by name.
pub(super) async fn list_staff_without(db: &Db, demo: bool) -> sqlx::Result<Vec<Staff>> {
    let sql = AssertSqlSafe(format!(
        "SELECT {STAFF} FROM staff s {JOINS}
        WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.staff = s.id) AND (s.demo = $1 OR $1 = $2)
        ORDER BY s.name, s.id LIMIT 500"
    ));
    let rows: Vec<StaffRow> = on_read!(db, |c| sqlx::query_as(sql).bind(demo).bind(true).fetch_all(c).await)?;
    rows.into_iter().map(Staff::try_from).collect()
}

/// Whether one of these roles has an account.
pub(super) async fn has_administrator(db: &Db) -> sqlx::Result<bool> {
    let roles =
        Role::ALL.into_iter().filter(|role| role.is_administrator()).map(|role| format!("'{}'", role.name()));
    let sql = AssertSqlSafe(format!(
        "SELECT COUNT(*) FROM account a JOIN staff s ON s.id = a.staff WHERE s.role IN ({})",
        roles.collect::<Vec<_>>().join(", ")
    ));
    let n: i64 = on_read!(db, |c| sqlx::query_scalar(sql).fetch_one(c).await)?;
    Ok(n > 0)
}

pub(super) async fn insert_staff(
    keyring: &Keyring,
    tx: &mut Tx,
    staff: &Staff,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO staff(id, name, role, title, institution, department, demo, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    on_tx!(tx, |c| {
        let query =
            sqlx::query(sql).bind(staff.id).bind(&staff.name).bind(staff.role.name()).bind(&staff.title);
        let query = query.bind(&staff.department.institution).bind(&staff.department.code);
        query.bind(false).bind(now).execute(c).await.map(drop)
    })?;
    guard::stamp_staff(tx, keyring, staff.id).await
}

/// False when the user name, or an account of this person, is there already.
pub(super) async fn insert(
    keyring: &Keyring,
    tx: &mut Tx,
    staff: Uuid,
    user_name: &str,
    hash: &str,
    must_change: bool,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "INSERT INTO account(staff, user_name, password_hash, password_set_at, must_change, enabled_at,
            created_at)
        VALUES ($1, $2, $3, $4, $5, $4, $4) ON CONFLICT DO NOTHING";
    let done = on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(staff).bind(user_name).bind(hash).bind(now).bind(must_change);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })?;
    if done {
        remember(tx, staff, hash, now).await?;
        stamp(tx, keyring, staff).await?;
    }
    Ok(done)
}

pub(super) async fn update_password(
    keyring: &Keyring,
    tx: &mut Tx,
    staff: Uuid,
    hash: &str,
    must_change: bool,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql =
        "UPDATE account SET password_hash = $2, password_set_at = $3, must_change = $4 WHERE staff = $1";
    on_tx!(tx, |c| sqlx::query(sql)
        .bind(staff)
        .bind(hash)
        .bind(now)
        .bind(must_change)
        .execute(c)
        .await
        .map(drop))?;
    stamp(tx, keyring, staff).await?;
    remember(tx, staff, hash, now).await
}

async fn remember(tx: &mut Tx, staff: Uuid, hash: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    let row = "INSERT INTO password_history(account, set_at, hash) VALUES ($1, $2, $3)";
    let old = "DELETE FROM password_history WHERE account = $1 AND set_at <
        (SELECT MIN(set_at) FROM
            (SELECT set_at FROM password_history WHERE account = $1 ORDER BY set_at DESC LIMIT $2) AS kept)";
    let kept = i64::try_from(HISTORY).unwrap_or(i64::MAX);
    on_tx!(tx, |c| {
        sqlx::query(row).bind(staff).bind(now).bind(hash).execute(&mut *c).await?;
        sqlx::query(old).bind(staff).bind(kept).execute(c).await.map(drop)
    })
}

/// Hashes of the last passwords, newest first.
pub(super) async fn list_history(db: &Db, staff: Uuid) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT hash FROM password_history WHERE account = $1 ORDER BY set_at DESC LIMIT $2";
    let n = i64::try_from(HISTORY).unwrap_or(i64::MAX);
    on_read!(db, |c| sqlx::query_scalar(sql).bind(staff).bind(n).fetch_all(c).await)
}

/// False when the account was disabled in the meantime.
pub(super) async fn update_signed_in(
    keyring: &Keyring,
    tx: &mut Tx,
    staff: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "UPDATE account SET last_sign_in_at = $2 WHERE staff = $1 AND disabled_at IS NULL";
    let done = on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(staff).bind(now);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })?;
    stamp(tx, keyring, staff).await?;
    Ok(done)
}

/// None opens the account again. False when there is no such account.
pub(super) async fn update_disabled(
    keyring: &Keyring,
    tx: &mut Tx,
    staff: Uuid,
    disabled_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "UPDATE account SET disabled_at = $2, enabled_at = $3 WHERE staff = $1";
    let done = on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(staff).bind(disabled_at).bind(now);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })?;
    stamp(tx, keyring, staff).await?;
    Ok(done)
}

pub(super) async fn update_pending(
    keyring: &Keyring,
    tx: &mut Tx,
    staff: Uuid,
    pending: &Sealed,
) -> sqlx::Result<()> {
    let sql = "UPDATE account SET totp_pending = $2 WHERE staff = $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(staff).bind(pending).execute(c).await.map(drop))?;
    stamp(tx, keyring, staff).await
}

pub(super) async fn update_secret(
    keyring: &Keyring,
    tx: &mut Tx,
    staff: Uuid,
    secret: &Sealed,
    step: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE account SET totp_secret = $2, totp_since = $3, totp_step = $4, totp_pending = NULL
        WHERE staff = $1";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(staff).bind(secret).bind(now).bind(step);
        query.execute(c).await.map(drop)
    })?;
    stamp(tx, keyring, staff).await
}

pub(super) async fn clear_secret(keyring: &Keyring, tx: &mut Tx, staff: Uuid) -> sqlx::Result<()> {
    let row =
        "UPDATE account SET totp_secret = NULL, totp_since = NULL, totp_step = NULL, totp_pending = NULL
        WHERE staff = $1";
    let codes = "DELETE FROM recovery_code WHERE account = $1";
    on_tx!(tx, |c| {
        sqlx::query(row).bind(staff).execute(&mut *c).await?;
        sqlx::query(codes).bind(staff).execute(c).await.map(drop)
    })?;
    stamp(tx, keyring, staff).await
}

/// False when a code of this or a later step was used before, on whichever node.
pub(super) async fn use_totp_step(
    keyring: &Keyring,
    tx: &mut Tx,
    staff: Uuid,
    step: i64,
) -> sqlx::Result<bool> {
    let sql = "UPDATE account SET totp_step = $2 WHERE staff = $1 AND (totp_step IS NULL OR totp_step < $2)";
    let done = on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(staff).bind(step);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })?;
    stamp(tx, keyring, staff).await?;
    Ok(done)
}

/// Every change of an account ends with a new MAC.
async fn stamp(tx: &mut Tx, keyring: &Keyring, staff: Uuid) -> sqlx::Result<()> {
    integrity::stamp(tx, keyring, &guard::ACCOUNT, staff).await
}

/// New recovery codes in place of the old.
pub(super) async fn replace_recovery_codes(tx: &mut Tx, staff: Uuid, hashes: &[Vec<u8>]) -> sqlx::Result<()> {
    let old = "DELETE FROM recovery_code WHERE account = $1";
    let row = "INSERT INTO recovery_code(account, code_hash) VALUES ($1, $2)";
    on_tx!(tx, |c| {
        sqlx::query(old).bind(staff).execute(&mut *c).await?;
        for hash in hashes {
            sqlx::query(row).bind(staff).bind(hash).execute(&mut *c).await?;
        }
        Ok(())
    })
}

/// False when there is no such code, or it was used.
pub(super) async fn use_recovery_code(
    tx: &mut Tx,
    staff: Uuid,
    hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql =
        "UPDATE recovery_code SET used_at = $3 WHERE account = $1 AND code_hash = $2 AND used_at IS NULL";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(staff).bind(hash).bind(now);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

pub(super) async fn count_recovery_codes(db: &Db, staff: Uuid) -> sqlx::Result<i64> {
    let sql = "SELECT COUNT(*) FROM recovery_code WHERE account = $1 AND used_at IS NULL";
    on_read!(db, |c| sqlx::query_scalar(sql).bind(staff).fetch_one(c).await)
}

/// Of everybody; gives how many people had unused ones.
pub(super) async fn delete_recovery_codes(tx: &mut Tx) -> sqlx::Result<u64> {
    let people = "SELECT COUNT(DISTINCT account) FROM recovery_code WHERE used_at IS NULL";
    let codes = "DELETE FROM recovery_code WHERE used_at IS NULL";
    let n: i64 = on_tx!(tx, |c| {
        let n = sqlx::query_scalar(people).fetch_one(&mut *c).await?;
        sqlx::query(codes).execute(c).await.map(|_| n)
    })?;
    Ok(n.unsigned_abs())
}
