//! How far registrations were taken over.

use chrono::{DateTime, Utc};
use platform::{App, on_read, on_tx};

use crate::PreconsultError;

/// How far an institution's registrations were taken over.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::exchange) struct Progress {
    pub(in crate::exchange) institution: String,
    pub(in crate::exchange) cursor: Option<String>,
    pub(in crate::exchange) tried_at: DateTime<Utc>,
    pub(in crate::exchange) fault: Option<String>,
}

pub(in crate::exchange) async fn find(
    app: &App,
    institution: &str,
) -> Result<Option<Progress>, PreconsultError> {
    let sql = "SELECT * FROM registration_sync WHERE institution = $1";
    Ok(on_read!(&app.db, |c| sqlx::query_as(sql).bind(institution).fetch_optional(c).await)?)
}

/// Of every institution that was asked.
pub(in crate::exchange) async fn list(app: &App) -> Result<Vec<Progress>, PreconsultError> {
    let sql = "SELECT * FROM registration_sync ORDER BY institution";
    Ok(on_read!(&app.db, |c| sqlx::query_as(sql).fetch_all(c).await)?)
}

pub(in crate::exchange) async fn save(
    app: &App,
    institution: &str,
    cursor: &str,
) -> Result<(), PreconsultError> {
    let sql = "INSERT INTO registration_sync(institution, cursor, tried_at) VALUES ($1, $2, $3)
        ON CONFLICT (institution) DO UPDATE SET cursor = excluded.cursor, tried_at = excluded.tried_at, fault = NULL";
    let mut tx = app.db.begin().await?;
    on_tx!(&mut tx, |c| {
        sqlx::query(sql).bind(institution).bind(cursor).bind(app.now()).execute(c).await.map(drop)
    })?;
    Ok(tx.commit().await?)
}

pub(in crate::exchange) async fn note_fault(
    app: &App,
    institution: &str,
    fault: &str,
) -> Result<(), PreconsultError> {
    let sql = "INSERT INTO registration_sync(institution, tried_at, fault) VALUES ($1, $2, $3)
        ON CONFLICT (institution) DO UPDATE SET tried_at = excluded.tried_at, fault = excluded.fault";
    let mut tx = app.db.begin().await?;
    on_tx!(&mut tx, |c| {
        sqlx::query(sql).bind(institution).bind(app.now()).bind(fault).execute(c).await.map(drop)
    })?;
    Ok(tx.commit().await?)
}
