//! Short messages. Which provider a district uses is not public: this port asks for no more than all of them can do,
//! and the client sends one signed JSON call that an adapter of the provider's own protocol replaces.

mod simulator;

use std::{sync::Arc, time::Duration};

use platform::{App, Clock, Ids};
use serde::{Deserialize, Serialize};

use crate::{Answer, GatewayError, call, patience, signature, simulate::word};

pub use simulator::Simulator;

const SYSTEM: &str = "the provider of short messages";

/// A message to be sent once.
#[derive(Clone, Serialize, Deserialize)]
pub struct Message {
    /// The same id is sent once, however often it is asked for.
    pub id: String,
    pub phone: String,
    /// Name of the registered template.
    pub template: String,
    /// What goes into its blanks, in order.
    pub values: Vec<String>,
}

/// The port.
pub trait Sms: Send + Sync {
    /// Hands a message over; safe to repeat, as the id is kept.
    fn send<'a>(&'a self, message: &'a Message) -> Answer<'a, ()>;
}

/// Speaks to the configured address.
pub struct Client {
    address: String,
    account: String,
    secret: String,
    patience: Duration,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

#[derive(Deserialize)]
struct Said {
    code: i64,
    #[serde(default)]
    message: String,
}

impl Client {
    pub fn of(app: &App) -> Self {
        let config = &app.config;
        Self {
            address: config.sms_address.trim_end_matches('/').to_owned(),
            account: config.sms_account.clone(),
            secret: config.sms_secret.clone(),
            patience: patience(config),
            clock: app.clock.clone(),
            ids: app.ids.clone(),
        }
    }
}

impl Sms for Client {
    fn send<'a>(&'a self, message: &'a Message) -> Answer<'a, ()> {
        const TARGET: &str = "/v1/messages";
        Box::pin(async move {
            let body = serde_json::to_string(message)
                .map_err(|error| GatewayError::Unreadable { system: SYSTEM, fault: error.to_string() })?;
            let client = call::client()?;
            let request = || {
                let (timestamp, nonce) = (self.clock.now().timestamp(), word(&*self.ids));
                let signature =
                    signature::of_request(&self.secret, "POST", TARGET, timestamp, &nonce, body.as_bytes());
                let request = client
                    .post(format!("{}{TARGET}", self.address))
                    .header(signature::ACCOUNT, &self.account)
                    .header(signature::TIMESTAMP, timestamp)
                    .header(signature::NONCE, nonce)
                    .header(signature::SIGNATURE, signature)
                    .header("content-type", "application/json")
                    .body(body.clone());
                Ok(request)
            };
            let said: Said = call::send_patiently(SYSTEM, request, self.patience).await?;
            match said.code {
                0 => Ok(()),
                code => Err(GatewayError::Refused { system: SYSTEM, code, message: said.message }),
            }
        })
    }
}

#[cfg(test)]
mod tests;
