//! The district's health archive (健康档案): what is known of a person's diseases, allergies, operations and medicines.
//!
//! `POST /v1/history` with [`Ask`] is answered by [`History`], or by nothing when there is no archive of this person.
//! Nobody is asked about without the person's consent: its number stands in the signed body and in `x-consent`, the
//! purpose in `x-purpose`, and the other side refuses (403) what does not agree.

mod simulator;

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use platform::App;
use serde::{Deserialize, Serialize};

use crate::{Answer, Person, caller::Caller};

pub use simulator::Simulator;

const SYSTEM: &str = "the health archive";
/// A patient waits for the answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why somebody's archive is looked into.
pub const CONSENT: &str = "x-consent";
pub const PURPOSE: &str = "x-purpose";

/// Whose history is asked for, why, and by which consent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    pub person: Person,
    /// As `preconsult`.
    pub purpose: String,
    /// Number of the consent here.
    pub consent: String,
    pub consented_at: DateTime<Utc>,
}

/// What an archive holds.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Oldest first. What stands in none of them is not known: it is not denied.
    pub items: Vec<Item>,
}

/// One entry of an archive.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Number of the entry there.
    pub id: String,
    pub kind: ItemKind,
    /// As `高血压`.
    pub text: String,
    /// False where the archive says that there is no such thing, as `否认药物过敏`.
    pub is_present: bool,
    /// As `2015年`, `2019-05`.
    pub since: Option<String>,
    /// Where it was recorded.
    pub source: String,
    pub recorded_on: NaiveDate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    Disease,
    Operation,
    Medication,
    Allergy,
}

/// The port.
pub trait Archive: Send + Sync {
    /// None when there is no archive of this person. One try of at most two seconds.
    fn find_history<'a>(&'a self, ask: &'a Ask) -> Answer<'a, Option<History>>;
}

/// Speaks to the configured address.
pub struct Client(Caller);

#[derive(Serialize, Deserialize)]
struct Found {
    history: Option<History>,
}

impl Client {
    pub fn of(app: &App) -> Self {
        let config = &app.config;
        let place = [&config.archive_address, &config.archive_account, &config.archive_secret];
        Self(Caller::new(app, SYSTEM, place.map(String::as_str)).within(PATIENCE))
    }
}

impl Archive for Client {
    fn find_history<'a>(&'a self, ask: &'a Ask) -> Answer<'a, Option<History>> {
        Box::pin(async move {
            let headers = [(CONSENT, ask.consent.as_str()), (PURPOSE, ask.purpose.as_str())];
            let found: Found = self.0.ask("/v1/history", ask, &headers).await?;
            Ok(found.history)
        })
    }
}

/// Nothing personal gets into a log by accident.
impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "History({} items)", self.items.len())
    }
}

#[cfg(test)]
mod tests;
