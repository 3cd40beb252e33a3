//! The clock of the audit: what no pharmacist decided in time passes, once, and is marked.
//!
//! The deadline stands in the prescription itself. Every node looks for what is due and decides it under the row's
//! lock; so nothing is lost with a node that is killed, no lease has to run out, and whoever comes first, pharmacist or
//! clock, on whichever node, gives the only verdict.

use std::time::Duration;

use platform::{
    App,
    audit::{self, Actor, Outcome},
    db,
};

use super::{give_verdict, of_clock};
use crate::{HerbalError, model::Order, store};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(250);
/// Decided in one transaction.
const AT_ONCE: i64 = 50;

/// Looks for what is due until it is dropped.
pub async fn run(app: App) {
    loop {
        match tick(&app).await {
            Ok(0) => tokio::time::sleep(PAUSE).await,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "the clock of the audit cannot decide");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// Decides what is due now, at most a batch; gives how many.
pub async fn tick(app: &App) -> Result<usize, HerbalError> {
    db::retry(|| decide_due(app)).await
}

async fn decide_due(app: &App) -> Result<usize, HerbalError> {
    if !store::has_due(&app.db, app.now()).await? {
        return Ok(0);
    }
    let mut tx = app.db.begin().await?;
    let mut due = store::list_due(&mut tx, app.now(), AT_ONCE).await?;
    for order in &mut due {
        let version = store::find_version_id(&mut tx, order.id, order.version).await?;
        let verdict = of_clock(app);
        give_verdict(app, &mut tx, (order, version), &verdict, ("clock", "系统（超时）")).await?;
    }
    for order in &due {
        audit::append(&mut tx, entry(app, order)).await?;
    }
    tx.commit().await?;
    Ok(due.len())
}

fn entry(app: &App, order: &Order) -> audit::Entry<'static> {
    audit::Entry {
        at: app.now(),
        actor: Actor::system("herbal"),
        action: "prescription.time_out",
        patient: order.resident,
        object: Some(format!("prescription/{}", order.id)),
        reason: None,
        outcome: Outcome::Done,
        request_id: "-",
    }
}
