use chrono::{DateTime, Utc};
use engine::{Profile, Sex};
use platform::{
    App, Tx, bind_all,
    crypto::Sealed,
    db::{Bound, Conditions},
    on_read, on_tx,
    rights::Columns,
};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::{count, opened, opened_json, sealed, sealed_json};
use crate::{
    PreconsultError,
    model::{Consultation, EntryKind, Plan, State},
    statistics,
};

const TABLE: &str = "consultation";
const COLUMN: &str = "chief_complaint";
const PLAN: &str = "plan";

#[derive(FromRow)]
struct Row {
    id: Uuid,
    resident_id: Uuid,
    institution: String,
    department: String,
    visit_id: Option<Uuid>,
    entry: String,
    plan: Option<Sealed>,
    state: String,
    ended_at: Option<DateTime<Utc>>,
    version: i64,
    age_months: i64,
    sex: Option<String>,
    triage_level: Option<i64>,
    n_flags: i64,
    chief_complaint: Option<Sealed>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// What an update changes; the list columns stay where they are None.
#[derive(Debug, Default)]
pub(crate) struct Change<'a> {
    pub(crate) triage: Option<(u8, usize)>,
    pub(crate) chief_complaint: Option<&'a str>,
}

impl Row {
    fn open(self, app: &App) -> Result<Consultation, PreconsultError> {
        let unknown = |what: &str| sqlx::Error::Decode(format!("unknown {what} of a consultation").into());
        let chief_complaint =
            self.chief_complaint.as_ref().map(|text| opened(app, TABLE, COLUMN, self.id, text));
        let sex = match self.sex.as_deref() {
            None => None,
            Some("female") => Some(Sex::Female),
            Some("male") => Some(Sex::Male),
            Some(_) => return Err(unknown("sex").into()),
        };
        let age_months = u32::try_from(self.age_months).map_err(|_| unknown("age"))?;
        let plan = self.plan.as_ref().map(|plan| opened_json(app, TABLE, PLAN, self.id, plan)).transpose()?;
        Ok(Consultation {
            id: self.id,
            resident: self.resident_id,
            institution: self.institution,
            department: self.department,
            visit: self.visit_id,
            entry: EntryKind::named(&self.entry).ok_or_else(|| unknown("entry"))?,
            plan: plan.unwrap_or_else(Plan::default),
            state: State::of(&self.state, self.ended_at).ok_or_else(|| unknown("state"))?,
            version: self.version,
            profile: Profile { age_months, sex },
            triage_level: self.triage_level.and_then(|level| u8::try_from(level).ok()),
            n_flags: count(self.n_flags)?,
            chief_complaint: chief_complaint.transpose()?,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// False when the resident has an open one already, or one for the visit.
pub(crate) async fn insert_consultation(
    app: &App,
    tx: &mut Tx,
    consultation: &Consultation,
    release: &str,
) -> Result<bool, PreconsultError> {
    let sql = "INSERT INTO consultation(id, resident_id, institution, department, state, release, version,
            age_months, sex, n_flags, created_at, updated_at, visit_id, entry, plan)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $10, $11, $12, $13) ON CONFLICT DO NOTHING";
    let Consultation { id, resident, institution, department, state, version, profile, created_at, .. } =
        consultation;
    let sex = profile.sex.map(|sex| match sex {
        Sex::Female => "female",
        Sex::Male => "male",
    });
    let plan = sealed_json(app, TABLE, PLAN, *id, &consultation.plan)?;
    let is_new = on_tx!(tx, |c| {
        let query =
            sqlx::query(sql).bind(id).bind(resident).bind(institution).bind(department).bind(state.name());
        let query =
            query.bind(release).bind(version).bind(i64::from(profile.age_months)).bind(sex).bind(created_at);
        let query = query.bind(consultation.visit).bind(consultation.entry.name()).bind(&plan);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })?;
    if is_new {
        statistics::insert_due(app, tx, *id).await?;
    }
    Ok(is_new)
}

/// Brings a consultation to `state` and its next version, and gives it as it then is; refused as [`PreconsultError::Raced`] when it is no longer
/// as it was read.
pub(crate) async fn update_consultation(
    app: &App,
    tx: &mut Tx,
    read: &Consultation,
    state: State,
    change: Change<'_>,
) -> Result<Consultation, PreconsultError> {
    let now = app.now();
    let sql = "UPDATE consultation SET state = $3, ended_at = $4, updated_at = $5, version = version + 1,
            triage_level = COALESCE($6, triage_level), n_flags = COALESCE($7, n_flags),
            chief_complaint = COALESCE($8, chief_complaint)
        WHERE id = $1 AND version = $2";
    let level = change.triage.map(|(level, _)| i64::from(level));
    let n_flags = change.triage.and_then(|(_, n_flags)| i64::try_from(n_flags).ok());
    let complaint = change.chief_complaint.map(|text| sealed(app, TABLE, COLUMN, read.id, text));
    let changed = on_tx!(tx, |c| {
        let query =
            sqlx::query(sql).bind(read.id).bind(read.version).bind(state.name()).bind(state.ended_at());
        let query = query.bind(now).bind(level).bind(n_flags).bind(&complaint);
        query.execute(c).await.map(|done| done.rows_affected())
    })?;
    if changed != 1 {
        return Err(PreconsultError::Raced);
    }
    if state.name() != read.state.name() {
        statistics::insert_due(app, tx, read.id).await?;
    }
    let (triage_level, n_flags) = change.triage.unzip();
    Ok(Consultation {
        state,
        version: read.version + 1,
        triage_level: triage_level.or(read.triage_level),
        n_flags: n_flags.unwrap_or(read.n_flags),
        chief_complaint: change.chief_complaint.map(str::to_owned).or_else(|| read.chief_complaint.clone()),
        updated_at: now,
        ..read.clone()
    })
}

pub(crate) async fn find_consultation(app: &App, id: Uuid) -> Result<Option<Consultation>, PreconsultError> {
    let sql = "SELECT * FROM consultation WHERE id = $1";
    let row: Option<Row> = on_read!(&app.db, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
    row.map(|row| row.open(app)).transpose()
}

/// The one the resident can go on with: the one touched last.
pub(crate) async fn find_open(app: &App, resident: Uuid) -> Result<Option<Consultation>, PreconsultError> {
    let sql =
        "SELECT * FROM consultation WHERE resident_id = $1 AND state IN ('asking', 'awaiting_confirmation')
        ORDER BY updated_at DESC, id DESC LIMIT 1";
    let row: Option<Row> = on_read!(&app.db, |c| sqlx::query_as(sql).bind(resident).fetch_optional(c).await)?;
    row.map(|row| row.open(app)).transpose()
}

/// The open one that belongs to no registration.
pub(crate) async fn find_open_without_visit(
    app: &App,
    resident: Uuid,
) -> Result<Option<Consultation>, PreconsultError> {
    let sql = "SELECT * FROM consultation
        WHERE resident_id = $1 AND visit_id IS NULL AND state IN ('asking', 'awaiting_confirmation')";
    let row: Option<Row> = on_read!(&app.db, |c| sqlx::query_as(sql).bind(resident).fetch_optional(c).await)?;
    row.map(|row| row.open(app)).transpose()
}

/// The one of a registration.
pub(crate) async fn find_of_visit(app: &App, visit: Uuid) -> Result<Option<Consultation>, PreconsultError> {
    let sql = "SELECT * FROM consultation WHERE visit_id = $1 AND state <> 'abandoned'";
    let row: Option<Row> = on_read!(&app.db, |c| sqlx::query_as(sql).bind(visit).fetch_optional(c).await)?;
    row.map(|row| row.open(app)).transpose()
}

/// Newest first, at most `limit`; abandoned ones are left out.
pub(crate) async fn list_of_resident(
    app: &App,
    resident: Uuid,
    limit: i64,
) -> Result<Vec<Consultation>, PreconsultError> {
    let sql = "SELECT * FROM consultation WHERE resident_id = $1 AND state <> 'abandoned'
        ORDER BY created_at DESC, id DESC LIMIT $2";
    let rows: Vec<Row> =
        on_read!(&app.db, |c| sqlx::query_as(sql).bind(resident).bind(limit).fetch_all(c).await)?;
    rows.into_iter().map(|row| row.open(app)).collect()
}

/// By which a consultation belongs to somebody of the staff.
pub(crate) const COLUMNS: Columns =
    Columns { institution: Some("institution"), department: Some("department"), assigned: None, own: None };

/// Those within reach last changed from `from` until before `until`: most urgent first, then in order of time; abandoned
/// ones are left out, and all but one state when one is named.
pub(crate) async fn list_within(
    app: &App,
    reach: Conditions,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    state: Option<&str>,
    limit: u32,
) -> Result<Vec<Consultation>, PreconsultError> {
    let conditions = reach
        .and("updated_at >= ? AND updated_at < ?", [Bound::Moment(from), Bound::Moment(until)])
        .and("state <> 'abandoned'", [])
        .and_where("state = ?", state.map(|state| Bound::Text(state.into())));
    let sql = format!(
        "SELECT * FROM consultation WHERE {} ORDER BY COALESCE(triage_level, 9), updated_at, id LIMIT {limit}",
        conditions.sql()
    );
    let rows: Vec<Row> = on_read!(&app.db, |c| {
        bind_all!(sqlx::query_as(AssertSqlSafe(sql)), conditions).fetch_all(c).await
    })?;
    rows.into_iter().map(|row| row.open(app)).collect()
}

/// Those within reach begun from `from` until before `until`, by id, at most `limit` after one of them.
pub(crate) async fn list_begun(
    app: &App,
    reach: Conditions,
    span: (DateTime<Utc>, DateTime<Utc>),
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Consultation>, PreconsultError> {
    let conditions = begun(reach, span).and_where("id > ?", after.map(Bound::Id));
    let sql = format!("SELECT * FROM consultation WHERE {} ORDER BY id LIMIT {limit}", conditions.sql());
    let rows: Vec<Row> = on_read!(&app.db, |c| {
        bind_all!(sqlx::query_as(AssertSqlSafe(sql)), conditions).fetch_all(c).await
    })?;
    rows.into_iter().map(|row| row.open(app)).collect()
}

/// How many of them there are.
pub(crate) async fn count_begun(
    app: &App,
    reach: Conditions,
    span: (DateTime<Utc>, DateTime<Utc>),
) -> Result<i64, PreconsultError> {
    let conditions = begun(reach, span);
    let sql = format!("SELECT count(*) FROM consultation WHERE {}", conditions.sql());
    Ok(on_read!(&app.db, |c| {
        bind_all!(sqlx::query_scalar(AssertSqlSafe(sql)), conditions).fetch_one(c).await
    })?)
}

fn begun(reach: Conditions, (from, until): (DateTime<Utc>, DateTime<Utc>)) -> Conditions {
    reach.and("created_at >= ? AND created_at < ?", [Bound::Moment(from), Bound::Moment(until)])
}
