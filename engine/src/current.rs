//! The release in use, exchanged while the program serves.

use std::{fmt, sync::Arc};

use arc_swap::ArcSwap;

use crate::Engine;

/// The release in use; cheap to clone, every clone sees the same release.
///
/// Read it once per request with [`Current::load`] and go on with what it gives: a request that began under one
/// release ends under it, and the old release is freed when its last request is done.
#[derive(Clone)]
pub struct Current(Arc<ArcSwap<Engine>>);

impl Current {
    /// Begins with a release.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self(Arc::new(ArcSwap::new(engine)))
    }

    /// The release in use now.
    pub fn load(&self) -> Arc<Engine> {
        self.0.load_full()
    }

    /// Puts another release into use; gives the one before.
    pub fn swap(&self, engine: Arc<Engine>) -> Arc<Engine> {
        self.0.swap(engine)
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Current").field(&self.load().kb().release).finish()
    }
}
