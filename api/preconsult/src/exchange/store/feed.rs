use gateways::signature;
use platform::{App, on_read, on_tx};
use uuid::Uuid;

use crate::PreconsultError;

/// Removes words of calls nobody can repeat any more.
pub(in crate::exchange) async fn sweep(app: &App) -> Result<(), PreconsultError> {
    let sql = "DELETE FROM feed_nonce WHERE used_at < $1";
    let mut tx = app.db.begin().await?;
    let since = app.now() - signature::TOLERANCE * 3;
    on_tx!(&mut tx, |c| sqlx::query(sql).bind(since).execute(c).await.map(drop))?;
    Ok(tx.commit().await?)
}

/// Uses up the word of a call; false when it was used before.
pub(in crate::exchange) async fn spend(
    app: &App,
    institution: &str,
    nonce: &str,
) -> Result<bool, PreconsultError> {
    let sql =
        "INSERT INTO feed_nonce(institution, nonce, used_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let mut tx = app.db.begin().await?;
    let is_new = on_tx!(&mut tx, |c| {
        let query = sqlx::query(sql).bind(institution).bind(nonce).bind(app.now());
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })?;
    tx.commit().await?;
    Ok(is_new)
}

/// One more than asked for, to see whether there are more.
pub(in crate::exchange) async fn list_entries(
    app: &App,
    institution: &str,
    after: i64,
    limit: usize,
) -> Result<Vec<(i64, Uuid)>, PreconsultError> {
    let sql = "SELECT position, consultation_id FROM feed_entry
        WHERE institution = $1 AND position > $2 ORDER BY position LIMIT $3";
    let most = i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1;
    Ok(on_read!(&app.db, |c| {
        sqlx::query_as(sql).bind(institution).bind(after).bind(most).fetch_all(c).await
    })?)
}
