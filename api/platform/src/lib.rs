//! What every scenario stands on: configuration, clock, ids, database, problems, audit trail, sealing of personal
//! columns, idempotency and sessions.
//!
//! Nothing here knows medicine or any scenario. A scenario crate takes [`App`] as (part of) its axum state and
//! finds in it whatever is shared.

pub mod app;
pub mod audit;
pub mod backup;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod http;
pub mod idempotency;
pub mod ids;
pub mod integrity;
pub mod jobs;
pub mod log;
pub mod problem;
pub mod rights;
pub mod session;

pub use app::App;
pub use clock::Clock;
pub use config::Config;
pub use db::{Db, Tx};
pub use ids::Ids;
pub use problem::Problem;

/// Tables of this crate: audit trail, key check, idempotency keys, sessions.
pub fn migrations() -> db::Migrations {
    db::Migrations {
        sqlite: sqlx::migrate!("migrations/sqlite"),
        postgres: sqlx::migrate!("migrations/postgres"),
    }
}
