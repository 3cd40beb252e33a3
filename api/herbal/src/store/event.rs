use chrono::{DateTime, Utc};
use platform::{App, Db, Tx, crypto::Sealed, on_read, on_tx};
use sqlx::FromRow;
use uuid::Uuid;

use super::{opened_json, sealed_json, unknown};
use crate::{
    HerbalError,
    model::{Detail, Event, Happened, Order},
};

const DETAIL: (&str, &str) = ("prescription_event", "detail");

#[derive(FromRow)]
struct Row {
    id: Uuid,
    seq: i64,
    version: i64,
    event: String,
    state: String,
    at: DateTime<Utc>,
    actor_name: String,
    detail: Option<Sealed>,
}

/// Writes a step of a prescription that is in the state it led to; gives its id.
pub(crate) async fn insert_event(
    app: &App,
    tx: &mut Tx,
    order: &Order,
    event: Event,
    (actor, actor_name): (&str, &str),
    detail: &Detail,
) -> Result<Uuid, HerbalError> {
    let sql = "INSERT INTO prescription_event(id, prescription_id, seq, version, event, state, at, actor,
            actor_name, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let id = app.new_id();
    let detail = (*detail != Detail::default()).then(|| sealed_json(app, DETAIL, id, detail)).transpose()?;
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(order.id).bind(order.n_events).bind(order.version);
        let query = query.bind(event.name()).bind(order.state.name()).bind(order.changed_at);
        query.bind(actor).bind(actor_name).bind(&detail).execute(c).await.map(drop)
    })?;
    Ok(id)
}

/// The steps of a prescription, in order.
pub(crate) async fn list_events(app: &App, db: &Db, order: Uuid) -> Result<Vec<Happened>, HerbalError> {
    let sql = "SELECT id, seq, version, event, state, at, actor_name, detail FROM prescription_event
        WHERE prescription_id = $1 ORDER BY seq";
    let rows: Vec<Row> = on_read!(db, |c| sqlx::query_as(sql).bind(order).fetch_all(c).await)?;
    rows.into_iter()
        .map(|row| {
            Ok(Happened {
                seq: row.seq,
                version: row.version,
                event: Event::named(&row.event).ok_or_else(|| unknown("event"))?,
                state: row.state,
                at: row.at,
                actor_name: row.actor_name,
                detail: match row.detail {
                    Some(detail) => opened_json(app, DETAIL, row.id, &detail)?,
                    None => Detail::default(),
                },
            })
        })
        .collect()
}
