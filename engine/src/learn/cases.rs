//! Solved cases and their coding as numbers.

use std::collections::{BTreeMap, BTreeSet};

use nlp::Status;

/// One solved case to learn from. A symptom stands in one of the three lists; in `explicit` before the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Name of the disease.
    pub disease: String,
    /// What the patient tells unasked, as the program understands it.
    pub explicit: Vec<(String, Status)>,
    /// What only asking brings to light, and what asking therefore seeks.
    pub implicit: Vec<(String, Status)>,
    /// What a reply would confirm although nobody need ask: told in words that were not understood.
    pub aside: Vec<(String, Status)>,
}

/// A case with names replaced by their positions in [`Names`].
#[derive(Debug, Clone)]
pub(super) struct Coded {
    pub(super) disease: usize,
    pub(super) explicit: Vec<(usize, Status)>,
    pub(super) implicit: Vec<(usize, Status)>,
    pub(super) aside: Vec<(usize, Status)>,
}

impl Coded {
    /// What the patient replies when asked for a symptom; silence counts as unsure.
    pub(super) fn reply(&self, symptom: usize) -> Status {
        self.mentioned().find(|(known, _)| *known == symptom).map_or(Status::Unsure, |(_, status)| status)
    }

    /// All findings of the case.
    pub(super) fn mentioned(&self) -> impl Iterator<Item = (usize, Status)> {
        self.explicit.iter().chain(&self.implicit).chain(&self.aside).copied()
    }

    pub(super) fn seeks(&self, symptom: usize) -> bool {
        self.implicit.iter().any(|(known, _)| *known == symptom)
    }
}

/// The names that training has seen, sorted.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) diseases: Vec<String>,
    pub(super) symptoms: Vec<String>,
}

impl Names {
    pub(super) fn of(cases: &[Case]) -> Self {
        let diseases: BTreeSet<&String> = cases.iter().map(|case| &case.disease).collect();
        let symptoms: BTreeSet<&String> = cases
            .iter()
            .flat_map(|case| case.explicit.iter().chain(&case.implicit).chain(&case.aside))
            .map(|(name, _)| name)
            .collect();
        Self {
            diseases: diseases.into_iter().cloned().collect(),
            symptoms: symptoms.into_iter().cloned().collect(),
        }
    }

    pub(super) fn symptom(&self, name: &str) -> Option<usize> {
        self.symptoms.binary_search_by(|known| known.as_str().cmp(name)).ok()
    }

    /// Known findings, each symptom once, in order of position.
    pub(super) fn findings(&self, findings: &[(String, Status)]) -> Vec<(usize, Status)> {
        let coded: BTreeMap<usize, Status> =
            findings.iter().filter_map(|(name, status)| Some((self.symptom(name)?, *status))).collect();
        coded.into_iter().collect()
    }

    /// The case in numbers; `None` when its disease is unknown.
    pub(super) fn code(&self, case: &Case) -> Option<Coded> {
        let disease = self.diseases.binary_search(&case.disease).ok()?;
        let explicit = self.findings(&case.explicit);
        let mut taken: BTreeSet<usize> = explicit.iter().map(|(symptom, _)| *symptom).collect();
        let mut rest = |findings| -> Vec<(usize, Status)> {
            self.findings(findings).into_iter().filter(|(symptom, _)| taken.insert(*symptom)).collect()
        };
        let implicit = rest(&case.implicit);
        let aside = rest(&case.aside);
        Some(Coded { disease, explicit, implicit, aside })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symptom_stands_in_one_list_only() {
        let case = Case {
            disease: "甲".into(),
            explicit: vec![("b".into(), Status::Yes), ("b".into(), Status::Yes)],
            implicit: vec![("a".into(), Status::No), ("b".into(), Status::No)],
            aside: vec![("a".into(), Status::Yes), ("c".into(), Status::Yes)],
        };
        let names = Names::of(std::slice::from_ref(&case));
        let coded = names.code(&case).unwrap();
        assert_eq!(coded.explicit, [(1, Status::Yes)]);
        assert_eq!(coded.implicit, [(0, Status::No)]);
        assert_eq!(coded.aside, [(2, Status::Yes)]);
        assert_eq!(coded.reply(0), Status::No);
        assert_eq!(coded.reply(9), Status::Unsure);
        assert!(coded.seeks(0) && !coded.seeks(2));
    }

    #[test]
    fn unknown_names_are_left_out() {
        let names = Names { diseases: vec!["甲".into()], symptoms: vec!["a".into()] };
        assert_eq!(names.findings(&[("z".into(), Status::Yes), ("a".into(), Status::No)]), [(0, Status::No)]);
        let stranger = Case { disease: "乙".into(), explicit: vec![], implicit: vec![], aside: vec![] };
        assert!(names.code(&stranger).is_none());
    }
}
