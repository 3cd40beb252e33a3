use chrono::{DateTime, Utc};
use platform::{App, Db, Tx, bind_all, crypto::Sealed, db::Conditions, on_read, on_tx};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::{opened, sealed, unknown};
use crate::{
    HerbalError,
    model::{Decision, Review, Verdict},
};

const NOTE: (&str, &str) = ("prescription_verdict", "note");
const REVIEW_NOTE: (&str, &str) = ("prescription_verdict", "review_note");
/// Most rows of the list of the next day.
const MOST: i64 = 500;

#[derive(FromRow)]
struct Row {
    verdict: String,
    auditor: Option<Uuid>,
    reasons: String,
    note: Option<Sealed>,
    decided_at: DateTime<Utc>,
    reviewed_by: Option<Uuid>,
    reviewed_at: Option<DateTime<Utc>>,
    is_sound: Option<bool>,
    review_note: Option<Sealed>,
}

/// Writes the verdict of a version; false when it has one.
pub(crate) async fn insert_verdict(
    app: &App,
    tx: &mut Tx,
    version: Uuid,
    verdict: &Verdict,
) -> sqlx::Result<bool> {
    let sql = "INSERT INTO prescription_verdict(version_id, verdict, auditor, reasons, note, decided_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let note = (!verdict.note.is_empty()).then(|| sealed(app, NOTE, version, &verdict.note));
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(version).bind(verdict.decision.name()).bind(verdict.auditor);
        let query = query.bind(verdict.reasons.join(" ")).bind(&note).bind(verdict.decided_at);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

pub(crate) async fn find_verdict(app: &App, db: &Db, version: Uuid) -> Result<Option<Verdict>, HerbalError> {
    let sql =
        "SELECT verdict, auditor, reasons, note, decided_at, reviewed_by, reviewed_at, is_sound, review_note
        FROM prescription_verdict WHERE version_id = $1";
    let row: Option<Row> = on_read!(db, |c| sqlx::query_as(sql).bind(version).fetch_optional(c).await)?;
    let Some(row) = row else { return Ok(None) };
    let text = |place, sealed: Option<Sealed>| {
        sealed.map_or(Ok(String::new()), |sealed| opened(app, place, version, &sealed))
    };
    let review = match (row.reviewed_by, row.reviewed_at, row.is_sound) {
        (Some(by), Some(at), Some(is_sound)) => {
            Some(Review { by, at, is_sound, note: text(REVIEW_NOTE, row.review_note)? })
        }
        _ => None,
    };
    Ok(Some(Verdict {
        decision: Decision::named(&row.verdict).ok_or_else(|| unknown("verdict"))?,
        auditor: row.auditor,
        reasons: row.reasons.split_whitespace().map(ToOwned::to_owned).collect(),
        note: text(NOTE, row.note)?,
        decided_at: row.decided_at,
        review,
    }))
}

/// Prescriptions within reach that passed by time-out and were not looked at since, oldest first: prescription, version,
/// moment.
pub(crate) async fn list_unreviewed(
    db: &Db,
    reach: &Conditions,
) -> sqlx::Result<Vec<(Uuid, i64, DateTime<Utc>)>> {
    let sql = format!(
        "SELECT v.prescription_id, v.version, d.decided_at FROM prescription_verdict d
            JOIN prescription_version v ON v.id = d.version_id
        WHERE d.verdict = 'timed_out' AND d.reviewed_at IS NULL
            AND v.prescription_id IN (SELECT id FROM prescription WHERE {})
        ORDER BY d.decided_at, v.id LIMIT {MOST}",
        reach.sql()
    );
    on_read!(db, |c| bind_all!(sqlx::query_as(AssertSqlSafe(sql)), reach).fetch_all(c).await)
}

/// Writes what the look afterwards came to; false when somebody did before.
pub(crate) async fn update_reviewed(
    app: &App,
    tx: &mut Tx,
    version: Uuid,
    review: &Review,
) -> sqlx::Result<bool> {
    let sql =
        "UPDATE prescription_verdict SET reviewed_by = $2, reviewed_at = $3, is_sound = $4, review_note = $5
        WHERE version_id = $1 AND verdict = 'timed_out' AND reviewed_at IS NULL";
    let note = (!review.note.is_empty()).then(|| sealed(app, REVIEW_NOTE, version, &review.note));
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(version).bind(review.by).bind(review.at).bind(review.is_sound);
        query.bind(&note).execute(c).await.map(|done| done.rows_affected() == 1)
    })
}
