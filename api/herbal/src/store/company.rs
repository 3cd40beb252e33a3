use chrono::{DateTime, Utc};
use platform::{Db, Tx, on_read, on_tx};
use uuid::Uuid;

/// A company in use, as it stands to a prescription.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Candidate {
    pub(crate) company: String,
    pub(crate) name: String,
    /// Districts it brings medicine to, with commas between; empty for all.
    pub(crate) areas: String,
    /// Prescriptions a day; 0 where it told none.
    pub(crate) daily_capacity: i64,
    /// Parts of the hospital's prescriptions it is to have; 0 where the hospital did not choose it.
    pub(crate) parts: i64,
    /// How many of the hospital's it has had.
    pub(crate) n: i64,
    /// How many it got today, from all hospitals.
    pub(crate) n_today: i64,
    /// Whether it declined this one.
    pub(crate) has_declined: bool,
}

/// Code and name of the company somebody of the staff works for.
pub(crate) async fn find_company_of(db: &Db, staff: Uuid) -> sqlx::Result<Option<(String, String)>> {
    let sql = "SELECT code, name FROM herbal_company WHERE code IN (
            SELECT company FROM herbal_company_member WHERE staff = $1
            UNION ALL SELECT institution FROM staff WHERE id = $1)
        ORDER BY code LIMIT 1";
    on_read!(db, |c| sqlx::query_as(sql).bind(staff).fetch_optional(c).await)
}

/// The name of a company; of one that no longer works too, as it has to end what it began.
pub(crate) async fn find_company(db: &Db, code: &str) -> sqlx::Result<Option<String>> {
    let sql = "SELECT name FROM herbal_company WHERE code = $1";
    on_read!(db, |c| sqlx::query_scalar(sql).bind(code).fetch_optional(c).await)
}

/// The companies in use as they stand to a hospital's prescription; `today` is its first moment.
pub(crate) async fn list_candidates(
    tx: &mut Tx,
    (institution, order): (&str, Uuid),
    today: DateTime<Utc>,
) -> sqlx::Result<Vec<Candidate>> {
    let sql = "SELECT c.code AS company, c.name, c.areas, c.daily_capacity, COALESCE(s.parts, 0) AS parts,
            (SELECT count(*) FROM prescription p WHERE p.institution = $1 AND p.company = c.code) AS n,
            (SELECT count(*) FROM prescription p WHERE p.company = c.code AND p.dispatched_at >= $4) AS n_today,
            EXISTS (SELECT 1 FROM prescription_event e WHERE e.prescription_id = $2 AND e.event = 'declined'
                AND e.actor = c.code) AS has_declined
        FROM herbal_company c LEFT JOIN herbal_share s ON s.company = c.code AND s.institution = $1
        WHERE c.is_active = $3 ORDER BY c.code";
    on_tx!(tx, |c| {
        let query = sqlx::query_as(sql).bind(institution).bind(order).bind(true).bind(today);
        query.fetch_all(c).await
    })
}

pub(crate) async fn save_company(
    tx: &mut Tx,
    code: &str,
    name: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql =
        "INSERT INTO herbal_company(code, name, areas, daily_capacity, phone, is_active, version, updated_at)
        VALUES ($1, $2, '', 0, '', $3, 1, $4) ON CONFLICT (code) DO UPDATE SET name = excluded.name";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(code).bind(name).bind(true).bind(now);
        query.execute(c).await.map(drop)
    })
}

pub(crate) async fn save_member(tx: &mut Tx, staff: Uuid, company: &str) -> sqlx::Result<()> {
    let sql = "INSERT INTO herbal_company_member(staff, company) VALUES ($1, $2)
        ON CONFLICT (staff) DO UPDATE SET company = excluded.company";
    on_tx!(tx, |c| sqlx::query(sql).bind(staff).bind(company).execute(c).await.map(drop))
}

pub(crate) async fn save_share(
    tx: &mut Tx,
    institution: &str,
    company: &str,
    parts: i64,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO herbal_share(institution, company, parts) VALUES ($1, $2, $3)
        ON CONFLICT (institution, company) DO UPDATE SET parts = excluded.parts";
    on_tx!(tx, |c| sqlx::query(sql).bind(institution).bind(company).bind(parts).execute(c).await.map(drop))
}

/// How many parts of a hospital's prescriptions each company is to have: hospital, company, parts.
pub(crate) async fn list_shares(db: &Db) -> sqlx::Result<Vec<(String, String, i64)>> {
    let sql = "SELECT institution, company, parts FROM herbal_share ORDER BY institution, company";
    on_read!(db, |c| sqlx::query_as(sql).fetch_all(c).await)
}

pub(crate) async fn delete_share(tx: &mut Tx, institution: &str, company: &str) -> sqlx::Result<()> {
    let sql = "DELETE FROM herbal_share WHERE institution = $1 AND company = $2";
    on_tx!(tx, |c| sqlx::query(sql).bind(institution).bind(company).execute(c).await.map(drop))
}
