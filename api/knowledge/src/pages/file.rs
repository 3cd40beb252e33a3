//! What the pages of every file of rules share: where its draft stands, its text, publishing and throwing away.

mod change;
mod text;

use axum::{extract::FromRequestParts, http::request::Parts};
use kb::{Fault, Severity};
use platform::{
    Problem,
    rights::{Permission, Right},
};
use tokio::task::spawn_blocking;

use crate::{
    KnowledgeError, Releases,
    service::draft::{self, Opened},
};

pub(super) use change::{discard, publish};
pub(super) use text::{save as save_text, text};

/// Which rules a page is about, as its address says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Matching,
    Quality,
}

/// What every page of a file shows above its own.
pub(super) struct Head {
    pub(super) topic: Topic,
    /// Address of the file's first page.
    pub(super) base: String,
    /// From the file, else its name.
    pub(super) title: String,
    pub(super) mode: String,
    pub(super) opened: Opened,
    pub(super) edited: String,
    pub(super) lines: (usize, usize),
    pub(super) may_publish: bool,
    pub(super) n_errors: usize,
}

impl Topic {
    /// Of the menu and the address.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Matching => "matching",
            Self::Quality => "quality",
        }
    }

    /// The file of a name in the address.
    pub(super) fn file(self, name: &str) -> Result<String, Problem> {
        let is_plain = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '-';
        if name.is_empty() || name.len() > 60 || !name.chars().all(is_plain) {
            return Err(Problem::not_found().detail("没有这份规则。"));
        }
        Ok(match self {
            Self::Matching => format!("rules/{name}.md"),
            Self::Quality => format!("rules/quality/{name}.md"),
        })
    }

    pub(super) fn base(self, name: &str) -> String {
        format!("/knowledge/{}/{name}", self.key())
    }
}

impl<S: Sync> FromRequestParts<S> for Topic {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let is_quality = parts.uri.path().starts_with("/knowledge/quality/");
        Ok(if is_quality { Self::Quality } else { Self::Matching })
    }
}

/// A file with what is wrong in it.
pub(super) async fn opened(
    releases: &Releases,
    who: &Right,
    topic: Topic,
    name: &str,
) -> Result<(Head, Vec<Fault>), Problem> {
    let opened = draft::open(releases, &topic.file(name)?).await?;
    let (engine, file, text) = (releases.current().load(), opened.file.clone(), opened.text.clone());
    let checked = spawn_blocking(move || match topic {
        Topic::Matching => draft::check_matching(&engine, &file, &text).1,
        Topic::Quality => draft::check_quality(&engine, &file, &text),
    });
    let faults = checked.await.map_err(KnowledgeError::from)?;
    let value = |key: &str| {
        let lines = opened.text.lines().skip(1).take_while(|line| *line != "---");
        let mut parts = lines.filter_map(|line| line.split_once([':', '：']));
        parts.find(|(own, _)| own.trim() == key).map(|(_, value)| value.trim().to_owned())
    };
    let today = releases.app().clock.today();
    let edited = opened.draft.as_ref().map(|draft| ui::format::moment(draft.edited_at, today));
    let head = Head {
        topic,
        base: topic.base(name),
        title: value("名称").filter(|title| !title.is_empty()).unwrap_or_else(|| name.to_owned()),
        mode: value("方式").unwrap_or_default(),
        edited: edited.unwrap_or_default(),
        lines: opened.lines(),
        may_publish: who.may(Permission::KnowledgePublish),
        n_errors: faults.iter().filter(|fault| fault.severity == Severity::Error).count(),
        opened,
    };
    Ok((head, faults))
}
