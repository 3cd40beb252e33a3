//! The editors' workspace: releases of the knowledge, what is in them, what changed, and questions to the graph.
//!
//! A release is a set of files named by their hash, kept in the database, so that every node has it and a past one can
//! be brought back for a replay. Which one is in use is a row of its own; every node looks for a new one several times a
//! second and puts it into use between two requests.
//!
//! ```text
//! data folder ──check──▶ published ──activate──▶ in use ──another is activated──▶ past (can be activated again)
//!                 └─ faults: nothing is stored, the one in use stays
//! ```
//!
//! * A file is changed as a draft over the release in use, one for all editors, tried on a visit or on those of the last
//!   month, and published as a release that differs in this file only.
//! * A release that does not compile never replaces one that does: neither at publishing nor at putting into use.
//! * The newest published release is compiled before anybody activates it, so that putting it into use takes no time.
//! * Editors and administrators publish and activate; all staff may look, compare, export and ask.

mod error;
mod http;
pub mod model;
mod month;
mod pages;
mod releases;
pub mod service;
mod statistics;
mod store;
#[cfg(test)]
mod tests;

use axum::extract::FromRef;
use platform::{App, rights::Route};
use utoipa_axum::router::OpenApiRouter;

pub use error::KnowledgeError;
pub use month::{Batch, Later, Month, PastVisit, Span};
pub use releases::{Releases, Step};
pub use statistics::Statistics;

impl FromRef<Releases> for App {
    fn from_ref(releases: &Releases) -> Self {
        releases.app().clone()
    }
}

/// Who may call the routes of this crate.
pub const ACCESS: &[&[Route]] = &[http::ACCESS, pages::ACCESS];

/// Pages under `/knowledge`, JSON under `/api/knowledge`, SPARQL at `/knowledge/sparql`.
pub fn routes() -> OpenApiRouter<Releases> {
    http::routes().merge(pages::routes())
}

/// Tables of this crate.
pub fn migrations() -> platform::db::Migrations {
    platform::db::Migrations {
        sqlite: sqlx::migrate!("migrations/sqlite"),
        postgres: sqlx::migrate!("migrations/postgres"),
    }
}

/// The tables of this crate whose rows carry MACs.
pub const GUARDED: &[platform::integrity::Guarded] = &[store::ACTIVATION];
