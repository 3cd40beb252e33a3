use chrono::{DateTime, Utc};
use platform::{App, Db, Tx, crypto::Sealed, on_read, on_tx};
use sqlx::FromRow;
use uuid::Uuid;

use super::{opened, opened_json, sealed, sealed_json};
use crate::{
    HerbalError,
    model::{Document, Found, Signed, Version},
};

const CONTENT: (&str, &str) = ("prescription_version", "content");
const FINDING: (&str, &str) = ("prescription_finding", "content");
const REASON: (&str, &str) = ("prescription_finding", "sign_reason");

/// A version to be written.
pub(crate) struct NewVersion<'a> {
    pub(crate) order: Uuid,
    pub(crate) number: i64,
    pub(crate) document: &'a Document,
    pub(crate) release: &'a str,
    pub(crate) findings: &'a [Found],
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    version: i64,
    content: Sealed,
    release: String,
    created_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct FindingRow {
    id: Uuid,
    content: Sealed,
    signed_by: Option<String>,
    signed_at: Option<DateTime<Utc>>,
    sign_reason: Option<Sealed>,
}

impl FindingRow {
    fn open(self, app: &App) -> Result<Found, HerbalError> {
        let mut found: Found = opened_json(app, FINDING, self.id, &self.content)?;
        found.signed = match (self.signed_by, self.signed_at, self.sign_reason) {
            (Some(by), Some(at), Some(reason)) => {
                Some(Signed { by, at, reason: opened(app, REASON, self.id, &reason)? })
            }
            _ => None,
        };
        Ok(found)
    }
}

/// Writes a version with its findings; gives its id.
pub(crate) async fn insert_version(
    app: &App,
    tx: &mut Tx,
    new: &NewVersion<'_>,
) -> Result<Uuid, HerbalError> {
    let sql = "INSERT INTO prescription_version(id, prescription_id, version, content, release, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let finding = "INSERT INTO prescription_finding(id, version_id, ordinal, rule, level, comment, content,
            signed_by, signed_at, sign_reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let id = app.new_id();
    let content = sealed_json(app, CONTENT, id, new.document)?;
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(new.order).bind(new.number).bind(&content);
        query.bind(new.release).bind(app.now()).execute(&mut *c).await?;
        for (ordinal, found) in (0_i64..).zip(new.findings) {
            let row = app.new_id();
            let content = sealed_json(app, FINDING, row, &Found { signed: None, ..found.clone() })?;
            let reason = found.signed.as_ref().map(|signed| sealed(app, REASON, row, &signed.reason));
            let query = sqlx::query(finding).bind(row).bind(id).bind(ordinal).bind(&found.rule);
            let query = query.bind(level(found)).bind(&found.comment).bind(&content);
            let query = query.bind(found.signed.as_ref().map(|signed| signed.by.as_str()));
            let query = query.bind(found.signed.as_ref().map(|signed| signed.at)).bind(&reason);
            query.execute(&mut *c).await?;
        }
        Ok::<_, HerbalError>(())
    })?;
    Ok(id)
}

/// A version with its findings.
pub(crate) async fn find_version(
    app: &App,
    db: &Db,
    order: Uuid,
    version: i64,
) -> Result<Version, HerbalError> {
    let sql = "SELECT id, version, content, release, created_at FROM prescription_version
        WHERE prescription_id = $1 AND version = $2";
    let findings = "SELECT id, content, signed_by, signed_at, sign_reason FROM prescription_finding
        WHERE version_id = $1 ORDER BY ordinal";
    let row: Option<Row> =
        on_read!(db, |c| sqlx::query_as(sql).bind(order).bind(version).fetch_optional(c).await)?;
    let row = row.ok_or(HerbalError::NotFound)?;
    let rows: Vec<FindingRow> = on_read!(db, |c| sqlx::query_as(findings).bind(row.id).fetch_all(c).await)?;
    Ok(Version {
        id: row.id,
        number: row.version,
        document: opened_json(app, CONTENT, row.id, &row.content)?,
        release: row.release,
        findings: rows.into_iter().map(|row| row.open(app)).collect::<Result<_, _>>()?,
        created_at: row.created_at,
    })
}

/// The id of a version, read where it is decided on.
pub(crate) async fn find_version_id(tx: &mut Tx, order: Uuid, version: i64) -> sqlx::Result<Uuid> {
    let sql = "SELECT id FROM prescription_version WHERE prescription_id = $1 AND version = $2";
    on_tx!(tx, |c| sqlx::query_scalar(sql).bind(order).bind(version).fetch_one(c).await)
}

/// How many blocking findings of a version nobody signed.
pub(crate) async fn count_open_blocks(tx: &mut Tx, version: Uuid) -> sqlx::Result<i64> {
    let sql = "SELECT count(*) FROM prescription_finding
        WHERE version_id = $1 AND level = 'block' AND signed_by IS NULL";
    on_tx!(tx, |c| sqlx::query_scalar(sql).bind(version).fetch_one(c).await)
}

/// The prescriber signs the findings of a rule in a version.
pub(crate) async fn update_signed(
    app: &App,
    tx: &mut Tx,
    version: Uuid,
    rule: &str,
    signed: &Signed,
) -> Result<(), HerbalError> {
    let find = "SELECT id FROM prescription_finding
        WHERE version_id = $1 AND rule = $2 AND signed_by IS NULL AND level = 'block'";
    let sql =
        "UPDATE prescription_finding SET signed_by = $2, signed_at = $3, sign_reason = $4 WHERE id = $1";
    on_tx!(tx, |c| {
        let rows: Vec<Uuid> = sqlx::query_scalar(find).bind(version).bind(rule).fetch_all(&mut *c).await?;
        for row in rows {
            let reason = sealed(app, REASON, row, &signed.reason);
            let query = sqlx::query(sql).bind(row).bind(&signed.by).bind(signed.at).bind(&reason);
            query.execute(&mut *c).await?;
        }
        Ok(())
    })
}

fn level(found: &Found) -> &'static str {
    use rules::quality::Level;
    match found.level {
        Level::Block => "block",
        Level::Warn => "warn",
        Level::Hint => "hint",
    }
}
