//! Cells of a decision table: a test of one column's value.
//!
//! `-` any value; `甲, 乙` one of them; `非 甲` `非 [3..5]` not; `>= 38.5℃`, `> 3 且 < 10`, `< 3, > 10`; `[3..5]` `(3..5)` `]3..5[`
//! `3~5` intervals; `2026-11-01~` dates; `是` `否`; of a set `甲, 乙` at least one, `甲 + 乙` both, `空` none chosen;
//! `未知` no value; `= 条件` any condition.

use super::{
    datum::{Held, has},
    literal,
};
use crate::expr::{Expr, ExprError, Kind, Truth, Vocabulary, nearest};

/// Numbers nearer than this, relative to their size, are equal, as in expressions.
const NEARNESS: f64 = 1e-6;

/// A test of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    /// `-`
    Any,
    /// `未知`
    Missing,
    /// 是 or 否.
    Truth(bool),
    /// One of the labels.
    Labels(Vec<u16>),
    /// A set with at least one of the labels.
    HasAny(Vec<u16>),
    /// A set with all of them.
    HasAll(Vec<u16>),
    /// A set with no label.
    Empty,
    /// In one of the intervals.
    Ranges(Vec<Range>),
    /// One of the texts.
    Texts(Vec<String>),
    /// The opposite.
    Not(Box<Test>),
    /// A condition of its own.
    Holds(Box<Expr>),
}

/// An interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub(super) low: f64,
    pub(super) high: f64,
    /// The low end is left out.
    pub(super) above: bool,
    /// The high end is left out.
    pub(super) below: bool,
}

impl Range {
    /// One value.
    pub(super) fn point(value: f64) -> Self {
        Self { low: value, high: value, above: false, below: false }
    }

    fn holds(self, value: f64) -> bool {
        let is_near = |end: f64| {
            end.is_finite() && (value - end).abs() <= NEARNESS * value.abs().max(end.abs()).max(1.0)
        };
        let above = if is_near(self.low) { !self.above } else { value > self.low };
        let below = if is_near(self.high) { !self.below } else { value < self.high };
        above && below
    }

    /// The values in both.
    fn and(self, other: Self) -> Option<Self> {
        let (low, high) = (self.low.max(other.low), self.high.min(other.high));
        let excludes = |end: f64, of: Self| (of.low >= end && of.above, of.high <= end && of.below);
        let above = excludes(low, self).0 || excludes(low, other).0;
        let below = excludes(high, self).1 || excludes(high, other).1;
        let both = Self { low, high, above, below };
        (!both.is_empty()).then_some(both)
    }

    fn is_empty(self) -> bool {
        if self.above || self.below { self.low >= self.high } else { self.low > self.high }
    }
}

impl Test {
    /// Whether a value passes. Conditions of their own are not asked here and count as unknown.
    pub(super) fn holds(&self, held: &Held) -> Truth {
        match (self, held) {
            (Self::Any, _) => Truth::Yes,
            (Self::Missing, held) => (*held == Held::Unknown).into(),
            (Self::Holds(_), _) | (_, Held::Unknown) => Truth::Unknown,
            (Self::Not(of), held) => !of.holds(held),
            (Self::Truth(wanted), Held::Truth(truth)) => (wanted == truth).into(),
            (Self::Labels(labels), Held::Choice(label)) => labels.contains(label).into(),
            (Self::HasAny(labels), Held::Set(bits)) => labels.iter().any(|label| has(bits, *label)).into(),
            (Self::HasAll(labels), Held::Set(bits)) => labels.iter().all(|label| has(bits, *label)).into(),
            (Self::Empty, Held::Set(bits)) => bits.iter().all(|word| *word == 0).into(),
            (Self::Texts(texts), Held::Text(text)) => texts.contains(text).into(),
            (Self::Ranges(ranges), held) => match held.number() {
                Some(number) => ranges.iter().any(|range| range.holds(number)).into(),
                None => Truth::Unknown,
            },
            _ => Truth::Unknown,
        }
    }

    /// Ends of its intervals.
    pub(super) fn ends(&self) -> Vec<f64> {
        match self {
            Self::Ranges(ranges) => ranges.iter().flat_map(|range| [range.low, range.high]).collect(),
            Self::Not(of) => of.ends(),
            _ => Vec::new(),
        }
    }

    /// Labels it names.
    pub(super) fn labels(&self) -> Vec<u16> {
        match self {
            Self::Labels(labels) | Self::HasAny(labels) | Self::HasAll(labels) => labels.clone(),
            Self::Not(of) => of.labels(),
            _ => Vec::new(),
        }
    }

    /// Texts it names.
    pub(super) fn texts(&self) -> Vec<&str> {
        match self {
            Self::Texts(texts) => texts.iter().map(String::as_str).collect(),
            Self::Not(of) => of.texts(),
            _ => Vec::new(),
        }
    }
}

/// Reads a cell of a column: `operand` is the column's head, `kind` the kind of its values.
pub(super) fn parse(
    text: &str,
    operand: &str,
    kind: &Kind,
    names: &dyn Vocabulary,
) -> Result<Test, ExprError> {
    let reader = Cell { operand, kind, names };
    reader.test(text)
}

struct Cell<'a> {
    operand: &'a str,
    kind: &'a Kind,
    names: &'a dyn Vocabulary,
}

impl Cell<'_> {
    fn test(&self, text: &str) -> Result<Test, ExprError> {
        let trimmed = text.trim_start();
        let before = text.chars().count() - trimmed.chars().count();
        let trimmed = trimmed.trim_end();
        match trimmed {
            "" => return Err(at(1, "空格子；不论什么值都行时写 -")),
            "-" | "－" | "—" | "任意" => return Ok(Test::Any),
            "未知" => return Ok(Test::Missing),
            _ => {}
        }
        if let Some(rest) = trimmed.strip_prefix(['=', '＝']).filter(|rest| !rest.starts_with(['=', '＝']))
        {
            return self.equation(rest, before + 1);
        }
        for not in ["≠", "!=", "！＝", "<>", "非", "not ", "NOT ", "!", "！"] {
            if let Some(rest) = trimmed.strip_prefix(not).filter(|rest| !rest.starts_with(['=', '＝']))
                && self.label(trimmed).is_none()
                && !(not == "非" && rest.starts_with(|sign: char| sign.is_alphanumeric()))
            {
                let of =
                    self.test(inside_brackets(rest.trim())).map_err(|error| shifted(error, before + 1))?;
                return match of {
                    Test::Any | Test::Missing | Test::Holds(_) => Err(at(before + 1, "“非”后面写要排除的值")),
                    of => Ok(Test::Not(Box::new(of))),
                };
            }
        }
        let read = match self.kind {
            Kind::Truth => literal::truth(trimmed).map(Test::Truth).ok_or_else(|| at(1, "写 是、否 或 -")),
            Kind::Choice(_) => self.all_labels(trimmed).map(Test::Labels),
            Kind::Set(_) if trimmed == "空" => Ok(Test::Empty),
            Kind::Set(_) if trimmed.contains(['+', '＋']) => {
                self.all_labels(&trimmed.replace(['+', '＋'], ",")).map(Test::HasAll)
            }
            Kind::Set(_) => self.all_labels(trimmed).map(Test::HasAny),
            Kind::Text => {
                let texts = literal::list(trimmed).into_iter();
                Ok(Test::Texts(texts.map(|(_, text)| literal::unquoted(&text).to_owned()).collect()))
            }
            _ => self.numbers(trimmed),
        };
        read.map_err(|error| shifted(error, before))
    }

    /// `= 38.5℃` is a value, `= 收缩压 > 舒张压` a condition.
    fn equation(&self, text: &str, before: usize) -> Result<Test, ExprError> {
        if matches!(self.kind, Kind::Number { .. } | Kind::Date)
            && let Ok(value) = literal::constant(self.operand, text.trim(), self.names)
        {
            return Ok(Test::Ranges(vec![Range { low: value, high: value, above: false, below: false }]));
        }
        match Expr::compile(text, self.names) {
            Ok(expr) => Ok(Test::Holds(Box::new(expr))),
            Err(errors) => Err(first(errors, before)),
        }
    }

    fn label(&self, text: &str) -> Option<u16> {
        let (Kind::Choice(labels) | Kind::Set(labels)) = self.kind else { return None };
        let index = labels.iter().position(|label| label == text || label == literal::unquoted(text))?;
        u16::try_from(index).ok()
    }

    fn all_labels(&self, text: &str) -> Result<Vec<u16>, ExprError> {
        let (Kind::Choice(known) | Kind::Set(known)) = self.kind else { return Ok(Vec::new()) };
        if let Some(label) = self.label(text) {
            return Ok(vec![label]);
        }
        let mut labels = Vec::new();
        for (before, part) in literal::list(text) {
            let Some(label) = self.label(&part) else {
                let shown: Vec<&str> = known.iter().take(12).map(String::as_str).collect();
                let near = nearest(&part, known.iter().map(String::as_str))
                    .map_or_else(String::new, |near| format!("，是不是“{near}”"));
                let message = format!("“{}”没有取值“{part}”{near}；可用：{}", self.operand, shown.join("、"));
                return Err(ExprError { code: "EX004", ..at(before + 1, &message) });
            };
            labels.push(label);
        }
        labels.sort_unstable();
        labels.dedup();
        Ok(labels)
    }

    fn numbers(&self, text: &str) -> Result<Test, ExprError> {
        let mut ranges = Vec::new();
        let parts = literal::list(text);
        for (before, part) in &parts {
            match self.range(part) {
                Ok(range) => ranges.push(range),
                Err(_) if parts.len() == 1 && starts_with_order(part) => return self.comparison(part),
                Err(error) => return Err(shifted(error, *before)),
            }
        }
        if ranges.is_empty() { Err(at(1, "读不懂这一格")) } else { Ok(Test::Ranges(ranges)) }
    }

    /// A comparison with something that is no fixed value, e.g. `> 舒张压`.
    fn comparison(&self, text: &str) -> Result<Test, ExprError> {
        let before = format!("{} ", literal::quoted(self.operand));
        let shift = before.chars().count();
        Expr::compile(&format!("{before}{text}"), self.names).map(|expr| Test::Holds(Box::new(expr))).map_err(
            |errors| {
                let mut error = first(errors, 0);
                error.column = error.column.saturating_sub(u32::try_from(shift).unwrap_or(0)).max(1);
                error
            },
        )
    }

    fn range(&self, text: &str) -> Result<Range, ExprError> {
        for and in ["且", " and ", "&&"] {
            if let Some((left, right)) = text.split_once(and) {
                let before = text.chars().count() - right.trim_start().chars().count();
                let (left, right) = (self.interval(left.trim())?, right.trim());
                let right = self.range(right).map_err(|error| shifted(error, before))?;
                return left.and(right).ok_or_else(|| at(1, "两个条件合起来没有值"));
            }
        }
        self.interval(text)
    }

    fn interval(&self, text: &str) -> Result<Range, ExprError> {
        let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
        let value = |text: &str| literal::constant(self.operand, text.trim(), self.names);
        let closed = Range { low, high, above: false, below: false };
        for (signs, make) in ORDERS {
            if let Some(rest) = signs.iter().find_map(|sign| text.strip_prefix(sign)) {
                let shift = text.chars().count() - rest.trim_start().chars().count();
                return value(rest).map(make).map_err(|error| shifted(error, shift));
            }
        }
        let opening = |sign| match sign {
            '[' | '［' => Some(false),
            '(' | '（' | ']' => Some(true),
            _ => None,
        };
        let closing = |sign| match sign {
            ']' | '］' => Some(false),
            ')' | '）' | '[' => Some(true),
            _ => None,
        };
        let above = text.chars().next().and_then(opening);
        let range = if let Some(above) = above {
            let mut inner = text.chars();
            inner.next();
            let below =
                inner.next_back().and_then(closing).ok_or_else(|| at(1, "区间写成 [3..5] 或 (3..5)"))?;
            let (low, high) =
                literal::ends(inner.as_str()).ok_or_else(|| at(1, "区间写成 [3..5] 或 (3..5)"))?;
            let low = if low.is_empty() { f64::NEG_INFINITY } else { value(low)? };
            let high = if high.is_empty() { f64::INFINITY } else { value(high)? };
            Range { low, high, above, below }
        } else if let Some((from, to)) = literal::ends(text) {
            let low = if from.is_empty() { low } else { value(from)? };
            let high = if to.is_empty() { high } else { value(to)? };
            Range { low, high, ..closed }
        } else {
            let value = value(text)?;
            Range { low: value, high: value, ..closed }
        };
        if range.is_empty() {
            Err(at(1, "这个区间里没有值：两头颠倒或都不含"))
        } else {
            Ok(range)
        }
    }
}

type Make = fn(f64) -> Range;

const ORDERS: [(&[&str], Make); 4] = [
    (&[">=", "≥", "＞＝", "≧", "＞="], |value| Range {
        low: value,
        high: f64::INFINITY,
        above: false,
        below: false,
    }),
    (&["<=", "≤", "＜＝", "≦", "＜="], |value| Range {
        low: f64::NEG_INFINITY,
        high: value,
        above: false,
        below: false,
    }),
    (&[">", "＞"], |value| Range { low: value, high: f64::INFINITY, above: true, below: false }),
    (&["<", "＜"], |value| Range { low: f64::NEG_INFINITY, high: value, above: false, below: true }),
];

fn starts_with_order(text: &str) -> bool {
    ORDERS.iter().any(|(signs, _)| signs.iter().any(|sign| text.starts_with(sign)))
}

/// `(甲, 乙)` without its brackets, unless they are an interval.
fn inside_brackets(text: &str) -> &str {
    let inner = text.strip_prefix(['(', '（']).and_then(|rest| rest.strip_suffix([')', '）']));
    inner.filter(|inner| literal::ends(inner).is_none()).unwrap_or(text)
}

fn at(column: usize, message: &str) -> ExprError {
    let column = u32::try_from(column).unwrap_or(u32::MAX);
    ExprError { line: 1, column, code: "MT009", message: message.to_owned() }
}

fn shifted(error: ExprError, before: usize) -> ExprError {
    ExprError { column: error.column.saturating_add(u32::try_from(before).unwrap_or(0)), ..error }
}

fn first(errors: Vec<ExprError>, before: usize) -> ExprError {
    match errors.into_iter().next() {
        Some(error) => shifted(error, before),
        None => at(before + 1, "读不懂这一格"),
    }
}
