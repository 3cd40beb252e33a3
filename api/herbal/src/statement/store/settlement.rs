//! The platform's own side: what orders come to, month by month.

use std::collections::BTreeMap;

use platform::{App, Db, Tx, on_read, on_tx};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Correction, amounts};
use crate::statement::{
    matching::Own,
    model::{Amounts, Month, Settled},
};

/// An order is billed at most so many months late.
const MOST_MONTHS: u32 = 36;

/// The part of an order that is billed in a month.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, serde::Serialize)]
pub(crate) struct Part {
    pub order_number: String,
    pub month: String,
    pub doses: i64,
    pub pieces_fen: i64,
    pub decoction_fen: i64,
    pub delivery_fen: i64,
    pub refunded_fen: i64,
    pub price_version: Option<i64>,
}

#[derive(FromRow)]
struct OwnRow {
    order_number: String,
    prescription: String,
    institution: String,
    month: String,
    doses: i64,
    pieces_fen: i64,
    decoction_fen: i64,
    delivery_fen: i64,
    refunded_fen: i64,
    price_version: Option<i64>,
}

/// Writes what is new of an order into its month, or the first one after it that is still open. Telling the same again
/// changes nothing.
pub(in crate::statement) async fn record(tx: &mut Tx, told: &Settled<'_>) -> sqlx::Result<()> {
    let (doses, before) = lock_order(tx, told.order_number).await?;
    let (more_doses, more) = (told.doses - doses, told.amounts - before);
    if more_doses == 0 && more == Amounts::default() {
        return Ok(());
    }
    let sql = "UPDATE herbal_settlement_order SET doses = $2, pieces_fen = $3, decoction_fen = $4, delivery_fen = $5,
        refunded_fen = $6 WHERE order_number = $1";
    let money = told.amounts;
    on_tx!(&mut *tx, |c| {
        let query = sqlx::query(sql).bind(told.order_number).bind(told.doses).bind(money.pieces);
        let query = query.bind(money.decoction).bind(money.delivery).bind(money.refunded);
        query.execute(c).await.map(drop)
    })?;
    let mut month = Month::of(told.at);
    for _ in 0..MOST_MONTHS {
        if !touch(tx, (told.institution, told.company, &month.to_string())).await? {
            break;
        }
        month = month.next();
    }
    add(tx, told, &month.to_string(), (more_doses, more)).await
}

async fn add(
    tx: &mut Tx,
    told: &Settled<'_>,
    month: &str,
    (doses, more): (i64, Amounts),
) -> sqlx::Result<()> {
    let sql = "INSERT INTO herbal_settlement_line(order_number, month, prescription, institution, company, at, doses,
            pieces_fen, decoction_fen, delivery_fen, refunded_fen, price_version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (order_number, month) DO UPDATE SET doses = herbal_settlement_line.doses + excluded.doses,
            pieces_fen = herbal_settlement_line.pieces_fen + excluded.pieces_fen,
            decoction_fen = herbal_settlement_line.decoction_fen + excluded.decoction_fen,
            delivery_fen = herbal_settlement_line.delivery_fen + excluded.delivery_fen,
            refunded_fen = herbal_settlement_line.refunded_fen + excluded.refunded_fen,
            price_version = excluded.price_version";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(told.order_number).bind(month).bind(told.prescription_number);
        let query = query.bind(told.institution).bind(told.company).bind(told.at).bind(doses);
        let query = query.bind(more.pieces).bind(more.decoction).bind(more.delivery).bind(more.refunded);
        query.bind(told.price_version).execute(c).await.map(drop)
    })
}

pub(in crate::statement) async fn is_recorded(tx: &mut Tx, number: &str) -> sqlx::Result<bool> {
    let sql = "SELECT count(*) FROM herbal_settlement_order WHERE order_number = $1";
    let n: i64 = on_tx!(tx, |c| sqlx::query_scalar(sql).bind(number).fetch_one(c).await)?;
    Ok(n > 0)
}

async fn lock_order(tx: &mut Tx, number: &str) -> sqlx::Result<(i64, Amounts)> {
    let sql =
        "INSERT INTO herbal_settlement_order(order_number, doses, pieces_fen, decoction_fen, delivery_fen,
            refunded_fen) VALUES ($1, 0, 0, 0, 0, 0)
        ON CONFLICT (order_number) DO UPDATE SET order_number = excluded.order_number
        RETURNING doses, pieces_fen, decoction_fen, delivery_fen, refunded_fen";
    let row: (i64, i64, i64, i64, i64) = on_tx!(tx, |c| sqlx::query_as(sql).bind(number).fetch_one(c).await)?;
    Ok((row.0, amounts(&(row.1, row.2, row.3, row.4))))
}

/// Locks a month and counts the change; whether it is closed.
pub(in crate::statement) async fn touch(
    tx: &mut Tx,
    (institution, company, month): (&str, &str, &str),
) -> sqlx::Result<bool> {
    let sql = "INSERT INTO herbal_settlement_period(institution, company, month, closed, written)
        VALUES ($1, $2, $3, $4, 1)
        ON CONFLICT (institution, company, month) DO UPDATE SET written = herbal_settlement_period.written + 1
        RETURNING closed";
    on_tx!(tx, |c| {
        let query = sqlx::query_scalar(sql).bind(institution).bind(company).bind(month).bind(false);
        query.fetch_one(c).await
    })
}

pub(in crate::statement) async fn set_closed(
    tx: &mut Tx,
    (institution, company, month): (&str, &str, &str),
    closed: bool,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO herbal_settlement_period(institution, company, month, closed, written)
        VALUES ($1, $2, $3, $4, 0)
        ON CONFLICT (institution, company, month) DO UPDATE SET closed = excluded.closed";
    on_tx!(tx, |c| {
        sqlx::query(sql).bind(institution).bind(company).bind(month).bind(closed).execute(c).await.map(drop)
    })
}

/// What a company did for a hospital in a month, and where else it has the prescriptions of an upload that are not
/// among them.
pub(in crate::statement) async fn list_own(
    tx: &mut Tx,
    (institution, company, month): (&str, &str, &str),
    (statement, upload): (Uuid, i64),
) -> sqlx::Result<Vec<Own>> {
    let sql = "SELECT order_number, prescription, institution, month, doses, pieces_fen, decoction_fen, delivery_fen,
            refunded_fen, price_version
        FROM herbal_settlement_line WHERE company = $1 AND month = $2 AND institution = $3
        ORDER BY prescription, order_number";
    let mut rows: Vec<OwnRow> = on_tx!(&mut *tx, |c| {
        sqlx::query_as(sql).bind(company).bind(month).bind(institution).fetch_all(c).await
    })?;
    let elsewhere = "SELECT o.order_number, o.prescription, o.institution, o.month, o.doses, o.pieces_fen,
            o.decoction_fen, o.delivery_fen, o.refunded_fen, o.price_version
        FROM (SELECT DISTINCT prescription FROM herbal_statement_line l WHERE l.statement = $4 AND l.upload = $5
            AND NOT EXISTS (SELECT 1 FROM herbal_settlement_line h WHERE h.company = $1
                AND h.prescription = l.prescription AND h.month = $2 AND h.institution = $3)) missing
        JOIN herbal_settlement_line o ON o.company = $1 AND o.prescription = missing.prescription
        ORDER BY o.institution, o.month, o.prescription, o.order_number";
    let others: Vec<OwnRow> = on_tx!(&mut *tx, |c| {
        let query = sqlx::query_as(elsewhere).bind(company).bind(month).bind(institution);
        query.bind(statement).bind(upload).fetch_all(c).await
    })?;
    rows.extend(others);
    Ok(added_up(rows))
}

/// Orders of one prescription, hospital and month as one.
fn added_up(rows: Vec<OwnRow>) -> Vec<Own> {
    let mut of_key: BTreeMap<(String, String, String), Own> = BTreeMap::new();
    for row in rows {
        let key = (row.prescription.clone(), row.institution.clone(), row.month.clone());
        let money = amounts(&(row.pieces_fen, row.decoction_fen, row.delivery_fen, row.refunded_fen));
        let own = of_key.entry(key).or_insert_with(|| Own {
            prescription: row.prescription,
            orders: String::new(),
            institution: row.institution,
            month: row.month,
            doses: 0,
            amounts: Amounts::default(),
            price_version: row.price_version,
        });
        if !own.orders.is_empty() {
            own.orders.push(' ');
        }
        own.orders.push_str(&row.order_number);
        own.doses += row.doses;
        own.amounts = own.amounts + money;
        own.price_version = own.price_version.max(row.price_version);
    }
    of_key.into_values().collect()
}

/// The part of an order in a month, where it belongs to these two.
pub(in crate::statement) async fn find_part(
    tx: &mut Tx,
    (institution, company, month): (&str, &str, &str),
    order: &str,
) -> sqlx::Result<Option<Part>> {
    let sql = "SELECT order_number, month, doses, pieces_fen, decoction_fen, delivery_fen, refunded_fen, price_version
        FROM herbal_settlement_line
        WHERE order_number = $1 AND month = $2 AND institution = $3 AND company = $4";
    on_tx!(tx, |c| {
        let query = sqlx::query_as(sql).bind(order).bind(month).bind(institution).bind(company);
        query.fetch_optional(c).await
    })
}

/// False when the order has a part in the new month already.
pub(in crate::statement) async fn update_part(
    tx: &mut Tx,
    before: &Part,
    after: &Part,
) -> sqlx::Result<bool> {
    let taken = "SELECT COUNT(*) FROM herbal_settlement_line WHERE order_number = $1 AND month = $2";
    if before.month != after.month {
        let n: i64 = on_tx!(&mut *tx, |c| {
            sqlx::query_scalar(taken).bind(&after.order_number).bind(&after.month).fetch_one(c).await
        })?;
        if n > 0 {
            return Ok(false);
        }
    }
    let sql = "UPDATE herbal_settlement_line SET month = $3, doses = $4, pieces_fen = $5, decoction_fen = $6,
            delivery_fen = $7, refunded_fen = $8, price_version = $9
        WHERE order_number = $1 AND month = $2";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(&before.order_number).bind(&before.month).bind(&after.month);
        let query = query.bind(after.doses).bind(after.pieces_fen).bind(after.decoction_fen);
        let query = query.bind(after.delivery_fen).bind(after.refunded_fen).bind(after.price_version);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

pub(in crate::statement) async fn insert_correction(
    app: &App,
    tx: &mut Tx,
    (statement, by): (Uuid, Uuid),
    (before, after): (&Part, &Part),
    reason: &str,
) -> sqlx::Result<()> {
    let json = |part: &Part| serde_json::to_string(part).map_err(|error| sqlx::Error::Encode(error.into()));
    let (old, new) = (json(before)?, json(after)?);
    let sql = "INSERT INTO herbal_settlement_correction(id, statement, order_number, before, after, reason,
            corrected_by, corrected_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(app.new_id()).bind(statement).bind(&before.order_number);
        let query = query.bind(&old).bind(&new).bind(reason).bind(by).bind(app.now());
        query.execute(c).await.map(drop)
    })
}

/// Newest first.
pub(in crate::statement) async fn list_corrections(
    db: &Db,
    statement: Uuid,
) -> sqlx::Result<Vec<Correction>> {
    let sql = "SELECT order_number, before, after, reason, corrected_at FROM herbal_settlement_correction
        WHERE statement = $1 ORDER BY corrected_at DESC, id DESC LIMIT 300";
    on_read!(db, |c| sqlx::query_as(sql).bind(statement).fetch_all(c).await)
}
