use platform::{
    App, Tx,
    crypto::{Place, Sealed},
    on_tx,
};
use serde::Serialize;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Made, Sheets};
use crate::{PreconsultError, Service};

/// Rows of one statement.
const AT_ONCE: usize = 100;

/// Writes a batch: registrations, consultations, and the answers of some.
pub(super) async fn write(service: &Service, batch: &[Made], sheets: &Sheets) -> Result<(), PreconsultError> {
    let app = &service.app;
    let mut tx = app.db.begin().await?;
    for chunk in batch.chunks(AT_ONCE) {
        insert_visits(app, &mut tx, chunk).await?;
        insert_consultations(app, &mut tx, chunk, &service.engine.kb().release).await?;
    }
    for one in batch {
        if let Some((what, column, sheet)) = one.sheet
            && let Some(turns) = sheets.get(&(what, column)).and_then(|sheets| sheets.get(sheet))
        {
            insert_turns(app, &mut tx, one, turns).await?;
        }
    }
    Ok(tx.commit().await?)
}

fn sealed(app: &App, table: &'static str, column: &'static str, row: Uuid, text: &str) -> Sealed {
    app.keyring.seal(&*app.ids, Place { table, column, row }, text)
}

fn json(value: &impl Serialize) -> Result<String, PreconsultError> {
    Ok(serde_json::to_string(value)?)
}

/// `($1, $2), ($3, $4)`.
fn places(n_rows: usize, n_columns: usize) -> String {
    let row = |row: usize| {
        let places: Vec<String> =
            (1..=n_columns).map(|column| format!("${}", row * n_columns + column)).collect();
        format!("({})", places.join(", "))
    };
    (0..n_rows).map(row).collect::<Vec<_>>().join(", ")
}

async fn insert_visits(app: &App, tx: &mut Tx, chunk: &[Made]) -> Result<(), PreconsultError> {
    let mut rows = Vec::with_capacity(chunk.len());
    for one in chunk {
        if let Some((id, scheduled_at)) = one.visit {
            let intake = sealed(app, "visit", "intake", id, &json(&one.plan.intake)?);
            rows.push((one, id, scheduled_at, intake, id.simple().to_string()));
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO visit(id, resident_id, institution, department, number, intake, scheduled_at, entry, state,
            created_at, updated_at) VALUES {}",
        places(rows.len(), 11)
    );
    on_tx!(tx, |c| {
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (one, id, scheduled_at, intake, number) in &rows {
            query = query.bind(*id).bind(one.resident).bind(&one.institution).bind(&one.department);
            query = query.bind(number).bind(intake).bind(*scheduled_at).bind(one.entry.name());
            query = query.bind("attended").bind(one.created_at).bind(one.created_at);
        }
        query.execute(c).await.map(drop)
    })?;
    Ok(())
}

async fn insert_consultations(
    app: &App,
    tx: &mut Tx,
    chunk: &[Made],
    release: &str,
) -> Result<(), PreconsultError> {
    let mut rows = Vec::with_capacity(chunk.len());
    for one in chunk {
        let plan = sealed(app, "consultation", "plan", one.id, &json(&one.plan)?);
        let complaint =
            sealed(app, "consultation", "chief_complaint", one.id, &format!("{}3天", one.complaint));
        let sex = one.profile.sex.map(|sex| if sex == engine::Sex::Female { "female" } else { "male" });
        rows.push((one, plan, complaint, sex));
    }
    if rows.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO consultation(id, resident_id, institution, department, state, ended_at, release, version,
            age_months, sex, triage_level, n_flags, chief_complaint, created_at, updated_at, visit_id, entry, plan)
        VALUES {}",
        places(rows.len(), 18)
    );
    on_tx!(tx, |c| {
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (one, plan, complaint, sex) in &rows {
            query = query.bind(one.id).bind(one.resident).bind(&one.institution).bind(&one.department);
            query = query.bind(one.state).bind(one.ended_at).bind(release).bind(3_i64);
            query = query.bind(i64::from(one.profile.age_months)).bind(*sex).bind(one.level).bind(0_i64);
            query = query.bind(complaint).bind(one.created_at).bind(one.ended_at.unwrap_or(one.created_at));
            query = query.bind(one.visit.map(|(id, _)| id)).bind(one.entry.name()).bind(plan);
        }
        query.execute(c).await.map(drop)
    })?;
    Ok(())
}

async fn insert_turns(
    app: &App,
    tx: &mut Tx,
    one: &Made,
    turns: &[engine::Turn],
) -> Result<(), PreconsultError> {
    const TABLE: &str = "consultation_turn";
    let mut rows = Vec::with_capacity(turns.len());
    for (ordinal, turn) in (0_i64..).zip(turns) {
        let id = app.new_id();
        let question = sealed(app, TABLE, "question", id, &json(&turn.question)?);
        let answer = sealed(app, TABLE, "answer", id, &turn.answer);
        rows.push((
            id,
            ordinal,
            question,
            answer,
            sealed(app, TABLE, "notes", id, "[]"),
            format!("made/{ordinal}"),
        ));
    }
    if rows.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO consultation_turn(id, consultation_id, ordinal, question, answer, notes, request_key, created_at)
        VALUES {}",
        places(rows.len(), 8)
    );
    on_tx!(tx, |c| {
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (id, ordinal, question, answer, notes, key) in &rows {
            query = query.bind(*id).bind(one.id).bind(*ordinal).bind(question).bind(answer).bind(notes);
            query = query.bind(key).bind(one.created_at);
        }
        query.execute(c).await.map(drop)
    })?;
    Ok(())
}
