//! Third-party entries: a partner leads a resident in by a signed link, we check what the tender names, and hand over a
//! ticket that the partner redeems once over a signed call.
//!
//! Link: `/entry/{service}?partner&timestamp&nonce&reference&signature`, where the signature is HMAC-SM3 of
//! `nonce=…&partner=…&reference=…&service=…&timestamp=…` with the partner's secret.

mod admin;
mod model;
mod pages;
pub mod service;
mod store;

pub(crate) use admin::ACCESS as ADMIN_ACCESS;
pub(crate) use pages::ACCESS;

use platform::App;
use utoipa_axum::router::OpenApiRouter;

pub use model::{Field, Partner, Service};

pub(crate) use service::sweep;

pub(crate) fn routes() -> OpenApiRouter<App> {
    pages::routes().merge(admin::routes())
}

#[cfg(test)]
mod tests;
