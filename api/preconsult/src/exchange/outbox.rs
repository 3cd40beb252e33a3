//! Deliveries to hospitals: written with their cause, sent in order, tried until they are taken or refused.

use std::sync::Arc;

use chrono::TimeDelta;
use gateways::{GatewayError, Gateways, Verdict};
use platform::{
    App, Tx,
    audit::{self, Actor, Outcome},
    jobs,
};
use uuid::Uuid;

use super::{
    model::{Delivery, DeliveryState, Lane, Target, known_reason, reason_of},
    packet, store,
};
use crate::{PreconsultError, model::Consultation};

/// Kind of the jobs that send what waits in a lane.
pub(super) const DELIVER: &str = "exchange.deliver";
/// Kind of the daily job that takes up lanes whose job was lost.
pub(super) const SWEEP: &str = "exchange.sweep";

/// Between two tries: doubled from the first to the last, for as long as it takes.
const FIRST_WAIT: i64 = 5;
const LONGEST_WAIT: i64 = 300;

/// What a try came to.
enum Tried {
    Taken { receipt: String },
    Refused { reason: &'static str },
    Later { reason: &'static str },
}

/// Writes a delivery and the job that sends it; None when there is one for this consultation and target already.
pub(super) async fn enqueue(
    app: &App,
    tx: &mut Tx,
    (target, consultation): (Target, &Consultation),
    by: Option<Uuid>,
) -> Result<Option<Uuid>, PreconsultError> {
    store::lock(tx, consultation.resident).await?;
    let Some(id) = store::insert_delivery(app, tx, (target, consultation), by).await? else {
        return Ok(None);
    };
    let lane =
        Lane { target, institution: consultation.institution.clone(), resident: consultation.resident };
    // What somebody waits for is sent at once by whoever wrote it; the job stands by.
    let wait = if by.is_some() { TimeDelta::seconds(FIRST_WAIT) } else { TimeDelta::zero() };
    wake(app, tx, &lane, wait).await?;
    Ok(Some(id))
}

/// Sends what waits in a lane, oldest first, until it is empty or the other side cannot take more now.
///
/// The order is that of the rows, not of the jobs: whichever job runs sends the oldest. A try that failed writes the job
/// of the next one, so that a delivery is never given up by itself.
pub(super) async fn deliver(app: &App, gateways: &Gateways, lane: &Lane) -> Result<(), PreconsultError> {
    while let Some(delivery) = store::find_head(&app.db, lane).await? {
        if delivery.due_at > app.now() {
            // The job of that moment is written.
            return Ok(());
        }
        let tried = send(app, gateways, &delivery).await?;
        let is_later = matches!(tried, Tried::Later { .. });
        record(app, &delivery, lane, tried).await?;
        if is_later {
            return Ok(());
        }
    }
    Ok(())
}

/// Takes up lanes whose job was lost, as when the database was away longer than a job is tried.
pub(super) async fn sweep(app: &App) -> Result<(), PreconsultError> {
    let lost = app.now() - TimeDelta::seconds(2 * LONGEST_WAIT);
    for lane in store::list_overdue(&app.db, lost).await? {
        let mut tx = app.db.begin().await?;
        wake(app, &mut tx, &lane, TimeDelta::zero()).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Lets a delivery that was refused, or that waits, be tried now; false when it was delivered: nothing goes out twice.
pub(super) async fn resend(app: &App, tx: &mut Tx, delivery: &Delivery) -> Result<bool, PreconsultError> {
    store::lock(tx, delivery.resident).await?;
    if !store::update_resent(tx, delivery, app.now()).await? {
        return Ok(false);
    }
    // A job that waits for the next try would hold the new one up.
    let lane = delivery.lane();
    jobs::hasten(tx, DELIVER, &lane.name(), app.now()).await?;
    wake(app, tx, &lane, TimeDelta::zero()).await?;
    Ok(true)
}

async fn wake(app: &App, tx: &mut Tx, lane: &Lane, wait: TimeDelta) -> sqlx::Result<()> {
    let name = lane.name();
    let new = jobs::New { kind: DELIVER, lane: Some(&name), unique_key: None, due_at: app.now() + wait };
    jobs::write(app, tx, new, lane).await.map(drop)
}

async fn send(app: &App, gateways: &Gateways, delivery: &Delivery) -> Result<Tried, PreconsultError> {
    let packet = packet::find(app, delivery.consultation).await?;
    let answer = match delivery.target {
        Target::His => match &gateways.his {
            Some(his) => Arc::clone(his).push(&packet.outcome(delivery)).await,
            None => Err(GatewayError::NotConfigured { system: "the HIS" }),
        },
        Target::Emr => match &gateways.emr {
            Some(emr) => Arc::clone(emr).import(&packet.to_import(app, delivery).await?).await,
            None => Err(GatewayError::NotConfigured { system: "the EMR" }),
        },
    };
    Ok(match answer {
        Ok(Verdict::Accepted { receipt } | Verdict::Duplicate { receipt }) => Tried::Taken { receipt },
        Ok(Verdict::Refused { reason }) => Tried::Refused { reason: known_reason(&reason) },
        Ok(Verdict::Busy) => Tried::Later { reason: "busy" },
        Err(error) => {
            tracing::warn!(%error, delivery = %delivery.id, "a delivery has to wait");
            Tried::Later { reason: reason_of(&error) }
        }
    })
}

async fn record(app: &App, delivery: &Delivery, lane: &Lane, tried: Tried) -> Result<(), PreconsultError> {
    let wait = wait_after(delivery.tries);
    let (now, due_at) = (app.now(), app.now() + wait);
    let mut tx = app.db.begin().await?;
    let written = match &tried {
        Tried::Taken { receipt } => (DeliveryState::Delivered, None, Some(receipt.as_str())),
        Tried::Refused { reason } => (DeliveryState::Refused, Some(*reason), None),
        Tried::Later { reason } => (DeliveryState::Waiting, Some(*reason), None),
    };
    if !store::update_tried(&mut tx, delivery.id, written, (now, due_at)).await? {
        // Another worker was first; the other side took it once all the same.
        return Ok(());
    }
    if let Tried::Later { .. } = tried {
        wake(app, &mut tx, lane, wait).await?;
    } else {
        let entry = audit::Entry {
            at: now,
            actor: Actor::system("exchange"),
            action: "delivery.end",
            patient: Some(delivery.resident),
            object: Some(format!("consultation/{}", delivery.consultation)),
            reason: Some(delivery.target.text()),
            outcome: if matches!(tried, Tried::Taken { .. }) { Outcome::Done } else { Outcome::Failed },
            request_id: "",
        };
        audit::append(&mut tx, entry).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn wait_after(tries: i64) -> TimeDelta {
    let doublings = u32::try_from(tries.clamp(0, 10)).unwrap_or(0);
    TimeDelta::seconds((FIRST_WAIT << doublings).min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_and_never_ends_the_tries() {
        let waits: Vec<_> = (0..9).map(|tries| wait_after(tries).num_seconds()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
        assert_eq!(wait_after(i64::MAX).num_seconds(), LONGEST_WAIT);
    }
}
