use chrono::{DateTime, Utc};
use platform::{
    App, Db, Tx,
    crypto::{Keyring, Place, Sealed},
    on_read, on_tx,
};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Category, Channel, Notice, Template};
use crate::PeopleError;

/// A message with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) id: Uuid,
    pub(super) title: String,
    pub(super) text: String,
    /// What outside channels say.
    pub(super) outside: String,
}

#[derive(Serialize, Deserialize)]
struct Content {
    title: String,
    text: String,
    outside: String,
}

/// A message as the inbox lists it.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) message: Message,
    pub(super) created_at: DateTime<Utc>,
    pub(super) read_at: Option<DateTime<Utc>>,
}

/// A push by an outside channel.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Delivery {
    pub(super) id: Uuid,
    pub(super) message: Uuid,
    pub(super) resident: Uuid,
    pub(super) template: String,
    pub(super) channel: String,
    pub(super) state: String,
    pub(super) detail: String,
    pub(super) tries: i64,
    pub(super) changed_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    content: Sealed,
    created_at: DateTime<Utc>,
    read_at: Option<DateTime<Utc>>,
}

fn place(row: Uuid) -> Place {
    Place { table: "message", column: "content", row }
}

impl Row {
    fn open(self, keyring: &Keyring) -> Result<Listed, PeopleError> {
        let Content { title, text, outside } =
            serde_json::from_str(&keyring.open(place(self.id), &self.content)?)?;
        let message = Message { id: self.id, title, text, outside };
        Ok(Listed { message, created_at: self.created_at, read_at: self.read_at })
    }
}

pub(super) async fn insert(
    app: &App,
    tx: &mut Tx,
    notice: &Notice<'_>,
    template: &Template,
    message: &Message,
) -> Result<bool, PeopleError> {
    let content = serde_json::to_string(&Content {
        title: message.title.clone(),
        text: message.text.clone(),
        outside: message.outside.clone(),
    })?;
    let content = app.keyring.seal(&*app.ids, place(message.id), &content);
    let sql = "INSERT INTO message(id, resident, template, category, content, link, dedup, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    Ok(on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(message.id).bind(notice.resident).bind(&template.key);
        let query = query.bind(template.category.name()).bind(&content).bind(notice.link);
        let done = query.bind(notice.dedup).bind(app.now()).execute(c).await;
        done.map(|done| done.rows_affected() == 1)
    })?)
}

pub(super) async fn insert_delivery(
    tx: &mut Tx,
    id: Uuid,
    message: Uuid,
    channel: Channel,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO message_delivery(id, message, channel, state, detail, tries, changed_at)
        VALUES ($1, $2, $3, 'waiting', '', 0, $4)";
    on_tx!(tx, |c| {
        sqlx::query(sql).bind(id).bind(message).bind(channel.name()).bind(now).execute(c).await.map(drop)
    })
}

pub(super) async fn list_refused(
    tx: &mut Tx,
    resident: Uuid,
    category: Category,
) -> sqlx::Result<Vec<Channel>> {
    let sql = "SELECT channel FROM message_refusal WHERE resident = $1 AND category = $2";
    let names: Vec<String> =
        on_tx!(tx, |c| sqlx::query_scalar(sql).bind(resident).bind(category.name()).fetch_all(c).await)?;
    Ok(names.iter().filter_map(|name| Channel::named(name)).collect())
}

/// What a resident switched off: category and channel.
pub(super) async fn list_refusals(db: &Db, resident: Uuid) -> sqlx::Result<Vec<(String, String)>> {
    let sql = "SELECT category, channel FROM message_refusal WHERE resident = $1";
    on_read!(db, |c| sqlx::query_as(sql).bind(resident).fetch_all(c).await)
}

pub(super) async fn set_refusal(
    tx: &mut Tx,
    resident: Uuid,
    category: Category,
    channel: Channel,
    is_refused: bool,
) -> sqlx::Result<()> {
    let sql = if is_refused {
        "INSERT INTO message_refusal(resident, category, channel) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM message_refusal WHERE resident = $1 AND category = $2 AND channel = $3"
    };
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(resident).bind(category.name()).bind(channel.name());
        query.execute(c).await.map(drop)
    })
}

/// Newest first.
pub(super) async fn list(
    app: &App,
    resident: Uuid,
    limit: i64,
    offset: i64,
) -> Result<Vec<Listed>, PeopleError> {
    let sql = "SELECT id, content, created_at, read_at FROM message WHERE resident = $1
        ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3";
    let rows: Vec<Row> = on_read!(&app.db, |c| sqlx::query_as(sql)
        .bind(resident)
        .bind(limit)
        .bind(offset)
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(|row| row.open(&app.keyring)).collect()
}

pub(super) async fn find(app: &App, id: Uuid) -> Result<Option<Listed>, PeopleError> {
    let sql = "SELECT id, content, created_at, read_at FROM message WHERE id = $1";
    let row: Option<Row> = on_read!(&app.db, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
    row.map(|row| row.open(&app.keyring)).transpose()
}

pub(super) async fn count_unread(db: &Db, resident: Uuid) -> sqlx::Result<i64> {
    let sql = "SELECT count(*) FROM message WHERE resident = $1 AND read_at IS NULL";
    on_read!(db, |c| sqlx::query_scalar(sql).bind(resident).fetch_one(c).await)
}

/// Marks one message, or all of them, as read; gives the link of the one.
pub(super) async fn mark_read(
    tx: &mut Tx,
    resident: Uuid,
    id: Option<Uuid>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<String>> {
    let Some(id) = id else {
        let sql = "UPDATE message SET read_at = $1 WHERE resident = $2 AND read_at IS NULL";
        on_tx!(tx, |c| sqlx::query(sql).bind(now).bind(resident).execute(c).await.map(drop))?;
        return Ok(None);
    };
    let sql = "UPDATE message SET read_at = COALESCE(read_at, $1) WHERE resident = $2 AND id = $3
        RETURNING link";
    on_tx!(tx, |c| sqlx::query_scalar(sql).bind(now).bind(resident).bind(id).fetch_optional(c).await)
}

const DELIVERY: &str =
    "SELECT d.id, d.message, m.resident, m.template, d.channel, d.state, d.detail, d.tries,
    d.changed_at FROM message_delivery d JOIN message m ON m.id = d.message";

pub(super) async fn find_delivery(db: &Db, id: Uuid) -> sqlx::Result<Option<Delivery>> {
    let sql = deliveries(" WHERE d.id = $1");
    on_read!(db, |c| sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(c).await)
}

/// Pushes that failed, newest first.
pub(super) async fn list_failed(db: &Db, limit: i64) -> sqlx::Result<Vec<Delivery>> {
    let sql = deliveries(" WHERE d.state = 'failed' ORDER BY d.changed_at DESC, d.id LIMIT $1");
    on_read!(db, |c| sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(limit).fetch_all(c).await)
}

/// Everything pushed to a resident, newest first.
pub(super) async fn list_deliveries(db: &Db, resident: Uuid, limit: i64) -> sqlx::Result<Vec<Delivery>> {
    let sql = deliveries(" WHERE m.resident = $1 ORDER BY d.changed_at DESC, d.id LIMIT $2");
    on_read!(db, |c| sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(resident).bind(limit).fetch_all(c).await)
}

fn deliveries(rest: &'static str) -> String {
    format!("{DELIVERY}{rest}")
}

/// What became of a try.
pub(super) async fn update_delivery(
    tx: &mut Tx,
    id: Uuid,
    state: &str,
    detail: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE message_delivery SET state = $1, detail = $2, tries = tries + 1, changed_at = $3
        WHERE id = $4";
    on_tx!(tx, |c| {
        sqlx::query(sql).bind(state).bind(detail).bind(now).bind(id).execute(c).await.map(drop)
    })
}
