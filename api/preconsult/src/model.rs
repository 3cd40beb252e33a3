//! Consultations, their life cycle, and what is asked of this crate.

mod part;
mod plan;
mod reading;
mod state;
mod text;
mod visit;

use chrono::{DateTime, Utc};
use engine::{Profile, Record, Sentence, Suspect, Triage, Turn};
use platform::{
    audit::Actor,
    http::RequestId,
    rights::{Right, Site},
    session::SignedInResident,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use part::Part;
pub use plan::{Chosen, Intake, Plan};
pub use reading::{ReadArticle, Readings};
pub use state::{Event, State};
pub use text::{MAX_ANSWER, cleaned};
pub use visit::{EntryKind, Visit, VisitState};

/// One consultation without its dialogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Consultation {
    pub id: Uuid,
    pub resident: Uuid,
    /// Codes of the organisation.
    pub institution: String,
    pub department: String,
    /// The registration it belongs to.
    pub visit: Option<Uuid>,
    pub entry: EntryKind,
    pub plan: Plan,
    pub state: State,
    /// Grows with every change.
    pub version: i64,
    /// Age and sex on the day it was begun.
    pub profile: Profile,
    /// 1 to 5, from the first answer on.
    pub triage_level: Option<u8>,
    pub n_flags: usize,
    /// From the first record on.
    pub chief_complaint: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A turn as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTurn {
    /// Position in the dialogue; a voided turn shares it with the one that took its place.
    pub ordinal: usize,
    pub turn: Turn,
    /// Remarks shown after the answer.
    pub notes: Vec<String>,
    pub request_key: String,
    pub created_at: DateTime<Utc>,
    pub voided: Option<Voided>,
}

/// Why a turn no longer counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voided {
    pub at: DateTime<Utc>,
    pub reason: String,
}

/// A composed record with the changes the patient made to it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRecord {
    pub id: Uuid,
    pub version: i64,
    pub record: Record,
    /// Oldest first.
    pub amendments: Vec<Amendment>,
    /// What the patient confirmed of the health archive.
    pub archive: Vec<FromArchive>,
    pub created_at: DateTime<Utc>,
}

/// What goes into a part of a record from the health archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromArchive {
    pub part: Part,
    pub text: String,
    /// Whether it says that there is something, and not only that there is nothing.
    pub has_findings: bool,
}

/// What only the doctor reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    pub triage: Triage,
    pub suspects: Vec<Suspect>,
}

/// A change by the patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    pub part: Part,
    pub before: String,
    pub after: String,
    pub by: Uuid,
    pub at: DateTime<Utc>,
}

/// An answer as it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Number of answers the page had seen.
    pub turn: usize,
    /// Key of the question the page showed, where it says so.
    pub question: Option<String>,
    pub text: String,
    /// The same for a double tap and for a retry.
    pub request_key: String,
}

/// For what a consultation is begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Codes of the organisation.
    pub institution: String,
    pub department: String,
    pub visit: Option<Uuid>,
    pub entry: EntryKind,
    pub intake: Intake,
}

/// A page of a questionnaire as it was filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// Positions of the questionnaire and of the page.
    pub form: usize,
    pub page: usize,
    /// The questions that were on the screen, each with the words written or the options chosen.
    pub given: Vec<(String, Vec<String>)>,
    /// The same for a double tap and for a retry.
    pub request_key: String,
}

/// The patient who acts.
#[derive(Debug, Clone, Copy)]
pub struct Patient<'a> {
    pub id: Uuid,
    pub request: &'a RequestId,
}

/// Somebody of the staff who reads, as far as their right reaches.
#[derive(Debug, Clone)]
pub struct Doctor<'a> {
    pub right: Right,
    pub request: &'a RequestId,
}

impl Opening {
    /// Of somebody who comes without a registration.
    pub fn at(institution: &str, department: &str) -> Self {
        Self {
            institution: institution.to_owned(),
            department: department.to_owned(),
            visit: None,
            entry: EntryKind::App,
            intake: Intake::default(),
        }
    }
}

impl Consultation {
    /// To whom it belongs, for the rights.
    pub fn site(&self) -> Site<'_> {
        Site { institution: Some(&self.institution), department: Some(&self.department), ..Site::default() }
    }
}

impl StoredRecord {
    /// What a part says after all changes, with what was confirmed of the health archive.
    pub fn text(&self, part: Part) -> String {
        let text = self.told(part);
        match self.from_archive(part) {
            // A change was made to the text with it.
            Some(known) if !text.contains(known) => text + known,
            _ => text,
        }
    }

    pub fn from_archive(&self, part: Part) -> Option<&str> {
        self.archive.iter().find(|known| known.part == part).map(|known| known.text.as_str())
    }

    /// Parts the patient denied in the dialogue, and then confirmed what the health archive has.
    pub fn denied_and_confirmed(&self) -> impl Iterator<Item = &FromArchive> {
        let is_denied = |part: Part| {
            let told = self.told(part);
            told.starts_with("否认") && !told.starts_with("否认其他")
        };
        self.archive.iter().filter(move |known| known.has_findings && is_denied(known.part))
    }

    /// Where what the patient said does not agree with itself, or with what was confirmed of the health archive.
    pub fn contradictions(&self) -> Vec<Sentence> {
        let of_archive = |known: &FromArchive| Sentence {
            text: format!("{}：回答时否认，之后却确认了{}", known.part.title(), known.text),
            evidence: Vec::new(),
        };
        let archive = self.denied_and_confirmed().map(of_archive);
        self.record.contradictions.iter().cloned().chain(archive).collect()
    }

    /// After the patient's changes, without the archive.
    fn told(&self, part: Part) -> String {
        let changed = self.amendments.iter().rev().find(|amendment| amendment.part == part);
        changed.map_or_else(|| part.composed(&self.record), |amendment| amendment.after.clone())
    }

    pub fn is_amended(&self, part: Part) -> bool {
        self.amendments.iter().any(|amendment| amendment.part == part)
    }
}

impl<'a> Patient<'a> {
    pub fn new(who: &SignedInResident, request: &'a RequestId) -> Self {
        Self { id: who.id, request }
    }

    pub fn actor(self) -> Actor {
        Actor { id: self.id.to_string(), role: "resident".into() }
    }
}

impl Doctor<'_> {
    pub fn actor(&self) -> Actor {
        self.right.actor()
    }
}
