//! The district's support platform (支撑平台): one sign-in for the staff over OpenID Connect, and its directory of users.
//!
//! Sign-in is the authorization code flow with PKCE (RFC 7636); addresses come from the issuer's discovery document, and
//! an ID token counts only when it is signed by a key of the issuer's JWKS, for us, for this browser (nonce), and is not
//! over. The directory is read page by page with what changed since the last time; its protocol is ours until the
//! contract names another: `GET {directory}/users?changed_since&cursor` with a token of the client credentials grant.

mod simulator;
mod token;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use platform::{App, Clock};
use ring::digest;
use serde::{Deserialize, Serialize};

use crate::{Answer, GatewayError, call, patience};

pub use simulator::{Forgery, Simulator};

pub(crate) const SYSTEM: &str = "the support platform";

/// A user of the directory.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The same for ever, also when everything else changes.
    pub sub: String,
    pub user_name: String,
    pub name: String,
    #[serde(default)]
    pub title: String,
    /// Codes of ours.
    #[serde(default)]
    pub institution: String,
    #[serde(default)]
    pub department: String,
    /// As the platform calls them.
    #[serde(default)]
    pub roles: Vec<String>,
    pub active: bool,
}

/// Some of what changed.
#[derive(Debug, Clone, Deserialize)]
pub struct Page {
    pub users: Vec<User>,
    /// More of it.
    pub next_cursor: Option<String>,
    /// From where to ask the next time, on the last page.
    #[serde(default)]
    pub watermark: String,
}

/// What binds a sign-in to one browser.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    pub nonce: &'a str,
    /// Of PKCE: 43 characters or more.
    pub verifier: &'a str,
}

/// The port.
pub trait Support: Send + Sync {
    /// Where the browser goes; it comes back to `redirect` with `code` and `state`.
    fn authorize_address<'a>(
        &'a self,
        redirect: &'a str,
        state: &'a str,
        binding: Binding<'a>,
    ) -> Answer<'a, String>;
    /// Whose code it is: the subject of a checked ID token. A code works once.
    fn identify<'a>(&'a self, code: &'a str, redirect: &'a str, binding: Binding<'a>) -> Answer<'a, String>;
    /// A page of what changed since a watermark; everybody when it is empty.
    fn list_changed<'a>(&'a self, since: &'a str, cursor: &'a str) -> Answer<'a, Page>;
}

/// Speaks to the configured issuer.
pub struct Client {
    issuer: String,
    directory: String,
    id: String,
    secret: String,
    patience: Duration,
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
}

/// What the issuer said about itself; asked for again when a key is not among them.
#[derive(Clone, Default)]
struct Known {
    discovery: Option<Discovery>,
    keys: Vec<token::Key>,
}

#[derive(Clone, Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: Option<String>,
    access_token: Option<String>,
    #[serde(default)]
    error: String,
}

impl Client {
    pub fn of(app: &App) -> Self {
        let config = &app.config;
        let issuer = config.support_issuer.trim_end_matches('/').to_owned();
        let directory = match config.support_directory.trim_end_matches('/') {
            "" => format!("{issuer}/directory"),
            other => other.to_owned(),
        };
        Self {
            issuer,
            directory,
            id: config.support_client_id.clone(),
            secret: config.support_secret.clone(),
            patience: patience(config),
            clock: app.clock.clone(),
            known: Mutex::default(),
        }
    }

    fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn discovery(&self) -> Result<Discovery, GatewayError> {
        if let Some(discovery) = self.known().discovery {
            return Ok(discovery);
        }
        let address = format!("{}/.well-known/openid-configuration", self.issuer);
        let request = || Ok(call::client()?.get(&address));
        let found: Discovery = call::send_patiently(SYSTEM, request, self.patience).await?;
        if found.issuer.trim_end_matches('/') != self.issuer {
            return Err(unreadable("it calls itself by another name"));
        }
        self.known.lock().unwrap_or_else(PoisonError::into_inner).discovery = Some(found.clone());
        Ok(found)
    }

    /// The key of this name; asks for the keys again when it is new.
    async fn key(&self, name: &str) -> Result<token::Key, GatewayError> {
        let of = |keys: &[token::Key]| keys.iter().find(|key| key.kid == name).cloned();
        if let Some(key) = of(&self.known().keys) {
            return Ok(key);
        }
        let address = self.discovery().await?.jwks_uri;
        let request = || Ok(call::client()?.get(&address));
        let found: token::Keys = call::send_patiently(SYSTEM, request, self.patience).await?;
        let key = of(&found.keys).ok_or_else(|| refused("the token names an unknown key"));
        self.known.lock().unwrap_or_else(PoisonError::into_inner).keys = found.keys;
        key
    }

    async fn exchange(&self, form: &[(&str, &str)]) -> Result<TokenAnswer, GatewayError> {
        let address = self.discovery().await?.token_endpoint;
        let request = call::client()?.post(address).basic_auth(&self.id, Some(&self.secret)).form(form);
        call::send(SYSTEM, request, self.patience).await
    }

    async fn subject(
        &self,
        code: &str,
        redirect: &str,
        binding: Binding<'_>,
    ) -> Result<String, GatewayError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect),
            ("code_verifier", binding.verifier),
        ];
        let answer = self.exchange(&form).await?;
        let text = answer.id_token.ok_or_else(|| refused(&answer.error))?;
        let parts = token::Parts::of(&text).ok_or_else(|| refused("the token is none"))?;
        let key = self.key(&parts.kid).await?;
        let claims = parts.claims(&key).ok_or_else(|| refused("the signature of the token is wrong"))?;
        let expected = token::Expected {
            issuer: &self.issuer,
            audience: &self.id,
            nonce: binding.nonce,
            now: self.clock.now().timestamp(),
        };
        claims.subject(&expected).map_err(refused)
    }

    async fn page(&self, since: &str, cursor: &str) -> Result<Page, GatewayError> {
        let form = [("grant_type", "client_credentials"), ("scope", "directory.read")];
        let answer = self.exchange(&form).await?;
        let token = answer.access_token.ok_or_else(|| refused(&answer.error))?;
        let address = format!("{}/users", self.directory);
        let request = || {
            let request = call::client()?.get(&address).bearer_auth(&token);
            Ok(request.query(&[("changed_since", since), ("cursor", cursor)]))
        };
        call::send_patiently(SYSTEM, request, self.patience).await
    }
}

impl Support for Client {
    fn authorize_address<'a>(
        &'a self,
        redirect: &'a str,
        state: &'a str,
        binding: Binding<'a>,
    ) -> Answer<'a, String> {
        Box::pin(async move {
            let place = self.discovery().await?.authorization_endpoint;
            let challenge = challenge(binding.verifier);
            let query = serde_html_form::to_string([
                ("response_type", "code"),
                ("client_id", self.id.as_str()),
                ("redirect_uri", redirect),
                ("scope", "openid"),
                ("state", state),
                ("nonce", binding.nonce),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
            ]);
            Ok(format!("{place}?{}", query.unwrap_or_default()))
        })
    }

    fn identify<'a>(&'a self, code: &'a str, redirect: &'a str, binding: Binding<'a>) -> Answer<'a, String> {
        Box::pin(self.subject(code, redirect, binding))
    }

    fn list_changed<'a>(&'a self, since: &'a str, cursor: &'a str) -> Answer<'a, Page> {
        Box::pin(self.page(since, cursor))
    }
}

/// Of PKCE, S256.
fn challenge(verifier: &str) -> String {
    BASE64.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

fn refused(message: &str) -> GatewayError {
    GatewayError::Refused { system: SYSTEM, code: 400, message: message.into() }
}

fn unreadable(fault: &str) -> GatewayError {
    GatewayError::Unreadable { system: SYSTEM, fault: fault.into() }
}

/// Nothing personal gets into a log by accident.
impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("User(…)")
    }
}

#[cfg(test)]
mod tests;
