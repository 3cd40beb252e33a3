use std::sync::Arc;

use crate::{Clock, Config, Db, Ids, crypto::Keyring};

/// The shared parts of the running program; cheap to clone.
///
/// It is the axum state of the crates that need nothing more. A crate with parts of its own wraps it and gives
/// `impl FromRef<Service> for App`, so that the extractors of this crate work there as well.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub keyring: Arc<Keyring>,
    pub config: Arc<Config>,
}

impl App {
    pub fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.clock.now()
    }

    pub fn new_id(&self) -> uuid::Uuid {
        self.ids.new_id()
    }
}
