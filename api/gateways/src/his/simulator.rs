use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    middleware::{Next, from_fn_with_state},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use platform::{
    Clock, Ids,
    http::{Json, Query as Asked},
};
use serde::Deserialize;
use serde_json::Value;

use super::{Lookup, Notice, Outcome, Page, Query, Registration};
use crate::{
    Verdict,
    simulate::{Guard, escaped, no, page, word, yes},
};

/// The other side, for all hospitals that are not configured: it keeps registrations and takes results once and in
/// order. What it took is shown under `/`.
#[derive(Clone)]
pub struct Simulator(Arc<Inner>);

struct Inner {
    guard: Guard,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    is_down: bool,
    /// How many of the next results are told to come later.
    busy: usize,
    /// The next result is refused for this reason.
    refusal: Option<String>,
    /// With the number of its last change, in that order.
    registrations: Vec<(u64, Registration)>,
    changes: u64,
    received: Vec<Received>,
    told: Vec<Told>,
    /// By id, and the last sequence by institution and number.
    told_ids: HashMap<String, usize>,
    told_last: HashMap<(String, String), i64>,
    n_repeats: usize,
}

/// A result that was taken.
#[derive(Clone)]
pub struct Received {
    pub receipt: String,
    pub outcome: Outcome,
}

/// A notice of a prescription that was taken.
#[derive(Clone)]
pub struct Told {
    pub receipt: String,
    pub notice: Notice,
}

#[derive(Deserialize)]
struct Since {
    institution: String,
    after: Option<String>,
    limit: usize,
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

    /// Adds a registration, or brings the one of its number to how it is now.
    pub fn register(&self, registration: Registration) {
        let mut kept = self.kept();
        kept.changes += 1;
        let change = kept.changes;
        kept.registrations.retain(|(_, known)| {
            (&known.institution, &known.number) != (&registration.institution, &registration.number)
        });
        kept.registrations.push((change, registration));
    }

    /// While it is down every call is answered with 503.
    pub fn set_down(&self, is_down: bool) {
        self.kept().is_down = is_down;
    }

    /// So many of the next results are told to come later.
    pub fn be_busy(&self, times: usize) {
        self.kept().busy = times;
    }

    /// The next result is refused for one of the contract's reasons.
    pub fn refuse_next(&self, reason: &str) {
        self.kept().refusal = Some(reason.into());
    }

    /// What was taken, in the order it came.
    pub fn received(&self) -> Vec<Received> {
        self.kept().received.clone()
    }

    /// What was told of herbal prescriptions, in the order it came.
    pub fn told(&self) -> Vec<Told> {
        self.kept().told.clone()
    }

    /// How many results came again and were not taken a second time.
    pub fn count_repeats(&self) -> usize {
        self.kept().n_repeats
    }

    pub(crate) fn routes(&self) -> Router {
        Router::new()
            .route("/", get(desk))
            .route("/v1/registrations", get(list))
            .route("/v1/registrations/query", post(find))
            .route("/v1/results", post(receive))
            .route("/v1/prescriptions/events", post(hear))
            .layer(from_fn_with_state(self.clone(), when_up))
            .with_state(self.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admits(&self, (method, uri, headers): (&Method, &Uri, &HeaderMap), body: &[u8]) -> bool {
        self.0.guard.admits(method, uri, headers, body)
    }
}

impl Kept {
    fn take(&mut self, outcome: Outcome) -> Verdict {
        if let Some(known) = self.received.iter().find(|known| known.outcome.id == outcome.id) {
            self.n_repeats += 1;
            tracing::warn!(id = outcome.id, "the HIS was given a result twice");
            return Verdict::Duplicate { receipt: known.receipt.clone() };
        }
        if self.busy > 0 {
            self.busy -= 1;
            return Verdict::Busy;
        }
        if let Some(reason) = self.refusal.take().or_else(|| self.fault(&outcome).map(Into::into)) {
            return Verdict::Refused { reason };
        }
        let receipt = format!("HIS-{}-{:06}", outcome.institution, self.received.len() + 1);
        self.received.push(Received { receipt: receipt.clone(), outcome });
        Verdict::Accepted { receipt }
    }

    fn hear(&mut self, notice: Notice) -> Verdict {
        if let Some(known) = self.told_ids.get(&notice.id).and_then(|at| self.told.get(*at)) {
            self.n_repeats += 1;
            return Verdict::Duplicate { receipt: known.receipt.clone() };
        }
        if self.busy > 0 {
            self.busy -= 1;
            return Verdict::Busy;
        }
        let which = (notice.institution.clone(), notice.number.clone());
        let is_late = self.told_last.get(&which).is_some_and(|last| notice.sequence <= *last);
        if let Some(reason) = self.refusal.take().or_else(|| is_late.then(|| "out_of_order".into())) {
            return Verdict::Refused { reason };
        }
        let receipt = format!("RX-{}-{:06}", notice.institution, self.told.len() + 1);
        self.told_last.insert(which, notice.sequence);
        self.told_ids.insert(notice.id.clone(), self.told.len());
        self.told.push(Told { receipt: receipt.clone(), notice });
        Verdict::Accepted { receipt }
    }

    fn fault(&self, outcome: &Outcome) -> Option<&'static str> {
        let has_text =
            |key| outcome.record.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        let is_of = |known: &&Received| {
            known.outcome.institution == outcome.institution
                && known.outcome.person.index == outcome.person.index
        };
        let last = self.received.iter().filter(is_of).map(|known| known.outcome.sequence).max();
        let visit = outcome.visit_number.as_ref().map(|number| {
            self.registrations
                .iter()
                .any(|(_, known)| known.institution == outcome.institution && known.number == *number)
        });
        if outcome.person.index.is_none() {
            Some("unknown_person")
        } else if visit == Some(false) {
            Some("unknown_visit")
        } else if !has_text("chief_complaint") || !outcome.answers.is_array() {
            Some("invalid_record")
        } else if last.is_some_and(|last| outcome.sequence <= last) {
            Some("out_of_order")
        } else {
            None
        }
    }
}

async fn when_up(State(own): State<Simulator>, request: Request, next: Next) -> Response {
    if own.kept().is_down {
        return (StatusCode::SERVICE_UNAVAILABLE, "down").into_response();
    }
    next.run(request).await
}

async fn list(
    State(own): State<Simulator>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Asked(asked): Asked<Since>,
) -> Json<Value> {
    if !own.admits((&method, &uri, &headers), b"") {
        return no(401, "invalid signature");
    }
    let Ok(after) = asked.after.as_deref().unwrap_or("0").parse::<u64>() else {
        return no(400, "invalid cursor");
    };
    let kept = own.kept();
    let mut later: Vec<_> = kept
        .registrations
        .iter()
        .filter(|(change, known)| *change > after && known.institution == asked.institution)
        .collect();
    let has_more = later.len() > asked.limit;
    later.truncate(asked.limit);
    let next = later.last().map_or(after, |(change, _)| *change).to_string();
    yes(&Page { items: later.into_iter().map(|(_, known)| known.clone()).collect(), next, has_more })
}

async fn find(
    State(own): State<Simulator>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Json<Value> {
    if !own.admits((&method, &uri, &headers), &body) {
        return no(401, "invalid signature");
    }
    let Ok(Query { institution, by }) = serde_json::from_slice(&body) else {
        return no(400, "invalid query");
    };
    let is_meant = |known: &Registration| match &by {
        Lookup::Number(number) => known.number == *number,
        Lookup::IdNumber(number) => known.person.id_number.as_ref() == Some(number),
        Lookup::Person(index) => known.person.index.as_ref() == Some(index),
    };
    let kept = own.kept();
    let found: Vec<_> = kept
        .registrations
        .iter()
        .map(|(_, known)| known)
        .filter(|known| known.institution == institution && is_meant(known))
        .collect();
    yes(&found)
}

async fn receive(
    State(own): State<Simulator>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Json<Value> {
    if !own.admits((&method, &uri, &headers), &body) {
        return no(401, "invalid signature");
    }
    match serde_json::from_slice(&body) {
        Ok(outcome) => yes(&own.kept().take(outcome)),
        Err(_) => no(400, "invalid result"),
    }
}

async fn hear(
    State(own): State<Simulator>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Json<Value> {
    if !own.admits((&method, &uri, &headers), &body) {
        return no(401, "invalid signature");
    }
    match serde_json::from_slice(&body) {
        Ok(notice) => yes(&own.kept().hear(notice)),
        Err(_) => no(400, "invalid notice"),
    }
}

async fn desk(State(own): State<Simulator>) -> Html<String> {
    let kept = own.kept();
    let shown = |taken: &Received| {
        let complaint = taken.outcome.record.get("chief_complaint").and_then(Value::as_str).unwrap_or("");
        format!(
            "<p class=who><b>{}</b> {}<br>主诉：{}</p>",
            escaped(&taken.receipt),
            escaped(&taken.outcome.person.name),
            escaped(complaint)
        )
    };
    let heard = |told: &Told| {
        let Notice { number, version, event, state, .. } = &told.notice;
        let receipt = &told.receipt;
        format!(
            "<p><b>{receipt}</b> 处方 {} 第 {version} 版：{} → {}</p>",
            escaped(number),
            escaped(event),
            escaped(state)
        )
    };
    let results = kept.received.iter().rev().take(30).map(shown);
    let list: String = results.chain(kept.told.iter().rev().take(30).map(heard)).collect();
    page("HIS 收到的结果（模拟）", if list.is_empty() { "<p>还没有收到。</p>" } else { &list })
}
