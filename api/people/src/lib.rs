//! Residents, staff and the organisation they belong to; how somebody signs in.
//!
//! A resident's name is sealed; whoever reads another person's data leaves an audit row
//! ([`service::read_resident`]). Demo people are marked as such, and only they can be chosen on the demo sign-in page.

mod audit;
pub mod demo;
mod desk;
mod error;
mod http;
mod model;
mod pages;
mod rights;
pub mod service;
mod store;
mod tsv;

pub use desk::staff_frame;
pub use error::PeopleError;
pub use model::{Department, Resident, Sex, Staff, age_in_months};

use platform::{
    App,
    rights::{Route, Who},
};
use utoipa_axum::router::OpenApiRouter;

/// Tables of this crate.
pub fn migrations() -> platform::db::Migrations {
    platform::db::Migrations {
        sqlite: sqlx::migrate!("migrations/sqlite"),
        postgres: sqlx::migrate!("migrations/postgres"),
    }
}

/// Who may call the routes of this crate, room by room.
pub const ACCESS: &[&[Route]] = &[
    &[
        Route::get("/v1/me", Who::SignedIn),
        Route::get("/sign-in", Who::Public),
        Route::post("/sign-in", Who::Public),
        Route::post("/sign-out", Who::Public),
    ],
    &desk::ACCESS,
    &rights::ACCESS,
    &audit::ACCESS,
];

/// `GET|POST /sign-in`, `POST /sign-out`, `GET /v1/me`.
pub fn routes() -> OpenApiRouter<App> {
    http::routes().merge(pages::routes()).merge(desk::routes()).merge(rights::routes()).merge(audit::routes())
}
