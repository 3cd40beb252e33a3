use chrono::{DateTime, NaiveDate, Utc};
use platform::{
    Db, Tx,
    crypto::{Keyring, OpenError, Place, Sealed},
    on_read, on_tx,
    session::Role,
};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Department, Resident, Sex, Staff, guard};

#[derive(FromRow)]
pub(crate) struct ResidentRow {
    id: Uuid,
    name: Sealed,
    sex: Sex,
    birth_date: NaiveDate,
    birth_known: bool,
}

#[derive(FromRow)]
pub(crate) struct StaffRow {
    id: Uuid,
    name: String,
    role: String,
    title: String,
    institution: String,
    institution_name: String,
    department: String,
    department_name: String,
}

/// Where a resident's name is sealed.
pub(crate) fn place_of_name(row: Uuid) -> Place {
    Place { table: "resident", column: "name", row }
}

impl ResidentRow {
    pub(crate) fn open(self, keyring: &Keyring) -> Result<Resident, OpenError> {
        let name = keyring.open(place_of_name(self.id), &self.name)?;
        let birth_date = self.birth_known.then_some(self.birth_date);
        Ok(Resident { id: self.id, name, sex: self.sex, birth_date })
    }
}

impl TryFrom<StaffRow> for Staff {
    type Error = sqlx::Error;

    fn try_from(row: StaffRow) -> Result<Self, sqlx::Error> {
        let role = Role::named(&row.role).ok_or_else(|| sqlx::Error::Decode("unknown role".into()))?;
        let department = Department {
            institution: row.institution,
            institution_name: row.institution_name,
            code: row.department,
            name: row.department_name,
        };
        Ok(Self { id: row.id, name: row.name, role, title: row.title, department })
    }
}

pub(crate) async fn find_resident(db: &Db, id: Uuid) -> sqlx::Result<Option<ResidentRow>> {
    let sql = "SELECT id, name, sex, birth_date, birth_known FROM resident WHERE id = $1";
    on_read!(db, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)
}

pub(crate) async fn find_demo_resident(db: &Db, id: Uuid) -> sqlx::Result<Option<ResidentRow>> {
    let sql = "SELECT id, name, sex, birth_date, birth_known FROM resident WHERE id = $1 AND demo = $2";
    on_read!(db, |c| sqlx::query_as(sql).bind(id).bind(true).fetch_optional(c).await)
}

/// Youngest last.
pub(crate) async fn list_demo_residents(db: &Db) -> sqlx::Result<Vec<ResidentRow>> {
    let sql =
        "SELECT id, name, sex, birth_date, birth_known FROM resident WHERE demo = $1 ORDER BY birth_date, id";
    on_read!(db, |c| sqlx::query_as(sql).bind(true).fetch_all(c).await)
}

pub(crate) async fn find_staff(db: &Db, id: Uuid) -> sqlx::Result<Option<Staff>> {
    let sql = "SELECT s.id, s.name, s.role, s.title, s.institution, i.name AS institution_name, s.department,
            d.name AS department_name
        FROM staff s
        JOIN institution i ON i.code = s.institution
        JOIN department d ON d.institution = s.institution AND d.code = s.department
        WHERE s.id = $1";
    let row: Option<StaffRow> = on_read!(db, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
    row.map(Staff::try_from).transpose()
}

pub(crate) async fn find_demo_staff(db: &Db, id: Uuid) -> sqlx::Result<Option<Staff>> {
    Ok(list_demo_staff(db).await?.into_iter().find(|staff| staff.id == id))
}

pub(crate) async fn list_demo_staff(db: &Db) -> sqlx::Result<Vec<Staff>> {
    let sql = "SELECT s.id, s.name, s.role, s.title, s.institution, i.name AS institution_name, s.department,
            d.name AS department_name
        FROM staff s
        JOIN institution i ON i.code = s.institution
        JOIN department d ON d.institution = s.institution AND d.code = s.department
        WHERE s.demo = $1
        ORDER BY s.institution, s.department, s.name";
    let rows: Vec<StaffRow> = on_read!(db, |c| sqlx::query_as(sql).bind(true).fetch_all(c).await)?;
    rows.into_iter().map(Staff::try_from).collect()
}

pub(crate) async fn list_departments(db: &Db) -> sqlx::Result<Vec<Department>> {
    let sql = "SELECT d.institution, i.name, d.code, d.name FROM department d
        JOIN institution i ON i.code = d.institution ORDER BY d.institution, d.code";
    let rows: Vec<(String, String, String, String)> =
        on_read!(db, |c| sqlx::query_as(sql).fetch_all(c).await)?;
    let department = |(institution, institution_name, code, name)| Department {
        institution,
        institution_name,
        code,
        name,
    };
    Ok(rows.into_iter().map(department).collect())
}

/// Does nothing when the id is known.
pub(crate) async fn insert_demo_resident(
    tx: &mut Tx,
    resident: &Resident,
    name: &Sealed,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql =
        "INSERT INTO resident(id, name, sex, birth_date, demo, created_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING";
    on_tx!(tx, |c| {
        let query =
            sqlx::query(sql).bind(resident.id).bind(name).bind(resident.sex).bind(resident.birth_date);
        query.bind(true).bind(now).execute(c).await.map(drop)
    })
}

/// Does nothing when the id is known.
pub(crate) async fn insert_demo_staff(
    keyring: &Keyring,
    tx: &mut Tx,
    staff: &Staff,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO staff(id, name, role, title, institution, department, demo, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    let is_new = on_tx!(tx, |c| {
        let query =
            sqlx::query(sql).bind(staff.id).bind(&staff.name).bind(staff.role.name()).bind(&staff.title);
        let query = query.bind(&staff.department.institution).bind(&staff.department.code);
        query.bind(true).bind(now).execute(c).await.map(|done| done.rows_affected() == 1)
    })?;
    // What was there already keeps its MAC: a change behind the program's back is not blessed by a start.
    if is_new { guard::stamp_staff(tx, keyring, staff.id).await } else { Ok(()) }
}

/// Institution and department, renamed when they are known.
pub(crate) async fn save_department(
    keyring: &Keyring,
    tx: &mut Tx,
    department: &Department,
) -> sqlx::Result<()> {
    let institution = "INSERT INTO institution(code, name) VALUES ($1, $2)
        ON CONFLICT (code) DO UPDATE SET name = excluded.name";
    let row = "INSERT INTO department(institution, code, name) VALUES ($1, $2, $3)
        ON CONFLICT (institution, code) DO UPDATE SET name = excluded.name";
    let Department { institution: code, institution_name, code: department, name } = department;
    let known = guard::is_sound(tx, keyring, &guard::INSTITUTION, code).await?;
    let known_here = guard::is_sound(tx, keyring, &guard::DEPARTMENT, code).await?;
    on_tx!(tx, |c| {
        sqlx::query(institution).bind(code).bind(institution_name).execute(&mut *c).await?;
        sqlx::query(row).bind(code).bind(department).bind(name).execute(c).await.map(drop)
    })?;
    guard::stamp_if(known, tx, keyring, &guard::INSTITUTION, code).await?;
    guard::stamp_if(known_here, tx, keyring, &guard::DEPARTMENT, code).await
}
