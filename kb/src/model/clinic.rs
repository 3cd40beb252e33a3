//! Examinations, populations, and what a disease says of them. Text does not mention them as findings, so
//! they are lists of their own beside the concepts.

use super::{ConceptId, Review, Sex};

/// What kind of examination it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExamKind {
    /// Blood, urine, stool and other samples.
    Laboratory,
    /// Ultrasound.
    Ultrasound,
    /// X-ray, CT, magnetic resonance, nuclear medicine.
    Imaging,
    /// Endoscopy.
    Endoscopy,
    /// What an organ does: electrocardiogram, lung function, hearing.
    Function,
    /// A puncture, a biopsy.
    Procedure,
    /// A questionnaire with a score.
    Scale,
}

impl ExamKind {
    /// Every kind with its word in the files.
    pub const NAMES: [(&'static str, Self); 7] = [
        ("检验", Self::Laboratory),
        ("超声", Self::Ultrasound),
        ("影像", Self::Imaging),
        ("内镜", Self::Endoscopy),
        ("功能", Self::Function),
        ("操作", Self::Procedure),
        ("量表", Self::Scale),
    ];

    /// Its word in the files and on the screen.
    pub fn label(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// An examination that a doctor may order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// Stable key, e.g. `exam:ecg`.
    pub key: String,
    /// Name.
    pub label: String,
    /// Other names, colloquial ones included.
    pub names: Vec<String>,
    /// Kind.
    pub kind: ExamKind,
    /// Editorial state.
    pub review: Review,
}

/// A group of people that knowledge is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Population {
    /// Stable key, e.g. `pop:child`.
    pub key: String,
    /// Name, e.g. 儿童.
    pub label: String,
    /// Other names.
    pub names: Vec<String>,
    /// Youngest age in years.
    pub min_age: Option<u32>,
    /// Oldest age in years, itself included.
    pub max_age: Option<u32>,
    /// Sex it is limited to.
    pub sex: Option<Sex>,
    /// The risk that says someone belongs to it, where age and sex do not, e.g. `risk:pregnancy`.
    pub state: Option<ConceptId>,
    /// Editorial state.
    pub review: Review,
}

impl Population {
    /// Whether age (years) and sex allow belonging to it; a state is to be asked besides.
    pub fn admits(&self, age: u32, sex: Sex) -> bool {
        self.min_age.is_none_or(|min| age >= min)
            && self.max_age.is_none_or(|max| age <= max)
            && self.sex.is_none_or(|own| own == sex)
    }
}

/// What makes a disease more likely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RiskLink {
    /// A risk or a disease.
    pub risk: ConceptId,
    /// Editorial state.
    pub review: Review,
}

/// What is examined when a disease is suspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExamLink {
    /// Index into [`crate::Kb::examinations`].
    pub exam: usize,
    /// Editorial state.
    pub review: Review,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_of_a_population_are_inclusive() {
        let pregnant = Population {
            key: "pop:pregnant".into(),
            label: "孕妇".into(),
            names: Vec::new(),
            min_age: Some(12),
            max_age: Some(55),
            sex: Some(Sex::Female),
            state: None,
            review: Review::Draft,
        };
        for (age, sex, expected) in [
            (11, Sex::Female, false),
            (12, Sex::Female, true),
            (55, Sex::Female, true),
            (56, Sex::Female, false),
            (30, Sex::Male, false),
        ] {
            assert_eq!(pregnant.admits(age, sex), expected, "{age} {sex:?}");
        }
    }
}
