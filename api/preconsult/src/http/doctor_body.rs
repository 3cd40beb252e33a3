//! What a doctor's workstation gets: raw answers, composed record and what it rests on.

use chrono::{DateTime, Utc};
use engine::{Evidence, Flag, Reason, Sentence, Suspect, Triage};
use people::Sex;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    model::{Amendment, Part, StoredTurn},
    service::{Listed, Reading, Replay},
};

/// The consultations of one day, most urgent first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DoctorList {
    pub(super) items: Vec<DoctorListed>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DoctorListed {
    id: Uuid,
    #[schema(example = "submitted")]
    state: &'static str,
    patient: PatientBody,
    /// Absent until it is submitted.
    chief_complaint: Option<String>,
    /// 1 (most urgent) to 5.
    triage_level: Option<u8>,
    n_flags: usize,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
struct PatientBody {
    id: Uuid,
    name: String,
    sex: Sex,
    /// On the day the consultation was begun.
    age_months: u32,
}

/// A whole consultation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DoctorConsultation {
    id: Uuid,
    state: &'static str,
    patient: PatientBody,
    institution: String,
    department: String,
    /// The knowledge release that composed the record.
    release: String,
    record: Vec<SectionBody>,
    vital_signs: Vec<SentenceBody>,
    contradictions: Vec<SentenceBody>,
    amendments: Vec<AmendmentBody>,
    triage: TriageBody,
    /// For the doctor's consideration; not a diagnosis.
    suspects: Vec<SuspectBody>,
    /// The raw dialogue in the order of the answers.
    dialogue: Vec<TurnBody>,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SectionBody {
    #[schema(example = "present_illness")]
    section: &'static str,
    #[schema(example = "现病史")]
    title: &'static str,
    /// After the patient's changes.
    text: String,
    is_amended: bool,
    /// As composed.
    sentences: Vec<SentenceBody>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SentenceBody {
    text: String,
    evidence: Vec<EvidenceBody>,
}

#[derive(Debug, Serialize, ToSchema)]
struct EvidenceBody {
    /// `ordinal` of a turn that is not voided.
    turn: usize,
    quote: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct AmendmentBody {
    section: &'static str,
    before: String,
    after: String,
    by: Uuid,
    at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
struct TriageBody {
    /// 1 (most urgent) to 5.
    level: u8,
    label: String,
    reason: String,
    flags: Vec<FlagBody>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FlagBody {
    key: String,
    label: String,
    level: u8,
    note: String,
    evidence: Vec<EvidenceBody>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SuspectBody {
    key: String,
    label: String,
    icd10: String,
    /// 0 to 1.
    probability: f32,
    departments: Vec<String>,
    urgency: String,
    supporting: Vec<ReasonBody>,
    conflicting: Vec<ReasonBody>,
    unasked: Vec<ReasonBody>,
    /// Whether a clinician has signed what is known of it.
    is_reviewed: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct ReasonBody {
    label: String,
    frequency: String,
    /// Nats; positive speaks for it.
    weight: f32,
    evidence: Vec<EvidenceBody>,
    source: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct TurnBody {
    /// Place in the dialogue from 0; a voided turn shares it with the one that took its place.
    ordinal: usize,
    section: String,
    question: String,
    answer: String,
    at: DateTime<Utc>,
    voided_at: Option<DateTime<Utc>>,
    void_reason: Option<String>,
}

/// A consultation composed again from its answers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Replayed {
    /// The knowledge release used.
    release: String,
    /// The one that composed the stored record.
    stored_release: String,
    /// Parts that differ from what is stored; empty when nothing does.
    differences: Vec<&'static str>,
    record: Vec<ReplayedSection>,
    triage: TriageBody,
    suspects: Vec<SuspectBody>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ReplayedSection {
    section: &'static str,
    title: &'static str,
    sentences: Vec<SentenceBody>,
}

impl From<Replay> for Replayed {
    fn from(replay: Replay) -> Self {
        let section = |part: Part| ReplayedSection {
            section: part.name(),
            title: part.title(),
            sentences: sentences(part.sentences(&replay.record)),
        };
        let triage = replay.assessment.triage;
        Self {
            release: replay.release,
            stored_release: replay.stored_release,
            differences: replay.differences,
            record: Part::all().map(section).filter(|section| !section.sentences.is_empty()).collect(),
            triage: triage.into(),
            suspects: replay.assessment.suspects.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Triage> for TriageBody {
    fn from(triage: Triage) -> Self {
        Self {
            level: triage.level,
            label: triage.label,
            reason: triage.reason,
            flags: triage.flags.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Listed> for DoctorListed {
    fn from(Listed { consultation, resident }: Listed) -> Self {
        let age_months = consultation.profile.age_months;
        Self {
            id: consultation.id,
            state: consultation.state.name(),
            patient: PatientBody { id: resident.id, name: resident.name, sex: resident.sex, age_months },
            chief_complaint: consultation.chief_complaint,
            triage_level: consultation.triage_level,
            n_flags: consultation.n_flags,
            created_at: consultation.created_at,
            updated_at: consultation.updated_at,
        }
    }
}

impl From<Reading> for DoctorConsultation {
    fn from(reading: Reading) -> Self {
        let Reading { consultation, resident, turns, record, assessment, .. } = reading;
        let age_months = consultation.profile.age_months;
        let section = |part: Part| SectionBody {
            section: part.name(),
            title: part.title(),
            text: record.text(part),
            is_amended: record.is_amended(part),
            sentences: sentences(part.sentences(&record.record)),
        };
        Self {
            id: consultation.id,
            state: consultation.state.name(),
            patient: PatientBody { id: resident.id, name: resident.name, sex: resident.sex, age_months },
            institution: consultation.institution,
            department: consultation.department,
            release: record.record.release.clone(),
            record: Part::all().map(section).filter(|section| !section.text.is_empty()).collect(),
            vital_signs: sentences(&record.record.vital_signs),
            contradictions: sentences(&record.contradictions()),
            amendments: record.amendments.into_iter().map(Into::into).collect(),
            triage: assessment.triage.into(),
            suspects: assessment.suspects.into_iter().map(Into::into).collect(),
            dialogue: turns.into_iter().map(Into::into).collect(),
            created_at: consultation.created_at,
            ended_at: consultation.state.ended_at(),
        }
    }
}

fn sentences(sentences: &[Sentence]) -> Vec<SentenceBody> {
    let body = |said: &Sentence| SentenceBody { text: said.text.clone(), evidence: evidence(&said.evidence) };
    sentences.iter().map(body).collect()
}

fn evidence(evidence: &[Evidence]) -> Vec<EvidenceBody> {
    evidence.iter().map(|said| EvidenceBody { turn: said.turn, quote: said.quote.clone() }).collect()
}

fn reasons(reasons: Vec<Reason>) -> Vec<ReasonBody> {
    let body = |reason: Reason| ReasonBody {
        label: reason.label,
        frequency: reason.frequency,
        weight: reason.weight,
        evidence: evidence(&reason.evidence),
        source: reason.source,
    };
    reasons.into_iter().map(body).collect()
}

impl From<Amendment> for AmendmentBody {
    fn from(Amendment { part, before, after, by, at }: Amendment) -> Self {
        Self { section: part.name(), before, after, by, at }
    }
}

impl From<Flag> for FlagBody {
    fn from(flag: Flag) -> Self {
        let evidence = evidence(&flag.evidence);
        Self { key: flag.key, label: flag.label, level: flag.level, note: flag.note, evidence }
    }
}

impl From<Suspect> for SuspectBody {
    fn from(suspect: Suspect) -> Self {
        Self {
            key: suspect.key,
            label: suspect.label,
            icd10: suspect.icd10,
            probability: suspect.probability,
            departments: suspect.departments,
            urgency: suspect.urgency,
            supporting: reasons(suspect.supporting),
            conflicting: reasons(suspect.conflicting),
            unasked: reasons(suspect.unasked),
            is_reviewed: suspect.is_reviewed,
        }
    }
}

impl From<StoredTurn> for TurnBody {
    fn from(stored: StoredTurn) -> Self {
        let (voided_at, void_reason) = stored.voided.map(|voided| (voided.at, voided.reason)).unzip();
        Self {
            ordinal: stored.ordinal,
            section: stored.turn.question.section,
            question: stored.turn.question.text,
            answer: stored.turn.answer,
            at: stored.created_at,
            voided_at,
            void_reason,
        }
    }
}
