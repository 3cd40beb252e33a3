use std::collections::BTreeMap;

use super::Guarded;
use crate::{Db, Tx, crypto::Keyring, on_read, on_tx};

/// Since when the rows of a table carry MACs; it carries one itself.
pub(super) struct Mark {
    table: String,
    /// The last migration whose rows were stamped.
    pub(super) schema: i64,
    version: i64,
    mac: Vec<u8>,
}

impl Mark {
    pub(super) fn new(keyring: &Keyring, of: &Guarded, schema: i64) -> Self {
        let (version, mac) = keyring.row_mac(&plain(of.table, schema));
        Self { table: of.table.into(), schema, version: version.into(), mac }
    }

    pub(super) fn is_ours(&self, keyring: &Keyring, of: &Guarded) -> bool {
        let version = u16::try_from(self.version).unwrap_or_default();
        keyring.is_row_mac(version, &plain(of.table, self.schema), &self.mac) == Some(true)
    }

    pub(super) async fn save(&self, tx: &mut Tx) -> sqlx::Result<()> {
        let sql = "INSERT INTO row_mac_begun(of_table, schema_at, version, mac) VALUES ($1, $2, $3, $4)
            ON CONFLICT (of_table) DO UPDATE SET schema_at = excluded.schema_at, version = excluded.version,
                mac = excluded.mac";
        on_tx!(tx, |c| {
            let query = sqlx::query(sql).bind(&self.table).bind(self.schema).bind(self.version);
            query.bind(&self.mac).execute(c).await.map(drop)
        })
    }
}

fn plain(table: &str, schema: i64) -> Vec<u8> {
    format!("row_mac_begun\n{table}\n{schema}").into_bytes()
}

pub(super) async fn find_mark(tx: &mut Tx, table: &str) -> sqlx::Result<Option<Mark>> {
    let sql = "SELECT schema_at, version, mac FROM row_mac_begun WHERE of_table = $1";
    let row: Option<(i64, i64, Vec<u8>)> =
        on_tx!(tx, |c| sqlx::query_as(sql).bind(table).fetch_optional(c).await)?;
    Ok(row.map(|(schema, version, mac)| Mark { table: table.into(), schema, version, mac }))
}

/// Until the transaction ends nobody else stamps; SQLite has one writer anyway.
pub(super) async fn lock(tx: &mut Tx) -> sqlx::Result<()> {
    /// Any number that nothing else of ours takes.
    const LOCK: i64 = 0x6a79_6d61_6300;
    match tx {
        Tx::Sqlite(_) => Ok(()),
        Tx::Postgres(tx) => {
            let sql = "SELECT pg_advisory_xact_lock($1)";
            sqlx::query(sql).bind(LOCK).execute(&mut **tx).await.map(drop)
        }
    }
}

pub(super) type Known = BTreeMap<String, (u16, Vec<u8>)>;

/// Key version and MAC by row.
pub(super) async fn list_part(tx: &mut Tx, table: &str, part: &str) -> sqlx::Result<Known> {
    let sql = "SELECT row_key, version, mac FROM row_mac WHERE of_table = $1 AND part = $2";
    let rows: Vec<(String, i64, Vec<u8>)> =
        on_tx!(tx, |c| sqlx::query_as(sql).bind(table).bind(part).fetch_all(c).await)?;
    Ok(by_row(rows))
}

pub(super) async fn list_all(tx: &mut Tx, table: &str) -> sqlx::Result<Known> {
    let sql = "SELECT row_key, version, mac FROM row_mac WHERE of_table = $1";
    let rows: Vec<(String, i64, Vec<u8>)> =
        on_tx!(tx, |c| sqlx::query_as(sql).bind(table).fetch_all(c).await)?;
    Ok(by_row(rows))
}

fn by_row(rows: Vec<(String, i64, Vec<u8>)>) -> Known {
    let version = |version: i64| u16::try_from(version).unwrap_or_default();
    rows.into_iter().map(|(row, v, mac)| (row, (version(v), mac))).collect()
}

pub(super) async fn save(
    tx: &mut Tx,
    table: &str,
    part: &str,
    row: &str,
    version: u16,
    mac: &[u8],
) -> sqlx::Result<()> {
    let sql = "INSERT INTO row_mac(of_table, part, row_key, version, mac) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (of_table, row_key) DO UPDATE SET part = excluded.part, version = excluded.version,
            mac = excluded.mac";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(table).bind(part).bind(row).bind(i64::from(version)).bind(mac);
        query.execute(c).await.map(drop)
    })
}

pub(super) async fn delete(tx: &mut Tx, table: &str, row: &str) -> sqlx::Result<()> {
    let sql = "DELETE FROM row_mac WHERE of_table = $1 AND row_key = $2";
    on_tx!(tx, |c| sqlx::query(sql).bind(table).bind(row).execute(c).await.map(drop))
}

pub(super) async fn count_by_version(db: &Db) -> sqlx::Result<BTreeMap<u16, i64>> {
    let sql = "SELECT version, count(*) FROM
            (SELECT version FROM row_mac UNION ALL SELECT version FROM row_mac_begun) AS used GROUP BY version";
    let rows: Vec<(i64, i64)> = on_read!(db, |c| sqlx::query_as(sql).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(version, n)| (u16::try_from(version).unwrap_or_default(), n)).collect())
}
