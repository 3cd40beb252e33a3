use platform::{Db, bind_all, db::{Bound, Conditions}, on_read};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

/// Most people offered in a list.
const LISTED: u32 = 500;

/// A member of the staff as lists show them.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct Colleague {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) role: String,
    pub(crate) institution: String,
    pub(crate) department: String,
}

/// By institution, department and name.
pub(crate) async fn list_colleagues(db: &Db) -> sqlx::Result<Vec<Colleague>> {
    select(db, &Conditions::new()).await
}

pub(crate) async fn list_colleagues_of(db: &Db, ids: &[Uuid]) -> sqlx::Result<Vec<Colleague>> {
    let ids = ids.iter().take(LISTED as usize).map(|id| Bound::Id(*id)).collect();
    select(db, &Conditions::new().and_in("s.id", ids)).await
}

/// Those of exactly this name.
pub(crate) async fn list_colleagues_named(db: &Db, name: &str) -> sqlx::Result<Vec<Colleague>> {
    select(db, &Conditions::new().and("s.name = ?", [Bound::Text(name.into())])).await
}

async fn select(db: &Db, which: &Conditions) -> sqlx::Result<Vec<Colleague>> {
    let sql = format!(
        "SELECT s.id, s.name, s.title, s.role, i.name AS institution, d.name AS department
        FROM staff s
        JOIN institution i ON i.code = s.institution
        JOIN department d ON d.institution = s.institution AND d.code = s.department
        WHERE {} ORDER BY s.institution, s.department, s.name LIMIT {LISTED}",
        which.sql()
    );
    on_read!(db, |c| bind_all!(sqlx::query_as(AssertSqlSafe(sql)), which).fetch_all(c).await)
}
