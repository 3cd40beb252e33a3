//! Which diseases explain the findings, and which question would tell most.
//!
//! Naive Bayes over the compiled edges with one more hypothesis, “none of these”, whose likelihood is the
//! background rate of each symptom. Evidence is tempered, because findings are not independent.

use std::cmp::Ordering;

use kb::{AgeBand, ConceptId, ConceptKind, Kb};
use nlp::Status;

use crate::{Profile, Sex, case::Case};

/// Exponent on the likelihood: naive Bayes without it is far too sure.
const TEMPER: f32 = 0.65;
/// Prior share of “none of these”.
const OTHER: f32 = 0.05;
/// Weight of a finding that the account itself puts in doubt, between yes (1) and nothing (0).
const UNSURE: f32 = 0.3;
/// A denial says less than a presence: patients overlook and forget.
const DENIAL: f32 = 0.7;
/// A symptom is asked for the differential when it is at least this likely.
const MIN_CHANCE: f32 = 0.07;
/// Diseases below this probability take no part in choosing a question.
const NEGLIGIBLE: f32 = 0.004;

/// Probabilities of the diseases of a release, in the order of [`Kb::diseases`].
#[derive(Debug, Clone)]
pub(crate) struct Differential {
    pub(crate) probabilities: Vec<f32>,
}

/// A finding as the differential uses it: position of the symptom, and the weight of yes (+) or no (−).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Weighed {
    pub(crate) symptom: usize,
    pub(crate) concept: ConceptId,
    pub(crate) weight: f32,
}

/// The findings that count: a broader symptom is left out where a narrower one is known to be there.
pub(crate) fn weighed(kb: &Kb, case: &Case) -> Vec<Weighed> {
    let mut findings = Vec::new();
    for &concept in &case.order {
        let Some(symptom) = kb.symptom_position(concept) else {
            continue;
        };
        let weight = match case.direct(concept) {
            Some(Status::Yes) if case.has_narrower(kb, concept) => continue,
            Some(Status::Yes) => 1.0,
            // “不清楚” to a question says nothing; a doubt of one's own account does.
            Some(Status::Unsure) if case.complaints.contains(&concept) => UNSURE,
            Some(Status::No)
                if kb.concept(concept).broader.iter().any(|b| case.direct(*b) == Some(Status::No)) =>
            {
                continue;
            }
            Some(Status::No) => -DENIAL,
            Some(Status::Unsure) | None => continue,
        };
        findings.push(Weighed { symptom, concept, weight });
    }
    findings
}

impl Differential {
    pub(crate) fn of(kb: &Kb, case: &Case, profile: &Profile) -> Self {
        let mut logs = priors(kb, profile);
        for finding in weighed(kb, case) {
            for link in kb.index.diseases_of(finding.symptom) {
                let ratio = if finding.weight > 0.0 { link.yes } else { link.no };
                logs[link.disease as usize] += TEMPER * finding.weight.abs() * ratio;
            }
        }
        // What the patient calls it (我感冒了) is a hint, not a finding.
        for disease in case.present(kb, ConceptKind::Disease) {
            let own = kb.disease_position(disease).filter(|position| !kb.diseases[*position].is_chronic);
            if let Some(position) = own {
                logs[position] += 1.0;
            }
        }
        Self { probabilities: softmax(&logs) }
    }

    /// Positions of the `n` likeliest diseases, likeliest first; ties by position.
    pub(crate) fn top(&self, n: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..self.n_diseases()).collect();
        if n < all.len() {
            all.select_nth_unstable_by(n, |a, b| self.likelier(*a, *b));
            all.truncate(n);
        }
        all.sort_unstable_by(|a, b| self.likelier(*a, *b));
        all
    }

    /// The same for every disease of at least this probability.
    fn above(&self, least: f32) -> Vec<usize> {
        let mut likely: Vec<usize> =
            (0..self.n_diseases()).filter(|disease| self.probabilities[*disease] >= least).collect();
        likely.sort_unstable_by(|a, b| self.likelier(*a, *b));
        likely
    }

    /// The last hypothesis is “none of these”.
    fn n_diseases(&self) -> usize {
        self.probabilities.len() - 1
    }

    fn likelier(&self, a: usize, b: usize) -> Ordering {
        self.probabilities[b].total_cmp(&self.probabilities[a]).then(a.cmp(&b))
    }

    /// P(symptom) given what is known.
    pub(crate) fn chance(&self, kb: &Kb, symptom: usize) -> f32 {
        let (mut linked, mut yes) = (0.0, 0.0);
        for link in kb.index.diseases_of(symptom) {
            let p = self.probabilities[link.disease as usize];
            linked += p;
            yes += p * link.probability;
        }
        yes + (1.0 - linked).max(0.0) * kb.index.background(symptom)
    }

    /// The open symptom whose answer is expected to tell most about the disease, with the gain in nats.
    pub(crate) fn best_question(
        &self,
        kb: &Kb,
        is_open: impl Fn(ConceptId) -> bool,
    ) -> Option<(ConceptId, f32)> {
        let likely = self.above(NEGLIGIBLE);
        let mut mass = vec![0.0f32; kb.diseases.len()];
        for &disease in &likely {
            mass[disease] = self.probabilities[disease];
        }
        let entropy: f32 = self.probabilities.iter().map(|p| plogp(*p)).sum();
        let mut candidates: Vec<usize> =
            likely.iter().flat_map(|d| kb.index.symptoms_of(*d)).map(|link| link.symptom as usize).collect();
        candidates.sort_unstable();
        candidates.dedup();
        let mut best: Option<(ConceptId, f32)> = None;
        for symptom in candidates {
            let id = kb.symptoms[symptom].id;
            if self.chance(kb, symptom) < MIN_CHANCE {
                continue;
            }
            let gain = expected_gain(kb, symptom, &mass, entropy);
            if best.is_none_or(|(_, known)| gain > known) && is_open(id) {
                best = Some((id, gain));
            }
        }
        best
    }
}

/// Entropy now minus its expectation after yes or no.
///
/// Diseases without an edge answer with the background rate; their entropy changes only by a factor, so the
/// sum runs over the symptom's row alone.
fn expected_gain(kb: &Kb, symptom: usize, mass: &[f32], entropy: f32) -> f32 {
    let base = kb.index.background(symptom);
    let (mut linked, mut linked_entropy) = (0.0, 0.0);
    let (mut yes, mut no, mut yes_entropy, mut no_entropy) = (0.0, 0.0, 0.0, 0.0);
    for link in kb.index.diseases_of(symptom) {
        let p = mass[link.disease as usize];
        if p <= 0.0 {
            continue;
        }
        linked += p;
        linked_entropy += plogp(p);
        let (with, without) = (p * link.probability, p * (1.0 - link.probability));
        yes += with;
        no += without;
        yes_entropy += plogp(with);
        no_entropy += plogp(without);
    }
    let rest = (1.0 - linked).max(0.0);
    let rest_entropy = entropy - linked_entropy;
    // −Σ (p·b) ln (p·b) over the rest = b·H_rest − rest·b·ln b.
    yes_entropy += base * rest_entropy + rest * plogp(base);
    no_entropy += (1.0 - base) * rest_entropy + rest * plogp(1.0 - base);
    let (p_yes, p_no) = (yes + rest * base, no + rest * (1.0 - base));
    // H(D|yes)·P(yes) = Σ −q ln q + P(yes) ln P(yes).
    let after = (yes_entropy - plogp(p_yes)) + (no_entropy - plogp(p_no));
    entropy - after
}

/// −p ln p.
fn plogp(p: f32) -> f32 {
    if p > 0.0 { -p * p.ln() } else { 0.0 }
}

fn priors(kb: &Kb, profile: &Profile) -> Vec<f32> {
    let band = AgeBand::of_months(profile.age_months) as usize;
    let mut logs: Vec<f32> = kb
        .diseases
        .iter()
        .zip(&kb.priors)
        .map(|(disease, prior)| {
            let fits = match (disease.sex, profile.sex) {
                (Some(kb::Sex::Female), Some(Sex::Male)) | (Some(kb::Sex::Male), Some(Sex::Female)) => 1e-6,
                _ => 1.0,
            };
            (prior * fits * (disease.age_weights[band] / 5.0).max(0.01)).ln()
        })
        .collect();
    logs.push(OTHER.ln());
    logs
}

fn softmax(logs: &[f32]) -> Vec<f32> {
    let highest = logs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f32> = logs.iter().map(|log| (log - highest).exp()).collect();
    let total: f32 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / total).collect()
}
