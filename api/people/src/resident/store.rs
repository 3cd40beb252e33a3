use chrono::{DateTime, NaiveDate, Utc};
use platform::{
    App, Db, Tx,
    crypto::{IndexedColumn, Keyring, Place, Sealed, lock_index},
    on_read, on_tx,
};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::{Identity, RealName, Verified};
use crate::{
    PeopleError, Sex,
    identity::{IdNumber, Phone},
    store::place_of_name,
};

/// By which outside system somebody signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    WeChat,
    Suishenban,
}

/// What a blind index of a resident stands for.
#[derive(Clone, Copy)]
pub(super) enum By {
    IdNumber,
    Phone,
}

#[derive(FromRow)]
pub(super) struct Row {
    id: Uuid,
    name: Sealed,
    sex: Sex,
    birth_date: NaiveDate,
    birth_known: bool,
    id_number: Option<Sealed>,
    phone: Option<Sealed>,
    verified_at: Option<DateTime<Utc>>,
    verified_by: Option<String>,
}

impl Channel {
    pub fn name(self) -> &'static str {
        match self {
            Self::WeChat => "wechat",
            Self::Suishenban => "suishenban",
        }
    }

    /// As residents call it.
    pub fn text(self) -> &'static str {
        match self {
            Self::WeChat => "微信",
            Self::Suishenban => "随申办",
        }
    }
}

impl Row {
    pub(super) fn open(self, keyring: &Keyring) -> Result<Identity, PeopleError> {
        let unreadable = |_| PeopleError::Storage(sqlx::Error::Decode("a stored number is no number".into()));
        let number = self.id_number.map(|sealed| keyring.open(place(self.id, "id_number"), &sealed));
        let phone = self.phone.map(|sealed| keyring.open(place(self.id, "phone"), &sealed));
        Ok(Identity {
            id: self.id,
            name: keyring.open(place_of_name(self.id), &self.name)?,
            sex: self.sex,
            birth_date: self.birth_known.then_some(self.birth_date),
            id_number: number
                .transpose()?
                .map(|text| IdNumber::parse(&text))
                .transpose()
                .map_err(unreadable)?,
            phone: phone.transpose()?.map(|text| Phone::parse(&text)).transpose().map_err(unreadable)?,
            verified: self.verified_at.zip(self.verified_by).map(|(at, by)| Verified { at, by }),
        })
    }
}

fn place(row: Uuid, column: &'static str) -> Place {
    Place { table: "resident", column, row }
}

fn place_of_subject(row: Uuid) -> Place {
    Place { table: "resident_login", column: "subject", row }
}

const ID_NUMBER: IndexedColumn = IndexedColumn {
    table: "resident",
    row: "id",
    sealed: "id_number",
    index: "id_number_index",
    domain: "resident.id_number",
    before: None,
};
const PHONE: IndexedColumn = IndexedColumn {
    table: "resident",
    row: "id",
    sealed: "phone",
    index: "phone_index",
    domain: "resident.phone",
    before: None,
};
const SUBJECT: IndexedColumn = IndexedColumn {
    table: "resident_login",
    row: "id",
    sealed: "subject",
    index: "subject_index",
    domain: "resident_login.subject",
    before: Some("channel"),
};

/// What a change of the index key indexes anew.
pub(crate) const INDEXED: &[IndexedColumn] = &[ID_NUMBER, PHONE, SUBJECT];

/// As it is written now, and as the index keys before and after write it.
pub(super) fn indexes_of_id_number(keyring: &Keyring, number: &IdNumber) -> Vec<Vec<u8>> {
    keyring.blind_indexes(ID_NUMBER.domain, number.as_str())
}

pub(super) fn indexes_of_phone(keyring: &Keyring, phone: &Phone) -> Vec<Vec<u8>> {
    keyring.blind_indexes(PHONE.domain, phone.as_str())
}

pub(super) fn indexes_of_subject(keyring: &Keyring, channel: Channel, subject: &str) -> Vec<Vec<u8>> {
    keyring.blind_indexes(SUBJECT.domain, &format!("{}|{subject}", channel.name()))
}

/// While the index key changes a value may stand under either key, and the unique index knows only one at a time: nobody
/// else may have it under the other.
async fn claim(tx: &mut Tx, of: &IndexedColumn, row: Uuid, indexes: &[Vec<u8>]) -> sqlx::Result<Vec<u8>> {
    let [now, others @ ..] = indexes else { return Err(sqlx::Error::RowNotFound) };
    lock_index(tx, indexes).await?;
    let sql = format!("SELECT count(*) FROM {} WHERE {} = $1 AND {} <> $2", of.table, of.index, of.row);
    for other in others {
        let n: i64 = on_tx!(tx, |c| sqlx::query_scalar(AssertSqlSafe(sql.as_str()))
            .bind(other)
            .bind(row)
            .fetch_one(c)
            .await)?;
        if n > 0 {
            return Err(sqlx::Error::Protocol(format!(
                "{}.{}: somebody else has this value",
                of.table, of.index
            )));
        }
    }
    Ok(now.clone())
}

pub(super) async fn find(db: &Db, id: Uuid) -> sqlx::Result<Option<Row>> {
    let sql = "SELECT id, name, sex, birth_date, birth_known, id_number, phone, verified_at, verified_by
        FROM resident WHERE id = $1";
    on_read!(db, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)
}

pub(super) async fn find_by_index(tx: &mut Tx, by: By, indexes: &[Vec<u8>]) -> sqlx::Result<Option<Row>> {
    let sql = match by {
        By::IdNumber => {
            "SELECT id, name, sex, birth_date, birth_known, id_number, phone, verified_at, verified_by
            FROM resident WHERE id_number_index IN ($1, $2)"
        }
        By::Phone => {
            "SELECT id, name, sex, birth_date, birth_known, id_number, phone, verified_at, verified_by
            FROM resident WHERE phone_index IN ($1, $2)"
        }
    };
    let (one, other) = (indexes.first(), indexes.last());
    on_tx!(tx, |c| sqlx::query_as(sql).bind(one).bind(other).fetch_optional(c).await)
}

pub(super) async fn find_account(
    tx: &mut Tx,
    channel: Channel,
    indexes: &[Vec<u8>],
) -> sqlx::Result<Option<Uuid>> {
    let sql = "SELECT resident FROM resident_login WHERE channel = $1 AND subject_index IN ($2, $3)";
    let (one, other) = (indexes.first(), indexes.last());
    on_tx!(tx, |c| sqlx::query_scalar(sql).bind(channel.name()).bind(one).bind(other).fetch_optional(c).await)
}

/// The account of a resident at an outside system, as the openid.
pub(crate) async fn find_subject(
    app: &App,
    resident: Uuid,
    channel: Channel,
) -> Result<Option<String>, PeopleError> {
    let sql = "SELECT id, subject FROM resident_login WHERE resident = $1 AND channel = $2
        ORDER BY created_at DESC, id DESC LIMIT 1";
    let row: Option<(Uuid, Sealed)> = on_read!(&app.db, |c| {
        sqlx::query_as(sql).bind(resident).bind(channel.name()).fetch_optional(c).await
    })?;
    let open = |(id, sealed): (Uuid, Sealed)| app.keyring.open(place_of_subject(id), &sealed);
    Ok(row.map(open).transpose()?)
}

pub(super) async fn insert(tx: &mut Tx, id: Uuid, name: &Sealed, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "INSERT INTO resident(id, name, sex, birth_date, birth_known, demo, created_at)
        VALUES ($1, $2, $3, $4, $5, $5, $6)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(name).bind(Sex::Unknown).bind(NaiveDate::default());
        query.bind(false).bind(now).execute(c).await.map(drop)
    })
}

pub(super) async fn insert_account(
    app: &App,
    tx: &mut Tx,
    resident: Uuid,
    channel: Channel,
    subject: &str,
) -> sqlx::Result<()> {
    let id = app.new_id();
    let sealed = app.keyring.seal(&*app.ids, place_of_subject(id), subject);
    let index = claim(tx, &SUBJECT, id, &indexes_of_subject(&app.keyring, channel, subject)).await?;
    let sql = "INSERT INTO resident_login(id, channel, subject_index, subject, resident, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(channel.name()).bind(index).bind(sealed).bind(resident);
        query.bind(app.now()).execute(c).await.map(drop)
    })
}

pub(super) async fn update_verified(
    app: &App,
    tx: &mut Tx,
    id: Uuid,
    real: &RealName,
    by: &str,
) -> sqlx::Result<()> {
    let name = app.keyring.seal(&*app.ids, place_of_name(id), &real.name);
    let number = app.keyring.seal(&*app.ids, place(id, "id_number"), real.id_number.as_str());
    let index = claim(tx, &ID_NUMBER, id, &indexes_of_id_number(&app.keyring, &real.id_number)).await?;
    let sql =
        "UPDATE resident SET name = $2, id_number = $3, id_number_index = $4, sex = $5, birth_date = $6,
            birth_known = $7, verified_at = $8, verified_by = $9 WHERE id = $1";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(name).bind(number).bind(index);
        let query = query.bind(real.id_number.sex()).bind(real.id_number.birth_date()).bind(true);
        query.bind(app.now()).bind(by).execute(c).await.map(drop)
    })
}

pub(super) async fn update_phone(app: &App, tx: &mut Tx, id: Uuid, phone: &Phone) -> sqlx::Result<()> {
    let sealed = app.keyring.seal(&*app.ids, place(id, "phone"), phone.as_str());
    let index = claim(tx, &PHONE, id, &indexes_of_phone(&app.keyring, phone)).await?;
    let sql = "UPDATE resident SET phone = $2, phone_index = $3 WHERE id = $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(id).bind(sealed).bind(index).execute(c).await.map(drop))
}

/// Two accounts of one person become one: `to` is signed in to by what `from` was signed in to. The phone of `from`
/// is given up, because it was sealed for that row.
pub(crate) async fn move_accounts(tx: &mut Tx, from: Uuid, to: Uuid) -> sqlx::Result<()> {
    let logins = "UPDATE resident_login SET resident = $2 WHERE resident = $1";
    let phone = "UPDATE resident SET phone = NULL, phone_index = NULL WHERE id = $1";
    on_tx!(tx, |c| {
        sqlx::query(logins).bind(from).bind(to).execute(&mut *c).await?;
        sqlx::query(phone).bind(from).execute(c).await.map(drop)
    })
}
