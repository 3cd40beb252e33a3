//! The base data of herbal pieces: names, specifications, units, codes, prices by version, stock of each company, the
//! companies and their people.
//!
//! * Everything is written under one growing version; a hospital fetches what changed since the one it knows, or is told
//!   (`push`). Nothing is overwritten without a row of history.
//! * A file is read whole or not at all, shown as a difference, and only then taken over.
//! * A piece belongs to the herb of exactly its name; one that has none is shown as such and never guessed.

pub(crate) mod error;
pub(crate) mod form;
mod http;
mod import;
pub(crate) mod model;
mod pages;
mod push;
pub(crate) mod service;
pub mod sheet;
mod store;
#[cfg(test)]
mod tests;

use gateways::Gateways;
use platform::{
    App, Tx,
    jobs::Worker,
    rights::{Permission, Route, Who},
};
use utoipa_axum::router::OpenApiRouter;

pub use error::CatalogueError;
pub use model::{Company, Person, Piece, Price, Stock};

use crate::Shared;

const READ: Who = Who::Staff(Permission::HerbalCatalogueRead);
const EDIT: Who = Who::Staff(Permission::HerbalCatalogue);
const STOCK: Who = Who::Staff(Permission::HerbalStock);

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/herbal/catalogue", READ),
    Route::get("/herbal/catalogue/pieces/{code}", READ),
    Route::post("/herbal/catalogue/pieces/{code}", EDIT),
    Route::get("/herbal/catalogue/import", EDIT),
    Route::post("/herbal/catalogue/import", EDIT),
    Route::get("/herbal/catalogue/drafts/{id}", EDIT),
    Route::post("/herbal/catalogue/drafts/{id}", EDIT),
    Route::get("/herbal/stock/import", STOCK),
    Route::post("/herbal/stock/import", STOCK),
    Route::get("/herbal/stock/drafts/{id}", STOCK),
    Route::post("/herbal/stock/drafts/{id}", STOCK),
    Route::get("/herbal/companies", EDIT),
    Route::post("/herbal/companies", EDIT),
    Route::get("/herbal/companies/{code}", EDIT),
    Route::post("/herbal/companies/{code}/people", EDIT),
    Route::get("/herbal/catalogue/pushes", EDIT),
    Route::post("/herbal/catalogue/pushes/{institution}", EDIT),
    Route::get("/api/herbal/hospitals/{institution}/catalogue", Who::Public),
    Route::get("/api/herbal/hospitals/{institution}/catalogue/changes", Who::Public),
];

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    pages::routes().merge(http::routes())
}

/// Lets a worker tell hospitals of changes, and every night those that were missed.
pub fn handlers(worker: Worker, gateways: Gateways) -> Worker {
    worker
        .daily(push::SWEEP, 4)
        .on(push::PUSH, move |app, job| {
            let gateways = gateways.clone();
            async move { push::deliver(&app, &gateways, &job).await }
        })
        .on(push::SWEEP, |app, _| async move { Ok(push::sweep(&app).await?) })
}

/// Every service company, also those that no longer work.
pub async fn list_companies(app: &App) -> sqlx::Result<Vec<Company>> {
    store::list_companies(&app.db).await
}

/// The price of a piece on a day, with the version it was set in.
pub async fn find_price(tx: &mut Tx, piece: &str, day: chrono::NaiveDate) -> sqlx::Result<Option<Price>> {
    store::find_price(tx, piece, day).await
}
