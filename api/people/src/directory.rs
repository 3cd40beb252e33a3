//! The staff as the district's support platform knows them (用户管理对接): its directory is read regularly, its people
//! become staff with an account, and they sign in there instead of with a password of ours.
//!
//! Local accounts stay as they are. A person of the directory who cannot be taken over (no role of ours, an unknown
//! department, a user name that a local account has) is a conflict that the system administrator sees and settles. The
//! directory never makes an administrator, and never touches one.

mod pages;
mod service;
mod sign_in;
mod store;

use gateways::Gateways;
use platform::{
    App, Tx,
    jobs::{HandlerFault, Worker},
    rights::{Permission, Route, Who},
    session::Role,
};
use utoipa_axum::router::OpenApiRouter;

pub use service::{Synced, ask_first, sync};

/// Kind of the job.
const SYNC: &str = "directory.sync";

const MAY: Who = Who::Staff(Permission::AccountManage);

pub(crate) const ACCESS: [Route; 6] = [
    Route::get("/sign-in/support", Who::Public),
    Route::get("/sign-in/support/back", Who::Public),
    Route::get("/admin/directory", MAY),
    Route::post("/admin/directory/sync", MAY),
    Route::post("/admin/directory/roles", MAY),
    Route::post("/admin/directory/{subject}/join", MAY),
];

pub(crate) fn routes() -> OpenApiRouter<App> {
    pages::routes().merge(sign_in::routes())
}

/// The roles of a demo, when none were mapped yet.
pub(crate) async fn seed_roles(
    app: &App,
    tx: &mut Tx,
    roles: &[(String, Role)],
) -> Result<(), platform::db::Error> {
    if !store::list_roles(&app.db).await?.is_empty() {
        return Ok(());
    }
    for (outside, role) in roles {
        store::save_role(tx, &app.keyring, outside, role.name()).await?;
    }
    Ok(())
}

/// Reads the directory by the clock and when somebody asks, where one is configured.
#[must_use]
pub fn handlers(worker: Worker, app: &App, gateways: &Gateways) -> Worker {
    let Some(support) = gateways.support.clone() else { return worker };
    let worker = worker.on(SYNC, move |app, _| {
        let support = support.clone();
        async move { sync(&app, &*support).await.map(drop).map_err(HandlerFault::from) }
    });
    match app.config.support_sync_hours {
        0 => worker,
        hours => worker.every(SYNC, hours, 0),
    }
}
