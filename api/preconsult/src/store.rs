//! The only SQL. Personal columns are sealed here on the way in and opened on the way out.

mod consultation;
mod reading;
mod record;
mod turn;
mod visit;

use platform::{
    App,
    crypto::{Place, Sealed},
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::PreconsultError;

pub(crate) use consultation::{
    COLUMNS, Change, count_begun, find_consultation, find_of_visit, find_open, find_open_without_visit,
    insert_consultation, list_begun, list_of_resident, list_within, update_consultation,
};
pub(crate) use reading::{delete_readings, find_readings, list_tallies, update_readings, update_tally};
pub(crate) use record::{find_assessment, find_record, insert_amendment, insert_record};
pub(crate) use turn::{NewTurn, insert_turn, list_turns, update_voided};
pub(crate) use visit::{find_visit, find_visit_numbered, insert_visit, list_visits, update_visit};

fn sealed(app: &App, table: &'static str, column: &'static str, row: Uuid, text: &str) -> Sealed {
    app.keyring.seal(&*app.ids, Place { table, column, row }, text)
}

fn opened(
    app: &App,
    table: &'static str,
    column: &'static str,
    row: Uuid,
    sealed: &Sealed,
) -> Result<String, PreconsultError> {
    Ok(app.keyring.open(Place { table, column, row }, sealed)?)
}

fn sealed_json<T: Serialize>(
    app: &App,
    table: &'static str,
    column: &'static str,
    row: Uuid,
    value: &T,
) -> Result<Sealed, PreconsultError> {
    Ok(sealed(app, table, column, row, &serde_json::to_string(value)?))
}

fn opened_json<T: DeserializeOwned>(
    app: &App,
    table: &'static str,
    column: &'static str,
    row: Uuid,
    sealed: &Sealed,
) -> Result<T, PreconsultError> {
    Ok(serde_json::from_str(&opened(app, table, column, row, sealed)?)?)
}

/// A stored number that must not be negative.
fn count(number: i64) -> Result<usize, sqlx::Error> {
    usize::try_from(number).map_err(|error| sqlx::Error::Decode(error.into()))
}
