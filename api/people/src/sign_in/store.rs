use chrono::{DateTime, Utc};
use platform::{Tx, on_tx};
use sqlx::FromRow;
use uuid::Uuid;

#[derive(FromRow)]
pub(crate) struct StateRow {
    pub(crate) browser_hash: Vec<u8>,
    pub(crate) channel: String,
    pub(crate) next: String,
    pub(crate) joins: Option<Uuid>,
    pub(crate) created_at: DateTime<Utc>,
}

pub(crate) async fn insert_state(tx: &mut Tx, state_hash: &[u8], row: &StateRow) -> sqlx::Result<()> {
    let sql = "INSERT INTO sign_in_state(state_hash, browser_hash, channel, next, joins, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(state_hash).bind(&row.browser_hash).bind(&row.channel);
        query.bind(&row.next).bind(row.joins).bind(row.created_at).execute(c).await.map(drop)
    })
}

/// Takes a state out: whoever comes second finds nothing.
pub(crate) async fn take_state(tx: &mut Tx, state_hash: &[u8]) -> sqlx::Result<Option<StateRow>> {
    let sql = "DELETE FROM sign_in_state WHERE state_hash = $1
        RETURNING browser_hash, channel, next, joins, created_at";
    on_tx!(tx, |c| sqlx::query_as(sql).bind(state_hash).fetch_optional(c).await)
}

pub(super) async fn delete_older(
    tx: &mut Tx,
    states: DateTime<Utc>,
    codes: DateTime<Utc>,
) -> sqlx::Result<u64> {
    on_tx!(tx, |c| {
        let sql = "DELETE FROM sign_in_state WHERE created_at < $1";
        let states = sqlx::query(sql).bind(states).execute(&mut *c).await?.rows_affected();
        let sql = "DELETE FROM sms_code WHERE sent_at < $1";
        let codes = sqlx::query(sql).bind(codes).execute(c).await?.rows_affected();
        Ok(states + codes)
    })
}

/// One sender at a time per phone; SQLite has one writer anyway.
pub(super) async fn lock_phone(tx: &mut Tx, indexes: &[Vec<u8>]) -> sqlx::Result<()> {
    let Tx::Postgres(tx) = tx else { return Ok(()) };
    let Some(key) = indexes.iter().min().and_then(|index| index.first_chunk::<8>()) else { return Ok(()) };
    let sql = "SELECT pg_advisory_xact_lock($1)";
    sqlx::query(sql).bind(i64::from_be_bytes(*key)).execute(&mut **tx).await.map(drop)
}

pub(super) async fn count_codes(tx: &mut Tx, indexes: &[Vec<u8>], since: DateTime<Utc>) -> sqlx::Result<i64> {
    let sql = "SELECT count(*) FROM sms_code WHERE phone_index IN ($1, $3) AND sent_at > $2";
    on_tx!(tx, |c| sqlx::query_scalar(sql)
        .bind(indexes.first())
        .bind(since)
        .bind(indexes.last())
        .fetch_one(c)
        .await)
}

pub(super) async fn insert_code(
    tx: &mut Tx,
    id: Uuid,
    phone_index: &[u8],
    purpose: &str,
    code_hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO sms_code(id, phone_index, purpose, code_hash, sent_at, tries)
        VALUES ($1, $2, $3, $4, $5, 0)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(phone_index).bind(purpose).bind(code_hash);
        query.bind(now).execute(c).await.map(drop)
    })
}

/// Counts a try at the newest code that is still open; gives its id and hash. None when there is none, or when it
/// was tried too often.
pub(super) async fn try_code(
    tx: &mut Tx,
    indexes: &[Vec<u8>],
    purpose: &str,
    since: DateTime<Utc>,
    tries: i64,
) -> sqlx::Result<Option<(Uuid, Vec<u8>)>> {
    let sql = "UPDATE sms_code SET tries = tries + 1 WHERE tries < $4 AND used_at IS NULL AND id = (
            SELECT id FROM sms_code WHERE phone_index IN ($1, $5) AND purpose = $2 AND sent_at > $3
            ORDER BY sent_at DESC, id DESC LIMIT 1)
        RETURNING id, code_hash";
    on_tx!(tx, |c| {
        let query = sqlx::query_as(sql).bind(indexes.first()).bind(purpose).bind(since).bind(tries);
        let query = query.bind(indexes.last());
        query.fetch_optional(c).await
    })
}

pub(super) async fn use_code(tx: &mut Tx, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let sql = "UPDATE sms_code SET used_at = $2 WHERE id = $1 AND used_at IS NULL";
    on_tx!(tx, |c| sqlx::query(sql).bind(id).bind(now).execute(c).await.map(|done| done.rows_affected() == 1))
}
