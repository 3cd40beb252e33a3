use chrono::{DateTime, Utc};
use platform::{App, Tx, crypto::Sealed, on_read, on_tx};
use sqlx::FromRow;
use uuid::Uuid;

use super::{opened, sealed};
use crate::{HerbalError, model::Site};

/// So long a pharmacist has where nothing else is set.
const USUAL_SECONDS: i64 = 120;
const SECRET: (&str, &str) = ("herbal_site", "secret");

#[derive(FromRow)]
struct Row {
    institution: String,
    audit_seconds: i64,
    holds_signed: bool,
    rules: String,
}

impl Row {
    fn read(self) -> Result<Site, HerbalError> {
        Ok(Site {
            institution: self.institution,
            audit_seconds: self.audit_seconds,
            holds_signed: self.holds_signed,
            rules: serde_json::from_str(&self.rules)?,
        })
    }
}

/// How an institution audits; as usual where nothing is set.
pub(crate) async fn find_site(app: &App, institution: &str) -> Result<Site, HerbalError> {
    let sql =
        "SELECT institution, audit_seconds, holds_signed, rules FROM herbal_site WHERE institution = $1";
    let row: Option<Row> =
        on_read!(&app.db, |c| sqlx::query_as(sql).bind(institution).fetch_optional(c).await)?;
    row.map_or_else(
        || {
            Ok(Site {
                institution: institution.to_owned(),
                audit_seconds: USUAL_SECONDS,
                holds_signed: false,
                rules: rules::prescription::Settings::default(),
            })
        },
        Row::read,
    )
}

/// Code, name, seconds, whether signed blocks are held, whether there is a secret; of all institutions, by code.
pub(crate) async fn list_sites(app: &App) -> sqlx::Result<Vec<(String, String, i64, bool, bool)>> {
    let sql = "SELECT i.code, i.name, COALESCE(s.audit_seconds, 120), COALESCE(s.holds_signed, FALSE),
            s.secret IS NOT NULL
        FROM institution i LEFT JOIN herbal_site s ON s.institution = i.code
        WHERE i.code NOT IN (SELECT code FROM herbal_company) ORDER BY i.code";
    on_read!(&app.db, |c| sqlx::query_as(sql).fetch_all(c).await)
}

/// Code and name of each company that may have an interface, and whether it has a secret.
pub(crate) async fn list_company_secrets(app: &App) -> sqlx::Result<Vec<(String, String, bool)>> {
    let sql = "SELECT c.code, c.name, s.secret IS NOT NULL FROM herbal_company c
            JOIN institution i ON i.code = c.code LEFT JOIN herbal_site s ON s.institution = c.code
        WHERE c.is_active = $1 ORDER BY c.code";
    on_read!(&app.db, |c| sqlx::query_as(sql).bind(true).fetch_all(c).await)
}

/// Makes the row of an institution where there is none; gives its id. Not found where there is no such institution.
pub(crate) async fn lock_site(app: &App, tx: &mut Tx, institution: &str) -> Result<Uuid, HerbalError> {
    let known = "SELECT count(*) FROM institution WHERE code = $1";
    let insert = "INSERT INTO herbal_site(institution, id, audit_seconds, holds_signed, rules, version)
        VALUES ($1, $2, $3, FALSE, '{}', 0) ON CONFLICT DO NOTHING";
    let find = "UPDATE herbal_site SET version = version + 1 WHERE institution = $1 RETURNING id";
    let id = app.new_id();
    on_tx!(tx, |c| {
        let n: i64 = sqlx::query_scalar(known).bind(institution).fetch_one(&mut *c).await?;
        if n == 0 {
            return Err(HerbalError::NotFound);
        }
        sqlx::query(insert).bind(institution).bind(id).bind(USUAL_SECONDS).execute(&mut *c).await?;
        Ok(sqlx::query_scalar(find).bind(institution).fetch_one(c).await?)
    })
}

pub(crate) async fn update_site(
    tx: &mut Tx,
    institution: &str,
    (audit_seconds, holds_signed): (i64, bool),
) -> sqlx::Result<()> {
    let sql = "UPDATE herbal_site SET audit_seconds = $2, holds_signed = $3 WHERE institution = $1";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(institution).bind(audit_seconds).bind(holds_signed);
        query.execute(c).await.map(drop)
    })
}

pub(crate) async fn update_secret(app: &App, tx: &mut Tx, id: Uuid, secret: &str) -> sqlx::Result<()> {
    let sql = "UPDATE herbal_site SET secret = $2 WHERE id = $1";
    let sealed = sealed(app, SECRET, id, secret);
    on_tx!(tx, |c| sqlx::query(sql).bind(id).bind(&sealed).execute(c).await.map(drop))
}

/// What an institution's HIS signs with; None where it has nothing.
pub(crate) async fn find_secret(app: &App, institution: &str) -> Result<Option<String>, HerbalError> {
    let sql = "SELECT id, secret FROM herbal_site WHERE institution = $1 AND secret IS NOT NULL";
    let row: Option<(Uuid, Sealed)> =
        on_read!(&app.db, |c| sqlx::query_as(sql).bind(institution).fetch_optional(c).await)?;
    row.map(|(id, secret)| opened(app, SECRET, id, &secret)).transpose()
}

/// Uses up the word of a call; false when it was used before.
pub(crate) async fn spend_nonce(app: &App, institution: &str, nonce: &str) -> sqlx::Result<bool> {
    let sql =
        "INSERT INTO herbal_nonce(institution, nonce, used_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let mut tx = app.db.begin().await?;
    let is_new = on_tx!(&mut tx, |c| {
        let query = sqlx::query(sql).bind(institution).bind(nonce).bind(app.now());
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })?;
    tx.commit().await?;
    Ok(is_new)
}

/// Removes words of calls nobody can repeat any more.
pub(crate) async fn sweep_nonces(tx: &mut Tx, before: DateTime<Utc>) -> sqlx::Result<u64> {
    let sql = "DELETE FROM herbal_nonce WHERE used_at < $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(before).execute(c).await.map(|done| done.rows_affected()))
}
