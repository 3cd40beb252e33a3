use chrono::{DateTime, Utc};
use engine::Record;
use platform::{App, Tx, crypto::Sealed, on_read, on_tx};
use sqlx::FromRow;
use uuid::Uuid;

use super::{opened, opened_json, sealed, sealed_json};
use crate::{
    PreconsultError,
    model::{Amendment, Assessment, Part, StoredRecord},
};

const TABLE: &str = "consultation_record";
const AMENDMENTS: &str = "consultation_amendment";

#[derive(FromRow)]
struct Row {
    id: Uuid,
    version: i64,
    record: Sealed,
    created_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct AmendmentRow {
    id: Uuid,
    section: String,
    before: Sealed,
    after: Sealed,
    amended_by: Uuid,
    amended_at: DateTime<Utc>,
}

impl AmendmentRow {
    fn open(self, app: &App) -> Result<Amendment, PreconsultError> {
        let unknown = || sqlx::Error::Decode("unknown section of a record".into());
        Ok(Amendment {
            part: Part::named(&self.section).ok_or_else(unknown)?,
            before: opened(app, AMENDMENTS, "before", self.id, &self.before)?,
            after: opened(app, AMENDMENTS, "after", self.id, &self.after)?,
            by: self.amended_by,
            at: self.amended_at,
        })
    }
}

/// Adds the next version of a consultation's record.
pub(crate) async fn insert_record(
    app: &App,
    tx: &mut Tx,
    consultation: Uuid,
    record: &Record,
    assessment: &Assessment,
) -> Result<(), PreconsultError> {
    let sql = "INSERT INTO consultation_record(id, consultation_id, version, record, assessment, created_at)
        VALUES ($1, $2, (SELECT COALESCE(MAX(version), 0) + 1 FROM consultation_record WHERE consultation_id = $2),
            $3, $4, $5)";
    let id = app.new_id();
    let record = sealed_json(app, TABLE, "record", id, record)?;
    let assessment = sealed_json(app, TABLE, "assessment", id, assessment)?;
    on_tx!(tx, |c| {
        let query =
            sqlx::query(sql).bind(id).bind(consultation).bind(&record).bind(&assessment).bind(app.now());
        query.execute(c).await.map(drop)
    })?;
    Ok(())
}

/// The latest record with its changes. The assessment stays closed: see [`find_assessment`].
pub(crate) async fn find_record(
    app: &App,
    consultation: Uuid,
) -> Result<Option<StoredRecord>, PreconsultError> {
    let sql = "SELECT id, version, record, created_at FROM consultation_record WHERE consultation_id = $1
        ORDER BY version DESC LIMIT 1";
    let row: Option<Row> =
        on_read!(&app.db, |c| sqlx::query_as(sql).bind(consultation).fetch_optional(c).await)?;
    let Some(row) = row else { return Ok(None) };
    let changes = "SELECT id, section, before, after, amended_by, amended_at FROM consultation_amendment
        WHERE record_id = $1 ORDER BY amended_at, id";
    let amendments: Vec<AmendmentRow> =
        on_read!(&app.db, |c| sqlx::query_as(changes).bind(row.id).fetch_all(c).await)?;
    Ok(Some(StoredRecord {
        id: row.id,
        version: row.version,
        record: opened_json(app, TABLE, "record", row.id, &row.record)?,
        archive: crate::exchange::archive::sentences(app, consultation).await?,
        amendments: amendments.into_iter().map(|amendment| amendment.open(app)).collect::<Result<_, _>>()?,
        created_at: row.created_at,
    }))
}

/// What goes with a record for the doctor.
pub(crate) async fn find_assessment(app: &App, record: Uuid) -> Result<Assessment, PreconsultError> {
    let sql = "SELECT assessment FROM consultation_record WHERE id = $1";
    let assessment: Sealed = on_read!(&app.db, |c| sqlx::query_scalar(sql).bind(record).fetch_one(c).await)?;
    opened_json(app, TABLE, "assessment", record, &assessment)
}

pub(crate) async fn insert_amendment(
    app: &App,
    tx: &mut Tx,
    record: Uuid,
    amendment: &Amendment,
) -> Result<(), PreconsultError> {
    let sql =
        "INSERT INTO consultation_amendment(id, record_id, section, before, after, amended_by, amended_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let id = app.new_id();
    let before = sealed(app, AMENDMENTS, "before", id, &amendment.before);
    let after = sealed(app, AMENDMENTS, "after", id, &amendment.after);
    on_tx!(tx, |c| {
        let query =
            sqlx::query(sql).bind(id).bind(record).bind(amendment.part.name()).bind(&before).bind(&after);
        query.bind(amendment.by).bind(amendment.at).execute(c).await.map(drop)
    })?;
    Ok(())
}
