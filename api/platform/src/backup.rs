//! Backups: the whole database in one sealed file, the same for both engines.
//!
//! A backup is taken from one snapshot while the program serves, and read back before it counts. It can be restored
//! into SQLite and into PostgreSQL. The key file is never inside: without the keys of its time a backup is of no use to
//! anybody, so they are kept elsewhere. Left out are sessions and half-open sign-ins (everybody signs in again) and the
//! list of backups itself. See `file` for the format.

mod copy;
mod file;
mod schedule;
mod store;
#[cfg(test)]
mod tests;

use std::{
    io,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    App,
    audit::{self, Actor, Outcome},
    db::tables,
};

pub use file::verify;
pub use schedule::{CHECK, MAKE, ask, ask_check, handlers};
pub use store::{Entry, find, list};

/// What a backup says about itself at its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub id: Uuid,
    pub made_at: DateTime<Utc>,
    /// The time of the last migration of the database it was taken from.
    pub schema: i64,
    pub parts: Vec<Part>,
}

/// A table within a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub table: String,
    pub columns: Vec<String>,
    pub rows: u64,
    /// SM3 of its rows as lines of JSON.
    pub sm3: String,
}

/// A backup that was made and read back.
#[derive(Debug, Clone)]
pub struct Made {
    pub path: PathBuf,
    pub bytes: u64,
    /// SM3 of the file.
    pub sm3: String,
    pub manifest: Manifest,
}

/// Why it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Schedule,
    Operator,
    BeforeRestore,
    Restore,
}

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("无法读写 {}", .0.display())]
    File(PathBuf, #[source] io::Error),
    #[error("{} 不是备份文件，或开头已被改动", .0.display())]
    NoBackup(PathBuf),
    #[error("{file}：第 {frame} 块（表 {table}，文件第 {from} 至 {to} 字节）被改动或损坏，不能使用这份备份", file = path.display())]
    Changed { path: PathBuf, frame: u64, table: String, from: u64, to: u64 },
    #[error("{file} 不完整：在第 {at} 字节处中断", file = path.display())]
    CutOff { path: PathBuf, at: u64 },
    #[error("{file}：表 {table} 的行数或 SM3 与清单不符", file = path.display())]
    Manifest { path: PathBuf, table: String },
    #[error(
        "密钥文件不是这份备份的：缺少密钥版本 {0}（0 为盲索引密钥）。请把备份当时的 keys.toml 放到数据目录，再执行一次"
    )]
    NoKey(i64),
    #[error("备份的数据库版本是 {backup}，本程序是 {here}：请用当时版本的程序恢复，再升级")]
    Schema { backup: i64, here: i64 },
    #[error("数据库里已有数据（表 {0}）。确要覆盖，请加 --force；原有数据会先另存为一份备份")]
    NotEmpty(String),
    #[error("备份里的表 {0} 与本程序不同")]
    Table(String),
    #[error("cannot read or write the database")]
    Storage(#[from] sqlx::Error),
    #[error("cannot read a row of a backup")]
    Row(#[from] serde_json::Error),
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Operator => "operator",
            Self::BeforeRestore => "before_restore",
            Self::Restore => "restore",
        }
    }
}

impl Manifest {
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum()
    }
}

/// Makes a backup at `place` (a file, or a folder that is given a file of its own name), reads it back, and notes it in
/// the list and in the audit trail. `told` hears the table and how many of its rows are done.
pub async fn make(
    app: &App,
    place: &Path,
    kind: Kind,
    by: &Actor,
    told: impl FnMut(&str, u64) + Send,
) -> Result<Made, BackupError> {
    let id = app.new_id();
    let path = path_in(place, app, id)?;
    store::begin(app, id, kind, &path, &by.id).await?;
    let made = async {
        let mut tx = app.db.snapshot().await?;
        let written = copy::write(app, &mut tx, id, &path, told).await?;
        tx.rollback().await?;
        read_back(app, written).await
    };
    match made.await {
        Ok(made) => {
            let mut tx = app.db.begin().await?;
            store::end(&mut tx, id, &made, app.now()).await?;
            note(app, &mut tx, "backup.make", by, id, &told_of(&made), Outcome::Done).await?;
            tx.commit().await?;
            Ok(made)
        }
        Err(error) => {
            tracing::error!(%error, "ALARM: a backup could not be made");
            let mut tx = app.db.begin().await?;
            store::fail(&mut tx, id, &error.to_string(), app.now()).await?;
            note(app, &mut tx, "backup.make", by, id, &error.to_string(), Outcome::Failed).await?;
            tx.commit().await?;
            Err(error)
        }
    }
}

/// Reads a listed backup from the first byte to the last and notes the result.
pub async fn check(app: &App, entry: &Entry, by: &Actor) -> Result<Manifest, BackupError> {
    let (path, keyring) = (PathBuf::from(&entry.file), app.keyring.clone());
    let read = tokio::task::spawn_blocking(move || file::verify(&path, &keyring));
    let found = read.await.map_err(|error| BackupError::File(entry.file.clone().into(), error.into()))?;
    let (told, outcome) = match &found {
        Ok(manifest) => (format!("{} 行逐行核对无误", manifest.rows()), Outcome::Done),
        Err(error) => (error.to_string(), Outcome::Failed),
    };
    if outcome == Outcome::Failed {
        tracing::error!(fault = told, "ALARM: a backup cannot be used");
    }
    let mut tx = app.db.begin().await?;
    let fault = (outcome == Outcome::Failed).then_some(told.as_str());
    store::set_checked(&mut tx, entry.id, fault, app.now()).await?;
    note(app, &mut tx, "backup.verify", by, entry.id, &told, outcome).await?;
    tx.commit().await?;
    found
}

/// Replaces everything in the database by a backup, in one transaction: interrupted, nothing has changed. What was there
/// is first written to a backup of its own, whose place is given. Other nodes and services must be stopped meanwhile.
pub async fn restore(
    app: &App,
    path: &Path,
    force: bool,
    by: &Actor,
    mut told: impl FnMut(&str, u64) + Send,
) -> Result<(Manifest, Option<Made>), BackupError> {
    // Nothing is touched before the whole file is known to be sound.
    let expected = file::verify(path, &app.keyring)?;
    let mut tx = app.db.begin().await?;
    let here = tables::find_schema(&mut tx).await?;
    if expected.schema != here {
        return Err(BackupError::Schema { backup: expected.schema, here });
    }
    let all = tables::list_tables(&mut tx).await?;
    let filled = copy::first_filled(&mut tx, &all).await?;
    let mut kept = None;
    if let (Some(table), false) = (&filled, force) {
        return Err(BackupError::NotEmpty(table.clone()));
    }
    let triggers = tables::rest_triggers(&mut tx, &all).await?;
    let (last, hash) = audit::find_head(&app.db).await?;
    if filled.is_some() {
        // Within the same transaction: nobody can write between what is kept and what replaces it.
        let id = app.new_id();
        let aside = path_in(&app.config.backups(), app, id)?;
        let written = copy::write(app, &mut tx, id, &aside, &mut told).await?;
        let made = read_back(app, written).await?;
        store::insert_ended(&mut tx, id, Kind::BeforeRestore, &by.id, &made, app.now()).await?;
        kept = Some(made);
    }
    copy::read(app, &mut tx, &all, path, &mut told).await?;
    tables::wake_triggers(&mut tx, triggers).await?;
    let id = app.new_id();
    let (bytes, sm3) = file::hash(path)?;
    let made = Made { path: path.to_owned(), bytes, sm3, manifest: expected };
    store::insert_ended(&mut tx, id, Kind::Restore, &by.id, &made, app.now()).await?;
    let reason = format!("{}；恢复前审计链至第 {last} 条 {hash}", told_of(&made));
    note(app, &mut tx, "backup.restore", by, made.manifest.id, &reason, Outcome::Done).await?;
    tx.commit().await?;
    Ok((made.manifest, kept))
}

async fn read_back(app: &App, (path, bytes, sm3): (PathBuf, u64, String)) -> Result<Made, BackupError> {
    let (keyring, read) = (app.keyring.clone(), path.clone());
    let read = tokio::task::spawn_blocking(move || file::verify(&read, &keyring));
    let manifest = read.await.map_err(|error| BackupError::File(path.clone(), error.into()))??;
    Ok(Made { path, bytes, sm3, manifest })
}

/// A folder gets a file named after the time and the backup.
fn path_in(place: &Path, app: &App, id: Uuid) -> Result<PathBuf, BackupError> {
    let named = place.extension().is_some_and(|end| end == file::EXTENSION);
    let folder = if named { place.parent().unwrap_or(Path::new("")) } else { place };
    if !folder.as_os_str().is_empty() {
        crate::config::make_private(folder).map_err(|error| BackupError::File(folder.into(), error))?;
    }
    if named {
        return Ok(place.to_owned());
    }
    let id = id.simple().to_string();
    let name = format!("jiuyi-{}-{}.{}", app.now().format("%Y%m%dT%H%M%SZ"), &id[26..], file::EXTENSION);
    Ok(place.join(name))
}

fn told_of(made: &Made) -> String {
    format!("{} 行，{} 字节，SM3 {}", made.manifest.rows(), made.bytes, made.sm3)
}

async fn note(
    app: &App,
    tx: &mut crate::Tx,
    action: &'static str,
    by: &Actor,
    id: Uuid,
    reason: &str,
    outcome: Outcome,
) -> sqlx::Result<()> {
    let entry = audit::Entry {
        at: app.now(),
        actor: by.clone(),
        action,
        patient: None,
        object: Some(format!("backup/{id}")),
        reason: Some(reason),
        outcome,
        request_id: "-",
    };
    audit::append(tx, entry).await
}
