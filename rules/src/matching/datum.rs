//! What is known of a visit, and the facts a matcher makes of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::expr::{Facts, Value};

/// A value under a name, as it comes from registration or an earlier record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Datum {
    /// Yes or no.
    Truth(bool),
    /// In the unit of the input.
    Number(f64),
    /// A label.
    Choice(String),
    /// The labels that apply; none is an answer, too.
    Set(Vec<String>),
    /// Free text.
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
}

/// What is known of a visit, by name. A name left out is unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Visit(pub BTreeMap<String, Datum>);

impl Visit {
    /// The same visit with one more value.
    #[must_use]
    pub fn with(mut self, name: &str, datum: Datum) -> Self {
        self.0.insert(name.to_owned(), datum);
        self
    }
}

/// A value in a slot, with what it refers to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Held {
    #[default]
    Unknown,
    Truth(bool),
    Number(f64),
    Choice(u16),
    Set(Vec<u64>),
    Text(String),
    Date(i32),
}

impl Held {
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Unknown => Value::Unknown,
            Self::Truth(value) => Value::Truth(*value),
            Self::Number(value) => Value::Number(*value),
            Self::Choice(label) => Value::Choice(*label),
            Self::Set(bits) => Value::Set(bits),
            Self::Text(text) => Value::Text(text),
            Self::Date(days) => Value::Date(*days),
        }
    }

    /// Numbers and dates on one scale.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            Self::Date(days) => Some(f64::from(*days)),
            _ => None,
        }
    }

    /// A set of labels by their indices.
    pub(super) fn set(labels: impl IntoIterator<Item = u16>) -> Self {
        let mut bits = Vec::new();
        for label in labels {
            let word = usize::from(label) / 64;
            if bits.len() <= word {
                bits.resize(word + 1, 0u64);
            }
            bits[word] |= 1 << (label % 64);
        }
        Self::Set(bits)
    }
}

/// Whether a set holds a label.
pub(super) fn has(bits: &[u64], label: u16) -> bool {
    bits.get(usize::from(label) / 64).is_some_and(|word| word >> (label % 64) & 1 == 1)
}

/// The values of a visit by slot: inputs first, then derived values.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Bound(pub(super) Vec<Held>);

impl Facts for Bound {
    fn value(&self, slot: u32) -> Value<'_> {
        self.0.get(slot as usize).map_or(Value::Unknown, Held::value)
    }
}
