use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{FromRow, types::Json};
use uuid::Uuid;

use super::Principal;
use crate::{App, Db, Tx, on_read, on_tx};

#[derive(FromRow)]
struct Row {
    principal: Json<Principal>,
    seen_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

pub(super) async fn insert(
    tx: &mut Tx,
    token_hash: &[u8],
    principal: &Principal,
    now: DateTime<Utc>,
    ends_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO session(token_hash, principal_id, principal, begun_at, seen_at, ends_at)
        VALUES ($1, $2, $3, $4, $4, $5)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(token_hash).bind(principal.id()).bind(Json(principal));
        query.bind(now).bind(ends_at).execute(c).await.map(drop)
    })
}

/// The principal of a session that is neither idle for too long nor over; notes that it was seen, once a minute.
pub(super) async fn find_open(app: &App, token_hash: &[u8]) -> sqlx::Result<Option<Principal>> {
    let Some(row) = find(&app.db, token_hash).await? else {
        return Ok(None);
    };
    let (now, idle) = (app.now(), TimeDelta::minutes(app.config.session_idle_minutes.into()));
    if now >= row.ends_at || now - row.seen_at >= idle {
        return Ok(None);
    }
    if now - row.seen_at >= TimeDelta::minutes(1) {
        update_seen(&app.db, token_hash, now).await?;
    }
    Ok(Some(row.principal.0))
}

async fn find(db: &Db, token_hash: &[u8]) -> sqlx::Result<Option<Row>> {
    let sql = "SELECT principal, seen_at, ends_at FROM session WHERE token_hash = $1";
    on_read!(db, |c| sqlx::query_as(sql).bind(token_hash).fetch_optional(c).await)
}

async fn update_seen(db: &Db, token_hash: &[u8], now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE session SET seen_at = $2 WHERE token_hash = $1";
    let mut tx = db.begin().await?;
    on_tx!(&mut tx, |c| sqlx::query(sql).bind(token_hash).bind(now).execute(c).await.map(drop))?;
    tx.commit().await
}

pub(super) async fn delete(tx: &mut Tx, token_hash: &[u8]) -> sqlx::Result<()> {
    let sql = "DELETE FROM session WHERE token_hash = $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(token_hash).execute(c).await.map(drop))
}

/// Ends all sessions of a person, as when rights or a password change.
pub async fn delete_of(tx: &mut Tx, principal: Uuid) -> sqlx::Result<u64> {
    let sql = "DELETE FROM session WHERE principal_id = $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(principal).execute(c).await.map(|done| done.rows_affected()))
}

/// Removes sessions that are over.
pub async fn delete_ended(tx: &mut Tx, now: DateTime<Utc>) -> sqlx::Result<u64> {
    let sql = "DELETE FROM session WHERE ends_at <= $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(now).execute(c).await.map(|done| done.rows_affected()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{db::test_support::on_each_database, session};

    async fn open(app: &App, id: Uuid) -> Vec<u8> {
        let mut tx = app.db.begin().await.unwrap();
        let cookie = session::begin(&mut tx, app, &Principal::Resident { id }).await.unwrap();
        tx.commit().await.unwrap();
        assert!(cookie.http_only().unwrap() && cookie.value().len() == 64);
        crate::crypto::sm3(cookie.value()).to_vec()
    }

    #[tokio::test]
    async fn sessions_end_when_idle_and_in_any_case() {
        on_each_database(&[], async |bench| {
            let id = bench.new_id();
            let token = open(bench, id).await;
            for _ in 0..12 {
                bench.clock.advance(TimeDelta::minutes(59));
                assert_eq!(find_open(bench, &token).await.unwrap(), Some(Principal::Resident { id }));
            }
            bench.clock.advance(TimeDelta::minutes(12));
            assert_eq!(find_open(bench, &token).await.unwrap(), None, "12 hours are over");

            let token = open(bench, id).await;
            bench.clock.advance(TimeDelta::minutes(60));
            assert_eq!(find_open(bench, &token).await.unwrap(), None, "idle");
        })
        .await;
    }

    #[tokio::test]
    async fn sessions_of_a_person_can_be_ended() {
        on_each_database(&[], async |bench| {
            let (id, other) = (bench.new_id(), bench.new_id());
            let (token, others) = (open(bench, id).await, open(bench, other).await);
            let mut tx = bench.db.begin().await.unwrap();
            assert_eq!(delete_of(&mut tx, id).await.unwrap(), 1);
            assert_eq!(delete_ended(&mut tx, bench.now()).await.unwrap(), 0);
            tx.commit().await.unwrap();
            assert_eq!(find_open(bench, &token).await.unwrap(), None);
            assert!(find_open(bench, &others).await.unwrap().is_some());
        })
        .await;
    }
}
