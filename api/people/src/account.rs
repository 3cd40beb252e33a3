//! Accounts of the staff: how they prove who they are, and how the system administrator looks after them.
//!
//! A password is hashed with argon2id; attempts are counted before they are judged, by name and by network address,
//! in the database, so that neither a restart nor a second node is a way around. After the password comes what the
//! account still needs — a code, a new password, setting up a second factor — as a half-open sign-in that gives no
//! rights; only then a session begins.

mod error;
mod model;
mod pages;
mod password;
pub mod policy;
pub mod service;
mod store;
#[cfg(test)]
mod tests;
mod totp;

pub(crate) use pages::ACCESS;

pub use error::AccountError;
pub use model::{Account, AccountState, Initial, NewAccount, Step};
pub(crate) use pages::{Tried, VisitParts, answer, routes};
pub use store::Filter;

use chrono::{DateTime, Utc};
use platform::Tx;

/// Removes counts of attempts and half-open sign-ins that are over.
pub async fn sweep(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64, AccountError> {
    Ok(store::sweep_limits(tx, now).await?)
}
