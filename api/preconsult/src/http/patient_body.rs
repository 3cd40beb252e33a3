//! What a patient's app gets: never a suspect, never a note for staff.

use chrono::{DateTime, Utc};
use engine::Act;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    model::{self, Consultation, Part, StoredRecord},
    service::Own,
};

/// For whom a consultation is begun.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Begin {
    /// Code of the institution.
    #[schema(example = "H01")]
    pub(super) institution: String,
    /// Code of the department.
    #[schema(example = "IM")]
    pub(super) department: String,
}

/// An answer to the waiting question.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct AnswerBody {
    /// `turn` as it was read: the number of answers so far.
    #[serde(deserialize_with = "platform::http::whole")]
    #[schema(maximum = 4_294_967_295_u32)]
    pub(super) turn: usize,
    /// The patient's words; several options are joined with 、.
    #[schema(min_length = 1, max_length = 10_000, pattern = r"\S")]
    pub(super) text: String,
}

/// Taking the last answer back.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct UndoBody {
    /// `turn` as it was read.
    #[serde(deserialize_with = "platform::http::whole")]
    #[schema(maximum = 4_294_967_295_u32)]
    pub(super) turn: usize,
}

/// New text of a section.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct SectionText {
    #[schema(min_length = 1, max_length = 10_000)]
    pub(super) text: String,
}

/// One's own consultation as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnConsultation {
    id: Uuid,
    #[schema(example = "asking")]
    state: &'static str,
    institution: String,
    department: String,
    /// Also the ETag.
    version: i64,
    /// Number of answers so far.
    turn: usize,
    /// 0 to 100.
    progress: u8,
    /// The waiting question, in state `asking`.
    question: Option<QuestionBody>,
    /// Remarks on the last answer, to be shown before the question.
    notes: Vec<String>,
    /// What to do at once, in state `emergency`.
    emergency_advice: Vec<String>,
    /// From state `awaiting_confirmation` on.
    record: Option<Vec<SectionBody>>,
    answers: Vec<OwnTurn>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
struct QuestionBody {
    key: String,
    /// Heading, as 现病史.
    section: String,
    text: String,
    /// Quick replies; sending one sends its words.
    options: Vec<String>,
    is_multi: bool,
    /// Placeholder of the text field.
    hint: String,
    /// An emergency advice: show it as such.
    is_warning: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct OwnTurn {
    section: String,
    question: String,
    answer: String,
}

/// A section of the record after the patient's changes.
#[derive(Debug, Serialize, ToSchema)]
struct SectionBody {
    #[schema(example = "present_illness")]
    section: &'static str,
    #[schema(example = "现病史")]
    title: &'static str,
    text: String,
    is_amended: bool,
}

/// A line of one's own history.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnListed {
    id: Uuid,
    state: &'static str,
    institution: String,
    department: String,
    chief_complaint: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// One's own consultations, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OwnList {
    pub(super) items: Vec<OwnListed>,
}

impl OwnConsultation {
    pub(super) fn version(&self) -> i64 {
        self.version
    }

    /// `engine` gives the advice of an emergency.
    pub(super) fn of(own: Own, engine: &engine::Engine) -> Self {
        let Own { consultation, turns, interview, record } = own;
        let dialogue = interview.dialogue();
        let emergency = matches!(consultation.state, model::State::Emergency { .. });
        let flags = if emergency { engine.triage(dialogue).flags } else { Vec::new() };
        let valid: Vec<_> = turns.into_iter().filter(|turn| turn.voided.is_none()).collect();
        Self {
            id: consultation.id,
            state: consultation.state.name(),
            institution: consultation.institution,
            department: consultation.department,
            version: consultation.version,
            turn: valid.len(),
            progress: interview.progress(),
            question: dialogue
                .pending()
                .filter(|_| consultation.state == model::State::Asking)
                .map(QuestionBody::of),
            notes: valid.last().map(|turn| turn.notes.clone()).unwrap_or_default(),
            emergency_advice: flags.into_iter().map(|flag| flag.message).collect(),
            record: record.as_ref().map(sections),
            answers: valid.into_iter().map(OwnTurn::of).collect(),
            created_at: consultation.created_at,
            updated_at: consultation.updated_at,
        }
    }
}

impl QuestionBody {
    fn of(question: &engine::Question) -> Self {
        let engine::Question { key, act, section, text, options, is_multi, hint, .. } = question.clone();
        Self { key, section, text, options, is_multi, hint, is_warning: matches!(act, Act::Warn { .. }) }
    }
}

impl OwnTurn {
    fn of(stored: model::StoredTurn) -> Self {
        let engine::Turn { question, answer } = stored.turn;
        Self { section: question.section, question: question.text, answer }
    }
}

fn sections(record: &StoredRecord) -> Vec<SectionBody> {
    let body = |part: Part| SectionBody {
        section: part.name(),
        title: part.title(),
        text: record.text(part),
        is_amended: record.is_amended(part),
    };
    Part::all().map(body).filter(|section| !section.text.is_empty()).collect()
}

impl From<Consultation> for OwnListed {
    fn from(consultation: Consultation) -> Self {
        Self {
            id: consultation.id,
            state: consultation.state.name(),
            institution: consultation.institution,
            department: consultation.department,
            chief_complaint: consultation.chief_complaint,
            created_at: consultation.created_at,
            updated_at: consultation.updated_at,
        }
    }
}
