use chrono::{DateTime, Utc};
use gateways::support::User;
use platform::{Db, Tx, crypto::Keyring, integrity, on_read, on_tx, session::Role};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Staff, guard};

/// A person of the directory as last read.
#[derive(Clone, FromRow)]
pub(super) struct Person {
    pub(super) subject: String,
    pub(super) user_name: String,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) institution: String,
    pub(super) department: String,
    /// Names of the platform, with 、 between.
    pub(super) roles: String,
    pub(super) active: bool,
    pub(super) staff: Option<Uuid>,
    /// The account was closed because the directory said so; only then it opens it again.
    pub(super) closed_here: bool,
    pub(super) conflict: Option<String>,
}

/// The last reading of the directory.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(super) struct Reading {
    pub(super) watermark: String,
    pub(super) begun_at: DateTime<Utc>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    pub(super) n_changed: i64,
    pub(super) fault: Option<String>,
}

/// Keeps what the directory says; gives the person with what we know. Locks the row until the transaction ends.
pub(super) async fn save_person(tx: &mut Tx, user: &User, now: DateTime<Utc>) -> sqlx::Result<Person> {
    let sql = "INSERT INTO directory_person(subject, user_name, name, title, institution, department, roles, active,
            closed_here, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (subject) DO UPDATE SET user_name = excluded.user_name, name = excluded.name,
            title = excluded.title, institution = excluded.institution, department = excluded.department,
            roles = excluded.roles, active = excluded.active, changed_at = excluded.changed_at
        RETURNING *";
    on_tx!(tx, |c| {
        let query = sqlx::query_as(sql).bind(&user.sub).bind(&user.user_name).bind(&user.name);
        let query = query.bind(&user.title).bind(&user.institution).bind(&user.department);
        let query = query.bind(user.roles.join("、")).bind(user.active).bind(false).bind(now);
        query.fetch_one(c).await
    })
}

pub(super) async fn find_person(tx: &mut Tx, subject: &str) -> sqlx::Result<Option<Person>> {
    let sql = "SELECT * FROM directory_person WHERE subject = $1";
    on_tx!(tx, |c| sqlx::query_as(sql).bind(subject).fetch_optional(c).await)
}

/// What came of it, with a new MAC: the row says who may sign in as whom.
pub(super) async fn set_outcome(tx: &mut Tx, keyring: &Keyring, person: &Person) -> sqlx::Result<()> {
    let sql = "UPDATE directory_person SET staff = $2, closed_here = $3, conflict = $4 WHERE subject = $1";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(&person.subject).bind(person.staff).bind(person.closed_here);
        query.bind(&person.conflict).execute(c).await.map(drop)
    })?;
    integrity::stamp(tx, keyring, &guard::DIRECTORY_PERSON, person.subject.as_str()).await
}

/// Those who could not be taken over, by name.
pub(super) async fn list_conflicts(db: &Db) -> sqlx::Result<Vec<Person>> {
    let sql = "SELECT * FROM directory_person WHERE conflict IS NOT NULL ORDER BY name, subject LIMIT 500";
    on_read!(db, |c| sqlx::query_as(sql).fetch_all(c).await)
}

/// People taken over, and people in all.
pub(super) async fn count_people(db: &Db) -> sqlx::Result<(i64, i64)> {
    let sql = "SELECT count(staff), count(*) FROM directory_person";
    on_read!(db, |c| sqlx::query_as(sql).fetch_one(c).await)
}

/// Roles as people of the directory have them.
pub(super) async fn list_outside_roles(db: &Db) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT DISTINCT roles FROM directory_person WHERE roles <> '' ORDER BY roles";
    on_read!(db, |c| sqlx::query_scalar(sql).fetch_all(c).await)
}

/// Role of the platform → role of ours.
pub(super) async fn list_roles(db: &Db) -> sqlx::Result<Vec<(String, String)>> {
    let sql = "SELECT outside, role FROM directory_role ORDER BY outside";
    on_read!(db, |c| sqlx::query_as(sql).fetch_all(c).await)
}

pub(super) async fn save_role(tx: &mut Tx, keyring: &Keyring, outside: &str, role: &str) -> sqlx::Result<()> {
    let sql = "INSERT INTO directory_role(outside, role) VALUES ($1, $2)
        ON CONFLICT (outside) DO UPDATE SET role = excluded.role";
    on_tx!(tx, |c| sqlx::query(sql).bind(outside).bind(role).execute(c).await.map(drop))?;
    integrity::stamp(tx, keyring, &guard::DIRECTORY_ROLE, outside).await
}

pub(super) async fn delete_role(tx: &mut Tx, keyring: &Keyring, outside: &str) -> sqlx::Result<()> {
    let sql = "DELETE FROM directory_role WHERE outside = $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(outside).execute(c).await.map(drop))?;
    integrity::stamp(tx, keyring, &guard::DIRECTORY_ROLE, outside).await
}

pub(super) async fn has_department(tx: &mut Tx, institution: &str, department: &str) -> sqlx::Result<bool> {
    let sql = "SELECT count(*) FROM department WHERE institution = $1 AND code = $2";
    let n: i64 =
        on_tx!(tx, |c| sqlx::query_scalar(sql).bind(institution).bind(department).fetch_one(c).await)?;
    Ok(n > 0)
}

/// Name, role, title and place of a member of the staff.
pub(super) async fn update_staff(tx: &mut Tx, keyring: &Keyring, staff: &Staff) -> sqlx::Result<()> {
    let sql =
        "UPDATE staff SET name = $2, role = $3, title = $4, institution = $5, department = $6 WHERE id = $1";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(staff.id).bind(&staff.name).bind(staff.role.name());
        let query = query.bind(&staff.title).bind(&staff.department.institution).bind(&staff.department.code);
        query.execute(c).await.map(drop)
    })?;
    guard::stamp_staff(tx, keyring, staff.id).await
}

/// Role, institution and department of a member of the staff.
pub(super) async fn find_place(
    tx: &mut Tx,
    id: Uuid,
) -> sqlx::Result<Option<(Option<Role>, String, String)>> {
    let sql = "SELECT role, institution, department FROM staff WHERE id = $1";
    let row: Option<(String, String, String)> =
        on_tx!(tx, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
    Ok(row.map(|(role, institution, department)| (Role::named(&role), institution, department)))
}

pub(super) async fn find_reading(db: &Db) -> sqlx::Result<Option<Reading>> {
    let sql = "SELECT watermark, begun_at, ended_at, n_changed, fault FROM directory_sync WHERE one = 1";
    on_read!(db, |c| sqlx::query_as(sql).fetch_optional(c).await)
}

pub(super) async fn save_reading(db: &Db, reading: &Reading) -> sqlx::Result<()> {
    let sql = "INSERT INTO directory_sync(one, watermark, begun_at, ended_at, n_changed, fault)
        VALUES (1, $1, $2, $3, $4, $5)
        ON CONFLICT (one) DO UPDATE SET watermark = excluded.watermark, begun_at = excluded.begun_at,
            ended_at = excluded.ended_at, n_changed = excluded.n_changed, fault = excluded.fault";
    let mut tx = db.begin().await?;
    on_tx!(&mut tx, |c| {
        let query = sqlx::query(sql).bind(&reading.watermark).bind(reading.begun_at).bind(reading.ended_at);
        query.bind(reading.n_changed).bind(&reading.fault).execute(c).await.map(drop)
    })?;
    tx.commit().await
}
