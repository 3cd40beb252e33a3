//! The outside systems that people and scenarios talk to.
//!
//! Each is a port (trait), a client that speaks its protocol over HTTP, and a simulator that speaks the other side on
//! loopback with the same checks, and with faults on request. Nothing here decides anything about care.

mod call;
pub mod signature;
pub mod simulate;
pub mod sms;
pub mod suishenban;
pub mod support;
pub mod wechat;

use std::{pin::Pin, sync::Arc, time::Duration};

use platform::{App, Config};

pub use call::GatewayError;

/// What a port gives: the answer of the other side, later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, GatewayError>> + Send + 'a>>;

/// The ports of this installation; one that is not configured is not there. Cheap to clone.
#[derive(Clone, Default)]
pub struct Gateways {
    pub wechat: Option<Arc<dyn wechat::WeChat>>,
    pub suishenban: Option<Arc<dyn suishenban::Suishenban>>,
    pub sms: Option<Arc<dyn sms::Sms>>,
    pub support: Option<Arc<dyn support::Support>>,
}

impl Gateways {
    /// Clients for every system the configuration names.
    pub fn of(app: &App) -> Self {
        let config = &app.config;
        let wechat = !config.wechat_app_id.is_empty();
        let suishenban = !config.suishenban_address.is_empty();
        let sms = !config.sms_address.is_empty();
        let support = !config.support_issuer.is_empty();
        Self {
            wechat: wechat.then(|| Arc::new(wechat::Client::of(app)) as Arc<dyn wechat::WeChat>),
            suishenban: suishenban
                .then(|| Arc::new(suishenban::Client::of(app)) as Arc<dyn suishenban::Suishenban>),
            sms: sms.then(|| Arc::new(sms::Client::of(app)) as Arc<dyn sms::Sms>),
            support: support.then(|| Arc::new(support::Client::of(app)) as Arc<dyn support::Support>),
        }
    }
}

fn patience(config: &Config) -> Duration {
    Duration::from_secs(config.gateway_seconds.max(1))
}
