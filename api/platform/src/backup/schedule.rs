//! Backups by the clock and by a press of a button, as jobs: however many nodes there are, one of them does each.

use std::{fs, io};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{BackupError, Kind, check, make, store};
use crate::{
    App, Tx,
    audit::Actor,
    jobs::{self, HandlerFault, Job, New, Worker},
};

/// Kinds of the jobs.
pub const MAKE: &str = "backup.make";
pub const CHECK: &str = "backup.check";

/// Two in the morning in China: few people are at work.
const HOUR: u32 = 2;

/// Who asked; the schedule asks by itself.
#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    id: String,
    role: String,
    /// The backup to be checked.
    backup: Option<Uuid>,
}

/// Makes backups by the clock, when the configuration says so, and when somebody asks.
#[must_use]
pub fn handlers(worker: Worker, app: &App) -> Worker {
    let worker = worker.on(MAKE, make_for).on(CHECK, check_for);
    match app.config.backup_every_hours {
        0 => worker,
        hours => worker.every(MAKE, hours, HOUR),
    }
}

/// Has a backup made soon; the job stands when the transaction commits.
pub async fn ask(app: &App, tx: &mut Tx, by: &Actor) -> sqlx::Result<()> {
    write(app, tx, MAKE, Asked { id: by.id.clone(), role: by.role.clone(), backup: None }).await
}

/// Has a listed backup read from the first byte to the last.
pub async fn ask_check(app: &App, tx: &mut Tx, by: &Actor, backup: Uuid) -> sqlx::Result<()> {
    write(app, tx, CHECK, Asked { id: by.id.clone(), role: by.role.clone(), backup: Some(backup) }).await
}

async fn write(app: &App, tx: &mut Tx, kind: &'static str, asked: Asked) -> sqlx::Result<()> {
    let new = New { kind, lane: None, unique_key: None, due_at: app.now() };
    jobs::write(app, tx, new, &asked).await.map(drop)
}

async fn make_for(app: App, job: Job) -> Result<(), HandlerFault> {
    let asked: Option<Asked> = job.read()?;
    let (kind, by) = match asked {
        Some(asked) => (Kind::Operator, Actor { id: asked.id, role: asked.role }),
        None => (Kind::Schedule, Actor::system("backup")),
    };
    make(&app, &app.config.backups(), kind, &by, |_, _| {}).await?;
    if kind == Kind::Schedule {
        remove_surplus(&app).await?;
    }
    Ok(())
}

async fn check_for(app: App, job: Job) -> Result<(), HandlerFault> {
    let asked: Asked = job.read()?;
    let Some(id) = asked.backup else { return Ok(()) };
    let Some(entry) = store::find(&app.db, id).await? else { return Ok(()) };
    // What is wrong with the file stands in the list; another try would find the same.
    match check(&app, &entry, &Actor { id: asked.id, role: asked.role }).await {
        Err(BackupError::Storage(error)) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Removes old scheduled backups, once a newer one was made and read back.
async fn remove_surplus(app: &App) -> Result<(), HandlerFault> {
    for old in store::list_surplus(&app.db, app.config.backup_keep).await? {
        match fs::remove_file(&old.file) {
            Ok(()) => {}
            // Made by another node, or taken away by hand.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                tracing::warn!(file = old.file, "an old backup is not here to be removed");
            }
            Err(error) => return Err(error.into()),
        }
        store::set_removed(&app.db, old.id, app.now()).await?;
    }
    Ok(())
}
