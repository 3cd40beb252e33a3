//! Hospitals are told of changes, each version once and in order, by a job of their own lane.

use std::sync::Arc;

use gateways::{
    Gateways, Verdict,
    catalogue::{Batch, Change},
};
use platform::{
    App, Tx,
    config::ALL_OTHERS,
    jobs::{self, HandlerFault, Job, New},
};
use serde::{Deserialize, Serialize};

use super::{
    CatalogueError,
    store::{self, Told},
};

/// Kinds of the jobs.
pub(super) const PUSH: &str = "herbal.catalogue.push";
pub(super) const SWEEP: &str = "herbal.catalogue.sweep";

#[derive(Serialize, Deserialize)]
struct Task {
    institution: String,
}

/// The hospitals with a system of their own; all of them where one stands for those that are not named.
pub(super) async fn list_receivers(app: &App) -> sqlx::Result<Vec<(String, String)>> {
    let hospitals = &app.config.hospitals;
    let has = |code: &str| hospitals.get(code).is_some_and(|hospital| !hospital.his_address.is_empty());
    let mut all = store::list_hospitals(&app.db).await?;
    all.retain(|(code, _)| if hospitals.contains_key(code) { has(code) } else { has(ALL_OTHERS) });
    Ok(all)
}

/// In the transaction of the change.
pub(super) async fn enqueue(app: &App, tx: &mut Tx, version: i64) -> sqlx::Result<()> {
    for (institution, _) in list_receivers(app).await? {
        wake(app, tx, institution, version).await?;
    }
    Ok(())
}

async fn wake(app: &App, tx: &mut Tx, institution: String, version: i64) -> sqlx::Result<()> {
    let key = format!("{institution}-{version}-{}", app.now().timestamp());
    let lane = institution.clone();
    let new = New { kind: PUSH, lane: Some(&lane), unique_key: Some(&key), due_at: app.now() };
    jobs::write(app, tx, new, &Task { institution }).await.map(drop)
}

/// Tells one hospital everything it does not know yet.
pub(super) async fn deliver(app: &App, gateways: &Gateways, job: &Job) -> Result<(), HandlerFault> {
    let Task { institution } = job.read()?;
    let Some(catalogue) = gateways.catalogue.as_ref().map(Arc::clone) else { return Ok(()) };
    loop {
        let mut told = find_told(app, &institution).await?;
        let changes = store::list_changes(&app.db, told.sent_version, 1).await?;
        if changes.is_empty() {
            return Ok(());
        }
        let batch = Batch {
            institution: institution.clone(),
            from_version: told.sent_version,
            to_version: told.sent_version + 1,
            changes: changes.into_iter().map(to_send).collect::<Result<_, _>>()?,
        };
        let answer = catalogue.push(&batch).await;
        told.pushed_at = Some(app.now());
        let again: Option<HandlerFault> = match answer {
            Ok(Verdict::Accepted { receipt } | Verdict::Duplicate { receipt }) => {
                (told.sent_version, told.receipt, told.fault) = (batch.to_version, Some(receipt), None);
                None
            }
            Ok(Verdict::Refused { reason }) => {
                let reason: String = reason.chars().take(100).collect();
                told.fault = Some(format!("医院不收：{reason}"));
                save(app, &told).await?;
                return Ok(());
            }
            Ok(Verdict::Busy) => Some("the hospital is busy".into()),
            Err(error) => Some(error.into()),
        };
        if again.is_some() {
            told.fault = Some("医院系统没有回应，稍后自动再试".into());
        }
        save(app, &told).await?;
        if let Some(fault) = again {
            return Err(fault);
        }
    }
}

fn to_send(change: store::Change) -> serde_json::Result<Change> {
    Ok(Change {
        version: change.version,
        kind: change.kind,
        piece: change.piece,
        company: change.company,
        after: serde_json::from_str(&change.after)?,
    })
}

async fn find_told(app: &App, institution: &str) -> sqlx::Result<Told> {
    let found = store::list_told(&app.db).await?.into_iter().find(|one| one.institution == institution);
    Ok(found.unwrap_or_else(|| Told {
        institution: institution.into(),
        sent_version: 0,
        receipt: None,
        fault: None,
        pushed_at: None,
    }))
}

async fn save(app: &App, told: &Told) -> sqlx::Result<()> {
    let mut tx = app.db.begin().await?;
    store::save_told(&mut tx, told).await?;
    tx.commit().await
}

/// Every night: whoever does not know the current version is told.
pub(super) async fn sweep(app: &App) -> sqlx::Result<()> {
    let version = store::find_version(&app.db).await?;
    for (institution, _) in list_receivers(app).await? {
        if find_told(app, &institution).await?.sent_version < version {
            let mut tx = app.db.begin().await?;
            wake(app, &mut tx, institution, version).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// A person lets a hospital be told again, from the beginning where it says that it lacks something.
pub(super) async fn again(app: &App, institution: &str, from_start: bool) -> Result<(), CatalogueError> {
    if !list_receivers(app).await?.iter().any(|(code, _)| code == institution) {
        return Err(CatalogueError::NotFound);
    }
    let mut told = find_told(app, institution).await?;
    if from_start {
        told.sent_version = 0;
    }
    told.fault = None;
    let version = store::find_version(&app.db).await?;
    let mut tx = app.db.begin().await?;
    store::save_told(&mut tx, &Told { receipt: None, ..told }).await?;
    jobs::hasten(&mut tx, PUSH, institution, app.now()).await?;
    wake(app, &mut tx, institution.into(), version).await?;
    Ok(tx.commit().await?)
}
