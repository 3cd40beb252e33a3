//! Drafts of single files over the release in use.

use engine::Engine;
use kb::{Fault, Source, Sources};
use platform::{audit, db::retry};
use rules::{matching::Matcher, quality::Rule};

use super::{Published, entry, publish_files};
use crate::{
    KnowledgeError, Releases,
    model::{Author, Draft},
    store,
};

/// Longest text of a draft, in bytes.
pub const MAX_TEXT: usize = 1_000_000;

/// A file as an editor opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub file: String,
    /// The draft, or what is in use.
    pub text: String,
    /// What is in use; None for a new file.
    pub used: Option<String>,
    pub draft: Option<Draft>,
    /// The file in use changed after the draft was begun.
    pub is_behind: bool,
}

impl Opened {
    /// Of the draft; 0 where there is none.
    pub fn version(&self) -> i64 {
        self.draft.as_ref().map_or(0, |draft| draft.version)
    }

    /// Lines added and removed against what is in use.
    pub fn lines(&self) -> (usize, usize) {
        let used = self.used.as_deref().unwrap_or_default();
        let missing = |of: &str, from: &str| {
            let mut left: Vec<&str> = from.lines().collect();
            let is_new = |line: &&str| match left.iter().position(|other| other == line) {
                Some(at) => {
                    left.swap_remove(at);
                    false
                }
                None => true,
            };
            of.lines().filter(is_new).count()
        };
        (missing(&self.text, used), missing(used, &self.text))
    }
}

/// The files of the release in use that a test picks, with new ones that are drafts, by name.
pub async fn list_files(
    releases: &Releases,
    picks: impl Fn(&str) -> bool,
) -> Result<Vec<String>, KnowledgeError> {
    let db = &releases.app().db;
    let mut files = store::list_files(db, &in_use(releases)).await?;
    files.extend(store::list_drafts(db).await?.into_iter().map(|draft| draft.file));
    files.retain(|file| picks(file));
    files.sort();
    files.dedup();
    Ok(files)
}

/// A file with its draft.
pub async fn open(releases: &Releases, file: &str) -> Result<Opened, KnowledgeError> {
    let db = &releases.app().db;
    let release = in_use(releases);
    let used = store::find_file(db, &release, file).await?;
    let draft = store::find_draft(db, file).await?;
    let text = draft.as_ref().map(|draft| draft.text.clone()).or_else(|| used.clone());
    if text.is_none() && store::list_files(db, &release).await?.is_empty() {
        return Err(KnowledgeError::NothingPublished);
    }
    let is_behind = match &draft {
        Some(draft) if draft.base != release => store::find_file(db, &draft.base, file).await? != used,
        _ => false,
    };
    Ok(Opened { file: file.to_owned(), text: text.ok_or(KnowledgeError::NotFound)?, used, draft, is_behind })
}

/// Keeps another text as the draft, made on its `version`; 0 begins one. Gives the new version.
pub async fn save(
    releases: &Releases,
    author: &Author<'_>,
    file: &str,
    (version, text): (i64, &str),
) -> Result<i64, KnowledgeError> {
    if text.len() > MAX_TEXT {
        return Err(KnowledgeError::Edit("文字超过 1 MB，请拆成几个文件。".to_owned()));
    }
    let release = in_use(releases);
    // A draft refers to a stored release.
    if store::list_files(&releases.app().db, &release).await?.is_empty() {
        return Err(KnowledgeError::NothingPublished);
    }
    let draft = Draft {
        file: file.to_owned(),
        base: match store::find_draft(&releases.app().db, file).await? {
            Some(draft) => draft.base,
            None => release,
        },
        text: text.to_owned(),
        version: version + 1,
        edited_by: author.name.clone(),
        edited_at: releases.app().now(),
    };
    retry(|| async {
        let mut tx = releases.app().db.begin().await?;
        if !store::save_draft(&mut tx, &draft).await? {
            return Err(KnowledgeError::Outdated);
        }
        audit::append(&mut tx, of_file(releases, author, "knowledge.draft", file)).await?;
        tx.commit().await?;
        Ok(draft.version)
    })
    .await
}

/// Throws the draft away; what is in use stays.
pub async fn discard(
    releases: &Releases,
    author: &Author<'_>,
    file: &str,
    version: i64,
) -> Result<(), KnowledgeError> {
    retry(|| async {
        let mut tx = releases.app().db.begin().await?;
        if !store::delete_draft(&mut tx, file, version).await? {
            return Err(KnowledgeError::Outdated);
        }
        audit::append(&mut tx, of_file(releases, author, "knowledge.discard", file)).await?;
        tx.commit().await?;
        Ok(())
    })
    .await
}

/// Publishes the release in use with this one file changed, after the whole of it was checked; the draft ends then.
pub async fn publish_draft(
    releases: &Releases,
    author: &Author<'_>,
    (file, version): (&str, i64),
    note: &str,
) -> Result<Published, KnowledgeError> {
    let opened = open(releases, file).await?;
    let draft = opened.draft.filter(|draft| draft.version == version).ok_or(KnowledgeError::Outdated)?;
    let used = releases.find_sources(&in_use(releases)).await?.ok_or(KnowledgeError::NothingPublished)?;
    let others = used.files().iter().filter(|other| other.name != file).cloned();
    let changed = Source { name: file.to_owned(), text: draft.text };
    let sources = Sources::from_files(others.chain([changed]).collect());
    let published = publish_files(releases, sources, author, note).await?;
    retry(|| async {
        let mut tx = releases.app().db.begin().await?;
        // Changed again meanwhile: the newer draft stays.
        store::delete_draft(&mut tx, file, version).await?;
        tx.commit().await?;
        Ok::<_, KnowledgeError>(())
    })
    .await?;
    Ok(published)
}

/// Matching rules compiled alone, and everything an editor should look at; None when they do not compile.
pub fn check_matching(engine: &Engine, file: &str, text: &str) -> (Option<Matcher>, Vec<Fault>) {
    match Matcher::compile(file, text, &engine.library().targets()) {
        Ok(matcher) => {
            let mut faults = matcher.findings();
            faults.extend(matcher.check_examples().faults);
            faults.sort_by_key(|fault| (fault.severity, fault.line, fault.column));
            (Some(matcher), faults)
        }
        Err(faults) => (None, faults),
    }
}

/// The same for a quality rule.
pub fn check_quality(engine: &Engine, file: &str, text: &str) -> Vec<Fault> {
    let Some(book) = &engine.library().quality else {
        return vec![Fault::error(file, 1, "LB003", "有质控规则，却没有病历的字段表")];
    };
    match Rule::compile(file, text, book.schema()) {
        Ok((rule, mut faults)) => {
            faults.extend(rule.mutants(book.schema()));
            faults
        }
        Err(faults) => faults,
    }
}

/// All drafts, by file.
pub async fn list_drafts(releases: &Releases) -> Result<Vec<Draft>, KnowledgeError> {
    Ok(store::list_drafts(&releases.app().db).await?)
}

pub(super) fn in_use(releases: &Releases) -> String {
    releases.current().load().kb().release.clone()
}

pub(super) fn of_file<'a>(
    releases: &Releases,
    author: &Author<'a>,
    action: &'static str,
    file: &str,
) -> audit::Entry<'a> {
    audit::Entry { object: Some(format!("file/{file}")), ..entry(releases, author, action, file) }
}
