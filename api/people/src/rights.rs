//! The security administrator's screens: roles, what each gives, and who holds it.

mod change;
mod form;
mod pages;
mod service;
pub(crate) mod store;

use platform::{
    App,
    rights::{Permission, Route, Who},
};
use utoipa_axum::router::OpenApiRouter;

const MANAGE: Who = Who::Staff(Permission::RoleManage);

pub(crate) const ACCESS: [Route; 5] = [
    Route::get("/admin/roles", MANAGE),
    Route::post("/admin/roles", MANAGE),
    Route::get("/admin/roles/{role}", MANAGE),
    Route::post("/admin/roles/{role}", MANAGE),
    Route::post("/admin/roles/{role}/holders", MANAGE),
];

pub(crate) fn routes() -> OpenApiRouter<App> {
    pages::routes()
}
