use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::Html,
    routing::{get, post},
};
use platform::{Clock, crypto::sm3, http::Json};
use serde_json::Value;

use super::Document;
use crate::{
    Verdict,
    simulate::{Guard, escaped, no, page, yes},
};

/// What every outpatient record must have, by the LOINC code of its section.
const SECTIONS: [&str; 4] = ["10154-3", "10164-2", "11348-0", "48765-2"];

/// The other side: takes a document once, when it is one.
#[derive(Clone)]
pub struct Simulator(Arc<Inner>);

struct Inner {
    guard: Guard,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    taken: Vec<(String, Document)>,
    n_repeats: usize,
}

impl Simulator {
    /// The systems of one hospital share its secret.
    pub fn new(clock: Arc<dyn Clock>, secret: &str) -> Self {
        let guard = Guard::new(clock, "jiuyi-simulated", secret.into());
        Self(Arc::new(Inner { guard, kept: Mutex::default() }))
    }

    /// What was taken, with its receipt.
    pub fn taken(&self) -> Vec<(String, Document)> {
        self.kept().taken.clone()
    }

    /// How many documents came again.
    pub fn count_repeats(&self) -> usize {
        self.kept().n_repeats
    }

    pub(crate) fn routes(&self) -> Router {
        Router::new().route("/", get(desk)).route("/v1/documents", post(import)).with_state(self.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn take(&mut self, document: Document) -> Verdict {
        if let Some((receipt, _)) = self.taken.iter().find(|(_, known)| known.id == document.id) {
            self.n_repeats += 1;
            return Verdict::Duplicate { receipt: receipt.clone() };
        }
        let is_whole = document.content.contains("POCD_MT000040")
            && document.content.contains("2.16.156.10011.2.1.1.22")
            && SECTIONS.iter().all(|code| document.content.contains(&format!("code=\"{code}\"")));
        if document.person.index.is_none() {
            return Verdict::Refused { reason: "unknown_person".into() };
        }
        if !is_whole || document.sm3 != hex::encode(sm3(&document.content)) {
            return Verdict::Refused { reason: "invalid_document".into() };
        }
        let receipt = format!("EMR-{}-{:06}", document.institution, self.taken.len() + 1);
        self.taken.push((receipt.clone(), document));
        Verdict::Accepted { receipt }
    }
}

async fn import(
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
        Ok(document) => yes(&own.kept().take(document)),
        Err(_) => no(400, "invalid document"),
    }
}

async fn desk(State(own): State<Simulator>) -> Html<String> {
    let kept = own.kept();
    let shown = |(receipt, document): &(String, Document)| {
        format!(
            "<p class=who><b>{}</b> {}</p><pre>{}</pre>",
            escaped(receipt),
            escaped(&document.person.name),
            escaped(&document.content)
        )
    };
    let list: String = kept.taken.iter().rev().take(10).map(shown).collect();
    page("电子病历收到的文档（模拟）", if list.is_empty() { "<p>还没有收到。</p>" } else { &list })
}
