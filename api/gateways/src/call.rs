use std::{sync::OnceLock, time::Duration};

use reqwest::{Client, RequestBuilder};
use serde::de::DeserializeOwned;

/// Why an outside system gave no usable answer. Names the system, never an address with its secrets.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// Nothing reached it: trying again is safe.
    #[error("{system} cannot be reached")]
    Unreached { system: &'static str, source: reqwest::Error },
    /// Whether it did what was asked is not known.
    #[error("{system} gave no answer")]
    Silent { system: &'static str, source: reqwest::Error },
    #[error("{system} refused with {code}: {message}")]
    Refused { system: &'static str, code: i64, message: String },
    #[error("{system} answered what cannot be read: {fault}")]
    Unreadable { system: &'static str, fault: String },
    #[error("{system} is not configured")]
    NotConfigured { system: &'static str },
    #[error("no client for outside systems can be made")]
    Client(#[source] reqwest::Error),
}

impl GatewayError {
    /// Whether the other side said no to what was given, so that trying the same again is useless.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    /// Whether the same may well be taken later: the other side is down, too busy or not set up yet.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Refused { code, .. } => matches!(code, 408 | 429 | 500..=599),
            Self::Unreadable { .. } => false,
            Self::Unreached { .. } | Self::Silent { .. } | Self::NotConfigured { .. } | Self::Client(_) => {
                true
            }
        }
    }
}

/// One pool of connections for the whole program.
pub(crate) fn client() -> Result<&'static Client, GatewayError> {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    if let Some(client) = CLIENT.get() {
        return Ok(client);
    }
    // Only the first provider of a program counts; another that is there already is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .connect_timeout(Duration::from_secs(3))
        .pool_idle_timeout(Duration::from_secs(20))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(GatewayError::Client)?;
    Ok(CLIENT.get_or_init(|| client))
}

/// Sends a request and reads the JSON of the answer, whatever its status.
pub(crate) async fn send<T: DeserializeOwned>(
    system: &'static str,
    request: RequestBuilder,
    patience: Duration,
) -> Result<T, GatewayError> {
    let answer = request.timeout(patience).send().await.map_err(|error| fault(system, error))?;
    let status = answer.status();
    let text = answer.text().await.map_err(|error| fault(system, error))?;
    serde_json::from_str(&text).map_err(|error| {
        if status.is_success() {
            GatewayError::Unreadable { system, fault: error.to_string() }
        } else {
            GatewayError::Refused { system, code: status.as_u16().into(), message: String::new() }
        }
    })
}

/// Sends a request and gives the text of the answer; a status that is no success is a refusal.
pub(crate) async fn send_text(
    system: &'static str,
    request: RequestBuilder,
    patience: Duration,
) -> Result<String, GatewayError> {
    let answer = request.timeout(patience).send().await.map_err(|error| fault(system, error))?;
    let status = answer.status();
    let text = answer.text().await.map_err(|error| fault(system, error))?;
    if status.is_success() {
        Ok(text)
    } else {
        Err(GatewayError::Refused { system, code: status.as_u16().into(), message: String::new() })
    }
}

fn fault(system: &'static str, error: reqwest::Error) -> GatewayError {
    // The address holds codes and tokens.
    let source = error.without_url();
    if source.is_connect() {
        GatewayError::Unreached { system, source }
    } else {
        GatewayError::Silent { system, source }
    }
}

/// The same for what can be repeated without harm: asked up to three times while the other side does not answer.
pub(crate) async fn send_patiently<T: DeserializeOwned>(
    system: &'static str,
    request: impl Fn() -> Result<RequestBuilder, GatewayError>,
    patience: Duration,
) -> Result<T, GatewayError> {
    let mut pause = Duration::from_millis(100);
    for _ in 0..2 {
        match send(system, request()?, patience).await {
            Err(GatewayError::Unreached { .. } | GatewayError::Silent { .. }) => {
                tokio::time::sleep(pause).await;
                pause *= 3;
            }
            answer => return answer,
        }
    }
    send(system, request()?, patience).await
}
