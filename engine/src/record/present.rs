//! 现病史.

use kb::{ConceptId, ConceptKind};
use nlp::{MeasureKind, Rate, Severity, Status};

use super::{Composer, Sentence, words};
use crate::{
    Evidence,
    case::{EXPOSURES, Known},
};

impl Composer<'_> {
    pub(super) fn present_illness(&self) -> Vec<Sentence> {
        let complaints = self.complaints();
        let mut sentences = Vec::new();
        sentences.extend(self.onset(&complaints));
        sentences.extend(complaints.iter().filter_map(|id| self.features(*id)));
        sentences.extend(self.accompanying(&complaints));
        sentences.extend(self.measured());
        sentences.extend(self.uncertain());
        sentences.extend(self.denied());
        sentences.extend(self.own_name());
        sentences.extend(self.exposures());
        sentences.extend(self.unread());
        sentences.extend(self.remarks());
        sentences.extend(self.treatment());
        sentences.push(self.script_sentence("general", "起病以来", "起病以来一般情况"));
        sentences.extend(self.extra());
        sentences
    }

    /// What the dialogue adds to the story a questionnaire tells; the treatment only where that was asked here.
    pub(super) fn besides_illness(&self, with_treatment: bool) -> Vec<Sentence> {
        let mut sentences = Vec::new();
        sentences.extend(self.accompanying(&[]));
        sentences.extend(self.measured());
        sentences.extend(self.uncertain());
        sentences.extend(self.denied());
        sentences.extend(self.own_name());
        sentences.extend(self.exposures());
        sentences.extend(self.unread());
        sentences.extend(self.remarks());
        if with_treatment && self.case.script.contains_key("treatment") {
            sentences.extend(self.treatment());
        }
        sentences.extend(self.extra());
        sentences
    }

    /// 患者3天前受凉后突发咳嗽、发热。
    fn onset(&self, complaints: &[ConceptId]) -> Option<Sentence> {
        let main = *complaints.first()?;
        let known = self.case.known(main)?;
        let mut evidence = known.evidence.clone();
        let when = self
            .since(main)
            .map_or("（起病时间不详）".to_owned(), |since| format!("{}前", words::period(&since)));
        let trigger = self.attribute(main, "attr:trigger").map_or(String::new(), |(term, said)| {
            evidence.push(said.clone());
            match term {
                "" => "诱因不详，".to_owned(),
                "无明显诱因" => "无明显诱因".to_owned(),
                term if term.starts_with('（') => term.to_owned(),
                term => format!("于{}后", term.trim_end_matches('后')),
            }
        });
        let manner = match self.case.detail(self.engine.kb(), main, |known| known.onset) {
            Some(nlp::Onset::Sudden) => "突然出现",
            Some(nlp::Onset::Gradual) => "逐渐出现",
            None => "出现",
        };
        let same_time: Vec<String> = complaints
            .iter()
            .filter(|id| self.hours(**id) == self.hours(main))
            .map(|id| self.name(*id))
            .collect();
        Some(Sentence {
            text: format!("{}{when}{trigger}{manner}{}。", self.profile.noun(), same_time.join("、")),
            evidence: unique(evidence),
        })
    }

    /// Hours since a complaint began.
    fn hours(&self, id: ConceptId) -> Option<f32> {
        self.since(id).map(|since| since.hours)
    }

    /// What was asked about one complaint.
    fn features(&self, id: ConceptId) -> Option<Sentence> {
        let kb = self.engine.kb();
        let known = self.case.known(id)?;
        let mut parts: Vec<String> = degree(known).into_iter().collect();
        let mut evidence = Vec::new();
        let mut unknown: Vec<&str> = Vec::new();
        let has =
            |pick: fn(&Known) -> bool| self.case.detail(kb, id, |known| pick(known).then_some(())).is_some();
        for (position, attribute) in kb.attributes.iter().enumerate() {
            let Some(answer) = self.case.attribute(kb, id, position) else {
                continue;
            };
            evidence.push(answer.evidence.clone());
            let is_said = match attribute.key.as_str() {
                "attr:trigger" => true,
                "attr:onset" => has(|known| known.onset.is_some()),
                "attr:duration" => has(|known| known.since.is_some()),
                "attr:severity" => has(|known| known.severity.is_some()),
                _ => false,
            };
            // A term in brackets says all by itself: （无明显加重因素）.
            let whole = answer.term.strip_prefix('（').and_then(|term| term.strip_suffix('）'));
            match (answer.term.as_str(), whole) {
                _ if is_said => {}
                ("", _) => unknown.push(&attribute.label),
                (_, Some("")) => {}
                (_, Some(whole)) => parts.push(whole.to_owned()),
                (term, None) => parts.push(attribute.phrase.replace("{}", term)),
            }
        }
        if !unknown.is_empty() {
            parts.push(format!("{}不详", unknown.join("、")));
        }
        if parts.is_empty() {
            return None;
        }
        if evidence.is_empty() {
            evidence.clone_from(&known.evidence);
        }
        Some(Sentence {
            text: format!("{}{}。", self.name(id), parts.join("，")),
            evidence: unique(evidence),
        })
    }

    fn accompanying(&self, complaints: &[ConceptId]) -> Option<Sentence> {
        let kb = self.engine.kb();
        let others: Vec<ConceptId> = self
            .case
            .present(kb, ConceptKind::Symptom)
            .filter(|id| !complaints.contains(id) && !self.case.has_narrower(kb, *id))
            .filter(|id| !EXPOSURES.contains(&kb.concept(*id).key.as_str()))
            .collect();
        let first_time = complaints.first().and_then(|id| self.hours(*id));
        let later: Vec<ConceptId> =
            complaints.iter().copied().filter(|id| self.hours(*id) != first_time).collect();
        let named: Vec<String> = later.iter().chain(&others).map(|id| self.with_details(*id)).collect();
        let evidence = later.iter().chain(&others).flat_map(|id| self.evidence(*id)).collect();
        (!named.is_empty())
            .then(|| Sentence { text: format!("伴{}。", named.join("、")), evidence: unique(evidence) })
    }

    /// 流涕（2天，轻度）
    fn with_details(&self, id: ConceptId) -> String {
        let Some(known) = self.case.known(id) else {
            return self.name(id);
        };
        let mut details: Vec<String> = known.since.iter().map(words::period).collect();
        details.extend(known.severity.map(|severity| severity.label().to_owned()));
        details.extend(rate(known));
        let name = self.name(id);
        if details.is_empty() { name } else { format!("{name}（{}）", details.join("，")) }
    }

    /// 自测体温最高39℃，血压165/110mmHg。
    fn measured(&self) -> Option<Sentence> {
        let measures = &self.case.measures;
        let value = |kind: MeasureKind| measures.get(&kind).map(|(value, _)| words::number(*value));
        let pressure = value(MeasureKind::Systolic).map(|systolic| {
            let diastolic = value(MeasureKind::Diastolic).map_or(String::new(), |value| format!("/{value}"));
            format!("血压{systolic}{diastolic}mmHg")
        });
        let others = [
            MeasureKind::HeartRate,
            MeasureKind::RespiratoryRate,
            MeasureKind::OxygenSaturation,
            MeasureKind::Glucose,
        ];
        let others = others
            .into_iter()
            .filter_map(|kind| Some(format!("{}{}{}", kind.label(), value(kind)?, kind.unit())));
        let temperature = value(MeasureKind::Temperature).map(|value| format!("体温最高{value}℃"));
        let parts: Vec<String> = temperature.into_iter().chain(pressure).chain(others).collect();
        let evidence = measures.values().map(|(_, said)| said.clone()).collect();
        (!parts.is_empty())
            .then(|| Sentence { text: format!("自测{}。", parts.join("，")), evidence: unique(evidence) })
    }

    fn uncertain(&self) -> Option<Sentence> {
        self.list(Status::Unsure, |names| format!("是否有{names}不能确定。"))
    }

    fn denied(&self) -> Option<Sentence> {
        self.list(Status::No, |names| format!("否认{names}。"))
    }

    fn list(&self, status: Status, sentence: impl Fn(&str) -> String) -> Option<Sentence> {
        let kb = self.engine.kb();
        let ids: Vec<ConceptId> = self
            .case
            .order
            .iter()
            .copied()
            .filter(|id| {
                kb.concept(*id).kind == ConceptKind::Symptom && self.case.direct(*id) == Some(status)
            })
            .filter(|id| !self.case.has_narrower(kb, *id))
            .collect();
        self.naming(&ids, sentence)
    }

    /// What the patient takes it for.
    fn own_name(&self) -> Option<Sentence> {
        let kb = self.engine.kb();
        let id = self.case.present(kb, ConceptKind::Disease).find(|id| !self.is_history(*id))?;
        let said = self.evidence(id);
        let quote = said.first().map_or(kb.concept(id).label.clone(), |said| said.quote.clone());
        Some(Sentence {
            text: format!("{}自认为“{quote}”。", self.profile.speaker_noun()), evidence: said
        })
    }

    /// 发病前有接触过敏原（“吃了虾”）。
    fn exposures(&self) -> Option<Sentence> {
        let kb = self.engine.kb();
        let is_exposure = |id: &ConceptId| EXPOSURES.contains(&kb.concept(*id).key.as_str());
        let ids: Vec<ConceptId> = self.case.present(kb, ConceptKind::Symptom).filter(is_exposure).collect();
        self.naming(&ids, |names| format!("发病前有{names}。"))
    }

    /// Answers that were not understood stay in the patient's words.
    fn remarks(&self) -> Option<Sentence> {
        let quotes: Vec<String> =
            self.case.remarks.iter().map(|said| format!("“{}”", trimmed(&said.quote))).collect();
        let evidence = self.case.remarks.clone();
        (!quotes.is_empty()).then(|| Sentence { text: format!("另述{}。", quotes.join("")), evidence })
    }

    fn unread(&self) -> Option<Sentence> {
        let said = &self.case.unread;
        let quotes: Vec<&str> = said.iter().map(|said| said.quote.as_str()).collect();
        (!said.is_empty())
            .then(|| Sentence {
                text: format!("原话：“{}”。", quotes.join("”“")), evidence: said.clone()
            })
    }

    fn treatment(&self) -> Vec<Sentence> {
        let kb = self.engine.kb();
        let mut sentences = Vec::new();
        let drugs: Vec<ConceptId> = self.case.present(kb, ConceptKind::Drug).collect();
        sentences.extend(self.naming(&drugs, |names| format!("病程中曾用{names}。")));
        sentences.push(self.script_sentence("treatment", "诊治经过：", "诊治经过"));
        sentences
    }

    fn extra(&self) -> Option<Sentence> {
        let answer =
            self.case.script.iter().find(|(key, _)| key.starts_with("extra")).map(|(_, answer)| answer)?;
        if answer.text.is_empty()
            || answer.text == "无补充"
            || (answer.verdict.is_some() && answer.text.chars().count() <= 6)
        {
            return None;
        }
        Some(Sentence {
            text: format!("补充：“{}”。", trimmed(&answer.text)),
            evidence: vec![answer.evidence.clone()],
        })
    }

    fn attribute(&self, id: ConceptId, key: &str) -> Option<(&str, &Evidence)> {
        let position = self.engine.kb().attributes.iter().position(|attribute| attribute.key == key)?;
        let answer = self.case.attribute(self.engine.kb(), id, position)?;
        Some((answer.term.as_str(), &answer.evidence))
    }
}

fn degree(known: &Known) -> Option<String> {
    let parts: Vec<String> = known
        .severity
        .map(|severity| format!("程度{}", word(severity)))
        .into_iter()
        .chain(rate(known))
        .collect();
    (!parts.is_empty()).then(|| parts.join("，"))
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Mild => "轻",
        Severity::Moderate => "中等",
        Severity::Severe => "重",
    }
}

fn rate(known: &Known) -> Option<String> {
    if let Some(words) = &known.rate_words {
        return Some(words.clone());
    }
    known.rate.map(|rate| match rate {
        Rate::Constant => "持续".to_owned(),
        Rate::Often => "反复发作".to_owned(),
        Rate::Sometimes => "间断发作".to_owned(),
        Rate::Counted => "有计次".to_owned(),
    })
}

pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '。' | '，' | ',' | '.'))
}

/// The same answer is cited once.
pub(super) fn unique(evidence: Vec<Evidence>) -> Vec<Evidence> {
    let mut seen: Vec<Evidence> = Vec::new();
    for said in evidence {
        if !seen.contains(&said) {
            seen.push(said);
        }
    }
    seen
}
