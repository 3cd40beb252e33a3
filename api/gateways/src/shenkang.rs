//! Shenkang (申康医联): templates and dictionaries of the city's hospitals.
//!
//! The municipal specifications for the exchange are not public; the contract is
//!
//! | call | answer |
//! |---|---|
//! | `GET /v1/templates?[after]` | [`Changes`]: templates that changed since the cursor |
//! | `GET /v1/templates/content?code&version` | [`Content`] |
//! | `POST /v1/templates` [`Upload`] | [`Verdict`], once by `code` and `version` |
//! | `GET /v1/dictionaries` | list of [`Dictionary`] |
//!
//! Reasons of a refusal: `no_right`, `invalid_template`, `version_taken`.

mod simulator;

use chrono::{DateTime, Utc};
use platform::App;
use serde::{Deserialize, Serialize};

use crate::{
    Answer, Verdict,
    caller::{Caller, query},
};

pub use simulator::Simulator;

const SYSTEM: &str = "Shenkang";

/// A template in a list of changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub code: String,
    pub version: String,
    pub title: String,
    pub changed_at: DateTime<Utc>,
}

/// What changed since a cursor, in order of change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    pub items: Vec<Head>,
    pub next: String,
    pub has_more: bool,
}

/// A whole template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub code: String,
    pub version: String,
    pub title: String,
    /// `fhir`: a FHIR R4 Questionnaire; `form`: the text of this house.
    pub format: String,
    pub content: String,
}

/// A template of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    pub code: String,
    pub version: String,
    pub title: String,
    /// The text of this house,
    pub text: String,
    /// and the same as a FHIR R4 Questionnaire.
    pub fhir: serde_json::Value,
}

/// A dictionary: codes with what they mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dictionary {
    pub name: String,
    pub version: String,
    pub entries: Vec<(String, String)>,
}

/// The port.
pub trait Shenkang: Send + Sync {
    /// What changed since the cursor; from the beginning without one.
    fn list_changes<'a>(&'a self, after: Option<&'a str>) -> Answer<'a, Changes>;
    fn find_template<'a>(&'a self, code: &'a str, version: &'a str) -> Answer<'a, Content>;
    fn list_dictionaries(&self) -> Answer<'_, Vec<Dictionary>>;
    /// Hands a template over, one try; safe to repeat.
    fn upload<'a>(&'a self, template: &'a Upload) -> Answer<'a, Verdict>;
}

/// Speaks to the configured address.
pub struct Client(Caller);

impl Client {
    pub fn of(app: &App) -> Self {
        let config = &app.config;
        let place = [&config.shenkang_address, &config.shenkang_account, &config.shenkang_secret];
        Self(Caller::new(app, SYSTEM, place.map(String::as_str)))
    }
}

impl Shenkang for Client {
    fn list_changes<'a>(&'a self, after: Option<&'a str>) -> Answer<'a, Changes> {
        Box::pin(async move {
            let asked: Vec<_> = after.map(|cursor| ("after", cursor)).into_iter().collect();
            self.0.read_from(&format!("/v1/templates?{}", query(&asked))).await
        })
    }

    fn find_template<'a>(&'a self, code: &'a str, version: &'a str) -> Answer<'a, Content> {
        Box::pin(async move {
            let asked = query(&[("code", code), ("version", version)]);
            self.0.read_from(&format!("/v1/templates/content?{asked}")).await
        })
    }

    fn list_dictionaries(&self) -> Answer<'_, Vec<Dictionary>> {
        Box::pin(self.0.read_from("/v1/dictionaries"))
    }

    fn upload<'a>(&'a self, template: &'a Upload) -> Answer<'a, Verdict> {
        Box::pin(self.0.ask("/v1/templates", template, &[]))
    }
}

#[cfg(test)]
mod tests;
