//! Which department uses which questionnaires, and how an institution reviews.

use platform::{Db, Tx, on_read, on_tx};
use sqlx::FromRow;

use crate::template::model::{Use, UseKind};

#[derive(FromRow)]
struct Row {
    institution: String,
    department: String,
    kind: String,
    name: String,
    position: i64,
    is_on: bool,
}

/// By department and position.
pub(crate) async fn list_uses(db: &Db, institution: &str) -> sqlx::Result<Vec<Use>> {
    let sql = "SELECT institution, department, kind, name, position, is_on FROM template_use
        WHERE institution = $1 ORDER BY department, position, kind, name";
    let rows: Vec<Row> = on_read!(db, |c| sqlx::query_as(sql).bind(institution).fetch_all(c).await)?;
    rows.into_iter()
        .map(|row| {
            let kind = UseKind::named(&row.kind)
                .ok_or_else(|| sqlx::Error::Decode("unknown kind of a template in use".into()))?;
            let Row { institution, department, name, position, is_on, .. } = row;
            Ok(Use { institution, department, kind, name, position, is_on })
        })
        .collect()
}

/// Takes the place of everything a department decided before.
pub(crate) async fn save_uses(
    tx: &mut Tx,
    (institution, department): (&str, &str),
    uses: &[Use],
) -> sqlx::Result<()> {
    let sql = "DELETE FROM template_use WHERE institution = $1 AND department = $2";
    on_tx!(&mut *tx, |c| sqlx::query(sql).bind(institution).bind(department).execute(c).await.map(drop))?;
    let sql = "INSERT INTO template_use(institution, department, kind, name, position, is_on)
        VALUES ($1, $2, $3, $4, $5, $6)";
    for one in uses {
        on_tx!(&mut *tx, |c| {
            let query = sqlx::query(sql).bind(institution).bind(department).bind(one.kind.name());
            query.bind(&one.name).bind(one.position).bind(one.is_on).execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// Whether an institution wants two looks.
pub(crate) async fn find_policy(db: &Db, institution: &str) -> sqlx::Result<bool> {
    let sql = "SELECT is_two_step FROM template_policy WHERE institution = $1";
    let found: Option<bool> =
        on_read!(db, |c| sqlx::query_scalar(sql).bind(institution).fetch_optional(c).await)?;
    Ok(found.unwrap_or(false))
}

pub(crate) async fn save_policy(tx: &mut Tx, institution: &str, is_two_step: bool) -> sqlx::Result<()> {
    let sql = "INSERT INTO template_policy(institution, is_two_step) VALUES ($1, $2)
        ON CONFLICT (institution) DO UPDATE SET is_two_step = excluded.is_two_step";
    on_tx!(tx, |c| sqlx::query(sql).bind(institution).bind(is_two_step).execute(c).await.map(drop))
}
