//! The screens. Every form is an ordinary POST answered by a redirect; a refused one is shown again with a note.

mod audit;
mod later;
mod parts;
mod patient;
mod sites;
mod stream;

use axum::routing::{get, post};
use platform::rights::{Permission, Route, Who};
use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

const AUDIT: Who = Who::Staff(Permission::PrescriptionAudit);
const MANAGE: Who = Who::Staff(Permission::OrganisationManage);

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/herbal/audit", AUDIT),
    Route::get("/herbal/audit/stream", AUDIT),
    Route::get("/herbal/audit/later", AUDIT),
    Route::get("/herbal/audit/{id}", AUDIT),
    Route::post("/herbal/audit/{id}", AUDIT),
    Route::post("/herbal/audit/{id}/reveal", Who::Staff(Permission::FieldReveal)),
    Route::post("/herbal/audit/{id}/review", AUDIT),
    Route::get("/prescriptions", Who::Resident),
    Route::get("/prescriptions/{id}", Who::Resident),
    Route::get("/herbal/sites", MANAGE),
    Route::post("/herbal/sites/{institution}", MANAGE),
    Route::post("/herbal/sites/{institution}/secret", MANAGE),
];

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .route("/herbal/audit", get(audit::queue))
        .route("/herbal/audit/stream", get(stream::follow))
        .route("/herbal/audit/later", get(later::list))
        .route("/herbal/audit/{id}", get(audit::show).post(audit::decide))
        .route("/herbal/audit/{id}/reveal", post(audit::reveal))
        .route("/herbal/audit/{id}/review", post(later::review))
        .route("/prescriptions", get(patient::list))
        .route("/prescriptions/{id}", get(patient::show))
        .route("/herbal/sites", get(sites::list))
        .route("/herbal/sites/{institution}", post(sites::save))
        .route("/herbal/sites/{institution}/secret", post(sites::renew_secret))
}
