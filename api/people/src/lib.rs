//! Residents, staff and the organisation they belong to; how somebody signs in.
//!
//! A resident's name is sealed; whoever reads another person's data leaves an audit row
//! ([`service::read_resident`]). Demo people are marked as such, and only they can be chosen on the demo sign-in page.

pub mod account;
pub mod demo;
mod error;
mod http;
mod model;
mod pages;
pub mod service;
mod store;
mod tsv;

pub use error::PeopleError;
pub use model::{Department, Resident, Sex, Staff, age_in_months};

use platform::App;
use utoipa_axum::router::OpenApiRouter;

/// Tables of this crate.
pub fn migrations() -> platform::db::Migrations {
    platform::db::Migrations {
        sqlite: sqlx::migrate!("migrations/sqlite"),
        postgres: sqlx::migrate!("migrations/postgres"),
    }
}

/// `GET|POST /sign-in`, `POST /sign-out`, `GET /v1/me`, `/account…`, `/admin/accounts…`, `/set-up`.
pub fn routes() -> OpenApiRouter<App> {
    http::routes().merge(pages::routes()).merge(account::routes())
}
