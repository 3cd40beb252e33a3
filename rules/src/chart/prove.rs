//! Whether guards can hold together, and whether they leave anything out.

use std::{collections::BTreeMap, fmt};

use crate::expr::{Expr, Facts, Kind, Truth, Value, Vocabulary};

/// Cases looked at for one question.
const MAX_CASES: usize = 2048;

/// Answers that show something, in order of the variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness(pub Vec<(String, String)>);

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.0.iter().enumerate() {
            write!(f, "{}{name} = {value}", if index > 0 { "，" } else { "" })?;
        }
        Ok(())
    }
}

/// What is known for certain of guards.
pub trait Prover {
    /// Answers for which both are yes; none when there are none, or none were found.
    fn both(&self, left: &Expr, right: &Expr) -> Option<Witness>;

    /// Whether one of them is yes for every full set of answers.
    fn covers(&self, guards: &[&Expr]) -> bool;

    /// Whether one of `others` is yes whenever the guard is, also while some answers are unknown.
    fn within(&self, guard: &Expr, others: &[&Expr]) -> bool;
}

/// Tries the cases that can differ: every yes/no, every label, and numbers at and between those written in the guards.
///
/// What it finds for [`Prover::both`] is always true. Of the other two it says yes only when its cases are all there
/// are: guards over yes/no and choice variables and at most one number, compared with constants in its own unit.
pub struct Sampling {
    variables: BTreeMap<u32, (String, Kind)>,
}

impl Sampling {
    /// Over the names of a vocabulary.
    pub fn of(vocabulary: &dyn Vocabulary) -> Self {
        let known = vocabulary.names().into_iter().filter_map(|name| {
            let variable = vocabulary.resolve(&name)?;
            Some((variable.slot, (name, variable.kind)))
        });
        Self { variables: known.collect() }
    }

    /// The points of each variable of the guards; none when one has no points to try.
    fn axes(&self, guards: &[&Expr]) -> Option<Vec<Axis<'_>>> {
        let texts: Vec<String> = guards.iter().map(ToString::to_string).collect();
        let mut axes: Vec<Axis<'_>> = Vec::new();
        for slot in guards.iter().flat_map(|guard| guard.slots()) {
            if axes.iter().any(|axis| axis.slot == *slot) {
                continue;
            }
            let (name, kind) = self.variables.get(slot)?;
            let points = if *kind == Kind::Truth {
                vec![Point::Truth(true), Point::Truth(false)]
            } else if let Kind::Choice(labels) = kind {
                (0..u16::try_from(labels.len()).ok()?).map(Point::Choice).collect()
            } else if matches!(kind, Kind::Number { .. }) {
                numbers(&texts).into_iter().map(Point::Number).collect()
            } else {
                return None;
            };
            axes.push(Axis { slot: *slot, name, kind, points });
        }
        Some(axes)
    }

    /// Whether the points of the axes stand for every value there is.
    fn is_exact(axes: &[Axis<'_>], guards: &[&Expr]) -> bool {
        let units: Vec<Option<&str>> = axes
            .iter()
            .filter_map(|axis| if let Kind::Number { unit } = axis.kind { Some(*unit) } else { None })
            .collect();
        match units.as_slice() {
            [] => true,
            [unit] => guards.iter().all(|guard| is_plain(&guard.to_string(), *unit)),
            _ => false,
        }
    }
}

impl Prover for Sampling {
    fn both(&self, left: &Expr, right: &Expr) -> Option<Witness> {
        let axes = self.axes(&[left, right])?;
        cases(&axes)
            .find(|case| left.eval(case) == Truth::Yes && right.eval(case) == Truth::Yes)
            .map(|case| case.witness())
    }

    fn covers(&self, guards: &[&Expr]) -> bool {
        let Some(axes) = self.axes(guards) else { return false };
        n_cases(&axes).is_some_and(|n| n <= MAX_CASES)
            && Self::is_exact(&axes, guards)
            && cases(&axes).all(|case| guards.iter().any(|guard| guard.eval(&case) == Truth::Yes))
    }

    fn within(&self, guard: &Expr, others: &[&Expr]) -> bool {
        let all: Vec<&Expr> = others.iter().copied().chain([guard]).collect();
        let Some(mut axes) = self.axes(&all) else { return false };
        for axis in &mut axes {
            axis.points.push(Point::Unknown);
        }
        n_cases(&axes).is_some_and(|n| n <= MAX_CASES)
            && Self::is_exact(&axes, &all)
            && cases(&axes)
                .filter(|case| guard.eval(case) == Truth::Yes)
                .all(|case| others.iter().any(|other| other.eval(&case) == Truth::Yes))
    }
}

/// A variable and the values tried.
struct Axis<'a> {
    slot: u32,
    name: &'a str,
    kind: &'a Kind,
    points: Vec<Point>,
}

#[derive(Clone, Copy)]
enum Point {
    Unknown,
    Truth(bool),
    Number(f64),
    Choice(u16),
}

/// One point of each axis, as the digits of a number.
struct Case<'a> {
    axes: &'a [Axis<'a>],
    number: usize,
}

impl Case<'_> {
    fn points(&self) -> impl Iterator<Item = (&Axis<'_>, Point)> {
        let mut rest = self.number;
        self.axes.iter().filter_map(move |axis| {
            let n = axis.points.len().max(1);
            let point = axis.points.get(rest % n).copied();
            rest /= n;
            point.map(|point| (axis, point))
        })
    }

    fn witness(&self) -> Witness {
        let spelt = self.points().filter_map(|(axis, point)| {
            let value = match point {
                Point::Unknown => return None,
                Point::Truth(value) => if value { "是" } else { "否" }.to_owned(),
                Point::Number(value) => format!("{value}"),
                Point::Choice(index) => {
                    let Kind::Choice(labels) = axis.kind else { return None };
                    labels.get(usize::from(index))?.clone()
                }
            };
            Some((axis.name.to_owned(), value))
        });
        Witness(spelt.collect())
    }
}

impl Facts for Case<'_> {
    fn value(&self, slot: u32) -> Value<'_> {
        match self.points().find(|(axis, _)| axis.slot == slot).map(|(_, point)| point) {
            None | Some(Point::Unknown) => Value::Unknown,
            Some(Point::Truth(value)) => Value::Truth(value),
            Some(Point::Number(value)) => Value::Number(value),
            Some(Point::Choice(index)) => Value::Choice(index),
        }
    }
}

fn n_cases(axes: &[Axis<'_>]) -> Option<usize> {
    axes.iter().try_fold(1usize, |n, axis| n.checked_mul(axis.points.len()))
}

fn cases<'a>(axes: &'a [Axis<'a>]) -> impl Iterator<Item = Case<'a>> {
    let n = n_cases(axes).unwrap_or(usize::MAX).min(MAX_CASES);
    (0..n).map(move |number| Case { axes, number })
}

/// The numbers written in the guards, and points before, between and after them.
fn numbers(texts: &[String]) -> Vec<f64> {
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    let mut written: Vec<f64> = texts
        .iter()
        .flat_map(|text| text.split(|c| !digits(c)))
        .filter_map(|word| word.parse().ok())
        .filter(|value: &f64| value.is_finite())
        .collect();
    written.sort_by(f64::total_cmp);
    written.dedup();
    let mut points = Vec::new();
    for (index, value) in written.iter().enumerate() {
        points.push(if index == 0 { value - 1.0 } else { f64::midpoint(written[index - 1], *value) });
        points.push(*value);
    }
    points.push(written.last().map_or(0.0, |last| last + 1.0));
    points
}

/// Whether numbers are only compared with constants in the unit: no arithmetic, no function of numbers.
fn is_plain(text: &str, unit: Option<&str>) -> bool {
    const FUNCTIONS: [&str; 3] = ["任一", "全部", "已知"];
    if text.contains(['+', '-', '*', '/', '×', '÷', '"', '“', '「']) {
        return false;
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices('(').all(|(at, _)| {
        let before = text[..at].trim_end_matches(is_word).len();
        let word = &text[before..at];
        word.is_empty() || FUNCTIONS.contains(&word)
    }) && text.split_whitespace().all(|word| {
        let word = word.trim_matches(['(', ')', ',']);
        let rest = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        rest.len() == word.len() || rest.is_empty() || Some(rest) == unit
    })
}
