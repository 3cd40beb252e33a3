//! The audit administrator's screens (search, export, check of the chain), and the resident's page of who saw the record.

mod check;
mod csv;
mod pages;
mod readers;
mod service;
mod store;
mod words;

use platform::{
    App,
    rights::{Permission, Route, Who},
};
use utoipa_axum::router::OpenApiRouter;

const READ: Who = Who::Staff(Permission::AuditRead);

pub(crate) const ACCESS: [Route; 5] = [
    Route::get("/admin/audit", READ),
    Route::post("/admin/audit/export", Who::Staff(Permission::AuditExport)),
    Route::get("/admin/audit/checks", READ),
    Route::post("/admin/audit/checks", READ),
    Route::get("/me/readers", Who::Resident),
];

pub(crate) fn routes() -> OpenApiRouter<App> {
    pages::routes().merge(readers::routes())
}
