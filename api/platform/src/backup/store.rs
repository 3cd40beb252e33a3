use std::path::Path;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Kind, Made};
use crate::{App, Db, Tx, on_read, on_tx};

/// A backup as the list knows it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Entry {
    pub id: Uuid,
    /// As [`Kind::name`].
    pub kind: String,
    pub file: String,
    pub made_by: String,
    pub begun_at: DateTime<Utc>,
    /// None while it is being made, or when that was broken off.
    pub ended_at: Option<DateTime<Utc>>,
    pub n_bytes: Option<i64>,
    pub n_rows: Option<i64>,
    pub hash: Option<String>,
    pub checked_at: Option<DateTime<Utc>>,
    pub fault: Option<String>,
    pub removed_at: Option<DateTime<Utc>>,
}

/// Newest first.
pub async fn list(db: &Db, limit: i64) -> sqlx::Result<Vec<Entry>> {
    let sql = "SELECT * FROM backup_log ORDER BY begun_at DESC, id DESC LIMIT $1";
    on_read!(db, |c| sqlx::query_as(sql).bind(limit).fetch_all(c).await)
}

pub async fn find(db: &Db, id: Uuid) -> sqlx::Result<Option<Entry>> {
    let sql = "SELECT * FROM backup_log WHERE id = $1";
    on_read!(db, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)
}

pub(super) async fn begin(app: &App, id: Uuid, kind: Kind, path: &Path, by: &str) -> sqlx::Result<()> {
    let sql = "INSERT INTO backup_log(id, kind, file, made_by, begun_at) VALUES ($1, $2, $3, $4, $5)";
    let mut tx = app.db.begin().await?;
    on_tx!(&mut tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(kind.name()).bind(shown(path)).bind(by);
        query.bind(app.now()).execute(c).await.map(drop)
    })?;
    tx.commit().await
}

/// It was made and read back.
pub(super) async fn end(tx: &mut Tx, id: Uuid, made: &Made, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE backup_log SET ended_at = $2, checked_at = $2, n_bytes = $3, n_rows = $4, hash = $5
        WHERE id = $1";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(now).bind(number(made.bytes));
        query.bind(number(made.manifest.rows())).bind(&made.sm3).execute(c).await.map(drop)
    })
}

pub(super) async fn insert_ended(
    tx: &mut Tx,
    id: Uuid,
    kind: Kind,
    by: &str,
    made: &Made,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO backup_log(id, kind, file, made_by, begun_at, ended_at, checked_at, n_bytes, n_rows, hash)
        VALUES ($1, $2, $3, $4, $5, $5, $5, $6, $7, $8)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(kind.name()).bind(shown(&made.path)).bind(by).bind(now);
        let query = query.bind(number(made.bytes)).bind(number(made.manifest.rows())).bind(&made.sm3);
        query.execute(c).await.map(drop)
    })
}

pub(super) async fn fail(tx: &mut Tx, id: Uuid, fault: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE backup_log SET ended_at = $2, fault = $3 WHERE id = $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(id).bind(now).bind(fault).execute(c).await.map(drop))
}

pub(super) async fn set_checked(
    tx: &mut Tx,
    id: Uuid,
    fault: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE backup_log SET checked_at = $2, fault = $3 WHERE id = $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(id).bind(now).bind(fault).execute(c).await.map(drop))
}

/// Sound scheduled backups beyond the newest `keep`.
pub(super) async fn list_surplus(db: &Db, keep: usize) -> sqlx::Result<Vec<Entry>> {
    let sql = "SELECT * FROM backup_log
        WHERE kind = 'schedule' AND ended_at IS NOT NULL AND fault IS NULL AND removed_at IS NULL
        ORDER BY begun_at DESC, id DESC";
    let all: Vec<Entry> = on_read!(db, |c| sqlx::query_as(sql).fetch_all(c).await)?;
    Ok(all.into_iter().skip(keep.max(1)).collect())
}

pub(super) async fn set_removed(db: &Db, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE backup_log SET removed_at = $2 WHERE id = $1";
    let mut tx = db.begin().await?;
    on_tx!(&mut tx, |c| sqlx::query(sql).bind(id).bind(now).execute(c).await.map(drop))?;
    tx.commit().await
}

fn shown(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
