//! What the pages read: sums of the cells, never of the consultations themselves.

use chrono::{DateTime, Utc};
use platform::{
    App, Db, bind_all,
    db::{Bound, Conditions},
    on_read,
};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::{
    super::model::{Counts, Dimension, Unit},
    Counted,
};
use crate::PreconsultError;

/// First and last day, both counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Span {
    pub(in super::super) from: i64,
    pub(in super::super) until: i64,
}

#[derive(FromRow)]
struct Sums {
    begun: i64,
    submitted: i64,
    emergency: i64,
    abandoned: i64,
}

/// What stands in a list of reports; nobody's name and nothing of their illness.
#[derive(Debug, FromRow)]
pub(in super::super) struct Submitted {
    pub(in super::super) id: Uuid,
    pub(in super::super) ended_at: DateTime<Utc>,
}

const SUMS: &str = "CAST(SUM(n_begun) AS BIGINT) AS begun, CAST(SUM(n_submitted) AS BIGINT) AS submitted,
    CAST(SUM(n_emergency) AS BIGINT) AS emergency, CAST(SUM(n_abandoned) AS BIGINT) AS abandoned";

impl From<Sums> for Counts {
    fn from(sums: Sums) -> Self {
        Self {
            begun: sums.begun,
            submitted: sums.submitted,
            emergency: sums.emergency,
            abandoned: sums.abandoned,
        }
    }
}

fn within(unit: &Unit, dimension: Dimension, span: Span) -> Conditions {
    Conditions::new()
        .and(
            "institution = ? AND department = ?",
            [Bound::Text(unit.institution.clone()), Bound::Text(unit.department.clone())],
        )
        .and("dimension = ?", [Bound::Text(dimension.name().to_owned())])
        .and("day >= ? AND day <= ?", [Bound::Number(span.from), Bound::Number(span.until)])
}

/// Sums by the values of a dimension.
pub(in super::super) async fn list_by_value(
    db: &Db,
    unit: &Unit,
    dimension: Dimension,
    span: Span,
) -> sqlx::Result<Vec<(String, Counts)>> {
    #[derive(FromRow)]
    struct Row {
        value: String,
        #[sqlx(flatten)]
        sums: Sums,
    }
    let conditions = within(unit, dimension, span);
    let sql = format!(
        "SELECT value, {SUMS} FROM statistics_count WHERE {} GROUP BY value ORDER BY value",
        conditions.sql()
    );
    let rows: Vec<Row> =
        on_read!(db, |c| { bind_all!(sqlx::query_as(AssertSqlSafe(sql)), conditions).fetch_all(c).await })?;
    Ok(rows.into_iter().map(|row| (row.value, row.sums.into())).collect())
}

/// Sums by day; a day without any is not there.
pub(in super::super) async fn list_by_day(
    db: &Db,
    unit: &Unit,
    span: Span,
) -> sqlx::Result<Vec<(i64, Counts)>> {
    let rows = list_by_day_and_value(db, unit, Dimension::All, span).await?;
    Ok(rows.into_iter().map(|(day, _, counts)| (day, counts)).collect())
}

/// The cells themselves, in order of the days.
pub(in super::super) async fn list_by_day_and_value(
    db: &Db,
    unit: &Unit,
    dimension: Dimension,
    span: Span,
) -> sqlx::Result<Vec<(i64, String, Counts)>> {
    #[derive(FromRow)]
    struct Row {
        day: i64,
        value: String,
        #[sqlx(flatten)]
        sums: Sums,
    }
    let conditions = within(unit, dimension, span);
    let sql = format!(
        "SELECT day, value, n_begun AS begun, n_submitted AS submitted, n_emergency AS emergency,
            n_abandoned AS abandoned FROM statistics_count WHERE {} ORDER BY day, value",
        conditions.sql()
    );
    let rows: Vec<Row> =
        on_read!(db, |c| { bind_all!(sqlx::query_as(AssertSqlSafe(sql)), conditions).fetch_all(c).await })?;
    Ok(rows.into_iter().map(|row| (row.day, row.value, row.sums.into())).collect())
}

/// All consultations of some departments, and those a questionnaire asked; by institution and department.
pub(in super::super) async fn list_by_department(
    db: &Db,
    departments: &[Unit],
    span: Span,
) -> sqlx::Result<Vec<(Unit, String, Counts)>> {
    #[derive(FromRow)]
    struct Row {
        institution: String,
        department: String,
        value: String,
        #[sqlx(flatten)]
        sums: Sums,
    }
    let mut found = Vec::new();
    for unit in departments {
        let conditions = within(unit, Dimension::Asked, span);
        let sql = format!(
            "SELECT institution, department, value, {SUMS} FROM statistics_count WHERE {}
            GROUP BY institution, department, value",
            conditions.sql()
        );
        let rows: Vec<Row> = on_read!(db, |c| {
            bind_all!(sqlx::query_as(AssertSqlSafe(sql)), conditions).fetch_all(c).await
        })?;
        found.extend(
            rows.into_iter()
                .map(|row| (Unit::new(&row.institution, &row.department), row.value, row.sums.into())),
        );
    }
    Ok(found)
}

/// How often each questionnaire was chosen in each part of a unit.
pub(in super::super) async fn list_template_uses(
    db: &Db,
    parts: &[Unit],
    span: Span,
) -> sqlx::Result<Vec<(Unit, String, Counts)>> {
    let mut found = Vec::new();
    for unit in parts {
        let used = list_by_value(db, unit, Dimension::Template, span).await?;
        found.extend(used.into_iter().map(|(template, counts)| (unit.clone(), template, counts)));
    }
    Ok(found)
}

/// Sums of the answers to a questionnaire over months, both counted: question, option, how many.
pub(in super::super) async fn list_answers(
    db: &Db,
    unit: &Unit,
    (template, version): (&str, &str),
    (from, until): (i64, i64),
) -> sqlx::Result<Vec<(String, String, i64)>> {
    let sql = "SELECT question, option, CAST(SUM(n) AS BIGINT) FROM statistics_answer
        WHERE institution = $1 AND department = $2 AND template = $3 AND version = $4
            AND month >= $5 AND month <= $6
        GROUP BY question, option";
    on_read!(db, |c| {
        let query = sqlx::query_as(sql).bind(&unit.institution).bind(&unit.department).bind(template);
        query.bind(version).bind(from).bind(until).fetch_all(c).await
    })
}

/// Every questionnaire that was ever counted, by template and version.
pub(in super::super) async fn list_templates(app: &App) -> Result<Vec<Counted>, PreconsultError> {
    let sql =
        "SELECT template, version, title, questions FROM statistics_template ORDER BY template, version";
    let rows: Vec<(String, String, String, String)> =
        on_read!(&app.db, |c| sqlx::query_as(sql).fetch_all(c).await)?;
    let counted = |(template, version, title, questions): (String, String, String, String)| {
        Ok(Counted { template, version, title, questions: serde_json::from_str(&questions)? })
    };
    rows.into_iter().map(counted).collect()
}

/// How many own templates each institution has in use.
pub(in super::super) async fn list_published(db: &Db) -> sqlx::Result<Vec<(String, i64)>> {
    let sql = "SELECT institution, count(*) FROM template WHERE state = 'published' GROUP BY institution";
    on_read!(db, |c| sqlx::query_as(sql).fetch_all(c).await)
}

/// When it was counted last, and how many changes wait.
pub(in super::super) async fn find_progress(db: &Db) -> sqlx::Result<(Option<DateTime<Utc>>, i64)> {
    let sql = "SELECT counted_at, (SELECT count(*) FROM (SELECT 1 FROM statistics_due LIMIT 10000) AS due)
        FROM statistics_state WHERE one = 1";
    on_read!(db, |c| sqlx::query_as(sql).fetch_one(c).await)
}

/// Submitted ones of a unit within a span of time, newest first, after the one a page ended with.
pub(in super::super) async fn list_submitted(
    db: &Db,
    (unit, level): (&Unit, Option<i64>),
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u32,
) -> sqlx::Result<Vec<Submitted>> {
    let text =
        |text: &str| Some(text).filter(|text| !text.is_empty()).map(|text| Bound::Text(text.to_owned()));
    let mut conditions = Conditions::new()
        .and("state = 'submitted'", [])
        .and_where("institution = ?", text(&unit.institution))
        .and_where("department = ?", text(&unit.department))
        .and("ended_at >= ? AND ended_at < ?", [Bound::Moment(from), Bound::Moment(until)]);
    if let Some(level) = level {
        conditions = conditions.and("triage_level <= ?", [Bound::Number(level)]);
    }
    if let Some((ended_at, id)) = after {
        conditions = conditions.and("(ended_at, id) < (?, ?)", [Bound::Moment(ended_at), Bound::Id(id)]);
    }
    let sql = format!(
        "SELECT id, ended_at FROM consultation WHERE {} ORDER BY ended_at DESC, id DESC LIMIT {limit}",
        conditions.sql()
    );
    on_read!(db, |c| bind_all!(sqlx::query_as(AssertSqlSafe(sql)), conditions).fetch_all(c).await)
}
