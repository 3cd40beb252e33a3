//! Family members (就诊人): for whom else a resident makes appointments and reads records, by whose consent, until when.
//!
//! Who is 14 or older agrees by a code sent to their phone; below that the guardian declares it with a document. Access
//! ends by itself at the end date and at once when either side revokes it.

mod model;
mod pages;
pub mod service;
mod store;

pub(crate) use pages::ACCESS;

use platform::App;
use utoipa_axum::router::OpenApiRouter;

pub use model::{Member, Proof, Relation};
pub use service::{current_patient, may_act_for};

pub(crate) fn routes() -> OpenApiRouter<App> {
    pages::routes()
}

#[cfg(test)]
mod tests;
