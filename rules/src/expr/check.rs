//! Tree → checked expression: names resolved, types and units agreed.

mod arithmetic;
mod compare;
mod names;
mod rows;

use regex::Regex;

use super::{
    error::{At, ExprError},
    tree::{Function, Membership, Node, Tree, full_name},
    typed::{Cond, Num, TextTest},
    vocabulary::{Kind, Variable, Vocabulary},
};

/// Most regular expressions in one expression, and how large each may become: reading one takes milliseconds.
const MAX_PATTERNS: usize = 4;
const MAX_PATTERN_BYTES: usize = 1 << 19;

/// What an expression gives.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Typed {
    Cond(Cond),
    Num(Num, Measure),
    /// A choice variable by itself.
    Choice(String, u32, Vec<String>),
    Set(String, u32, Vec<String>),
    Text(String, u32),
    Rows(String, u32),
    /// An item of a group outside its rows.
    List(u32, Box<Typed>),
}

/// What a number measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// A literal without unit: takes the unit of the other side.
    Bare,
    /// A quantity in a unit, or a plain number.
    Of(Option<&'static str>),
    /// A day.
    Date,
}

/// A checked expression and its regular expressions.
pub(super) struct Checked {
    pub(super) typed: Typed,
    pub(super) patterns: Vec<(String, Regex)>,
    /// Every variable, in order of first appearance.
    pub(super) variables: Vec<(u32, Kind)>,
}

/// A condition, or everything that is wrong with it.
pub(super) fn condition(tree: &Tree, vocabulary: &dyn Vocabulary) -> Result<Checked, Vec<ExprError>> {
    let mut checker = Checker::new(vocabulary);
    let typed = checker.condition(tree).map(Typed::Cond);
    checker.finish(typed)
}

/// An expression of any type, or everything that is wrong with it.
pub(super) fn expression(tree: &Tree, vocabulary: &dyn Vocabulary) -> Result<Checked, Vec<ExprError>> {
    let mut checker = Checker::new(vocabulary);
    let typed = checker.typed(tree);
    checker.finish(typed)
}

/// The reason is among the errors already.
struct Refused;

struct Checker<'a> {
    vocabulary: &'a dyn Vocabulary,
    errors: Vec<ExprError>,
    patterns: Vec<(String, Regex)>,
    variables: Vec<(u32, Kind)>,
    /// The group whose rows are looked at.
    group: Option<u32>,
}

impl<'a> Checker<'a> {
    fn new(vocabulary: &'a dyn Vocabulary) -> Self {
        Self { vocabulary, errors: Vec::new(), patterns: Vec::new(), variables: Vec::new(), group: None }
    }

    fn finish(self, typed: Option<Typed>) -> Result<Checked, Vec<ExprError>> {
        match typed {
            Some(typed) if self.errors.is_empty() => {
                Ok(Checked { typed, patterns: self.patterns, variables: self.variables })
            }
            _ => Err(self.errors),
        }
    }

    fn refuse<T>(&mut self, at: At, code: &'static str, message: impl Into<String>) -> Option<T> {
        self.errors.push(at.error(code, message));
        None
    }

    fn condition(&mut self, tree: &Tree) -> Option<Cond> {
        match self.typed(tree)? {
            Typed::Cond(cond) => Some(cond),
            Typed::Num(..) => {
                let message = match &tree.node {
                    Node::Number(value, _) => format!("{value} 是数值，不是条件"),
                    Node::Name(parts) => {
                        let name = full_name(parts);
                        format!("“{name}”是数值，要写比较，例如 {name} >= 1")
                    }
                    Node::Call(Function::Count, _) => {
                        "计数的结果是数值，要写比较，例如 计数(…) >= 2".to_owned()
                    }
                    _ => "这里的结果是数值，要写比较，例如 … >= 2".to_owned(),
                };
                self.refuse(tree.at, "EX003", message)
            }
            Typed::Choice(name, _, labels) => {
                let label = labels.first().cloned().unwrap_or_default();
                let message = format!("“{name}”有几种取值，要写明是哪一种，例如 {name} = {label}");
                self.refuse(tree.at, "EX003", message)
            }
            Typed::Set(name, _, labels) => {
                let label = labels.first().cloned().unwrap_or_default();
                let message = format!("“{name}”可以选几项，要写明含哪一项，例如 {name} 含 {label}");
                self.refuse(tree.at, "EX003", message)
            }
            Typed::Text(name, _) => {
                self.refuse(tree.at, "EX003", format!("“{name}”是文字，要写比较，例如 {name} 含 \"…\""))
            }
            Typed::Rows(name, _) => self.refuse(
                tree.at,
                "EX003",
                format!("“{name}”是一组，要写 任一({name}, …) 或 计数({name}) >= 1"),
            ),
            Typed::List(..) => self.refuse(
                tree.at,
                "EX003",
                "这是组里的一项，有几行就有几个值，要写在 任一(组, …)、全部(组, …) 里，或用 求和、最大、最小",
            ),
        }
    }

    /// All operands, so that every error in them is found.
    fn conditions(&mut self, trees: &[Tree]) -> Option<Vec<Cond>> {
        let conditions: Vec<Option<Cond>> = trees.iter().map(|tree| self.condition(tree)).collect();
        conditions.into_iter().collect()
    }

    fn typed(&mut self, tree: &Tree) -> Option<Typed> {
        match &tree.node {
            Node::Literal(value) => Some(Typed::Cond(Cond::Const(*value))),
            Node::Name(parts) => {
                let name = full_name(parts);
                let Variable { slot, kind } = self.variable(tree.at, &name)?;
                Some(self.of_kind(name, slot, kind))
            }
            Node::Number(value, unit) => self.literal(tree.at, *value, unit.as_deref()),
            Node::Date(days) => Some(Typed::Num(Num::Const(f64::from(*days)), Measure::Date)),
            Node::Not(of) => Some(Typed::Cond(Cond::Not(Box::new(self.condition(of)?)))),
            Node::And(of) => Some(Typed::Cond(Cond::And(self.conditions(of)?))),
            Node::Or(of) => Some(Typed::Cond(Cond::Or(self.conditions(of)?))),
            Node::Call(function, of) => self.call(tree.at, *function, of),
            Node::Compare(left, order, right) => {
                self.comparison(tree.at, left, *order, right).map(Typed::Cond)
            }
            Node::Between(of, least, most) => self.between(of, least, most).map(Typed::Cond),
            Node::Member(of, membership, labels) => self.member(of, *membership, labels).map(Typed::Cond),
            Node::Matches(of, pattern) => self.matches(tree.at, of, pattern).map(Typed::Cond),
            Node::Sum(parts) => self.sum(parts),
            Node::Product(parts) => self.product(parts),
            Node::Negative(of) => {
                let (num, measure) = self.number(of)?;
                if measure == Measure::Date {
                    return self.refuse(tree.at, "EX003", "日期前面不能写负号");
                }
                Some(Typed::Num(Num::Negative(Box::new(num)), measure))
            }
        }
    }

    fn of_kind(&self, name: String, slot: u32, kind: Kind) -> Typed {
        match kind {
            Kind::Truth => Typed::Cond(Cond::Truth(slot)),
            Kind::Number { unit } => Typed::Num(Num::Var(slot), Measure::Of(unit)),
            Kind::Date => Typed::Num(Num::Var(slot), Measure::Date),
            Kind::Choice(labels) => Typed::Choice(name, slot, labels),
            Kind::Set(labels) => Typed::Set(name, slot, labels),
            Kind::Text => Typed::Text(name, slot),
            Kind::Score(points) => Typed::Num(Num::Score(slot, points), Measure::Of(Some("分"))),
            Kind::Rows => Typed::Rows(name, slot),
            Kind::Item { group, of } => {
                let of = self.of_kind(name, slot, *of);
                if self.group == Some(group) { of } else { Typed::List(group, Box::new(of)) }
            }
        }
    }

    fn member(&mut self, of: &Tree, membership: Membership, labels: &[Tree]) -> Option<Cond> {
        let of_typed = self.typed(of)?;
        match (of_typed, membership) {
            (Typed::Choice(name, slot, known), Membership::In | Membership::NotIn) => {
                let mut wanted = self.labels(&name, &known, labels)?;
                wanted.sort_unstable();
                wanted.dedup();
                Some(negated_if(membership == Membership::NotIn, Cond::In(slot, wanted)))
            }
            (Typed::Choice(name, ..), _) => {
                self.refuse(of.at, "EX003", format!("“{name}”只选一个，用 {name} = … 或 {name} 属于 (…)"))
            }
            (Typed::Set(name, slot, known), membership) => {
                let wanted = self.labels(&name, &known, labels)?;
                let has = |wanted: Vec<u16>| wanted.into_iter().map(|label| Cond::Has(slot, label)).collect();
                Some(match membership {
                    Membership::Has | Membership::HasAll => one_or(has(wanted), Cond::And),
                    Membership::Lacks => Cond::Not(Box::new(one_or(has(wanted), Cond::And))),
                    Membership::HasAny => one_or(has(wanted), Cond::Or),
                    Membership::In | Membership::NotIn => {
                        let message = format!("“{name}”可以选几项，用 含、含任一 (…) 或 含全部 (…)");
                        return self.refuse(of.at, "EX003", message);
                    }
                })
            }
            (Typed::Text(_, slot), membership) => {
                let texts: Vec<Option<String>> = labels.iter().map(|tree| self.text(tree)).collect();
                let texts: Vec<String> = texts.into_iter().collect::<Option<_>>()?;
                let has: Vec<Cond> =
                    texts.into_iter().map(|text| Cond::Text(slot, TextTest::Contains(text))).collect();
                Some(match membership {
                    Membership::Has | Membership::HasAll => one_or(has, Cond::And),
                    Membership::Lacks => Cond::Not(Box::new(one_or(has, Cond::And))),
                    Membership::HasAny => one_or(has, Cond::Or),
                    Membership::In | Membership::NotIn => {
                        return self.refuse(of.at, "EX003", "文字用 = 或 含，不用 属于");
                    }
                })
            }
            _ => {
                let word = membership.word();
                self.refuse(of.at, "EX003", format!("“{word}”前面要是多选题、单选题或文字"))
            }
        }
    }

    fn labels(&mut self, name: &str, known: &[String], wanted: &[Tree]) -> Option<Vec<u16>> {
        let positions: Vec<Option<u16>> =
            wanted.iter().map(|tree| self.label(tree.at, name, known, &label_text(tree))).collect();
        positions.into_iter().collect()
    }

    fn matches(&mut self, at: At, of: &Tree, pattern: &str) -> Option<Cond> {
        let Typed::Text(_, slot) = self.typed(of)? else {
            return self.refuse(of.at, "EX003", "“匹配”前面要是文字");
        };
        if self.patterns.iter().any(|(known, _)| known == pattern) {
            return Some(Cond::Text(slot, TextTest::Matches(pattern.to_owned())));
        }
        if self.errors.iter().any(|error| error.code == "EX009") {
            // One at a time: a wrong one may have taken long.
            return None;
        }
        if self.patterns.len() == MAX_PATTERNS {
            return self.refuse(at, "EX006", format!("正则表达式最多 {MAX_PATTERNS} 个，请拆开写"));
        }
        let sized = |text: &str| regex::RegexBuilder::new(text).size_limit(MAX_PATTERN_BYTES).build();
        let whole = format!("^(?:{pattern})$");
        // `a)|(b` is right only inside the brackets around it.
        let alone = if pattern.contains(')') { sized(pattern).map(drop) } else { Ok(()) };
        match alone.and_then(|()| sized(&whole)) {
            Ok(regex) => self.patterns.push((pattern.to_owned(), regex)),
            Err(regex::Error::CompiledTooBig(_)) => {
                let message = format!("正则表达式“{pattern}”太大，重复的次数请写小些");
                return self.refuse(at, "EX009", message);
            }
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
                return self.refuse(at, "EX009", format!("正则表达式“{pattern}”写得不对：{reason}"));
            }
        }
        Some(Cond::Text(slot, TextTest::Matches(pattern.to_owned())))
    }
}

/// How a label is written where names, literals and numbers may stand.
fn label_text(tree: &Tree) -> String {
    match &tree.node {
        Node::Name(parts) => full_name(parts),
        _ => tree.to_string(),
    }
}

fn negated_if(is_negated: bool, cond: Cond) -> Cond {
    if is_negated { Cond::Not(Box::new(cond)) } else { cond }
}

/// A single condition is itself.
fn one_or(mut of: Vec<Cond>, join: fn(Vec<Cond>) -> Cond) -> Cond {
    match of.pop() {
        Some(only) if of.is_empty() => only,
        Some(last) => {
            of.push(last);
            join(of)
        }
        None => join(of),
    }
}
