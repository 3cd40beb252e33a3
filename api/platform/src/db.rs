//! One set of stores on two engines: embedded SQLite by default, PostgreSQL for more than one node.
//!
//! A store function is written once and compiled for both: `on_tx!` and `on_read!` expand its body per engine, so
//! every statement stays typed. Placeholders are `$1`; `ON CONFLICT` and `RETURNING` are portable.

mod conditions;
mod migrate;
mod retry;
pub mod tables;
#[cfg(feature = "test-support")]
pub mod test_support;

use std::time::Duration;

use sqlx::{
    PgPool, Postgres, Sqlite, SqlitePool, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use conditions::{Bound, Conditions};
pub use migrate::{MigrateError, Migrations};
pub use retry::{Transient, retry};
pub use sqlx::Error;

/// Expands `$body` for the engine of an open transaction; `$c` is its `&mut` connection.
///
/// Use `&mut *c` for every statement but the last.
#[macro_export]
macro_rules! on_tx {
    ($tx:expr, |$c:ident| $body:expr) => {
        match $tx {
            $crate::Tx::Sqlite(tx) => {
                let $c = &mut **tx;
                $body
            }
            $crate::Tx::Postgres(tx) => {
                let $c = &mut **tx;
                $body
            }
        }
    };
}

/// Expands `$body` for the engine of a database; `$c` is a pool for reading (`&SqlitePool` or `&PgPool`).
///
/// On SQLite these connections are read-only: a write belongs into a transaction.
#[macro_export]
macro_rules! on_read {
    ($db:expr, |$c:ident| $body:expr) => {
        match $db {
            $crate::Db::Sqlite { readers: $c, .. } => $body,
            $crate::Db::Postgres($c) => $body,
        }
    };
}

/// An open database; cheap to clone.
#[derive(Debug, Clone)]
pub enum Db {
    /// One writer, because SQLite has one; readers see the last commit and never wait for it.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// A write transaction; rolled back when dropped without [`Tx::commit`].
#[derive(Debug)]
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// Opens `sqlite://path` (made when missing) or `postgres://…`.
    pub async fn connect(url: &str) -> sqlx::Result<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Self::postgres(url.parse()?, 16).await;
        }
        Self::sqlite(url.parse()?).await
    }

    async fn sqlite(options: SqliteConnectOptions) -> sqlx::Result<Self> {
        let options = options.foreign_keys(true).busy_timeout(Duration::from_secs(5));
        // FULL: a record that was confirmed to a doctor survives a power cut.
        let write = options
            .clone()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("journal_size_limit", "67108864");
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(write).await?;
        let readers =
            SqlitePoolOptions::new().max_connections(4).connect_with(options.read_only(true)).await?;
        Ok(Self::Sqlite { writer, readers })
    }

    async fn postgres(options: PgConnectOptions, connections: u32) -> sqlx::Result<Self> {
        let pool = PgPoolOptions::new().max_connections(connections).connect_with(options).await?;
        Ok(Self::Postgres(pool))
    }

    /// Starts a write transaction. On SQLite it takes the write lock at once (`BEGIN IMMEDIATE`), because a lock
    /// taken only at the first write fails when another writer came between.
    pub async fn begin(&self) -> sqlx::Result<Tx> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> sqlx::Result<()> {
        on_read!(self, |c| sqlx::query("SELECT 1").execute(c).await.map(drop))
    }

    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

impl Tx {
    pub async fn commit(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
    }

    pub async fn rollback(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(tx) => tx.rollback().await,
            Self::Postgres(tx) => tx.rollback().await,
        }
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

#[cfg(test)]
mod tests {
    use super::test_support::on_each_database;

    #[tokio::test]
    async fn a_dropped_transaction_leaves_nothing() {
        on_each_database(&[], async |bench| {
            let mut tx = bench.db.begin().await.unwrap();
            on_tx!(&mut tx, |c| sqlx::query("CREATE TABLE kept(n BIGINT)").execute(c).await.map(drop))
                .unwrap();
            tx.commit().await.unwrap();
            let mut tx = bench.db.begin().await.unwrap();
            on_tx!(&mut tx, |c| sqlx::query("INSERT INTO kept VALUES ($1)")
                .bind(1_i64)
                .execute(c)
                .await
                .map(drop))
            .unwrap();
            drop(tx);
            let rows: i64 =
                on_read!(&bench.db, |c| sqlx::query_scalar("SELECT count(*) FROM kept").fetch_one(c).await)
                    .unwrap();
            assert_eq!(rows, 0);
        })
        .await;
    }

    #[tokio::test]
    async fn sqlite_readers_cannot_write() {
        on_each_database(&[], async |bench| {
            if bench.db.is_postgres() {
                return;
            }
            let written =
                on_read!(&bench.db, |c| sqlx::query("CREATE TABLE x(n BIGINT)").execute(c).await.map(drop));
            assert!(written.unwrap_err().to_string().contains("readonly"));
        })
        .await;
    }
}
