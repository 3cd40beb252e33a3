use std::collections::HashMap;

use platform::{App, Tx, crypto::Sealed, on_read, on_tx};
use sqlx::FromRow;
use uuid::Uuid;

use super::{opened_json, sealed_json};
use crate::{PreconsultError, model::Readings};

const TABLE: &str = "health_reading";
const COLUMN: &str = "articles";

#[derive(FromRow)]
struct Row {
    id: Uuid,
    version: i64,
    articles: Sealed,
}

/// What a resident read, with its version; 0 when nothing is kept.
pub(crate) async fn find_readings(app: &App, resident: Uuid) -> Result<(i64, Readings), PreconsultError> {
    let sql = "SELECT id, version, articles FROM health_reading WHERE resident_id = $1";
    let row: Option<Row> = on_read!(&app.db, |c| sqlx::query_as(sql).bind(resident).fetch_optional(c).await)?;
    match row {
        Some(row) => Ok((row.version, opened_json(app, TABLE, COLUMN, row.id, &row.articles)?)),
        None => Ok((0, Readings::default())),
    }
}

/// Keeps them under the next version; refused when another request was first.
pub(crate) async fn update_readings(
    app: &App,
    tx: &mut Tx,
    resident: Uuid,
    version: i64,
    readings: &Readings,
) -> Result<(), PreconsultError> {
    let sql = "INSERT INTO health_reading(resident_id, id, version, articles, updated_at)
        VALUES ($1, $2, $3 + 1, $4, $5)
        ON CONFLICT (resident_id) DO UPDATE SET id = excluded.id, version = excluded.version,
            articles = excluded.articles, updated_at = excluded.updated_at
        WHERE health_reading.version = $3";
    let id = app.new_id();
    let articles = sealed_json(app, TABLE, COLUMN, id, readings)?;
    let changed = on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(resident).bind(id).bind(version).bind(&articles).bind(app.now());
        query.execute(c).await.map(|done| done.rows_affected())
    })?;
    if changed == 0 { Err(PreconsultError::Raced) } else { Ok(()) }
}

/// Forgets what a resident read.
pub(crate) async fn delete_readings(tx: &mut Tx, resident: Uuid) -> Result<(), PreconsultError> {
    let sql = "DELETE FROM health_reading WHERE resident_id = $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(resident).execute(c).await.map(drop))?;
    Ok(())
}

/// What everybody thought: useful and useless, by article.
pub(crate) async fn list_tallies(app: &App) -> Result<HashMap<String, (i64, i64)>, PreconsultError> {
    let sql = "SELECT article, useful, useless FROM health_tally";
    let rows: Vec<(String, i64, i64)> = on_read!(&app.db, |c| sqlx::query_as(sql).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(article, useful, useless)| (article, (useful, useless))).collect())
}

/// Adds to the opinions of an article, or takes from them.
pub(crate) async fn update_tally(
    tx: &mut Tx,
    article: &str,
    (useful, useless): (i64, i64),
) -> Result<(), PreconsultError> {
    let insert = "INSERT INTO health_tally(article) VALUES ($1) ON CONFLICT DO NOTHING";
    let update = "UPDATE health_tally SET useful = useful + $2, useless = useless + $3 WHERE article = $1";
    on_tx!(tx, |c| {
        sqlx::query(insert).bind(article).execute(&mut *c).await?;
        sqlx::query(update).bind(article).bind(useful).bind(useless).execute(c).await.map(drop)
    })?;
    Ok(())
}
