//! What hospitals hear of their prescriptions: written with its cause, sent in order, tried until it is taken.
//!
//! No transaction is open while a hospital is spoken to. A notice keeps its id over all tries, so that the hospital
//! takes it once.

use std::sync::Arc;

use chrono::TimeDelta;
use gateways::{GatewayError, Gateways, Verdict, his};
use platform::{App, jobs::Worker};
use serde_json::json;
use uuid::Uuid;

use crate::{
    HerbalError,
    service::{ASSIGN, TELL, name_patients, try_again, wake},
    store::{self, Notice},
};

/// Kind of the job that takes up what was left lying.
const SWEEP: &str = "herbal.sweep";
/// Between two tries: doubled from the first to the last, for as long as it takes.
const FIRST_WAIT: i64 = 5;
const LONGEST_WAIT: i64 = 300;

/// Lets a worker tell hospitals, dispatch what could not be before, and take up what was left lying.
pub fn handlers(worker: Worker, gateways: Gateways) -> Worker {
    worker
        .every(SWEEP, 1, 0)
        .on(TELL, move |app, job| {
            let gateways = gateways.clone();
            async move { Ok(tell(&app, &gateways, job.read()?).await?) }
        })
        .on(ASSIGN, |app, job| async move { Ok(try_again(&app, job.read()?).await?) })
        .on(SWEEP, |app, _| async move { Ok(sweep(&app).await?) })
}

/// Tells what waits of a prescription, oldest first, until nothing is left or the hospital cannot take more now.
async fn tell(app: &App, gateways: &Gateways, order: Uuid) -> Result<(), HerbalError> {
    while let Some(notice) = store::find_head(&app.db, order).await? {
        if notice.due_at > app.now() {
            // The job of that moment is written.
            return Ok(());
        }
        let answer = send(app, gateways, &notice).await?;
        if !record(app, &notice, answer).await? {
            return Ok(());
        }
    }
    Ok(())
}

async fn send(
    app: &App,
    gateways: &Gateways,
    notice: &Notice,
) -> Result<Result<Verdict, GatewayError>, HerbalError> {
    let message = message(app, notice).await?;
    Ok(match &gateways.his {
        Some(his) => Arc::clone(his).tell(&message).await,
        None => Err(GatewayError::NotConfigured { system: "the HIS" }),
    })
}

async fn message(app: &App, notice: &Notice) -> Result<his::Notice, HerbalError> {
    let order = store::find_order(&app.db, notice.prescription_id).await?.ok_or(HerbalError::NotFound)?;
    let steps = store::list_events(app, &app.db, order.id).await?;
    let step = steps.into_iter().find(|step| step.seq == notice.seq).ok_or(HerbalError::NotFound)?;
    let version = store::find_version(app, &app.db, order.id, step.version).await?;
    let verdict = store::find_verdict(app, &app.db, version.id).await?;
    let detail = json!({
        "told": step.detail,
        "reasons": verdict.map(|verdict| verdict.reasons).unwrap_or_default(),
        "findings": version.findings,
    });
    Ok(his::Notice {
        id: notice.id.to_string(),
        institution: order.institution,
        number: order.number,
        version: step.version,
        sequence: notice.seq,
        event: step.event.name().to_owned(),
        state: step.state,
        at: step.at,
        by: step.actor_name,
        detail,
    })
}

/// Writes what a try came to; true when the next may be told at once.
async fn record(
    app: &App,
    notice: &Notice,
    answer: Result<Verdict, GatewayError>,
) -> Result<bool, HerbalError> {
    let wait = wait_after(notice.tries);
    let (state, reason, receipt) = match &answer {
        Ok(Verdict::Accepted { receipt } | Verdict::Duplicate { receipt }) => {
            ("delivered", None, Some(receipt.as_str()))
        }
        Ok(Verdict::Refused { reason }) => {
            let known = ["unknown_prescription", "out_of_order"];
            let reason = known.into_iter().find(|known| known == reason).unwrap_or("other");
            ("refused", Some(reason), None)
        }
        Ok(Verdict::Busy) => ("waiting", Some("busy"), None),
        Err(error) => {
            tracing::warn!(%error, notice = %notice.id, "a notice of a prescription has to wait");
            ("waiting", Some("unreachable"), None)
        }
    };
    let (now, due_at) = (app.now(), app.now() + wait);
    let mut tx = app.db.begin().await?;
    if !store::update_tried(&mut tx, notice, (state, reason, receipt), (now, due_at)).await? {
        // Another worker was first; the hospital took it once all the same.
        return Ok(false);
    }
    if state == "waiting" {
        wake(app, &mut tx, notice.prescription_id, wait).await?;
    }
    tx.commit().await?;
    Ok(state != "waiting")
}

/// Takes up prescriptions whose job was lost, and removes words of calls nobody can repeat.
async fn sweep(app: &App) -> Result<(), HerbalError> {
    let lost = app.now() - TimeDelta::seconds(2 * LONGEST_WAIT);
    for order in store::list_lanes_overdue(&app.db, lost).await? {
        let mut tx = app.db.begin().await?;
        wake(app, &mut tx, order, TimeDelta::zero()).await?;
        tx.commit().await?;
    }
    name_patients(app).await?;
    let mut tx = app.db.begin().await?;
    store::sweep_nonces(&mut tx, app.now() - gateways::signature::TOLERANCE * 3).await?;
    Ok(tx.commit().await?)
}

fn wait_after(tries: i64) -> TimeDelta {
    let doublings = u32::try_from(tries.clamp(0, 10)).unwrap_or(0);
    TimeDelta::seconds((FIRST_WAIT << doublings).min(LONGEST_WAIT))
}
