//! Bodies of the JSON answers that are not stored as such.

use kb::diff::{Change, Diff, Topic};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{Activation, Release};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReleaseList {
    /// Newest first, at most 200.
    pub(super) items: Vec<Release>,
    /// Newest first, at most 200.
    pub(super) activations: Vec<Activation>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Publish {
    /// What changed, for other editors; at most 200 characters.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub(super) note: String,
    /// Also put it into use.
    #[serde(default)]
    pub(super) activate: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PublishedRelease {
    pub(super) release: String,
    /// False when the same files were published before.
    pub(super) is_new: bool,
    /// When it was put into use as well.
    pub(super) activation: Option<Activation>,
}

/// What differs between two releases.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Comparison {
    pub(super) subjects: Vec<SubjectDifference>,
    pub(super) files: Vec<FileDifference>,
    /// Files of the graph that only look different.
    pub(super) reformatted: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SubjectDifference {
    pub(super) key: String,
    pub(super) class: String,
    pub(super) label: String,
    pub(super) change: &'static str,
    pub(super) items: Vec<Difference>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Difference {
    /// `label`, `edge`, `frequency`, `review` or `other`.
    pub(super) topic: &'static str,
    pub(super) property: String,
    pub(super) target: Option<String>,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) file: String,
    pub(super) line: u32,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FileDifference {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) title: Option<String>,
    pub(super) change: &'static str,
    pub(super) added_lines: usize,
    pub(super) removed_lines: usize,
}

impl From<Diff> for Comparison {
    fn from(diff: Diff) -> Self {
        let subject = |subject: kb::diff::SubjectChange| SubjectDifference {
            change: name_of(subject.change),
            items: subject.items.into_iter().map(difference).collect(),
            key: subject.key,
            class: subject.class,
            label: subject.label,
        };
        let file = |file: kb::diff::FileChange| FileDifference {
            kind: file.kind.label(),
            change: name_of(file.change),
            added_lines: file.added,
            removed_lines: file.removed,
            name: file.name,
            title: file.title,
        };
        Self {
            subjects: diff.subjects.into_iter().map(subject).collect(),
            files: diff.files.into_iter().map(file).collect(),
            reformatted: diff.reformatted,
        }
    }
}

fn difference(item: kb::diff::Item) -> Difference {
    let topic = match item.topic {
        Topic::Label => "label",
        Topic::Edge => "edge",
        Topic::Frequency => "frequency",
        Topic::Review => "review",
        Topic::Other => "other",
    };
    let (file, line) = item.place;
    Difference {
        topic,
        file,
        line,
        property: item.property,
        target: item.target,
        before: item.before,
        after: item.after,
    }
}

fn name_of(change: Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Changed => "changed",
    }
}
