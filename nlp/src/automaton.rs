//! One automaton over all names and cue words.

use std::collections::BTreeMap;

use daachorse::{CharwiseDoubleArrayAhoCorasick, CharwiseDoubleArrayAhoCorasickBuilder, MatchKind};
use kb::{ConceptId, ConceptKind, Cue, Fault, Kb, REPLY};

use crate::{
    cue::{Role, roles},
    finding::Predicate,
};

/// What a matched word is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum What {
    /// A concept's name.
    Concept(ConceptId),
    /// The body part of names that end in a predicate: 头 of 头疼.
    Head(u16),
    /// A cue.
    Cue(Role),
}

/// A matched word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Token {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) what: What,
}

pub(crate) struct Automaton {
    words: CharwiseDoubleArrayAhoCorasick<u32>,
    entries: Vec<What>,
    /// (head, predicate) → concept, sorted, so that 头有点晕 is found.
    split: Vec<(u16, Predicate, ConceptId)>,
    predicates: Vec<String>,
    /// Kind of each concept.
    kinds: Vec<ConceptKind>,
    /// What an allergy to a medicine is.
    drug_allergy: Option<ConceptId>,
}

impl Automaton {
    pub(crate) fn new(kb: &Kb) -> Result<Self, Vec<Fault>> {
        let (roles, predicates) = roles(cues(kb))?;
        let mut words: BTreeMap<String, What> = BTreeMap::new();
        for (cue, role) in cues(kb).zip(&roles) {
            words.insert(cue.surface.clone(), What::Cue(*role));
        }
        for (concept, name) in names(kb) {
            for spelling in spellings(name) {
                words.insert(spelling, What::Concept(concept));
            }
        }
        let split = split_names(kb, &roles, &mut words);
        let entries: Vec<What> = words.values().copied().collect();
        let patterns = words.into_keys().zip(0u32..);
        let words = CharwiseDoubleArrayAhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .build_with_values(patterns)
            .map_err(|error| vec![Fault::error("lexicon", 0, "NL002", format!("词表无法编译：{error}"))])?;
        let kinds = kb.concepts.iter().map(|concept| concept.kind).collect();
        Ok(Self { words, entries, split, predicates, kinds, drug_allergy: kb.id("risk:drug-allergy") })
    }

    /// The words of a text, left to right, longest first.
    pub(crate) fn tokens(&self, text: &str) -> impl Iterator<Item = Token> {
        self.words.leftmost_find_iter(text).map(|found| Token {
            start: found.start(),
            end: found.end(),
            what: self.entries[found.value() as usize],
        })
    }

    /// The concept whose name is this head and predicate.
    pub(crate) fn joined(&self, head: u16, predicate: Predicate) -> Option<ConceptId> {
        self.split
            .binary_search_by_key(&(head, predicate), |&(head, predicate, _)| (head, predicate))
            .ok()
            .map(|at| self.split[at].2)
    }

    /// What an allergy to a medicine is.
    pub(crate) fn drug_allergy(&self) -> Option<ConceptId> {
        self.drug_allergy
    }

    /// Kind of a concept.
    pub(crate) fn kind(&self, concept: ConceptId) -> ConceptKind {
        self.kinds[concept.index()]
    }

    /// Name of a predicate class.
    pub(crate) fn predicate_name(&self, predicate: Predicate) -> &str {
        self.predicates.get(predicate.0 as usize).map_or("", String::as_str)
    }

    /// The concepts that a predicate may belong to, whatever the head.
    pub(crate) fn of_predicate(&self, predicate: Predicate) -> impl Iterator<Item = ConceptId> {
        self.split.iter().filter(move |(_, own, _)| *own == predicate).map(|(_, _, concept)| *concept)
    }
}

/// The cues that stand inside a text.
fn cues(kb: &Kb) -> impl Iterator<Item = &Cue> {
    kb.cues.iter().filter(|cue| cue.class != REPLY)
}

fn names(kb: &Kb) -> impl Iterator<Item = (ConceptId, &str)> {
    kb.concepts.iter().flat_map(|concept| {
        std::iter::once(&concept.label).chain(&concept.names).map(|name| (concept.id, name.as_str()))
    })
}

/// Latin letters are read in either case.
fn spellings(name: &str) -> Vec<String> {
    let mut spellings = vec![name.to_owned(), name.to_lowercase(), name.to_uppercase()];
    spellings.dedup();
    spellings
}

/// Takes names like 头疼 apart into a head and a predicate; a head that is a word already stays that word.
fn split_names(
    kb: &Kb,
    roles: &[Role],
    words: &mut BTreeMap<String, What>,
) -> Vec<(u16, Predicate, ConceptId)> {
    let predicates: Vec<(&str, Predicate)> = cues(kb)
        .zip(roles)
        .filter_map(|(cue, role)| match role {
            Role::Predicate(predicate) => Some((cue.surface.as_str(), *predicate)),
            _ => None,
        })
        .collect();
    let mut heads: BTreeMap<String, u16> = BTreeMap::new();
    let mut split = BTreeMap::new();
    for (concept, name) in names(kb) {
        for (surface, predicate) in &predicates {
            let Some(head) = name.strip_suffix(surface).filter(|head| !head.is_empty()) else {
                continue;
            };
            if words.contains_key(head) && !heads.contains_key(head) {
                continue;
            }
            let next = u16::try_from(heads.len()).unwrap_or(u16::MAX);
            let number = *heads.entry(head.to_owned()).or_insert(next);
            words.insert(head.to_owned(), What::Head(number));
            split.entry((number, *predicate)).or_insert(concept);
        }
    }
    split.into_iter().map(|((head, predicate), concept)| (head, predicate, concept)).collect()
}
