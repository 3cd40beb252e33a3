//! The WeChat official account (公众号): who somebody is by web OAuth, and whether they follow the account.
//!
//! Public protocol: `connect/oauth2/authorize` in the browser gives a code (5 minutes, once);
//! `sns/oauth2/access_token` gives the openid for it; `sns/userinfo` the nickname; `cgi-bin/user/info` with the base
//! token whether they follow. WeChat gives neither name nor ID number: those come from our own verification.

mod simulator;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use platform::{App, Clock};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::{Answer, GatewayError, call, patience};

pub use simulator::Simulator;

const SYSTEM: &str = "WeChat";
/// Codes after which a new base token helps.
const STALE: [i64; 3] = [40001, 40014, 42001];
const BUSY: i64 = -1;

/// Who came from WeChat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The same for every visit of this person to this account.
    pub openid: String,
    pub nickname: String,
}

/// The port.
pub trait WeChat: Send + Sync {
    /// Where the browser goes to ask for consent; it comes back to `redirect` with `code` and `state`.
    fn authorize_address(&self, redirect: &str, state: &str) -> String;
    /// Who the code stands for. A code works once, so a lost answer is not asked for again.
    fn identify<'a>(&'a self, code: &'a str) -> Answer<'a, Person>;
    /// Whether somebody follows the account now.
    fn is_follower<'a>(&'a self, openid: &'a str) -> Answer<'a, bool>;
}

/// Speaks to the configured addresses.
pub struct Client {
    open: String,
    api: String,
    app_id: String,
    secret: String,
    patience: Duration,
    clock: Arc<dyn Clock>,
    base: Mutex<Option<BaseToken>>,
}

struct BaseToken {
    token: String,
    until: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Said<T> {
    #[serde(default)]
    errcode: i64,
    #[serde(default)]
    errmsg: String,
    #[serde(flatten)]
    body: Option<T>,
}

#[derive(Deserialize)]
struct CodeAnswer {
    access_token: String,
    openid: String,
}

#[derive(Deserialize)]
struct UserInfo {
    #[serde(default)]
    nickname: String,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: i64,
}

#[derive(Deserialize)]
struct Follower {
    subscribe: i64,
}

impl<T> Said<T> {
    fn read(self) -> Result<T, GatewayError> {
        match self {
            Self { errcode: 0, body: Some(body), .. } => Ok(body),
            Self { errcode: 0, .. } => {
                Err(GatewayError::Unreadable { system: SYSTEM, fault: "an expected field is missing".into() })
            }
            Self { errcode: code, errmsg: message, .. } => {
                Err(GatewayError::Refused { system: SYSTEM, code, message })
            }
        }
    }
}

impl Client {
    pub fn of(app: &App) -> Self {
        let config = &app.config;
        let or = |address: &str, public: &str| {
            if address.is_empty() { public.to_owned() } else { address.trim_end_matches('/').to_owned() }
        };
        Self {
            open: or(&config.wechat_open_address, "https://open.weixin.qq.com"),
            api: or(&config.wechat_api_address, "https://api.weixin.qq.com"),
            app_id: config.wechat_app_id.clone(),
            secret: config.wechat_secret.clone(),
            patience: patience(config),
            clock: app.clock.clone(),
            base: Mutex::new(None),
        }
    }

    async fn get<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, GatewayError> {
        let request = call::client()?.get(format!("{}/{path}", self.api)).query(query);
        call::send::<Said<T>>(SYSTEM, request, self.patience).await?.read()
    }

    /// For what only reads.
    async fn read<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, GatewayError> {
        let client = call::client()?;
        let address = format!("{}/{path}", self.api);
        let request = || Ok(client.get(&address).query(query));
        call::send_patiently::<Said<T>>(SYSTEM, request, self.patience).await?.read()
    }

    /// Kept in one place, because each new one may end the one before; renewed five minutes early.
    async fn base_token(&self, renew: bool) -> Result<String, GatewayError> {
        let mut kept = self.base.lock().await;
        let now = self.clock.now();
        if let Some(base) = kept.as_ref().filter(|base| !renew && now < base.until) {
            return Ok(base.token.clone());
        }
        let asked = serde_json::json!({
            "grant_type": "client_credential", "appid": self.app_id, "secret": self.secret, "force_refresh": renew,
        });
        let client = call::client()?;
        let address = format!("{}/cgi-bin/stable_token", self.api);
        let request = || Ok(client.post(&address).json(&asked));
        let said: Said<TokenAnswer> = call::send_patiently(SYSTEM, request, self.patience).await?;
        let answer = said.read()?;
        let until = now + TimeDelta::seconds((answer.expires_in - 300).max(0));
        *kept = Some(BaseToken { token: answer.access_token.clone(), until });
        Ok(answer.access_token)
    }

    async fn follower(&self, openid: &str, renew: bool) -> Result<bool, GatewayError> {
        let token = self.base_token(renew).await?;
        let query = [("access_token", token.as_str()), ("openid", openid), ("lang", "zh_CN")];
        let answer: Follower = self.read("cgi-bin/user/info", &query).await?;
        Ok(answer.subscribe == 1)
    }
}

impl WeChat for Client {
    fn authorize_address(&self, redirect: &str, state: &str) -> String {
        let query = [
            ("appid", self.app_id.as_str()),
            ("redirect_uri", redirect),
            ("response_type", "code"),
            ("scope", "snsapi_userinfo"),
            ("state", state),
        ];
        let query = serde_html_form::to_string(query).unwrap_or_default();
        format!("{}/connect/oauth2/authorize?{query}#wechat_redirect", self.open)
    }

    fn identify<'a>(&'a self, code: &'a str) -> Answer<'a, Person> {
        Box::pin(async move {
            let query = [
                ("appid", self.app_id.as_str()),
                ("secret", self.secret.as_str()),
                ("code", code),
                ("grant_type", "authorization_code"),
            ];
            let CodeAnswer { access_token, openid } = self.get("sns/oauth2/access_token", &query).await?;
            let query = [("access_token", access_token.as_str()), ("openid", &openid), ("lang", "zh_CN")];
            let info: UserInfo = self.read("sns/userinfo", &query).await?;
            Ok(Person { openid, nickname: info.nickname })
        })
    }

    fn is_follower<'a>(&'a self, openid: &'a str) -> Answer<'a, bool> {
        Box::pin(async move {
            match self.follower(openid, false).await {
                Err(GatewayError::Refused { code, .. }) if STALE.contains(&code) => {
                    self.follower(openid, true).await
                }
                Err(GatewayError::Refused { code: BUSY, .. }) => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    self.follower(openid, false).await
                }
                answer => answer,
            }
        })
    }
}

#[cfg(test)]
mod tests;
