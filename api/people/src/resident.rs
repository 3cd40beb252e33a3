//! Residents as persons: ID number, phone, whether the real name is verified, and by which accounts they sign in.

mod store;

use chrono::{DateTime, NaiveDate, Utc};
use platform::{App, Tx};
use uuid::Uuid;

use crate::{
    PeopleError, Sex,
    identity::{IdNumber, Phone},
};

pub use store::Channel;

pub(crate) use store::{INDEXED, find_subject, move_accounts};

/// Everything known of who a resident is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub id: Uuid,
    /// Empty until it is verified.
    pub name: String,
    pub sex: Sex,
    pub birth_date: Option<NaiveDate>,
    pub id_number: Option<IdNumber>,
    pub phone: Option<Phone>,
    pub verified: Option<Verified>,
}

/// When and by whom the real name was verified: `suishenban`, `review` or `family`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub at: DateTime<Utc>,
    pub by: String,
}

/// Who somebody is by a document or a trusted system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealName {
    pub name: String,
    pub id_number: IdNumber,
}

impl Identity {
    /// The name as a page may greet with it.
    pub fn shown_name(&self) -> String {
        match (&self.phone, self.name.as_str()) {
            (Some(phone), "") => phone.masked(),
            (None, "") => "未实名用户".into(),
            (_, name) => name.into(),
        }
    }

    /// Whether somebody beside the family vouched for name and number.
    pub fn is_vouched(&self) -> bool {
        self.verified.as_ref().is_some_and(|verified| verified.by != "family")
    }

    /// The three elements (三要素) other systems ask for; None until the real name is verified and a phone is known.
    pub fn three_elements(&self) -> Option<(&str, &IdNumber, &Phone)> {
        self.verified.as_ref()?;
        Some((&self.name, self.id_number.as_ref()?, self.phone.as_ref()?))
    }
}

/// Who a resident is, for the resident or for the program.
pub async fn find(app: &App, id: Uuid) -> Result<Identity, PeopleError> {
    let row = store::find(&app.db, id).await?.ok_or(PeopleError::NotFound)?;
    row.open(&app.keyring)
}

/// The resident with this ID number; looked up by blind index.
pub(crate) async fn find_by_id_number(
    app: &App,
    tx: &mut Tx,
    number: &IdNumber,
) -> Result<Option<Identity>, PeopleError> {
    let indexes = store::indexes_of_id_number(&app.keyring, number);
    let row = store::find_by_index(tx, store::By::IdNumber, &indexes).await?;
    row.map(|row| row.open(&app.keyring)).transpose()
}

pub(crate) async fn find_by_phone(
    app: &App,
    tx: &mut Tx,
    phone: &Phone,
) -> Result<Option<Identity>, PeopleError> {
    let indexes = store::indexes_of_phone(&app.keyring, phone);
    let row = store::find_by_index(tx, store::By::Phone, &indexes).await?;
    row.map(|row| row.open(&app.keyring)).transpose()
}

pub(crate) async fn find_by_account(
    app: &App,
    tx: &mut Tx,
    channel: Channel,
    subject: &str,
) -> Result<Option<Uuid>, PeopleError> {
    let indexes = store::indexes_of_subject(&app.keyring, channel, subject);
    Ok(store::find_account(tx, channel, &indexes).await?)
}

/// A new resident of whom nothing is known yet.
pub(crate) async fn insert(app: &App, tx: &mut Tx) -> Result<Uuid, PeopleError> {
    let id = app.new_id();
    let name = app.keyring.seal(&*app.ids, crate::store::place_of_name(id), "");
    store::insert(tx, id, &name, app.now()).await?;
    Ok(id)
}

pub(crate) async fn insert_account(
    app: &App,
    tx: &mut Tx,
    resident: Uuid,
    channel: Channel,
    subject: &str,
) -> Result<(), PeopleError> {
    Ok(store::insert_account(app, tx, resident, channel, subject).await?)
}

/// Writes a verified name and number; sex and birth date follow from the number.
pub async fn verify(app: &App, tx: &mut Tx, id: Uuid, real: &RealName, by: &str) -> Result<(), PeopleError> {
    Ok(store::update_verified(app, tx, id, real, by).await?)
}

pub(crate) async fn set_phone(app: &App, tx: &mut Tx, id: Uuid, phone: &Phone) -> Result<(), PeopleError> {
    Ok(store::update_phone(app, tx, id, phone).await?)
}

#[cfg(test)]
mod tests;
