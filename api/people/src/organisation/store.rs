use platform::{Db, Tx, crypto::Keyring, integrity, on_read, on_tx};
use sqlx::FromRow;

use super::{Organisation, Position};
use crate::guard;

#[derive(FromRow)]
pub(super) struct Row {
    code: String,
    name: String,
    kind: String,
    level: String,
    address: String,
    longitude: Option<f64>,
    latitude: Option<f64>,
    is_position_checked: bool,
    payment_address: String,
    version: i64,
}

impl From<Row> for Organisation {
    fn from(row: Row) -> Self {
        let position =
            row.longitude.zip(row.latitude).map(|(longitude, latitude)| Position { longitude, latitude });
        Self {
            code: row.code,
            name: row.name,
            kind: row.kind,
            level: row.level,
            address: row.address,
            position,
            is_position_checked: row.is_position_checked,
            payment_address: row.payment_address,
            version: row.version,
        }
    }
}

/// In the order of the file they came from.
pub(super) async fn list(db: &Db) -> sqlx::Result<Vec<Organisation>> {
    let sql = "SELECT code, name, kind, level, address, longitude, latitude, is_position_checked,
            payment_address, version FROM institution WHERE place IS NOT NULL ORDER BY place, code";
    let rows: Vec<Row> = on_read!(db, |c| sqlx::query_as(sql).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Organisation::from).collect())
}

/// Brings in what the file says; who was edited since stays as edited.
pub(super) async fn load(
    keyring: &Keyring,
    tx: &mut Tx,
    organisation: &Organisation,
    place: i64,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO institution(code, name, kind, level, address, longitude, latitude,
            is_position_checked, payment_address, place, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0)
        ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind, level = excluded.level,
            address = excluded.address, longitude = excluded.longitude, latitude = excluded.latitude,
            payment_address = excluded.payment_address, place = excluded.place
        WHERE institution.version = 0";
    let Organisation { code, name, kind, level, address, position, payment_address, .. } = organisation;
    let is_sound = guard::is_sound(tx, keyring, &guard::INSTITUTION, code).await?;
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(code).bind(name).bind(kind).bind(level).bind(address);
        let query = query.bind(position.map(|p| p.longitude)).bind(position.map(|p| p.latitude));
        query.bind(false).bind(payment_address).bind(place).execute(c).await.map(drop)
    })?;
    guard::stamp_if(is_sound, tx, keyring, &guard::INSTITUTION, code).await
}

/// False when somebody else changed it since `organisation.version`.
pub(super) async fn update(
    keyring: &Keyring,
    tx: &mut Tx,
    organisation: &Organisation,
) -> sqlx::Result<bool> {
    let sql = "UPDATE institution SET name = $3, level = $4, address = $5, longitude = $6, latitude = $7,
            is_position_checked = $8, payment_address = $9, version = version + 1
        WHERE code = $1 AND version = $2 AND place IS NOT NULL";
    let Organisation { code, name, level, address, position, payment_address, version, .. } = organisation;
    let done = on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(code).bind(version).bind(name).bind(level).bind(address);
        let query = query.bind(position.map(|p| p.longitude)).bind(position.map(|p| p.latitude));
        let query = query.bind(organisation.is_position_checked).bind(payment_address);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })?;
    integrity::stamp(tx, keyring, &guard::INSTITUTION, code.as_str()).await?;
    Ok(done)
}
