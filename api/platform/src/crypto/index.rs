//! Changing the key of blind indexes while the program runs.
//!
//! A new key first comes to every node beside the one in use ([`Keyring::add_index_key`]): from then on all of them find by
//! both. Then it writes ([`Keyring::use_next_index`]), values are indexed anew one by one ([`reindex`]), and when none is
//! left the old one goes ([`Keyring::retire_index`]). A value stands in the table under one of the two keys; that no two
//! rows have the same value is kept by the unique index under one key, and by [`lock_index`] across the two.

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{KeyFileError, Keyring, Keys, Place, Sealed};
use crate::{App, Db, Ids, Tx, db::retry, on_read, on_tx};

/// A column of blind indexes, beside the sealed column it was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexedColumn {
    pub table: &'static str,
    /// The column with the UUID of the row.
    pub row: &'static str,
    pub sealed: &'static str,
    pub index: &'static str,
    /// As given to [`Keyring::blind_index`].
    pub domain: &'static str,
    /// A column in the clear whose text stands before the value, with `|` between.
    pub before: Option<&'static str>,
}

const AT_ONCE: i64 = 200;

impl Keyring {
    /// Adds an index key that finds but does not write yet. Bring the key file to every node before
    /// [`Keyring::use_next_index`].
    pub fn add_index_key(&self, ids: &dyn Ids) -> Result<(), KeyFileError> {
        self.refresh()?;
        let mut keys = Keys::clone(&self.keys.load());
        if keys.index_next.is_some() || keys.index_old.is_some() {
            return Err(KeyFileError::Index(
                "上一次更换盲索引密钥还没有完成：请先执行 jiuyi key rotate --index 和 jiuyi key retire --index",
            ));
        }
        let mut key = [0; 32];
        ids.fill(&mut key);
        keys.index_next = Some(key);
        self.replace(keys)
    }

    /// From now on writes with the next index key; the one before still finds. True when there was a next one.
    pub async fn use_next_index(&self, db: &Db) -> Result<bool, KeyFileError> {
        self.refresh()?;
        let mut keys = Keys::clone(&self.keys.load());
        let Some(next) = keys.index_next.take() else { return Ok(false) };
        keys.index_old = Some(keys.index);
        keys.index = next;
        let marks = keys.fingerprints();
        // The file first: it holds both keys, so that either fingerprint in the database fits it.
        self.replace(keys)?;
        update_fingerprints(db, marks).await?;
        Ok(true)
    }

    /// Removes the index key before, when nothing was indexed with it any more; gives false when there is none.
    pub async fn retire_index(&self, app: &App, columns: &[IndexedColumn]) -> Result<bool, KeyFileError> {
        self.refresh()?;
        let mut keys = Keys::clone(&self.keys.load());
        if keys.index_old.is_none() {
            return Ok(false);
        }
        let left = count_old(app, columns).await?;
        if left > 0 {
            return Err(KeyFileError::IndexInUse(left));
        }
        update_fingerprints(&app.db, keys.fingerprints()).await?;
        keys.index_old = None;
        self.replace(keys)?;
        Ok(true)
    }
}

async fn update_fingerprints(db: &Db, marks: std::collections::BTreeMap<i64, Vec<u8>>) -> sqlx::Result<()> {
    let sql = "UPDATE sealing_key SET fingerprint = $2 WHERE version = $1";
    let mut tx = db.begin().await?;
    for (version, mark) in marks {
        on_tx!(&mut tx, |c| sqlx::query(sql).bind(version).bind(mark).execute(c).await.map(drop))?;
    }
    tx.commit().await
}

/// Keeps others from writing the same value under another key until the transaction ends. All nodes that know the same
/// two keys take the same lock; SQLite has one writer anyway.
pub async fn lock_index(tx: &mut Tx, indexes: &[Vec<u8>]) -> sqlx::Result<()> {
    let Tx::Postgres(tx) = tx else { return Ok(()) };
    let Some(first) = indexes.iter().min().and_then(|index| index.first_chunk::<8>()) else { return Ok(()) };
    if indexes.len() < 2 {
        return Ok(());
    }
    let sql = "SELECT pg_advisory_xact_lock($1)";
    sqlx::query(sql).bind(i64::from_be_bytes(*first)).execute(&mut **tx).await.map(drop)
}

/// Indexes everything with the key in use that is indexed with another; gives how many values. May be stopped and started
/// again at any time; a value that somebody changes meanwhile keeps that change.
pub async fn reindex(
    app: &App,
    columns: &[IndexedColumn],
    mut told: impl FnMut(&IndexedColumn, u64),
) -> sqlx::Result<u64> {
    let mut all = 0;
    for column in columns {
        let (mut after, mut done) = (None, 0);
        loop {
            let rows = list(&app.db, column, after).await?;
            let Some((last, ..)) = rows.last() else { break };
            after = Some(*last);
            for (row, sealed, index, before) in rows {
                let Some(text) = text_of(app, column, row, &sealed, before) else { continue };
                let indexes = app.keyring.blind_indexes(column.domain, &text);
                if indexes.first().is_some_and(|now| *now != index) {
                    done += retry(|| update(&app.db, column, row, &index, &indexes)).await?;
                }
            }
            told(column, done);
        }
        all += done;
    }
    Ok(all)
}

/// Values that are not indexed with the key in use.
async fn count_old(app: &App, columns: &[IndexedColumn]) -> sqlx::Result<u64> {
    let mut n = 0;
    for column in columns {
        let mut after = None;
        loop {
            let rows = list(&app.db, column, after).await?;
            let Some((last, ..)) = rows.last() else { break };
            after = Some(*last);
            for (row, sealed, index, before) in rows {
                // What does not open cannot be told and holds the key; find_broken names it.
                let now = text_of(app, column, row, &sealed, before)
                    .map(|text| app.keyring.blind_index(column.domain, &text));
                n += u64::from(now != Some(index));
            }
        }
    }
    Ok(n)
}

fn text_of(
    app: &App,
    column: &IndexedColumn,
    row: Uuid,
    sealed: &Sealed,
    before: Option<String>,
) -> Option<String> {
    let place = Place { table: column.table, column: column.sealed, row };
    let plain = app.keyring.open(place, sealed).ok()?;
    Some(match before {
        Some(before) => format!("{before}|{plain}"),
        None => plain,
    })
}

type Row = (Uuid, Sealed, Vec<u8>, Option<String>);

async fn list(db: &Db, of: &IndexedColumn, after: Option<Uuid>) -> sqlx::Result<Vec<Row>> {
    let IndexedColumn { table, row, sealed, index, before, .. } = of;
    let before = before.unwrap_or("CAST(NULL AS TEXT)");
    let sql = format!(
        "SELECT {row}, {sealed}, {index}, {before} FROM {table} \
         WHERE {index} IS NOT NULL AND {sealed} IS NOT NULL AND ($1 IS NULL OR {row} > $1) ORDER BY {row} LIMIT $2"
    );
    on_read!(db, |c| sqlx::query_as(AssertSqlSafe(sql.as_str())).bind(after).bind(AT_ONCE).fetch_all(c).await)
}

/// One row in one short transaction, so that nobody waits for two locks in different order.
async fn update(
    db: &Db,
    of: &IndexedColumn,
    id: Uuid,
    index_before: &[u8],
    indexes: &[Vec<u8>],
) -> sqlx::Result<u64> {
    let IndexedColumn { table, row, index, .. } = of;
    let sql = format!("UPDATE {table} SET {index} = $1 WHERE {row} = $2 AND {index} = $3");
    let mut tx = db.begin().await?;
    lock_index(&mut tx, indexes).await?;
    let n = on_tx!(&mut tx, |c| sqlx::query(AssertSqlSafe(sql.as_str()))
        .bind(&indexes[0])
        .bind(id)
        .bind(index_before)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    tx.commit().await?;
    Ok(n)
}
