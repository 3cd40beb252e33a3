//! From the symptoms of a question to diseases.

use super::question::Question;
use crate::{Audience, ConceptKind, Kb, Sex};

/// Diseases whose articles are looked for because of their symptoms.
const N_DISEASES: usize = 20;
/// Points of an article's subject in the first round, before the scorer.
const NAMED: f32 = 3.0;
const SHOWN: f32 = 2.0;

/// How much each symptom tells: 1 where a single disease shows it, towards 0 where all do.
pub(super) struct Weights {
    pub(super) symptoms: Vec<f32>,
}

/// What the symptoms of a question say of each disease.
pub(super) struct Diseases {
    /// Symptoms heard, by position, with what they weigh in this question; the weights sum to 1.
    pub(super) symptoms: Vec<(usize, f32)>,
    /// For each disease the share of the symptoms that it shows, weighted with how often, 0–1.
    pub(super) shares: Vec<f32>,
    /// The best of them, best first.
    pub(super) best: Vec<usize>,
}

impl Weights {
    pub(super) fn new(kb: &Kb) -> Self {
        let n = kb.diseases.len().max(1) as f32;
        let weight = |symptom| {
            let n_with = kb.index.diseases_of(symptom).len().max(1) as f32;
            0.1 + 0.9 * (n / n_with).ln().max(0.0) / (1.0 + n).ln()
        };
        Self { symptoms: (0..kb.symptoms.len()).map(weight).collect() }
    }

    pub(super) fn diseases(&self, kb: &Kb, question: &Question) -> Diseases {
        let mut symptoms: Vec<(usize, f32)> = question
            .heard
            .iter()
            .filter_map(|heard| {
                let position = kb.symptom_position(heard.concept)?;
                Some((position, self.symptoms[position] * heard.how.certainty()))
            })
            .collect();
        let total: f32 = symptoms.iter().map(|(_, weight)| weight).sum();
        for (_, weight) in &mut symptoms {
            *weight /= total;
        }
        let mut shares = vec![0.0f32; if symptoms.is_empty() { 0 } else { kb.diseases.len() }];
        let mut touched = Vec::new();
        for &(symptom, weight) in &symptoms {
            for link in kb.index.diseases_of(symptom) {
                let at = link.disease as usize;
                if shares[at] == 0.0 {
                    touched.push(at);
                }
                shares[at] += weight * link.probability;
            }
        }
        let likely = |at: usize| shares[at] * (0.4 + common(kb, at, &question.audience));
        touched.sort_by(|a, b| likely(*b).total_cmp(&likely(*a)).then(a.cmp(b)));
        touched.dedup();
        touched.truncate(N_DISEASES);
        Diseases { symptoms, best: touched, shares }
    }
}

/// What articles should be about, by key, with points for the first round.
pub(super) fn wanted(kb: &Kb, question: &Question, diseases: &Diseases) -> Vec<(String, f32)> {
    let named = question.heard.iter().map(|heard| (heard.concept, NAMED * heard.how.certainty()));
    let shown = diseases.best.iter().map(|at| (kb.diseases[*at].id, SHOWN * diseases.shares[*at]));
    named.chain(shown).map(|(id, points)| (kb.concept(id).key.clone(), points)).collect()
}

/// How often a disease is seen among people of the question, 0–1.
pub(super) fn common(kb: &Kb, disease: usize, audience: &[Audience]) -> f32 {
    let disease = &kb.diseases[disease];
    let incidence = f32::from(disease.incidence as u8) / 3.0;
    let ages = disease.age_weights;
    let most = ages.into_iter().fold(0.0, f32::max).max(1.0);
    let of = |bands: &[usize]| bands.iter().map(|band| ages[*band]).fold(0.0, f32::max) / most;
    let mut fit: f32 = 1.0;
    for audience in audience {
        fit = fit.min(match audience {
            Audience::Child => of(&[0, 1, 2]),
            Audience::Teenager => of(&[2]),
            Audience::Elder => of(&[4]),
            Audience::Pregnant | Audience::Female if disease.sex == Some(Sex::Male) => 0.0,
            Audience::Male if disease.sex == Some(Sex::Female) => 0.0,
            Audience::Adult | Audience::Pregnant => of(&[3]),
            Audience::Female | Audience::Male => 1.0,
        });
    }
    incidence * fit
}

/// Whether the people of the question cannot have the disease at all.
pub(super) fn is_impossible(kb: &Kb, disease: usize, audience: &[Audience]) -> bool {
    let common = common(kb, disease, audience);
    let in_general = common_in_general(kb, disease);
    in_general > 0.0 && common / in_general < 0.05
}

fn common_in_general(kb: &Kb, disease: usize) -> f32 {
    common(kb, disease, &[])
}

/// Departments for the diseases of a question, fittest first, by weight.
pub(super) fn departments(kb: &Kb, weighted: &[(usize, f32)], audience: &[Audience]) -> Vec<usize> {
    let mut sums = vec![0.0f32; kb.departments.len()];
    let is_child = audience.contains(&Audience::Child);
    for &(disease, weight) in weighted {
        let fitting = kb.diseases[disease].departments.iter().filter(|department| {
            let is_paediatric = kb.departments[**department].is_paediatric;
            is_child || audience.is_empty() || !is_paediatric
        });
        for (rank, department) in (0u8..).zip(fitting) {
            let is_fitting = is_child && kb.departments[*department].is_paediatric;
            sums[*department] += weight / f32::from(1 + 2 * rank) * if is_fitting { 3.0 } else { 1.0 };
        }
    }
    let mut order: Vec<usize> = (0..sums.len()).filter(|at| sums[*at] > 0.0).collect();
    order.sort_by(|a, b| sums[*b].total_cmp(&sums[*a]).then(a.cmp(b)));
    order
}

/// Whether a concept is a disease.
pub(super) fn disease(kb: &Kb, concept: crate::ConceptId) -> Option<usize> {
    (kb.concept(concept).kind == ConceptKind::Disease).then(|| kb.disease_position(concept)).flatten()
}
