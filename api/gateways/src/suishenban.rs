//! Suishenban (随申办, formerly 市民云): name, ID number and phone of a citizen who consents.
//!
//! Of the protocol only the flow is public: `api/oauth/authorize` in the browser gives a code, `api/oauth/token` a
//! token and the user for it, `api/v2/user/identity/{user}` the three elements. What the three are called in the answer
//! is a setting, and our calls are signed as [`crate::signature`] says, until the contract names another way.

mod simulator;

use std::{sync::Arc, time::Duration};

use platform::{App, Clock, Ids};
use serde::Deserialize;
use serde_json::Value;

use crate::{Answer, GatewayError, call, patience, signature, simulate::word};

pub use simulator::Simulator;

const SYSTEM: &str = "Suishenban";

/// The three elements (三要素) as the other side has them; to be checked by whoever uses them.
#[derive(Clone, PartialEq, Eq)]
pub struct Citizen {
    /// The same for every visit of this person.
    pub user: String,
    pub name: String,
    pub id_number: String,
    pub phone: String,
}

/// The port.
pub trait Suishenban: Send + Sync {
    /// Where the browser goes to ask for consent; it comes back to `redirect` with `code` and `state`.
    fn authorize_address(&self, redirect: &str, state: &str) -> String;
    /// Who the code stands for. A code works once, so a lost answer is not asked for again.
    fn identify<'a>(&'a self, code: &'a str, redirect: &'a str) -> Answer<'a, Citizen>;
}

/// Speaks to the configured address.
pub struct Client {
    address: String,
    account: String,
    secret: String,
    fields: [String; 3],
    patience: Duration,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<String>,
    user: Option<String>,
    #[serde(default)]
    error: String,
}

impl Client {
    pub fn of(app: &App) -> Self {
        let config = &app.config;
        Self {
            address: config.suishenban_address.trim_end_matches('/').to_owned(),
            account: config.suishenban_client_id.clone(),
            secret: config.suishenban_secret.clone(),
            fields: config.suishenban_fields.clone(),
            patience: patience(config),
            clock: app.clock.clone(),
            ids: app.ids.clone(),
        }
    }

    fn signed(
        &self,
        method: reqwest::Method,
        target: &str,
        body: String,
    ) -> Result<reqwest::RequestBuilder, GatewayError> {
        let (timestamp, nonce) = (self.clock.now().timestamp(), word(&*self.ids));
        let signature =
            signature::of_request(&self.secret, method.as_str(), target, timestamp, &nonce, body.as_bytes());
        Ok(call::client()?
            .request(method, format!("{}{target}", self.address))
            .header(signature::ACCOUNT, &self.account)
            .header(signature::TIMESTAMP, timestamp)
            .header(signature::NONCE, nonce)
            .header(signature::SIGNATURE, signature)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body))
    }

    async fn citizen(&self, user: &str, token: &str) -> Result<Citizen, GatewayError> {
        let query = serde_html_form::to_string([("access_token", token)]).unwrap_or_default();
        let target = format!("/api/v2/user/identity/{}?{query}", path_part(user));
        let request = || self.signed(reqwest::Method::GET, &target, String::new());
        let answer: Value = call::send_patiently(SYSTEM, request, self.patience).await?;
        if let Some(error) = answer.get("error").and_then(Value::as_str) {
            return Err(refused(error));
        }
        let field = |name: &str| match answer.get(name).and_then(Value::as_str) {
            Some(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
            _ => Err(GatewayError::Unreadable { system: SYSTEM, fault: format!("no field {name}") }),
        };
        let [name, id_number, phone] = &self.fields;
        Ok(Citizen {
            user: user.into(),
            name: field(name)?,
            id_number: field(id_number)?,
            phone: field(phone)?,
        })
    }
}

impl Suishenban for Client {
    fn authorize_address(&self, redirect: &str, state: &str) -> String {
        let query = [
            ("client_id", self.account.as_str()),
            ("response_type", "code"),
            ("redirect_uri", redirect),
            ("scope", "read"),
            ("state", state),
        ];
        format!(
            "{}/api/oauth/authorize?{}",
            self.address,
            serde_html_form::to_string(query).unwrap_or_default()
        )
    }

    fn identify<'a>(&'a self, code: &'a str, redirect: &'a str) -> Answer<'a, Citizen> {
        Box::pin(async move {
            let body = serde_html_form::to_string([
                ("grant_type", "authorization_code"),
                ("client_id", self.account.as_str()),
                ("code", code),
                ("redirect_uri", redirect),
            ])
            .unwrap_or_default();
            let request = self.signed(reqwest::Method::POST, "/api/oauth/token", body)?;
            let answer: TokenAnswer = call::send(SYSTEM, request, self.patience).await?;
            match (answer.access_token, answer.user) {
                (Some(token), Some(user)) => self.citizen(&user, &token).await,
                _ => Err(refused(&answer.error)),
            }
        })
    }
}

/// Only letters, digits and hyphens go into a path as they are.
fn path_part(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}

fn refused(message: &str) -> GatewayError {
    GatewayError::Refused { system: SYSTEM, code: 400, message: message.into() }
}

/// Nothing personal gets into a log by accident.
impl std::fmt::Debug for Citizen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Citizen(…)")
    }
}

#[cfg(test)]
mod tests;
