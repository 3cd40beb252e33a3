//! 主诉: the main symptoms in medical words with how long, at most 20 characters.

use kb::{ConceptId, ConceptKind};

use super::{Composer, Sentence, words};
use crate::case::EXPOSURES;

/// The writing norm's limit.
const LONGEST: usize = 20;
/// Parts of the body without a left and a right.
const UNSIDED: [&str; 7] = ["全身", "口", "咽喉", "心", "泌尿", "肛门", "精神"];
/// Symptoms named at most.
const MAX_SYMPTOMS: usize = 3;

impl Composer<'_> {
    pub(super) fn chief_complaint(&self) -> Sentence {
        let complaints = self.complaints();
        let told = self.case.main_complaints(self.engine.kb());
        if let Some(disease) = self.case.visit_reason.filter(|_| told.is_empty()) {
            return self.follow_up(disease);
        }
        if complaints.is_empty() {
            return self.own_words();
        }
        let evidence = complaints.iter().flat_map(|id| self.evidence(*id)).collect();
        let text = (1..=complaints.len().min(MAX_SYMPTOMS))
            .rev()
            .flat_map(|n| [self.with_own_periods(&complaints[..n]), self.with_one_period(&complaints[..n])])
            .find(|text| words::length(text) <= LONGEST)
            .unwrap_or_else(|| self.name(complaints[0]).chars().take(LONGEST).collect());
        Sentence { text, evidence }
    }

    /// The complaints; where the account named none, what was found to be there.
    pub(crate) fn complaints(&self) -> Vec<ConceptId> {
        let complaints = self.case.main_complaints(self.engine.kb());
        if complaints.is_empty() {
            let kb = self.engine.kb();
            let is_exposure = |id: &ConceptId| EXPOSURES.contains(&kb.concept(*id).key.as_str());
            self.case.present(kb, ConceptKind::Symptom).filter(|id| !is_exposure(id)).take(1).collect()
        } else {
            complaints
        }
    }

    /// 高血压10年，复诊
    fn follow_up(&self, disease: ConceptId) -> Sentence {
        let period = self.since(disease).map_or(String::new(), |since| words::period(&since));
        let label: String = self.engine.kb().concept(disease).label.chars().take(LONGEST - 8).collect();
        Sentence { text: format!("{label}{period}，复诊"), evidence: self.evidence(disease) }
    }

    /// When a finding began, where that or a broader or narrower one was told.
    pub(super) fn since(&self, id: ConceptId) -> Option<nlp::Period> {
        self.case.detail(self.engine.kb(), id, |known| known.since)
    }

    /// 咳嗽3天，发热1天
    fn with_own_periods(&self, complaints: &[ConceptId]) -> String {
        let parts: Vec<String> = complaints
            .iter()
            .map(|id| {
                let since = self.since(*id);
                format!("{}{}", self.name(*id), since.map_or(String::new(), |since| words::period(&since)))
            })
            .collect();
        let periods: Vec<_> = complaints.iter().map(|id| self.since(*id).map(|since| since.hours)).collect();
        let is_same = periods.windows(2).all(|pair| pair[0] == pair[1]);
        if is_same && complaints.len() > 1 {
            self.with_one_period(complaints)
        } else {
            finished(&parts.join("，"))
        }
    }

    /// 咳嗽、发热3天
    fn with_one_period(&self, complaints: &[ConceptId]) -> String {
        let names: Vec<String> = complaints.iter().map(|id| self.name(*id)).collect();
        let longest =
            complaints.iter().filter_map(|id| self.since(*id)).max_by(|a, b| a.hours.total_cmp(&b.hours));
        let period = longest.map_or("，时间不详".to_owned(), |since| words::period(&since));
        format!("{}{period}", names.join("、"))
    }

    /// Nothing was recognised: the patient's words, as they are.
    fn own_words(&self) -> Sentence {
        match self.case.unread.first().or(self.case.first_words.as_ref()) {
            Some(said) => {
                let quote: String = said.quote.chars().take(LONGEST - 2).collect();
                Sentence { text: format!("“{quote}”"), evidence: vec![said.clone()] }
            }
            None => Sentence { text: "不详".to_owned(), evidence: Vec::new() },
        }
    }

    /// The medical term, with its side.
    pub(super) fn name(&self, id: ConceptId) -> String {
        let kb = self.engine.kb();
        let label = &kb.concept(id).label;
        let side = self.case.known(id).and_then(|known| known.side).map_or("", nlp::Side::label);
        let has_sides =
            kb.symptom_position(id).is_none_or(|at| !UNSIDED.contains(&kb.symptoms[at].body_part.as_str()));
        if label.contains('侧') || !has_sides { label.clone() } else { format!("{side}{label}") }
    }

    pub(super) fn evidence(&self, id: ConceptId) -> Vec<crate::Evidence> {
        self.case.known(id).map(|known| known.evidence.clone()).unwrap_or_default()
    }
}

fn finished(text: &str) -> String {
    if text.chars().any(|c| c.is_ascii_digit() || c == '半') {
        text.to_owned()
    } else {
        format!("{text}，时间不详")
    }
}
