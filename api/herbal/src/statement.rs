//! The monthly statements: a hospital's list of what a company did for it, against the platform's own orders.
//!
//! Life cycle: `data/flows/herbal-statement.mmd`, checked against [`model::State`] line by line.
//!
//! * Orders tell what they come to ([`record`]), in the transaction of their completion or refund; a month that both
//!   sides are agreeing on takes nothing more, what comes later is billed in the next one.
//! * The hospital uploads (or entrusts the company with it); every line is matched by its prescription number, without
//!   tolerance, and the sums of what matches and what differs are proved to be the totals.
//! * The company puts its orders right, with a reason that stays; the hospital uploads anew. Nothing is confirmed while
//!   something differs.
//! * Both confirm the same sum, it goes to the sunshine platform, invoices must add up to it, the hospital writes off,
//!   the district approves and pays.

mod error;
pub mod matching;
mod model;
mod pages;
pub mod read;
mod service;
mod store;
#[cfg(test)]
mod tests;

use gateways::Gateways;
use platform::{
    jobs::Worker,
    rights::{Permission, Route, Who},
};
use utoipa_axum::router::OpenApiRouter;

pub use error::StatementError;
pub use model::{Amounts, Month, Settled, State};
pub(crate) use service::is_recorded;
pub use service::record;

use crate::Shared;

const WORK: Who = Who::Staff(Permission::HerbalStatement);
const SETTLE: Who = Who::Staff(Permission::HerbalSettle);

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/herbal/statements", WORK),
    Route::post("/herbal/statements", WORK),
    Route::get("/herbal/statements/example.csv", WORK),
    Route::get("/herbal/statements/{id}", WORK),
    Route::get("/herbal/statements/{id}/differences.csv", WORK),
    Route::post("/herbal/statements/{id}/{deed}", WORK),
    Route::post("/herbal/statements/{id}/settle/{deed}", SETTLE),
];

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    pages::routes()
}

/// Lets a worker send statements to the sunshine platform.
pub fn handlers(worker: Worker, gateways: Gateways) -> Worker {
    worker.on(service::SEND, move |app, job| {
        let gateways = gateways.clone();
        async move { service::deliver(&app, &gateways, &job).await }
    })
}
