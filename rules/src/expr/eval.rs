//! Evaluation of checked expressions. Allocates nothing.

use regex::Regex;

use super::{
    calendar,
    tree::Order,
    truth::Truth,
    typed::{Cond, DatePart, Fold, Num, Rounding, TextTest},
    vocabulary::{Facts, Value},
};

/// Numbers nearer than this, relative to their size, are equal: measured values travel as `f32`.
const NEARNESS: f64 = 1e-6;

/// The facts, the row they are looked at in, and the regular expressions compiled before.
pub(super) struct Scene<'a, F: ?Sized> {
    pub(super) facts: &'a F,
    pub(super) patterns: &'a [(String, Regex)],
    row: Option<usize>,
}

impl<'a, F: Facts + ?Sized> Scene<'a, F> {
    pub(super) fn new(facts: &'a F, patterns: &'a [(String, Regex)]) -> Self {
        Self { facts, patterns, row: None }
    }

    fn at(&self, row: usize) -> Self {
        Self { row: Some(row), ..*self }
    }

    /// Each row of a group.
    pub(super) fn rows(&self, group: u32) -> impl Iterator<Item = Self> {
        (0..self.facts.rows(group)).map(|row| self.at(row))
    }

    /// Whether nothing is known in a slot; a group is known by its rows.
    pub(super) fn is_unknown(&self, slot: u32) -> bool {
        self.value(slot) == Value::Unknown && self.facts.rows(slot) == 0
    }

    #[inline]
    fn value(&self, slot: u32) -> Value<'a> {
        match self.row.map(|row| self.facts.item(slot, row)) {
            None | Some(Value::Unknown) => self.facts.value(slot),
            Some(value) => value,
        }
    }

    #[inline]
    pub(super) fn truth(&self, cond: &Cond) -> Truth {
        match cond {
            Cond::Const(value) => (*value).into(),
            Cond::Truth(slot) => match self.value(*slot) {
                Value::Truth(value) => value.into(),
                _ => Truth::Unknown,
            },
            Cond::In(slot, labels) => match self.value(*slot) {
                Value::Choice(chosen) => labels.contains(&chosen).into(),
                _ => Truth::Unknown,
            },
            Cond::Compare(left, order, right) => match (self.number(left), self.number(right)) {
                (Some(left), Some(right)) => compare(left, *order, right).into(),
                _ => Truth::Unknown,
            },
            Cond::And(of) => every(of.iter().map(|part| self.truth(part))),
            Cond::Or(of) => !every(of.iter().map(|part| !self.truth(part))),
            Cond::Not(of) => !self.truth(of),
            Cond::Has(slot, label) => match self.value(*slot) {
                Value::Set(words) => contains(words, *label).into(),
                _ => Truth::Unknown,
            },
            Cond::Known(slot) => (self.value(*slot) != Value::Unknown).into(),
            Cond::Same(left, right) => match (self.truth(left), self.truth(right)) {
                (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
                (left, right) => (left == right).into(),
            },
            Cond::Count(of, order, n) => {
                let (mut least, mut most) = (0, 0);
                for part in of {
                    let part = self.truth(part);
                    least += i64::from(part == Truth::Yes);
                    most += i64::from(part != Truth::No);
                }
                between(least, most, *order, *n)
            }
            Cond::Text(slot, wanted) => match self.value(*slot) {
                Value::Text(written) => self.matches(written, wanted),
                _ => Truth::Unknown,
            },
            Cond::Rows { group, every: is_every, of } => {
                let rows = (0..self.facts.rows(*group)).map(|row| self.at(row).truth(of));
                if *is_every { every(rows) } else { !every(rows.map(|truth| !truth)) }
            }
        }
    }

    fn matches(&self, written: &str, wanted: &TextTest) -> Truth {
        match wanted {
            TextTest::Equals(wanted) => (written == wanted).into(),
            TextTest::Contains(wanted) => written.contains(wanted.as_str()).into(),
            TextTest::Matches(pattern) => self
                .patterns
                .iter()
                .find(|(known, _)| known == pattern)
                .map_or(Truth::Unknown, |(_, regex)| regex.is_match(written).into()),
        }
    }

    #[inline]
    pub(super) fn number(&self, num: &Num) -> Option<f64> {
        let value = match num {
            Num::Const(value) => *value,
            Num::Var(slot) => match self.value(*slot) {
                Value::Number(value) => value,
                Value::Date(days) => f64::from(days),
                _ => return None,
            },
            Num::Score(slot, points) => match self.value(*slot) {
                Value::Choice(chosen) => *points.get(usize::from(chosen))?,
                Value::Set(words) => {
                    (0u16..).zip(points).filter(|(label, _)| contains(words, *label)).map(|(_, p)| p).sum()
                }
                _ => return None,
            },
            Num::Sum(of) => of.iter().try_fold(0.0, |sum, part| Some(sum + self.number(part)?))?,
            Num::Product(of) => {
                of.iter().try_fold(1.0, |product, part| Some(product * self.number(part)?))?
            }
            Num::Quotient(left, right) => self.number(left)? / self.number(right)?,
            Num::Negative(of) => -self.number(of)?,
            Num::Least(of) => {
                of.iter().try_fold(f64::INFINITY, |least, part| Some(least.min(self.number(part)?)))?
            }
            Num::Greatest(of) => {
                of.iter().try_fold(f64::NEG_INFINITY, |most, part| Some(most.max(self.number(part)?)))?
            }
            Num::Absolute(of) => self.number(of)?.abs(),
            Num::Round(of, rounding) => {
                let value = self.number(of)?;
                match rounding {
                    Rounding::Nearest => value.round(),
                    Rounding::Floor => (value + NEARNESS).floor(),
                    Rounding::Ceiling => (value - NEARNESS).ceil(),
                }
            }
            Num::If(cond, yes, no) => match self.truth(cond) {
                Truth::Yes => self.number(yes)?,
                Truth::No => self.number(no)?,
                Truth::Unknown => return None,
            },
            Num::Count(of) => of.iter().try_fold(0.0, |count, part| match self.truth(part) {
                Truth::Yes => Some(count + 1.0),
                Truth::No => Some(count),
                Truth::Unknown => None,
            })?,
            Num::Size(slot) => match self.value(*slot) {
                Value::Set(words) => f64::from(words.iter().map(|word| word.count_ones()).sum::<u32>()),
                Value::Text(text) => real(text.chars().count()),
                _ => return None,
            },
            Num::Part(of, part) => {
                let days = day(self.number(of)?)?;
                let (year, month, of_month) = calendar::date(days);
                match part {
                    DatePart::Year => f64::from(year),
                    DatePart::Month => f64::from(month),
                    DatePart::Day => f64::from(of_month),
                    DatePart::Weekday => f64::from((days + 3).rem_euclid(7) + 1),
                }
            }
            Num::AddMonths(of, months) => {
                let months = day(self.number(months)?)?;
                f64::from(calendar::add_months(day(self.number(of)?)?, months)?)
            }
            Num::YearsBetween(from, to) => f64::from(
                calendar::months_between(day(self.number(from)?)?, day(self.number(to)?)?).div_euclid(12),
            ),
            Num::MonthsBetween(from, to) => {
                f64::from(calendar::months_between(day(self.number(from)?)?, day(self.number(to)?)?))
            }
            Num::Rows { group, fold, when, of } => self.folded(*group, *fold, when.as_deref(), of)?,
        };
        value.is_finite().then_some(value)
    }

    fn folded(&self, group: u32, fold: Fold, when: Option<&Cond>, of: &Num) -> Option<f64> {
        let (mut n, mut sum, mut least, mut most) = (0usize, 0.0, f64::INFINITY, f64::NEG_INFINITY);
        for row in 0..self.facts.rows(group) {
            let scene = self.at(row);
            match when.map_or(Truth::Yes, |when| scene.truth(when)) {
                Truth::Yes => {}
                Truth::No => continue,
                Truth::Unknown => return None,
            }
            n += 1;
            if fold != Fold::Count {
                let value = scene.number(of)?;
                sum += value;
                least = value.min(least);
                most = value.max(most);
            }
        }
        Some(match fold {
            Fold::Count => real(n),
            Fold::Sum => sum,
            Fold::Least => least,
            Fold::Greatest => most,
            Fold::Mean => sum / real(n),
        })
    }
}

fn contains(words: &[u64], label: u16) -> bool {
    words.get(usize::from(label / 64)).is_some_and(|word| word >> (label % 64) & 1 == 1)
}

#[expect(clippy::cast_precision_loss, reason = "rows and characters are far fewer than 2^52")]
fn real(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, reason = "bounded just before")]
pub(super) fn day(value: f64) -> Option<i32> {
    (value.abs() < 1e9).then(|| value.round() as i32)
}

fn every(truths: impl Iterator<Item = Truth>) -> Truth {
    let mut verdict = Truth::Yes;
    for truth in truths {
        match truth {
            Truth::No => return Truth::No,
            Truth::Unknown => verdict = Truth::Unknown,
            Truth::Yes => {}
        }
    }
    verdict
}

#[inline]
fn compare(left: f64, order: Order, right: f64) -> bool {
    let is_near = (left - right).abs() <= NEARNESS * left.abs().max(right.abs()).max(1.0);
    match order {
        Order::Equal => is_near,
        Order::Unequal => !is_near,
        Order::Greater => left > right && !is_near,
        Order::AtLeast => left > right || is_near,
        Order::Less => left < right && !is_near,
        Order::AtMost => left < right || is_near,
    }
}

/// Whether a count that lies between `least` and `most` holds against `n`.
fn between(least: i64, most: i64, order: Order, n: i64) -> Truth {
    let (yes, no) = match order {
        Order::AtLeast => (least >= n, most < n),
        Order::Greater => (least > n, most <= n),
        Order::AtMost => (most <= n, least > n),
        Order::Less => (most < n, least >= n),
        Order::Equal => (least == n && most == n, n < least || n > most),
        Order::Unequal => (n < least || n > most, least == n && most == n),
    };
    if yes {
        Truth::Yes
    } else if no {
        Truth::No
    } else {
        Truth::Unknown
    }
}
