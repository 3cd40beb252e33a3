//! Names that expressions may use, and their values in a case.
//!
//! A slot packs what is read of a concept in its upper byte and the concept in the rest.

use kb::{ConceptId, ConceptKind, Kb};
use nlp::{MeasureKind, Status};
use rules::expr::{Facts, Kind, Value, Variable, Vocabulary};

use crate::{Profile, Sex, case::Case};

const SHIFT: u32 = 24;
const SEXES: [&str; 2] = ["女", "男"];
const ONSETS: [&str; 2] = ["突发", "逐渐"];

/// What a variable reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    /// Whether a concept is present.
    Presence(ConceptId),
    /// 起病: 突发 or 逐渐.
    Onset(ConceptId),
    /// 程度: 0–10.
    Severity(ConceptId),
    /// 天数 since it began.
    Days(ConceptId),
    /// 小时数 since it began.
    Hours(ConceptId),
    /// A measured value.
    Measure(MeasureKind),
    /// 年龄 in years.
    Years,
    /// 月龄.
    Months,
    /// 性别.
    Sex,
}

impl Reads {
    fn slot(self) -> u32 {
        let (tag, rest) = match self {
            Self::Presence(id) => (0, id.0),
            Self::Onset(id) => (1, id.0),
            Self::Severity(id) => (2, id.0),
            Self::Days(id) => (3, id.0),
            Self::Hours(id) => (4, id.0),
            Self::Measure(kind) => {
                (5, MeasureKind::ALL.iter().zip(0..).find(|(k, _)| **k == kind).map_or(0, |(_, n)| n))
            }
            Self::Years => (6, 0),
            Self::Months => (7, 0),
            Self::Sex => (8, 0),
        };
        (tag << SHIFT) | rest
    }

    pub(crate) fn of_slot(slot: u32) -> Self {
        let id = ConceptId(slot & ((1 << SHIFT) - 1));
        match slot >> SHIFT {
            0 => Self::Presence(id),
            1 => Self::Onset(id),
            2 => Self::Severity(id),
            3 => Self::Days(id),
            4 => Self::Hours(id),
            5 => Self::Measure(MeasureKind::ALL[id.index() % MeasureKind::ALL.len()]),
            6 => Self::Years,
            7 => Self::Months,
            _ => Self::Sex,
        }
    }
}

/// The names of red-flag expressions: labels of concepts, their attributes, measured values, age and sex.
pub(crate) struct Names<'a>(pub(crate) &'a Kb);

impl Vocabulary for Names<'_> {
    fn resolve(&self, name: &str) -> Option<Variable> {
        let variable = |reads: Reads, kind| Some(Variable { slot: reads.slot(), kind });
        match name {
            "年龄" => return variable(Reads::Years, Kind::Number { unit: Some("岁") }),
            "月龄" => return variable(Reads::Months, Kind::Number { unit: Some("月") }),
            "性别" => return variable(Reads::Sex, Kind::Choice(SEXES.map(str::to_owned).to_vec())),
            _ => {}
        }
        if let Some(kind) = MeasureKind::ALL.iter().find(|kind| kind.label() == name) {
            let unit = (*kind == MeasureKind::Temperature).then_some("℃");
            return variable(Reads::Measure(*kind), Kind::Number { unit });
        }
        let kinds = [ConceptKind::Symptom, ConceptKind::Risk, ConceptKind::Disease];
        let Some((label, attribute)) = name.split_once('.') else {
            return variable(Reads::Presence(self.0.by_label(name, &kinds)?), Kind::Truth);
        };
        let id = self.0.by_label(label, &kinds)?;
        match attribute {
            "起病" => variable(Reads::Onset(id), Kind::Choice(ONSETS.map(str::to_owned).to_vec())),
            "程度" => variable(Reads::Severity(id), Kind::Number { unit: None }),
            "天数" => variable(Reads::Days(id), Kind::Number { unit: Some("天") }),
            "小时数" => variable(Reads::Hours(id), Kind::Number { unit: Some("小时") }),
            _ => None,
        }
    }

    fn names(&self) -> Vec<String> {
        let fixed = ["年龄", "月龄", "性别"].map(str::to_owned);
        let measures = MeasureKind::ALL.iter().map(|kind| kind.label().to_owned());
        let kinds = [ConceptKind::Symptom, ConceptKind::Risk, ConceptKind::Disease];
        let labels = self.0.concepts.iter().filter(|c| kinds.contains(&c.kind)).map(|c| c.label.clone());
        fixed.into_iter().chain(measures).chain(labels).collect()
    }
}

/// A case as the values of those names.
pub(crate) struct CaseFacts<'a> {
    pub(crate) kb: &'a Kb,
    pub(crate) case: &'a Case,
    pub(crate) profile: &'a Profile,
    /// Presence of each concept; expressions read it many times for one turn.
    presence: Vec<Value<'static>>,
}

impl Facts for CaseFacts<'_> {
    fn value(&self, slot: u32) -> Value<'_> {
        match Reads::of_slot(slot) {
            Reads::Presence(id) => self.presence[id.index()],
            Reads::Onset(id) => match self.case.detail(self.kb, id, |known| known.onset) {
                Some(nlp::Onset::Sudden) => Value::Choice(0),
                Some(nlp::Onset::Gradual) => Value::Choice(1),
                None => Value::Unknown,
            },
            Reads::Severity(id) => {
                number(self.case.detail(self.kb, id, |known| known.severity).map(nlp::Severity::score))
            }
            Reads::Days(id) => number(self.hours(id).map(|hours| hours / 24.0)),
            Reads::Hours(id) => number(self.hours(id)),
            Reads::Measure(kind) => number(self.case.measures.get(&kind).map(|(value, _)| *value)),
            Reads::Years => Value::Number(f64::from(self.profile.age_months / 12)),
            Reads::Months => Value::Number(f64::from(self.profile.age_months)),
            Reads::Sex => match self.profile.sex {
                Some(Sex::Female) => Value::Choice(0),
                Some(Sex::Male) => Value::Choice(1),
                None => Value::Unknown,
            },
        }
    }
}

impl<'a> CaseFacts<'a> {
    pub(crate) fn new(kb: &'a Kb, case: &'a Case, profile: &'a Profile) -> Self {
        let mut presence = vec![Value::Unknown; kb.concepts.len()];
        let is_symptom = |id: ConceptId| kb.concept(id).kind == ConceptKind::Symptom;
        // What is denied is denied of everything narrower; what is there is there of everything broader.
        for concept in &kb.concepts {
            let is_denied = |broader: &ConceptId| case.direct(*broader) == Some(Status::No);
            if concept.kind == ConceptKind::Symptom && concept.broader.iter().any(is_denied) {
                presence[concept.id.index()] = Value::Truth(false);
            }
        }
        for &id in &case.order {
            // A disease or risk of the past counts; a symptom must be present now.
            let status =
                if is_symptom(id) { case.direct(id) } else { case.known(id).map(|known| known.status) };
            match status {
                Some(Status::No) => presence[id.index()] = Value::Truth(false),
                Some(Status::Unsure) => presence[id.index()] = Value::Unknown,
                Some(Status::Yes) | None => {}
            }
        }
        for &id in &case.order {
            let status =
                if is_symptom(id) { case.direct(id) } else { case.known(id).map(|known| known.status) };
            if status == Some(Status::Yes) {
                for there in std::iter::once(&id).chain(&kb.concept(id).broader) {
                    presence[there.index()] = Value::Truth(true);
                }
            }
        }
        Self { kb, case, profile, presence }
    }

    fn hours(&self, id: ConceptId) -> Option<f32> {
        self.case.detail(self.kb, id, |known| known.since).map(|period| period.hours)
    }
}

fn number(value: Option<f32>) -> Value<'static> {
    value.map_or(Value::Unknown, |value| Value::Number(f64::from(value)))
}

/// The names that guards of the dialogue chart use, in the order of their slots.
pub(crate) const GUARDS: [(&str, Guard); 16] = [
    ("有主诉", Guard::HasComplaint),
    ("红旗", Guard::RedFlag),
    ("继续", Guard::GoesOn),
    ("急症分级", Guard::TriageLevel),
    ("待问特征", Guard::Features),
    ("待查红旗", Guard::Safety),
    ("待鉴别", Guard::Differential),
    ("待问诊治", Guard::Script("treatment")),
    ("待问一般情况", Guard::Script("general")),
    ("待问既往", Guard::Script("past")),
    ("待问过敏", Guard::Script("allergy")),
    ("待问个人", Guard::Script("personal")),
    ("待问婚育", Guard::Script("marital")),
    ("待问家族", Guard::Script("family")),
    ("待补充", Guard::Script("extra")),
    ("停止", Guard::Stops),
];

/// What a guard of the chart looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    HasComplaint,
    RedFlag,
    GoesOn,
    Stops,
    TriageLevel,
    Features,
    Safety,
    Differential,
    /// Whether the node of that key still has a row to ask.
    Script(&'static str),
}

/// The names of the dialogue chart.
pub(crate) struct GuardNames;

impl Vocabulary for GuardNames {
    fn resolve(&self, name: &str) -> Option<Variable> {
        let (slot, guard) = (0u32..)
            .zip(GUARDS)
            .find(|(_, (known, _))| *known == name)
            .map(|(slot, (_, guard))| (slot, guard))?;
        let kind = if guard == Guard::TriageLevel { Kind::Number { unit: None } } else { Kind::Truth };
        Some(Variable { slot, kind })
    }

    fn names(&self) -> Vec<String> {
        GUARDS.iter().map(|(name, _)| (*name).to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_give_back_what_they_read() {
        let id = ConceptId(4711);
        for reads in [
            Reads::Presence(id),
            Reads::Onset(id),
            Reads::Severity(id),
            Reads::Days(id),
            Reads::Hours(id),
            Reads::Measure(MeasureKind::Glucose),
            Reads::Years,
            Reads::Months,
            Reads::Sex,
        ] {
            assert_eq!(Reads::of_slot(reads.slot()), reads);
        }
    }
}
