//! HIS of a hospital: who is registered for a visit, and what the patient said before it.
//!
//! No hospital's own protocol is public, so this is the contract each one's adapter speaks; every call names the
//! institution, so that one address may stand for several.
//!
//! | call | body | answer |
//! |---|---|---|
//! | `GET /v1/registrations?institution&limit[&after]` | | [`Page`]: what changed since the cursor, in order of change |
//! | `POST /v1/registrations/query` | `{institution, by: {"number" or "id_number" or "person": …}}` | registrations |
//! | `POST /v1/results` | [`Outcome`] | [`Verdict`] |
//! | `POST /v1/prescriptions/events` | [`Notice`] | [`Verdict`] |
//!
//! A result is taken once by its `id`; of one person `sequence` grows, and one that does not is refused as
//! `out_of_order`. Reasons of a refusal: `unknown_person`, `unknown_visit`, `closed_visit`, `invalid_record`,
//! `out_of_order`. So are notices of a herbal prescription: by its institution and number; and `unknown_prescription`.

mod simulator;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use platform::App;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Answer, GatewayError, Person, Verdict,
    caller::{Caller, query},
    caller_of, callers,
};

pub use simulator::{Received, Simulator, Told};

const SYSTEM: &str = "the HIS";
/// Most registrations of one page.
const PAGE: &str = "100";

/// A registration (挂号) as the hospital has it now.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    pub institution: String,
    /// 挂号流水号: unique within the institution.
    pub number: String,
    /// Code of the department.
    pub department: String,
    /// The hospital's number of the doctor, where one was chosen.
    pub doctor: Option<String>,
    pub person: Person,
    pub kind: VisitKind,
    /// In the patient's words, where they were asked.
    pub complaint: Option<String>,
    pub scheduled_at: DateTime<Utc>,
    /// As `window`, `online`, `booking`.
    pub source: String,
    pub state: RegistrationState,
}

/// 初诊 or 复诊.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitKind {
    First,
    Return,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationState {
    Registered,
    Cancelled,
    /// The patient was seen.
    Attended,
}

/// What changed since a cursor, in order of change. A registration that changed twice stands in it once, as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub items: Vec<Registration>,
    /// Where the next page begins, also when nothing is left now.
    pub next: String,
    pub has_more: bool,
}

/// By what a registration is looked for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lookup {
    Number(String),
    IdNumber(String),
    /// The district's number of the person.
    Person(String),
}

/// The result of a pre-consultation.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The same over all tries.
    pub id: String,
    pub institution: String,
    pub department: String,
    /// Grows with every result of this person for this institution.
    pub sequence: i64,
    pub visit_number: Option<String>,
    pub person: Person,
    pub submitted_at: DateTime<Utc>,
    /// 主诉 and histories by section, after the patient's changes.
    pub record: Value,
    /// The raw questions and answers.
    pub answers: Value,
}

/// What became of a herbal prescription: the verdict, or a step of the company.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The same over all tries.
    pub id: String,
    pub institution: String,
    /// The hospital's number of the prescription.
    pub number: String,
    pub version: i64,
    /// Grows with every notice of this prescription.
    pub sequence: i64,
    /// As `passed`, `rejected`, `timed_out`, `dispensed`.
    pub event: String,
    /// The state it led to.
    pub state: String,
    pub at: DateTime<Utc>,
    pub by: String,
    /// Reasons, findings, place, receipt.
    pub detail: Value,
}

/// The port.
pub trait His: Send + Sync {
    /// What changed since the cursor; from the beginning without one.
    fn list_registrations<'a>(&'a self, institution: &'a str, after: Option<&'a str>) -> Answer<'a, Page>;
    /// Registrations of a person or of one number.
    fn find_registrations<'a>(
        &'a self,
        institution: &'a str,
        by: &'a Lookup,
    ) -> Answer<'a, Vec<Registration>>;
    /// Hands a result over, one try; safe to repeat, as the id is kept.
    fn push<'a>(&'a self, outcome: &'a Outcome) -> Answer<'a, Verdict>;
    /// Tells what became of a prescription, one try; safe to repeat, as the id is kept.
    fn tell<'a>(&'a self, notice: &'a Notice) -> Answer<'a, Verdict>;
}

/// Speaks to the configured addresses.
pub struct Client(BTreeMap<String, Caller>);

#[derive(Serialize, Deserialize)]
struct Query {
    institution: String,
    by: Lookup,
}

impl Client {
    pub fn of(app: &App) -> Self {
        Self(callers(app, SYSTEM, |hospital| &hospital.his_address))
    }

    fn caller(&self, institution: &str) -> Result<&Caller, GatewayError> {
        caller_of(&self.0, institution).ok_or(GatewayError::NotConfigured { system: SYSTEM })
    }
}

impl His for Client {
    fn list_registrations<'a>(&'a self, institution: &'a str, after: Option<&'a str>) -> Answer<'a, Page> {
        Box::pin(async move {
            let mut asked = vec![("institution", institution), ("limit", PAGE)];
            asked.extend(after.map(|cursor| ("after", cursor)));
            self.caller(institution)?.read_from(&format!("/v1/registrations?{}", query(&asked))).await
        })
    }

    fn find_registrations<'a>(
        &'a self,
        institution: &'a str,
        by: &'a Lookup,
    ) -> Answer<'a, Vec<Registration>> {
        Box::pin(async move {
            let asked = Query { institution: institution.into(), by: by.clone() };
            self.caller(institution)?.ask("/v1/registrations/query", &asked, &[]).await
        })
    }

    fn push<'a>(&'a self, outcome: &'a Outcome) -> Answer<'a, Verdict> {
        Box::pin(async move { self.caller(&outcome.institution)?.ask("/v1/results", outcome, &[]).await })
    }

    fn tell<'a>(&'a self, notice: &'a Notice) -> Answer<'a, Verdict> {
        Box::pin(async move {
            self.caller(&notice.institution)?.ask("/v1/prescriptions/events", notice, &[]).await
        })
    }
}

/// Nothing personal gets into a log by accident.
impl std::fmt::Debug for Registration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Registration({} {} {:?})", self.institution, self.number, self.state)
    }
}

#[cfg(test)]
mod tests;
