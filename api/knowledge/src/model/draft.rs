use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A knowledge file that is being changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Name in the release.
    pub file: String,
    /// The release in use when it was begun.
    pub base: String,
    pub text: String,
    /// Counts changes from 1.
    pub version: i64,
    pub edited_by: String,
    pub edited_at: DateTime<Utc>,
}

/// A draft tried on the visits of the last month.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    pub id: Uuid,
    pub file: String,
    /// The draft as it was when somebody asked.
    pub text: String,
    /// What it is compared with.
    pub release: String,
    pub state: TrialState,
    /// Visits looked at, and all there are.
    pub n_done: i64,
    pub n_all: i64,
    pub effect: Effect,
    pub asked_by: String,
    pub asked_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialState {
    Waiting,
    Running,
    Done,
    /// The rules do not compile.
    Failed,
}

/// What other rules would have done to the visits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Effect {
    pub n_visits: usize,
    pub n_changed: usize,
    /// From which questionnaires to which, most visits first.
    pub moved: Vec<Moved>,
    /// By institution and department, most changes first.
    pub places: Vec<Place>,
}

/// Visits that went from the same questionnaires to the same others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub before: Vec<String>,
    pub after: Vec<String>,
    pub n_visits: usize,
    pub samples: Vec<Sample>,
}

/// A visit without a person: values of inputs, ages in bands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    pub given: Vec<(String, String)>,
    /// Ids of the rules behind either choice.
    pub because_before: Vec<String>,
    pub because_after: Vec<String>,
}

/// Visits of a department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub institution: String,
    pub department: String,
    pub n_visits: usize,
    pub n_changed: usize,
}

impl TrialState {
    const ALL: [Self; 4] = [Self::Waiting, Self::Running, Self::Done, Self::Failed];

    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}
