//! Templates of others, of Shenkang (申康) and of hospitals, and ours on their way to Shenkang.
//!
//! What comes in is turned into a text of this house and waits for an editor; nothing is put into use by itself. A conflict
//! is shown, never solved by overwriting: the same version with another content, a code that one of ours has, a document
//! that cannot be read.

mod upload;

use chrono::{DateTime, Utc};
use gateways::{
    GatewayError, Gateways,
    shenkang::{Content, Dictionary, Shenkang},
};
use platform::{
    App, Tx,
    audit::{self, Actor, Outcome},
    crypto::sm3,
    http::RequestId,
    on_read, on_tx,
};
use rules::{
    exchange::fhir,
    form::{print::print, read::read},
};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{PreconsultError, exchange::model::reason_of};

pub use upload::upload;
pub(in crate::exchange) use upload::{UPLOAD, Upload, deliver, list_uploads};

/// Kind of the nightly job that fetches templates.
pub(in crate::exchange) const PULL: &str = "shenkang.pull";
/// Name of Shenkang among the sources.
pub(in crate::exchange) const SHENKANG: &str = "shenkang";

/// What an exchange brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pulled {
    pub n_new: i64,
    pub n_conflicts: i64,
    /// Known already.
    pub n_same: i64,
    pub n_dictionaries: i64,
    /// Why it broke off.
    pub fault: Option<String>,
}

/// A template of somebody else.
#[derive(Debug, Clone, FromRow)]
pub(in crate::exchange) struct Foreign {
    pub(in crate::exchange) id: Uuid,
    pub(in crate::exchange) source: String,
    pub(in crate::exchange) code: String,
    pub(in crate::exchange) version: String,
    pub(in crate::exchange) title: String,
    pub(in crate::exchange) content: String,
    /// Empty when it cannot be read.
    pub(in crate::exchange) text: String,
    pub(in crate::exchange) note: String,
    pub(in crate::exchange) state: String,
    pub(in crate::exchange) received_at: DateTime<Utc>,
}

/// One exchange that was made.
#[derive(Debug, Clone, FromRow)]
pub(in crate::exchange) struct Sync {
    pub(in crate::exchange) source: String,
    pub(in crate::exchange) by_staff: Option<Uuid>,
    pub(in crate::exchange) started_at: DateTime<Utc>,
    pub(in crate::exchange) n_new: i64,
    pub(in crate::exchange) n_conflicts: i64,
    pub(in crate::exchange) n_same: i64,
    pub(in crate::exchange) n_dictionaries: i64,
    pub(in crate::exchange) fault: Option<String>,
}

/// Fetches what changed at Shenkang since the last time; `by` is who asked, none when it was time. What came before it
/// broke off is kept, and the next exchange goes on there.
///
/// # Errors
/// [`PreconsultError::Gateway`] when Shenkang cannot be spoken to, so that a job is tried again.
pub async fn pull(app: &App, gateways: &Gateways, by: Option<Uuid>) -> Result<Pulled, PreconsultError> {
    const SYSTEM: &str = "Shenkang";
    let started_at = app.now();
    let mut cursor = find_cursor(app).await?;
    let mut pulled = Pulled::default();
    let outcome = match &gateways.shenkang {
        Some(port) => fetch(app, &**port, &mut cursor, &mut pulled).await,
        None => Err(GatewayError::NotConfigured { system: SYSTEM }.into()),
    };
    match &outcome {
        Ok(()) => {}
        Err(PreconsultError::Gateway(error)) => pulled.fault = Some(reason_of(error).into()),
        // What cannot be stored cannot be noted either.
        Err(_) => return outcome.map(|()| pulled),
    }
    insert_sync(app, (SHENKANG, by, started_at), &pulled, cursor.as_deref()).await?;
    outcome.map(|()| pulled)
}

/// Takes what an institution submits.
pub(in crate::exchange) async fn take_batch(
    app: &App,
    institution: &str,
    templates: &[Content],
    dictionaries: &[Dictionary],
) -> Result<Pulled, PreconsultError> {
    let started_at = app.now();
    let mut taken = Pulled::default();
    for content in templates {
        receive(app, institution, content, &mut taken).await?;
    }
    for dictionary in dictionaries {
        save_dictionary(app, institution, dictionary).await?;
        taken.n_dictionaries += 1;
    }
    insert_sync(app, (institution, None, started_at), &taken, None).await?;
    Ok(taken)
}

async fn fetch(
    app: &App,
    port: &dyn Shenkang,
    cursor: &mut Option<String>,
    pulled: &mut Pulled,
) -> Result<(), PreconsultError> {
    loop {
        let changes = port.list_changes(cursor.as_deref()).await?;
        for head in &changes.items {
            let content = port.find_template(&head.code, &head.version).await?;
            receive(app, SHENKANG, &content, pulled).await?;
        }
        *cursor = Some(changes.next);
        if !changes.has_more {
            break;
        }
    }
    for dictionary in port.list_dictionaries().await? {
        save_dictionary(app, SHENKANG, &dictionary).await?;
        pulled.n_dictionaries += 1;
    }
    Ok(())
}

/// Keeps a template, as new or as a conflict; one that is known as it is counts as the same.
async fn receive(
    app: &App,
    source: &str,
    content: &Content,
    counts: &mut Pulled,
) -> Result<(), PreconsultError> {
    let hash = hex::encode(sm3(format!("{}|{}|{}", content.format, content.title, content.content)));
    let read = as_text(content);
    let insert =
        "INSERT INTO foreign_template(id, source, code, version, title, hash, content, text, note, state,
            received_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let Content { code, version, title, .. } = content;
    let mut tx = app.db.begin().await?;
    let known = list_hashes(&mut tx, source, code, version).await?;
    if known.contains(&hash) {
        counts.n_same += 1;
        return Ok(());
    }
    let mut notes = Vec::new();
    let (text, is_readable) = match read {
        Ok((text, lost)) => {
            notes.extend(lost);
            (text, true)
        }
        Err(faults) => {
            notes.extend(faults);
            (String::new(), false)
        }
    };
    let is_changed = !known.is_empty();
    if is_changed {
        notes.insert(0, "同一代码和版本以前收到过，内容不同，请核对后选择采用哪一份。".into());
    }
    let is_ours = upload::is_ours(&mut tx, code).await?;
    if is_ours {
        notes.insert(0, "本区有一份模板用同样的代码，请核对是否同一份。".into());
    }
    let is_conflict = is_changed || is_ours || !is_readable;
    let state = if is_conflict { "conflict" } else { "new" };
    let (id, note) = (app.new_id(), notes.join("\n"));
    on_tx!(&mut tx, |c| {
        let query =
            sqlx::query(insert).bind(id).bind(source).bind(code).bind(version).bind(title).bind(&hash);
        let query = query.bind(&content.content).bind(&text).bind(&note).bind(state).bind(app.now());
        query.execute(c).await.map(drop)
    })?;
    tx.commit().await?;
    if is_conflict {
        counts.n_conflicts += 1;
    } else {
        counts.n_new += 1;
    }
    Ok(())
}

/// The text of this house with what was lost on the way, or what is wrong with the document.
fn as_text(content: &Content) -> Result<(String, Vec<String>), Vec<String>> {
    let name = format!("{}.{}", content.code, content.format);
    let words = |faults: Vec<_>| faults.iter().map(ToString::to_string).collect::<Vec<String>>();
    match content.format.as_str() {
        "fhir" => {
            let (draft, losses) = fhir::import(&name, &content.content).map_err(words)?;
            Ok((print(&draft), losses.iter().map(ToString::to_string).collect()))
        }
        "form" => Ok((print(&read(&name, &content.content).map_err(words)?), Vec::new())),
        other => Err(vec![format!("没有约定的格式 {other}，只收 fhir 和 form。")]),
    }
}

/// An editor's decision: takes a template, and drops others of its version; or drops it.
pub(in crate::exchange) async fn decide(
    app: &App,
    (by, request): (&Actor, &RequestId),
    staff: Uuid,
    id: Uuid,
    is_taken: bool,
) -> Result<(), PreconsultError> {
    let template = find(app, id).await?.ok_or(PreconsultError::NotFound)?;
    if is_taken && template.text.is_empty() {
        return Err(PreconsultError::Exchange("这份模板读不懂，不能采用。请对方改正后重新提交。"));
    }
    let drop_others = "UPDATE foreign_template SET state = 'dropped', decided_by = $1, decided_at = $2
        WHERE source = $3 AND code = $4 AND version = $5 AND id <> $6 AND state <> 'dropped'";
    let set = "UPDATE foreign_template SET state = $3, decided_by = $1, decided_at = $2 WHERE id = $4";
    let (now, state) = (app.now(), if is_taken { "taken" } else { "dropped" });
    let mut tx = app.db.begin().await?;
    on_tx!(&mut tx, |c| {
        if is_taken {
            let query = sqlx::query(drop_others).bind(staff).bind(now).bind(&template.source);
            query.bind(&template.code).bind(&template.version).bind(id).execute(&mut *c).await?;
        }
        sqlx::query(set).bind(staff).bind(now).bind(state).bind(id).execute(c).await.map(drop)
    })?;
    let entry = audit::Entry {
        at: now,
        actor: by.clone(),
        action: "template.decide",
        patient: None,
        object: Some(format!("template/{id}")),
        reason: Some(if is_taken { "采用" } else { "不采用" }),
        outcome: Outcome::Done,
        request_id: &request.0,
    };
    audit::append(&mut tx, entry).await?;
    Ok(tx.commit().await?)
}

pub(in crate::exchange) async fn find(app: &App, id: Uuid) -> Result<Option<Foreign>, PreconsultError> {
    let sql = "SELECT * FROM foreign_template WHERE id = $1";
    Ok(on_read!(&app.db, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)?)
}

/// Others with the same code, newest first.
pub(in crate::exchange) async fn list_others(
    app: &App,
    template: &Foreign,
) -> Result<Vec<Foreign>, PreconsultError> {
    let sql =
        "SELECT * FROM foreign_template WHERE code = $1 AND id <> $2 ORDER BY received_at DESC, id DESC";
    Ok(on_read!(&app.db, |c| {
        sqlx::query_as(sql).bind(&template.code).bind(template.id).fetch_all(c).await
    })?)
}

/// Newest first; all states when none is named.
pub(in crate::exchange) async fn list(app: &App, state: &str) -> Result<Vec<Foreign>, PreconsultError> {
    let sql = "SELECT * FROM foreign_template WHERE ($1 = '' OR state = $1)
        ORDER BY received_at DESC, id DESC LIMIT 300";
    Ok(on_read!(&app.db, |c| sqlx::query_as(sql).bind(state).fetch_all(c).await)?)
}

/// Newest first.
pub(in crate::exchange) async fn list_syncs(app: &App) -> Result<Vec<Sync>, PreconsultError> {
    let sql = "SELECT * FROM template_sync ORDER BY started_at DESC, id DESC LIMIT 30";
    Ok(on_read!(&app.db, |c| sqlx::query_as(sql).fetch_all(c).await)?)
}

/// Source, name, version and number of entries.
pub(in crate::exchange) async fn list_dictionaries(
    app: &App,
) -> Result<Vec<(String, String, String, usize)>, PreconsultError> {
    let sql = "SELECT source, name, version, entries FROM foreign_dictionary ORDER BY source, name";
    let rows: Vec<(String, String, String, String)> =
        on_read!(&app.db, |c| sqlx::query_as(sql).fetch_all(c).await)?;
    let row = |(source, name, version, entries): (String, String, String, String)| {
        let entries: Vec<(String, String)> = serde_json::from_str(&entries)?;
        Ok((source, name, version, entries.len()))
    };
    rows.into_iter().map(row).collect()
}

async fn save_dictionary(app: &App, source: &str, dictionary: &Dictionary) -> Result<(), PreconsultError> {
    let sql = "INSERT INTO foreign_dictionary(source, name, version, entries, received_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (source, name) DO UPDATE SET version = excluded.version, entries = excluded.entries,
            received_at = excluded.received_at";
    let entries = serde_json::to_string(&dictionary.entries)?;
    let mut tx = app.db.begin().await?;
    on_tx!(&mut tx, |c| {
        let query = sqlx::query(sql).bind(source).bind(&dictionary.name).bind(&dictionary.version);
        query.bind(&entries).bind(app.now()).execute(c).await.map(drop)
    })?;
    Ok(tx.commit().await?)
}

async fn list_hashes(tx: &mut Tx, source: &str, code: &str, version: &str) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT hash FROM foreign_template WHERE source = $1 AND code = $2 AND version = $3";
    on_tx!(tx, |c| sqlx::query_scalar(sql).bind(source).bind(code).bind(version).fetch_all(c).await)
}

async fn find_cursor(app: &App) -> Result<Option<String>, PreconsultError> {
    let sql = "SELECT cursor FROM template_sync WHERE source = $1 AND cursor IS NOT NULL
        ORDER BY started_at DESC, id DESC LIMIT 1";
    Ok(on_read!(&app.db, |c| sqlx::query_scalar(sql).bind(SHENKANG).fetch_optional(c).await)?)
}

async fn insert_sync(
    app: &App,
    (source, by, started_at): (&str, Option<Uuid>, DateTime<Utc>),
    pulled: &Pulled,
    cursor: Option<&str>,
) -> Result<(), PreconsultError> {
    let sql = "INSERT INTO template_sync(id, source, by_staff, started_at, n_new, n_conflicts, n_same,
            n_dictionaries, fault, cursor)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let mut tx = app.db.begin().await?;
    on_tx!(&mut tx, |c| {
        let query = sqlx::query(sql).bind(app.new_id()).bind(source).bind(by).bind(started_at);
        let query = query.bind(pulled.n_new).bind(pulled.n_conflicts).bind(pulled.n_same);
        let query = query.bind(pulled.n_dictionaries).bind(pulled.fault.as_deref()).bind(cursor);
        query.execute(c).await.map(drop)
    })?;
    Ok(tx.commit().await?)
}
