//! Herbal pieces of the district, told to a hospital's HIS: what was added, changed or withdrawn, prices and stock.
//!
//! `POST /v1/herbal/catalogue` with [`Batch`] is answered by a [`Verdict`]; batches come in the order of their versions,
//! and one that was taken is known by its `to_version`. Reasons of a refusal: `gap` (it does not follow the last one; the
//! hospital fetches from its own version on), `invalid_batch`.

mod simulator;

use std::collections::BTreeMap;

use platform::App;
use serde::{Deserialize, Serialize};

use crate::{Answer, GatewayError, Verdict, caller::Caller, caller_of, callers};

pub use simulator::Simulator;

const SYSTEM: &str = "the HIS";

/// Changes after one version of the catalogue up to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    pub institution: String,
    /// Everything up to here was told before.
    pub from_version: i64,
    pub to_version: i64,
    pub changes: Vec<Change>,
}

/// One change, as it is after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub version: i64,
    /// `piece`, `price` or `stock`.
    pub kind: String,
    /// Code of the medical insurance.
    pub piece: String,
    /// Whose stock.
    pub company: Option<String>,
    /// Name, specification, unit; or price with the day it holds from; or quantity.
    pub after: serde_json::Value,
}

/// The port.
pub trait Catalogue: Send + Sync {
    /// Hands a batch over, one try; safe to repeat.
    fn push<'a>(&'a self, batch: &'a Batch) -> Answer<'a, Verdict>;
}

/// Speaks to the configured addresses.
pub struct Client(BTreeMap<String, Caller>);

impl Client {
    pub fn of(app: &App) -> Self {
        Self(callers(app, SYSTEM, |hospital| &hospital.his_address))
    }
}

impl Catalogue for Client {
    fn push<'a>(&'a self, batch: &'a Batch) -> Answer<'a, Verdict> {
        Box::pin(async move {
            let caller = caller_of(&self.0, &batch.institution)
                .ok_or(GatewayError::NotConfigured { system: SYSTEM })?;
            caller.ask("/v1/herbal/catalogue", batch, &[]).await
        })
    }
}

#[cfg(test)]
mod tests;
