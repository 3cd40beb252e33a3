//! What the order desk counts.

use platform::{App, Db, Tx, bind_all, crypto::Sealed, db::Conditions, on_read, on_tx};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::opened;
use crate::HerbalError;

/// Most rows of a grouped count.
const MOST_GROUPS: i64 = 400;

/// By what orders are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Institution,
    Department,
    Doctor,
    Company,
    State,
    Sex,
    Day,
    Week,
    Month,
}

/// A row of a grouped count.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub(crate) struct Group {
    pub(crate) label: Option<String>,
    pub(crate) n: i64,
    /// Told apart by their ID numbers.
    pub(crate) n_patients: i64,
    /// What was charged for them, in fen; what has no price counts as nothing.
    pub(crate) fen: i64,
}

impl By {
    /// The label of a group; days are those of China.
    fn sql(self, is_postgres: bool) -> &'static str {
        match (self, is_postgres) {
            (Self::Institution, _) => "institution",
            (Self::Department, _) => "department_name",
            (Self::Doctor, _) => "doctor_name",
            (Self::Company, _) => "company",
            (Self::State, _) => "state",
            (Self::Sex, _) => "sex",
            (Self::Day, true) => "to_char(created_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')",
            (Self::Day, false) => "strftime('%Y-%m-%d', created_at, '+8 hours')",
            (Self::Week, true) => {
                "to_char(date_trunc('week', created_at AT TIME ZONE 'Asia/Shanghai'), 'YYYY-MM-DD')"
            }
            // The Monday on or before.
            (Self::Week, false) => "strftime('%Y-%m-%d', created_at, '+8 hours', '-6 days', 'weekday 1')",
            (Self::Month, true) => "to_char(created_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')",
            (Self::Month, false) => "strftime('%Y-%m', created_at, '+8 hours')",
        }
    }

    /// Whether the labels are in the order of time.
    pub(crate) fn is_time(self) -> bool {
        matches!(self, Self::Day | Self::Week | Self::Month)
    }
}

/// How many of the wanted there are, their patients and charges, by label: in order of time, or the most first.
pub(crate) async fn count_by(db: &Db, wanted: &Conditions, by: By) -> sqlx::Result<Vec<Group>> {
    let label = by.sql(db.is_postgres());
    let order = if by.is_time() { "label" } else { "n DESC, label" };
    let sql = format!(
        "SELECT {label} AS label, count(*) AS n, count(DISTINCT id_number_index) AS n_patients,
            CAST(COALESCE(sum(pieces_fen + decoction_fen + delivery_fen), 0) AS BIGINT) AS fen
        FROM prescription LEFT JOIN herbal_charge ON prescription_id = id
        WHERE {} GROUP BY 1 ORDER BY {order} LIMIT {MOST_GROUPS}",
        wanted.sql()
    );
    on_read!(db, |c| bind_all!(sqlx::query_as(AssertSqlSafe(sql)), wanted).fetch_all(c).await)
}

/// How many of the wanted there are.
pub(crate) async fn count_wanted(db: &Db, wanted: &Conditions) -> sqlx::Result<i64> {
    let sql = format!("SELECT count(*) FROM prescription WHERE {}", wanted.sql());
    on_read!(db, |c| bind_all!(sqlx::query_scalar(AssertSqlSafe(sql)), wanted).fetch_one(c).await)
}

/// The names of the patients of some prescriptions.
pub(crate) async fn list_patient_names(
    app: &App,
    orders: Vec<Uuid>,
) -> Result<Vec<(Uuid, String)>, HerbalError> {
    let these = Conditions::new().and_in("id", orders.into_iter().map(platform::db::Bound::Id).collect());
    let sql = format!(
        "SELECT id, patient_name FROM prescription WHERE patient_name IS NOT NULL AND {}",
        these.sql()
    );
    let rows: Vec<(Uuid, Sealed)> =
        on_read!(&app.db, |c| bind_all!(sqlx::query_as(AssertSqlSafe(sql)), these).fetch_all(c).await)?;
    let open =
        |(id, name): (Uuid, Sealed)| Ok((id, opened(app, ("prescription", "patient_name"), id, &name)?));
    rows.into_iter().map(open).collect()
}

/// The name of an institution; its code where it has none.
pub(crate) async fn find_name(tx: &mut Tx, institution: &str) -> sqlx::Result<String> {
    let sql = "SELECT name FROM institution WHERE code = $1";
    let name: Option<String> =
        on_tx!(tx, |c| sqlx::query_scalar(sql).bind(institution).fetch_optional(c).await)?;
    Ok(name.unwrap_or_else(|| institution.to_owned()))
}

/// Hospitals and companies, by code, with their names.
pub(crate) async fn list_names(db: &Db) -> sqlx::Result<Vec<(String, String)>> {
    let sql = "SELECT code, name FROM institution UNION SELECT code, name FROM herbal_company ORDER BY code";
    on_read!(db, |c| sqlx::query_as(sql).fetch_all(c).await)
}
