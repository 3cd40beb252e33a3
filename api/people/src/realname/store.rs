use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, NaiveDate, Utc};
use platform::{
    App, Db, Tx,
    crypto::{Keyring, Place, Sealed},
    on_read, on_tx,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Case, Reason, Side, State,
    fields::{CardFields, CardForm},
    model::Verdict,
    photo::{Kind, Photo},
};
use crate::PeopleError;

#[derive(FromRow)]
pub(super) struct Row {
    id: Uuid,
    resident: Uuid,
    state: String,
    fields: Option<Sealed>,
    version: i64,
    created_at: DateTime<Utc>,
    submitted_at: Option<DateTime<Utc>>,
    claimed_by: Option<Uuid>,
    claimed_until: Option<DateTime<Utc>>,
    decided_by: Option<Uuid>,
    decided_at: Option<DateTime<Utc>>,
    reason_code: Option<String>,
    reason_text: Option<String>,
    wiped_at: Option<DateTime<Utc>>,
}

/// What a statistic counts.
#[derive(FromRow)]
pub(super) struct Counted {
    pub(super) state: String,
    pub(super) submitted_at: DateTime<Utc>,
    pub(super) decided_at: Option<DateTime<Utc>>,
    pub(super) reason_code: Option<String>,
}

impl Row {
    pub(super) fn open(self, keyring: &Keyring) -> Result<Case, PeopleError> {
        let unknown = || PeopleError::Storage(sqlx::Error::Decode("unknown state of a case".into()));
        let verdict = self.decided_by.zip(self.decided_at).map(|(by, at)| Verdict {
            by,
            at,
            reason: self.reason_code.as_deref().and_then(Reason::named),
            text: self.reason_text.unwrap_or_default(),
        });
        Ok(Case {
            id: self.id,
            resident: self.resident,
            state: State::named(&self.state).ok_or_else(unknown)?,
            fields: match self.fields {
                Some(sealed) => read_fields(&keyring.open(place_of_fields(self.id), &sealed)?)?,
                None => None,
            },
            version: self.version,
            created_at: self.created_at,
            submitted_at: self.submitted_at,
            claim: self.claimed_by.zip(self.claimed_until),
            verdict,
            wiped_at: self.wiped_at,
        })
    }
}

/// A card that was valid when it was typed stays readable after it expired.
fn read_fields(text: &str) -> Result<Option<CardFields>, PeopleError> {
    let form: CardForm = serde_json::from_str(text)?;
    let typed_on = form.valid_from.parse::<NaiveDate>().unwrap_or_default();
    Ok(form.check(typed_on).ok())
}

fn place_of_fields(row: Uuid) -> Place {
    Place { table: "realname_case", column: "fields", row }
}

fn place_of_photo(row: Uuid) -> Place {
    Place { table: "realname_photo", column: "content", row }
}

pub(super) async fn find(db: &Db, id: Uuid) -> sqlx::Result<Option<Row>> {
    let sql = "SELECT * FROM realname_case WHERE id = $1";
    on_read!(db, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)
}

/// The newest application of a resident.
pub(super) async fn find_latest(db: &Db, resident: Uuid) -> sqlx::Result<Option<Row>> {
    let sql = "SELECT * FROM realname_case WHERE resident = $1 ORDER BY created_at DESC, id DESC LIMIT 1";
    on_read!(db, |c| sqlx::query_as(sql).bind(resident).fetch_optional(c).await)
}

/// Does nothing when the resident has an open application; whether a new one was made.
pub(super) async fn insert(tx: &mut Tx, id: Uuid, resident: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let sql = "INSERT INTO realname_case(id, resident, state, version, created_at)
        VALUES ($1, $2, 'draft', 1, $3) ON CONFLICT DO NOTHING";
    on_tx!(tx, |c| {
        let done = sqlx::query(sql).bind(id).bind(resident).bind(now).execute(c).await;
        done.map(|done| done.rows_affected() == 1)
    })
}

/// One side of the card, in place of what was there before.
pub(super) async fn save_photo(
    app: &App,
    tx: &mut Tx,
    case: Uuid,
    side: Side,
    photo: &Photo,
) -> sqlx::Result<()> {
    let id = app.new_id();
    let content = app.keyring.seal(&*app.ids, place_of_photo(id), &STANDARD.encode(&photo.bytes));
    let sql = "INSERT INTO realname_photo(id, case_id, side, kind, content, taken_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    on_tx!(tx, |c| {
        let before = "DELETE FROM realname_photo WHERE case_id = $1 AND side = $2";
        sqlx::query(before).bind(case).bind(side.name()).execute(&mut *c).await?;
        let query = sqlx::query(sql).bind(id).bind(case).bind(side.name()).bind(photo.kind.media_type());
        query.bind(content).bind(app.now()).execute(c).await.map(drop)
    })
}

/// Which sides are there.
pub(super) async fn list_sides(db: &Db, case: Uuid) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT side FROM realname_photo WHERE case_id = $1 ORDER BY side";
    on_read!(db, |c| sqlx::query_scalar(sql).bind(case).fetch_all(c).await)
}

pub(super) async fn find_photo(
    app: &App,
    case: Uuid,
    side: Side,
) -> Result<Option<(Kind, Vec<u8>)>, PeopleError> {
    let sql = "SELECT id, kind, content FROM realname_photo WHERE case_id = $1 AND side = $2";
    let row: Option<(Uuid, String, Sealed)> =
        on_read!(&app.db, |c| sqlx::query_as(sql).bind(case).bind(side.name()).fetch_optional(c).await)?;
    let Some((id, kind, content)) = row else { return Ok(None) };
    let text = app.keyring.open(place_of_photo(id), &content)?;
    let bytes = STANDARD.decode(text).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Some((Kind::named(&kind).unwrap_or(Kind::Jpeg), bytes)))
}

/// Hands a draft in; false when it is no draft any more.
pub(super) async fn submit(
    app: &App,
    tx: &mut Tx,
    case: Uuid,
    fields: &CardFields,
) -> Result<bool, PeopleError> {
    let text = serde_json::to_string(&fields.form())?;
    let sealed = app.keyring.seal(&*app.ids, place_of_fields(case), &text);
    let sql = "UPDATE realname_case SET state = 'submitted', fields = $2, submitted_at = $3,
            version = version + 1 WHERE id = $1 AND state = 'draft'";
    let done = on_tx!(tx, |c| {
        sqlx::query(sql)
            .bind(case)
            .bind(sealed)
            .bind(app.now())
            .execute(c)
            .await
            .map(|done| done.rows_affected() == 1)
    })?;
    Ok(done)
}

/// The queue: whoever waits longest first; decided ones newest first.
pub(super) async fn list(db: &Db, state: State, limit: i64, offset: i64) -> sqlx::Result<Vec<Row>> {
    let sql = match state {
        State::Draft | State::Submitted => {
            "SELECT * FROM realname_case WHERE state = $1 ORDER BY submitted_at, id LIMIT $2 OFFSET $3"
        }
        State::Approved | State::Rejected => {
            "SELECT * FROM realname_case WHERE state = $1 ORDER BY decided_at DESC, id LIMIT $2 OFFSET $3"
        }
    };
    on_read!(db, |c| { sqlx::query_as(sql).bind(state.name()).bind(limit).bind(offset).fetch_all(c).await })
}

pub(super) async fn count_by_state(db: &Db) -> sqlx::Result<Vec<(String, i64)>> {
    let sql = "SELECT state, count(*) FROM realname_case GROUP BY state ORDER BY state";
    on_read!(db, |c| sqlx::query_as(sql).fetch_all(c).await)
}

/// Holds a case for a reviewer; false when another holds it or it is decided.
pub(super) async fn claim(
    tx: &mut Tx,
    case: Uuid,
    by: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "UPDATE realname_case SET claimed_by = $2, claimed_until = $4 WHERE id = $1
        AND state = 'submitted' AND (claimed_by IS NULL OR claimed_by = $2 OR claimed_until <= $3)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(case).bind(by).bind(now).bind(until);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

/// The case that waits longest and nobody holds, now held by this reviewer.
pub(super) async fn claim_next(
    tx: &mut Tx,
    by: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<Option<Uuid>> {
    let sql = if tx.is_postgres() {
        "UPDATE realname_case SET claimed_by = $1, claimed_until = $3 WHERE id = (
            SELECT id FROM realname_case WHERE state = 'submitted'
            AND (claimed_by IS NULL OR claimed_until <= $2 OR claimed_by = $1)
            ORDER BY submitted_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id"
    } else {
        "UPDATE realname_case SET claimed_by = $1, claimed_until = $3 WHERE id = (
            SELECT id FROM realname_case WHERE state = 'submitted'
            AND (claimed_by IS NULL OR claimed_until <= $2 OR claimed_by = $1)
            ORDER BY submitted_at, id LIMIT 1) RETURNING id"
    };
    on_tx!(tx, |c| sqlx::query_scalar(sql).bind(by).bind(now).bind(until).fetch_optional(c).await)
}

/// The one verdict: only the holder's, only on the version that was seen. False when it came too late.
pub(super) async fn decide(
    tx: &mut Tx,
    case: Uuid,
    version: i64,
    by: Uuid,
    now: DateTime<Utc>,
    reason: Option<(Reason, &str)>,
) -> sqlx::Result<bool> {
    let state = if reason.is_some() { State::Rejected } else { State::Approved };
    let sql = "UPDATE realname_case SET state = $5, decided_by = $3, decided_at = $4, reason_code = $6,
            reason_text = $7, claimed_by = NULL, claimed_until = NULL, version = version + 1
        WHERE id = $1 AND version = $2 AND state = 'submitted' AND claimed_by = $3 AND claimed_until > $4";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(case).bind(version).bind(by).bind(now).bind(state.name());
        let query = query.bind(reason.map(|(code, _)| code.name())).bind(reason.map(|(_, text)| text));
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

pub(super) async fn list_counted(
    db: &Db,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<Vec<Counted>> {
    let sql = "SELECT state, submitted_at, decided_at, reason_code FROM realname_case
        WHERE submitted_at >= $1 AND submitted_at < $2 AND state <> 'draft' ORDER BY submitted_at, id";
    on_read!(db, |c| sqlx::query_as(sql).bind(from).bind(until).fetch_all(c).await)
}

/// Cases whose photographs are due: decided, or left as a draft, before these moments.
pub(super) async fn list_due(
    tx: &mut Tx,
    decided: DateTime<Utc>,
    drafted: DateTime<Utc>,
) -> sqlx::Result<Vec<(Uuid, Uuid)>> {
    let sql = "SELECT id, resident FROM realname_case WHERE wiped_at IS NULL AND (decided_at <= $1
        OR (state = 'draft' AND created_at <= $2)) ORDER BY id LIMIT 500";
    on_tx!(tx, |c| sqlx::query_as(sql).bind(decided).bind(drafted).fetch_all(c).await)
}

/// Overwrites before it removes, so that nothing stays in a free page; a forgotten draft is closed with it.
pub(super) async fn wipe(tx: &mut Tx, case: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
    let overwrite = "UPDATE realname_photo SET content = $2 WHERE case_id = $1";
    let remove = "DELETE FROM realname_photo WHERE case_id = $1";
    let close = "UPDATE realname_case SET wiped_at = $2, version = version + 1 WHERE id = $1";
    let forgotten = "UPDATE realname_case SET state = 'rejected', reason_code = 'other',
            reason_text = '长时间没有提交，照片已删除，请重新开始。' WHERE id = $1 AND state = 'draft'";
    on_tx!(tx, |c| {
        sqlx::query(overwrite).bind(case).bind(&[0_u8; 64][..]).execute(&mut *c).await?;
        sqlx::query(remove).bind(case).execute(&mut *c).await?;
        sqlx::query(close).bind(case).bind(now).execute(&mut *c).await?;
        sqlx::query(forgotten).bind(case).execute(c).await.map(drop)
    })
}
