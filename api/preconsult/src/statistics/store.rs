//! The only SQL of the statistics.

mod query;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use platform::{
    App, Tx, bind_all,
    crypto::{Place, Sealed},
    db::{Bound, Conditions},
    on_read, on_tx,
};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::{
    answers::Question,
    model::{AnswerCell, Cell, Counts, Fact},
};
use crate::{PreconsultError, model::Plan};

pub(super) use query::{
    Span, Submitted, find_progress, list_answers, list_by_day, list_by_day_and_value, list_by_department,
    list_by_value, list_published, list_submitted, list_template_uses, list_templates,
};

/// Rows of one statement.
const AT_ONCE: usize = 60;

/// What of a consultation is counted, as it stands.
#[derive(Debug, FromRow)]
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) institution: String,
    pub(super) department: String,
    pub(super) state: String,
    pub(super) entry: String,
    pub(super) release: String,
    pub(super) age_months: i64,
    pub(super) sex: Option<String>,
    plan: Option<Sealed>,
    pub(super) created_at: DateTime<Utc>,
    /// Of its registration.
    pub(super) scheduled_at: Option<DateTime<Utc>>,
    pub(super) has_turns: bool,
}

/// A questionnaire that was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) template: String,
    pub(super) version: String,
    pub(super) title: String,
    pub(super) questions: Vec<Question>,
}

const ROW: &str =
    "SELECT c.id, c.institution, c.department, c.state, c.entry, c.release, c.age_months, c.sex, c.plan,
        c.created_at, v.scheduled_at,
        EXISTS (SELECT 1 FROM consultation_turn t WHERE t.consultation_id = c.id) AS has_turns
    FROM consultation c LEFT JOIN visit v ON v.id = c.visit_id";

impl Row {
    pub(super) fn plan(&self, app: &App) -> Result<Plan, PreconsultError> {
        let place = Place { table: "consultation", column: "plan", row: self.id };
        match &self.plan {
            Some(plan) => Ok(serde_json::from_str(&app.keyring.open(place, plan)?)?),
            None => Ok(Plan::default()),
        }
    }
}

fn place(row: Uuid) -> Place {
    Place { table: "statistics_fact", column: "fact", row }
}

/// Says that a consultation is to be counted anew.
pub(crate) async fn insert_due(app: &App, tx: &mut Tx, consultation: Uuid) -> sqlx::Result<()> {
    let sql = "INSERT INTO statistics_due(id, consultation_id) VALUES ($1, $2)";
    on_tx!(tx, |c| sqlx::query(sql).bind(app.new_id()).bind(consultation).execute(c).await.map(drop))
}

/// The same for those of a registration.
pub(crate) async fn insert_due_of_visit(app: &App, tx: &mut Tx, visit: Uuid) -> sqlx::Result<()> {
    let sql =
        "INSERT INTO statistics_due(id, consultation_id) SELECT $2, id FROM consultation WHERE visit_id = $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(visit).bind(app.new_id()).execute(c).await.map(drop))
}

/// Oldest first.
pub(super) async fn list_due(app: &App, limit: i64) -> sqlx::Result<Vec<(Uuid, Uuid)>> {
    let sql = "SELECT id, consultation_id FROM statistics_due ORDER BY id, consultation_id LIMIT $1";
    on_read!(&app.db, |c| sqlx::query_as(sql).bind(limit).fetch_all(c).await)
}

/// Makes other nodes wait until this transaction is over.
pub(super) async fn lock(tx: &mut Tx, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE statistics_state SET counted_at = $1 WHERE one = 1";
    on_tx!(tx, |c| sqlx::query(sql).bind(now).execute(c).await.map(drop))
}

/// False when another node has counted some of them.
pub(super) async fn delete_due(tx: &mut Tx, due: &[(Uuid, Uuid)]) -> sqlx::Result<bool> {
    let sql = "DELETE FROM statistics_due WHERE id = $1 AND consultation_id = $2";
    for (id, consultation) in due {
        let deleted = on_tx!(tx, |c| {
            sqlx::query(sql).bind(*id).bind(*consultation).execute(c).await.map(|done| done.rows_affected())
        })?;
        if deleted == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Forgets everything that was counted.
pub(super) async fn clear(tx: &mut Tx) -> sqlx::Result<()> {
    for sql in [
        "DELETE FROM statistics_due",
        "DELETE FROM statistics_fact",
        "DELETE FROM statistics_count",
        "DELETE FROM statistics_answer",
    ] {
        on_tx!(tx, |c| sqlx::query(sql).execute(c).await.map(drop))?;
    }
    Ok(())
}

fn ids(column: &'static str, of: &BTreeSet<Uuid>) -> Conditions {
    Conditions::new().and_in(column, of.iter().map(|id| Bound::Id(*id)).collect())
}

pub(super) async fn list_rows(tx: &mut Tx, of: &BTreeSet<Uuid>) -> sqlx::Result<Vec<Row>> {
    let conditions = ids("c.id", of);
    let sql = format!("{ROW} WHERE {}", conditions.sql());
    on_tx!(tx, |c| bind_all!(sqlx::query_as(AssertSqlSafe(sql)), conditions).fetch_all(c).await)
}

/// The next ones in the order of their ids.
pub(super) async fn list_rows_after(tx: &mut Tx, after: Uuid, limit: i64) -> sqlx::Result<Vec<Row>> {
    let sql = format!("{ROW} WHERE c.id > $1 ORDER BY c.id LIMIT $2");
    on_tx!(tx, |c| sqlx::query_as(AssertSqlSafe(sql)).bind(after).bind(limit).fetch_all(c).await)
}

/// As what they were counted before.
pub(super) async fn list_facts(
    app: &App,
    tx: &mut Tx,
    of: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, Fact>, PreconsultError> {
    let conditions = ids("consultation_id", of);
    let sql = format!("SELECT consultation_id, fact FROM statistics_fact WHERE {}", conditions.sql());
    let rows: Vec<(Uuid, Sealed)> =
        on_tx!(tx, |c| bind_all!(sqlx::query_as(AssertSqlSafe(sql)), conditions).fetch_all(c).await)?;
    let opened =
        |(id, fact): (Uuid, Sealed)| Ok((id, serde_json::from_str(&app.keyring.open(place(id), &fact)?)?));
    rows.into_iter().map(opened).collect()
}

pub(super) async fn delete_fact(tx: &mut Tx, consultation: Uuid) -> sqlx::Result<()> {
    let sql = "DELETE FROM statistics_fact WHERE consultation_id = $1";
    on_tx!(tx, |c| sqlx::query(sql).bind(consultation).execute(c).await.map(drop))
}

/// `($1, $2), ($3, $4)`: as many as there are rows.
fn places(n_rows: usize, n_columns: usize) -> String {
    let row = |row: usize| {
        let places: Vec<String> =
            (1..=n_columns).map(|column| format!("${}", row * n_columns + column)).collect();
        format!("({})", places.join(", "))
    };
    (0..n_rows).map(row).collect::<Vec<_>>().join(", ")
}

pub(super) async fn save_facts(
    app: &App,
    tx: &mut Tx,
    facts: &[(Uuid, Fact)],
) -> Result<(), PreconsultError> {
    for chunk in facts.chunks(AT_ONCE) {
        let sql = format!(
            "INSERT INTO statistics_fact(consultation_id, fact) VALUES {}
            ON CONFLICT (consultation_id) DO UPDATE SET fact = excluded.fact",
            places(chunk.len(), 2)
        );
        let mut sealed = Vec::with_capacity(chunk.len());
        for (id, fact) in chunk {
            sealed.push((*id, app.keyring.seal(&*app.ids, place(*id), &serde_json::to_string(fact)?)));
        }
        on_tx!(tx, |c| {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for (id, fact) in &sealed {
                query = query.bind(*id).bind(fact);
            }
            query.execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// Adds to the cells; what is taken back is negative.
pub(super) async fn add_counts(tx: &mut Tx, counts: &BTreeMap<Cell, Counts>) -> sqlx::Result<()> {
    let changed: Vec<_> = counts.iter().filter(|(_, counts)| **counts != Counts::default()).collect();
    for chunk in changed.chunks(AT_ONCE) {
        let sql = format!(
            "INSERT INTO statistics_count(institution, department, dimension, day, value,
                n_begun, n_submitted, n_emergency, n_abandoned) VALUES {}
            ON CONFLICT (institution, department, dimension, day, value) DO UPDATE SET
                n_begun = statistics_count.n_begun + excluded.n_begun,
                n_submitted = statistics_count.n_submitted + excluded.n_submitted,
                n_emergency = statistics_count.n_emergency + excluded.n_emergency,
                n_abandoned = statistics_count.n_abandoned + excluded.n_abandoned",
            places(chunk.len(), 9)
        );
        on_tx!(tx, |c| {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for (cell, n) in chunk {
                query = query.bind(&cell.unit.institution).bind(&cell.unit.department);
                query = query.bind(cell.dimension.name()).bind(cell.day).bind(&cell.value);
                query = query.bind(n.begun).bind(n.submitted).bind(n.emergency).bind(n.abandoned);
            }
            query.execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// The same for the answers.
pub(super) async fn add_answers(tx: &mut Tx, answers: &BTreeMap<AnswerCell, i64>) -> sqlx::Result<()> {
    let changed: Vec<_> = answers.iter().filter(|(_, n)| **n != 0).collect();
    for chunk in changed.chunks(AT_ONCE) {
        let sql = format!(
            "INSERT INTO statistics_answer(institution, department, template, version, month, question, option, n)
            VALUES {}
            ON CONFLICT (institution, department, template, version, month, question, option) DO UPDATE SET
                n = statistics_answer.n + excluded.n",
            places(chunk.len(), 8)
        );
        on_tx!(tx, |c| {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for (cell, n) in chunk {
                let of = &cell.answered;
                query = query.bind(&cell.unit.institution).bind(&cell.unit.department);
                query = query.bind(&of.template).bind(&of.version).bind(cell.month);
                query = query.bind(&of.question).bind(&of.option).bind(**n);
            }
            query.execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// Remembers what the questions of a questionnaire are; those asked last stay.
pub(super) async fn save_template(tx: &mut Tx, counted: &Counted) -> Result<(), PreconsultError> {
    let sql = "INSERT INTO statistics_template(template, version, title, questions) VALUES ($1, $2, $3, $4)
        ON CONFLICT (template, version) DO UPDATE SET title = excluded.title, questions = excluded.questions";
    let questions = serde_json::to_string(&counted.questions)?;
    on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(&counted.template).bind(&counted.version);
        query.bind(&counted.title).bind(&questions).execute(c).await.map(drop)
    })?;
    Ok(())
}
