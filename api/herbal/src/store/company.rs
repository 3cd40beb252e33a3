use chrono::{DateTime, Utc};
use platform::{Db, Tx, on_read, on_tx};
use uuid::Uuid;

/// A company a prescription may go to: parts it is to have of the hospital's, and how many it has had.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Candidate {
    pub(crate) company: String,
    pub(crate) name: String,
    pub(crate) parts: i64,
    pub(crate) n: i64,
}

/// Code and name of the company somebody of the staff works for.
pub(crate) async fn find_company_of(db: &Db, staff: Uuid) -> sqlx::Result<Option<(String, String)>> {
    let sql = "SELECT code, name FROM herbal_company WHERE code IN (
            SELECT company FROM herbal_company_member WHERE staff = $1
            UNION ALL SELECT institution FROM staff WHERE id = $1)
        ORDER BY code LIMIT 1";
    on_read!(db, |c| sqlx::query_as(sql).bind(staff).fetch_optional(c).await)
}

/// The companies in use that a hospital's prescription may go to, without those that declined it.
pub(crate) async fn list_candidates(
    tx: &mut Tx,
    institution: &str,
    order: Uuid,
) -> sqlx::Result<Vec<Candidate>> {
    let sql = "SELECT s.company, c.name, s.parts, (SELECT count(*) FROM prescription p
                WHERE p.institution = s.institution AND p.company = s.company) AS n
        FROM herbal_share s JOIN herbal_company c ON c.code = s.company
        WHERE s.institution = $1 AND c.is_active = $3 AND NOT EXISTS (SELECT 1 FROM prescription_event e
            WHERE e.prescription_id = $2 AND e.event = 'declined' AND e.actor = s.company)
        ORDER BY s.company";
    on_tx!(tx, |c| sqlx::query_as(sql).bind(institution).bind(order).bind(true).fetch_all(c).await)
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
