//! Herbal prescriptions: prescribed, audited, paid, dispatched, decocted, delivered and reconciled.

pub mod catalogue;
pub mod statement;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use axum::extract::FromRef;
use engine::{Current, Engine};
use platform::{App, crypto::SealedColumn, rights::Route};
use utoipa_axum::router::OpenApiRouter;

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
pub const ACCESS: &[&[Route]] = &[catalogue::ACCESS, statement::ACCESS];

/// Every route of this crate.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().merge(catalogue::routes()).merge(statement::routes())
}

/// Lets a worker tell hospitals of the catalogue and send statements to the sunshine platform.
pub fn handlers(worker: platform::jobs::Worker, gateways: &gateways::Gateways) -> platform::jobs::Worker {
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
pub const SEALED: &[SealedColumn] = &[];
