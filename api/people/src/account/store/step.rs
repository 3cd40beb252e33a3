//! Half-open sign-ins and the code of the first set-up.

use chrono::{DateTime, Utc};
use platform::{Db, Tx, on_read, on_tx};
use sqlx::FromRow;
use uuid::Uuid;

/// A password was right and more is asked.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(in crate::account) struct HalfOpen {
    pub(in crate::account) token_hash: Vec<u8>,
    pub(in crate::account) account: Uuid,
    pub(in crate::account) code_passed: bool,
    /// Where the person wanted to go.
    pub(in crate::account) next: String,
    pub(in crate::account) ends_at: DateTime<Utc>,
}

pub(in crate::account) async fn insert_step(tx: &mut Tx, step: &HalfOpen) -> sqlx::Result<()> {
    let sql = "INSERT INTO sign_in_step(token_hash, account, code_passed, next, ends_at) VALUES ($1, $2, $3, $4, $5)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(&step.token_hash).bind(step.account).bind(step.code_passed);
        query.bind(&step.next).bind(step.ends_at).execute(c).await.map(drop)
    })
}

pub(in crate::account) async fn find_step(
    db: &Db,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<HalfOpen>> {
    let sql = "SELECT token_hash, account, code_passed, next, ends_at FROM sign_in_step
        WHERE token_hash = $1 AND ends_at > $2";
    on_read!(db, |c| sqlx::query_as(sql).bind(token_hash).bind(now).fetch_optional(c).await)
}

pub(in crate::account) async fn pass_code(tx: &mut Tx, token_hash: &[u8]) -> sqlx::Result<()> {
    let sql = "UPDATE sign_in_step SET code_passed = $2 WHERE token_hash = $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(token_hash).bind(true).execute(c).await.map(drop))
}

/// False when it was used or given up before.
pub(in crate::account) async fn delete_step(tx: &mut Tx, token_hash: &[u8]) -> sqlx::Result<bool> {
    let sql = "DELETE FROM sign_in_step WHERE token_hash = $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(token_hash).execute(c).await.map(|done| done.rows_affected() == 1))
}

pub(in crate::account) async fn delete_steps_of(tx: &mut Tx, account: Uuid) -> sqlx::Result<()> {
    let sql = "DELETE FROM sign_in_step WHERE account = $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(account).execute(c).await.map(drop))
}

/// The code of the first set-up, in place of an earlier one.
pub(in crate::account) async fn save_setup(
    tx: &mut Tx,
    hash: &[u8],
    ends_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO account_setup(one, code_hash, ends_at) VALUES (1, $1, $2)
        ON CONFLICT (one) DO UPDATE SET code_hash = excluded.code_hash, ends_at = excluded.ends_at";
    on_tx!(tx, |c| sqlx::query(sql).bind(hash).bind(ends_at).execute(c).await.map(drop))
}

pub(in crate::account) async fn has_setup(db: &Db, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let sql = "SELECT COUNT(*) FROM account_setup WHERE ends_at > $1";
    let n: i64 = on_read!(db, |c| sqlx::query_scalar(sql).bind(now).fetch_one(c).await)?;
    Ok(n > 0)
}

/// Uses the code up; false when it is another one, or over.
pub(in crate::account) async fn delete_setup(
    tx: &mut Tx,
    hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "DELETE FROM account_setup WHERE code_hash = $1 AND ends_at > $2";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(hash).bind(now);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })
}
