//! `Idempotency-Key`: the same request sent twice has one effect and one answer.
//!
//! In the transaction of the effect: [`claim`] first; on [`Claim::First`] do the work and [`save`] the answer; on
//! [`Claim::Again`] give the saved answer back. A scope names operation and caller, as
//! `appointment.book/<resident id>`, so that nobody sees the answer to another's key.

use axum::{extract::FromRequestParts, http::StatusCode, http::request::Parts};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::types::Json;

use crate::{Problem, Tx, crypto::sm3, db::Transient, on_tx};

/// The header `Idempotency-Key`: 8 to 128 printable ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub String);

/// What to do with a request.
#[derive(Debug, PartialEq)]
pub enum Claim {
    /// Not seen before: do the work.
    First,
    /// Done before: give this answer again.
    Again(SavedAnswer),
}

#[derive(Debug, PartialEq)]
pub struct SavedAnswer {
    pub status: u16,
    pub body: serde_json::Value,
}

#[derive(Debug, thiserror::Error)]
pub enum IdempotencyError {
    #[error("the key was used for another request")]
    Reused,
    #[error("cannot read or write the key")]
    Storage(#[from] sqlx::Error),
}

/// Claims a key. A second transaction with the same key waits here until the first has committed.
pub async fn claim(
    tx: &mut Tx,
    scope: &str,
    key: &IdempotencyKey,
    body: &impl Serialize,
    now: DateTime<Utc>,
) -> Result<Claim, IdempotencyError> {
    let hash = sm3(serde_json::to_vec(body).map_err(|e| sqlx::Error::Encode(e.into()))?).to_vec();
    let insert = "INSERT INTO idempotency_key(scope, key, body_hash, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING";
    let find = "SELECT body_hash, status, response FROM idempotency_key WHERE scope = $1 AND key = $2";
    let inserted = on_tx!(tx, |c| sqlx::query(insert)
        .bind(scope)
        .bind(&key.0)
        .bind(&hash)
        .bind(now)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if inserted == 1 {
        return Ok(Claim::First);
    }
    let (known, status, body): (Vec<u8>, Option<i64>, Option<Json<serde_json::Value>>) =
        on_tx!(tx, |c| sqlx::query_as(find).bind(scope).bind(&key.0).fetch_one(c).await)?;
    match (status, body) {
        _ if known != hash => Err(IdempotencyError::Reused),
        (Some(status), Some(Json(body))) => {
            Ok(Claim::Again(SavedAnswer { status: u16::try_from(status).unwrap_or(200), body }))
        }
        // Claimed by this very transaction, which has not saved yet.
        _ => Ok(Claim::First),
    }
}

/// Saves the answer of a claimed key.
pub async fn save(
    tx: &mut Tx,
    scope: &str,
    key: &IdempotencyKey,
    status: StatusCode,
    body: &impl Serialize,
) -> Result<(), IdempotencyError> {
    let body = Json(serde_json::to_value(body).map_err(|e| sqlx::Error::Encode(e.into()))?);
    let sql = "UPDATE idempotency_key SET status = $3, response = $4 WHERE scope = $1 AND key = $2";
    on_tx!(tx, |c| sqlx::query(sql)
        .bind(scope)
        .bind(&key.0)
        .bind(i64::from(status.as_u16()))
        .bind(&body)
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

/// Forgets keys made before a moment; a day is enough for every client that tries again.
pub async fn delete_older(tx: &mut Tx, moment: DateTime<Utc>) -> sqlx::Result<u64> {
    let sql = "DELETE FROM idempotency_key WHERE created_at < $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(moment).execute(c).await.map(|done| done.rows_affected()))
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let key = parts.headers.get("idempotency-key").and_then(|value| value.to_str().ok()).unwrap_or("");
        if (8..=128).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) {
            return Ok(Self(key.to_owned()));
        }
        Err(Problem::new(StatusCode::BAD_REQUEST, "/problems/idempotency-key-required", "缺少幂等键")
            .detail("请在请求头 Idempotency-Key 中给出 8 到 128 个可见字符，重试时保持不变。"))
    }
}

impl Transient for IdempotencyError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Storage(error) if error.is_transient())
    }
}

impl From<IdempotencyError> for Problem {
    fn from(error: IdempotencyError) -> Self {
        match error {
            IdempotencyError::Reused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "/problems/idempotency-key-reused",
                "幂等键已用于另一个请求",
            )
            .detail("内容已改变：请换一个新的 Idempotency-Key 再提交。"),
            IdempotencyError::Storage(error) => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::db::test_support::on_each_database;

    #[tokio::test]
    async fn one_effect_one_answer() {
        on_each_database(&[], async |bench| {
            let (key, body, now) = (IdempotencyKey("abcdefgh".into()), json!({"slot": 7}), bench.now());
            let mut tx = bench.db.begin().await.unwrap();
            assert_eq!(claim(&mut tx, "book/1", &key, &body, now).await.unwrap(), Claim::First);
            save(&mut tx, "book/1", &key, StatusCode::CREATED, &json!({"id": 1})).await.unwrap();
            tx.commit().await.unwrap();

            let mut tx = bench.db.begin().await.unwrap();
            let again = claim(&mut tx, "book/1", &key, &body, now).await.unwrap();
            assert_eq!(again, Claim::Again(SavedAnswer { status: 201, body: json!({"id": 1}) }));
            let other = claim(&mut tx, "book/1", &key, &json!({"slot": 8}), now).await;
            assert_eq!(Problem::from(other.unwrap_err()).status, 422);
            assert_eq!(
                claim(&mut tx, "book/2", &key, &body, now).await.unwrap(),
                Claim::First,
                "another caller"
            );
            tx.rollback().await.unwrap();
        })
        .await;
    }

    #[tokio::test]
    async fn a_rolled_back_claim_is_free_again() {
        on_each_database(&[], async |bench| {
            let (key, now) = (IdempotencyKey("abcdefgh".into()), bench.now());
            let mut tx = bench.db.begin().await.unwrap();
            claim(&mut tx, "book/1", &key, &1, now).await.unwrap();
            tx.rollback().await.unwrap();
            let mut tx = bench.db.begin().await.unwrap();
            assert_eq!(claim(&mut tx, "book/1", &key, &2, now).await.unwrap(), Claim::First);
            assert_eq!(delete_older(&mut tx, now + chrono::TimeDelta::days(1)).await.unwrap(), 1);
            tx.commit().await.unwrap();
        })
        .await;
    }
}
