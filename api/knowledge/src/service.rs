//! What can be done with releases; one function per use case.

mod ask;
pub mod draft;
mod start;
pub mod trial;

use std::{path::Path, sync::Arc};

use engine::{Engine, release};
use kb::{Sources, diff::Diff};
use platform::{
    audit::{self, Outcome},
    db::retry,
    integrity,
};
use tokio::task::spawn_blocking;

use crate::{
    KnowledgeError, Releases,
    model::{Activation, Author, MAX_NOTE, Release, ReleaseState},
    store,
};

pub use ask::ask;
#[cfg(test)]
pub(crate) use ask::ask_within;
pub use start::{Started, start};

/// Most releases listed.
const LISTED: i64 = 200;

/// What publishing led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its hash.
    pub release: String,
    /// False when the same files were published before.
    pub is_new: bool,
}

/// Reads a data folder, checks it like `jiuyi check`, and stores it as a release.
pub async fn publish(
    releases: &Releases,
    data: &Path,
    author: &Author<'_>,
    note: &str,
) -> Result<Published, KnowledgeError> {
    let data = data.to_owned();
    let sources = spawn_blocking(move || release::sources(&data)).await?.map_err(KnowledgeError::refused)?;
    publish_files(releases, sources, author, note).await
}

/// The same for files at hand, e.g. a draft.
pub async fn publish_files(
    releases: &Releases,
    sources: Sources,
    author: &Author<'_>,
    note: &str,
) -> Result<Published, KnowledgeError> {
    let note = checked_note(note)?;
    // Compiling and packing take long and stand outside the transaction.
    let work = spawn_blocking(move || {
        release::check(&sources).map_err(KnowledgeError::refused)?;
        Ok::<_, KnowledgeError>((store::packed(&sources)?, sources))
    });
    let (packed, sources) = work.await??;
    let n_bytes: usize = sources.files().iter().map(|file| file.text.len()).sum();
    let app = releases.app();
    let row = Release {
        hash: sources.hash(),
        note,
        published_by: author.name.clone(),
        published_at: app.now(),
        n_files: i64::try_from(packed.len()).unwrap_or(i64::MAX),
        n_bytes: i64::try_from(n_bytes).unwrap_or(i64::MAX),
        state: ReleaseState::Published,
    };
    let is_new = retry(|| async {
        let mut tx = app.db.begin().await?;
        let is_new = store::insert_release(&mut tx, &row, &packed).await?;
        if is_new {
            audit::append(&mut tx, entry(releases, author, "release.publish", &row.hash)).await?;
        }
        tx.commit().await?;
        Ok::<_, KnowledgeError>(is_new)
    });
    Ok(Published { is_new: is_new.await?, release: row.hash.clone() })
}

fn checked_note(note: &str) -> Result<String, KnowledgeError> {
    let note = note.split_whitespace().collect::<Vec<_>>().join(" ");
    match note.chars().count() {
        0 => Err(KnowledgeError::NoteMissing),
        length if length > MAX_NOTE => Err(KnowledgeError::NoteTooLong),
        _ => Ok(note),
    }
}

/// Puts a release into use on every node. It is compiled first: one that does not compile is refused, and the one in
/// use stays. Activating the one in use again changes nothing.
pub async fn activate(
    releases: &Releases,
    release: &str,
    author: &Author<'_>,
) -> Result<Activation, KnowledgeError> {
    let release = resolve(releases, release).await?;
    releases.find(&release).await?.ok_or(KnowledgeError::NotFound)?;
    let activation = retry(|| activate_once(releases, &release, author)).await?;
    releases.follow_once().await?;
    Ok(activation)
}

async fn activate_once(
    releases: &Releases,
    release: &str,
    author: &Author<'_>,
) -> Result<Activation, KnowledgeError> {
    let app = releases.app();
    let head = store::find_head(&app.db).await?;
    if let Some(head) = head.clone().filter(|head| head.release == release) {
        return Ok(head);
    }
    let activation = Activation {
        seq: head.map_or(1, |head| head.seq + 1),
        release: release.to_owned(),
        activated_by: author.name.clone(),
        activated_at: app.now(),
    };
    let mut tx = app.db.begin().await?;
    if !store::insert_activation(&mut tx, &activation).await? {
        return Err(KnowledgeError::Raced);
    }
    integrity::stamp(&mut tx, &app.keyring, &store::ACTIVATION, activation.seq).await?;
    audit::append(&mut tx, entry(releases, author, "release.activate", release)).await?;
    tx.commit().await?;
    Ok(activation)
}

/// Keeps in the audit trail that somebody takes the whole graph away.
pub async fn record_export(
    releases: &Releases,
    author: &Author<'_>,
    release: &str,
    format: &str,
) -> Result<(), KnowledgeError> {
    let mut tx = releases.app().db.begin().await?;
    let entry = entry(releases, author, "knowledge.export", release);
    audit::append(&mut tx, audit::Entry { reason: Some(format), ..entry }).await?;
    Ok(tx.commit().await?)
}

/// All releases, newest first.
pub async fn list(releases: &Releases) -> Result<Vec<Release>, KnowledgeError> {
    Ok(store::list_releases(&releases.app().db, LISTED).await?)
}

/// The last activations, newest first.
pub async fn list_activations(releases: &Releases) -> Result<Vec<Activation>, KnowledgeError> {
    Ok(store::list_activations(&releases.app().db, LISTED).await?)
}

/// One release, by its hash or the beginning of it.
pub async fn read(releases: &Releases, release: &str) -> Result<Release, KnowledgeError> {
    let release = resolve(releases, release).await?;
    let known = store::list_releases(&releases.app().db, i64::MAX).await?;
    known.into_iter().find(|known| known.hash == release).ok_or(KnowledgeError::NotFound)
}

/// A release compiled, by its hash or the beginning of it; without one the release in use.
pub async fn engine(releases: &Releases, release: Option<&str>) -> Result<Arc<Engine>, KnowledgeError> {
    match release {
        None => Ok(releases.current().load()),
        Some(release) => {
            let release = resolve(releases, release).await?;
            releases.find(&release).await?.ok_or(KnowledgeError::NotFound)
        }
    }
}

/// What changed from one release to another.
pub async fn diff(releases: &Releases, from: &str, to: &str) -> Result<Diff, KnowledgeError> {
    let (from, to) = (sources(releases, from).await?, sources(releases, to).await?);
    Ok(spawn_blocking(move || Diff::of(&from, &to)).await?)
}

/// The files of a release, by its hash or the beginning of it.
pub async fn sources(releases: &Releases, release: &str) -> Result<Sources, KnowledgeError> {
    let release = resolve(releases, release).await?;
    releases.find_sources(&release).await?.ok_or(KnowledgeError::NotFound)
}

/// The whole hash that begins so.
pub async fn resolve(releases: &Releases, release: &str) -> Result<String, KnowledgeError> {
    let prefix = release.trim().to_ascii_lowercase();
    if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(KnowledgeError::NotFound);
    }
    let mut found = store::list_hashes(&releases.app().db, &prefix).await?;
    match (found.pop(), found.is_empty()) {
        (Some(hash), true) => Ok(hash),
        (Some(_), false) => Err(KnowledgeError::Ambiguous),
        (None, _) => Err(KnowledgeError::NotFound),
    }
}

fn entry<'a>(
    releases: &Releases,
    author: &Author<'a>,
    action: &'static str,
    release: &str,
) -> audit::Entry<'a> {
    audit::Entry {
        at: releases.app().now(),
        actor: author.actor.clone(),
        action,
        patient: None,
        object: Some(format!("release/{release}")),
        reason: None,
        outcome: Outcome::Done,
        request_id: author.request_id,
    }
}
