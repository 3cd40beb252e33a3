use engine::{Record, SectionKind, Sentence};

/// A part of the record that reads and is changed as one text: 主诉 or a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    ChiefComplaint,
    History(SectionKind),
}

impl Part {
    /// All parts in the order of the record.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::ChiefComplaint).chain(SectionKind::ALL.map(Self::History))
    }

    /// As stored and as in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChiefComplaint => "chief_complaint",
            Self::History(SectionKind::PresentIllness) => "present_illness",
            Self::History(SectionKind::PastHistory) => "past_history",
            Self::History(SectionKind::Allergy) => "allergy",
            Self::History(SectionKind::PersonalHistory) => "personal_history",
            Self::History(SectionKind::MaritalHistory) => "marital_history",
            Self::History(SectionKind::FamilyHistory) => "family_history",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|part| part.name() == name)
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::ChiefComplaint => "主诉",
            Self::History(kind) => kind.title(),
        }
    }

    /// What it is, in a patient's words.
    pub fn plain_title(self) -> &'static str {
        match self {
            Self::ChiefComplaint => "这次最主要的不舒服",
            Self::History(SectionKind::PresentIllness) => "这次生病的经过",
            Self::History(SectionKind::PastHistory) => "以前得过的病、做过的手术",
            Self::History(SectionKind::Allergy) => "过敏情况",
            Self::History(SectionKind::PersonalHistory) => "生活习惯和接触情况",
            Self::History(SectionKind::MaritalHistory) => "婚姻和生育情况",
            Self::History(SectionKind::FamilyHistory) => "家里人的健康情况",
        }
    }

    pub fn sentences(self, record: &Record) -> &[Sentence] {
        match self {
            Self::ChiefComplaint => std::slice::from_ref(&record.chief_complaint),
            Self::History(kind) => record
                .sections
                .iter()
                .find(|section| section.kind == kind)
                .map_or(&[], |section| &section.sentences),
        }
    }

    /// What the engine wrote.
    pub fn composed(self, record: &Record) -> String {
        self.sentences(record).iter().map(|sentence| sentence.text.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_and_are_those_of_the_engine() {
        for part in Part::all() {
            assert_eq!(Part::named(part.name()), Some(part));
            if let Part::History(kind) = part {
                assert_eq!(serde_json::to_value(kind).unwrap(), part.name());
            }
        }
        assert_eq!(Part::named("suspects"), None);
    }
}
