//! The facts of one record, and how their values read.

use std::collections::BTreeMap;

use super::{
    schema::{Origin, Schema},
    words,
};
use crate::expr::{Facts, Kind, Value, calendar};

/// Rows of a group at most; a row number beyond is refused.
const ROWS: usize = 1000;
/// Characters of a text shown in a finding.
const SHOWN: usize = 40;

/// A value as a caller gives it.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// Yes or no.
    Truth(bool),
    /// A number in the unit of the name.
    Number(f64),
    /// One label.
    Choice(String),
    /// Labels; none of them is a known answer too.
    Set(Vec<String>),
    /// A text.
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
}

#[derive(Debug, Clone, PartialEq)]
enum Stored {
    Truth(bool),
    Number(f64),
    Choice(u16),
    Set(Vec<u64>),
    Text(String),
    Date(i32),
}

impl Stored {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Truth(yes) => Value::Truth(*yes),
            Self::Number(number) => Value::Number(*number),
            Self::Choice(label) => Value::Choice(*label),
            Self::Set(bits) => Value::Set(bits),
            Self::Text(text) => Value::Text(text),
            Self::Date(days) => Value::Date(*days),
        }
    }
}

/// The facts of one record. What is not set is unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet<'a> {
    schema: &'a Schema,
    values: Vec<Option<Stored>>,
    rows: BTreeMap<u32, usize>,
    items: BTreeMap<(u32, usize), Stored>,
}

impl<'a> Sheet<'a> {
    /// A record of which nothing is known.
    pub fn new(schema: &'a Schema) -> Self {
        let values = vec![None; schema.fields().len()];
        Self { schema, values, rows: BTreeMap::new(), items: BTreeMap::new() }
    }

    /// Sets a fact, over an earlier one; `用药[1].药名` is an item of the first row. Refused with the reason.
    pub fn set(&mut self, name: &str, fact: Fact) -> Result<(), String> {
        let (name, row) = row_of(name)?;
        let slot = self.schema.slot(&name).ok_or_else(|| self.schema.unknown(&name))?;
        let Some(field) = self.schema.field(slot) else { return Err(self.schema.unknown(&name)) };
        if matches!(field.origin, Origin::Length(_)) {
            return Err(format!("“{name}”由系统数出，不用填"));
        }
        match (&field.kind, row) {
            (Kind::Item { group, of }, Some(row)) => {
                let stored = stored(&name, of, fact)?;
                let rows = self.rows.entry(*group).or_insert(0);
                *rows = (*rows).max(row);
                self.items.insert((slot, row - 1), stored);
            }
            (Kind::Item { .. }, None) => {
                return Err(format!("“{name}”是一组里的一项，要写明第几行，例如 {}", example(&name)));
            }
            (_, Some(_)) => return Err(format!("“{name}”不是一组里的一项，不写第几行")),
            (kind, None) => {
                let stored = stored(&name, kind, fact)?;
                if let Some(place) = self.values.get_mut(slot as usize) {
                    *place = Some(stored);
                }
            }
        }
        Ok(())
    }

    /// The names of the record.
    pub fn schema(&self) -> &'a Schema {
        self.schema
    }

    fn given(&self, slot: u32) -> Value<'_> {
        self.values.get(slot as usize).and_then(Option::as_ref).map_or(Value::Unknown, Stored::value)
    }
}

impl Facts for Sheet<'_> {
    fn value(&self, slot: u32) -> Value<'_> {
        let given = self.given(slot);
        let Some(field) = self.schema.field(slot).filter(|_| given == Value::Unknown) else { return given };
        match field.origin {
            Origin::Given | Origin::Model(_) => Value::Unknown,
            Origin::Length(text) => match self.given(text) {
                Value::Text(text) => Value::Number(characters(text)),
                _ => Value::Unknown,
            },
            Origin::Asked(text) => match self.given(text) {
                Value::Text(text) if !text.trim().is_empty() => Value::Truth(true),
                _ => Value::Unknown,
            },
        }
    }

    fn rows(&self, group: u32) -> usize {
        self.rows.get(&group).copied().unwrap_or(0)
    }

    fn item(&self, slot: u32, row: usize) -> Value<'_> {
        self.items.get(&(slot, row)).map_or(Value::Unknown, Stored::value)
    }
}

/// How the value of a slot reads; `未填` when unknown.
pub(super) fn shown<F: Facts + ?Sized>(schema: &Schema, facts: &F, slot: u32) -> String {
    let Some(field) = schema.field(slot) else { return String::new() };
    match &field.kind {
        Kind::Rows => format!("{} 行", facts.rows(slot)),
        Kind::Item { group, of } => {
            let rows = (0..facts.rows(*group)).map(|row| reads(of, facts.item(slot, row)));
            rows.collect::<Vec<_>>().join("；")
        }
        kind => reads(kind, facts.value(slot)),
    }
}

fn reads(kind: &Kind, value: Value<'_>) -> String {
    match (kind, value) {
        (_, Value::Truth(yes)) => if yes { "是" } else { "否" }.to_owned(),
        (Kind::Number { unit }, Value::Number(number)) => format!("{number}{}", unit.unwrap_or("")),
        (_, Value::Number(number)) => number.to_string(),
        (Kind::Choice(labels), Value::Choice(label)) => {
            labels.get(usize::from(label)).cloned().unwrap_or_default()
        }
        (Kind::Set(labels), Value::Set(bits)) => {
            let chosen: Vec<&str> = labels
                .iter()
                .enumerate()
                .filter(|(index, _)| has(bits, *index))
                .map(|(_, label)| label.as_str())
                .collect();
            if chosen.is_empty() { "无".to_owned() } else { chosen.join("、") }
        }
        (_, Value::Text(text)) if text.trim().is_empty() => "空".to_owned(),
        (_, Value::Text(text)) if text.chars().count() > SHOWN => {
            text.chars().take(SHOWN).chain(['…']).collect()
        }
        (_, Value::Text(text)) => text.to_owned(),
        (_, Value::Date(days)) => calendar::written(days),
        _ => "未填".to_owned(),
    }
}

fn has(bits: &[u64], index: usize) -> bool {
    bits.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
}

fn characters(text: &str) -> f64 {
    let count = text.chars().filter(|sign| !sign.is_whitespace()).count();
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// `用药[2].药名` as the name of the item and the row, from 1.
fn row_of(name: &str) -> Result<(String, Option<usize>), String> {
    let Some((group, rest)) = name.split_once(['[', '［']) else { return Ok((name.to_owned(), None)) };
    let (row, item) = rest.split_once([']', '］']).ok_or_else(|| format!("“{name}”的方括号没有结束"))?;
    match row.trim().parse::<usize>() {
        Ok(row) if (1..=ROWS).contains(&row) => Ok((format!("{}{item}", group.trim()), Some(row))),
        _ => Err(format!("第几行要写 1 到 {ROWS} 的整数，不能是“{row}”")),
    }
}

fn example(name: &str) -> String {
    name.replacen('.', "[1].", 1)
}

fn stored(name: &str, kind: &Kind, fact: Fact) -> Result<Stored, String> {
    let index = |labels: &[String], label: &str| {
        labels
            .iter()
            .position(|other| other == label)
            .ok_or_else(|| words::unknown(&format!("“{name}”的选项"), label, labels))
    };
    Ok(match (kind, fact) {
        (Kind::Truth, Fact::Truth(yes)) => Stored::Truth(yes),
        (Kind::Number { .. }, Fact::Number(number)) if number.is_finite() => Stored::Number(number),
        (Kind::Text, Fact::Text(text)) => Stored::Text(text),
        (Kind::Date, Fact::Date(days)) => Stored::Date(days),
        (Kind::Choice(labels), Fact::Choice(label)) => {
            Stored::Choice(u16::try_from(index(labels, &label)?).map_err(|_| "选项太多".to_owned())?)
        }
        (Kind::Set(labels), Fact::Set(chosen)) => {
            let mut bits = vec![0_u64; labels.len().div_ceil(64)];
            for label in chosen {
                let index = index(labels, &label)?;
                if let Some(word) = bits.get_mut(index / 64) {
                    *word |= 1 << (index % 64);
                }
            }
            Stored::Set(bits)
        }
        (kind, _) => return Err(format!("“{name}”要填{}", asked(kind))),
    })
}

/// What a kind is called in messages.
pub(super) fn asked(kind: &Kind) -> &'static str {
    match kind {
        Kind::Truth => "是或否",
        Kind::Number { .. } | Kind::Score(_) => "数字",
        Kind::Choice(_) => "一个选项",
        Kind::Set(_) => "若干选项",
        Kind::Text => "文字",
        Kind::Date => "日期",
        Kind::Rows => "每一行的内容",
        Kind::Item { of, .. } => asked(of),
    }
}
