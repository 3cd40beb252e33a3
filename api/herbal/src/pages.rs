//! The screens. Every form is an ordinary POST answered by a redirect; a refused one is shown again with a note.

mod audit;
mod desk;
mod later;
mod orders;
mod parts;
mod patient;
mod prescribe;
mod sites;
mod stream;

use axum::routing::{get, post};
use platform::rights::{Permission, Route, Who};
use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

const AUDIT: Who = Who::Staff(Permission::PrescriptionAudit);
const PROCESS: Who = Who::Staff(Permission::OrderProcess);
const WRITE: Who = Who::Staff(Permission::PrescriptionWrite);
const ORDERS: Who = Who::Staff(Permission::OrderManage);
const MANAGE: Who = Who::Staff(Permission::OrganisationManage);

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/herbal/audit", AUDIT),
    Route::get("/herbal/audit/stream", AUDIT),
    Route::get("/herbal/audit/later", AUDIT),
    Route::get("/herbal/audit/{id}", AUDIT),
    Route::post("/herbal/audit/{id}", AUDIT),
    Route::post("/herbal/audit/{id}/reveal", Who::Staff(Permission::FieldReveal)),
    Route::post("/herbal/audit/{id}/review", AUDIT),
    Route::get("/herbal/prescribe", WRITE),
    Route::post("/herbal/prescribe", WRITE),
    Route::get("/herbal/pieces", WRITE),
    Route::get("/herbal/orders", PROCESS),
    Route::get("/herbal/orders/{id}", PROCESS),
    Route::post("/herbal/orders/{id}", PROCESS),
    Route::get("/herbal/orders/{id}/label", PROCESS),
    Route::get("/herbal/desk", ORDERS),
    Route::get("/herbal/desk/counts.csv", ORDERS),
    Route::get("/herbal/desk/{id}", ORDERS),
    Route::post("/herbal/desk/{id}/{deed}", ORDERS),
    Route::get("/trace/{id}", Who::Public),
    Route::get("/prescriptions", Who::Resident),
    Route::get("/prescriptions/{id}", Who::Resident),
    Route::get("/herbal/sites", MANAGE),
    Route::post("/herbal/sites/{institution}", MANAGE),
    Route::post("/herbal/sites/{institution}/secret", MANAGE),
    Route::post("/herbal/sites/{institution}/shares", MANAGE),
];

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .route("/herbal/audit", get(audit::queue))
        .route("/herbal/audit/stream", get(stream::follow))
        .route("/herbal/audit/later", get(later::list))
        .route("/herbal/audit/{id}", get(audit::show).post(audit::decide))
        .route("/herbal/audit/{id}/reveal", post(audit::reveal))
        .route("/herbal/audit/{id}/review", post(later::review))
        .route("/herbal/prescribe", get(prescribe::show).post(prescribe::send))
        .route("/herbal/pieces", get(prescribe::pieces))
        .route("/herbal/orders", get(orders::list))
        .route("/herbal/orders/{id}", get(orders::show).post(orders::process))
        .route("/herbal/orders/{id}/label", get(orders::label))
        .route("/herbal/desk", get(desk::list))
        .route("/herbal/desk/counts.csv", get(desk::export))
        .route("/herbal/desk/{id}", get(desk::show))
        .route("/herbal/desk/{id}/{deed}", post(desk::act))
        .route("/trace/{id}", get(orders::trace))
        .route("/prescriptions", get(patient::list))
        .route("/prescriptions/{id}", get(patient::show))
        .route("/herbal/sites", get(sites::list))
        .route("/herbal/sites/{institution}", post(sites::save))
        .route("/herbal/sites/{institution}/secret", post(sites::renew_secret))
        .route("/herbal/sites/{institution}/shares", post(sites::share))
}
