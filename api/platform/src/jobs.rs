//! What happens later: events of the outbox and timed jobs, as rows written in the transaction of their cause.
//!
//! A [`Worker`] claims a due job under a lease, renews the lease while the handler runs, and then ends the job. Each
//! claim raises the job's fence, so that a worker whose lease was lost cannot end what another one has taken over. A job
//! is done at least once; a handler that must act once remembers [`Job::id`] in its own transaction. Jobs of one kind
//! and lane run one after the other in the order they were written; a dead one does not hold up its lane.

mod store;
mod worker;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{App, Tx};

pub use store::{Dead, delete_ended, hasten, list_dead, revive};
pub use worker::{Handler, HandlerFault, Worker};

/// A job is given up after so many tries.
pub const MOST_TRIES: i64 = 8;

/// A job to be written.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    /// As `message.push`; names the handler.
    pub kind: &'a str,
    /// Jobs of one lane keep their order.
    pub lane: Option<&'a str>,
    /// A job of this kind and key is written once.
    pub unique_key: Option<&'a str>,
    /// Not before this moment.
    pub due_at: DateTime<Utc>,
}

/// A claimed job.
#[derive(Debug, Clone, FromRow)]
pub struct Job {
    /// The same over all tries.
    pub id: Uuid,
    pub kind: String,
    pub lane: Option<String>,
    pub payload: serde_json::Value,
    /// Counts from 1.
    pub tries: i64,
    seq: i64,
    fence: i64,
}

impl Job {
    /// The payload as it was written.
    pub fn read<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        T::deserialize(&self.payload)
    }
}

/// Writes a job into the caller's transaction; None when one with its unique key is there already.
///
/// Lanes keep the order in which their rows were written: whoever writes to one lane at the same time must hold the
/// same lock (the row the event speaks of).
pub async fn write(
    app: &App,
    tx: &mut Tx,
    new: New<'_>,
    payload: &impl Serialize,
) -> sqlx::Result<Option<Uuid>> {
    let payload = serde_json::to_value(payload).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let id = app.new_id();
    Ok(store::insert(tx, id, new, &payload, app.now()).await?.then_some(id))
}

/// Writes an event to the outbox: due at once, in order within its lane.
pub async fn publish(
    app: &App,
    tx: &mut Tx,
    topic: &str,
    lane: &str,
    payload: &impl Serialize,
) -> sqlx::Result<()> {
    let new = New { kind: topic, lane: Some(lane), unique_key: None, due_at: app.now() };
    write(app, tx, new, payload).await.map(drop)
}

/// Before the next try: 2, 4, 8 … seconds up to an hour, half to one and a half times as long by chance, so that many
/// failed jobs do not come back together.
fn wait_after(app: &App, tries: i64) -> TimeDelta {
    let mut chance = [0; 2];
    app.ids.fill(&mut chance);
    let millis = 1000 * 2_i64.pow(u32::try_from(tries.clamp(1, 12)).unwrap_or(1)).min(3600);
    TimeDelta::milliseconds(millis / 2 + millis * i64::from(u16::from_be_bytes(chance)) / 65_535)
}

#[cfg(test)]
mod tests;
