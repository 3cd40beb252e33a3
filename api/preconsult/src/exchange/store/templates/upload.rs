//! Templates of ours on their way to Shenkang.

use chrono::{DateTime, TimeDelta, Utc};
use gateways::{GatewayError, Gateways, Verdict, shenkang};
use platform::{App, Tx, jobs, on_read, on_tx};
use rules::{
    exchange::fhir::{self, Publication},
    form::read::read,
};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    PreconsultError,
    exchange::model::{known_reason, reason_of},
};

/// Kind of the jobs that upload a template.
pub(in crate::exchange) const UPLOAD: &str = "shenkang.upload";
/// Longest pause between two tries, in seconds.
const LONGEST_WAIT: i64 = 1800;

/// One on its way.
#[derive(Debug, Clone, FromRow)]
pub(in crate::exchange) struct Upload {
    pub(in crate::exchange) code: String,
    pub(in crate::exchange) version: String,
    pub(in crate::exchange) title: String,
    text: String,
    pub(in crate::exchange) state: String,
    pub(in crate::exchange) tries: i64,
    pub(in crate::exchange) reason: Option<String>,
    pub(in crate::exchange) receipt: Option<String>,
    created_at: DateTime<Utc>,
    pub(in crate::exchange) changed_at: DateTime<Utc>,
}

/// Sends a published template to Shenkang, once for each version, from the transaction that publishes it; false when
/// this version was sent before. It is tried until Shenkang takes or refuses it.
pub async fn upload(
    app: &App,
    tx: &mut Tx,
    (code, version, title): (&str, &str, &str),
    text: &str,
) -> Result<bool, PreconsultError> {
    let sql =
        "INSERT INTO template_upload(id, code, version, title, text, state, tries, created_at, changed_at)
        VALUES ($1, $2, $3, $4, $5, 'waiting', 0, $6, $6) ON CONFLICT (code, version) DO NOTHING";
    let id = app.new_id();
    let is_new = on_tx!(tx, |c| {
        let query = sqlx::query(sql).bind(id).bind(code).bind(version).bind(title).bind(text);
        query.bind(app.now()).execute(c).await.map(|done| done.rows_affected() == 1)
    })?;
    if is_new {
        write_job(app, tx, id, TimeDelta::zero()).await?;
    }
    Ok(is_new)
}

/// Whether a template of ours has this code.
pub(super) async fn is_ours(tx: &mut Tx, code: &str) -> sqlx::Result<bool> {
    let sql = "SELECT COUNT(*) FROM template_upload WHERE code = $1";
    let count: i64 = on_tx!(tx, |c| sqlx::query_scalar(sql).bind(code).fetch_one(c).await)?;
    Ok(count > 0)
}

pub(in crate::exchange) async fn list_uploads(app: &App) -> Result<Vec<Upload>, PreconsultError> {
    let sql = "SELECT code, version, title, text, state, tries, reason, receipt, created_at, changed_at
        FROM template_upload ORDER BY changed_at DESC, id DESC LIMIT 100";
    Ok(on_read!(&app.db, |c| sqlx::query_as(sql).fetch_all(c).await)?)
}

/// One try; a failed one writes the job of the next.
pub(in crate::exchange) async fn deliver(
    app: &App,
    gateways: &Gateways,
    id: Uuid,
) -> Result<(), PreconsultError> {
    let sql = "SELECT code, version, title, text, state, tries, reason, receipt, created_at, changed_at
        FROM template_upload WHERE id = $1 AND state = 'waiting'";
    let found: Option<Upload> = on_read!(&app.db, |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
    let Some(found) = found else { return Ok(()) };
    let (state, reason, receipt) = match answer(app, gateways, &found).await {
        Ok(Verdict::Accepted { receipt } | Verdict::Duplicate { receipt }) => {
            ("delivered", None, Some(receipt))
        }
        Ok(Verdict::Refused { reason }) => ("refused", Some(known_reason(&reason)), None),
        Ok(Verdict::Busy) => ("waiting", Some("busy"), None),
        Err(error) => {
            tracing::warn!(%error, upload = %id, "an upload has to wait");
            ("waiting", Some(reason_of(&error)), None)
        }
    };
    let update = "UPDATE template_upload SET state = $2, reason = $3, receipt = $4, changed_at = $5,
            tries = tries + 1 WHERE id = $1 AND state = 'waiting'";
    let mut tx = app.db.begin().await?;
    on_tx!(&mut tx, |c| {
        let query = sqlx::query(update).bind(id).bind(state).bind(reason).bind(receipt.as_deref());
        query.bind(app.now()).execute(c).await.map(drop)
    })?;
    if state == "waiting" {
        let doublings = u32::try_from(found.tries.clamp(0, 10)).unwrap_or(0);
        write_job(app, &mut tx, id, TimeDelta::seconds((10_i64 << doublings).min(LONGEST_WAIT))).await?;
    }
    Ok(tx.commit().await?)
}

async fn answer(app: &App, gateways: &Gateways, found: &Upload) -> Result<Verdict, GatewayError> {
    let Some(port) = gateways.shenkang.clone() else {
        return Err(GatewayError::NotConfigured { system: "Shenkang" });
    };
    // What was published can be read; a text that cannot is refused here as it would be there.
    let Ok(draft) = read(&format!("{}.form", found.code), &found.text) else {
        return Ok(Verdict::Refused { reason: "invalid_template".into() });
    };
    let publication = Publication {
        base: format!("{}/Questionnaire/", app.config.site()),
        // The same over all tries: the other side compares what comes again.
        date: Some(ui::format::date(found.created_at)),
        publisher: None,
    };
    let (fhir, _) = fhir::export(&draft, &publication);
    let template = shenkang::Upload {
        code: found.code.clone(),
        version: found.version.clone(),
        title: found.title.clone(),
        text: found.text.clone(),
        fhir,
    };
    port.upload(&template).await
}

async fn write_job(app: &App, tx: &mut Tx, id: Uuid, wait: TimeDelta) -> sqlx::Result<()> {
    let new = jobs::New { kind: UPLOAD, lane: None, unique_key: None, due_at: app.now() + wait };
    jobs::write(app, tx, new, &id).await.map(drop)
}
