use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Uri},
    response::Html,
    routing::{get, post},
};
use platform::{Clock, Ids, http::Json};
use serde_json::{Value, json};

use super::Message;
use crate::{
    signature,
    simulate::{escaped, page, word},
};

/// The other side: keeps what it was given and shows it as a telephone would, under `/`.
#[derive(Clone)]
pub struct Simulator(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    secret: String,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    messages: Vec<Message>,
    nonces: BTreeSet<String>,
}

impl Simulator {
    pub fn new(clock: Arc<dyn Clock>, ids: &dyn Ids) -> Self {
        Self(Arc::new(Inner { clock, secret: word(ids), kept: Mutex::default() }))
    }

    pub fn account(&self) -> &'static str {
        "jiuyi-simulated"
    }

    pub fn secret(&self) -> &str {
        &self.0.secret
    }

    /// What a telephone received, oldest first.
    pub fn received(&self, phone: &str) -> Vec<Message> {
        self.kept().messages.iter().filter(|message| message.phone == phone).cloned().collect()
    }

    pub(crate) fn routes(&self) -> Router {
        Router::new().route("/", get(telephone)).route("/v1/messages", post(receive)).with_state(self.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn receive(State(own): State<Simulator>, uri: Uri, headers: HeaderMap, body: Bytes) -> Json<Value> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let timestamp = text(signature::TIMESTAMP).parse().unwrap_or(0);
    let nonce = text(signature::NONCE);
    let expected = signature::of_request(&own.0.secret, "POST", uri.path(), timestamp, nonce, &body);
    let mut kept = own.kept();
    let is_signed = text(signature::ACCOUNT) == own.account()
        && signature::same(&expected, text(signature::SIGNATURE))
        && signature::is_fresh(timestamp, own.0.clock.now())
        && kept.nonces.insert(nonce.into());
    if !is_signed {
        return Json(json!({"code": 401, "message": "invalid signature"}));
    }
    match serde_json::from_slice::<Message>(&body) {
        Ok(message) if kept.messages.iter().any(|known| known.id == message.id) => Json(json!({"code": 0})),
        Ok(message) if message.phone.len() == 11 => {
            kept.messages.push(message);
            Json(json!({"code": 0}))
        }
        _ => Json(json!({"code": 400, "message": "invalid message"})),
    }
}

async fn telephone(State(own): State<Simulator>) -> Html<String> {
    let kept = own.kept();
    let shown = |message: &Message| {
        format!(
            "<p class=who><b>{}</b><br>{}</p>",
            escaped(&message.phone),
            escaped(&format!("【健康静安】{}：{}", message.template, message.values.join("，")))
        )
    };
    let list: String = kept.messages.iter().rev().take(30).map(shown).collect();
    page("收到的短信（模拟）", if list.is_empty() { "<p>还没有短信。</p>" } else { &list })
}
