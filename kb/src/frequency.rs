//! How often a disease shows a symptom, in the classes of the Human Phenotype Ontology.

/// Frequency class of a symptom among patients with a disease (HPO HP:0040279), `X` excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Frequency {
    /// Practically never; seeing it is evidence against the disease.
    Excluded,
    /// Below 5 %.
    Rare,
    /// 5–30 %.
    Occasional,
    /// 30–80 %.
    Frequent,
    /// 80–98 %.
    VeryFrequent,
    /// 98 % and more.
    Obligate,
}

impl Frequency {
    /// Every class with its name in the ontology.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("excluded", Self::Excluded),
        ("rare", Self::Rare),
        ("occasional", Self::Occasional),
        ("frequent", Self::Frequent),
        ("veryFrequent", Self::VeryFrequent),
        ("obligate", Self::Obligate),
    ];

    /// The class of that name in the ontology.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, frequency)| *frequency)
    }

    /// Representative P(symptom | disease) of the class, about the middle of its range.
    pub fn probability(self) -> f32 {
        match self {
            Self::Excluded => 0.004,
            Self::Rare => 0.03,
            Self::Occasional => 0.17,
            Self::Frequent => 0.55,
            Self::VeryFrequent => 0.88,
            Self::Obligate => 0.97,
        }
    }

    /// The word a doctor reads beside an edge.
    pub fn label(self) -> &'static str {
        match self {
            Self::Excluded => "一般不见",
            Self::Rare => "罕见",
            Self::Occasional => "偶见",
            Self::Frequent => "常见",
            Self::VeryFrequent => "多见",
            Self::Obligate => "几乎必有",
        }
    }
}
