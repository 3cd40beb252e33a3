//! The audit trail: who did what to whose data, when, why and with what result.
//!
//! Rows are only ever appended, in the transaction of the deed itself. Each row's hash is
//! SM3(hash of the row before ‖ canonical JSON of this row), so that a changed, removed or inserted row shows.
//! Appending locks the end of the chain until the transaction ends: append last, just before the commit.

mod origin;
mod search;
mod verify;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Db, Tx, crypto::sm3, on_read, on_tx};

pub(crate) use origin::address;
pub use origin::{Origin, with_origin};
pub use search::{Search, count, count_since, search};
pub use verify::{Check, Verdict, verify};

/// A deed to be recorded.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    pub at: DateTime<Utc>,
    pub actor: Actor,
    /// What was done, as `record.read`.
    pub action: &'static str,
    /// Whose data.
    pub patient: Option<Uuid>,
    /// Which thing, as `visit/<id>`.
    pub object: Option<String>,
    /// Why, in the actor's words or by rule.
    pub reason: Option<&'a str>,
    pub outcome: Outcome,
    pub request_id: &'a str,
}

/// Who: a person's id and role, or a part of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub id: String,
    pub role: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Denied,
    Failed,
}

/// A recorded deed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct Record {
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub actor: String,
    pub role: String,
    pub action: String,
    pub patient: Option<Uuid>,
    pub object: Option<String>,
    pub reason: Option<String>,
    pub outcome: String,
    pub request_id: String,
    /// Network address and browser it came from; None for what the program does by itself.
    pub address: Option<String>,
    pub device: Option<String>,
    #[serde(skip)]
    prev_hash: Vec<u8>,
    #[serde(skip)]
    hash: Vec<u8>,
}

impl Actor {
    /// The program itself, as in a nightly job.
    pub fn system(part: &str) -> Self {
        Self { id: part.into(), role: "system".into() }
    }
}

impl Outcome {
    pub const ALL: [Self; 3] = [Self::Done, Self::Denied, Self::Failed];

    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }
}

/// Appends a deed; it stands when the transaction commits.
pub async fn append(tx: &mut Tx, entry: Entry<'_>) -> sqlx::Result<()> {
    let (last, prev_hash) = lock_head(tx).await?;
    let Origin { address, device } = origin::current();
    let mut record = Record {
        seq: last + 1,
        at: entry.at,
        actor: entry.actor.id,
        role: entry.actor.role,
        action: entry.action.into(),
        patient: entry.patient,
        object: entry.object,
        reason: entry.reason.map(Into::into),
        outcome: entry.outcome.name().into(),
        request_id: entry.request_id.into(),
        address,
        device,
        prev_hash,
        hash: Vec::new(),
    };
    record.hash = record.computed_hash();
    insert(tx, &record).await
}

/// What was done with a patient's data, newest first.
pub async fn list_for_patient(db: &Db, patient: Uuid, limit: i64) -> sqlx::Result<Vec<Record>> {
    let sql = "SELECT * FROM audit_log WHERE patient = $1 ORDER BY seq DESC LIMIT $2";
    on_read!(db, |c| sqlx::query_as(sql).bind(patient).bind(limit).fetch_all(c).await)
}

/// What was done with one thing, newest first.
pub async fn list_for_object(db: &Db, object: &str, limit: i64) -> sqlx::Result<Vec<Record>> {
    let sql = "SELECT * FROM audit_log WHERE object = $1 ORDER BY seq DESC LIMIT $2";
    on_read!(db, |c| sqlx::query_as(sql).bind(object).bind(limit).fetch_all(c).await)
}

/// The end of the chain: number of rows and hash. Written to the running log, it anchors the chain outside the
/// database, where whoever rewrites all hashes cannot reach.
pub async fn find_head(db: &Db) -> sqlx::Result<(i64, String)> {
    let sql = "SELECT seq, hash FROM audit_head WHERE one = 1";
    let (seq, hash): (i64, Vec<u8>) = on_read!(db, |c| sqlx::query_as(sql).fetch_one(c).await)?;
    Ok((seq, hex::encode(hash)))
}

/// SQLite has one writer at a time already; PostgreSQL locks the row.
async fn lock_head(tx: &mut Tx) -> sqlx::Result<(i64, Vec<u8>)> {
    let sql = if tx.is_postgres() {
        "SELECT seq, hash FROM audit_head WHERE one = 1 FOR UPDATE"
    } else {
        "SELECT seq, hash FROM audit_head WHERE one = 1"
    };
    on_tx!(tx, |c| sqlx::query_as(sql).fetch_one(c).await)
}

async fn insert(tx: &mut Tx, r: &Record) -> sqlx::Result<()> {
    let row =
        "INSERT INTO audit_log(seq, at, actor, role, action, patient, object, reason, outcome, request_id,
            prev_hash, hash, address, device)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    let head = "UPDATE audit_head SET seq = $1, hash = $2 WHERE one = 1";
    on_tx!(tx, |c| {
        let query = sqlx::query(row).bind(r.seq).bind(r.at).bind(&r.actor).bind(&r.role).bind(&r.action);
        let query =
            query.bind(r.patient).bind(&r.object).bind(&r.reason).bind(&r.outcome).bind(&r.request_id);
        let query = query.bind(&r.prev_hash).bind(&r.hash).bind(&r.address).bind(&r.device);
        query.execute(&mut *c).await?;
        sqlx::query(head).bind(r.seq).bind(&r.hash).execute(c).await.map(drop)
    })
}

impl Record {
    /// By which the chain knows this row.
    pub fn hash_hex(&self) -> String {
        hex::encode(&self.hash)
    }

    /// Canonical: an array in column order, times in microseconds, so that there is one text per row. Rows without
    /// address and device are hashed as they were before there were such columns; adding or taking either shows.
    fn computed_hash(&self) -> Vec<u8> {
        let at = self.at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let (who, whose) = ((&self.actor, &self.role, &self.action), (self.patient, &self.object));
        let why = (&self.reason, &self.outcome, &self.request_id);
        let canonical = match (&self.address, &self.device) {
            (None, None) => serde_json::to_vec(&(self.seq, at, who, whose, why)),
            origin => serde_json::to_vec(&(self.seq, at, who, whose, why, origin)),
        };
        let mut bytes = self.prev_hash.clone();
        bytes.extend(canonical.unwrap_or_default());
        sm3(bytes).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{App, db::test_support::on_each_database};

    pub(super) async fn append_reads(app: &App, patients: &[Uuid]) {
        for patient in patients {
            let mut tx = app.db.begin().await.unwrap();
            let entry = Entry {
                at: app.now(),
                actor: Actor { id: "d1".into(), role: "doctor".into() },
                action: "record.read",
                patient: Some(*patient),
                object: Some("visit/7".into()),
                reason: Some("接诊"),
                outcome: Outcome::Done,
                request_id: "r1",
            };
            append(&mut tx, entry).await.unwrap();
            tx.commit().await.unwrap();
        }
    }

    #[tokio::test]
    async fn deeds_are_listed_by_patient_and_thing() {
        on_each_database(&[], async |bench| {
            let (one, two) = (bench.new_id(), bench.new_id());
            append_reads(bench, &[one, two, one]).await;
            let of_one = list_for_patient(&bench.db, one, 10).await.unwrap();
            assert_eq!(of_one.iter().map(|r| r.seq).collect::<Vec<_>>(), [3, 1]);
            assert_eq!(of_one[0].at, bench.now());
            assert_eq!(of_one[0].reason.as_deref(), Some("接诊"));
            assert_eq!(list_for_object(&bench.db, "visit/7", 2).await.unwrap().len(), 2);
        })
        .await;
    }

    #[tokio::test]
    async fn rows_cannot_be_changed_or_removed() {
        on_each_database(&[], async |bench| {
            append_reads(bench, &[bench.new_id()]).await;
            for sql in ["UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log"] {
                let mut tx = bench.db.begin().await.unwrap();
                let refused = on_tx!(&mut tx, |c| sqlx::query(sql).execute(c).await.map(drop));
                assert!(refused.unwrap_err().to_string().contains("append-only"));
            }
        })
        .await;
    }

    #[tokio::test]
    async fn writers_at_the_same_time_make_one_chain() {
        on_each_database(&[], async |bench| {
            let tasks: Vec<_> = (0..8)
                .map(|_| {
                    let app = bench.app.clone();
                    tokio::spawn(async move { append_reads(&app, &[Uuid::nil(); 5]).await })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(verify(&bench.db).await.unwrap(), Verdict::Intact { rows: 40 });
        })
        .await;
    }
}
