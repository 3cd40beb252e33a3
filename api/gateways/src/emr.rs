//! EMR of a hospital: takes the history a patient told, as an outpatient record (门(急)诊病历, WS/T 500.2).
//!
//! `POST /v1/documents` with [`Document`] is answered by a [`Verdict`]; a document is taken once by its
//! `id`. Reasons of a refusal: `unknown_person`, `unknown_visit`, `invalid_document`, `archived_record`.

mod simulator;

use std::collections::BTreeMap;

use platform::App;
use serde::{Deserialize, Serialize};

use crate::{Answer, GatewayError, Person, Verdict, caller::Caller, caller_of, callers};

pub use simulator::Simulator;

const SYSTEM: &str = "the EMR";

/// A document to be imported.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The same over all tries.
    pub id: String,
    pub institution: String,
    pub department: String,
    pub visit_number: Option<String>,
    pub person: Person,
    /// Who imports it, by the number of the staff here.
    pub doctor: String,
    /// As `WS/T 500.2-2016`.
    pub format: String,
    /// The XML.
    pub content: String,
    /// SM3 of the content, in hex.
    pub sm3: String,
}

/// The port.
pub trait Emr: Send + Sync {
    /// Hands a document over, one try; safe to repeat, as the id is kept.
    fn import<'a>(&'a self, document: &'a Document) -> Answer<'a, Verdict>;
}

/// Speaks to the configured addresses.
pub struct Client(BTreeMap<String, Caller>);

impl Client {
    pub fn of(app: &App) -> Self {
        Self(callers(app, SYSTEM, |hospital| &hospital.emr_address))
    }
}

impl Emr for Client {
    fn import<'a>(&'a self, document: &'a Document) -> Answer<'a, Verdict> {
        Box::pin(async move {
            let caller = caller_of(&self.0, &document.institution)
                .ok_or(GatewayError::NotConfigured { system: SYSTEM })?;
            caller.ask("/v1/documents", document, &[]).await
        })
    }
}

#[cfg(test)]
mod tests;
