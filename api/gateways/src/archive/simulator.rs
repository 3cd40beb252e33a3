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
use platform::{Clock, Ids, http::Json};
use serde_json::Value;

use super::{Ask, CONSENT, Found, History, Item, PURPOSE};
use crate::simulate::{Guard, no, word, yes};

/// The other side: knows the people it was told about, and tells nobody without a consent.
#[derive(Clone)]
pub struct Simulator(Arc<Inner>);

struct Inner {
    guard: Guard,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// By the district's number of the person.
    archives: BTreeMap<String, Vec<Item>>,
    consents: Vec<String>,
}

impl Simulator {
    pub fn new(clock: Arc<dyn Clock>, ids: &dyn Ids) -> Self {
        let guard = Guard::new(clock, "jiuyi-simulated", word(ids));
        Self(Arc::new(Inner { guard, kept: Mutex::default() }))
    }

    pub fn account(&self) -> &'static str {
        self.0.guard.account()
    }

    pub fn secret(&self) -> &str {
        self.0.guard.secret()
    }

    /// Opens somebody's archive, by the district's number of the person.
    pub fn keep(&self, index: &str, items: Vec<Item>) {
        self.kept().archives.insert(index.into(), items);
    }

    /// The consents under which it was asked.
    pub fn consents(&self) -> Vec<String> {
        self.kept().consents.clone()
    }

    pub(crate) fn routes(&self) -> Router {
        Router::new().route("/v1/history", post(history)).with_state(self.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn history(
    State(own): State<Simulator>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Json<Value> {
    if !own.0.guard.admits(&method, &uri, &headers, &body) {
        return no(401, "invalid signature");
    }
    let Ok(ask) = serde_json::from_slice::<Ask>(&body) else { return no(400, "invalid query") };
    let told = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let agrees = told(CONSENT) == ask.consent && told(PURPOSE) == ask.purpose;
    let is_late = ask.consented_at > own.0.guard.clock().now();
    if ask.consent.is_empty() || ask.purpose.is_empty() || !agrees || is_late {
        return no(403, "no consent");
    }
    let mut kept = own.kept();
    kept.consents.push(ask.consent);
    let items = ask.person.index.and_then(|index| kept.archives.get(&index).cloned());
    yes(&Found { history: items.map(|items| History { items }) })
}
