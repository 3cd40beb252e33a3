use chrono::{DateTime, Utc};
use platform::{Db, Tx, on_read, on_tx};
use sqlx::FromRow;
use uuid::Uuid;

/// A check of the whole chain.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(super) struct Check {
    pub(super) id: Uuid,
    pub(super) begun_at: DateTime<Utc>,
    pub(super) begun_by: String,
    /// When it last said how far it is.
    pub(super) seen_at: DateTime<Utc>,
    pub(super) rows_checked: i64,
    pub(super) rows_all: i64,
    pub(super) ended_at: Option<DateTime<Utc>>,
    /// The first row that is not as it was written.
    pub(super) broken_at: Option<i64>,
    pub(super) fault: Option<String>,
}

/// Newest first.
pub(super) async fn list_checks(db: &Db, limit: i64) -> sqlx::Result<Vec<Check>> {
    let sql = "SELECT * FROM audit_check ORDER BY begun_at DESC, id DESC LIMIT $1";
    on_read!(db, |c| sqlx::query_as(sql).bind(limit).fetch_all(c).await)
}

pub(super) async fn insert_check(tx: &mut Tx, check: &Check) -> sqlx::Result<()> {
    let sql = "INSERT INTO audit_check(id, begun_at, begun_by, seen_at, rows_checked, rows_all)
        VALUES ($1, $2, $3, $4, $5, $6)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(check.id).bind(check.begun_at).bind(&check.begun_by);
        let query = query.bind(check.seen_at).bind(check.rows_checked).bind(check.rows_all);
        query.execute(c).await.map(drop)
    })
}

pub(super) async fn update_check(tx: &mut Tx, check: &Check) -> sqlx::Result<()> {
    let sql = "UPDATE audit_check SET seen_at = $2, rows_checked = $3, rows_all = $4, ended_at = $5,
            broken_at = $6, fault = $7
        WHERE id = $1";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(check.id).bind(check.seen_at).bind(check.rows_checked);
        let query = query.bind(check.rows_all).bind(check.ended_at).bind(check.broken_at);
        query.bind(&check.fault).execute(c).await.map(drop)
    })
}
