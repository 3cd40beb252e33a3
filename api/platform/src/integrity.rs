//! Rows in the clear that decide who may do what carry a MAC: HMAC-SM3 over the whole row, under a key derived from the
//! sealing key of a version. Whoever changes such a row in the database without the key file is found out: by
//! `jiuyi verify`, and for accounts and rights at the next sign-in or when the rights are read.
//!
//! MACs stand in a table of their own, so that a removed row shows as well. Rows that belong together (all grants of a
//! role) make a part: it is stamped and checked as a whole. Writers call [`stamp`] in their transaction, after the last
//! change. A row that was put back together with its MAC of an earlier day is not found out; the audit trail tells what
//! was changed since.

mod store;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt};

use serde_json::Value as Json;

use crate::{
    App, Db, Tx,
    audit::{self, Actor, Outcome},
    crypto::Keyring,
    db::tables::{self, Table, Value},
};

/// A table whose rows carry MACs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guarded {
    pub table: &'static str,
    /// The column whose value makes rows one part.
    pub part: &'static str,
    /// Columns of sealed values: they answer for themselves, and change with the keys. Only whether there is a value is
    /// part of the MAC.
    pub sealed: &'static [&'static str],
}

/// A row that is not as the program wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenRow {
    pub table: &'static str,
    /// Its primary key.
    pub row: String,
    pub fault: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Changed,
    /// It was put in without a MAC.
    Foreign,
    /// There is a MAC, and no row.
    Missing,
    /// The key version of its MAC is not in the key file.
    NoKey,
}

pub(crate) const ROLE: Guarded = Guarded { table: "role", part: "key", sealed: &[] };
pub(crate) const ROLE_GRANT: Guarded = Guarded { table: "role_grant", part: "role", sealed: &[] };
pub(crate) const ROLE_HOLDER: Guarded = Guarded { table: "role_holder", part: "principal_id", sealed: &[] };
pub(crate) const DUTY: Guarded = Guarded { table: "duty", part: "principal_id", sealed: &[] };

/// The tables of this crate.
pub const GUARDED: &[Guarded] = &[ROLE, ROLE_GRANT, ROLE_HOLDER, DUTY];

/// What the audit trail calls the MACs.
const OBJECT: &str = "integrity";

/// Renews the MACs of a part after its rows were written. One writer at a time.
pub async fn stamp(tx: &mut Tx, keyring: &Keyring, of: &Guarded, part: impl Into<Value>) -> sqlx::Result<()> {
    store::lock(tx).await?;
    let (table, part) = (tables::find_table(tx, of.table).await?, part.into());
    let rows = read_part(tx, of, &table, &part).await?;
    let part = text_of(&part);
    let mut known = store::list_part(tx, of.table, &part).await?;
    for (row, plain) in rows {
        let (version, mac) = keyring.row_mac(&plain);
        store::save(tx, of.table, &part, &row, version, &mac).await?;
        known.remove(&row);
    }
    for row in known.keys() {
        store::delete(tx, of.table, row).await?;
    }
    Ok(())
}

/// What stands about somebody who holds roles: the holding itself, the kind of work, the roles and their grants.
pub async fn stamp_holder(tx: &mut Tx, keyring: &Keyring, id: uuid::Uuid) -> sqlx::Result<()> {
    stamp(tx, keyring, &DUTY, id).await?;
    stamp(tx, keyring, &ROLE_HOLDER, id).await
}

/// Whether the rows of a part are as the program wrote them, all of them and no others.
pub async fn check(
    tx: &mut Tx,
    keyring: &Keyring,
    of: &Guarded,
    part: impl Into<Value>,
) -> sqlx::Result<Vec<BrokenRow>> {
    let (table, part) = (tables::find_table(tx, of.table).await?, part.into());
    let rows = read_part(tx, of, &table, &part).await?;
    let known = store::list_part(tx, of.table, &text_of(&part)).await?;
    Ok(compared(keyring, of, rows, known))
}

/// Compares every row of every table with its MAC.
pub async fn find_broken(app: &App, guarded: &[Guarded]) -> sqlx::Result<Vec<BrokenRow>> {
    let mut tx = app.db.snapshot().await?;
    let mut broken = Vec::new();
    for of in guarded {
        let table = tables::find_table(&mut tx, of.table).await?;
        let rows = read_all(&mut tx, of, &table).await?;
        let rows = rows.into_iter().map(|(_, row, plain)| (row, plain)).collect();
        let known = store::list_all(&mut tx, of.table).await?;
        broken.extend(compared(&app.keyring, of, rows, known));
        let mark = store::find_mark(&mut tx, of.table).await?;
        if !mark.is_some_and(|mark| mark.is_ours(&app.keyring, of)) {
            let row = "（起始标记）".to_owned();
            broken.push(BrokenRow { table: of.table, row, fault: Fault::Missing });
        }
    }
    tx.rollback().await?;
    Ok(broken)
}

/// How many MACs each key version has made.
pub(crate) async fn count_by_version(db: &Db) -> sqlx::Result<BTreeMap<u16, i64>> {
    store::count_by_version(db).await
}

/// Gives every sound row a MAC of the current key; gives how many rows. What is broken stays as it is.
pub async fn restamp(app: &App, guarded: &[Guarded]) -> sqlx::Result<u64> {
    let mut n = 0;
    for of in guarded {
        let mut tx = app.db.begin().await?;
        store::lock(&mut tx).await?;
        let table = tables::find_table(&mut tx, of.table).await?;
        let known = store::list_all(&mut tx, of.table).await?;
        for (part, row, plain) in read_all(&mut tx, of, &table).await? {
            let sound = known.get(&row).filter(|(version, mac)| {
                *version != app.keyring.current()
                    && app.keyring.is_row_mac(*version, &plain, mac) == Some(true)
            });
            if sound.is_some() {
                let (version, mac) = app.keyring.row_mac(&plain);
                store::save(&mut tx, of.table, &part, &row, version, &mac).await?;
                n += 1;
            }
        }
        if let Some(mark) = store::find_mark(&mut tx, of.table).await?
            && mark.is_ours(&app.keyring, of)
        {
            store::Mark::new(&app.keyring, of, mark.schema).save(&mut tx).await?;
        }
        tx.commit().await?;
    }
    Ok(n)
}

/// At the start: gives MACs to the rows that were there before there were any, once; and after an upgrade to those that
/// its migrations wrote. Both stand in the audit trail. Where the mark of the beginning was taken away nothing is
/// stamped: then rows count as broken.
pub async fn begin(app: &App, guarded: &[Guarded]) -> sqlx::Result<()> {
    let schema = tables::find_schema(&mut app.db.snapshot().await?).await?;
    let begun = audit::list_for_object(&app.db, OBJECT, 1000).await?;
    for of in guarded {
        let mut tx = app.db.begin().await?;
        store::lock(&mut tx).await?;
        let mark = store::find_mark(&mut tx, of.table).await?;
        let (action, told) = match mark {
            Some(mark) if mark.schema == schema && mark.is_ours(&app.keyring, of) => continue,
            Some(mark) if mark.is_ours(&app.keyring, of) => {
                let (n, foreign) = renew(app, &mut tx, of, schema).await?;
                ("integrity.renew", format!("{}：升级后 {n} 行，其中 {foreign} 行由升级写入", of.table))
            }
            // A mark that was changed, or one that is gone although there was a beginning.
            mark => {
                let had =
                    |row: &audit::Record| row.reason.as_deref().is_some_and(|why| begins(why, of.table));
                if mark.is_some() || begun.iter().any(had) {
                    tracing::error!(
                        table = of.table,
                        "ALARM: the mark of the row MACs was changed or removed"
                    );
                    continue;
                }
                let (n, _) = renew(app, &mut tx, of, schema).await?;
                ("integrity.begin", format!("{}：{n} 行", of.table))
            }
        };
        let entry = audit::Entry {
            at: app.now(),
            actor: Actor::system("integrity"),
            action,
            patient: None,
            object: Some(OBJECT.into()),
            reason: Some(&told),
            outcome: Outcome::Done,
            request_id: "-",
        };
        audit::append(&mut tx, entry).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// For tests: the same without a trace in the audit trail.
#[cfg(feature = "test-support")]
pub async fn begin_quietly(app: &App, guarded: &[Guarded]) -> sqlx::Result<()> {
    let mut tx = app.db.begin().await?;
    let schema = tables::find_schema(&mut tx).await?;
    for of in guarded {
        renew(app, &mut tx, of, schema).await?;
    }
    tx.commit().await
}

fn begins(reason: &str, table: &str) -> bool {
    reason.split_once('：').is_some_and(|(name, _)| name == table)
}

/// Stamps every row of a table and sets the mark; gives how many rows, and how many had no right MAC before.
async fn renew(app: &App, tx: &mut Tx, of: &Guarded, schema: i64) -> sqlx::Result<(u64, u64)> {
    let table = tables::find_table(tx, of.table).await?;
    let mut known = store::list_all(tx, of.table).await?;
    let (mut n, mut foreign) = (0, 0);
    for (part, row, plain) in read_all(tx, of, &table).await? {
        let before = known.remove(&row);
        let sound =
            before.is_some_and(|(version, mac)| app.keyring.is_row_mac(version, &plain, &mac) == Some(true));
        foreign += u64::from(!sound);
        n += 1;
        let (version, mac) = app.keyring.row_mac(&plain);
        store::save(tx, of.table, &part, &row, version, &mac).await?;
    }
    for row in known.keys() {
        store::delete(tx, of.table, row).await?;
    }
    store::Mark::new(&app.keyring, of, schema).save(tx).await?;
    Ok((n, foreign))
}

type Rows = Vec<(String, Vec<u8>)>;

async fn read_part(tx: &mut Tx, of: &Guarded, table: &Table, part: &Value) -> sqlx::Result<Rows> {
    let rows = tables::find_rows(tx, table, of.part, part).await?;
    Ok(rows.into_iter().map(|row| (key_of(table, &row), canonical(of, table, row))).collect())
}

/// Part, key and text of every row.
async fn read_all(tx: &mut Tx, of: &Guarded, table: &Table) -> sqlx::Result<Vec<(String, String, Vec<u8>)>> {
    let at = table.columns.iter().position(|column| column.name == of.part).unwrap_or_default();
    let mut rows = Vec::new();
    tables::read_rows(tx, table, |row| {
        let part = row.get(at).map(text_of).unwrap_or_default();
        rows.push((part, key_of(table, &row), canonical(of, table, row)));
        Ok::<_, sqlx::Error>(())
    })
    .await?;
    Ok(rows)
}

fn compared(
    keyring: &Keyring,
    of: &Guarded,
    rows: Rows,
    mut known: BTreeMap<String, (u16, Vec<u8>)>,
) -> Vec<BrokenRow> {
    let mut broken = Vec::new();
    let mut name = |row: String, fault| broken.push(BrokenRow { table: of.table, row, fault });
    for (row, plain) in rows {
        match known.remove(&row) {
            None => name(row, Fault::Foreign),
            Some((version, mac)) => match keyring.is_row_mac(version, &plain, &mac) {
                Some(true) => {}
                Some(false) => name(row, Fault::Changed),
                None => name(row, Fault::NoKey),
            },
        }
    }
    for (row, _) in known {
        name(row, Fault::Missing);
    }
    broken
}

/// One text per row: the table, and each column by name; the same on both engines.
fn canonical(of: &Guarded, table: &Table, row: Vec<Value>) -> Vec<u8> {
    let mut columns = BTreeMap::new();
    for (column, value) in table.columns.iter().zip(row) {
        let value = match value {
            value if of.sealed.contains(&column.name.as_str()) => Json::Bool(value != Value::Null),
            Value::Null => Json::Null,
            Value::Number(n) => n.into(),
            Value::Text(text) => text.into(),
            Value::Bytes(bytes) => format!("0x{}", hex::encode(bytes)).into(),
        };
        columns.insert(column.name.as_str(), value);
    }
    let columns: Vec<Json> =
        columns.into_iter().map(|(name, value)| Json::from(vec![name.into(), value])).collect();
    [of.table.as_bytes(), b"\n", Json::Array(columns).to_string().as_bytes()].concat()
}

fn key_of(table: &Table, row: &[Value]) -> String {
    let value = |name: &String| {
        let at = table.columns.iter().position(|column| column.name == *name)?;
        row.get(at).map(text_of)
    };
    table.key.iter().filter_map(value).collect::<Vec<_>>().join("/")
}

/// Ids as people write them.
fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Number(n) => n.to_string(),
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => match uuid::Uuid::from_slice(bytes) {
            Ok(id) => id.to_string(),
            Err(_) => hex::encode(bytes),
        },
    }
}

impl fmt::Display for BrokenRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = match self.fault {
            Fault::Changed => "内容被改动",
            Fault::Foreign => "不是由本程序写入的行",
            Fault::Missing => "行被删除",
            Fault::NoKey => "校验码所用的密钥版本不在密钥文件中",
        };
        write!(f, "{}，行 {}：{fault}", self.table, self.row)
    }
}
