//! Residents, staff and the organisation they belong to; how somebody signs in.
//!
//! A resident's name is sealed; whoever reads another person's data leaves an audit row
//! ([`service::read_resident`]). Demo people are marked as such, and only they can be chosen on the demo sign-in page.

pub mod account;
mod audit;
mod backup;
mod deed;
pub mod demo;
mod desk;
pub mod directory;
pub mod entry;
mod error;
pub mod family;
pub mod feedback;
mod guard;
mod http;
pub mod identity;
pub mod message;
mod model;
pub mod organisation;
mod pages;
pub mod realname;
pub mod resident;
mod rights;
pub mod service;
mod sign_in;
mod store;
mod tsv;

pub use desk::staff_frame;
pub use error::PeopleError;
pub use model::{Department, Resident, Sex, Staff, age_in_months};

use platform::{
    App,
    crypto::SealedColumn,
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
    &backup::ACCESS,
    &directory::ACCESS,
    account::ACCESS,
    sign_in::ACCESS,
    realname::ACCESS,
    realname::DESK_ACCESS,
    family::ACCESS,
    organisation::ACCESS,
    organisation::ADMIN_ACCESS,
    entry::ACCESS,
    entry::ADMIN_ACCESS,
    message::ACCESS,
    message::DESK_ACCESS,
    feedback::ACCESS,
    feedback::DESK_ACCESS,
];

/// `GET|POST /sign-in`, `POST /sign-out`, `GET /v1/me`, `/account…`, `/admin/accounts…`, `/set-up`.
pub fn routes() -> OpenApiRouter<App> {
    http::routes()
        .merge(pages::routes())
        .merge(desk::routes())
        .merge(rights::routes())
        .merge(audit::routes())
        .merge(backup::routes())
        .merge(directory::routes())
        .merge(account::routes())
        .merge(sign_in::routes())
        .merge(realname::routes())
        .merge(family::routes())
        .merge(organisation::routes())
        .merge(entry::routes())
        .merge(message::routes())
        .merge(feedback::routes())
}

/// Removes what nobody can use any more (codes, open sign-ins, visits by links) and photographs whose retention is over;
/// gives how many rows, and of how many applications and feedbacks the photographs.
pub async fn sweep(app: &App) -> Result<(u64, usize), PeopleError> {
    let mut tx = app.db.begin().await?;
    let rows = sign_in::code::sweep(&mut tx, app.now()).await? + entry::sweep(&mut tx, app.now()).await?;
    tx.commit().await?;
    Ok((rows, realname::wipe_photos(app).await? + feedback::wipe_photos(app).await?))
}

/// The tables of this crate whose rows carry MACs.
pub const GUARDED: &[platform::integrity::Guarded] = guard::ALL;

/// The blind indexes of this crate: what a change of their key indexes anew.
pub const INDEXED: &[platform::crypto::IndexedColumn] = resident::INDEXED;

/// The sealed columns of this crate: what a change of keys re-seals and `jiuyi verify` opens.
pub const SEALED: &[SealedColumn] = &[
    SealedColumn { table: "resident", column: "name", row: "id" },
    SealedColumn { table: "resident", column: "id_number", row: "id" },
    SealedColumn { table: "resident", column: "phone", row: "id" },
    SealedColumn { table: "resident_login", column: "subject", row: "id" },
    SealedColumn { table: "account", column: "totp_secret", row: "staff" },
    SealedColumn { table: "account", column: "totp_pending", row: "staff" },
    SealedColumn { table: "realname_case", column: "fields", row: "id" },
    SealedColumn { table: "realname_photo", column: "content", row: "id" },
    SealedColumn { table: "family_member", column: "proof_number", row: "id" },
    SealedColumn { table: "entry_partner", column: "secret", row: "id" },
    SealedColumn { table: "message", column: "content", row: "id" },
    SealedColumn { table: "feedback_entry", column: "text", row: "id" },
    SealedColumn { table: "feedback_photo", column: "content", row: "id" },
];
