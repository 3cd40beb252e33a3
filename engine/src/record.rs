//! 五史一诉: the record composed from the case, each sentence with the answers it came from.
//!
//! The order follows 病历书写基本规范: onset, features of the main symptom, what came with it, what was denied,
//! treatment so far, general condition; then the histories. What is not known is written as not known.

use kb::ConceptId;
use serde::{Deserialize, Serialize};

use crate::{Dialogue, Engine, Profile, case::Case, case::Evidence};

mod chief;
mod histories;
mod interview;
mod present;
pub(crate) mod words;

/// Which history a section is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    /// 现病史
    PresentIllness,
    /// 既往史
    PastHistory,
    /// 过敏史
    Allergy,
    /// 个人史
    PersonalHistory,
    /// 婚育史
    MaritalHistory,
    /// 家族史
    FamilyHistory,
}

impl SectionKind {
    /// Every section in the order of the record.
    pub const ALL: [Self; 6] = [
        Self::PresentIllness,
        Self::PastHistory,
        Self::Allergy,
        Self::PersonalHistory,
        Self::MaritalHistory,
        Self::FamilyHistory,
    ];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::PresentIllness => "现病史",
            Self::PastHistory => "既往史",
            Self::Allergy => "过敏史",
            Self::PersonalHistory => "个人史",
            Self::MaritalHistory => "婚育史",
            Self::FamilyHistory => "家族史",
        }
    }
}

/// One sentence with the answers it came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// Its text.
    pub text: String,
    /// The answers; empty where it says that something is not known.
    pub evidence: Vec<Evidence>,
}

/// One history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Which.
    pub kind: SectionKind,
    /// Its heading.
    pub title: String,
    /// Its sentences.
    pub sentences: Vec<Sentence>,
}

impl Section {
    /// The sentences as one text.
    pub fn text(&self) -> String {
        self.sentences.iter().map(|sentence| sentence.text.as_str()).collect()
    }
}

/// The composed record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The knowledge release that composed it.
    pub release: String,
    /// 主诉, at most 20 characters.
    pub chief_complaint: Sentence,
    /// The histories, in fixed order.
    pub sections: Vec<Section>,
    /// Where answers contradict each other; for the doctor.
    pub contradictions: Vec<Sentence>,
    /// Measured values.
    pub vital_signs: Vec<Sentence>,
}

/// What composing needs at hand.
#[derive(Clone, Copy)]
pub(crate) struct Composer<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) case: &'a Case,
    pub(crate) profile: &'a Profile,
}

pub(crate) fn compose(engine: &Engine, dialogue: &Dialogue) -> Record {
    let composer = Composer { engine, case: &dialogue.case, profile: &dialogue.profile };
    let sections = SectionKind::ALL
        .into_iter()
        .map(|kind| Section {
            kind,
            title: kind.title().to_owned(),
            sentences: match kind {
                SectionKind::PresentIllness => composer.present_illness(),
                SectionKind::PastHistory => composer.past_history(),
                SectionKind::Allergy => composer.allergies(),
                SectionKind::PersonalHistory => composer.personal_history(),
                SectionKind::MaritalHistory => composer.marital_history(),
                SectionKind::FamilyHistory => composer.family_history(),
            },
        })
        .collect();
    Record {
        release: engine.kb().release.clone(),
        chief_complaint: composer.chief_complaint(),
        sections,
        contradictions: composer.contradictions(),
        vital_signs: composer.vital_signs(),
    }
}

impl Composer<'_> {
    /// One sentence that names concepts by their terms; none where there is nothing to name.
    fn naming(&self, concepts: &[ConceptId], sentence: impl Fn(&str) -> String) -> Option<Sentence> {
        let kb = self.engine.kb();
        let names: Vec<&str> = concepts.iter().map(|id| kb.concept(*id).label.as_str()).collect();
        let evidence = concepts.iter().flat_map(|id| self.evidence(*id)).collect();
        let text = (!names.is_empty()).then(|| sentence(&names.join("、")))?;
        Some(Sentence { text, evidence: present::unique(evidence) })
    }

    fn contradictions(&self) -> Vec<Sentence> {
        let word = |status| if status == nlp::Status::Yes { "有" } else { "无" };
        self.case
            .contradictions
            .iter()
            .map(|found| Sentence {
                text: format!(
                    "{}前后说法不一：先说{}，后说{}，记录取后者。",
                    self.engine.kb().concept(found.concept).label,
                    word(found.before),
                    word(found.after)
                ),
                evidence: found.evidence.clone(),
            })
            .collect()
    }

    fn vital_signs(&self) -> Vec<Sentence> {
        self.case
            .measures
            .iter()
            .map(|(kind, (value, evidence))| Sentence {
                text: format!("{}{}{}", kind.label(), words::number(*value), kind.unit()),
                evidence: vec![evidence.clone()],
            })
            .collect()
    }
}
