use std::{sync::Arc, time::Duration};

use platform::{App, Clock, Ids};
use reqwest::{Method, RequestBuilder};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{GatewayError, call, patience, signature, simulate::word};

/// Signed JSON calls to one address, as the contracts of this house have them in common: each request is signed as
/// [`crate::signature`] says, each answer is `{"code": 0, "message": "", "data": …}`, and another code is a refusal.
#[derive(Clone)]
pub(crate) struct Caller {
    system: &'static str,
    address: String,
    account: String,
    secret: String,
    patience: Duration,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

#[derive(Deserialize)]
struct Said<T> {
    code: i64,
    #[serde(default)]
    message: String,
    data: Option<T>,
}

impl Caller {
    pub(crate) fn new(app: &App, system: &'static str, place: [&str; 3]) -> Self {
        let [address, account, secret] = place;
        Self {
            system,
            address: address.trim_end_matches('/').to_owned(),
            account: account.to_owned(),
            secret: secret.to_owned(),
            patience: patience(&app.config),
            clock: app.clock.clone(),
            ids: app.ids.clone(),
        }
    }

    /// Gives up after so long.
    pub(crate) fn within(mut self, patience: Duration) -> Self {
        self.patience = self.patience.min(patience);
        self
    }

    /// Asks once; what is to be told in the body and, beside it, in headers.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        target: &str,
        body: &impl Serialize,
        headers: &[(&'static str, &str)],
    ) -> Result<T, GatewayError> {
        let body = serde_json::to_string(body).map_err(|error| self.unreadable(&error.to_string()))?;
        let request = self.signed(&Method::POST, target, &body)?;
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.read(call::send(self.system, request, self.patience).await?)
    }

    /// Reads, up to three times while the other side does not answer.
    pub(crate) async fn read_from<T: DeserializeOwned>(&self, target: &str) -> Result<T, GatewayError> {
        let request = || self.signed(&Method::GET, target, "");
        self.read(call::send_patiently(self.system, request, self.patience).await?)
    }

    fn signed(&self, method: &Method, target: &str, body: &str) -> Result<RequestBuilder, GatewayError> {
        let (timestamp, nonce) = (self.clock.now().timestamp(), word(&*self.ids));
        let signed =
            signature::of_request(&self.secret, method.as_str(), target, timestamp, &nonce, body.as_bytes());
        Ok(call::client()?
            .request(method.clone(), format!("{}{target}", self.address))
            .header(signature::ACCOUNT, &self.account)
            .header(signature::TIMESTAMP, timestamp)
            .header(signature::NONCE, nonce)
            .header(signature::SIGNATURE, signed)
            .header("content-type", "application/json")
            .body(body.to_owned()))
    }

    fn read<T>(&self, said: Said<T>) -> Result<T, GatewayError> {
        match (said.code, said.data) {
            (0, Some(data)) => Ok(data),
            (0, None) => Err(self.unreadable("no data")),
            (code, _) => Err(GatewayError::Refused { system: self.system, code, message: said.message }),
        }
    }

    fn unreadable(&self, fault: &str) -> GatewayError {
        GatewayError::Unreadable { system: self.system, fault: fault.to_owned() }
    }
}

/// The query of an address.
pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    serde_html_form::to_string(pairs).unwrap_or_default()
}
