//! Checking the whole chain beside the requests, with its progress where every node can see it.

use chrono::TimeDelta;
use platform::{
    App, Problem,
    audit::{self, Verdict},
    http::RequestId,
    rights::Right,
};

use super::{
    service::append,
    store::{self, Check},
};

/// A check that has not said how far it is for so long was broken off, as by a restart.
const PATIENCE: TimeDelta = TimeDelta::minutes(1);

/// Begins a check unless one is under way.
pub(super) async fn begin(app: &App, right: &Right, request: &RequestId) -> Result<(), Problem> {
    let last = store::list_checks(&app.db, 1).await?;
    if last.first().is_some_and(|check| is_running(app, check)) {
        return Ok(());
    }
    append(app, right, request, "audit.verify", None, "开始").await?;
    let walk = audit::Check::begin(&app.db).await?;
    let now = app.now();
    let check = Check {
        id: app.new_id(),
        begun_at: now,
        begun_by: right.id().to_string(),
        seen_at: now,
        rows_checked: 0,
        rows_all: walk.progress().1,
        ended_at: None,
        broken_at: None,
        fault: None,
    };
    let mut tx = app.db.begin().await?;
    store::insert_check(&mut tx, &check).await?;
    tx.commit().await?;
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = run(&app, check, walk).await {
            tracing::error!(%error, "the audit trail could not be checked to its end");
        }
    });
    Ok(())
}

pub(super) fn is_running(app: &App, check: &Check) -> bool {
    check.ended_at.is_none() && app.now() - check.seen_at < PATIENCE
}

async fn run(app: &App, mut check: Check, mut walk: audit::Check) -> Result<(), platform::db::Error> {
    loop {
        let verdict = walk.advance(&app.db).await?;
        (check.rows_checked, check.rows_all) = walk.progress();
        check.seen_at = app.now();
        if verdict.is_some() {
            check.ended_at = Some(check.seen_at);
        }
        if let Some(Verdict::Broken { seq, fault }) = verdict {
            tracing::error!(seq, fault, "the audit trail is broken");
            (check.broken_at, check.fault) = (Some(seq), Some(fault.to_owned()));
        }
        let mut tx = app.db.begin().await?;
        store::update_check(&mut tx, &check).await?;
        tx.commit().await?;
        if check.ended_at.is_some() {
            return Ok(());
        }
    }
}
