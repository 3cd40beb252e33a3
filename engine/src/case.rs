//! What is known of the patient so far, each fact with the answers it came from.

use std::collections::{BTreeMap, BTreeSet};

use kb::{ConceptId, ConceptKind, Kb};
use nlp::{Kin, MeasureKind, Onset, Period, Rate, Severity, Side, Status};
use serde::{Deserialize, Serialize};

/// From this many hours on a complaint is an old one.
const YEARS_OLD: f32 = 365.0 * 24.0;

/// What one was exposed to: part of the story, never the complaint.
pub(crate) const EXPOSURES: [&str; 3] =
    ["sym:allergen-exposure", "sym:food-poisoning-exposure", "sym:sick-contact"];
/// Term of an attribute whose answer was read as findings.
pub(crate) const SAID_ELSEWHERE: &str = "（）";

/// Where a fact was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Index of the turn.
    pub turn: usize,
    /// The words.
    pub quote: String,
}

/// What is known of one concept in the patient.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Known {
    pub(crate) status: Status,
    pub(crate) since: Option<Period>,
    pub(crate) severity: Option<Severity>,
    pub(crate) rate: Option<Rate>,
    pub(crate) rate_words: Option<String>,
    pub(crate) side: Option<Side>,
    pub(crate) onset: Option<Onset>,
    pub(crate) is_past: bool,
    pub(crate) evidence: Vec<Evidence>,
}

/// An answered attribute of a symptom.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AttributeAnswer {
    /// Medical wording; empty when the patient could not say.
    pub(crate) term: String,
    pub(crate) evidence: Evidence,
}

/// A denial that was taken back, or the other way round.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contradiction {
    pub(crate) concept: ConceptId,
    pub(crate) before: Status,
    pub(crate) after: Status,
    pub(crate) evidence: Vec<Evidence>,
}

/// The answer to a question of the history script.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScriptAnswer {
    pub(crate) text: String,
    pub(crate) verdict: Option<nlp::Verdict>,
    pub(crate) evidence: Evidence,
}

/// The patient's facts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Case {
    known: Vec<Option<Known>>,
    /// Concepts with a direct answer, in the order they came up.
    pub(crate) order: Vec<ConceptId>,
    /// Symptoms of the patient's own account, in the order told.
    pub(crate) complaints: Vec<ConceptId>,
    pub(crate) kin: Vec<(Kin, ConceptId, Evidence)>,
    pub(crate) attributes: BTreeMap<(ConceptId, usize), AttributeAnswer>,
    pub(crate) measures: BTreeMap<MeasureKind, (f32, Evidence)>,
    pub(crate) script: BTreeMap<String, ScriptAnswer>,
    pub(crate) contradictions: Vec<Contradiction>,
    /// Keys of all questions asked.
    pub(crate) asked: BTreeSet<String>,
    /// Number of questions answered at each node of the chart.
    pub(crate) n_at: BTreeMap<String, usize>,
    /// Red flags the patient was told of.
    pub(crate) warned: BTreeSet<String>,
    /// Whether the patient chose to go on after the last warning.
    pub(crate) goes_on: bool,
    /// Whether the patient chose to stop and seek help.
    pub(crate) stops: bool,
    /// Words of accounts in which nothing was recognised.
    pub(crate) unread: Vec<Evidence>,
    /// Answers to other questions that were not understood, kept for the doctor.
    pub(crate) remarks: Vec<Evidence>,
    /// The opening words of the first account.
    pub(crate) first_words: Option<Evidence>,
    /// The known disease a visit is about, where the account names no symptom.
    pub(crate) visit_reason: Option<ConceptId>,
    /// Number of times an account was asked for.
    pub(crate) n_accounts: usize,
    /// Number of answers to questions of questionnaires.
    pub(crate) n_items: usize,
    /// Nodes of the chart whose questions the questionnaires have asked.
    pub(crate) covered: BTreeSet<&'static str>,
}

impl Case {
    pub(crate) fn new(kb: &Kb) -> Self {
        Self { known: vec![None; kb.concepts.len()], ..Self::default() }
    }

    /// What was said of a concept itself.
    pub(crate) fn known(&self, id: ConceptId) -> Option<&Known> {
        self.known.get(id.index())?.as_ref()
    }

    pub(crate) fn known_mut(&mut self, id: ConceptId) -> &mut Option<Known> {
        &mut self.known[id.index()]
    }

    /// Direct status of a present (not past) finding.
    pub(crate) fn direct(&self, id: ConceptId) -> Option<Status> {
        self.known(id).filter(|known| !known.is_past).map(|known| known.status)
    }

    /// Status with what it implies: a narrower one that is there, a broader one that is not.
    pub(crate) fn status(&self, kb: &Kb, id: ConceptId) -> Option<Status> {
        let direct = self.direct(id);
        if direct == Some(Status::Yes) || self.has_narrower(kb, id) {
            return Some(Status::Yes);
        }
        if direct.is_some() {
            return direct;
        }
        let denied = kb.concept(id).broader.iter().any(|broader| self.direct(*broader) == Some(Status::No));
        denied.then_some(Status::No)
    }

    /// A detail of a finding: its own, else that of a broader or narrower one that is there.
    pub(crate) fn detail<T>(&self, kb: &Kb, id: ConceptId, pick: impl Fn(&Known) -> Option<T>) -> Option<T> {
        let own = self.known(id).and_then(&pick);
        own.or_else(|| {
            let is_related = |other: &ConceptId| {
                kb.concept(*other).broader.contains(&id) || kb.concept(id).broader.contains(other)
            };
            let there = self.order.iter().filter(|other| self.direct(**other) == Some(Status::Yes));
            there.filter(|other| is_related(other)).find_map(|other| self.known(*other).and_then(&pick))
        })
    }

    /// The answer to an attribute of a symptom, or of a broader or narrower one.
    pub(crate) fn attribute(&self, kb: &Kb, id: ConceptId, attribute: usize) -> Option<&AttributeAnswer> {
        self.attributes.get(&(id, attribute)).or_else(|| {
            self.attributes.iter().find_map(|((other, own), answer)| {
                let is_related =
                    kb.concept(*other).broader.contains(&id) || kb.concept(id).broader.contains(other);
                (*own == attribute && is_related).then_some(answer)
            })
        })
    }

    /// Whether a narrower concept is present.
    pub(crate) fn has_narrower(&self, kb: &Kb, id: ConceptId) -> bool {
        self.order
            .iter()
            .any(|other| self.direct(*other) == Some(Status::Yes) && kb.concept(*other).broader.contains(&id))
    }

    /// Present symptoms in the order told.
    pub(crate) fn present<'a>(&'a self, kb: &'a Kb, kind: ConceptKind) -> impl Iterator<Item = ConceptId> {
        self.order
            .iter()
            .copied()
            .filter(move |id| kb.concept(*id).kind == kind && self.direct(*id) == Some(Status::Yes))
    }

    /// The symptoms the complaint is about, in the order told; years-old ones last.
    pub(crate) fn main_complaints(&self, kb: &Kb) -> Vec<ConceptId> {
        let present: Vec<ConceptId> =
            self.complaints.iter().copied().filter(|id| self.direct(*id) == Some(Status::Yes)).collect();
        // Of a general symptom and a special form of it, the one told first is the complaint.
        let mut main: Vec<ConceptId> = Vec::new();
        for id in present {
            let is_form_of = |one: ConceptId, other: ConceptId| kb.concept(one).broader.contains(&other);
            if !main.iter().any(|known| is_form_of(*known, id) || is_form_of(id, *known)) {
                main.push(id);
            }
        }
        // What has been there for years comes after what is new.
        main.sort_by_key(|id| {
            self.detail(kb, *id, |known| known.since).is_some_and(|since| since.hours >= YEARS_OLD)
        });
        main
    }
}
