//! 既往史, 过敏史, 个人史, 婚育史, 家族史.

use kb::{ConceptId, ConceptKind};
use nlp::{Kin, Status, Verdict};

use super::{
    Composer, SectionKind, Sentence,
    present::{trimmed, unique},
};
use crate::case::ScriptAnswer;

/// Risks that belong to the past history rather than to habits.
const PAST_RISKS: [&str; 6] = [
    "risk:surgery",
    "risk:transfusion",
    "risk:coronary-heart-disease",
    "risk:diabetes",
    "risk:malignancy",
    "risk:heart-disease",
];

impl Composer<'_> {
    /// Whether the script has asked about a section.
    pub(super) fn was_asked(&self, kind: SectionKind) -> bool {
        let row = match kind {
            SectionKind::PresentIllness => "treatment",
            SectionKind::PastHistory => "past",
            SectionKind::Allergy => "allergy",
            SectionKind::PersonalHistory => "personal",
            SectionKind::MaritalHistory => "marital",
            SectionKind::FamilyHistory => "family",
        };
        self.case.script.keys().any(|key| key.starts_with(row))
    }

    pub(super) fn past_history(&self) -> Vec<Sentence> {
        let kb = self.engine.kb();
        let mut sentences = Vec::new();
        let of_past = |id: &ConceptId| match kb.concept(*id).kind {
            ConceptKind::Disease => self.is_history(*id),
            ConceptKind::Risk => PAST_RISKS.contains(&kb.concept(*id).key.as_str()),
            _ => false,
        };
        sentences.extend(self.concepts(of_past, Status::Yes, "既往有"));
        let is_anticoagulant = |id: &ConceptId| kb.concept(*id).key == "risk:anticoagulant-use";
        sentences.extend(self.concepts(is_anticoagulant, Status::Yes, "目前"));
        sentences.insert(0, self.besides("past", "既往史", !sentences.is_empty()));
        sentences.extend(self.concepts(of_past, Status::No, "否认"));
        sentences
    }

    /// A chronic disease or one told of the past, rather than a name for the present trouble.
    pub(super) fn is_history(&self, id: ConceptId) -> bool {
        let kb = self.engine.kb();
        let is_chronic = kb.disease_position(id).is_some_and(|position| kb.diseases[position].is_chronic);
        is_chronic || self.case.known(id).is_some_and(|known| known.is_past)
    }

    pub(super) fn allergies(&self) -> Vec<Sentence> {
        let kb = self.engine.kb();
        let is_allergy = |id: &ConceptId| {
            let concept = kb.concept(*id);
            concept.kind == ConceptKind::Allergen
                || concept.key == "risk:drug-allergy"
                || concept.key == "risk:food-allergy"
        };
        let told = self.concepts(is_allergy, Status::Yes, "自述");
        let mut sentences = vec![self.besides("allergy", "过敏史", told.is_some())];
        sentences.extend(told);
        sentences
    }

    pub(super) fn personal_history(&self) -> Vec<Sentence> {
        let kb = self.engine.kb();
        let is_habit = |id: &ConceptId| {
            let key = &kb.concept(*id).key;
            ["risk:smoking", "risk:drinking", "risk:recent-travel", "risk:occupational-exposure"]
                .contains(&key.as_str())
        };
        let told = self.concepts(is_habit, Status::Yes, "有");
        let mut sentences = vec![self.besides("personal", "个人史", told.is_some())];
        sentences.extend(told);
        sentences
    }

    pub(super) fn marital_history(&self) -> Vec<Sentence> {
        if !self.profile.is_adult() && !self.profile.is_fertile_woman() {
            return vec![Sentence { text: "不适用（未成年）。".to_owned(), evidence: Vec::new() }];
        }
        let kb = self.engine.kb();
        let is_pregnancy = |id: &ConceptId| kb.concept(*id).key == "risk:pregnancy";
        let pregnant = self.concepts(is_pregnancy, Status::Yes, "自述现");
        let is_asked = self.case.script.keys().any(|key| key.starts_with("marital"));
        let mut sentences = Vec::new();
        if is_asked || pregnant.is_none() {
            sentences.push(self.script_sentence("marital", "", "婚育史"));
        }
        sentences.extend(pregnant);
        sentences.extend(self.concepts(is_pregnancy, Status::Unsure, "不能确定是否"));
        sentences.extend(self.concepts(is_pregnancy, Status::No, "否认"));
        sentences
    }

    pub(super) fn family_history(&self) -> Vec<Sentence> {
        let kb = self.engine.kb();
        let mut sentences = Vec::new();
        let told: Vec<_> = self.case.kin.iter().filter(|(kin, ..)| *kin != Kin::Contact).collect();
        if !told.is_empty() {
            let mut names: Vec<String> =
                told.iter().map(|(kin, id, _)| format!("{}{}", kin.label(), kb.concept(*id).label)).collect();
            names.dedup();
            let evidence = told.iter().map(|(_, _, said)| said.clone()).collect();
            sentences
                .push(Sentence { text: format!("{}。", names.join("、")), evidence: unique(evidence) });
        }
        let is_family = |id: &ConceptId| kb.concept(*id).key.starts_with("risk:family-");
        sentences.extend(self.concepts(is_family, Status::Yes, "有"));
        sentences.insert(0, self.besides("family", "家族史", !sentences.is_empty()));
        sentences
    }

    fn concepts(&self, wanted: impl Fn(&ConceptId) -> bool, status: Status, lead: &str) -> Option<Sentence> {
        let ids: Vec<ConceptId> = self
            .case
            .order
            .iter()
            .copied()
            .filter(|id| wanted(id) && self.case.known(*id).is_some_and(|known| known.status == status))
            .collect();
        self.naming(&ids, |names| format!("{lead}{names}。"))
    }

    /// The answer of the script beside what is known: a blanket denial then denies only the rest.
    fn besides(&self, row: &str, subject: &str, is_known: bool) -> Sentence {
        let sentence = self.script_sentence(row, "", subject);
        let is_denial = sentence.text.starts_with("否认") || sentence.text.starts_with('无');
        if !is_known || !is_denial {
            return sentence;
        }
        let text = match sentence.text.strip_prefix("否认") {
            Some(rest) => format!("否认其他{rest}"),
            None => format!("其余{}", sentence.text),
        };
        Sentence { text, ..sentence }
    }

    /// The answer to a question of the script: ticked terms as terms, free words as a quotation, nothing as unknown.
    pub(super) fn script_sentence(&self, row: &str, lead: &str, subject: &str) -> Sentence {
        let answer = self.case.script.iter().find(|(key, _)| key.starts_with(row)).map(|(_, answer)| answer);
        let Some(answer) = answer else {
            return Sentence { text: format!("{subject}未询问。"), evidence: Vec::new() };
        };
        let evidence = vec![answer.evidence.clone()];
        let text = trimmed(&answer.text);
        let text = if is_unknown(answer) {
            format!("{subject}不详。")
        } else if self.is_term(row, text) {
            format!("{lead}{text}。")
        } else {
            format!("{lead}自述“{text}”。")
        };
        Sentence { text, evidence }
    }

    /// Whether the text is made of terms of the script's options.
    fn is_term(&self, row: &str, text: &str) -> bool {
        let rows: Vec<_> = self.case.script.keys().filter(|key| key.starts_with(row)).collect();
        rows.iter().filter_map(|key| self.engine.script().row(key)).any(|row| {
            text.split('、')
                .all(|part| row.options.iter().any(|option| option.term.split('、').any(|term| term == part)))
        })
    }
}

/// “不清楚” and nothing more.
fn is_unknown(answer: &ScriptAnswer) -> bool {
    answer.verdict == Some(Verdict::Unsure) && answer.text.chars().count() <= 6
}
