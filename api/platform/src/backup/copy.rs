//! Between the tables and the file.

use std::path::{Path, PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    BackupError,
    file::{Found, Reader, Writer},
};
use crate::{
    App, Tx,
    db::tables::{self, Table, Value},
};

/// Not part of a backup, and kept as it is by a restore.
const ITS_OWN: &str = "backup_log";
/// Not part of a backup, and empty after a restore: everybody signs in again.
const FORGOTTEN: [&str; 3] = ["session", "sign_in_state", "sign_in_step"];
/// Filled by migrations and by the first start: a database with rows in no other table is an empty one.
const FILLED_AT_FIRST: [&str; 7] =
    ["audit_log", "role", "role_grant", "row_mac", "row_mac_begun", "sealing_key", ITS_OWN];
/// The key of tables with one row, as counters and versions: their row is there before any data is.
const OF_ONE_ROW: &str = "one";
/// Every so many rows it is said how far it is.
const TOLD_EVERY: u64 = 10_000;

/// Writes every table as the transaction sees it; gives place, length and SM3 of the file.
pub(super) async fn write(
    app: &App,
    tx: &mut Tx,
    id: Uuid,
    path: &Path,
    mut told: impl FnMut(&str, u64) + Send,
) -> Result<(PathBuf, u64, String), BackupError> {
    let schema = tables::find_schema(tx).await?;
    let mut writer = Writer::begin(app, id, path, schema)?;
    for table in tables::list_tables(tx).await? {
        if table.name == ITS_OWN || FORGOTTEN.contains(&table.name.as_str()) {
            continue;
        }
        let columns = table.column_names().into_iter().map(str::to_owned).collect();
        writer.begin_table(&table.name, columns)?;
        let mut n = 0;
        tables::read_rows(tx, &table, |row| {
            writer.row(&Json::Array(row.into_iter().map(json).collect()))?;
            n += 1;
            if n % TOLD_EVERY == 0 {
                told(&table.name, n);
            }
            Ok::<_, BackupError>(())
        })
        .await?;
        told(&table.name, writer.end_table()?);
    }
    writer.end()
}

/// The first table that holds more than an empty installation does.
pub(super) async fn first_filled(tx: &mut Tx, all: &[Table]) -> Result<Option<String>, BackupError> {
    for table in all {
        let name = table.name.as_str();
        let is_counter = table.column_names().contains(&OF_ONE_ROW);
        if is_counter || FILLED_AT_FIRST.contains(&name) || FORGOTTEN.contains(&name) {
            continue;
        }
        if tables::has_rows(tx, table).await? {
            return Ok(Some(table.name.clone()));
        }
    }
    Ok(None)
}

/// Puts the rows of a backup in place of those of the tables.
pub(super) async fn read(
    app: &App,
    tx: &mut Tx,
    all: &[Table],
    path: &Path,
    mut told: impl FnMut(&str, u64) + Send,
) -> Result<(), BackupError> {
    for table in all.iter().rev().filter(|table| table.name != ITS_OWN) {
        tables::clear(tx, table).await?;
    }
    let mut reader = Reader::open(path, &app.keyring)?;
    // The table at hand, where its columns stand in the file, and how many rows are done.
    let mut current: Option<(&Table, Vec<usize>, u64)> = None;
    loop {
        match reader.next()? {
            Found::Table(part) => {
                let other = || BackupError::Table(part.table.clone());
                let table = all.iter().find(|table| table.name == part.table).ok_or_else(other)?;
                let places = table.columns.iter().map(|column| {
                    part.columns.iter().position(|name| *name == column.name).ok_or_else(other)
                });
                let places = places.collect::<Result<Vec<_>, _>>()?;
                if part.columns.len() != places.len() {
                    return Err(other());
                }
                current = Some((table, places, 0));
            }
            Found::Rows(lines) => {
                let Some((table, places, n)) = &mut current else { continue };
                for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                    let row: Vec<Json> = serde_json::from_slice(line)?;
                    let row =
                        row_of(table, places, row).ok_or_else(|| BackupError::Table(table.name.clone()))?;
                    tables::insert_row(tx, table, &row).await?;
                    *n += 1;
                    if *n % TOLD_EVERY == 0 {
                        told(&table.name, *n);
                    }
                }
            }
            Found::End => {
                if let Some((table, _, n)) = current.take() {
                    told(&table.name, n);
                }
            }
            Found::Manifest(_) => return Ok(()),
        }
    }
}

pub(super) fn json(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Number(n) => n.into(),
        Value::Text(text) => text.into(),
        Value::Bytes(bytes) => BASE64.encode(bytes).into(),
    }
}

fn row_of(table: &Table, places: &[usize], mut row: Vec<Json>) -> Option<Vec<Value>> {
    let value = |(at, place): (usize, &usize)| {
        Some(match row.get_mut(*place)?.take() {
            Json::Null => Value::Null,
            Json::Number(n) => Value::Number(n.as_i64()?),
            Json::String(text) if table.holds_bytes(at) => Value::Bytes(BASE64.decode(text).ok()?),
            Json::String(text) => Value::Text(text),
            _ => return None,
        })
    };
    places.iter().enumerate().map(value).collect()
}
