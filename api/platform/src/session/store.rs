use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{FromRow, types::Json};
use uuid::Uuid;

use super::{Device, Principal, Session, csrf_token};
use crate::{App, Config, Db, Tx, crypto::sm3, on_read, on_tx};

#[derive(FromRow)]
struct Row {
    id: Uuid,
    principal: Json<Principal>,
    browser: String,
    address: String,
    begun_at: DateTime<Utc>,
    seen_at: DateTime<Utc>,
    proved_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

/// One open session of a person, as their list of sign-ins shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    pub id: Uuid,
    pub device: Device,
    pub begun_at: DateTime<Utc>,
    /// To the minute.
    pub seen_at: DateTime<Utc>,
}

const COLUMNS: &str =
    "SELECT id, principal, browser, address, begun_at, seen_at, proved_at, ends_at FROM session";

impl Row {
    /// Neither idle for too long nor over.
    fn is_open(&self, config: &Config, now: DateTime<Utc>) -> bool {
        now < self.ends_at && now - self.seen_at < self.principal.0.idle(config)
    }
}

/// A session that begins now.
pub(super) struct New<'a> {
    pub(super) id: Uuid,
    pub(super) token_hash: &'a [u8],
    pub(super) principal: &'a Principal,
    pub(super) device: &'a Device,
    pub(super) now: DateTime<Utc>,
    pub(super) ends_at: DateTime<Utc>,
}

pub(super) async fn insert(tx: &mut Tx, new: New<'_>) -> sqlx::Result<()> {
    let sql =
        "INSERT INTO session(token_hash, id, principal_id, principal, browser, address, begun_at, seen_at,
            proved_at, ends_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7, $8)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(new.token_hash).bind(new.id).bind(new.principal.id());
        let query = query.bind(Json(new.principal)).bind(&new.device.browser).bind(&new.device.address);
        query.bind(new.now).bind(new.ends_at).execute(c).await.map(drop)
    })
}

/// The open session of a token; notes that it was seen, once a minute.
pub(super) async fn find_open(app: &App, token: &str) -> sqlx::Result<Option<Session>> {
    let token_hash = sm3(token).to_vec();
    let Some(row) = find(&app.db, &token_hash).await? else {
        return Ok(None);
    };
    let now = app.now();
    if !row.is_open(&app.config, now) {
        return Ok(None);
    }
    if now - row.seen_at >= TimeDelta::minutes(1) {
        update_seen(&app.db, &token_hash, now).await?;
    }
    let (id, principal, proved_at) = (row.id, row.principal.0, row.proved_at);
    Ok(Some(Session { id, principal, proved_at, csrf: csrf_token(token), token_hash }))
}

async fn find(db: &Db, token_hash: &[u8]) -> sqlx::Result<Option<Row>> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE token_hash = $1"));
    on_read!(db, |c| sqlx::query_as(sql).bind(token_hash).fetch_optional(c).await)
}

/// The open sessions of a person, the last used first.
pub async fn list_open(app: &App, principal: Uuid) -> sqlx::Result<Vec<OpenSession>> {
    let sql =
        sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE principal_id = $1 ORDER BY seen_at DESC, id DESC"));
    let rows: Vec<Row> = on_read!(&app.db, |c| sqlx::query_as(sql).bind(principal).fetch_all(c).await)?;
    let now = app.now();
    let open = rows.into_iter().filter(|row| row.is_open(&app.config, now)).map(|row| OpenSession {
        id: row.id,
        device: Device { browser: row.browser, address: row.address },
        begun_at: row.begun_at,
        seen_at: row.seen_at,
    });
    Ok(open.collect())
}

async fn update_seen(db: &Db, token_hash: &[u8], now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE session SET seen_at = $2 WHERE token_hash = $1";
    let mut tx = db.begin().await?;
    on_tx!(&mut tx, |c| sqlx::query(sql).bind(token_hash).bind(now).execute(c).await.map(drop))?;
    tx.commit().await
}

/// A new token for a session whose person has just proved again who they are. A session that ended meanwhile stays
/// ended.
pub(super) async fn update_token(
    tx: &mut Tx,
    id: Uuid,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE session SET token_hash = $2, proved_at = $3 WHERE id = $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(id).bind(token_hash).bind(now).execute(c).await.map(drop))
}

pub(super) async fn delete(tx: &mut Tx, token_hash: &[u8]) -> sqlx::Result<()> {
    let sql = "DELETE FROM session WHERE token_hash = $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(token_hash).execute(c).await.map(drop))
}

/// Ends one session of a person by its id; false when this person has none such.
pub async fn delete_one(tx: &mut Tx, principal: Uuid, id: Uuid) -> sqlx::Result<bool> {
    let sql = "DELETE FROM session WHERE principal_id = $1 AND id = $2";
    on_tx!(tx, |c| sqlx::query(sql).bind(principal).bind(id).execute(c).await.map(|d| d.rows_affected() == 1))
}

/// Ends all sessions of a person, as when rights or a password change.
pub async fn delete_of(tx: &mut Tx, principal: Uuid) -> sqlx::Result<u64> {
    let sql = "DELETE FROM session WHERE principal_id = $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(principal).execute(c).await.map(|done| done.rows_affected()))
}

/// Ends all sessions of the person but this one.
pub async fn delete_others(tx: &mut Tx, kept: &Session) -> sqlx::Result<u64> {
    let sql = "DELETE FROM session WHERE principal_id = $1 AND id <> $2";
    let (principal, id) = (kept.principal.id(), kept.id);
    on_tx!(tx, |c| sqlx::query(sql)
        .bind(principal)
        .bind(id)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))
}

/// Removes sessions that are over.
pub async fn delete_ended(tx: &mut Tx, now: DateTime<Utc>) -> sqlx::Result<u64> {
    let sql = "DELETE FROM session WHERE ends_at <= $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(now).execute(c).await.map(|done| done.rows_affected()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        db::test_support::on_each_database,
        session::{self, Role},
    };

    async fn open(app: &App, principal: &Principal) -> String {
        let mut tx = app.db.begin().await.unwrap();
        let device = Device { browser: "微信（安卓）".into(), address: "10.0.0.1".into() };
        let cookie = session::begin_on(&mut tx, app, principal, &device).await.unwrap();
        tx.commit().await.unwrap();
        assert!(cookie.http_only().unwrap() && cookie.value().len() == 64);
        cookie.value().to_owned()
    }

    fn staff(id: Uuid, role: Role) -> Principal {
        Principal::Staff { id, role, institution: "H01".into(), department: "IM".into() }
    }

    async fn is_open(app: &App, token: &str) -> bool {
        find_open(app, token).await.unwrap().is_some()
    }

    #[tokio::test]
    async fn sessions_end_when_idle_and_in_any_case() {
        on_each_database(&[], async |bench| {
            let id = bench.new_id();
            let cases = [
                (Principal::Resident { id }, 30),
                (staff(id, Role::Doctor), 30),
                (staff(id, Role::SystemAdmin), 15),
            ];
            for (principal, idle) in cases {
                let token = open(bench, &principal).await;
                for _ in 0..(12 * 60 / (idle - 1)) {
                    bench.clock.advance(TimeDelta::minutes(idle - 1));
                    assert_eq!(find_open(bench, &token).await.unwrap().unwrap().principal, principal);
                }
                bench.clock.advance(TimeDelta::minutes(idle - 1));
                assert!(!is_open(bench, &token).await, "12 hours are over: {principal:?}");

                let token = open(bench, &principal).await;
                bench.clock.advance(TimeDelta::minutes(idle));
                assert!(!is_open(bench, &token).await, "idle: {principal:?}");
                assert_eq!(list_open(bench, id).await.unwrap(), [], "what is over is not listed");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn sessions_of_a_person_are_listed_and_ended() {
        on_each_database(&[], async |bench| {
            let one = Principal::Resident { id: bench.new_id() };
            let other = Principal::Resident { id: bench.new_id() };
            let (first, second, others) =
                (open(bench, &one).await, open(bench, &one).await, open(bench, &other).await);
            bench.clock.advance(TimeDelta::minutes(5));
            let kept = find_open(bench, &first).await.unwrap().unwrap();
            let listed = list_open(bench, one.id()).await.unwrap();
            assert_eq!((listed.len(), listed[0].id), (2, kept.id), "the last used first");
            assert_eq!((listed[0].device.browser.as_str(), listed[0].seen_at), ("微信（安卓）", bench.now()));
            assert_eq!(listed[1].seen_at, listed[1].begun_at);

            let mut tx = bench.db.begin().await.unwrap();
            assert!(!delete_one(&mut tx, other.id(), kept.id).await.unwrap(), "not another person's");
            assert_eq!(delete_others(&mut tx, &kept).await.unwrap(), 1);
            assert_eq!(delete_ended(&mut tx, bench.now()).await.unwrap(), 0);
            tx.commit().await.unwrap();
            assert!(is_open(bench, &first).await && !is_open(bench, &second).await);

            let mut tx = bench.db.begin().await.unwrap();
            assert_eq!(delete_of(&mut tx, one.id()).await.unwrap(), 1);
            tx.commit().await.unwrap();
            assert!(!is_open(bench, &first).await && is_open(bench, &others).await);
        })
        .await;
    }

    #[tokio::test]
    async fn an_administrator_has_one_session() {
        on_each_database(&[], async |bench| {
            for (role, stays) in [(Role::AuditAdmin, false), (Role::Doctor, true)] {
                let who = staff(bench.new_id(), role);
                let (before, now) = (open(bench, &who).await, open(bench, &who).await);
                assert_eq!(is_open(bench, &before).await, stays, "{role:?}");
                assert!(is_open(bench, &now).await);
            }
        })
        .await;
    }

    #[tokio::test]
    async fn proof_is_recent_for_ten_minutes() {
        on_each_database(&[], async |bench| {
            let token = open(bench, &Principal::Resident { id: bench.new_id() }).await;
            bench.clock.advance(TimeDelta::minutes(9));
            let session = find_open(bench, &token).await.unwrap().unwrap();
            session::require_recent_proof(bench, &session).unwrap();
            bench.clock.advance(TimeDelta::minutes(2));
            let refused = session::require_recent_proof(bench, &session).unwrap_err();
            assert_eq!(refused.kind, session::PROOF_REQUIRED);

            let mut tx = bench.db.begin().await.unwrap();
            let cookie = session::renew(&mut tx, bench, &session).await.unwrap();
            tx.commit().await.unwrap();
            assert!(!is_open(bench, &token).await, "the old token is no good");
            let renewed = find_open(bench, cookie.value()).await.unwrap().unwrap();
            assert_eq!((renewed.id, &renewed.principal), (session.id, &session.principal));
            session::require_recent_proof(bench, &renewed).unwrap();
        })
        .await;
    }
}
