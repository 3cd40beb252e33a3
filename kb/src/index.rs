//! The compiled edges: for each symptom its diseases and for each disease its symptoms, as flat slices.
//!
//! Probabilities are turned into differences of logarithms against the symptom's background rate, so that
//! hearing an answer touches only the diseases that have an edge to the symptom.

use crate::{Frequency, model::Edge};

/// One disease in a symptom's row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiseaseLink {
    /// Index into [`crate::Kb::diseases`].
    pub disease: u32,
    /// P(symptom | disease).
    pub probability: f32,
    /// ln P(yes | disease) − ln P(yes | background).
    pub yes: f32,
    /// ln P(no | disease) − ln P(no | background).
    pub no: f32,
}

/// One symptom in a disease's row, most frequent first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SymptomLink {
    /// Index into [`crate::Kb::symptoms`].
    pub symptom: u32,
    /// How often.
    pub frequency: Frequency,
}

/// Both directions of the edges with background rates.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Edges {
    symptom_starts: Vec<u32>,
    diseases: Vec<DiseaseLink>,
    disease_starts: Vec<u32>,
    symptoms: Vec<SymptomLink>,
    background: Vec<f32>,
}

/// Bounds of the background rate of a symptom among patients whose disease has no edge to it.
const BACKGROUND: (f32, f32) = (0.004, 0.06);
/// Share of a symptom's overall frequency that is taken as background.
const BACKGROUND_SHARE: f32 = 0.25;

impl Edges {
    /// Compiles edges given as (disease index, symptom index, frequency); `priors` are the shares of the diseases.
    pub(crate) fn compile(n_symptoms: usize, priors: &[f32], edges: &[(u32, u32, Frequency)]) -> Self {
        let mut overall = vec![0.0f32; n_symptoms];
        for &(disease, symptom, frequency) in edges {
            overall[symptom as usize] += priors[disease as usize] * frequency.probability();
        }
        let background: Vec<f32> =
            overall.iter().map(|p| (p * BACKGROUND_SHARE).clamp(BACKGROUND.0, BACKGROUND.1)).collect();

        let mut by_symptom = edges.to_vec();
        by_symptom.sort_unstable_by_key(|&(disease, symptom, _)| (symptom, disease));
        let diseases = by_symptom
            .iter()
            .map(|&(disease, symptom, frequency)| {
                let (probability, base) = (frequency.probability(), background[symptom as usize]);
                DiseaseLink {
                    disease,
                    probability,
                    yes: probability.ln() - base.ln(),
                    no: (1.0 - probability).ln() - (1.0 - base).ln(),
                }
            })
            .collect();
        let mut by_disease = edges.to_vec();
        by_disease.sort_unstable_by_key(|&(disease, symptom, frequency)| {
            (disease, std::cmp::Reverse(frequency), symptom)
        });
        let symptoms =
            by_disease.iter().map(|&(_, symptom, frequency)| SymptomLink { symptom, frequency }).collect();
        Self {
            symptom_starts: starts(n_symptoms, by_symptom.iter().map(|edge| edge.1)),
            diseases,
            disease_starts: starts(priors.len(), by_disease.iter().map(|edge| edge.0)),
            symptoms,
            background,
        }
    }

    /// The diseases with an edge to a symptom, by index.
    pub fn diseases_of(&self, symptom: usize) -> &[DiseaseLink] {
        &self.diseases[self.symptom_starts[symptom] as usize..self.symptom_starts[symptom + 1] as usize]
    }

    /// The symptoms of a disease, most frequent first.
    pub fn symptoms_of(&self, disease: usize) -> &[SymptomLink] {
        &self.symptoms[self.disease_starts[disease] as usize..self.disease_starts[disease + 1] as usize]
    }

    /// P(symptom) where a disease says nothing about it.
    pub fn background(&self, symptom: usize) -> f32 {
        self.background[symptom]
    }

    /// How often a disease shows a symptom, where there is an edge.
    pub fn link(&self, symptom: usize, disease: usize) -> Option<&DiseaseLink> {
        let row = self.diseases_of(symptom);
        row.binary_search_by_key(&disease, |link| link.disease as usize).ok().map(|at| &row[at])
    }

    /// Number of diseases, with edges or without.
    pub fn n_diseases(&self) -> usize {
        self.disease_starts.len().saturating_sub(1)
    }

    /// Number of edges.
    pub fn len(&self) -> usize {
        self.diseases.len()
    }

    /// Whether there is no edge at all.
    pub fn is_empty(&self) -> bool {
        self.diseases.is_empty()
    }
}

/// Start of each row in a list sorted by row, with one more at the end.
fn starts(n_rows: usize, rows: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut starts = vec![0u32; n_rows + 1];
    for row in rows {
        starts[row as usize + 1] += 1;
    }
    for row in 0..n_rows {
        starts[row + 1] += starts[row];
    }
    starts
}

/// Adds what a narrow symptom implies: a disease shows a broader one at least as often.
pub(crate) fn close_over_broader(
    edges: &[Edge],
    broader: impl Fn(crate::ConceptId) -> Vec<crate::ConceptId>,
) -> Vec<Edge> {
    let mut all = std::collections::BTreeMap::new();
    for edge in edges {
        let frequencies = all.entry((edge.disease, edge.symptom)).or_insert(*edge);
        frequencies.frequency = frequencies.frequency.max(edge.frequency);
        if edge.frequency == Frequency::Excluded {
            continue;
        }
        for general in broader(edge.symptom) {
            let implied = Edge { symptom: general, ..*edge };
            let known = all.entry((edge.disease, general)).or_insert(implied);
            known.frequency = known.frequency.max(edge.frequency);
        }
    }
    all.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_both_directions_agree() {
        let edges = [(0, 1, Frequency::Frequent), (1, 0, Frequency::Obligate), (1, 1, Frequency::Excluded)];
        let index = Edges::compile(3, &[0.5, 0.5], &edges);
        assert_eq!(index.len(), 3);
        assert_eq!(index.diseases_of(1).iter().map(|link| link.disease).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(index.diseases_of(2), []);
        assert_eq!(index.symptoms_of(1)[0].frequency, Frequency::Obligate);
        let excluded = index.link(1, 1).unwrap();
        assert!(excluded.yes < 0.0 && excluded.no > 0.0, "an excluded symptom speaks against the disease");
        assert!(index.link(0, 0).is_none());
    }
}
