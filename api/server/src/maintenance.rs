use std::time::Duration;

use axum::extract::FromRef;
use chrono::TimeDelta;
use gateways::Gateways;
use platform::{App, idempotency, jobs, session};

/// Removes what is over, at the start and every hour.
pub(crate) async fn run(app: App) {
    let mut hourly = tokio::time::interval(Duration::from_hours(1));
    loop {
        hourly.tick().await;
        match sweep(&app).await {
            Ok((sessions, keys, attempts)) => tracing::info!(sessions, keys, attempts, "swept"),
            Err(error) => tracing::error!(%error, "cannot sweep"),
        }
        match people::sweep(&app).await {
            Ok((rows, photos)) => tracing::info!(rows, photos, "swept what residents left"),
            Err(error) => tracing::error!(%error, "cannot sweep what residents left"),
        }
    }
}

/// Ended sessions, idempotency keys nobody tries again, counted attempts to sign in and jobs done long ago; gives how
/// many of the first three.
async fn sweep(app: &App) -> anyhow::Result<(u64, u64, u64)> {
    let mut tx = app.db.begin().await?;
    let sessions = session::delete_ended(&mut tx, app.now()).await?;
    let keys = idempotency::delete_older(&mut tx, app.now() - TimeDelta::days(2)).await?;
    let attempts = people::account::sweep(&mut tx, app.now()).await?;
    jobs::delete_ended(&mut tx, app.now() - TimeDelta::days(30)).await?;
    tx.commit().await?;
    Ok((sessions, keys, attempts))
}

/// Takes over a changed key file within seconds, so that nothing is sealed with an old key for long.
pub(crate) async fn follow_keys(app: App) {
    let mut often = tokio::time::interval(Duration::from_secs(5));
    loop {
        often.tick().await;
        match app.keyring.refresh() {
            Ok(false) => {}
            Ok(true) => tracing::info!(current = app.keyring.current(), "the keys have changed"),
            Err(error) => tracing::error!(%error, "cannot read the key file again"),
        }
    }
}

/// Counts what has changed within seconds. Two nodes may do so: one counts, the other waits.
pub(crate) async fn follow_statistics(shared: preconsult::Shared) {
    let mut often = tokio::time::interval(Duration::from_secs(3));
    often.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        often.tick().await;
        if let Err(error) = preconsult::statistics::count(&preconsult::Service::from_ref(&shared)).await {
            tracing::error!(%error, "cannot count the statistics");
        }
    }
}

/// Takes over what the hospitals register, so that patients are asked before the visit. Two nodes may do so: a
/// registration is one by its number.
pub(crate) async fn follow_registrations(shared: preconsult::Shared, gateways: Gateways) {
    let mut often = tokio::time::interval(Duration::from_secs(20));
    often.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        often.tick().await;
        match preconsult::exchange::sync(&preconsult::Service::from_ref(&shared), &gateways).await {
            Ok(synced) if synced == preconsult::exchange::Synced::default() => {}
            Ok(synced) => tracing::info!(?synced, "registrations taken over"),
            Err(error) => tracing::error!(%error, "cannot take registrations over"),
        }
    }
}
