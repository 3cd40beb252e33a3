//! A vocabulary and cases with sets, texts, dates, scores and a repeating group, for the tests.

use super::{Facts, Kind, Value, Variable, Vocabulary, calendar};

pub(super) const ALLERGENS: [&str; 3] = ["青霉素", "头孢", "磺胺"];
pub(super) const PAINS: [&str; 3] = ["无", "轻", "重"];
pub(super) const SORTS: [&str; 2] = ["中药", "西药"];
/// Slot of the group, of its first item, and of what comes after its items.
pub(super) const GROUP: u32 = 10;
pub(super) const ITEMS: u32 = 11;
const N_ITEMS: usize = 5;
/// Labels `项0` … `项69`: more than fit in one word.
const N_SIGNS: u16 = 70;

pub(super) const NAMES: [&str; 18] = [
    "发热",
    "体温",
    "体重",
    "身高",
    "时长",
    "发作",
    "疼痛",
    "过敏史",
    "职业",
    "末次月经",
    "用药",
    "用药.剂量",
    "用药.药名",
    "用药.开始",
    "用药.种类",
    "用药.按时",
    "今天",
    "体征",
];

pub(super) struct Clinic;

fn labels(of: &[&str]) -> Vec<String> {
    of.iter().map(|label| (*label).to_owned()).collect()
}

impl Vocabulary for Clinic {
    fn resolve(&self, name: &str) -> Option<Variable> {
        if let Some(scored) = name.strip_suffix(".分") {
            return match scored {
                "疼痛" => Some(Variable { slot: 6, kind: Kind::Score(vec![0.0, 1.0, 3.0]) }),
                "过敏史" => Some(Variable { slot: 7, kind: Kind::Score(vec![4.0, 2.0, 1.0]) }),
                _ => None,
            };
        }
        let (slot, _) = (0u32..).zip(NAMES).find(|(_, known)| *known == name)?;
        let number = |unit| Kind::Number { unit: Some(unit) };
        let item = |of| Kind::Item { group: GROUP, of: Box::new(of) };
        let kind = match slot {
            0 => Kind::Truth,
            1 => number("℃"),
            2 => number("kg"),
            3 => number("cm"),
            4 => number("天"),
            5 => number("小时"),
            6 => Kind::Choice(labels(&PAINS)),
            7 => Kind::Set(labels(&ALLERGENS)),
            8 => Kind::Text,
            10 => Kind::Rows,
            11 => item(number("mg")),
            12 => item(Kind::Text),
            13 => item(Kind::Date),
            14 => item(Kind::Choice(labels(&SORTS))),
            15 => item(Kind::Truth),
            17 => Kind::Set((0..N_SIGNS).map(|label| format!("项{label}")).collect()),
            _ => Kind::Date,
        };
        Some(Variable { slot, kind })
    }

    fn names(&self) -> Vec<String> {
        labels(&NAMES)
    }
}

pub(super) type Row = [Value<'static>; N_ITEMS];

/// What is known of a visitor, by slot, and of each medicine, by item.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Visitor {
    pub(super) values: [Value<'static>; NAMES.len()],
    pub(super) rows: Vec<Row>,
}

impl Facts for Visitor {
    fn value(&self, slot: u32) -> Value<'_> {
        self.values.get(slot as usize).copied().unwrap_or(Value::Unknown)
    }

    fn rows(&self, group: u32) -> usize {
        if group == GROUP { self.rows.len() } else { 0 }
    }

    fn item(&self, slot: u32, row: usize) -> Value<'_> {
        let item = slot.checked_sub(ITEMS).map_or(N_ITEMS, |item| item as usize);
        self.rows.get(row).and_then(|row| row.get(item)).copied().unwrap_or(Value::Unknown)
    }
}

impl Visitor {
    /// `发热=+ 体温=38.5 过敏史=青霉素+头孢 末次月经=2026-01-31`, then rows of items in their order:
    /// `| 5 布洛芬 2026-11-01 西药 + | ? 甘草片`; what is left out or `?` is unknown.
    pub(super) fn of(text: &'static str) -> Self {
        let mut parts = text.split('|');
        let mut values = [Value::Unknown; NAMES.len()];
        for word in parts.next().unwrap_or_default().split_whitespace() {
            let (name, written) = word.split_once('=').expect("name=value");
            let slot = NAMES.iter().position(|known| *known == name).expect("a name");
            values[slot] = value(Clinic.resolve(name).unwrap().kind, written);
        }
        let rows = parts.map(|row| {
            let mut items = [Value::Unknown; N_ITEMS];
            for (index, written) in row.split_whitespace().enumerate() {
                let Kind::Item { of, .. } = Clinic.resolve(NAMES[ITEMS as usize + index]).unwrap().kind
                else {
                    panic!("an item")
                };
                items[index] = value(*of, written);
            }
            items
        });
        Self { values, rows: rows.collect() }
    }
}

fn value(kind: Kind, written: &'static str) -> Value<'static> {
    let label = |labels: &[String], label: &str| labels.iter().position(|known| known == label).unwrap();
    if written == "?" {
        return Value::Unknown;
    }
    match kind {
        Kind::Truth => Value::Truth(written == "+"),
        Kind::Number { .. } => Value::Number(written.parse().unwrap()),
        Kind::Choice(labels) => Value::Choice(u16::try_from(label(&labels, written)).unwrap()),
        Kind::Set(labels) => {
            let mut words = vec![0u64; 2];
            for chosen in written.split('+').filter(|chosen| *chosen != "没有") {
                let index = label(&labels, chosen);
                words[index / 64] |= 1 << (index % 64);
            }
            Value::Set(Vec::leak(words))
        }
        Kind::Text => Value::Text(written),
        _ => {
            let parts: Vec<i32> = written.split('-').map(|part| part.parse().unwrap()).collect();
            Value::Date(calendar::days(parts[0], parts[1].cast_unsigned(), parts[2].cast_unsigned()).unwrap())
        }
    }
}
