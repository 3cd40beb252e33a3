//! The only SQL. Personal columns are sealed here on the way in and opened on the way out.

mod charge;
mod company;
mod desk;
mod event;
mod notice;
mod order;
mod site;
mod verdict;
mod version;

use platform::{
    App,
    crypto::{IndexedColumn, Place, Sealed},
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::HerbalError;

pub(crate) use charge::{find_charge, insert_charge};
pub(crate) use company::{
    Candidate, delete_share, find_company, find_company_of, list_candidates, list_shares, save_company,
    save_member, save_share,
};
pub(crate) use desk::{By, Group, count_by, count_wanted, find_name, list_names, list_patient_names};
pub(crate) use event::{insert_event, list_events};
pub(crate) use notice::{Notice, find_head, insert_notice, list_lanes_overdue, update_tried};
pub(crate) use order::{
    COLUMNS, Mark, find_id_number, find_mark, find_numbered, find_order, has_due, indexes_of, insert_order,
    list_due, list_of_company, list_of_doctor, list_of_patient, list_unnamed, list_waiting, list_wanted,
    lock_numbered, lock_order, update_order, update_person, wanted_person,
};
pub(crate) use site::{
    find_secret, find_site, list_company_secrets, list_sites, lock_site, spend_nonce, sweep_nonces,
    update_secret, update_site,
};
pub(crate) use verdict::{find_verdict, insert_verdict, list_unreviewed, update_reviewed};
pub(crate) use version::{
    NewVersion, count_open_blocks, find_version, find_version_id, insert_version, update_signed,
};

/// The blind indexes of this room.
pub(crate) const INDEXES: [IndexedColumn; 3] = order::INDEXED;

fn sealed(app: &App, (table, column): (&'static str, &'static str), row: Uuid, text: &str) -> Sealed {
    app.keyring.seal(&*app.ids, Place { table, column, row }, text)
}

fn opened(
    app: &App,
    (table, column): (&'static str, &'static str),
    row: Uuid,
    sealed: &Sealed,
) -> Result<String, HerbalError> {
    Ok(app.keyring.open(Place { table, column, row }, sealed)?)
}

fn sealed_json<T: Serialize>(
    app: &App,
    place: (&'static str, &'static str),
    row: Uuid,
    value: &T,
) -> Result<Sealed, HerbalError> {
    Ok(sealed(app, place, row, &serde_json::to_string(value)?))
}

fn opened_json<T: DeserializeOwned>(
    app: &App,
    place: (&'static str, &'static str),
    row: Uuid,
    sealed: &Sealed,
) -> Result<T, HerbalError> {
    Ok(serde_json::from_str(&opened(app, place, row, sealed)?)?)
}

/// A stored word that this program did not write.
fn unknown(what: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(format!("unknown {what} of a prescription").into())
}
