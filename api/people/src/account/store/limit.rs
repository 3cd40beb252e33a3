//! Counted attempts. They are counted before they are judged, so that many at the same time are no way around.

use chrono::{DateTime, Utc};
use platform::{Db, Tx, on_read, on_tx};

use crate::account::model::LOCKED;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::account) enum Kind {
    /// A user name, whether or not it exists.
    Name,
    /// A network address.
    Address,
    /// The second factor of an account.
    Code,
}

/// An attempt that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::account) struct Taken {
    /// Which one it is within the time, from 1.
    pub(in crate::account) n: i64,
    /// Set from the last allowed attempt on.
    pub(in crate::account) locked_until: Option<DateTime<Utc>>,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Address => "address",
            Self::Code => "code",
        }
    }
}

/// Counts an attempt; it may be judged when `n` is at most `limit`. A count starts anew when the lock is over, or
/// nothing was tried for as long.
pub(in crate::account) async fn take(
    tx: &mut Tx,
    kind: Kind,
    key: &[u8],
    limit: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Taken> {
    let sql = "INSERT INTO sign_in_limit(kind, key, n, last_at) VALUES ($1, $2, 1, $3)
        ON CONFLICT (kind, key) DO UPDATE SET
            n = CASE
                WHEN sign_in_limit.locked_until <= $3 THEN 1
                WHEN sign_in_limit.locked_until IS NULL AND sign_in_limit.last_at <= $6 THEN 1
                ELSE sign_in_limit.n + 1 END,
            locked_until = CASE
                WHEN sign_in_limit.locked_until <= $3 THEN NULL
                WHEN sign_in_limit.locked_until IS NOT NULL THEN sign_in_limit.locked_until
                WHEN sign_in_limit.last_at <= $6 THEN NULL
                WHEN sign_in_limit.n + 1 >= $4 THEN $5
                ELSE NULL END,
            last_at = $3
        RETURNING n, locked_until";
    let (n, locked_until) = on_tx!(tx, |c| {
        let query = sqlx::query_as(sql).bind(kind.name()).bind(key).bind(now).bind(limit);
        query.bind(now + LOCKED).bind(now - LOCKED).fetch_one(c).await
    })?;
    Ok(Taken { n, locked_until })
}

/// The attempt was a good one and does not count.
pub(in crate::account) async fn give_back(
    tx: &mut Tx,
    kind: Kind,
    key: &[u8],
    limit: i64,
) -> sqlx::Result<()> {
    let sql = "UPDATE sign_in_limit SET n = n - 1,
            locked_until = CASE WHEN n - 1 < $3 THEN NULL ELSE locked_until END
        WHERE kind = $1 AND key = $2 AND n > 0";
    on_tx!(tx, |c| sqlx::query(sql).bind(kind.name()).bind(key).bind(limit).execute(c).await.map(drop))
}

/// Forgets all attempts; true when there was a lock.
pub(in crate::account) async fn clear(tx: &mut Tx, kind: Kind, key: &[u8]) -> sqlx::Result<()> {
    let sql = "DELETE FROM sign_in_limit WHERE kind = $1 AND key = $2";
    on_tx!(tx, |c| sqlx::query(sql).bind(kind.name()).bind(key).execute(c).await.map(drop))
}

/// Until when no attempt is judged.
pub(in crate::account) async fn find_lock(
    db: &Db,
    kind: Kind,
    key: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    let sql = "SELECT locked_until FROM sign_in_limit WHERE kind = $1 AND key = $2 AND locked_until > $3";
    let found: Option<Option<DateTime<Utc>>> = on_read!(db, |c| {
        sqlx::query_scalar(sql).bind(kind.name()).bind(key).bind(now).fetch_optional(c).await
    })?;
    Ok(found.flatten())
}

/// Removes counts that are over, and half-open sign-ins.
pub(in crate::account) async fn sweep_limits(tx: &mut Tx, now: DateTime<Utc>) -> sqlx::Result<u64> {
    let counts =
        "DELETE FROM sign_in_limit WHERE last_at <= $1 AND (locked_until IS NULL OR locked_until <= $2)";
    let steps = "DELETE FROM sign_in_step WHERE ends_at <= $1";
    on_tx!(tx, |c| {
        let counts = sqlx::query(counts).bind(now - LOCKED).bind(now).execute(&mut *c).await?;
        let steps = sqlx::query(steps).bind(now).execute(c).await?;
        Ok(counts.rows_affected() + steps.rows_affected())
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use platform::{App, db::test_support::on_each_database};

    use super::*;

    async fn attempt(app: &App, key: &[u8]) -> Taken {
        let mut tx = app.db.begin().await.unwrap();
        let taken = take(&mut tx, Kind::Name, key, 5, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        taken
    }

    #[tokio::test]
    async fn the_fifth_attempt_locks_and_time_opens() {
        on_each_database(&[crate::migrations], async |bench| {
            for n in 1..=4 {
                assert_eq!(attempt(bench, b"a").await, Taken { n, locked_until: None });
            }
            let until = bench.now() + LOCKED;
            assert_eq!(attempt(bench, b"a").await, Taken { n: 5, locked_until: Some(until) });
            bench.clock.advance(TimeDelta::minutes(14));
            assert_eq!(
                attempt(bench, b"a").await,
                Taken { n: 6, locked_until: Some(until) },
                "not prolonged"
            );
            assert_eq!(find_lock(&bench.db, Kind::Name, b"a", bench.now()).await.unwrap(), Some(until));
            assert_eq!(find_lock(&bench.db, Kind::Address, b"a", bench.now()).await.unwrap(), None);
            assert_eq!(attempt(bench, b"b").await.n, 1, "another name");
            bench.clock.advance(TimeDelta::minutes(1));
            assert_eq!(attempt(bench, b"a").await, Taken { n: 1, locked_until: None });
            bench.clock.advance(LOCKED);
            assert_eq!(attempt(bench, b"a").await.n, 1, "forgotten after a quiet quarter of an hour");
        })
        .await;
    }

    #[tokio::test]
    async fn good_attempts_do_not_count_and_old_counts_go() {
        on_each_database(&[crate::migrations], async |bench| {
            for _ in 0..5 {
                attempt(bench, b"a").await;
            }
            let mut tx = bench.db.begin().await.unwrap();
            give_back(&mut tx, Kind::Name, b"a", 5).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(find_lock(&bench.db, Kind::Name, b"a", bench.now()).await.unwrap(), None);
            assert_eq!(attempt(bench, b"a").await.n, 5);
            let mut tx = bench.db.begin().await.unwrap();
            assert_eq!(sweep_limits(&mut tx, bench.now()).await.unwrap(), 0);
            assert_eq!(sweep_limits(&mut tx, bench.now() + LOCKED).await.unwrap(), 1);
            tx.commit().await.unwrap();
        })
        .await;
    }

    #[tokio::test]
    async fn attempts_at_the_same_time_are_all_counted() {
        on_each_database(&[crate::migrations], async |bench| {
            let tasks: Vec<_> = (0..12)
                .map(|_| {
                    let app = bench.app.clone();
                    tokio::spawn(async move { attempt(&app, b"a").await.n })
                })
                .collect();
            let mut counted = Vec::new();
            for task in tasks {
                counted.push(task.await.unwrap());
            }
            counted.sort_unstable();
            assert_eq!(counted, (1..=12).collect::<Vec<_>>(), "only five of them may be judged");
        })
        .await;
    }
}
