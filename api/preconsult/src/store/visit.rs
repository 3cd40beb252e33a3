use chrono::{DateTime, Utc};
use platform::{App, Tx, crypto::Sealed, on_read, on_tx};
use sqlx::FromRow;
use uuid::Uuid;

use super::{opened_json, sealed_json};
use crate::{
    PreconsultError,
    model::{EntryKind, Visit, VisitState},
    statistics,
};

const TABLE: &str = "visit";
const COLUMN: &str = "intake";

#[derive(FromRow)]
struct Row {
    id: Uuid,
    resident_id: Uuid,
    institution: String,
    department: String,
    doctor_id: Option<Uuid>,
    number: String,
    intake: Sealed,
    scheduled_at: DateTime<Utc>,
    entry: String,
    state: String,
}

impl Row {
    fn open(self, app: &App) -> Result<Visit, PreconsultError> {
        let unknown = |what: &str| sqlx::Error::Decode(format!("unknown {what} of a visit").into());
        Ok(Visit {
            id: self.id,
            resident: self.resident_id,
            institution: self.institution,
            department: self.department,
            doctor: self.doctor_id,
            number: self.number,
            intake: opened_json(app, TABLE, COLUMN, self.id, &self.intake)?,
            scheduled_at: self.scheduled_at,
            entry: EntryKind::named(&self.entry).ok_or_else(|| unknown("entry"))?,
            state: VisitState::named(&self.state).ok_or_else(|| unknown("state"))?,
        })
    }
}

/// Adds a registration; false when its institution has one under that number.
pub(crate) async fn insert_visit(app: &App, tx: &mut Tx, visit: &Visit) -> Result<bool, PreconsultError> {
    let sql =
        "INSERT INTO visit(id, resident_id, institution, department, doctor_id, number, intake, scheduled_at,
            entry, state, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) ON CONFLICT DO NOTHING";
    let intake = sealed_json(app, TABLE, COLUMN, visit.id, &visit.intake)?;
    Ok(on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(visit.id).bind(visit.resident).bind(&visit.institution);
        let query = query.bind(&visit.department).bind(visit.doctor).bind(&visit.number).bind(&intake);
        let query = query.bind(visit.scheduled_at).bind(visit.entry.name()).bind(visit.state.name());
        query.bind(app.now()).execute(c).await.map(|done| done.rows_affected() == 1)
    })?)
}

/// Brings a registration up to what its HIS says now.
pub(crate) async fn update_visit(app: &App, tx: &mut Tx, visit: &Visit) -> Result<(), PreconsultError> {
    let sql = "UPDATE visit SET department = $2, doctor_id = $3, intake = $4, scheduled_at = $5, state = $6,
            updated_at = $7
        WHERE id = $1";
    let intake = sealed_json(app, TABLE, COLUMN, visit.id, &visit.intake)?;
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(visit.id).bind(&visit.department).bind(visit.doctor).bind(&intake);
        let query = query.bind(visit.scheduled_at).bind(visit.state.name()).bind(app.now());
        query.execute(c).await.map(drop)
    })?;
    Ok(statistics::insert_due_of_visit(app, tx, visit.id).await?)
}

pub(crate) async fn find_visit(app: &App, id: Uuid) -> Result<Option<Visit>, PreconsultError> {
    let sql = "SELECT * FROM visit WHERE id = $1";
    let row: Option<Row> = on_read!(&app.db, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
    row.map(|row| row.open(app)).transpose()
}

pub(crate) async fn find_visit_numbered(
    app: &App,
    institution: &str,
    number: &str,
) -> Result<Option<Visit>, PreconsultError> {
    let sql = "SELECT * FROM visit WHERE institution = $1 AND number = $2";
    let row: Option<Row> = on_read!(&app.db, |c| {
        sqlx::query_as(sql).bind(institution).bind(number).fetch_optional(c).await
    })?;
    row.map(|row| row.open(app)).transpose()
}

/// A resident's registrations from a moment on that stand, soonest first.
pub(crate) async fn list_visits(
    app: &App,
    resident: Uuid,
    from: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Visit>, PreconsultError> {
    let sql = "SELECT * FROM visit WHERE resident_id = $1 AND scheduled_at >= $2 AND state = 'registered'
        ORDER BY scheduled_at, id LIMIT $3";
    let rows: Vec<Row> = on_read!(&app.db, |c| {
        sqlx::query_as(sql).bind(resident).bind(from).bind(limit).fetch_all(c).await
    })?;
    rows.into_iter().map(|row| row.open(app)).collect()
}
