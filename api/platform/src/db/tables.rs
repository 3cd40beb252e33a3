//! Tables as they stand in the database, whichever crate they belong to: their columns, their rows as plain values,
//! the same on both engines. What is written from one engine can be read into the other.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection, Row, SqliteConnection, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

use super::{Db, Tx};
use crate::on_tx;

/// A table with its columns in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// Names of the columns of the primary key, in its order.
    pub key: Vec<String>,
    /// Other tables whose rows it points to.
    refers: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    kind: Kind,
}

/// What a column holds. SQLite has only the first four.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Real,
    Text,
    Bytes,
    Id,
    Moment,
    Day,
    Truth,
    Json,
}

/// A value the same on both engines: truths are 0 and 1, ids their bytes, moments, days, fractions and JSON their
/// texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// Binds a value to a query of SQLite as its column holds it.
macro_rules! bind_sqlite {
    ($query:expr, $column:expr, $value:expr) => {
        match ($value, $column.kind) {
            (Value::Null, _) => $query.bind(None::<i64>),
            (Value::Number(n), _) => $query.bind(*n),
            (Value::Text(text), Kind::Real) => $query.bind(parsed::<f64>($column, text)?),
            (Value::Text(text), _) => $query.bind(text.as_str()),
            (Value::Bytes(bytes), _) => $query.bind(bytes.as_slice()),
        }
    };
}

/// Binds a value to a query of PostgreSQL as its column holds it.
macro_rules! bind_postgres {
    ($query:expr, $column:expr, $value:expr) => {{
        let text = match $value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        };
        match ($column.kind, $value) {
            (Kind::Number, Value::Number(n)) => $query.bind(Some(*n)),
            (Kind::Number, Value::Null) => $query.bind(None::<i64>),
            (Kind::Truth, Value::Number(n)) => $query.bind(Some(*n != 0)),
            (Kind::Truth, Value::Null) => $query.bind(None::<bool>),
            (Kind::Bytes, Value::Bytes(bytes)) => $query.bind(Some(bytes.as_slice())),
            (Kind::Bytes, Value::Null) => $query.bind(None::<Vec<u8>>),
            (Kind::Id, Value::Bytes(bytes)) => {
                $query.bind(Some(Uuid::from_slice(bytes).map_err(|_| unfit($column))?))
            }
            (Kind::Id, Value::Null) => $query.bind(None::<Uuid>),
            (Kind::Text, Value::Text(_) | Value::Null) => $query.bind(text),
            (Kind::Real, Value::Text(_) | Value::Null) => {
                $query.bind(text.map(|text| parsed::<f64>($column, text)).transpose()?)
            }
            (Kind::Moment, Value::Text(_) | Value::Null) => {
                $query.bind(text.map(|text| parsed::<DateTime<Utc>>($column, text)).transpose()?)
            }
            (Kind::Day, Value::Text(_) | Value::Null) => {
                $query.bind(text.map(|text| parsed::<NaiveDate>($column, text)).transpose()?)
            }
            (Kind::Json, Value::Text(_) | Value::Null) => {
                $query.bind(text.map(|text| parsed::<serde_json::Value>($column, text)).transpose()?)
            }
            _ => return Err(unfit($column)),
        }
    }};
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Bytes(id.as_bytes().to_vec())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Number(n)
    }
}

impl Table {
    pub fn column_names(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }

    /// Whether the values of a column are bytes.
    pub(crate) fn holds_bytes(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|column| matches!(column.kind, Kind::Bytes | Kind::Id))
    }

    fn listed(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        names.join(", ")
    }

    /// All rows in the order of the primary key.
    fn select(&self, condition: &str) -> String {
        let order: Vec<String> = self.key.iter().map(|name| quoted(name)).collect();
        let order = if order.is_empty() { "1".to_owned() } else { order.join(", ") };
        format!("SELECT {} FROM {} {condition} ORDER BY {order}", self.listed(), quoted(&self.name))
    }

    fn insert(&self) -> String {
        let marks: Vec<String> = (1..=self.columns.len()).map(|n| format!("${n}")).collect();
        format!("INTO {} ({}) {{}} VALUES ({})", quoted(&self.name), self.listed(), marks.join(", "))
    }
}

impl Db {
    /// A transaction that only reads and sees the database as it is at its first statement, whatever others write.
    pub async fn snapshot(&self) -> sqlx::Result<Tx> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?),
            Self::Postgres(pool) => {
                Tx::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }
}

/// Every table of the program, each after those it points to.
pub async fn list_tables(tx: &mut Tx) -> sqlx::Result<Vec<Table>> {
    let tables = match tx {
        Tx::Sqlite(tx) => sqlite_tables(&mut *tx).await?,
        Tx::Postgres(tx) => postgres_tables(&mut *tx).await?,
    };
    in_order(tables)
}

/// One table of the program.
pub async fn find_table(tx: &mut Tx, name: &str) -> sqlx::Result<Table> {
    match tx {
        Tx::Sqlite(tx) => sqlite_table(&mut *tx, name.to_owned()).await,
        Tx::Postgres(tx) => postgres_table(&mut *tx, name.to_owned()).await,
    }
}

/// The time of the last migration.
pub async fn find_schema(tx: &mut Tx) -> sqlx::Result<i64> {
    let sql = "SELECT max(version) FROM _sqlx_migrations";
    on_tx!(tx, |c| sqlx::query_scalar(sql).fetch_one(c).await)
}

/// Reads the rows of a table one after the other; stops at the first error of `each`.
pub async fn read_rows<E: From<sqlx::Error>>(
    tx: &mut Tx,
    table: &Table,
    mut each: impl FnMut(Vec<Value>) -> Result<(), E> + Send,
) -> Result<(), E> {
    let sql = AssertSqlSafe(table.select(""));
    match tx {
        Tx::Sqlite(tx) => {
            let mut rows = sqlx::query(sql).fetch(&mut **tx);
            while let Some(row) = rows.try_next().await? {
                each(sqlite_values(&row, table)?)?;
            }
        }
        Tx::Postgres(tx) => {
            let mut rows = sqlx::query(sql).fetch(&mut **tx);
            while let Some(row) = rows.try_next().await? {
                each(postgres_values(&row, table)?)?;
            }
        }
    }
    Ok(())
}

/// The rows with a value in a column, as [`read_rows`] gives them.
pub async fn find_rows(
    tx: &mut Tx,
    table: &Table,
    column: &str,
    value: &Value,
) -> sqlx::Result<Vec<Vec<Value>>> {
    let found = table.columns.iter().find(|found| found.name == column);
    let found = found.ok_or_else(|| sqlx::Error::ColumnNotFound(column.into()))?;
    let sql = AssertSqlSafe(table.select(&format!("WHERE {} = $1", quoted(column))));
    match tx {
        Tx::Sqlite(tx) => {
            let query = bind_sqlite!(sqlx::query(sql), found, value);
            query.fetch_all(&mut **tx).await?.iter().map(|row| sqlite_values(row, table)).collect()
        }
        Tx::Postgres(tx) => {
            let query = bind_postgres!(sqlx::query(sql), found, value);
            query.fetch_all(&mut **tx).await?.iter().map(|row| postgres_values(row, table)).collect()
        }
    }
}

/// Writes a row as [`read_rows`] gave it, on either engine.
pub async fn insert_row(tx: &mut Tx, table: &Table, row: &[Value]) -> sqlx::Result<()> {
    match tx {
        Tx::Sqlite(tx) => {
            let sql = format!("INSERT {}", table.insert().replace("{}", ""));
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for (column, value) in table.columns.iter().zip(row) {
                query = bind_sqlite!(query, column, value);
            }
            query.execute(&mut **tx).await.map(drop)
        }
        Tx::Postgres(tx) => {
            // The numbers of queues come with the rows.
            let sql = format!("INSERT {}", table.insert().replace("{}", "OVERRIDING SYSTEM VALUE"));
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for (column, value) in table.columns.iter().zip(row) {
                query = bind_postgres!(query, column, value);
            }
            query.execute(&mut **tx).await.map(drop)
        }
    }
}

/// Whether a table has a row.
pub async fn has_rows(tx: &mut Tx, table: &Table) -> sqlx::Result<bool> {
    let sql = AssertSqlSafe(format!("SELECT 1 FROM {} LIMIT 1", quoted(&table.name)));
    on_tx!(tx, |c| sqlx::query(sql).fetch_optional(c).await.map(|row| row.is_some()))
}

pub async fn clear(tx: &mut Tx, table: &Table) -> sqlx::Result<()> {
    let sql = AssertSqlSafe(format!("DELETE FROM {}", quoted(&table.name)));
    on_tx!(tx, |c| sqlx::query(sql).execute(c).await.map(drop))
}

/// The triggers of the tables, put away until [`wake_triggers`]; on PostgreSQL this also keeps writers away. The
/// transaction brings them back when it is given up.
pub async fn rest_triggers(tx: &mut Tx, tables: &[Table]) -> sqlx::Result<Vec<String>> {
    match tx {
        Tx::Sqlite(tx) => {
            let sql = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name";
            let triggers: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(&mut **tx).await?;
            for (name, _) in &triggers {
                let sql = format!("DROP TRIGGER {}", quoted(name));
                sqlx::query(AssertSqlSafe(sql)).execute(&mut **tx).await?;
            }
            Ok(triggers.into_iter().map(|(_, sql)| sql).collect())
        }
        Tx::Postgres(tx) => {
            let mut again = Vec::new();
            for table in tables {
                let name = quoted(&table.name);
                let sql = format!("ALTER TABLE {name} DISABLE TRIGGER USER");
                sqlx::query(AssertSqlSafe(sql)).execute(&mut **tx).await?;
                again.push(format!("ALTER TABLE {name} ENABLE TRIGGER USER"));
            }
            Ok(again)
        }
    }
}

/// With what [`rest_triggers`] gave; also lets the numbers of queues go on after the highest.
pub async fn wake_triggers(tx: &mut Tx, again: Vec<String>) -> sqlx::Result<()> {
    for sql in again {
        on_tx!(tx, |c| sqlx::query(AssertSqlSafe(sql)).execute(c).await.map(drop))?;
    }
    let Tx::Postgres(tx) = tx else { return Ok(()) };
    let sql = "SELECT table_name::text, column_name::text FROM information_schema.columns
        WHERE table_schema = current_schema() AND is_identity = 'YES'";
    let columns: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(&mut **tx).await?;
    for (table, column) in columns {
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence($1, $2), coalesce(max({0}), 0) + 1, false) FROM {1}",
            quoted(&column),
            quoted(&table)
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(quoted(&table)).bind(column);
        query.execute(&mut **tx).await?;
    }
    Ok(())
}

async fn sqlite_tables(c: &mut SqliteConnection) -> sqlx::Result<Vec<Table>> {
    let sql = "SELECT name FROM sqlite_master
        WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name <> '_sqlx_migrations' ORDER BY name";
    let names: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut *c).await?;
    let mut tables = Vec::with_capacity(names.len());
    for name in names {
        tables.push(sqlite_table(c, name).await?);
    }
    Ok(tables)
}

async fn sqlite_table(c: &mut SqliteConnection, name: String) -> sqlx::Result<Table> {
    let sql = "SELECT name, type, pk FROM pragma_table_info($1) ORDER BY cid";
    let found: Vec<(String, String, i64)> = sqlx::query_as(sql).bind(&name).fetch_all(&mut *c).await?;
    let mut key: Vec<(i64, String)> =
        found.iter().filter(|(.., pk)| *pk > 0).map(|(name, _, pk)| (*pk, name.clone())).collect();
    key.sort();
    let columns = found.into_iter().map(|(column, kind, _)| {
        let kind = match kind.as_str() {
            "INTEGER" => Kind::Number,
            "REAL" => Kind::Real,
            "TEXT" => Kind::Text,
            "BLOB" => Kind::Bytes,
            other => return Err(unknown(&name, &column, other)),
        };
        Ok(Column { name: column, kind })
    });
    let columns = columns.collect::<sqlx::Result<_>>()?;
    let sql = r#"SELECT DISTINCT "table" FROM pragma_foreign_key_list($1)"#;
    let refers: Vec<String> = sqlx::query_scalar(sql).bind(&name).fetch_all(&mut *c).await?;
    Ok(table(name, columns, key.into_iter().map(|(_, name)| name).collect(), refers))
}

async fn postgres_tables(c: &mut PgConnection) -> sqlx::Result<Vec<Table>> {
    let sql = "SELECT table_name::text FROM information_schema.tables
        WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name <> '_sqlx_migrations'
        ORDER BY table_name";
    let names: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut *c).await?;
    let mut tables = Vec::with_capacity(names.len());
    for name in names {
        tables.push(postgres_table(c, name).await?);
    }
    Ok(tables)
}

async fn postgres_table(c: &mut PgConnection, name: String) -> sqlx::Result<Table> {
    let sql = "SELECT column_name::text, udt_name::text FROM information_schema.columns
            WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position";
    let found: Vec<(String, String)> = sqlx::query_as(sql).bind(&name).fetch_all(&mut *c).await?;
    let columns = found.into_iter().map(|(column, kind)| {
        let kind = match kind.as_str() {
            "int8" => Kind::Number,
            "float8" => Kind::Real,
            "text" => Kind::Text,
            "bytea" => Kind::Bytes,
            "uuid" => Kind::Id,
            "timestamptz" => Kind::Moment,
            "date" => Kind::Day,
            "bool" => Kind::Truth,
            "jsonb" => Kind::Json,
            other => return Err(unknown(&name, &column, other)),
        };
        Ok(Column { name: column, kind })
    });
    let columns = columns.collect::<sqlx::Result<_>>()?;
    let sql = "SELECT a.attname::text FROM pg_index i
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
            WHERE i.indrelid = to_regclass($1) AND i.indisprimary
            ORDER BY array_position(i.indkey::int2[], a.attnum)";
    let key: Vec<String> = sqlx::query_scalar(sql).bind(quoted(&name)).fetch_all(&mut *c).await?;
    let sql = "SELECT DISTINCT t.relname::text FROM pg_constraint k JOIN pg_class t ON t.oid = k.confrelid
            WHERE k.contype = 'f' AND k.conrelid = to_regclass($1)";
    let refers: Vec<String> = sqlx::query_scalar(sql).bind(quoted(&name)).fetch_all(&mut *c).await?;
    Ok(table(name, columns, key, refers))
}

fn table(name: String, columns: Vec<Column>, key: Vec<String>, refers: Vec<String>) -> Table {
    let refers = refers.into_iter().filter(|other| *other != name).collect();
    Table { name, columns, key, refers }
}

/// Each after those it points to; by name where there is a choice.
fn in_order(tables: Vec<Table>) -> sqlx::Result<Vec<Table>> {
    let mut waiting: BTreeMap<String, Table> =
        tables.into_iter().map(|table| (table.name.clone(), table)).collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let ready: Vec<String> = waiting
            .values()
            .filter(|table| !table.refers.iter().any(|other| waiting.contains_key(other)))
            .map(|table| table.name.clone())
            .collect();
        if ready.is_empty() {
            return Err(sqlx::Error::Protocol("tables point to each other in a circle".into()));
        }
        ordered.extend(ready.iter().filter_map(|name| waiting.remove(name)));
    }
    Ok(ordered)
}

fn sqlite_values(row: &SqliteRow, table: &Table) -> sqlx::Result<Vec<Value>> {
    let value = |(at, column): (usize, &Column)| -> sqlx::Result<Value> {
        Ok(match column.kind {
            Kind::Number => number(row.try_get(at)?),
            Kind::Real => real(row.try_get(at)?),
            Kind::Bytes => bytes(row.try_get(at)?),
            _ => words(row.try_get(at)?),
        })
    };
    table.columns.iter().enumerate().map(value).collect()
}

fn postgres_values(row: &PgRow, table: &Table) -> sqlx::Result<Vec<Value>> {
    let value = |(at, column): (usize, &Column)| -> sqlx::Result<Value> {
        Ok(match column.kind {
            Kind::Number => number(row.try_get(at)?),
            Kind::Real => real(row.try_get(at)?),
            Kind::Text => words(row.try_get(at)?),
            Kind::Bytes => bytes(row.try_get(at)?),
            Kind::Id => bytes(row.try_get::<Option<Uuid>, _>(at)?.map(|id| id.as_bytes().to_vec())),
            Kind::Moment => words(row.try_get::<Option<DateTime<Utc>>, _>(at)?.map(moment)),
            Kind::Day => words(row.try_get::<Option<NaiveDate>, _>(at)?.map(|day| day.to_string())),
            Kind::Truth => number(row.try_get::<Option<bool>, _>(at)?.map(i64::from)),
            Kind::Json => words(row.try_get::<Option<serde_json::Value>, _>(at)?.map(|v| v.to_string())),
        })
    };
    table.columns.iter().enumerate().map(value).collect()
}

/// As the driver writes it into SQLite.
fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, false)
}

fn number(n: Option<i64>) -> Value {
    n.map_or(Value::Null, Value::Number)
}

/// The shortest text that reads back to the same bits.
fn real(n: Option<f64>) -> Value {
    n.map_or(Value::Null, |n| Value::Text(format!("{n:?}")))
}

fn words(text: Option<String>) -> Value {
    text.map_or(Value::Null, Value::Text)
}

fn bytes(bytes: Option<Vec<u8>>) -> Value {
    bytes.map_or(Value::Null, Value::Bytes)
}

fn parsed<T: std::str::FromStr>(column: &Column, text: &str) -> sqlx::Result<T> {
    text.parse().map_err(|_| unfit(column))
}

fn unfit(column: &Column) -> sqlx::Error {
    sqlx::Error::Encode(format!("a value does not fit the column {}", column.name).into())
}

fn unknown(table: &str, column: &str, kind: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{table}.{column} is of the kind {kind}, which cannot be copied").into())
}

/// Names come from the database's own catalogue.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
