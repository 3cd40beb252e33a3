//! The only SQL of statements.

pub(super) mod settlement;

use chrono::{DateTime, Utc};
use platform::{App, Db, Tx, bind_all, db::Conditions, on_read, on_tx};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::{
    StatementError,
    matching::{Billed, Totals},
    model::{Amounts, State, Statement},
};

/// Rows of one INSERT: SQLite takes 32,766 values.
const ROWS_AT_ONCE: usize = 2_000;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    institution: String,
    company: String,
    month: String,
    state: String,
    version: i64,
    upload: i64,
    n_billed: i64,
    billed_fen: i64,
    n_own: i64,
    own_fen: i64,
    n_matched: i64,
    matched_fen: i64,
    n_differing: i64,
    institution_confirmed_at: Option<DateTime<Utc>>,
    company_confirmed_at: Option<DateTime<Utc>>,
    receipt: Option<String>,
    fault: Option<String>,
    payment_reference: Option<String>,
    updated_at: DateTime<Utc>,
}

const COLUMNS: &str =
    "id, institution, company, month, state, version, upload, n_billed, billed_fen, n_own, own_fen,
    n_matched, matched_fen, n_differing, institution_confirmed_at, company_confirmed_at, receipt, fault,
    payment_reference, updated_at";

impl TryFrom<Row> for Statement {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let state = State::named(&row.state).ok_or_else(|| sqlx::Error::Decode("unknown state".into()))?;
        Ok(Self {
            id: row.id,
            institution: row.institution,
            company: row.company,
            month: row.month,
            state,
            version: row.version,
            upload: row.upload,
            n_billed: row.n_billed,
            billed_fen: row.billed_fen,
            n_own: row.n_own,
            own_fen: row.own_fen,
            n_matched: row.n_matched,
            matched_fen: row.matched_fen,
            n_differing: row.n_differing,
            institution_confirmed_at: row.institution_confirmed_at,
            company_confirmed_at: row.company_confirmed_at,
            receipt: row.receipt,
            fault: row.fault,
            payment_reference: row.payment_reference,
            updated_at: row.updated_at,
        })
    }
}

/// An upload, as it is listed.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Upload {
    pub number: i64,
    pub file_name: String,
    pub side: String,
    pub uploaded_at: DateTime<Utc>,
    pub n_lines: i64,
}

/// A step of a statement's way.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Step {
    pub event: String,
    pub side: String,
    pub note: String,
    pub at: DateTime<Utc>,
}

/// One difference, with both sides in JSON as they stood.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Difference {
    pub position: i64,
    pub prescription: String,
    pub kinds: String,
    pub billed: Option<String>,
    pub own: Option<String>,
    pub is_elsewhere: bool,
}

#[derive(Debug, Clone, FromRow)]
pub(crate) struct Correction {
    pub order_number: String,
    pub before: String,
    pub after: String,
    pub reason: String,
    pub corrected_at: DateTime<Utc>,
}

#[derive(Debug, Clone, FromRow)]
pub(crate) struct Invoice {
    pub number: String,
    pub amount_fen: i64,
}

/// A whole order as stored in a difference.
pub(super) fn amounts(row: &(i64, i64, i64, i64)) -> Amounts {
    Amounts { pieces: row.0, decoction: row.1, delivery: row.2, refunded: row.3 }
}

pub(super) async fn find(db: &Db, id: Uuid) -> sqlx::Result<Option<Statement>> {
    let sql = format!("SELECT {COLUMNS} FROM herbal_statement WHERE id = $1");
    let row: Option<Row> =
        on_read!(db, |c| sqlx::query_as(AssertSqlSafe(sql)).bind(id).fetch_optional(c).await)?;
    row.map(Statement::try_from).transpose()
}

/// Reads it under the lock of the transaction.
pub(super) async fn lock(tx: &mut Tx, id: Uuid) -> Result<Statement, StatementError> {
    let sql =
        format!("UPDATE herbal_statement SET updated_at = updated_at WHERE id = $1 RETURNING {COLUMNS}");
    let row: Option<Row> =
        on_tx!(tx, |c| sqlx::query_as(AssertSqlSafe(sql)).bind(id).fetch_optional(c).await)?;
    row.map(Statement::try_from).transpose()?.ok_or(StatementError::NotFound)
}

/// Newest month first.
pub(super) async fn list(db: &Db, conditions: &Conditions, most: i64) -> sqlx::Result<Vec<Statement>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM herbal_statement WHERE {} ORDER BY month DESC, updated_at DESC, id LIMIT {most}",
        conditions.sql()
    );
    let rows: Vec<Row> =
        on_read!(db, |c| bind_all!(sqlx::query_as(AssertSqlSafe(sql)), conditions).fetch_all(c).await)?;
    rows.into_iter().map(Statement::try_from).collect()
}

/// The statement of a hospital, company and month under lock; made when there is none.
pub(super) async fn open(
    app: &App,
    tx: &mut Tx,
    (institution, company, month): (&str, &str, &str),
) -> Result<Statement, StatementError> {
    let sql = format!(
        "INSERT INTO herbal_statement(id, institution, company, month, state, version, upload, n_billed, billed_fen,
            n_own, own_fen, n_matched, matched_fen, n_differing, created_at, updated_at)
        VALUES ($1, $2, $3, $4, 'differing', 0, 0, 0, 0, 0, 0, 0, 0, 0, $5, $5)
        ON CONFLICT (institution, company, month) DO UPDATE SET updated_at = herbal_statement.updated_at
        RETURNING {COLUMNS}"
    );
    let (id, now) = (app.new_id(), app.now());
    let row: Row = on_tx!(tx, |c| {
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(id).bind(institution).bind(company).bind(month);
        query.bind(now).fetch_one(c).await
    })?;
    Ok(Statement::try_from(row)?)
}

/// Everything that changes of a statement; its version goes up by one.
pub(super) async fn update(app: &App, tx: &mut Tx, one: &Statement) -> sqlx::Result<()> {
    let sql =
        "UPDATE herbal_statement SET state = $2, upload = $3, n_billed = $4, billed_fen = $5, n_own = $6,
            own_fen = $7, n_matched = $8, matched_fen = $9, n_differing = $10, institution_confirmed_at = $11,
            company_confirmed_at = $12, receipt = $13, fault = $14, payment_reference = $15, updated_at = $16,
            version = version + 1
        WHERE id = $1";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(one.id).bind(one.state.name()).bind(one.upload);
        let query = query.bind(one.n_billed).bind(one.billed_fen).bind(one.n_own).bind(one.own_fen);
        let query = query.bind(one.n_matched).bind(one.matched_fen).bind(one.n_differing);
        let query = query.bind(one.institution_confirmed_at).bind(one.company_confirmed_at);
        let query = query.bind(&one.receipt).bind(&one.fault).bind(&one.payment_reference).bind(app.now());
        query.execute(c).await.map(drop)
    })
}

impl Statement {
    pub(super) fn take(&mut self, totals: &Totals) {
        self.n_billed = totals.n_billed;
        self.billed_fen = totals.billed;
        self.n_own = totals.n_own;
        self.own_fen = totals.own;
        self.n_matched = totals.n_matched;
        self.matched_fen = totals.matched;
        self.n_differing = totals.n_differing;
    }
}

pub(super) async fn insert_step(
    app: &App,
    tx: &mut Tx,
    statement: &Statement,
    (event, side, actor, note): (&str, &str, &str, &str),
) -> sqlx::Result<()> {
    let sql = "INSERT INTO herbal_statement_event(statement, version, event, state, side, actor, note, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(statement.id).bind(statement.version + 1).bind(event);
        let query = query.bind(statement.state.name()).bind(side).bind(actor).bind(note).bind(app.now());
        query.execute(c).await.map(drop)
    })
}

pub(super) async fn list_steps(db: &Db, id: Uuid) -> sqlx::Result<Vec<Step>> {
    let sql = "SELECT event, side, note, at FROM herbal_statement_event WHERE statement = $1
        ORDER BY version DESC LIMIT 200";
    on_read!(db, |c| sqlx::query_as(sql).bind(id).fetch_all(c).await)
}

/// A file that came, with its lines.
pub(super) struct NewUpload<'a> {
    pub(super) statement: Uuid,
    pub(super) number: i64,
    pub(super) file_name: &'a str,
    pub(super) sm3: &'a str,
    pub(super) side: &'static str,
    pub(super) by: Uuid,
}

pub(super) async fn insert_upload(
    app: &App,
    tx: &mut Tx,
    new: &NewUpload<'_>,
    lines: &[Billed],
) -> sqlx::Result<()> {
    let sql = "INSERT INTO herbal_statement_upload(statement, number, file_name, sm3, side, uploaded_by, uploaded_at,
            n_lines)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let n_lines = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    on_tx!(&mut *tx, |c| {
        let query = sqlx::query(sql).bind(new.statement).bind(new.number).bind(new.file_name).bind(new.sm3);
        let query = query.bind(new.side).bind(new.by).bind(app.now()).bind(n_lines);
        query.execute(c).await.map(drop)
    })?;
    let head = "INSERT INTO herbal_statement_line(statement, upload, line, prescription, order_number, doses,
            pieces_fen, decoction_fen, delivery_fen, refunded_fen, price_version) ";
    for some in lines.chunks(ROWS_AT_ONCE) {
        on_tx!(&mut *tx, |c| {
            let mut query = sqlx::QueryBuilder::new(head);
            query.push_values(some, |mut row, line| {
                let money = line.amounts;
                row.push_bind(new.statement).push_bind(new.number).push_bind(i64::from(line.row));
                row.push_bind(line.prescription.as_str()).push_bind(line.order.as_str());
                row.push_bind(line.doses).push_bind(money.pieces).push_bind(money.decoction);
                row.push_bind(money.delivery).push_bind(money.refunded).push_bind(line.price_version);
            });
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

#[derive(FromRow)]
struct LineRow {
    line: i64,
    prescription: String,
    order_number: String,
    doses: i64,
    pieces_fen: i64,
    decoction_fen: i64,
    delivery_fen: i64,
    refunded_fen: i64,
    price_version: Option<i64>,
}

pub(super) async fn list_lines(tx: &mut Tx, statement: Uuid, upload: i64) -> sqlx::Result<Vec<Billed>> {
    let sql = "SELECT line, prescription, order_number, doses, pieces_fen, decoction_fen, delivery_fen, refunded_fen,
            price_version FROM herbal_statement_line WHERE statement = $1 AND upload = $2 ORDER BY line";
    let rows: Vec<LineRow> =
        on_tx!(tx, |c| sqlx::query_as(sql).bind(statement).bind(upload).fetch_all(c).await)?;
    let billed = |row: LineRow| Billed {
        row: u32::try_from(row.line).unwrap_or(u32::MAX),
        prescription: row.prescription,
        order: row.order_number,
        doses: row.doses,
        amounts: amounts(&(row.pieces_fen, row.decoction_fen, row.delivery_fen, row.refunded_fen)),
        price_version: row.price_version,
    };
    Ok(rows.into_iter().map(billed).collect())
}

/// In the order they were uploaded, newest first.
pub(super) async fn list_uploads(db: &Db, statement: Uuid) -> sqlx::Result<Vec<Upload>> {
    let sql = "SELECT number, file_name, side, uploaded_at, n_lines FROM herbal_statement_upload
        WHERE statement = $1 ORDER BY number DESC LIMIT 100";
    on_read!(db, |c| sqlx::query_as(sql).bind(statement).fetch_all(c).await)
}

pub(super) async fn find_hash(tx: &mut Tx, statement: Uuid, upload: i64) -> sqlx::Result<Option<String>> {
    let sql = "SELECT sm3 FROM herbal_statement_upload WHERE statement = $1 AND number = $2";
    on_tx!(tx, |c| sqlx::query_scalar(sql).bind(statement).bind(upload).fetch_optional(c).await)
}

/// The differences of the last comparison take the place of those before.
pub(super) async fn save_differences(tx: &mut Tx, statement: Uuid, found: &[Difference]) -> sqlx::Result<()> {
    let clear = "DELETE FROM herbal_statement_difference WHERE statement = $1";
    on_tx!(&mut *tx, |c| sqlx::query(clear).bind(statement).execute(c).await.map(drop))?;
    let head =
        "INSERT INTO herbal_statement_difference(statement, position, prescription, kinds, billed, own,
            is_elsewhere) ";
    for some in found.chunks(ROWS_AT_ONCE) {
        on_tx!(&mut *tx, |c| {
            let mut query = sqlx::QueryBuilder::new(head);
            query.push_values(some, |mut row, one| {
                row.push_bind(statement).push_bind(one.position).push_bind(one.prescription.as_str());
                row.push_bind(one.kinds.as_str()).push_bind(one.billed.as_deref());
                row.push_bind(one.own.as_deref()).push_bind(one.is_elsewhere);
            });
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// In the order of prescription numbers, after a position; `kind` as stored, or empty for all.
pub(super) async fn list_differences(
    db: &Db,
    statement: Uuid,
    kind: &str,
    (after, most): (i64, i64),
) -> sqlx::Result<Vec<Difference>> {
    let sql =
        "SELECT position, prescription, kinds, billed, own, is_elsewhere FROM herbal_statement_difference
        WHERE statement = $1 AND position > $2 AND kinds LIKE $3 ORDER BY position LIMIT $4";
    let like = format!("% {kind}%");
    on_read!(db, |c| {
        sqlx::query_as(sql).bind(statement).bind(after).bind(&like).bind(most).fetch_all(c).await
    })
}

pub(super) async fn count_differences(db: &Db, statement: Uuid, kind: &str) -> sqlx::Result<i64> {
    let sql = "SELECT COUNT(*) FROM herbal_statement_difference WHERE statement = $1 AND kinds LIKE $2";
    let like = format!("% {kind} %");
    on_read!(db, |c| sqlx::query_scalar(sql).bind(statement).bind(&like).fetch_one(c).await)
}

pub(super) async fn list_invoices(db: &Db, statement: Uuid) -> sqlx::Result<Vec<Invoice>> {
    let sql = "SELECT number, amount_fen FROM herbal_statement_invoice WHERE statement = $1 ORDER BY number";
    on_read!(db, |c| sqlx::query_as(sql).bind(statement).fetch_all(c).await)
}

/// False when an invoice of this number was recorded before.
pub(super) async fn insert_invoice(tx: &mut Tx, statement: Uuid, one: &Invoice) -> sqlx::Result<bool> {
    let sql = "INSERT INTO herbal_statement_invoice(number, statement, amount_fen) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(&one.number).bind(statement).bind(one.amount_fen);
        query.execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

/// When they are returned; their numbers stand in the steps.
pub(super) async fn delete_invoices(tx: &mut Tx, statement: Uuid) -> sqlx::Result<()> {
    let sql = "DELETE FROM herbal_statement_invoice WHERE statement = $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(statement).execute(c).await.map(drop))
}
