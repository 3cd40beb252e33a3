use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;

use super::{Job, New};
use crate::{Db, Tx, on_read, on_tx};

/// A job that was given up.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Dead {
    pub id: Uuid,
    pub kind: String,
    pub tries: i64,
    pub fault: Option<String>,
    pub ended_at: Option<DateTime<Utc>>,
}

pub(super) async fn insert(
    tx: &mut Tx,
    id: Uuid,
    new: New<'_>,
    payload: &Value,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "INSERT INTO job(id, kind, lane, unique_key, payload, state, due_at, fence, tries, created_at)
        VALUES ($1, $2, $3, $4, $5, 'waiting', $6, 0, 0, $7) ON CONFLICT DO NOTHING";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(new.kind).bind(new.lane).bind(new.unique_key);
        let done = query.bind(payload).bind(new.due_at).bind(now).execute(c).await;
        done.map(|done| done.rows_affected() == 1)
    })
}

macro_rules! claim_sql {
    ($lock:literal) => {
        concat!(
            "UPDATE job SET leased_until = $2, fence = fence + 1, tries = tries + 1 WHERE seq IN (
                SELECT j.seq FROM job j
                WHERE j.state = 'waiting' AND j.due_at <= $1
                    AND (j.leased_until IS NULL OR j.leased_until <= $1)
                    AND NOT EXISTS (SELECT 1 FROM job b WHERE b.kind = j.kind AND b.lane = j.lane
                        AND b.seq < j.seq AND b.state = 'waiting')
                ORDER BY j.due_at, j.seq LIMIT $3 ",
            $lock,
            ") RETURNING seq, id, kind, lane, payload, tries, fence"
        )
    };
}

/// Takes up to `most` due jobs, none of a lane that has an older one waiting, until `until`.
pub(super) async fn claim(
    tx: &mut Tx,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    most: i64,
) -> sqlx::Result<Vec<Job>> {
    const SQLITE: &str = claim_sql!("");
    const POSTGRES: &str = claim_sql!("FOR UPDATE SKIP LOCKED");
    let sql = if tx.is_postgres() { POSTGRES } else { SQLITE };
    let mut jobs: Vec<Job> =
        on_tx!(tx, |c| sqlx::query_as(sql).bind(now).bind(until).bind(most).fetch_all(c).await)?;
    jobs.sort_by_key(|job| job.seq);
    Ok(jobs)
}

/// Keeps a claimed job; false when another worker has it.
pub(super) async fn extend(tx: &mut Tx, job: &Job, until: DateTime<Utc>) -> sqlx::Result<bool> {
    let sql = "UPDATE job SET leased_until = $1 WHERE seq = $2 AND fence = $3 AND state = 'waiting'";
    on_tx!(tx, |c| {
        let done = sqlx::query(sql).bind(until).bind(job.seq).bind(job.fence).execute(c).await;
        done.map(|done| done.rows_affected() == 1)
    })
}

/// Ends a claimed job as `done` or `dead`; false when another worker has it.
pub(super) async fn end(
    tx: &mut Tx,
    job: &Job,
    state: &str,
    fault: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "UPDATE job SET state = $1, fault = $2, ended_at = $3, leased_until = NULL
        WHERE seq = $4 AND fence = $5 AND state = 'waiting'";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(state).bind(fault).bind(now).bind(job.seq).bind(job.fence);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

/// Gives a claimed job back for another try; false when another worker has it.
pub(super) async fn put_back(
    tx: &mut Tx,
    job: &Job,
    fault: &str,
    due_at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "UPDATE job SET due_at = $1, fault = $2, leased_until = NULL
        WHERE seq = $3 AND fence = $4 AND state = 'waiting'";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(due_at).bind(fault).bind(job.seq).bind(job.fence);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

/// Jobs that were given up, newest first.
pub async fn list_dead(db: &Db, limit: i64) -> sqlx::Result<Vec<Dead>> {
    let sql = "SELECT id, kind, tries, fault, ended_at FROM job WHERE state = 'dead'
        ORDER BY ended_at DESC, seq DESC LIMIT $1";
    on_read!(db, |c| sqlx::query_as(sql).bind(limit).fetch_all(c).await)
}

/// Lets a job that was given up run again, with all its tries; false when it is not dead.
pub async fn revive(tx: &mut Tx, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let sql = "UPDATE job SET state = 'waiting', tries = 0, due_at = $1, ended_at = NULL
        WHERE id = $2 AND state = 'dead'";
    on_tx!(tx, |c| {
        let done = sqlx::query(sql).bind(now).bind(id).execute(c).await;
        done.map(|done| done.rows_affected() == 1)
    })
}

/// Lets the waiting jobs of a kind and lane run now rather than later; gives how many there are.
pub async fn hasten(tx: &mut Tx, kind: &str, lane: &str, now: DateTime<Utc>) -> sqlx::Result<u64> {
    let sql =
        "UPDATE job SET due_at = $1 WHERE kind = $2 AND lane = $3 AND state = 'waiting' AND due_at > $1";
    on_tx!(tx, |c| {
        let done = sqlx::query(sql).bind(now).bind(kind).bind(lane).execute(c).await;
        done.map(|done| done.rows_affected())
    })
}

/// Removes jobs that were done before a moment; gives how many.
pub async fn delete_ended(tx: &mut Tx, before: DateTime<Utc>) -> sqlx::Result<u64> {
    let sql = "DELETE FROM job WHERE state = 'done' AND ended_at < $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(before).execute(c).await.map(|done| done.rows_affected()))
}
