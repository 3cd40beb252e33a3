//! Plain evaluation, independent of the search: every witness is checked with it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use regex::Regex;

use crate::expr::typed::{Cond, Fold, Num, Rounding, TextTest};
use crate::expr::{Order, Truth};

use super::calendar;
use super::model::{Assignment, Definition, Given, Problem, Verdicts};
use super::span::near;

/// Something that is not evaluated here: rows of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Beyond;

#[derive(Debug, Clone, Copy)]
enum Defined {
    Truth(Truth),
    Number(Option<f64>),
}

/// Values, and what follows from them.
pub(super) struct Case<'a> {
    given: Cow<'a, Assignment>,
    defined: BTreeMap<u32, Defined>,
}

impl<'a> Case<'a> {
    /// Evaluates the definitions among these slots, which come after what they need.
    pub(super) fn of(problem: &Problem, given: &'a Assignment, slots: &[u32]) -> Result<Self, Beyond> {
        let mut case = Self { given: Cow::Borrowed(given), defined: BTreeMap::new() };
        for &slot in slots {
            case.define(problem, slot)?;
        }
        Ok(case)
    }

    /// Nothing given yet.
    pub(super) fn empty() -> Self {
        Self { given: Cow::Owned(Assignment::new()), defined: BTreeMap::new() }
    }

    /// Gives a variable its value.
    pub(super) fn give(&mut self, slot: u32, given: Given) {
        self.given.to_mut().insert(slot, given);
    }

    /// Works out a slot that follows from others.
    pub(super) fn define(&mut self, problem: &Problem, slot: u32) -> Result<(), Beyond> {
        let defined = match problem.definitions.get(&slot) {
            Some(Definition::Truth(cond)) => Defined::Truth(self.truth(cond)?),
            Some(Definition::Sure(cond)) => Defined::Truth((self.truth(cond)? == Truth::Yes).into()),
            Some(Definition::Number(num)) => Defined::Number(self.number(num)?),
            None => return Ok(()),
        };
        self.defined.insert(slot, defined);
        Ok(())
    }

    /// All values given.
    pub(super) fn values(&self) -> &Assignment {
        &self.given
    }

    fn given(&self, slot: u32) -> &Given {
        self.given.get(&slot).unwrap_or(&Given::Unknown)
    }

    pub(super) fn truth(&self, cond: &Cond) -> Result<Truth, Beyond> {
        Ok(match cond {
            Cond::Const(value) => (*value).into(),
            Cond::Truth(slot) => match (self.defined.get(slot), self.given(*slot)) {
                (Some(Defined::Truth(truth)), _) => *truth,
                (None, Given::Truth(value)) => (*value).into(),
                _ => Truth::Unknown,
            },
            Cond::Not(of) => !self.truth(of)?,
            Cond::And(parts) => self.all(parts, Truth::No)?,
            Cond::Or(parts) => self.all(parts, Truth::Yes)?,
            Cond::Same(a, b) => match (self.truth(a)?, self.truth(b)?) {
                (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
                (a, b) => (a == b).into(),
            },
            Cond::Count(parts, order, n) => {
                let (yes, unknown) = self.tally(parts)?;
                let verdicts: Vec<bool> =
                    (yes..=yes + unknown).map(|k| compare(float(k), *order, float(*n))).collect();
                match (verdicts.contains(&true), verdicts.contains(&false)) {
                    (true, true) => Truth::Unknown,
                    (yes, _) => yes.into(),
                }
            }
            Cond::In(slot, labels) => match self.given(*slot) {
                Given::Choice(label) => labels.contains(label).into(),
                _ => Truth::Unknown,
            },
            Cond::Has(slot, label) => match self.given(*slot) {
                Given::Set(chosen) => chosen.contains(label).into(),
                _ => Truth::Unknown,
            },
            Cond::Compare(a, order, b) => match (self.number(a)?, self.number(b)?) {
                (Some(a), Some(b)) => compare(a, *order, b).into(),
                _ => Truth::Unknown,
            },
            Cond::Text(slot, test) => match self.given(*slot) {
                Given::Text(written) => passes(written, test).into(),
                _ => Truth::Unknown,
            },
            Cond::Known(slot) => match self.defined.get(slot) {
                Some(Defined::Truth(truth)) => (*truth != Truth::Unknown).into(),
                Some(Defined::Number(number)) => number.is_some().into(),
                None => (*self.given(*slot) != Given::Unknown).into(),
            },
            Cond::Rows { .. } => return Err(Beyond),
        })
    }

    fn all(&self, parts: &[Cond], stop: Truth) -> Result<Truth, Beyond> {
        let mut verdict = !stop;
        for part in parts {
            let truth = self.truth(part)?;
            if truth == stop {
                verdict = stop;
            } else if truth == Truth::Unknown && verdict != stop {
                verdict = Truth::Unknown;
            }
        }
        Ok(verdict)
    }

    fn tally(&self, parts: &[Cond]) -> Result<(i64, i64), Beyond> {
        let (mut yes, mut unknown) = (0, 0);
        for part in parts {
            match self.truth(part)? {
                Truth::Yes => yes += 1,
                Truth::Unknown => unknown += 1,
                Truth::No => {}
            }
        }
        Ok((yes, unknown))
    }

    fn numbers(&self, parts: &[Num]) -> Result<Option<Vec<f64>>, Beyond> {
        let parts: Result<Vec<Option<f64>>, Beyond> = parts.iter().map(|part| self.number(part)).collect();
        Ok(parts?.into_iter().collect())
    }

    fn two(&self, a: &Num, b: &Num, f: fn(f64, f64) -> f64) -> Result<Option<f64>, Beyond> {
        let (a, b) = (self.number(a)?, self.number(b)?);
        Ok(a.zip(b).map(|(a, b)| f(a, b)))
    }

    pub(super) fn number(&self, num: &Num) -> Result<Option<f64>, Beyond> {
        Ok(match num {
            Num::Const(value) => Some(*value),
            Num::Var(slot) => match (self.defined.get(slot), self.given(*slot)) {
                (Some(Defined::Number(number)), _) => *number,
                (None, Given::Number(value)) => Some(*value),
                _ => None,
            },
            Num::Score(slot, points) => {
                let of = |label: &u16| points.get(usize::from(*label)).copied().unwrap_or(0.0);
                match self.given(*slot) {
                    Given::Choice(label) => Some(of(label)),
                    Given::Set(labels) => Some(labels.iter().map(of).sum()),
                    _ => None,
                }
            }
            Num::Sum(parts) => self.numbers(parts)?.map(|parts| parts.iter().sum()),
            Num::Product(parts) => self.numbers(parts)?.map(|parts| parts.iter().product()),
            Num::Least(parts) => self.numbers(parts)?.and_then(|parts| parts.into_iter().reduce(f64::min)),
            Num::Greatest(parts) => self.numbers(parts)?.and_then(|parts| parts.into_iter().reduce(f64::max)),
            Num::Quotient(a, b) => self.two(a, b, |a, b| a / b)?.filter(|value| value.is_finite()),
            Num::Negative(of) => self.number(of)?.map(|value| -value),
            Num::Absolute(of) => self.number(of)?.map(f64::abs),
            Num::Round(of, rounding) => self.number(of)?.map(|value| match rounding {
                Rounding::Nearest => value.round(),
                Rounding::Floor => value.floor(),
                Rounding::Ceiling => value.ceil(),
            }),
            Num::If(cond, a, b) => match self.truth(cond)? {
                Truth::Yes => self.number(a)?,
                Truth::No => self.number(b)?,
                Truth::Unknown => None,
            },
            Num::Count(parts) => {
                let (yes, unknown) = self.tally(parts)?;
                (unknown == 0).then(|| float(yes))
            }
            Num::Size(slot) => match self.given(*slot) {
                Given::Set(labels) => i64::try_from(labels.len()).ok().map(float),
                Given::Text(text) => i64::try_from(text.chars().count()).ok().map(float),
                Given::Number(rows) => Some(*rows),
                _ => None,
            },
            Num::Part(of, part) => self.number(of)?.map(|day| calendar::part(day, *part)),
            Num::AddMonths(a, b) => self.two(a, b, calendar::add_months)?,
            Num::YearsBetween(a, b) => self.two(a, b, calendar::years)?,
            Num::MonthsBetween(a, b) => self.two(a, b, calendar::months)?,
            Num::Rows { group, fold: Fold::Count, when: None, .. } => match self.given(*group) {
                Given::Number(rows) => Some(*rows),
                _ => None,
            },
            Num::Rows { .. } => return Err(Beyond),
        })
    }
}

/// The verdict as a set of one.
pub(super) fn verdict(truth: Truth) -> Verdicts {
    match truth {
        Truth::Yes => Verdicts::YES,
        Truth::No => Verdicts::NO,
        Truth::Unknown => Verdicts::UNKNOWN,
    }
}

/// Whether a text passes a test; a regular expression must match the whole.
pub(super) fn passes(written: &str, test: &TextTest) -> bool {
    match test {
        TextTest::Equals(other) => written == other,
        TextTest::Contains(part) => written.contains(part.as_str()),
        TextTest::Matches(pattern) => {
            Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|pattern| pattern.is_match(written))
        }
    }
}

fn compare(a: f64, order: Order, b: f64) -> bool {
    let same = near(a, b);
    match order {
        Order::Equal => same,
        Order::Unequal => !same,
        Order::Greater => !same && a > b,
        Order::AtLeast => same || a > b,
        Order::Less => !same && a < b,
        Order::AtMost => same || a < b,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number of conditions")]
fn float(n: i64) -> f64 {
    n as f64
}
