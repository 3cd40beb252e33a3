//! Drafts of single files, and what trying them on past visits gave.

use chrono::{DateTime, Utc};
use platform::{Db, Tx, on_read, on_tx};
use sqlx::FromRow;
use uuid::Uuid;

use crate::model::{Draft, Trial, TrialState};

#[derive(FromRow)]
struct DraftRow {
    file: String,
    base: String,
    text: String,
    version: i64,
    edited_by: String,
    edited_at: DateTime<Utc>,
}

impl From<DraftRow> for Draft {
    fn from(row: DraftRow) -> Self {
        let DraftRow { file, base, text, version, edited_by, edited_at } = row;
        Self { file, base, text, version, edited_by, edited_at }
    }
}

#[derive(FromRow)]
struct TrialRow {
    id: Uuid,
    file: String,
    text: String,
    release: String,
    state: String,
    n_done: i64,
    n_all: i64,
    effect: String,
    asked_by: String,
    asked_at: DateTime<Utc>,
}

impl TrialRow {
    fn read(self) -> sqlx::Result<Trial> {
        let unknown = || sqlx::Error::Decode("unknown state of a trial".into());
        let effect = serde_json::from_str(&self.effect).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(Trial {
            id: self.id,
            file: self.file,
            text: self.text,
            release: self.release,
            state: TrialState::named(&self.state).ok_or_else(unknown)?,
            n_done: self.n_done,
            n_all: self.n_all,
            effect,
            asked_by: self.asked_by,
            asked_at: self.asked_at,
        })
    }
}

pub(crate) async fn find_draft(db: &Db, file: &str) -> sqlx::Result<Option<Draft>> {
    let sql = "SELECT * FROM knowledge_draft WHERE file = $1";
    let row: Option<DraftRow> = on_read!(db, |c| sqlx::query_as(sql).bind(file).fetch_optional(c).await)?;
    Ok(row.map(Draft::from))
}

/// By file.
pub(crate) async fn list_drafts(db: &Db) -> sqlx::Result<Vec<Draft>> {
    let sql = "SELECT * FROM knowledge_draft ORDER BY file";
    let rows: Vec<DraftRow> = on_read!(db, |c| sqlx::query_as(sql).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Draft::from).collect())
}

/// False when it is no longer at the version before this one; version 1 is a new draft.
pub(crate) async fn save_draft(tx: &mut Tx, draft: &Draft) -> sqlx::Result<bool> {
    let insert = "INSERT INTO knowledge_draft(file, base, text, version, edited_by, edited_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let update =
        "UPDATE knowledge_draft SET base = $2, text = $3, version = $4, edited_by = $5, edited_at = $6
        WHERE file = $1 AND version = $4 - 1";
    let Draft { file, base, text, version, edited_by, edited_at } = draft;
    let sql = if *version == 1 { insert } else { update };
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(file).bind(base).bind(text).bind(version);
        query.bind(edited_by).bind(edited_at).execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

/// False when it is no longer at that version.
pub(crate) async fn delete_draft(tx: &mut Tx, file: &str, version: i64) -> sqlx::Result<bool> {
    let sql = "DELETE FROM knowledge_draft WHERE file = $1 AND version = $2";
    on_tx!(tx, |c| {
        let done = sqlx::query(sql).bind(file).bind(version).execute(c).await;
        done.map(|done| done.rows_affected() == 1)
    })
}

pub(crate) async fn insert_trial(tx: &mut Tx, trial: &Trial) -> sqlx::Result<()> {
    let sql = "INSERT INTO knowledge_trial(id, file, text, release, state, n_done, n_all, effect, asked_by, asked_at)
        VALUES ($1, $2, $3, $4, $5, 0, 0, '{}', $6, $7)";
    let Trial { id, file, text, release, state, asked_by, asked_at, .. } = trial;
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(file).bind(text).bind(release).bind(state.name());
        query.bind(asked_by).bind(asked_at).execute(c).await.map(drop)
    })
}

pub(crate) async fn find_trial(db: &Db, id: Uuid) -> sqlx::Result<Option<Trial>> {
    let sql = "SELECT * FROM knowledge_trial WHERE id = $1";
    let row: Option<TrialRow> = on_read!(db, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
    row.map(TrialRow::read).transpose()
}

/// The one of a file that was asked for last.
pub(crate) async fn find_last_trial(db: &Db, file: &str) -> sqlx::Result<Option<Trial>> {
    let sql = "SELECT * FROM knowledge_trial WHERE file = $1 ORDER BY asked_at DESC, id DESC LIMIT 1";
    let row: Option<TrialRow> = on_read!(db, |c| sqlx::query_as(sql).bind(file).fetch_optional(c).await)?;
    row.map(TrialRow::read).transpose()
}

/// How far a trial has come, and what it gave so far.
pub(crate) async fn update_trial(tx: &mut Tx, trial: &Trial, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE knowledge_trial SET state = $2, n_done = $3, n_all = $4, effect = $5, ended_at = $6 WHERE id = $1";
    let Trial { id, state, n_done, n_all, .. } = trial;
    let effect = serde_json::to_string(&trial.effect).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let ended = state.is_over().then_some(now);
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(state.name()).bind(n_done).bind(n_all);
        query.bind(effect).bind(ended).execute(c).await.map(drop)
    })
}
