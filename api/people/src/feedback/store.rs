use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use platform::{
    App, Db, Tx, bind_all,
    crypto::{Place, Sealed},
    db::Bound,
    on_read, on_tx,
    rights::{Columns, Right},
};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::{
    Category, State,
    model::{Entry, Feedback},
};
use crate::{
    PeopleError,
    realname::photo::{Kind, Photo},
};

#[derive(FromRow)]
struct Row {
    id: Uuid,
    number: String,
    resident: Uuid,
    category: String,
    institution: Option<String>,
    may_contact: bool,
    state: String,
    handler: Option<Uuid>,
    version: i64,
    stars: Option<i64>,
    created_at: DateTime<Utc>,
    waiting_since: Option<DateTime<Utc>>,
    answered_at: Option<DateTime<Utc>>,
    closed_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct EntryRow {
    id: Uuid,
    kind: String,
    staff: Option<Uuid>,
    text: Sealed,
    created_at: DateTime<Utc>,
}

/// What a list is narrowed to; empty means all.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    pub(super) state: String,
    pub(super) category: String,
    pub(super) institution: String,
}

/// How a feedback belongs to an institution and to who handles it.
const COLUMNS: Columns =
    Columns { institution: Some("institution"), department: None, assigned: Some("handler"), own: None };

impl TryFrom<Row> for Feedback {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let unknown = || sqlx::Error::Decode("unknown state or category of a feedback".into());
        Ok(Self {
            id: row.id,
            number: row.number,
            resident: row.resident,
            category: Category::named(&row.category).ok_or_else(unknown)?,
            institution: row.institution,
            may_contact: row.may_contact,
            state: State::named(&row.state).ok_or_else(unknown)?,
            handler: row.handler,
            version: row.version,
            stars: row.stars,
            created_at: row.created_at,
            waiting_since: row.waiting_since,
            answered_at: row.answered_at,
            closed_at: row.closed_at,
        })
    }
}

fn place_of_text(row: Uuid) -> Place {
    Place { table: "feedback_entry", column: "text", row }
}

fn place_of_photo(row: Uuid) -> Place {
    Place { table: "feedback_photo", column: "content", row }
}

/// False when this form was sent before.
pub(super) async fn insert(tx: &mut Tx, feedback: &Feedback, request_key: &str) -> sqlx::Result<bool> {
    let sql = "INSERT INTO feedback(id, number, resident, category, institution, may_contact, state, version,
            request_key, created_at, waiting_since)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) ON CONFLICT (resident, request_key) DO NOTHING";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(feedback.id).bind(&feedback.number).bind(feedback.resident);
        let query = query.bind(feedback.category.name()).bind(&feedback.institution);
        let query = query.bind(feedback.may_contact).bind(feedback.state.name()).bind(feedback.version);
        let done = query.bind(request_key).bind(feedback.created_at).execute(c).await;
        done.map(|done| done.rows_affected() == 1)
    })
}

pub(super) async fn find_by_key(db: &Db, resident: Uuid, key: &str) -> sqlx::Result<Option<Uuid>> {
    let sql = "SELECT id FROM feedback WHERE resident = $1 AND request_key = $2";
    on_read!(db, |c| sqlx::query_scalar(sql).bind(resident).bind(key).fetch_optional(c).await)
}

/// Saves what a change decided; false when somebody changed the feedback since.
pub(super) async fn update(tx: &mut Tx, feedback: &Feedback) -> sqlx::Result<bool> {
    let sql = "UPDATE feedback SET state = $1, handler = $2, version = version + 1, stars = $3,
            waiting_since = $4, answered_at = $5, closed_at = $6
        WHERE id = $7 AND version = $8";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(feedback.state.name()).bind(feedback.handler).bind(feedback.stars);
        let query = query.bind(feedback.waiting_since).bind(feedback.answered_at).bind(feedback.closed_at);
        let done = query.bind(feedback.id).bind(feedback.version).execute(c).await;
        done.map(|done| done.rows_affected() == 1)
    })
}

pub(super) async fn insert_entry(
    app: &App,
    tx: &mut Tx,
    feedback: Uuid,
    (kind, staff): (&str, Option<Uuid>),
    text: &str,
    photos: &[Photo],
) -> sqlx::Result<()> {
    let (id, now) = (app.new_id(), app.now());
    let sealed = app.keyring.seal(&*app.ids, place_of_text(id), text);
    let sql = "INSERT INTO feedback_entry(id, feedback, kind, staff, text, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(feedback).bind(kind).bind(staff);
        query.bind(&sealed).bind(now).execute(c).await.map(drop)
    })?;
    let sql = "INSERT INTO feedback_photo(id, entry, feedback, kind, content, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    for photo in photos {
        let row = app.new_id();
        let content = app.keyring.seal(&*app.ids, place_of_photo(row), &STANDARD.encode(&photo.bytes));
        on_tx!(tx, |c| {
            let query = sqlx::query(sql).bind(row).bind(id).bind(feedback).bind(photo.kind.media_type());
            query.bind(&content).bind(now).execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

pub(super) async fn find(db: &Db, id: Uuid) -> sqlx::Result<Option<Feedback>> {
    let sql = "SELECT * FROM feedback WHERE id = $1";
    let row: Option<Row> = on_read!(db, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
    row.map(Feedback::try_from).transpose()
}

/// Newest first.
pub(super) async fn list_own(db: &Db, resident: Uuid, limit: i64) -> sqlx::Result<Vec<Feedback>> {
    let sql = "SELECT * FROM feedback WHERE resident = $1 ORDER BY created_at DESC, id DESC LIMIT $2";
    let rows: Vec<Row> = on_read!(db, |c| sqlx::query_as(sql).bind(resident).bind(limit).fetch_all(c).await)?;
    rows.into_iter().map(Feedback::try_from).collect()
}

/// Within one's reach: who waits longest first; then those for whom nobody waits, newest first.
pub(super) async fn list(
    db: &Db,
    right: &Right,
    filter: &Filter,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    limit: i64,
) -> sqlx::Result<Vec<Feedback>> {
    let given = |text: &String| Some(Bound::Text(text.clone())).filter(|_| !text.is_empty());
    let conditions = right
        .predicate(&COLUMNS)
        .and_where("state = ?", given(&filter.state))
        .and_where("category = ?", given(&filter.category))
        .and_where("institution = ?", given(&filter.institution))
        .and("created_at >= ? AND created_at < ?", [Bound::Moment(from), Bound::Moment(until)]);
    let sql = format!(
        "SELECT * FROM feedback WHERE {}
        ORDER BY CASE WHEN waiting_since IS NULL THEN 1 ELSE 0 END, waiting_since, created_at DESC, id
        LIMIT {limit}",
        conditions.sql()
    );
    let rows: Vec<Row> =
        on_read!(db, |c| { bind_all!(sqlx::query_as(AssertSqlSafe(sql)), conditions).fetch_all(c).await })?;
    rows.into_iter().map(Feedback::try_from).collect()
}

/// The thread, oldest first.
pub(super) async fn list_entries(app: &App, feedback: Uuid) -> Result<Vec<Entry>, PeopleError> {
    let sql = "SELECT id, kind, staff, text, created_at FROM feedback_entry WHERE feedback = $1
        ORDER BY created_at, id";
    let rows: Vec<EntryRow> = on_read!(&app.db, |c| sqlx::query_as(sql).bind(feedback).fetch_all(c).await)?;
    let sql = "SELECT id, entry FROM feedback_photo WHERE feedback = $1 ORDER BY created_at, id";
    let photos: Vec<(Uuid, Uuid)> =
        on_read!(&app.db, |c| sqlx::query_as(sql).bind(feedback).fetch_all(c).await)?;
    let open = |row: EntryRow| {
        Ok(Entry {
            text: app.keyring.open(place_of_text(row.id), &row.text)?,
            photos: photos.iter().filter(|(_, entry)| *entry == row.id).map(|(id, _)| *id).collect(),
            id: row.id,
            kind: row.kind,
            staff: row.staff,
            created_at: row.created_at,
        })
    };
    rows.into_iter().map(open).collect()
}

/// Feedback that was closed before this moment and still has photographs, with its resident.
pub(super) async fn list_with_due_photos(
    tx: &mut Tx,
    closed: DateTime<Utc>,
) -> sqlx::Result<Vec<(Uuid, Uuid)>> {
    let sql = "SELECT id, resident FROM feedback WHERE state = 'closed' AND closed_at <= $1
        AND EXISTS (SELECT 1 FROM feedback_photo p WHERE p.feedback = feedback.id) ORDER BY id LIMIT 500";
    on_tx!(tx, |c| sqlx::query_as(sql).bind(closed).fetch_all(c).await)
}

/// Overwrites before it removes, so that nothing stays in a free page.
pub(super) async fn wipe_photos(tx: &mut Tx, feedback: Uuid) -> sqlx::Result<()> {
    let overwrite = "UPDATE feedback_photo SET content = $2 WHERE feedback = $1";
    let remove = "DELETE FROM feedback_photo WHERE feedback = $1";
    on_tx!(tx, |c| {
        sqlx::query(overwrite).bind(feedback).bind(&[0_u8; 64][..]).execute(&mut *c).await?;
        sqlx::query(remove).bind(feedback).execute(c).await.map(drop)
    })
}

pub(super) async fn find_photo(
    app: &App,
    feedback: Uuid,
    id: Uuid,
) -> Result<Option<(Kind, Vec<u8>)>, PeopleError> {
    let sql = "SELECT kind, content FROM feedback_photo WHERE id = $1 AND feedback = $2";
    let row: Option<(String, Sealed)> =
        on_read!(&app.db, |c| sqlx::query_as(sql).bind(id).bind(feedback).fetch_optional(c).await)?;
    let Some((kind, content)) = row else { return Ok(None) };
    let bytes = STANDARD.decode(app.keyring.open(place_of_photo(id), &content)?);
    Ok(Kind::named(&kind).zip(bytes.ok()))
}
