use chrono::{DateTime, Utc};
use engine::Turn;
use platform::{App, Tx, crypto::Sealed, on_read, on_tx};
use sqlx::FromRow;
use uuid::Uuid;

use super::{count, opened, opened_json, sealed, sealed_json};
use crate::{
    PreconsultError,
    model::{StoredTurn, Voided},
};

const TABLE: &str = "consultation_turn";

#[derive(FromRow)]
struct Row {
    id: Uuid,
    ordinal: i64,
    question: Sealed,
    answer: Sealed,
    notes: Sealed,
    request_key: String,
    created_at: DateTime<Utc>,
    voided_at: Option<DateTime<Utc>>,
    void_reason: Option<String>,
}

/// A turn to be kept.
#[derive(Debug)]
pub(crate) struct NewTurn<'a> {
    pub(crate) consultation: Uuid,
    pub(crate) ordinal: usize,
    pub(crate) turn: &'a Turn,
    pub(crate) notes: &'a [String],
    pub(crate) request_key: &'a str,
}

impl Row {
    fn open(self, app: &App) -> Result<StoredTurn, PreconsultError> {
        let turn = Turn {
            question: opened_json(app, TABLE, "question", self.id, &self.question)?,
            answer: opened(app, TABLE, "answer", self.id, &self.answer)?,
        };
        Ok(StoredTurn {
            ordinal: count(self.ordinal)?,
            turn,
            notes: opened_json(app, TABLE, "notes", self.id, &self.notes)?,
            request_key: self.request_key,
            created_at: self.created_at,
            voided: self.voided_at.zip(self.void_reason).map(|(at, reason)| Voided { at, reason }),
        })
    }
}

/// Keeps a turn and gives it as it is kept; refused by the database when the place or the key is taken.
pub(crate) async fn insert_turn(
    app: &App,
    tx: &mut Tx,
    new: NewTurn<'_>,
) -> Result<StoredTurn, PreconsultError> {
    let created_at = app.now();
    let sql =
        "INSERT INTO consultation_turn(id, consultation_id, ordinal, question, answer, notes, request_key,
            created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let id = app.new_id();
    let ordinal = i64::try_from(new.ordinal).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let question = sealed_json(app, TABLE, "question", id, &new.turn.question)?;
    let answer = sealed(app, TABLE, "answer", id, &new.turn.answer);
    let notes = sealed_json(app, TABLE, "notes", id, &new.notes)?;
    on_tx!(tx, |c| {
        let query =
            sqlx::query(sql).bind(id).bind(new.consultation).bind(ordinal).bind(&question).bind(&answer);
        query.bind(&notes).bind(new.request_key).bind(created_at).execute(c).await.map(drop)
    })?;
    Ok(StoredTurn {
        ordinal: new.ordinal,
        turn: new.turn.clone(),
        notes: new.notes.to_vec(),
        request_key: new.request_key.to_owned(),
        created_at,
        voided: None,
    })
}

/// All turns in the order they were answered, voided ones among them.
pub(crate) async fn list_turns(app: &App, consultation: Uuid) -> Result<Vec<StoredTurn>, PreconsultError> {
    let sql = "SELECT * FROM consultation_turn WHERE consultation_id = $1 ORDER BY created_at, id";
    let rows: Vec<Row> = on_read!(&app.db, |c| sqlx::query_as(sql).bind(consultation).fetch_all(c).await)?;
    rows.into_iter().map(|row| row.open(app)).collect()
}

/// Voids the valid turn at a place.
pub(crate) async fn update_voided(
    app: &App,
    tx: &mut Tx,
    consultation: Uuid,
    ordinal: usize,
    reason: &str,
) -> Result<(), PreconsultError> {
    let sql = "UPDATE consultation_turn SET voided_at = $3, void_reason = $4
        WHERE consultation_id = $1 AND ordinal = $2 AND voided_at IS NULL";
    let ordinal = i64::try_from(ordinal).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let voided = on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(consultation).bind(ordinal).bind(app.now()).bind(reason);
        query.execute(c).await.map(|done| done.rows_affected())
    })?;
    if voided == 1 { Ok(()) } else { Err(PreconsultError::Raced) }
}
