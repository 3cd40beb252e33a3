//! The outside systems that people and scenarios talk to.
//!
//! Each is a port (trait), a client that speaks its protocol over HTTP, and a simulator that speaks the other side on
//! loopback with the same checks, and with faults on request. Nothing here decides anything about care.

pub mod archive;
mod call;
mod caller;
pub mod catalogue;
pub mod emr;
pub mod his;
pub mod shenkang;
pub mod signature;
pub mod simulate;
pub mod sms;
pub mod suishenban;
pub mod sunshine;
pub mod support;
pub mod wechat;

use std::{collections::BTreeMap, pin::Pin, sync::Arc, time::Duration};

use platform::{
    App, Config,
    config::{ALL_OTHERS, Hospital},
};
use serde::{Deserialize, Serialize};

pub use call::GatewayError;

/// What a hospital's system said to something that was sent to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Verdict {
    Accepted {
        receipt: String,
    },
    /// It has it already, under this receipt.
    Duplicate {
        receipt: String,
    },
    /// It will not take it as it is; the reason is one of the contract's codes.
    Refused {
        reason: String,
    },
    /// Later.
    Busy,
}

/// Who somebody is for another system. Never in an address: only in signed bodies.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    /// The district's number of this person (主索引): the id of the resident here.
    pub index: Option<String>,
    pub id_number: Option<String>,
    pub name: String,
    pub phone: Option<String>,
}

/// Nothing personal gets into a log by accident.
impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Person(…)")
    }
}

/// What a port gives: the answer of the other side, later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, GatewayError>> + Send + 'a>>;

/// The ports of this installation; one that is not configured is not there. Cheap to clone.
#[derive(Clone, Default)]
pub struct Gateways {
    pub wechat: Option<Arc<dyn wechat::WeChat>>,
    pub suishenban: Option<Arc<dyn suishenban::Suishenban>>,
    pub sms: Option<Arc<dyn sms::Sms>>,
    pub his: Option<Arc<dyn his::His>>,
    pub emr: Option<Arc<dyn emr::Emr>>,
    pub archive: Option<Arc<dyn archive::Archive>>,
    pub shenkang: Option<Arc<dyn shenkang::Shenkang>>,
    pub support: Option<Arc<dyn support::Support>>,
    pub sunshine: Option<Arc<dyn sunshine::Sunshine>>,
    pub catalogue: Option<Arc<dyn catalogue::Catalogue>>,
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
            his: has(&config.hospitals, |hospital| &hospital.his_address)
                .then(|| Arc::new(his::Client::of(app)) as Arc<dyn his::His>),
            emr: has(&config.hospitals, |hospital| &hospital.emr_address)
                .then(|| Arc::new(emr::Client::of(app)) as Arc<dyn emr::Emr>),
            archive: (!config.archive_address.is_empty())
                .then(|| Arc::new(archive::Client::of(app)) as Arc<dyn archive::Archive>),
            shenkang: (!config.shenkang_address.is_empty())
                .then(|| Arc::new(shenkang::Client::of(app)) as Arc<dyn shenkang::Shenkang>),
            support: support.then(|| Arc::new(support::Client::of(app)) as Arc<dyn support::Support>),
            sunshine: (!config.sunshine_address.is_empty())
                .then(|| Arc::new(sunshine::Client::of(app)) as Arc<dyn sunshine::Sunshine>),
            catalogue: has(&config.hospitals, |hospital| &hospital.his_address)
                .then(|| Arc::new(catalogue::Client::of(app)) as Arc<dyn catalogue::Catalogue>),
        }
    }
}

fn has(hospitals: &BTreeMap<String, Hospital>, address: impl Fn(&Hospital) -> &String) -> bool {
    hospitals.values().any(|hospital| !address(hospital).is_empty())
}

/// The caller of a hospital's own system, or of the one that stands for all others; one without an address is none.
fn caller_of<'a>(
    callers: &'a BTreeMap<String, caller::Caller>,
    institution: &str,
) -> Option<&'a caller::Caller> {
    callers.get(institution).or_else(|| callers.get(ALL_OTHERS))
}

fn callers(
    app: &App,
    system: &'static str,
    address: impl Fn(&Hospital) -> &String,
) -> BTreeMap<String, caller::Caller> {
    let named = app.config.hospitals.iter().filter(|(_, hospital)| !address(hospital).is_empty());
    let caller = |(code, hospital): (&String, &Hospital)| {
        let place = [address(hospital), &hospital.account, &hospital.secret].map(String::as_str);
        (code.clone(), caller::Caller::new(app, system, place))
    };
    named.map(caller).collect()
}

fn patience(config: &Config) -> Duration {
    Duration::from_secs(config.gateway_seconds.max(1))
}
