//! Feedback of residents: text and photographs, a thread of replies and follow-ups, closing, rating, statistics.
//!
//! Life cycle: `data/flows/feedback.mmd`, checked against `State::after` line by line. Words and photographs are sealed.
//! Each change carries the version it was decided on, so that of two who answer at the same time one is told to look
//! again; each change by the staff reaches the resident through the message centre.

mod desk;
mod form;
mod model;
mod pages;
mod service;
mod statistics;
mod store;

pub(crate) use desk::ACCESS as DESK_ACCESS;
pub(crate) use pages::ACCESS;

use platform::App;
use utoipa_axum::router::OpenApiRouter;

pub use model::{Category, State};
pub(crate) use service::wipe_photos;

pub(crate) fn routes() -> OpenApiRouter<App> {
    pages::routes().merge(desk::routes())
}

#[cfg(test)]
mod tests;
