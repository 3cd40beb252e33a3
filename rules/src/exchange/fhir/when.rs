//! Conditions and formulas, said with enableWhen or in FHIRPath.

use serde_json::{Value, json};

use crate::{
    expr::{
        Kind, Order,
        typed::{Cond, Fold, Num, Rounding, TextTest},
    },
    form::draft::Kind as ItemKind,
};

use super::{
    super::{
        coding,
        names::{Entry, Scope},
        term::{date_text, mirrored},
    },
    normal::{grows, normal},
};

/// Longest FHIRPath that is written.
const MAX_PATH: usize = 16_000;

/// When an item is shown.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Show {
    /// enableWhen, of which one (or each) must hold.
    Tests { any: bool, tests: Vec<Value> },
    /// A FHIRPath expression.
    Path(String),
}

/// How a document says that a condition is Yes; nothing where it can't.
pub(super) fn show(cond: &Cond, scope: Scope<'_>) -> Option<Show> {
    let cond = flattened(normal(cond, true)?);
    let of = match &cond {
        Cond::And(of) | Cond::Or(of) => of.as_slice(),
        other => std::slice::from_ref(other),
    };
    let any = matches!(&cond, Cond::Or(_) | Cond::In(..));
    let tests: Option<Vec<Vec<Value>>> = of.iter().map(|part| tests(part, scope, any)).collect();
    if let Some(tests) = tests {
        let mut distinct: Vec<Value> = Vec::new();
        for test in tests.into_iter().flatten() {
            if !distinct.contains(&test) {
                distinct.push(test);
            }
        }
        return Some(Show::Tests { any: any && distinct.len() > 1, tests: distinct });
    }
    yes(&cond, scope).map(Show::Path)
}

/// A FHIRPath expression that is true exactly when a condition is Yes.
pub(super) fn yes(cond: &Cond, scope: Scope<'_>) -> Option<String> {
    let path = Writer { scope, row: None }.yes(&normal(cond, true)?)?;
    (path.len() <= MAX_PATH).then_some(path)
}

/// A FHIRPath expression that is false exactly when a condition is No, for constraints.
pub(super) fn not_no(cond: &Cond, scope: Scope<'_>) -> Option<String> {
    let path = format!("({}).allFalse()", yes(&Cond::Not(Box::new(cond.clone())), scope)?);
    (path.len() <= MAX_PATH).then_some(path)
}

/// A FHIRPath expression with the value of a formula; empty exactly when it is unknown.
pub(super) fn number(num: &Num, scope: Scope<'_>) -> Option<String> {
    let path = Writer { scope, row: None }.number(num)?.0;
    (path.len() <= MAX_PATH).then_some(path)
}

/// Runs in runs of the same kind are one run.
fn flattened(cond: Cond) -> Cond {
    match cond {
        Cond::And(of) => {
            let parts = of.into_iter().flat_map(|part| match flattened(part) {
                Cond::And(inner) => inner,
                other => vec![other],
            });
            Cond::And(parts.collect())
        }
        Cond::Or(of) => {
            let parts = of.into_iter().flat_map(|part| match flattened(part) {
                Cond::Or(inner) => inner,
                other => vec![other],
            });
            Cond::Or(parts.collect())
        }
        other => other,
    }
}

/// The enableWhen of one part of a run.
fn tests(cond: &Cond, scope: Scope<'_>, any: bool) -> Option<Vec<Value>> {
    let question = |slot: u32| -> Option<&Entry> {
        let entry = scope.directory.entry(slot)?;
        let is_near = entry.group.is_none() || entry.group == scope.group;
        (is_near && entry.item != ItemKind::Group && !entry.links.is_empty()).then_some(entry)
    };
    let link = |entry: &Entry| entry.links.last().cloned().unwrap_or_default();
    let test = |entry: &Entry, operator: &str, key: &str, answer: Value| {
        let mut test = json!({"question": link(entry), "operator": operator});
        if let Some(test) = test.as_object_mut() {
            test.insert(key.to_owned(), answer);
        }
        test
    };
    let exists = |entry: &Entry, yes: bool| test(entry, "exists", "answerBoolean", Value::Bool(yes));
    // "!=" also holds without an answer; ours does not.
    let unequal = |entry: &Entry, key: &str, answer: Value| {
        (!any).then(|| vec![exists(entry, true), test(entry, "!=", key, answer)])
    };
    match cond {
        Cond::Truth(slot) => Some(vec![test(question(*slot)?, "=", "answerBoolean", Value::Bool(true))]),
        Cond::In(slot, labels) if any || labels.len() == 1 => {
            let entry = question(*slot)?;
            labels
                .iter()
                .map(|label| Some(test(entry, "=", "answerCoding", coding_of(entry, *label)?)))
                .collect()
        }
        Cond::Has(slot, label) => {
            let entry = question(*slot)?;
            Some(vec![test(entry, "=", "answerCoding", coding_of(entry, *label)?)])
        }
        Cond::Known(slot) => Some(vec![exists(question(*slot)?, true)]),
        Cond::Text(slot, TextTest::Equals(wanted)) => {
            Some(vec![test(question(*slot)?, "=", "answerString", json!(wanted))])
        }
        Cond::Compare(Num::Var(slot), order, Num::Const(value)) => {
            compared(question(*slot)?, *order, *value, test, unequal)
        }
        Cond::Compare(Num::Const(value), order, Num::Var(slot)) => {
            compared(question(*slot)?, mirrored(*order), *value, test, unequal)
        }
        Cond::Not(of) => match of.as_ref() {
            Cond::Truth(slot) => Some(vec![test(question(*slot)?, "=", "answerBoolean", Value::Bool(false))]),
            Cond::Known(slot) => Some(vec![exists(question(*slot)?, false)]),
            Cond::Has(slot, label) => {
                let entry = question(*slot)?;
                unequal(entry, "answerCoding", coding_of(entry, *label)?)
            }
            Cond::In(slot, labels) if !any => {
                let entry = question(*slot)?;
                let mut all = vec![exists(entry, true)];
                for label in labels {
                    all.push(test(entry, "!=", "answerCoding", coding_of(entry, *label)?));
                }
                Some(all)
            }
            Cond::Text(slot, TextTest::Equals(wanted)) => {
                unequal(question(*slot)?, "answerString", json!(wanted))
            }
            _ => None,
        },
        _ => None,
    }
}

fn compared(
    entry: &Entry,
    order: Order,
    value: f64,
    test: impl Fn(&Entry, &str, &str, Value) -> Value,
    unequal: impl Fn(&Entry, &str, Value) -> Option<Vec<Value>>,
) -> Option<Vec<Value>> {
    let (key, answer) = constant(entry, value)?;
    match order {
        Order::Unequal => unequal(entry, key, answer),
        _ => Some(vec![test(entry, sign(order), key, answer)]),
    }
}

/// A number as the answer it would be to a question.
pub(super) fn constant(entry: &Entry, value: f64) -> Option<(&'static str, Value)> {
    Some(match &entry.kind {
        Kind::Date => ("answerDate", json!(date_text(whole(value)?))),
        Kind::Number { unit } if entry.item == ItemKind::Duration => {
            let unit = unit.unwrap_or("天");
            ("answerQuantity", quantity(value, unit))
        }
        Kind::Number { .. } if entry.is_whole && value.fract() == 0.0 => ("answerInteger", decimal(value)),
        Kind::Number { .. } => ("answerDecimal", decimal(value)),
        _ => return None,
    })
}

/// A number of a unit of ours.
pub(in crate::exchange) fn quantity(value: f64, unit: &str) -> Value {
    match coding::ucum(unit) {
        Some(code) => json!({"value": decimal(value), "unit": unit, "system": coding::UCUM, "code": code}),
        None => json!({"value": decimal(value), "unit": unit}),
    }
}

/// A number of JSON, without a fraction where it has none.
pub(in crate::exchange) fn decimal(value: f64) -> Value {
    match whole(value) {
        Some(value) => json!(value),
        None => json!(value),
    }
}

fn whole(value: f64) -> Option<i32> {
    (value.fract() == 0.0 && value.abs() < 2e9).then(|| format!("{value}").parse().ok())?
}

/// The coding of an option.
fn coding_of(entry: &Entry, label: u16) -> Option<Value> {
    let label = usize::from(label);
    let (system, code) = entry.codes.get(label)?;
    Some(coding_json(system.as_deref(), code, entry.labels().get(label)?))
}

/// A coding; the system is left out when there is none.
pub(in crate::exchange) fn coding_json(system: Option<&str>, code: &str, display: &str) -> Value {
    match system {
        Some(system) => json!({"system": system, "code": code, "display": display}),
        None => json!({"code": code, "display": display}),
    }
}

fn sign(order: Order) -> &'static str {
    match order {
        Order::Equal => "=",
        Order::Unequal => "!=",
        Order::Greater => ">",
        Order::AtLeast => ">=",
        Order::Less => "<",
        Order::AtMost => "<=",
    }
}

/// A string literal of FHIRPath.
pub(super) fn literal(text: &str) -> String {
    let mut literal = String::from("'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => literal.extend(['\\', c]),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            c => literal.push(c),
        }
    }
    literal.push('\'');
    literal
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Number,
    Date,
    /// A literal, a number or the days of a date as the other side is.
    Literal,
}

#[derive(Clone, Copy)]
struct Writer<'a> {
    scope: Scope<'a>,
    /// The group whose row the expression is about.
    row: Option<u32>,
}

impl Writer<'_> {
    /// True exactly when a normal condition is Yes.
    fn yes(&self, cond: &Cond) -> Option<String> {
        let negated = |of: &Cond| -> Option<String> {
            Some(match of {
                Cond::Truth(slot) => format!("{} = false", self.value(*slot)?),
                Cond::In(slot, labels) => self.codes(*slot, labels, "!=", " and ")?,
                Cond::Has(slot, label) => {
                    let value = self.value(*slot)?;
                    let code = self.code(*slot, *label)?;
                    format!("({value}.exists() and {value}.where(code = {code}).empty())")
                }
                Cond::Text(..) => format!("({}).not()", self.yes(of)?),
                Cond::Known(slot) => format!("{}.empty()", self.value(*slot)?),
                _ => return None,
            })
        };
        Some(match cond {
            Cond::Const(value) => value.to_string(),
            Cond::Truth(slot) => format!("{} = true", self.value(*slot)?),
            Cond::And(of) => self.run(of, " and ", "true")?,
            Cond::Or(of) => self.run(of, " or ", "false")?,
            Cond::Not(of) => negated(of)?,
            Cond::In(slot, labels) => self.codes(*slot, labels, "=", " or ")?,
            Cond::Has(slot, label) => {
                format!("{}.where(code = {}).exists()", self.value(*slot)?, self.code(*slot, *label)?)
            }
            Cond::Known(slot) => format!("{}.exists()", self.value(*slot)?),
            Cond::Text(slot, test) => {
                let value = self.value(*slot)?;
                match test {
                    TextTest::Equals(wanted) => format!("{value} = {}", literal(wanted)),
                    TextTest::Contains(part) => format!("{value}.contains({})", literal(part)),
                    TextTest::Matches(pattern) => {
                        format!("{value}.matches({})", literal(&format!("^(?:{pattern})$")))
                    }
                }
            }
            Cond::Compare(a, order, b) => self.comparison(a, *order, b)?,
            Cond::Count(of, order, n) => self.count(of, *order, *n)?,
            Cond::Rows { group, every, of } => {
                let rows = self.items(*group)?;
                let inner = Self { row: Some(*group), ..*self }.yes(of)?;
                if *every {
                    format!("{rows}.all({inner})")
                } else {
                    format!("{rows}.where({inner}).exists()")
                }
            }
            Cond::Same(..) => return None,
        })
    }

    fn run(&self, of: &[Cond], word: &str, empty: &str) -> Option<String> {
        let parts: Vec<String> = of.iter().map(|part| self.yes(part)).collect::<Option<_>>()?;
        Some(if parts.is_empty() { empty.to_owned() } else { format!("({})", parts.join(word)) })
    }

    fn count(&self, of: &[Cond], order: Order, n: i64) -> Option<String> {
        // A count inside is settled before all its parts are known, which `iif` cannot say.
        if of.iter().any(counts) {
            return None;
        }
        // Settled when the conditions that hold are enough, or those that still can hold too few.
        let at = |order: Order| -> Option<String> {
            let parts = of.iter().map(|cond| {
                if grows(order) {
                    Some(format!("iif({}, 1, 0)", self.yes(&normal(cond, true)?)?))
                } else {
                    Some(format!("iif({}, 0, 1)", self.yes(&normal(cond, false)?)?))
                }
            });
            let parts = parts.collect::<Option<Vec<_>>>()?;
            Some(format!(
                "(({}) {} {n})",
                if parts.is_empty() { "0".to_owned() } else { parts.join(" + ") },
                sign(order)
            ))
        };
        match order {
            Order::Equal => Some(format!("({} and {})", at(Order::AtLeast)?, at(Order::AtMost)?)),
            Order::Unequal => Some(format!("({} or {})", at(Order::Greater)?, at(Order::Less)?)),
            order => at(order),
        }
    }

    fn comparison(&self, a: &Num, order: Order, b: &Num) -> Option<String> {
        if let (Num::Var(slot), Num::Const(value)) = (a, b)
            && let Some(Kind::Number { unit }) = self
                .scope
                .directory
                .entry(*slot)
                .filter(|entry| entry.item == ItemKind::Duration)
                .map(|entry| &entry.kind)
        {
            let code = coding::ucum(unit.unwrap_or("天"))?;
            return Some(format!("{} {} {} '{code}'", self.value(*slot)?, sign(order), number_text(*value)));
        }
        if matches!((a, b), (Num::Const(_), Num::Var(_))) {
            return self.comparison(b, mirrored(order), a);
        }
        let (left, left_sort) = self.number(a)?;
        let (right, right_sort) = self.number(b)?;
        let as_side = |num: &Num, text: String, other: Sort| match num {
            Num::Const(days) if other == Sort::Date => Some(format!("@{}", date_text(whole(*days)?))),
            _ => Some(text),
        };
        let mixed = left_sort != right_sort && left_sort != Sort::Literal && right_sort != Sort::Literal;
        (!mixed).then_some(())?;
        let (left, right) = (as_side(a, left, right_sort)?, as_side(b, right, left_sort)?);
        Some(format!("{left} {} {right}", sign(order)))
    }

    /// A number, empty exactly when it is unknown.
    fn number(&self, num: &Num) -> Option<(String, Sort)> {
        let plain =
            |num: &Num| self.number(num).filter(|(_, sort)| *sort != Sort::Date).map(|(text, _)| text);
        let text = match num {
            Num::Const(value) => return Some((number_text(*value), Sort::Literal)),
            Num::Var(slot) => return self.variable(*slot),
            Num::Score(slot, _) => {
                let value = self.value(*slot)?;
                match self.scope.directory.entry(*slot)?.kind {
                    Kind::Set(_) => format!("iif({value}.exists(), {value}.weight().sum())"),
                    _ => format!("{value}.weight()"),
                }
            }
            Num::Sum(of) => return self.sum(of),
            Num::Product(of) => {
                format!("({})", of.iter().map(plain).collect::<Option<Vec<_>>>()?.join(" * "))
            }
            Num::Quotient(a, b) => format!("({} / {})", plain(a)?, plain(b)?),
            Num::Negative(of) => format!("(0 - {})", plain(of)?),
            Num::Least(of) | Num::Greatest(of) => {
                let [a, b] = of.as_slice() else { return None };
                let (a, b) = (plain(a)?, plain(b)?);
                let (near, far) = if matches!(num, Num::Least(_)) { ("<=", ">") } else { (">=", "<") };
                format!("iif({a} {near} {b}, {a}, iif({a} {far} {b}, {b}))")
            }
            Num::Absolute(of) => format!("({}).abs()", plain(of)?),
            Num::Round(of, rounding) => {
                let function = match rounding {
                    Rounding::Nearest => "round",
                    Rounding::Floor => "floor",
                    Rounding::Ceiling => "ceiling",
                };
                format!("({}).{function}()", plain(of)?)
            }
            Num::If(cond, a, b) => {
                let yes = self.yes(&normal(cond, true)?)?;
                let no = self.yes(&normal(cond, false)?)?;
                format!("iif({yes}, {}, iif({no}, {}))", plain(a)?, plain(b)?)
            }
            Num::Count(of) => {
                let parts = of.iter().map(|cond| {
                    let yes = self.yes(&normal(cond, true)?)?;
                    let no = self.yes(&normal(cond, false)?)?;
                    Some(format!("iif({yes}, 1, iif({no}, 0))"))
                });
                format!("({})", parts.collect::<Option<Vec<_>>>()?.join(" + "))
            }
            Num::Size(slot) => match self.scope.directory.entry(*slot)?.kind {
                Kind::Set(_) => {
                    let value = self.value(*slot)?;
                    format!("iif({value}.exists(), {value}.count())")
                }
                Kind::Text => format!("{}.length()", self.value(*slot)?),
                _ => return None,
            },
            Num::AddMonths(date, months) => {
                let (date, Sort::Date) = self.number(date)? else { return None };
                let Num::Const(months) = months.as_ref() else { return None };
                return Some((format!("({date} + {} months)", number_text(*months)), Sort::Date));
            }
            Num::Rows { group, fold: Fold::Count, when: None, .. } => {
                format!("{}.count()", self.items(*group)?)
            }
            Num::Rows { group, fold: Fold::Count, when: Some(when), .. } => {
                let inner = Self { row: Some(*group), ..*self };
                let yes = inner.yes(&normal(when, true)?)?;
                let no = inner.yes(&normal(when, false)?)?;
                let rows = self.items(*group)?;
                format!("iif({rows}.all({yes} or {no}), {rows}.where({yes}).count())")
            }
            Num::Part(..) | Num::YearsBetween(..) | Num::MonthsBetween(..) | Num::Rows { .. } => return None,
        };
        Some((text, Sort::Number))
    }

    /// A sum of numbers, or a date and days.
    fn sum(&self, of: &[Num]) -> Option<(String, Sort)> {
        let mut dates = Vec::new();
        let mut numbers = Vec::new();
        for part in of {
            let (text, sort) = self.number(part)?;
            if sort == Sort::Date { dates.push(text) } else { numbers.push((part, text)) }
        }
        match dates.as_slice() {
            [] => {
                let texts: Vec<String> = numbers.into_iter().map(|(_, text)| text).collect();
                Some((format!("({})", texts.join(" + ")), Sort::Number))
            }
            [date] => {
                let mut text = date.clone();
                for (num, _) in numbers {
                    let Num::Const(days) = num else { return None };
                    let sign = if *days < 0.0 { '-' } else { '+' };
                    text = format!("({text} {sign} {} days)", number_text(days.abs()));
                }
                Some((text, Sort::Date))
            }
            _ => None,
        }
    }

    fn variable(&self, slot: u32) -> Option<(String, Sort)> {
        let entry = self.scope.directory.entry(slot)?;
        if entry.name == ["今天"] {
            return Some(("today()".to_owned(), Sort::Date));
        }
        if !entry.sum_of.is_empty() {
            let rows: Vec<Num> = entry.sum_of.iter().map(|row| Num::Score(*row, Vec::new())).collect();
            return self.sum(&rows);
        }
        let value = self.value(slot)?;
        Some(match entry.kind {
            Kind::Date => (value, Sort::Date),
            _ if entry.item == ItemKind::Duration => (format!("{value}.value"), Sort::Number),
            _ => (value, Sort::Number),
        })
    }

    fn codes(&self, slot: u32, labels: &[u16], sign: &str, word: &str) -> Option<String> {
        let value = self.value(slot)?;
        let parts =
            labels.iter().map(|label| Some(format!("{value}.code {sign} {}", self.code(slot, *label)?)));
        let parts = parts.collect::<Option<Vec<_>>>()?;
        Some(if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(word)) })
    }

    /// The code of an option, if no other option has it.
    fn code(&self, slot: u32, label: u16) -> Option<String> {
        let codes = &self.scope.directory.entry(slot)?.codes;
        let (_, code) = codes.get(usize::from(label))?;
        (codes.iter().filter(|(_, other)| other == code).count() == 1).then(|| literal(code))
    }

    fn value(&self, slot: u32) -> Option<String> {
        Some(format!("{}.answer.value", self.items(slot)?))
    }

    /// The items of a question or group in a response.
    fn items(&self, slot: u32) -> Option<String> {
        let entry = self.scope.directory.entry(slot)?;
        let step = |link: &String| format!("item.where(linkId = {})", literal(link));
        if entry.links.is_empty() {
            return None;
        }
        if let Some(group) = entry.group {
            // Outside a test over its rows there is no telling which row is meant.
            let group = self.scope.directory.entry(group).filter(|_| self.row == Some(group))?;
            let inside: Vec<String> = entry.links.iter().skip(group.links.len()).map(step).collect();
            return Some(inside.join("."));
        }
        let steps: Vec<String> = entry.links.iter().map(step).collect();
        Some(format!("%resource.{}", steps.join(".")))
    }
}

fn number_text(value: f64) -> String {
    if value < 0.0 { format!("({value})") } else { value.to_string() }
}

/// Whether a condition counts conditions somewhere.
fn counts(cond: &Cond) -> bool {
    match cond {
        Cond::Count(..) => true,
        Cond::Not(of) | Cond::Rows { of, .. } => counts(of),
        Cond::And(of) | Cond::Or(of) => of.iter().any(counts),
        Cond::Same(left, right) => counts(left) || counts(right),
        _ => false,
    }
}
