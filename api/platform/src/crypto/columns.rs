//! Walking over every sealed column: to re-seal with the current key, to count by key, to find what was changed.

use std::{collections::BTreeMap, fmt};

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{OpenError, Place, Sealed};
use crate::{App, Db, db::retry, on_read, on_tx};

/// A column of sealed values. Each crate lists its own; a test compares the lists with the code that seals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SealedColumn {
    pub table: &'static str,
    pub column: &'static str,
    /// The column with the UUID that the values were sealed for: the primary key.
    pub row: &'static str,
}

/// A sealed value that does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    pub column: SealedColumn,
    pub row: Uuid,
    /// The key version it names, when that key is missing.
    pub missing_key: Option<u16>,
}

const AT_ONCE: i64 = 50;

/// Seals everything with the current key that is sealed with another; gives how many values. May be stopped and
/// started again at any time. A value that somebody changes meanwhile keeps that change, one that does not open is
/// left as it is (see [`find_broken`]). `told` hears the column and its count after each batch.
pub async fn reseal(
    app: &App,
    columns: &[SealedColumn],
    mut told: impl FnMut(&SealedColumn, u64),
) -> sqlx::Result<u64> {
    let mut all = 0;
    for column in columns {
        let (mut after, mut done) = (None, 0);
        loop {
            let rows = list(&app.db, column, after).await?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(*last);
            let current = app.keyring.current();
            let renewed: Vec<_> = rows
                .into_iter()
                .filter(|(_, sealed)| sealed.version() != Some(current))
                .filter_map(|(row, sealed)| {
                    let plain = app.keyring.open(column.place(row), &sealed).ok()?;
                    let renewed = app.keyring.seal(&*app.ids, column.place(row), &plain);
                    Some((row, sealed, renewed))
                })
                .collect();
            done += retry(|| update(&app.db, column, &renewed)).await?;
            told(column, done);
        }
        all += done;
    }
    Ok(all)
}

/// How many values each key version has sealed.
pub async fn count_by_version(db: &Db, columns: &[SealedColumn]) -> sqlx::Result<BTreeMap<u16, i64>> {
    let mut counts = BTreeMap::new();
    for SealedColumn { table, column, .. } in columns {
        let sql = format!(
            "SELECT substr({column}, 1, 2), count(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY 1"
        );
        let rows: Vec<(Sealed, i64)> =
            on_read!(db, |c| sqlx::query_as(AssertSqlSafe(sql.as_str())).fetch_all(c).await)?;
        for (start, n) in rows {
            // What is too short names no key; find_broken tells of it.
            *counts.entry(start.version().unwrap_or_default()).or_insert(0) += n;
        }
    }
    Ok(counts)
}

/// Opens everything and gives what does not open, by column and row.
pub async fn find_broken(app: &App, columns: &[SealedColumn]) -> sqlx::Result<Vec<Broken>> {
    let mut broken = Vec::new();
    for column in columns {
        let mut after = None;
        loop {
            let rows = list(&app.db, column, after).await?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(*last);
            for (row, sealed) in rows {
                let missing_key = match app.keyring.open(column.place(row), &sealed) {
                    Ok(_) => continue,
                    Err(OpenError::NoKey { version, .. }) => Some(version),
                    Err(OpenError::Changed(_)) => None,
                };
                broken.push(Broken { column: *column, row, missing_key });
            }
        }
    }
    Ok(broken)
}

async fn list(db: &Db, of: &SealedColumn, after: Option<Uuid>) -> sqlx::Result<Vec<(Uuid, Sealed)>> {
    let SealedColumn { table, column, row } = of;
    let sql = format!(
        "SELECT {row}, {column} FROM {table} \
         WHERE {column} IS NOT NULL AND ($1 IS NULL OR {row} > $1) ORDER BY {row} LIMIT $2"
    );
    on_read!(db, |c| sqlx::query_as(AssertSqlSafe(sql.as_str())).bind(after).bind(AT_ONCE).fetch_all(c).await)
}

/// One short transaction; replaces a value only while it is still the one that was read.
async fn update(db: &Db, of: &SealedColumn, renewed: &[(Uuid, Sealed, Sealed)]) -> sqlx::Result<u64> {
    if renewed.is_empty() {
        return Ok(0);
    }
    let SealedColumn { table, column, row } = of;
    let sql = format!("UPDATE {table} SET {column} = $1 WHERE {row} = $2 AND {column} = $3");
    let mut tx = db.begin().await?;
    let mut n = 0;
    for (id, before, after) in renewed {
        n += on_tx!(&mut tx, |c| sqlx::query(AssertSqlSafe(sql.as_str()))
            .bind(after)
            .bind(id)
            .bind(before)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
    }
    tx.commit().await?;
    Ok(n)
}

impl SealedColumn {
    fn place(&self, row: Uuid) -> Place {
        Place { table: self.table, column: self.column, row }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SealedColumn { table, column, .. } = self.column;
        match self.missing_key {
            Some(version) => {
                write!(f, "{table}.{column}，行 {}：密钥版本 {version} 不在密钥文件中", self.row)
            }
            None => write!(f, "{table}.{column}，行 {}：内容被改动或移动", self.row),
        }
    }
}
