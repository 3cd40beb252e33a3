//! The only SQL of the base data.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use platform::{App, Db, Tx, on_read, on_tx};
use sqlx::FromRow;
use uuid::Uuid;

use super::model::{Company, Person, Piece, Price, Stock, initials};

#[derive(FromRow)]
struct PieceRow {
    code: String,
    name: String,
    spec: String,
    unit: String,
    concept: Option<String>,
    is_active: bool,
}

#[derive(FromRow)]
struct PriceRow {
    piece: String,
    version: i64,
    valid_from: NaiveDate,
    fen: i64,
    per: i64,
}

/// One row of history; both sides in JSON.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Change {
    pub(super) version: i64,
    pub(super) kind: String,
    pub(super) piece: String,
    pub(super) company: Option<String>,
    pub(super) before: Option<String>,
    pub(super) after: String,
    pub(super) at: DateTime<Utc>,
}

/// A file that was read and waits.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Draft {
    pub(super) id: Uuid,
    pub(super) kind: String,
    pub(super) company: Option<String>,
    pub(super) file_name: String,
    pub(super) sm3: String,
    pub(super) rows: String,
    pub(super) based_on: i64,
    pub(super) created_by: Uuid,
    pub(super) taken_version: Option<i64>,
}

/// How far a hospital was told.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Told {
    pub(super) institution: String,
    pub(super) sent_version: i64,
    pub(super) receipt: Option<String>,
    pub(super) fault: Option<String>,
    pub(super) pushed_at: Option<DateTime<Utc>>,
}

impl From<PieceRow> for Piece {
    fn from(row: PieceRow) -> Self {
        let PieceRow { code, name, spec, unit, concept, is_active } = row;
        Self { code, name, spec, unit, concept, is_active }
    }
}

impl PriceRow {
    fn price(&self) -> Price {
        Price { version: self.version, valid_from: self.valid_from, fen: self.fen, per: self.per }
    }
}

const PIECE: &str = "SELECT code, name, spec, unit, concept, is_active FROM herbal_piece";

/// What holds of a piece: the price is the one of the latest day not after today, set last.
pub(super) type Known = BTreeMap<String, (Piece, Option<Price>)>;

/// The whole catalogue: some thousand pieces.
pub(super) async fn list_pieces(tx: &mut Tx) -> sqlx::Result<Known> {
    let prices =
        "SELECT piece, version, valid_from, fen, per FROM herbal_price ORDER BY piece, valid_from, version";
    let pieces: Vec<PieceRow> = on_tx!(&mut *tx, |c| sqlx::query_as(PIECE).fetch_all(c).await)?;
    let prices: Vec<PriceRow> = on_tx!(tx, |c| sqlx::query_as(prices).fetch_all(c).await)?;
    let mut known: Known =
        pieces.into_iter().map(|row| (row.code.clone(), (Piece::from(row), None))).collect();
    for row in prices {
        if let Some((_, price)) = known.get_mut(&row.piece) {
            *price = Some(row.price());
        }
    }
    Ok(known)
}

/// Pieces by name, code or first letters, with the price that was set for the latest day.
pub(super) async fn search(
    db: &Db,
    (words, is_unmatched, is_active): (&str, bool, Option<bool>),
    most: i64,
) -> sqlx::Result<Vec<Piece>> {
    let sql = "SELECT code, name, spec, unit, concept, is_active FROM herbal_piece
        WHERE ($1 = '' OR initials LIKE $2 OR name LIKE $3 OR code LIKE $2)
            AND ($4 = 0 OR concept IS NULL) AND ($5 = -1 OR ($5 = 1) = is_active)
        ORDER BY initials, name, code LIMIT $6";
    let plain: String = words.trim().chars().filter(|c| !matches!(c, '%' | '_' | '\\')).collect();
    let (start, part) = (format!("{}%", plain.to_ascii_lowercase()), format!("%{plain}%"));
    let state = is_active.map_or(-1_i64, i64::from);
    let rows: Vec<PieceRow> = on_read!(db, |c| {
        let query = sqlx::query_as(sql).bind(&plain).bind(&start).bind(&part);
        query.bind(i64::from(is_unmatched)).bind(state).bind(most).fetch_all(c).await
    })?;
    Ok(rows.into_iter().map(Piece::from).collect())
}

pub(super) async fn count_pieces(db: &Db) -> sqlx::Result<(i64, i64)> {
    let sql = "SELECT COUNT(*), COUNT(concept) FROM herbal_piece WHERE is_active = $1";
    on_read!(db, |c| sqlx::query_as(sql).bind(true).fetch_one(c).await)
}

pub(super) async fn find_piece(db: &Db, code: &str) -> sqlx::Result<Option<Piece>> {
    let sql = "SELECT code, name, spec, unit, concept, is_active FROM herbal_piece WHERE code = $1";
    let row: Option<PieceRow> = on_read!(db, |c| sqlx::query_as(sql).bind(code).fetch_optional(c).await)?;
    Ok(row.map(Piece::from))
}

/// Latest day first; `code` empty for all pieces.
pub(super) async fn list_prices(db: &Db, code: &str) -> sqlx::Result<Vec<(String, Price)>> {
    let sql = "SELECT piece, version, valid_from, fen, per FROM herbal_price WHERE $1 = '' OR piece = $1
        ORDER BY piece, valid_from DESC, version DESC";
    let rows: Vec<PriceRow> = on_read!(db, |c| sqlx::query_as(sql).bind(code).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|row| (row.piece.clone(), row.price())).collect())
}

/// Code and unit of the active piece a line of a prescription means: the one of its code, else the one of its name.
pub(super) async fn find_piece_for(
    tx: &mut Tx,
    code: &str,
    name: &str,
) -> sqlx::Result<Option<(String, String)>> {
    let sql = "SELECT code, unit FROM herbal_piece WHERE is_active = $3 AND (code = $1 OR name = $2)
        ORDER BY CASE WHEN code = $1 THEN 0 ELSE 1 END, code LIMIT 1";
    on_tx!(tx, |c| sqlx::query_as(sql).bind(code).bind(name).bind(true).fetch_optional(c).await)
}

pub(super) async fn find_price(tx: &mut Tx, piece: &str, day: NaiveDate) -> sqlx::Result<Option<Price>> {
    let sql =
        "SELECT piece, version, valid_from, fen, per FROM herbal_price WHERE piece = $1 AND valid_from <= $2
        ORDER BY valid_from DESC, version DESC LIMIT 1";
    let row: Option<PriceRow> =
        on_tx!(tx, |c| sqlx::query_as(sql).bind(piece).bind(day).fetch_optional(c).await)?;
    Ok(row.map(|row| row.price()))
}

/// `piece` empty for all.
pub(super) async fn list_stock(db: &Db, piece: &str) -> sqlx::Result<Vec<Stock>> {
    let sql = "SELECT company, piece, quantity, updated_at FROM herbal_stock WHERE $1 = '' OR piece = $1
        ORDER BY piece, company";
    let rows: Vec<(String, String, i64, DateTime<Utc>)> =
        on_read!(db, |c| sqlx::query_as(sql).bind(piece).fetch_all(c).await)?;
    let stock = |(company, piece, quantity, updated_at)| Stock { company, piece, quantity, updated_at };
    Ok(rows.into_iter().map(stock).collect())
}

pub(super) async fn list_stock_of(tx: &mut Tx, company: &str) -> sqlx::Result<BTreeMap<String, i64>> {
    let sql = "SELECT piece, quantity FROM herbal_stock WHERE company = $1";
    let rows: Vec<(String, i64)> = on_tx!(tx, |c| sqlx::query_as(sql).bind(company).fetch_all(c).await)?;
    Ok(rows.into_iter().collect())
}

pub(super) async fn find_version(db: &Db) -> sqlx::Result<i64> {
    let sql = "SELECT version FROM herbal_catalogue_version WHERE one = 1";
    on_read!(db, |c| sqlx::query_scalar(sql).fetch_one(c).await)
}

/// The version of what a snapshot sees.
pub(super) async fn read_version(tx: &mut Tx) -> sqlx::Result<i64> {
    let sql = "SELECT version FROM herbal_catalogue_version WHERE one = 1";
    on_tx!(tx, |c| sqlx::query_scalar(sql).fetch_one(c).await)
}

/// The current version, under lock until the transaction ends.
pub(super) async fn lock_version(tx: &mut Tx) -> sqlx::Result<i64> {
    let sql = "UPDATE herbal_catalogue_version SET version = version WHERE one = 1 RETURNING version";
    on_tx!(tx, |c| sqlx::query_scalar(sql).fetch_one(c).await)
}

pub(super) async fn set_version(tx: &mut Tx, version: i64) -> sqlx::Result<()> {
    let sql = "UPDATE herbal_catalogue_version SET version = $1 WHERE one = 1";
    on_tx!(tx, |c| sqlx::query(sql).bind(version).execute(c).await.map(drop))
}

pub(super) async fn save_piece(app: &App, tx: &mut Tx, piece: &Piece, version: i64) -> sqlx::Result<()> {
    let sql =
        "INSERT INTO herbal_piece(code, name, spec, unit, initials, concept, is_active, changed, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (code) DO UPDATE SET name = excluded.name, spec = excluded.spec, unit = excluded.unit,
            initials = excluded.initials, concept = excluded.concept, is_active = excluded.is_active,
            changed = excluded.changed, updated_at = excluded.updated_at";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(&piece.code).bind(&piece.name).bind(&piece.spec).bind(&piece.unit);
        let query = query.bind(initials(&piece.name)).bind(&piece.concept).bind(piece.is_active);
        query.bind(version).bind(app.now()).execute(c).await.map(drop)
    })
}

pub(super) async fn insert_price(tx: &mut Tx, piece: &str, price: &Price) -> sqlx::Result<()> {
    let sql = "INSERT INTO herbal_price(piece, version, valid_from, fen, per) VALUES ($1, $2, $3, $4, $5)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(piece).bind(price.version).bind(price.valid_from);
        query.bind(price.fen).bind(price.per).execute(c).await.map(drop)
    })
}

pub(super) async fn save_stock(app: &App, tx: &mut Tx, stock: &Stock, version: i64) -> sqlx::Result<()> {
    let sql =
        "INSERT INTO herbal_stock(company, piece, quantity, changed, updated_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (company, piece) DO UPDATE SET quantity = excluded.quantity, changed = excluded.changed,
            updated_at = excluded.updated_at";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(&stock.company).bind(&stock.piece).bind(stock.quantity);
        query.bind(version).bind(app.now()).execute(c).await.map(drop)
    })
}

pub(super) async fn insert_change(
    tx: &mut Tx,
    position: i64,
    change: &Change,
    actor: &str,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO herbal_catalogue_change(version, position, kind, piece, company, before, after, actor, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(change.version).bind(position).bind(&change.kind);
        let query = query.bind(&change.piece).bind(&change.company).bind(&change.before).bind(&change.after);
        query.bind(actor).bind(change.at).execute(c).await.map(drop)
    })
}

/// The history of a piece, newest first.
pub(super) async fn list_history(db: &Db, piece: &str) -> sqlx::Result<Vec<Change>> {
    let sql = "SELECT version, kind, piece, company, before, after, at FROM herbal_catalogue_change
        WHERE piece = $1 ORDER BY version DESC, position DESC LIMIT 200";
    on_read!(db, |c| sqlx::query_as(sql).bind(piece).fetch_all(c).await)
}

/// The changes of whole versions after one, oldest first: at most so many versions.
pub(super) async fn list_changes(db: &Db, after: i64, versions: i64) -> sqlx::Result<Vec<Change>> {
    let sql = "SELECT version, kind, piece, company, before, after, at FROM herbal_catalogue_change
        WHERE version > $1 AND version <= $1 + $2 ORDER BY version, position";
    on_read!(db, |c| sqlx::query_as(sql).bind(after).bind(versions).fetch_all(c).await)
}

pub(super) async fn insert_draft(app: &App, tx: &mut Tx, draft: &Draft) -> sqlx::Result<()> {
    let sql =
        "INSERT INTO herbal_catalogue_draft(id, kind, company, file_name, sm3, rows, based_on, created_by,
            created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(draft.id).bind(&draft.kind).bind(&draft.company);
        let query = query.bind(&draft.file_name).bind(&draft.sm3).bind(&draft.rows).bind(draft.based_on);
        query.bind(draft.created_by).bind(app.now()).execute(c).await.map(drop)
    })
}

pub(super) async fn find_draft(db: &Db, id: Uuid, kind: &str) -> sqlx::Result<Option<Draft>> {
    let sql = "SELECT id, kind, company, file_name, sm3, rows, based_on, created_by, taken_version
        FROM herbal_catalogue_draft WHERE id = $1 AND kind = $2";
    on_read!(db, |c| sqlx::query_as(sql).bind(id).bind(kind).fetch_optional(c).await)
}

/// False when it was taken over before.
pub(super) async fn take_draft(tx: &mut Tx, id: Uuid, version: i64) -> sqlx::Result<bool> {
    let sql = "UPDATE herbal_catalogue_draft SET taken_version = $2 WHERE id = $1 AND taken_version IS NULL";
    on_tx!(tx, |c| {
        sqlx::query(sql).bind(id).bind(version).execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

type CompanyRow = (String, String, String, i64, String, bool, i64);

pub(super) async fn list_companies(db: &Db) -> sqlx::Result<Vec<Company>> {
    let sql = "SELECT code, name, areas, daily_capacity, phone, is_active, version FROM herbal_company ORDER BY code";
    let rows: Vec<CompanyRow> = on_read!(db, |c| sqlx::query_as(sql).fetch_all(c).await)?;
    let company = |(code, name, areas, daily_capacity, phone, is_active, version)| Company {
        code,
        name,
        areas,
        daily_capacity,
        phone,
        is_active,
        version,
    };
    Ok(rows.into_iter().map(company).collect())
}

/// A new company has version 0; false when somebody changed it meanwhile, or there is one of this code.
pub(super) async fn save_company(app: &App, tx: &mut Tx, one: &Company) -> sqlx::Result<bool> {
    let insert =
        "INSERT INTO herbal_company(code, name, areas, daily_capacity, phone, is_active, version, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7 + 1, $8) ON CONFLICT DO NOTHING";
    let update =
        "UPDATE herbal_company SET name = $2, areas = $3, daily_capacity = $4, phone = $5, is_active = $6,
        version = version + 1, updated_at = $8 WHERE code = $1 AND version = $7";
    let sql = if one.version == 0 { insert } else { update };
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(&one.code).bind(&one.name).bind(&one.areas);
        let query = query.bind(one.daily_capacity).bind(&one.phone).bind(one.is_active).bind(one.version);
        query.bind(app.now()).execute(c).await.map(|done| done.rows_affected() == 1)
    })
}

pub(super) async fn list_people(db: &Db, company: &str) -> sqlx::Result<Vec<Person>> {
    let sql = "SELECT number, name, post, licence, is_active FROM herbal_company_person WHERE company = $1
        ORDER BY number";
    let rows: Vec<(String, String, String, String, bool)> =
        on_read!(db, |c| sqlx::query_as(sql).bind(company).fetch_all(c).await)?;
    let person = |(number, name, post, licence, is_active)| Person { number, name, post, licence, is_active };
    Ok(rows.into_iter().map(person).collect())
}

pub(super) async fn save_person(tx: &mut Tx, company: &str, one: &Person) -> sqlx::Result<()> {
    let sql = "INSERT INTO herbal_company_person(company, number, name, post, licence, is_active)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (company, number) DO UPDATE SET name = excluded.name, post = excluded.post,
            licence = excluded.licence, is_active = excluded.is_active";
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(company).bind(&one.number).bind(&one.name).bind(&one.post);
        query.bind(&one.licence).bind(one.is_active).execute(c).await.map(drop)
    })
}

/// Codes and names of the institutions that are no companies.
pub(super) async fn list_hospitals(db: &Db) -> sqlx::Result<Vec<(String, String)>> {
    let sql = "SELECT code, name FROM institution WHERE code NOT IN (SELECT code FROM herbal_company) ORDER BY code";
    on_read!(db, |c| sqlx::query_as(sql).fetch_all(c).await)
}

pub(super) async fn list_told(db: &Db) -> sqlx::Result<Vec<Told>> {
    let sql = "SELECT institution, sent_version, receipt, fault, pushed_at FROM herbal_catalogue_push
        ORDER BY institution";
    on_read!(db, |c| sqlx::query_as(sql).fetch_all(c).await)
}

/// What a try came to; a receipt is kept with its version for good.
pub(super) async fn save_told(tx: &mut Tx, told: &Told) -> sqlx::Result<()> {
    let sql = "INSERT INTO herbal_catalogue_push(institution, sent_version, receipt, fault, pushed_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (institution) DO UPDATE SET sent_version = excluded.sent_version, receipt = excluded.receipt,
            fault = excluded.fault, pushed_at = excluded.pushed_at";
    let keep =
        "INSERT INTO herbal_catalogue_receipt(institution, version, receipt, at) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING";
    on_tx!(&mut *tx, |c| {
        let query = sqlx::query(sql).bind(&told.institution).bind(told.sent_version).bind(&told.receipt);
        query.bind(&told.fault).bind(told.pushed_at).execute(c).await.map(drop)
    })?;
    if let (Some(receipt), None, Some(at)) = (&told.receipt, &told.fault, told.pushed_at) {
        on_tx!(tx, |c| {
            let query = sqlx::query(keep).bind(&told.institution).bind(told.sent_version);
            query.bind(receipt).bind(at).execute(c).await.map(drop)
        })?;
    }
    Ok(())
}
