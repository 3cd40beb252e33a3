//! The only SQL of this room, beside that of the archive.

pub(super) mod feed;
pub(super) mod registrations;
pub(super) mod site;
pub(super) mod templates;
pub(super) mod verification;

use chrono::{DateTime, Utc};
use platform::{
    App, Db, Tx, bind_all,
    db::{Bound, Conditions},
    on_read, on_tx,
    rights::Columns,
};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::model::{Delivery, DeliveryState, Lane, Mode, Target, WITHDRAWN};
use crate::{PreconsultError, model::Consultation};

/// By which a delivery belongs to somebody of the staff.
pub(super) const COLUMNS: Columns =
    Columns { institution: Some("institution"), department: None, assigned: None, own: None };

#[derive(FromRow)]
struct Row {
    id: Uuid,
    consultation_id: Uuid,
    resident_id: Uuid,
    institution: String,
    target: String,
    state: String,
    sequence: i64,
    tries: i64,
    due_at: DateTime<Utc>,
    reason: Option<String>,
    receipt: Option<String>,
    by_staff: Option<Uuid>,
    created_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

impl TryFrom<Row> for Delivery {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        let unknown = |what: &str| sqlx::Error::Decode(format!("unknown {what} of a delivery").into());
        Ok(Self {
            id: row.id,
            consultation: row.consultation_id,
            resident: row.resident_id,
            institution: row.institution,
            target: Target::named(&row.target).ok_or_else(|| unknown("target"))?,
            state: DeliveryState::named(&row.state).ok_or_else(|| unknown("state"))?,
            sequence: row.sequence,
            tries: row.tries,
            due_at: row.due_at,
            reason: row.reason,
            receipt: row.receipt,
            by: row.by_staff,
            created_at: row.created_at,
            changed_at: row.changed_at,
        })
    }
}

/// Holds everybody else off this patient's deliveries until the transaction ends, so that sequences are given in order.
/// SQLite has one writer anyway.
pub(super) async fn lock(tx: &mut Tx, resident: Uuid) -> sqlx::Result<()> {
    if tx.is_postgres() {
        let sql = "SELECT id FROM resident WHERE id = $1 FOR UPDATE";
        on_tx!(tx, |c| sqlx::query(sql).bind(resident).execute(c).await.map(drop))?;
    }
    Ok(())
}

/// None when this consultation has one for this target already.
pub(super) async fn insert_delivery(
    app: &App,
    tx: &mut Tx,
    (target, consultation): (Target, &Consultation),
    by: Option<Uuid>,
) -> sqlx::Result<Option<Uuid>> {
    let sql =
        "INSERT INTO delivery(id, consultation_id, resident_id, institution, target, state, sequence, tries,
            due_at, by_staff, created_at, changed_at)
        VALUES ($1, $2, $3, $4, $5, 'waiting', (SELECT COALESCE(MAX(sequence), 0) + 1 FROM delivery
            WHERE target = $5 AND institution = $4 AND resident_id = $3), 0, $6, $7, $6, $6)
        ON CONFLICT (consultation_id, target) DO UPDATE SET id = excluded.id, state = 'waiting',
            sequence = excluded.sequence, tries = 0, due_at = excluded.due_at, reason = NULL, receipt = NULL,
            created_at = excluded.created_at, changed_at = excluded.changed_at
        WHERE delivery.target = 'his' AND delivery.state <> 'waiting'";
    let id = app.new_id();
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(consultation.id).bind(consultation.resident);
        let query = query.bind(&consultation.institution).bind(target.name()).bind(app.now()).bind(by);
        query.execute(c).await.map(|done| (done.rows_affected() == 1).then_some(id))
    })
}

/// The oldest of a lane that still waits.
pub(super) async fn find_head(db: &Db, lane: &Lane) -> sqlx::Result<Option<Delivery>> {
    let sql = "SELECT * FROM delivery WHERE target = $1 AND institution = $2 AND resident_id = $3
            AND state = 'waiting' ORDER BY sequence LIMIT 1";
    let row: Option<Row> = on_read!(db, |c| {
        let query = sqlx::query_as(sql).bind(lane.target.name()).bind(&lane.institution).bind(lane.resident);
        query.fetch_optional(c).await
    })?;
    row.map(Delivery::try_from).transpose()
}

pub(super) async fn find_delivery(db: &Db, id: Uuid) -> sqlx::Result<Option<Delivery>> {
    let sql = "SELECT * FROM delivery WHERE id = $1";
    let row: Option<Row> = on_read!(db, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
    row.map(Delivery::try_from).transpose()
}

pub(super) async fn find_of_consultation(
    db: &Db,
    consultation: Uuid,
    target: Target,
) -> sqlx::Result<Option<Delivery>> {
    let sql = "SELECT * FROM delivery WHERE consultation_id = $1 AND target = $2";
    let row: Option<Row> = on_read!(db, |c| {
        sqlx::query_as(sql).bind(consultation).bind(target.name()).fetch_optional(c).await
    })?;
    row.map(Delivery::try_from).transpose()
}

/// Writes what became of a try; false when the delivery does not wait any more.
pub(super) async fn update_tried(
    tx: &mut Tx,
    id: Uuid,
    (state, reason, receipt): (DeliveryState, Option<&str>, Option<&str>),
    (now, due_at): (DateTime<Utc>, DateTime<Utc>),
) -> sqlx::Result<bool> {
    let sql = "UPDATE delivery SET state = $2, reason = $3, receipt = $4, changed_at = $5, due_at = $6,
            tries = tries + 1 WHERE id = $1 AND state = 'waiting'";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(state.name()).bind(reason).bind(receipt);
        query.bind(now).bind(due_at).execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

/// Keeps what did not reach the HIS from going out, as the patient took the answers it tells of back.
pub(super) async fn update_withdrawn(
    tx: &mut Tx,
    consultation: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE delivery SET state = 'refused', reason = $3, changed_at = $2
        WHERE consultation_id = $1 AND target = 'his' AND state <> 'delivered'";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(consultation).bind(now).bind(WITHDRAWN);
        query.execute(c).await.map(drop)
    })
}

/// How an institution gets its data; one that never chose is pushed to.
pub(super) async fn find_mode(tx: &mut Tx, institution: &str) -> sqlx::Result<Mode> {
    let sql = "SELECT mode FROM institution_exchange WHERE institution = $1";
    let found: Option<String> =
        on_tx!(tx, |c| sqlx::query_scalar(sql).bind(institution).fetch_optional(c).await)?;
    found.map_or(Ok(Mode::Push), |name| {
        Mode::named(&name).ok_or_else(|| sqlx::Error::Decode("unknown way of exchange".into()))
    })
}

/// Lets a refused delivery go out again as the last of its lane, or one that waits at once; false when it is neither,
/// or tells of answers the patient took back.
pub(super) async fn update_resent(
    tx: &mut Tx,
    delivery: &Delivery,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "UPDATE delivery SET state = 'waiting', due_at = $2, changed_at = $2,
            sequence = CASE WHEN state = 'refused' THEN (SELECT MAX(d.sequence) + 1 FROM delivery d
                WHERE d.target = delivery.target AND d.institution = delivery.institution
                    AND d.resident_id = delivery.resident_id) ELSE sequence END
        WHERE id = $1 AND state IN ('waiting', 'refused') AND COALESCE(reason, '') <> $3";
    on_tx!(tx, |c| {
        let done = sqlx::query(sql).bind(delivery.id).bind(now).bind(WITHDRAWN).execute(c).await;
        done.map(|done| done.rows_affected() == 1)
    })
}

/// Lanes with something that should have gone out before a moment.
pub(super) async fn list_overdue(db: &Db, before: DateTime<Utc>) -> sqlx::Result<Vec<Lane>> {
    let sql = "SELECT DISTINCT target, institution, resident_id FROM delivery
        WHERE state = 'waiting' AND due_at < $1";
    let rows: Vec<(String, String, Uuid)> =
        on_read!(db, |c| sqlx::query_as(sql).bind(before).fetch_all(c).await)?;
    let lane = |(target, institution, resident): (String, String, Uuid)| {
        let target = Target::named(&target).ok_or_else(|| sqlx::Error::Decode("unknown target".into()))?;
        Ok(Lane { target, institution, resident })
    };
    rows.into_iter().map(lane).collect()
}

/// Which deliveries are asked for.
#[derive(Default)]
pub(super) struct Filter {
    pub(super) state: Option<DeliveryState>,
    pub(super) target: Option<Target>,
    pub(super) institution: Option<String>,
}

/// Those within reach, last changed first.
pub(super) async fn list_deliveries(
    db: &Db,
    reach: Conditions,
    filter: &Filter,
    most: u32,
) -> sqlx::Result<Vec<Delivery>> {
    let text = |text: &str| Bound::Text(text.into());
    let conditions = reach
        .and_where("state = ?", filter.state.map(|state| text(state.name())))
        .and_where("target = ?", filter.target.map(|target| text(target.name())))
        .and_where("institution = ?", filter.institution.as_deref().map(text));
    let sql = format!(
        "SELECT * FROM delivery WHERE {} ORDER BY changed_at DESC, id DESC LIMIT {most}",
        conditions.sql()
    );
    let rows: Vec<Row> =
        on_read!(db, |c| { bind_all!(sqlx::query_as(AssertSqlSafe(sql)), conditions).fetch_all(c).await })?;
    rows.into_iter().map(Delivery::try_from).collect()
}

/// How many there are in each state within reach.
pub(super) async fn count_by_state(db: &Db, reach: Conditions) -> sqlx::Result<Vec<(String, i64)>> {
    let sql = format!("SELECT state, COUNT(*) FROM delivery WHERE {} GROUP BY state", reach.sql());
    on_read!(db, |c| bind_all!(sqlx::query_as(AssertSqlSafe(sql)), reach).fetch_all(c).await)
}

/// Gives a consultation the next place in its institution's feed; the institution's row stays locked until the
/// transaction ends, so that places become visible in order. Gives how the institution gets its data.
pub(super) async fn append_to_feed(
    app: &App,
    tx: &mut Tx,
    consultation: &Consultation,
) -> Result<Mode, PreconsultError> {
    insert_site(app, tx, &consultation.institution).await?;
    let take = "UPDATE institution_exchange SET position = position + 1 WHERE institution = $1
        RETURNING position, mode";
    let insert = "INSERT INTO feed_entry(institution, position, consultation_id, created_at)
        VALUES ($1, $2, $3, $4) ON CONFLICT (consultation_id) DO NOTHING";
    let institution = &consultation.institution;
    let (_, mode): (i64, String) = on_tx!(tx, |c| {
        let taken: (i64, String) = sqlx::query_as(take).bind(institution).fetch_one(&mut *c).await?;
        let query = sqlx::query(insert).bind(institution).bind(taken.0).bind(consultation.id);
        query.bind(app.now()).execute(c).await.map(|_| taken)
    })?;
    Ok(Mode::named(&mode).ok_or_else(|| sqlx::Error::Decode("unknown way of exchange".into()))?)
}

/// The row of an institution, with the usual settings, where there is none.
pub(super) async fn insert_site(app: &App, tx: &mut Tx, institution: &str) -> sqlx::Result<()> {
    let sql = "INSERT INTO institution_exchange(institution, id, mode, position, version)
        VALUES ($1, $2, 'push', 0, 1) ON CONFLICT DO NOTHING";
    on_tx!(tx, |c| sqlx::query(sql).bind(institution).bind(app.new_id()).execute(c).await.map(drop))
}
