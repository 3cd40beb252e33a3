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

use chrono::NaiveDate;
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

/// What so many doses of these lines (code, name, unit, dose) cost in fen by the prices of a day; None where a piece is
/// not in the catalogue, is counted in another unit, or has no price.
pub(crate) async fn reckon<'l>(
    tx: &mut Tx,
    lines: impl Iterator<Item = (&'l str, &'l str, &'l str, f64)>,
    doses: i64,
    day: NaiveDate,
) -> sqlx::Result<Option<i64>> {
    let mut sum = 0_i64;
    for (code, name, unit, dose) in lines {
        let Some((piece, counted)) = store::find_piece_for(tx, code, name).await? else { return Ok(None) };
        let Some(price) = find_price(tx, &piece, day).await? else { return Ok(None) };
        let is_same = counted == unit || (counted == "克" && unit == "g");
        let quantity = sheet::decimal(&dose.to_string(), 3).and_then(|one| one.checked_mul(doses));
        let Some(fen) = quantity.filter(|_| is_same).and_then(|quantity| price.amount(quantity)) else {
            return Ok(None);
        };
        sum = sum.saturating_add(fen);
    }
    Ok(Some(sum))
}

/// What so many doses of these lines (code, name, dose) need, by the code of the piece, in thousandths of its unit; what
/// is not in the catalogue is left out.
pub(crate) async fn needs<'l>(
    tx: &mut Tx,
    lines: impl Iterator<Item = (&'l str, &'l str, f64)>,
    doses: i64,
) -> sqlx::Result<Vec<(String, i64)>> {
    let mut needs = Vec::new();
    for (code, name, dose) in lines {
        let found = store::find_piece_for(tx, code, name).await?;
        let quantity = sheet::decimal(&dose.to_string(), 3).and_then(|one| one.checked_mul(doses));
        needs.extend(found.map(|(piece, _)| piece).zip(quantity));
    }
    Ok(needs)
}

/// Whether a company has less of a piece than is needed; of what it told no stock it is taken to have enough.
pub(crate) async fn is_short(tx: &mut Tx, company: &str, needs: &[(String, i64)]) -> sqlx::Result<bool> {
    if needs.is_empty() {
        return Ok(false);
    }
    let stock = store::list_stock_of(tx, company).await?;
    Ok(needs.iter().any(|(piece, quantity)| stock.get(piece).is_some_and(|has| has < quantity)))
}

/// The district an address names in full.
pub(crate) fn district_of(address: &str) -> Option<&'static str> {
    model::DISTRICTS.into_iter().find(|district| address.contains(district))
}

/// The version of the catalogue a transaction sees.
pub(crate) async fn version(tx: &mut Tx) -> sqlx::Result<i64> {
    store::read_version(tx).await
}

/// Every service company, also those that no longer work.
pub async fn list_companies(app: &App) -> sqlx::Result<Vec<Company>> {
    store::list_companies(&app.db).await
}

/// The price of a piece on a day, with the version it was set in.
pub async fn find_price(tx: &mut Tx, piece: &str, day: NaiveDate) -> sqlx::Result<Option<Price>> {
    store::find_price(tx, piece, day).await
}
