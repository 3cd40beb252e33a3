use chrono::{DateTime, Utc};
use people::{Sex, identity::IdNumber};
use platform::{
    App, Db, Tx, bind_all,
    crypto::{IndexedColumn, Keyring, Sealed},
    db::{Bound, Conditions},
    on_read, on_tx,
    rights::Columns,
};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::{opened, sealed, unknown};
use crate::{
    HerbalError,
    model::{Coded, Gravity, Order, Patient, State},
};

/// Most rows of the queue on one screen.
const MOST_WAITING: i64 = 200;

/// By which columns a prescription belongs to somebody.
pub(crate) const COLUMNS: Columns =
    Columns { institution: Some("institution"), department: Some("department"), assigned: None, own: None };

/// By the ID number, the name and the phone a patient's prescriptions are found.
pub(super) const INDEXED: [IndexedColumn; 3] = [
    of_patient("id_number", "id_number_index", "prescription.id_number"),
    of_patient("patient_name", "patient_name_index", "prescription.patient_name"),
    of_patient("phone", "phone_index", "prescription.phone"),
];

const fn of_patient(sealed: &'static str, index: &'static str, domain: &'static str) -> IndexedColumn {
    IndexedColumn { table: "prescription", row: "id", sealed, index, domain, before: None }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, institution, number, department, department_name, doctor, doctor_name, resident_id,
                version, state, resumes, deadline, gravity, is_decocted, is_home, claimed_by, claimed_until,
                n_events, company, dispatched_at, created_at, changed_at FROM prescription ",
            $rest
        )
    };
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    institution: String,
    number: String,
    department: String,
    department_name: String,
    doctor: String,
    doctor_name: String,
    resident_id: Option<Uuid>,
    version: i64,
    state: String,
    resumes: Option<String>,
    deadline: Option<DateTime<Utc>>,
    gravity: i64,
    is_decocted: bool,
    is_home: bool,
    claimed_by: Option<Uuid>,
    claimed_until: Option<DateTime<Utc>>,
    n_events: i64,
    company: Option<String>,
    dispatched_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

impl Row {
    fn read(self) -> Result<Order, HerbalError> {
        let state = State::of(&self.state, self.resumes.as_deref()).ok_or_else(|| unknown("state"))?;
        let gravity = Gravity::of_number(self.gravity).ok_or_else(|| unknown("gravity"))?;
        Ok(Order {
            id: self.id,
            institution: self.institution,
            number: self.number,
            department: Coded { code: self.department, name: self.department_name },
            doctor: Coded { code: self.doctor, name: self.doctor_name },
            resident: self.resident_id,
            version: self.version,
            state,
            deadline: self.deadline,
            gravity,
            is_decocted: self.is_decocted,
            is_home: self.is_home,
            claim: self.claimed_by.zip(self.claimed_until),
            n_events: self.n_events,
            company: self.company,
            dispatched_at: self.dispatched_at,
            created_at: self.created_at,
            changed_at: self.changed_at,
        })
    }
}

/// How a patient's number may stand in the table.
pub(crate) fn indexes_of(keyring: &Keyring, number: &IdNumber) -> Vec<Vec<u8>> {
    keyring.blind_indexes(INDEXED[0].domain, number.as_str())
}

/// The column and its values by which a patient's name or phone is found.
pub(crate) fn wanted_person(keyring: &Keyring, words: &str) -> (&'static str, Vec<Vec<u8>>) {
    let [_, name, phone] = &INDEXED;
    let is_phone = words.len() == 11 && words.bytes().all(|byte| byte.is_ascii_digit());
    let column = if is_phone { phone } else { name };
    (column.index, keyring.blind_indexes(column.domain, words))
}

/// Adds a prescription; false when its institution has one of that number.
pub(crate) async fn insert_order(
    app: &App,
    tx: &mut Tx,
    order: &Order,
    id_number: Option<&IdNumber>,
) -> sqlx::Result<bool> {
    let sql = "INSERT INTO prescription(id, institution, number, department, department_name, doctor,
            doctor_name, resident_id, id_number, id_number_index, version, state, gravity, is_decocted,
            is_home, n_events, created_at, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, $16, $16)
        ON CONFLICT DO NOTHING";
    let number =
        id_number.map(|number| sealed(app, ("prescription", "id_number"), order.id, number.as_str()));
    let index = id_number.map(|number| app.keyring.blind_index(INDEXED[0].domain, number.as_str()));
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(order.id).bind(&order.institution).bind(&order.number);
        let query = query.bind(&order.department.code).bind(&order.department.name);
        let query = query.bind(&order.doctor.code).bind(&order.doctor.name).bind(order.resident);
        let query = query.bind(&number).bind(&index).bind(order.version).bind(order.state.name());
        let query = query.bind(order.gravity.number()).bind(order.is_decocted).bind(order.is_home);
        query.bind(order.created_at).execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

/// Writes by what the prescription of a patient is looked for, as it was prescribed last.
pub(crate) async fn update_person(
    app: &App,
    tx: &mut Tx,
    order: Uuid,
    patient: &Patient,
) -> sqlx::Result<()> {
    let sql =
        "UPDATE prescription SET patient_name = $2, patient_name_index = $3, phone = $4, phone_index = $5,
            sex = $6 WHERE id = $1";
    let [_, name, phone] = &INDEXED;
    let both = |column: &IndexedColumn, text: &str| {
        (
            sealed(app, (column.table, column.sealed), order, text),
            app.keyring.blind_index(column.domain, text),
        )
    };
    let name = both(name, patient.name.trim());
    let phone = patient.phone.as_deref().map(|told| both(phone, told.trim())).unzip();
    let sex = match patient.sex {
        Sex::Female => "female",
        Sex::Male => "male",
        Sex::Unknown => "unknown",
    };
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(order).bind(&name.0).bind(&name.1).bind(&phone.0).bind(&phone.1);
        query.bind(sex).execute(c).await.map(drop)
    })
}

/// The ID number of the patient of a prescription.
pub(crate) async fn find_id_number(app: &App, tx: &mut Tx, id: Uuid) -> Result<Option<String>, HerbalError> {
    let sql = "SELECT id_number FROM prescription WHERE id = $1";
    let row: Option<Sealed> = on_tx!(tx, |c| sqlx::query_scalar(sql).bind(id).fetch_one(c).await)?;
    row.map(|number| opened(app, ("prescription", "id_number"), id, &number)).transpose()
}

/// Prescriptions from before they could be looked for by the patient, at most so many.
pub(crate) async fn list_unnamed(db: &Db, most: i64) -> Result<Vec<Order>, HerbalError> {
    let sql = select!("WHERE patient_name IS NULL ORDER BY id LIMIT $1");
    let rows: Vec<Row> = on_read!(db, |c| sqlx::query_as(sql).bind(most).fetch_all(c).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// What the desk asks for, newest first, at most so many.
pub(crate) async fn list_wanted(db: &Db, wanted: &Conditions, most: i64) -> Result<Vec<Order>, HerbalError> {
    let sql = format!(
        "{} ORDER BY created_at DESC, id DESC LIMIT {most}",
        format_args!("{}WHERE {}", select!(""), wanted.sql())
    );
    let rows: Vec<Row> =
        on_read!(db, |c| bind_all!(sqlx::query_as(AssertSqlSafe(sql)), wanted).fetch_all(c).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// Writes everything of a prescription that changes.
pub(crate) async fn update_order(tx: &mut Tx, order: &Order) -> sqlx::Result<()> {
    let sql = "UPDATE prescription SET version = $2, state = $3, resumes = $4, deadline = $5, gravity = $6,
            is_decocted = $7, is_home = $8, claimed_by = $9, claimed_until = $10, n_events = $11,
            changed_at = $12, company = $13, dispatched_at = $14, attend_by = $15 WHERE id = $1";
    let (by, until) = order.claim.unzip();
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(order.id).bind(order.version).bind(order.state.name());
        let query = query.bind(order.state.resumes()).bind(order.deadline).bind(order.gravity.number());
        let query = query.bind(order.is_decocted).bind(order.is_home).bind(by).bind(until);
        let query = query.bind(order.n_events).bind(order.changed_at).bind(&order.company);
        query.bind(order.dispatched_at).bind(order.attend_by()).execute(c).await.map(drop)
    })
}

/// The prescription, kept from others until the transaction ends.
pub(crate) async fn lock_order(tx: &mut Tx, id: Uuid) -> Result<Option<Order>, HerbalError> {
    // SQLite has one writer, and this is it.
    let sql = if tx.is_postgres() { select!("WHERE id = $1 FOR UPDATE") } else { select!("WHERE id = $1") };
    let row: Option<Row> = on_tx!(tx, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
    row.map(Row::read).transpose()
}

/// The same by the hospital's number.
pub(crate) async fn lock_numbered(
    tx: &mut Tx,
    institution: &str,
    number: &str,
) -> Result<Option<Order>, HerbalError> {
    let sql = if tx.is_postgres() {
        select!("WHERE institution = $1 AND number = $2 FOR UPDATE")
    } else {
        select!("WHERE institution = $1 AND number = $2")
    };
    let row: Option<Row> =
        on_tx!(tx, |c| sqlx::query_as(sql).bind(institution).bind(number).fetch_optional(c).await)?;
    row.map(Row::read).transpose()
}

pub(crate) async fn find_order(db: &Db, id: Uuid) -> Result<Option<Order>, HerbalError> {
    let sql = select!("WHERE id = $1");
    let row: Option<Row> = on_read!(db, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
    row.map(Row::read).transpose()
}

pub(crate) async fn find_numbered(
    db: &Db,
    institution: &str,
    number: &str,
) -> Result<Option<Order>, HerbalError> {
    let sql = select!("WHERE institution = $1 AND number = $2");
    let row: Option<Row> =
        on_read!(db, |c| sqlx::query_as(sql).bind(institution).bind(number).fetch_optional(c).await)?;
    row.map(Row::read).transpose()
}

/// Whether the time of any prescription is over.
pub(crate) async fn has_due(db: &Db, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM prescription WHERE state = 'waiting' AND deadline <= $1)";
    on_read!(db, |c| sqlx::query_scalar(sql).bind(now).fetch_one(c).await)
}

/// Prescriptions whose time is over, the oldest first, kept from other nodes until the transaction ends.
pub(crate) async fn list_due(tx: &mut Tx, now: DateTime<Utc>, most: i64) -> Result<Vec<Order>, HerbalError> {
    let sql = if tx.is_postgres() {
        select!(
            "WHERE state = 'waiting' AND deadline <= $1 ORDER BY deadline LIMIT $2 FOR UPDATE SKIP LOCKED"
        )
    } else {
        select!("WHERE state = 'waiting' AND deadline <= $1 ORDER BY deadline LIMIT $2")
    };
    let rows: Vec<Row> = on_tx!(tx, |c| sqlx::query_as(sql).bind(now).bind(most).fetch_all(c).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// What waits for a pharmacist within reach: who has least time first, of those the gravest; those without a clock
/// come first, as nothing else will decide them.
pub(crate) async fn list_waiting(db: &Db, reach: &Conditions) -> Result<Vec<Order>, HerbalError> {
    let reach = reach.clone().and("state = ?", [Bound::Text("waiting".into())]);
    let rest = format!(
        "WHERE {} ORDER BY (deadline IS NOT NULL), deadline, gravity DESC, created_at LIMIT {MOST_WAITING}",
        reach.sql()
    );
    let sql = format!("{}{rest}", select!(""));
    let rows: Vec<Row> =
        on_read!(db, |c| bind_all!(sqlx::query_as(AssertSqlSafe(sql)), reach).fetch_all(c).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// What tells a queue from the one before: how many wait, and when any of them changed last.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct Mark {
    pub(crate) n: i64,
    pub(crate) newest: Option<DateTime<Utc>>,
}

pub(crate) async fn find_mark(db: &Db, reach: &Conditions) -> sqlx::Result<Mark> {
    let reach = reach.clone().and("state = ?", [Bound::Text("waiting".into())]);
    let sql =
        format!("SELECT count(*) AS n, max(changed_at) AS newest FROM prescription WHERE {}", reach.sql());
    on_read!(db, |c| bind_all!(sqlx::query_as(AssertSqlSafe(sql)), reach).fetch_one(c).await)
}

/// What a doctor prescribed, newest first.
pub(crate) async fn list_of_doctor(db: &Db, doctor: &str, most: i64) -> Result<Vec<Order>, HerbalError> {
    let sql = select!("WHERE doctor = $1 ORDER BY created_at DESC, id DESC LIMIT $2");
    let rows: Vec<Row> = on_read!(db, |c| sqlx::query_as(sql).bind(doctor).bind(most).fetch_all(c).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// What a company has to do, oldest first; or what is over, newest first.
pub(crate) async fn list_of_company(
    db: &Db,
    company: &str,
    is_open: bool,
    most: i64,
) -> Result<Vec<Order>, HerbalError> {
    let sql = if is_open {
        select!(
            "WHERE company = $1 AND state NOT IN ('received', 'picked_up', 'refunded')
            ORDER BY changed_at, id LIMIT $2"
        )
    } else {
        select!(
            "WHERE company = $1 AND state IN ('received', 'picked_up', 'refunded')
            ORDER BY changed_at DESC, id DESC LIMIT $2"
        )
    };
    let rows: Vec<Row> = on_read!(db, |c| sqlx::query_as(sql).bind(company).bind(most).fetch_all(c).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// Prescriptions of a patient, newest first.
pub(crate) async fn list_of_patient(
    db: &Db,
    indexes: &[Vec<u8>],
    most: i64,
) -> Result<Vec<Order>, HerbalError> {
    let sql = select!("WHERE id_number_index IN ($1, $2, $3) ORDER BY created_at DESC, id DESC LIMIT $4");
    let Some(first) = indexes.first() else { return Ok(Vec::new()) };
    let at = |place: usize| indexes.get(place).unwrap_or(first);
    let rows: Vec<Row> = on_read!(db, |c| {
        let query = sqlx::query_as(sql).bind(first).bind(at(1)).bind(at(2)).bind(most);
        query.fetch_all(c).await
    })?;
    rows.into_iter().map(Row::read).collect()
}
