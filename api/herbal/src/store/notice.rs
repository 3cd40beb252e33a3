use chrono::{DateTime, Utc};
use platform::{Db, Tx, on_read, on_tx};
use sqlx::FromRow;
use uuid::Uuid;

use crate::model::Order;

/// What is to reach a hospital.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct Notice {
    /// Of the event.
    pub(crate) id: Uuid,
    pub(crate) prescription_id: Uuid,
    pub(crate) seq: i64,
    pub(crate) tries: i64,
    pub(crate) due_at: DateTime<Utc>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT id, prescription_id, seq, tries, due_at FROM prescription_notice ", $rest)
    };
}

pub(crate) async fn insert_notice(tx: &mut Tx, event: Uuid, order: &Order) -> sqlx::Result<()> {
    let sql = "INSERT INTO prescription_notice(id, prescription_id, institution, seq, state, tries, due_at, changed_at)
        VALUES ($1, $2, $3, $4, 'waiting', 0, $5, $5)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(event).bind(order.id).bind(&order.institution);
        query.bind(order.n_events).bind(order.changed_at).execute(c).await.map(drop)
    })
}

/// The oldest of a prescription that still waits.
pub(crate) async fn find_head(db: &Db, order: Uuid) -> sqlx::Result<Option<Notice>> {
    let sql = select!("WHERE prescription_id = $1 AND state = 'waiting' ORDER BY seq LIMIT 1");
    on_read!(db, |c| sqlx::query_as(sql).bind(order).fetch_optional(c).await)
}

/// What a try came to: state, reason, receipt; false when another worker was first.
pub(crate) async fn update_tried(
    tx: &mut Tx,
    notice: &Notice,
    (state, reason, receipt): (&str, Option<&str>, Option<&str>),
    (now, due_at): (DateTime<Utc>, DateTime<Utc>),
) -> sqlx::Result<bool> {
    let sql = "UPDATE prescription_notice SET state = $2, reason = $3, receipt = $4, tries = tries + 1,
            changed_at = $5, due_at = $6
        WHERE id = $1 AND state = 'waiting' AND tries = $7";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(notice.id).bind(state).bind(reason).bind(receipt);
        let query = query.bind(now).bind(due_at).bind(notice.tries);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

/// Prescriptions with something that should have gone out before a moment.
pub(crate) async fn list_lanes_overdue(db: &Db, before: DateTime<Utc>) -> sqlx::Result<Vec<Uuid>> {
    let sql = "SELECT DISTINCT prescription_id FROM prescription_notice
        WHERE state = 'waiting' AND due_at < $1 LIMIT 1000";
    on_read!(db, |c| sqlx::query_scalar(sql).bind(before).fetch_all(c).await)
}
