//! Herbal prescriptions: prescribed, audited, paid, dispatched, decocted, delivered and reconciled.
//!
//! Life cycle: `data/flows/herbal-order.mmd`, checked against [`model::State`] line by line.
//!
//! * A hospital's prescription is reviewed by the rules when it comes in. A blocking finding goes back to the doctor, who
//!   corrects it or signs it a second time with a reason; unsigned it never reaches the pharmacists.
//! * A version gets exactly one verdict, by a pharmacist or, when the time is over, by the clock ([`service::tick`]).
//! * What a hospital did not do itself it hears of through the outbox, each once and in order ([`notice`]).
//! * Nothing is overwritten: a change is a new version, every step an event.

pub mod catalogue;
pub mod demo;
mod error;
mod gate;
mod http;
pub mod model;
pub mod notice;
mod pages;
pub mod service;
pub mod statement;
mod store;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::FromRef;
use engine::{Current, Engine};
use platform::{App, crypto::SealedColumn, rights::Route};
use utoipa_axum::router::OpenApiRouter;

pub use error::HerbalError;

/// State of the routes of this crate.
#[derive(Clone)]
pub struct Shared {
    pub app: App,
    pub engine: Current,
}

/// What one request works with: whatever is put into use meanwhile, it goes on with the release it began under.
#[derive(Clone)]
pub struct Service {
    pub app: App,
    pub engine: Arc<Engine>,
}

impl FromRef<Shared> for Service {
    fn from_ref(shared: &Shared) -> Self {
        Self { app: shared.app.clone(), engine: shared.engine.load() }
    }
}

impl FromRef<Shared> for App {
    fn from_ref(shared: &Shared) -> Self {
        shared.app.clone()
    }
}

/// Who may call the routes of this crate.
pub const ACCESS: &[&[Route]] =
    &[http::ACCESS, http::company::ACCESS, pages::ACCESS, catalogue::ACCESS, statement::ACCESS];

/// Every route of this crate.
pub fn routes() -> OpenApiRouter<Shared> {
    http::routes().merge(pages::routes()).merge(catalogue::routes()).merge(statement::routes())
}

/// Lets a worker tell hospitals of prescriptions and the catalogue, and send statements to the sunshine platform.
pub fn handlers(worker: platform::jobs::Worker, gateways: &gateways::Gateways) -> platform::jobs::Worker {
    let worker = notice::handlers(worker, gateways.clone());
    statement::handlers(catalogue::handlers(worker, gateways.clone()), gateways.clone())
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
    SealedColumn { table: "herbal_site", column: "secret", row: "id" },
    SealedColumn { table: "prescription", column: "id_number", row: "id" },
    SealedColumn { table: "prescription", column: "patient_name", row: "id" },
    SealedColumn { table: "prescription", column: "phone", row: "id" },
    SealedColumn { table: "prescription_version", column: "content", row: "id" },
    SealedColumn { table: "prescription_finding", column: "content", row: "id" },
    SealedColumn { table: "prescription_finding", column: "sign_reason", row: "id" },
    SealedColumn { table: "prescription_verdict", column: "note", row: "version_id" },
    SealedColumn { table: "prescription_verdict", column: "review_note", row: "version_id" },
    SealedColumn { table: "prescription_event", column: "detail", row: "id" },
];

/// The blind indexes of this crate: what a change of their key indexes anew.
pub const INDEXED: &[platform::crypto::IndexedColumn] = &store::INDEXES;
