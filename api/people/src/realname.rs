//! Real-name verification by photographs that a person compares with what was typed.
//!
//! `draft` (photographs, then fields) → `submitted` → `approved` or `rejected`; a rejected resident starts anew. One
//! reviewer holds a case at a time, and one verdict wins. Photographs lie sealed and are wiped after the retention time.

mod desk;
pub mod fields;
mod model;
mod pages;
pub mod photo;
pub mod service;
mod statistics;
mod store;

pub(crate) use desk::ACCESS as DESK_ACCESS;
pub(crate) use pages::ACCESS;

use std::{pin::Pin, sync::Arc};

use platform::App;
use utoipa_axum::router::OpenApiRouter;

pub use model::{Case, Reason, Side, State};
pub use service::wipe_photos;

use fields::CardForm;

/// Reads the text on a photograph of a card. Without an engine residents type.
pub trait RecogniseId: Send + Sync {
    /// What could be read; fields that could not stay empty, and the resident corrects all of them.
    fn read<'a>(&'a self, side: Side, photo: &'a [u8])
    -> Pin<Box<dyn Future<Output = CardForm> + Send + 'a>>;
}

/// The engine of this installation, given to the router as an extension.
#[derive(Clone)]
pub struct Recogniser(pub Arc<dyn RecogniseId>);

pub(crate) fn routes() -> OpenApiRouter<App> {
    pages::routes().merge(desk::routes())
}

#[cfg(test)]
pub(crate) mod tests;
