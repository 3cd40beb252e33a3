//! The differential as the doctor reads it: each suspect with what speaks for it, against it, and what was not asked.

use kb::{ConceptId, Kb, Review, Urgency};
use serde::{Deserialize, Serialize};

use crate::{
    Profile,
    case::{Case, Evidence},
    differential::{Differential, weighed},
};

/// Suspects shown at most.
const MAX_SUSPECTS: usize = 6;
/// Suspects below this probability are left out after the first three.
const MIN_PROBABILITY: f32 = 0.02;
/// A suspect needs this much support, in nats; less is a generic or rare sign.
const MIN_SUPPORT: f32 = 1.5;
/// Unasked symptoms shown for each.
const MAX_UNASKED: usize = 5;

/// A disease that may explain the findings; for the doctor, never for the patient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// Key of the disease.
    pub key: String,
    /// Its name.
    pub label: String,
    /// ICD-10 code.
    pub icd10: String,
    /// 0–1, among the diseases known and “none of these”.
    pub probability: f32,
    /// Departments, fittest first.
    pub departments: Vec<String>,
    /// How soon a typical case should be seen.
    pub urgency: String,
    /// What it is.
    pub definition: String,
    /// Findings that speak for it, strongest first.
    pub supporting: Vec<Reason>,
    /// Findings that speak against it, strongest first.
    pub conflicting: Vec<Reason>,
    /// Symptoms it often shows that were not asked.
    pub unasked: Vec<Reason>,
    /// What tells it from the others.
    pub tell_apart: Vec<String>,
    /// Whether a clinician has signed its knowledge.
    pub is_reviewed: bool,
}

/// One finding in the light of a disease.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The symptom, with 无 in front where it was denied.
    pub label: String,
    /// How often the disease shows it.
    pub frequency: String,
    /// Contribution in nats; positive speaks for the disease.
    pub weight: f32,
    /// The answers.
    pub evidence: Vec<Evidence>,
    /// Where the edge comes from.
    pub source: String,
}

pub(crate) fn suspects(kb: &Kb, case: &Case, profile: &Profile, differential: &Differential) -> Vec<Suspect> {
    if case.order.iter().all(|id| kb.symptom_position(*id).is_none()) {
        return Vec::new();
    }
    differential
        .top(MAX_SUSPECTS)
        .into_iter()
        .enumerate()
        .filter(|(rank, disease)| *rank < 3 || differential.probabilities[*disease] >= MIN_PROBABILITY)
        .map(|(_, disease)| suspect(kb, case, profile, disease, differential.probabilities[disease]))
        .filter(|suspect| suspect.supporting.iter().map(|reason| reason.weight).sum::<f32>() >= MIN_SUPPORT)
        .collect()
}

fn suspect(kb: &Kb, case: &Case, profile: &Profile, disease: usize, probability: f32) -> Suspect {
    let own = &kb.diseases[disease];
    let concept = kb.concept(own.id);
    let mut reasons: Vec<Reason> = weighed(kb, case)
        .into_iter()
        .filter_map(|finding| {
            let link = kb.index.link(finding.symptom, disease)?;
            let (prefix, ratio) = if finding.weight > 0.0 { ("", link.yes) } else { ("无", link.no) };
            Some(Reason {
                label: format!("{prefix}{}", kb.concept(finding.concept).label),
                frequency: frequency(kb, disease, finding.symptom),
                weight: finding.weight.abs() * ratio,
                evidence: case.known(finding.concept).map(|known| known.evidence.clone()).unwrap_or_default(),
                source: source(concept.review).to_owned(),
            })
        })
        .collect();
    reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    let (supporting, conflicting) = reasons.into_iter().partition(|reason| reason.weight >= 0.0);
    Suspect {
        key: concept.key.clone(),
        label: concept.label.clone(),
        icd10: own.icd10.clone(),
        probability,
        departments: departments(kb, disease, profile),
        urgency: urgency(own.urgency).to_owned(),
        definition: own.definition.clone(),
        supporting,
        conflicting,
        unasked: unasked(kb, case, disease),
        tell_apart: own
            .differentials
            .iter()
            .map(|other| format!("与{}鉴别：{}", kb.concept(other.disease).label, other.tell_apart))
            .collect(),
        is_reviewed: concept.review == Review::Reviewed,
    }
}

fn unasked(kb: &Kb, case: &Case, disease: usize) -> Vec<Reason> {
    let concept = kb.concept(kb.diseases[disease].id);
    kb.index
        .symptoms_of(disease)
        .iter()
        .filter(|link| link.frequency >= kb::Frequency::Occasional)
        .filter(|link| case.status(kb, kb.symptoms[link.symptom as usize].id).is_none())
        .take(MAX_UNASKED)
        .map(|link| {
            let id: ConceptId = kb.symptoms[link.symptom as usize].id;
            Reason {
                label: kb.concept(id).label.clone(),
                frequency: link.frequency.label().to_owned(),
                weight: 0.0,
                evidence: Vec::new(),
                source: source(concept.review).to_owned(),
            }
        })
        .collect()
}

fn frequency(kb: &Kb, disease: usize, symptom: usize) -> String {
    let row = kb.index.symptoms_of(disease);
    row.iter()
        .find(|link| link.symptom as usize == symptom)
        .map_or(String::new(), |link| link.frequency.label().to_owned())
}

/// Children go to their own departments first, grown-ups never.
pub(crate) fn departments(kb: &Kb, disease: usize, profile: &Profile) -> Vec<String> {
    let mut fitting: Vec<_> =
        kb.diseases[disease].departments.iter().map(|position| &kb.departments[*position]).collect();
    let n_all = fitting.len();
    fitting.retain(|department| profile.is_child() || !department.is_paediatric);
    if fitting.is_empty() && n_all > 0 {
        fitting =
            kb.diseases[disease].departments.iter().map(|position| &kb.departments[*position]).collect();
    }
    fitting.sort_by_key(|department| profile.is_child() && !department.is_paediatric);
    fitting.into_iter().map(|department| department.label.clone()).collect()
}

fn urgency(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Routine => "普通门诊",
        Urgency::Soon => "数日内就诊",
        Urgency::Urgent => "当日就诊",
        Urgency::Emergency => "立即急诊",
    }
}

fn source(review: Review) -> &'static str {
    match review {
        Review::Reviewed => "本地知识图谱（已审核）",
        Review::Draft | Review::Rejected => "本地知识图谱（未经临床审核）",
    }
}
