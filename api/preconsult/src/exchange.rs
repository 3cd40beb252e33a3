//! Exchange with the systems of hospitals and of the city.
//!
//! * A confirmed consultation, and one that ended in an emergency, leaves a delivery to the hospital's HIS in the same
//!   transaction (`outbox`); a doctor imports it into the EMR. Deliveries of one patient go out one after the other,
//!   are tried until the other side takes or refuses them, and are taken once by their id.
//! * An institution that would rather fetch has a feed of its own (`feed`), and may submit templates and dictionaries
//!   in batches.
//! * With the resident's consent the health archive fills in the history, for the resident to confirm (`archive`).
//! * At the desk a code on the patient's phone leads to exactly this consultation (`verification`).
//! * Templates are exchanged with Shenkang (`templates`).
//!
//! No transaction is open while another system is spoken to.

pub(crate) mod archive;
pub(crate) mod desk;
mod document;
mod feed;
mod import;
mod model;
mod outbox;
mod packet;
mod pages;
mod registrations;
mod store;
#[cfg(test)]
mod tests;
pub(crate) mod verification;

use gateways::Gateways;
use platform::{
    App, Tx,
    jobs::Worker,
    rights::{Permission, Route, Who},
};
use utoipa_axum::router::OpenApiRouter;

use crate::{PreconsultError, Shared, model::Consultation};

pub use model::{Delivery, DeliveryState, Mode, Target};
pub use registrations::{Synced, sync};
pub use store::templates::{Pulled, pull, upload};
use store::{site, templates};

const MANAGE: Who = Who::Staff(Permission::OrganisationManage);
const READ: Who = Who::Staff(Permission::ConsultationRead);

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/staff/deliveries", MANAGE),
    Route::post("/staff/deliveries/{id}/resend", MANAGE),
    Route::get("/staff/exchange", MANAGE),
    Route::post("/staff/exchange/{institution}", MANAGE),
    Route::post("/staff/exchange/{institution}/secret", MANAGE),
    Route::get("/staff/outside-templates", Who::Staff(Permission::KnowledgeRead)),
    Route::get("/staff/outside-templates/{id}", Who::Staff(Permission::KnowledgeRead)),
    Route::post("/staff/outside-templates/{id}", Who::Staff(Permission::KnowledgePublish)),
    Route::post("/staff/outside-templates/sync", Who::Staff(Permission::KnowledgePublish)),
    Route::post("/doctor/consultations/{id}/import", READ),
    Route::get("/doctor/verify", READ),
    Route::post("/doctor/verify", READ),
    Route::post("/consultations/{id}/archive", Who::Resident),
    Route::post("/consultations/{id}/archive/items", Who::Resident),
    Route::get("/api/preconsult/consultations/{id}/document", Who::Staff(Permission::DataExport)),
    Route::get("/api/feed/{institution}", Who::Public),
    Route::post("/api/feed/{institution}/batches", Who::Public),
];

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    pages::routes()
        .merge(feed::routes())
        .merge(import::routes())
        .merge(archive::routes())
        .merge(verification::routes())
}

/// What a confirmed consultation leaves behind, in the transaction of the confirmation: its place in the institution's
/// feed and, where the institution is pushed to, a delivery to its HIS.
pub(crate) async fn on_confirmed(
    app: &App,
    tx: &mut Tx,
    consultation: &Consultation,
) -> Result<(), PreconsultError> {
    let mode = store::append_to_feed(app, tx, consultation).await?;
    if mode.pushes() {
        outbox::enqueue(app, tx, (Target::His, consultation), None).await?;
    }
    Ok(())
}

/// What an emergency leaves behind, in its transaction: a delivery to the HIS of an institution that is pushed to, as
/// nobody confirms the history any more and the desk should know at once.
pub(crate) async fn on_emergency(
    app: &App,
    tx: &mut Tx,
    consultation: &Consultation,
) -> Result<(), PreconsultError> {
    if store::find_mode(tx, &consultation.institution).await?.pushes() {
        outbox::enqueue(app, tx, (Target::His, consultation), None).await?;
    }
    Ok(())
}

/// Keeps an emergency the patient took back from going out, where it has not yet.
pub(crate) async fn on_taken_back(
    app: &App,
    tx: &mut Tx,
    consultation: &Consultation,
) -> Result<(), PreconsultError> {
    store::lock(tx, consultation.resident).await?;
    Ok(store::update_withdrawn(tx, consultation.id, app.now()).await?)
}

/// Lets a worker deliver, fetch templates every night, and take up what was left lying.
pub fn handlers(worker: Worker, gateways: Gateways) -> Worker {
    let (delivering, pulling, uploading) = (gateways.clone(), gateways.clone(), gateways);
    worker
        .daily(templates::PULL, 2)
        .daily(outbox::SWEEP, 5)
        .on(outbox::DELIVER, move |app, job| {
            let gateways = delivering.clone();
            async move { Ok(outbox::deliver(&app, &gateways, &job.read()?).await?) }
        })
        .on(outbox::SWEEP, |app, _| async move {
            store::feed::sweep(&app).await?;
            Ok(outbox::sweep(&app).await?)
        })
        .on(templates::PULL, move |app, _| {
            let gateways = pulling.clone();
            async move { Ok(templates::pull(&app, &gateways, None).await.map(drop)?) }
        })
        .on(templates::UPLOAD, move |app, job| {
            let gateways = uploading.clone();
            async move { Ok(templates::deliver(&app, &gateways, job.read()?).await?) }
        })
}
