//! Releases as they are stored, drafts of their files, and trials of drafts.

mod draft;

use chrono::{DateTime, Utc};
use platform::audit::Actor;
use serde::Serialize;
use utoipa::ToSchema;

pub use draft::{Draft, Effect, Moved, Place, Sample, Trial, TrialState};

/// Longest note of a release, in characters.
pub const MAX_NOTE: usize = 200;

/// A published release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Release {
    /// SM3 over names and texts of all its files, 64 hexadecimal digits.
    pub hash: String,
    /// What its publisher said of it.
    pub note: String,
    /// Name of the person, or the part of the program.
    pub published_by: String,
    pub published_at: DateTime<Utc>,
    pub n_files: i64,
    /// Of all texts, uncompressed.
    pub n_bytes: i64,
    pub state: ReleaseState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseState {
    /// Never activated.
    Published,
    InUse,
    /// Was in use before.
    Past,
}

/// A release was put into use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Activation {
    /// Counts all activations from 1.
    pub seq: i64,
    pub release: String,
    pub activated_by: String,
    pub activated_at: DateTime<Utc>,
}

/// Who publishes or activates.
#[derive(Debug, Clone)]
pub struct Author<'a> {
    pub actor: Actor,
    /// As others read it.
    pub name: String,
    pub request_id: &'a str,
}

impl Author<'static> {
    /// Somebody at the command line, or the program at its first start.
    pub fn operator(name: &str) -> Self {
        Self { actor: Actor::system("release"), name: name.to_owned(), request_id: "-" }
    }
}

impl ReleaseState {
    pub fn text(self) -> &'static str {
        match self {
            Self::Published => "未启用",
            Self::InUse => "使用中",
            Self::Past => "曾启用",
        }
    }

    pub fn tone(self) -> &'static str {
        match self {
            Self::Published => "info",
            Self::InUse => "ok",
            Self::Past => "quiet",
        }
    }
}

/// The first digits, as people compare them.
pub fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}
