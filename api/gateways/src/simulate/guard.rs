use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::{HeaderMap, Method, Uri};
use platform::{Clock, http::Json};
use serde::Serialize;
use serde_json::{Value, json};

use crate::signature;

/// Checks account, signature, time and nonce of a call, as the other side would.
pub(crate) struct Guard {
    clock: Arc<dyn Clock>,
    account: &'static str,
    secret: String,
    nonces: Mutex<BTreeSet<String>>,
}

impl Guard {
    pub(crate) fn new(clock: Arc<dyn Clock>, account: &'static str, secret: String) -> Self {
        Self { clock, account, secret, nonces: Mutex::default() }
    }

    pub(crate) fn account(&self) -> &'static str {
        self.account
    }

    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    pub(crate) fn admits(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let timestamp = text(signature::TIMESTAMP).parse().unwrap_or(0);
        let nonce = text(signature::NONCE);
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let expected = signature::of_request(&self.secret, method.as_str(), target, timestamp, nonce, body);
        text(signature::ACCOUNT) == self.account
            && signature::same(&expected, text(signature::SIGNATURE))
            && signature::is_fresh(timestamp, self.clock.now())
            && self.nonces.lock().unwrap_or_else(PoisonError::into_inner).insert(nonce.into())
    }
}

/// An answer that gives something.
pub(crate) fn yes(data: &impl Serialize) -> Json<Value> {
    Json(json!({"code": 0, "message": "", "data": data}))
}

/// An answer that refuses.
pub(crate) fn no(code: i64, message: &str) -> Json<Value> {
    Json(json!({"code": code, "message": message}))
}
