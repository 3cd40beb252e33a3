//! The pre-consultation: a resident is asked like by a doctor, checks the history, and a doctor reads it.
//!
//! What to ask, how urgent it is and what the history says is decided by [`engine`]; this crate keeps the answers,
//! so that a killed server, a double tap, a second tab or a lost network loses nothing and asks nothing twice. The
//! dialogue is rebuilt from its stored turns at every request; nothing is kept in memory between two.
//!
//! Life cycle: `data/flows/preconsult-lifecycle.mmd`, checked against [`model::State`] line by line.
//!
//! * A turn is stored with the state it leads to in one transaction, under the version the decision was made on.
//! * `request_key` makes a repeated answer one answer; the ordinal and the key of the question make an answer
//!   from an outdated page none at all, with the waiting question and a friendly note instead.
//! * Nothing is overwritten: an answer taken back is voided with the reason, a record gets a new version, a change
//!   by the patient is kept with before and after.
//! * Suspected diseases are stored apart from the record, in a column that nothing made for a patient opens.

mod error;
pub mod exchange;
pub mod generate;
mod http;
pub mod model;
mod pages;
pub mod service;
pub mod statistics;
mod store;
mod template;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use axum::extract::FromRef;
use engine::{Current, Engine};
use platform::{App, crypto::SealedColumn, rights::Route};
use utoipa_axum::router::OpenApiRouter;

pub use error::PreconsultError;

/// State of the routes of this crate.
#[derive(Clone)]
pub struct Shared {
    pub app: App,
    pub engine: Current,
    /// For replays under the release of the day.
    pub past: Arc<dyn service::Past>,
}

/// What one request works with: whatever is put into use meanwhile, it goes on with the release it began under.
#[derive(Clone)]
pub struct Service {
    pub app: App,
    pub engine: Arc<Engine>,
    pub past: Arc<dyn service::Past>,
}

impl FromRef<Shared> for Service {
    fn from_ref(shared: &Shared) -> Self {
        Self { app: shared.app.clone(), engine: shared.engine.load(), past: shared.past.clone() }
    }
}

impl FromRef<Shared> for App {
    fn from_ref(shared: &Shared) -> Self {
        shared.app.clone()
    }
}

/// Who may call the routes of this crate.
pub const ACCESS: &[&[Route]] = &[
    http::ACCESS,
    pages::ACCESS,
    exchange::ACCESS,
    template::ACCESS,
    template::API_ACCESS,
    statistics::ACCESS,
];

/// Pages of patients (`/`, `/consultations…`, `/history`) and doctors (`/doctor…`), JSON under `/api/preconsult`.
pub fn routes() -> OpenApiRouter<Shared> {
    http::routes()
        .merge(pages::routes())
        .merge(exchange::routes())
        .merge(template::routes())
        .merge(statistics::routes())
}

/// Tables of this crate; they refer to those of [`people`].
pub fn migrations() -> platform::db::Migrations {
    platform::db::Migrations {
        sqlite: sqlx::migrate!("migrations/sqlite"),
        postgres: sqlx::migrate!("migrations/postgres"),
    }
}

/// The sealed columns of this crate: what a change of keys re-seals and `jiuyi verify` opens.
pub const SEALED: &[SealedColumn] = &[
    SealedColumn { table: "consultation", column: "chief_complaint", row: "id" },
    SealedColumn { table: "consultation", column: "plan", row: "id" },
    SealedColumn { table: "visit", column: "intake", row: "id" },
    SealedColumn { table: "consultation_turn", column: "question", row: "id" },
    SealedColumn { table: "consultation_turn", column: "answer", row: "id" },
    SealedColumn { table: "consultation_turn", column: "notes", row: "id" },
    SealedColumn { table: "consultation_record", column: "record", row: "id" },
    SealedColumn { table: "consultation_record", column: "assessment", row: "id" },
    SealedColumn { table: "consultation_amendment", column: "before", row: "id" },
    SealedColumn { table: "consultation_amendment", column: "after", row: "id" },
    SealedColumn { table: "institution_exchange", column: "secret", row: "id" },
    SealedColumn { table: "consultation_archive", column: "items", row: "id" },
    SealedColumn { table: "health_reading", column: "articles", row: "resident_id" },
    SealedColumn { table: "statistics_fact", column: "fact", row: "consultation_id" },
];
