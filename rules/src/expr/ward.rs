//! A small vocabulary and cases for the tests.

use super::{Facts, Kind, Value, Variable, Vocabulary};

/// Names of the ward, by slot.
pub(super) const NAMES: [&str; 14] = [
    "发热",
    "咳嗽",
    "咳痰",
    "气短",
    "体温",
    "咳嗽.天数",
    "年龄",
    "月龄",
    "头痛.起病",
    "腹痛.程度",
    "高血压（孕期）",
    "非霍奇金淋巴瘤",
    "24小时尿量",
    "基础体温",
];
pub(super) const N_TRUTHS: u32 = 4;
pub(super) const ONSETS: [&str; 2] = ["突发", "逐渐"];

pub(super) struct Ward;

impl Vocabulary for Ward {
    fn resolve(&self, name: &str) -> Option<Variable> {
        let (slot, _) = (0u32..).zip(NAMES).find(|(_, known)| *known == name)?;
        let kind = match slot {
            4 | 13 => Kind::Number { unit: Some("℃") },
            5 => Kind::Number { unit: Some("天") },
            6 => Kind::Number { unit: Some("岁") },
            7 => Kind::Number { unit: Some("月") },
            8 => Kind::Choice(ONSETS.map(str::to_owned).to_vec()),
            9 | 12 => Kind::Number { unit: None },
            _ => Kind::Truth,
        };
        Some(Variable { slot, kind })
    }

    fn names(&self) -> Vec<String> {
        NAMES.map(str::to_owned).to_vec()
    }
}

/// What is known of a patient, by slot.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Patient(pub(super) [Value<'static>; NAMES.len()]);

impl Facts for Patient {
    fn value(&self, slot: u32) -> Value<'_> {
        self.0.get(slot as usize).copied().unwrap_or(Value::Unknown)
    }
}

impl Patient {
    /// `发热+ 咳嗽- 体温=38.5 头痛.起病=突发`; all else is unknown.
    pub(super) fn of(text: &str) -> Self {
        let mut values = [Value::Unknown; NAMES.len()];
        for word in text.split_whitespace() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => match ONSETS.iter().position(|onset| *onset == value) {
                    Some(index) => (name, Value::Choice(u16::try_from(index).unwrap())),
                    None => (name, Value::Number(value.parse().unwrap())),
                },
                None => (word.trim_end_matches(['+', '-']), Value::Truth(word.ends_with('+'))),
            };
            values[NAMES.iter().position(|known| *known == name).unwrap()] = value;
        }
        Self(values)
    }
}

pub(super) fn names(slots: &[u32]) -> String {
    slots.iter().map(|slot| NAMES[*slot as usize]).collect::<Vec<_>>().join(" ")
}
