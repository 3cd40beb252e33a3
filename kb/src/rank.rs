//! Diseases that fit some symptoms, by the graph alone: no age, sex or dialogue, and so the same for everybody.

use crate::index::Edges;

/// A disease with its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// Position in [`crate::Kb::diseases`].
    pub disease: usize,
    /// Sum of the differences of logarithms of its edges to the symptoms ([`crate::index::DiseaseLink`]).
    pub score: f32,
}

impl Edges {
    /// The diseases with an edge to one of the symptoms at least, best first, ties by position; symptoms are
    /// positions in [`crate::Kb::symptoms`].
    pub fn rank(&self, present: &[usize], absent: &[usize], limit: usize) -> Vec<Ranked> {
        let mut scores = vec![0.0f32; self.n_diseases()];
        let mut touched = Vec::new();
        let mut is_touched = vec![false; scores.len()];
        let rows = present.iter().map(|symptom| (*symptom, true));
        for (symptom, is_there) in rows.chain(absent.iter().map(|symptom| (*symptom, false))) {
            for link in self.diseases_of(symptom) {
                let disease = link.disease as usize;
                scores[disease] += if is_there { link.yes } else { link.no };
                if is_there && !is_touched[disease] {
                    is_touched[disease] = true;
                    touched.push(disease);
                }
            }
        }
        let better = |a: &usize, b: &usize| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b));
        if limit < touched.len() {
            touched.select_nth_unstable_by(limit, better);
            touched.truncate(limit);
        }
        touched.sort_unstable_by(better);
        touched.into_iter().map(|disease| Ranked { disease, score: scores[disease] }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Frequency;

    #[test]
    fn the_best_come_first_and_a_limit_changes_nothing_else() {
        let edges = [
            (0, 0, Frequency::Occasional),
            (1, 0, Frequency::Frequent),
            (2, 0, Frequency::Frequent),
            (2, 1, Frequency::Excluded),
            (3, 1, Frequency::Frequent),
        ];
        let index = Edges::compile(2, &[0.25; 4], &edges);
        let order = |found: Vec<Ranked>| found.iter().map(|ranked| ranked.disease).collect::<Vec<_>>();
        assert_eq!(order(index.rank(&[0], &[], 9)), [1, 2, 0], "ties by position, untouched ones left out");
        assert_eq!(order(index.rank(&[0, 1], &[], 9)), [3, 1, 0, 2], "an excluded symptom speaks against");
        assert_eq!(order(index.rank(&[0], &[1], 9)), [2, 1, 0], "and its absence for it");
        let all = index.rank(&[0, 1], &[], 9);
        assert_eq!(index.rank(&[0, 1], &[], 2), all[..2]);
        assert_eq!(index.rank(&[], &[0], 9), []);
    }
}
