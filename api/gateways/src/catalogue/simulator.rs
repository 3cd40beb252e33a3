use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, Uri},
    routing::post,
};
use platform::{Clock, http::Json};
use serde_json::Value;

use super::{Batch, Change};
use crate::{
    Verdict,
    simulate::{Guard, no, yes},
};

/// The other side: keeps the changes of every hospital in order, each once.
#[derive(Clone)]
pub struct Simulator(Arc<Inner>);

struct Inner {
    guard: Guard,
    kept: Mutex<BTreeMap<String, Kept>>,
}

/// What one hospital knows.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    pub version: i64,
    pub changes: Vec<Change>,
    pub n_repeats: usize,
}

impl Simulator {
    /// The systems of one hospital share its secret.
    pub fn new(clock: Arc<dyn Clock>, secret: &str) -> Self {
        let guard = Guard::new(clock, "jiuyi-simulated", secret.into());
        Self(Arc::new(Inner { guard, kept: Mutex::default() }))
    }

    pub fn kept_by(&self, institution: &str) -> Kept {
        self.kept().get(institution).cloned().unwrap_or_default()
    }

    pub(crate) fn routes(&self) -> Router {
        Router::new().route("/v1/herbal/catalogue", post(push)).with_state(self.clone())
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, batch: Batch) -> Verdict {
        let mut all = self.kept();
        let own = all.entry(batch.institution.clone()).or_default();
        let receipt = format!("CAT-{}-{}", batch.institution, batch.to_version);
        if batch.to_version <= own.version {
            own.n_repeats += 1;
            return Verdict::Duplicate { receipt };
        }
        let is_ordered = batch
            .changes
            .iter()
            .all(|change| (batch.from_version < change.version) && change.version <= batch.to_version);
        if !is_ordered {
            return Verdict::Refused { reason: "invalid_batch".into() };
        }
        // A demo may have been started anew: then the first batch counts.
        if own.version != 0 && batch.from_version != own.version {
            return Verdict::Refused { reason: "gap".into() };
        }
        own.version = batch.to_version;
        own.changes.extend(batch.changes);
        Verdict::Accepted { receipt }
    }
}

async fn push(
    State(own): State<Simulator>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Json<Value> {
    if !own.0.guard.admits(&method, &uri, &headers, &body) {
        return no(401, "invalid signature");
    }
    match serde_json::from_slice(&body) {
        Ok(batch) => yes(&own.take(batch)),
        Err(_) => no(400, "invalid batch"),
    }
}
