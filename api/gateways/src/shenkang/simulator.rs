use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, Uri},
    routing::get,
};
use platform::{
    Clock, Ids,
    http::{Json, Query},
};
use serde::Deserialize;
use serde_json::Value;

use super::{Changes, Content, Dictionary, Head, Upload};
use crate::{
    Verdict,
    simulate::{Guard, no, word, yes},
};

/// Most templates of one page.
const PAGE: usize = 20;

/// The other side: gives the templates it was told about, takes ours once.
#[derive(Clone)]
pub struct Simulator(Arc<Inner>);

struct Inner {
    guard: Guard,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    templates: Vec<(Head, Content)>,
    dictionaries: Vec<Dictionary>,
    uploaded: Vec<Upload>,
}

#[derive(Deserialize)]
struct Since {
    after: Option<usize>,
}

#[derive(Deserialize)]
struct Which {
    code: String,
    version: String,
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

    /// A template, or its next version, is there from now on.
    pub fn publish(&self, content: Content) {
        let Content { code, version, title, .. } = content.clone();
        let head = Head { code, version, title, changed_at: self.0.guard.clock().now() };
        self.kept().templates.push((head, content));
    }

    pub fn set_dictionaries(&self, dictionaries: Vec<Dictionary>) {
        self.kept().dictionaries = dictionaries;
    }

    /// What was handed over, oldest first.
    pub fn uploaded(&self) -> Vec<Upload> {
        self.kept().uploaded.clone()
    }

    pub(crate) fn routes(&self) -> Router {
        Router::new()
            .route("/v1/templates", get(list).post(receive))
            .route("/v1/templates/content", get(content))
            .route("/v1/dictionaries", get(dictionaries))
            .with_state(self.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn list(
    State(own): State<Simulator>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Query(since): Query<Since>,
) -> Json<Value> {
    if !own.0.guard.admits(&method, &uri, &headers, b"") {
        return no(401, "invalid signature");
    }
    let after = since.after.unwrap_or(0);
    let kept = own.kept();
    let later = kept.templates.iter().skip(after);
    let items: Vec<Head> = later.take(PAGE).map(|(head, _)| head.clone()).collect();
    let next = after + items.len();
    yes(&Changes { items, next: next.to_string(), has_more: next < kept.templates.len() })
}

async fn content(
    State(own): State<Simulator>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Query(which): Query<Which>,
) -> Json<Value> {
    if !own.0.guard.admits(&method, &uri, &headers, b"") {
        return no(401, "invalid signature");
    }
    let kept = own.kept();
    let is_meant = |content: &&Content| content.code == which.code && content.version == which.version;
    match kept.templates.iter().map(|(_, content)| content).rfind(is_meant) {
        Some(content) => yes(content),
        None => no(404, "no such template"),
    }
}

async fn dictionaries(
    State(own): State<Simulator>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Json<Value> {
    if !own.0.guard.admits(&method, &uri, &headers, b"") {
        return no(401, "invalid signature");
    }
    yes(&own.kept().dictionaries)
}

async fn receive(
    State(own): State<Simulator>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Json<Value> {
    if !own.0.guard.admits(&method, &uri, &headers, &body) {
        return no(401, "invalid signature");
    }
    let Ok(upload) = serde_json::from_slice::<Upload>(&body) else { return no(400, "invalid template") };
    yes(&own.kept().take(upload))
}

impl Kept {
    fn take(&mut self, upload: Upload) -> Verdict {
        let receipt = |place: usize| format!("SK-{:06}", place + 1);
        let is_same = |known: &Upload| known.code == upload.code && known.version == upload.version;
        match self.uploaded.iter().position(is_same) {
            Some(place) if self.uploaded[place] == upload => Verdict::Duplicate { receipt: receipt(place) },
            Some(_) => Verdict::Refused { reason: "version_taken".into() },
            None if upload.text.trim().is_empty() || upload.fhir["resourceType"] != "Questionnaire" => {
                Verdict::Refused { reason: "invalid_template".into() }
            }
            None => {
                self.uploaded.push(upload);
                Verdict::Accepted { receipt: receipt(self.uploaded.len() - 1) }
            }
        }
    }
}
