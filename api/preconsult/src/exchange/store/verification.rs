use chrono::{DateTime, Utc};
use platform::{App, Tx, on_read, on_tx};
use uuid::Uuid;

use crate::{PreconsultError, exchange::verification::Verified};

pub(crate) async fn find(app: &App, consultation: Uuid) -> Result<Option<Verified>, PreconsultError> {
    let sql = "SELECT verified_by, verified_at FROM consultation_verification WHERE consultation_id = $1";
    let row: Option<(Uuid, DateTime<Utc>)> =
        on_read!(&app.db, |c| sqlx::query_as(sql).bind(consultation).fetch_optional(c).await)?;
    Ok(row.map(|(by, at)| Verified { by, at }))
}

/// The first time counts.
pub(in crate::exchange) async fn insert(
    app: &App,
    tx: &mut Tx,
    consultation: Uuid,
    by: Uuid,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO consultation_verification(consultation_id, verified_by, verified_at)
        VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    on_tx!(tx, |c| sqlx::query(sql).bind(consultation).bind(by).bind(app.now()).execute(c).await.map(drop))
}
