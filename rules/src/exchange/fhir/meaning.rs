//! What a FHIRPath expression says, in our language.
//!
//! A condition comes back as one that is Yes exactly when the expression is true (or, asked for the opposite,
//! false): that is what decides whether an item is shown. Where a single test of FHIRPath has only two values and
//! ours has three, the difference is written out with `已知`.

use std::collections::BTreeMap;

use crate::expr::{Kind, Order};

use super::{
    super::{
        coding,
        logic::{counted, denied, needed, tidy},
        names::{Directory, Entry},
        phrase::{Dialect, Phrase, Step, parse},
        term::{Term, date_days, mirrored, opposite},
    },
    refer::Place,
};

/// Most variables that may stand in for one another.
const MAX_VARIABLES: u32 = 16;

/// Translates the expressions of one item.
#[derive(Debug, Clone)]
pub(super) struct Meaning<'a> {
    pub(super) directory: &'a Directory,
    /// Expressions of the variables a document defines.
    pub(super) variables: &'a BTreeMap<String, String>,
    /// The question an expression stands at; `answer.value` is its answer.
    pub(super) here: Option<u32>,
    /// The group whose row is meant inside `where` and `all`.
    pub(super) row: Option<u32>,
    /// Questions that are known to be answered where the expression stands.
    answered: Vec<u32>,
    depth: u32,
}

type Result<T> = std::result::Result<T, String>;

impl<'a> Meaning<'a> {
    pub(super) fn new(
        directory: &'a Directory,
        variables: &'a BTreeMap<String, String>,
        here: Option<u32>,
    ) -> Self {
        Self { directory, variables, here, row: None, answered: Vec::new(), depth: 0 }
    }

    /// Yes exactly when an expression is true.
    pub(super) fn shown(&self, text: &str) -> Result<Term> {
        Ok(tidy(self.condition(&parse(text, Dialect::FhirPath)?, true, false)?))
    }

    /// No exactly when an expression is false.
    pub(super) fn kept(&self, text: &str) -> Result<Term> {
        let broken = tidy(self.condition(&parse(text, Dialect::FhirPath)?, false, false)?);
        Ok(denied(&broken))
    }

    /// The value of an expression.
    pub(super) fn value(&self, text: &str) -> Result<Term> {
        let phrase = parse(text, Dialect::FhirPath)?;
        self.number(&phrase).or_else(|why| self.definite(&phrase).map_err(|_| why))
    }

    pub(super) fn entry(&self, slot: u32) -> Result<&'a Entry> {
        self.directory.entry(slot).ok_or_else(|| "没有这一题".to_owned())
    }

    pub(super) fn inside(&self, row: u32) -> Self {
        Self { row: Some(row), here: None, ..self.clone() }
    }

    /// The expression of a variable, and the reader for it.
    pub(super) fn variable(&self, name: &str) -> Result<(Phrase, Self)> {
        let text = self.variables.get(name).ok_or_else(|| format!("没有变量 %{name}"))?;
        if self.depth >= MAX_VARIABLES {
            return Err(format!("变量 %{name} 绕来绕去，没有尽头"));
        }
        Ok((parse(text, Dialect::FhirPath)?, Self { depth: self.depth + 1, ..self.clone() }))
    }

    /// A truth value that is known only when all of it is: `iif(甲, true, iif(乙, false))` with 乙 the opposite of 甲.
    fn definite(&self, phrase: &Phrase) -> Result<Term> {
        if let Some([cond, Phrase::Truth(true), other]) = call(phrase, "iif")
            && let Some([opposite, Phrase::Truth(false)]) = call(other, "iif")
        {
            return self.agreed(cond, opposite);
        }
        Err("不是能翻译的算式".to_owned())
    }

    fn agreed(&self, cond: &Phrase, other: &Phrase) -> Result<Term> {
        let yes = tidy(self.condition(cond, true, false)?);
        let no = tidy(self.condition(other, true, false)?);
        if tidy(denied(&yes)) == no {
            Ok(yes)
        } else {
            Err("iif 的两个条件不是正好相反".to_owned())
        }
    }

    /// Yes exactly when the phrase is true (or false); with `exact`, No otherwise and never unknown.
    pub(super) fn condition(&self, phrase: &Phrase, holds: bool, exact: bool) -> Result<Term> {
        match phrase {
            Phrase::Truth(value) => Ok(Term::Truth(*value == holds)),
            Phrase::Run(first, rest) => self.run(first, rest, holds, exact),
            Phrase::Variable(name) if !is_root(name) => {
                let (phrase, reader) = self.variable(name)?;
                reader.condition(&phrase, holds, exact)
            }
            Phrase::Steps(base, steps) => self.tested(base, steps, holds, exact),
            _ => Err("不是条件".to_owned()),
        }
    }

    fn run(&self, first: &Phrase, rest: &[(&'static str, Phrase)], holds: bool, exact: bool) -> Result<Term> {
        let (sign, right) = rest.first().ok_or("不是条件")?;
        if let Some(order) = order(sign) {
            if rest.len() > 1 {
                return Err("比较不能连写".to_owned());
            }
            return self.comparison(first, order, right, holds, exact);
        }
        if matches!(*sign, "in" | "contains") && rest.len() == 1 {
            let (one, many) = if *sign == "in" { (first, right) } else { (right, first) };
            let items = members(many);
            let parts: Result<Vec<Term>> = items
                .into_iter()
                .map(|item| self.comparison(one, Order::Equal, item, holds, exact))
                .collect();
            return Ok(if holds { Term::or(parts?) } else { Term::and(parts?) });
        }
        let both = |phrase: &Phrase| -> Result<(Term, Term)> {
            Ok((self.condition(phrase, true, exact)?, self.condition(phrase, false, exact)?))
        };
        let mut so_far: Option<(Term, Term)> = None;
        if rest.iter().all(|(sign, _)| *sign == "and") || rest.iter().all(|(sign, _)| *sign == "or") {
            let parts = std::iter::once(first).chain(rest.iter().map(|(_, phrase)| phrase));
            let parts: Result<Vec<Term>> = parts.map(|part| self.condition(part, holds, exact)).collect();
            return Ok(if (*sign == "and") == holds { Term::and(parts?) } else { Term::or(parts?) });
        }
        for (sign, phrase) in
            std::iter::once(("", first)).chain(rest.iter().map(|(sign, phrase)| (*sign, phrase)))
        {
            let (yes, no) = both(phrase)?;
            so_far = Some(match (so_far, sign) {
                (None, _) => (yes, no),
                (Some((a, not_a)), "or") => (Term::or([a, yes]), Term::and([not_a, no])),
                (Some((a, not_a)), "xor") => (
                    Term::or([Term::and([a.clone(), no.clone()]), Term::and([not_a.clone(), yes.clone()])]),
                    Term::or([Term::and([a, yes]), Term::and([not_a, no])]),
                ),
                (Some((a, not_a)), "implies") => (Term::or([not_a, yes]), Term::and([a, no])),
                _ => return Err(format!("“{sign}”不是条件")),
            });
        }
        let (yes, no) = so_far.ok_or("不是条件")?;
        Ok(if holds { yes } else { no })
    }

    /// A chain of steps that ends in a test.
    fn tested(&self, base: &Phrase, steps: &[Step], holds: bool, exact: bool) -> Result<Term> {
        let (last, before) = steps.split_last().ok_or("不是条件")?;
        let inner = || rest(base, before);
        let arguments = last.arguments.as_deref();
        match (last.name.as_str(), arguments) {
            ("not", Some([])) => return self.condition(&inner(), !holds, exact),
            ("allTrue", Some([])) if !holds => return self.condition(&inner(), false, exact),
            ("allFalse", Some([])) if !holds => return self.condition(&inner(), true, exact),
            ("anyTrue", Some([])) if holds => return self.condition(&inner(), true, exact),
            ("exists" | "hasValue", Some([])) => return self.exists(base, before, holds, exact),
            ("empty", Some([])) => return self.exists(base, before, !holds, exact),
            ("exists", Some([_])) => {
                let mut steps = before.to_vec();
                steps.push(Step { name: "where".to_owned(), arguments: last.arguments.clone() });
                return self.exists(base, &steps, holds, exact);
            }
            ("all", Some([cond])) => {
                let Ok(Place::Items(slots)) = self.found(base, before) else {
                    return Err("all() 前面不是重复的组".to_owned());
                };
                let [group] = slots.as_slice() else { return Err("all() 前面不是一个组".to_owned()) };
                if self.entry(*group)?.kind != Kind::Rows || !holds {
                    return Err("all() 这样用没有对应的写法".to_owned());
                }
                let inner = tidy(self.inside(*group).condition(cond, true, true)?);
                return Ok(Term::Call("全部", vec![Term::name(&self.entry(*group)?.name), inner]));
            }
            ("contains" | "matches", Some([Phrase::Text(text)])) => {
                let (slot, name) = self.text(&inner())?;
                let atom = if last.name == "contains" {
                    Term::Has(Box::new(name), Box::new(Term::Text(text.clone())))
                } else {
                    // FHIRPath looks for the pattern anywhere, ours matches the whole.
                    let whole = text.strip_prefix("^(?:").and_then(|rest| rest.strip_suffix(")$"));
                    let pattern = whole.map_or_else(|| format!("(?s:.*)(?:{text})(?s:.*)"), str::to_owned);
                    Term::Matches(Box::new(name), pattern)
                };
                return Ok(self.atom(slot, atom, holds, exact));
            }
            ("iif", Some([cond, Phrase::Truth(true), other]))
                if holds && matches!(call(other, "iif"), Some([_, Phrase::Truth(false)])) =>
            {
                return self.condition(cond, true, exact);
            }
            _ => {}
        }
        let found = self.found(base, steps)?;
        match found {
            Place::Value(slot) if matches!(self.entry(slot)?.kind, Kind::Truth) => {
                let atom = Term::name(&self.entry(slot)?.name);
                Ok(self.atom(slot, atom, holds, exact))
            }
            _ => Err("不是条件".to_owned()),
        }
    }

    /// A test that is unknown when the answer is.
    fn atom(&self, slot: u32, atom: Term, holds: bool, exact: bool) -> Term {
        let atom = if holds { atom } else { atom.not() };
        if exact && !self.answered.contains(&slot) { Term::and([self.known(slot), atom]) } else { atom }
    }

    fn known(&self, slot: u32) -> Term {
        Term::known(Term::name(self.directory.entry(slot).map_or(&[][..], |entry| &entry.name)))
    }

    fn exists(&self, base: &Phrase, steps: &[Step], holds: bool, exact: bool) -> Result<Term> {
        let found = self.found(base, steps)?;
        match found {
            Place::Items(slots) | Place::Answers(slots) | Place::Values(slots) => {
                let parts = slots.iter().map(|slot| {
                    let entry = self.entry(*slot)?;
                    let name = Term::name(&entry.name);
                    Ok(match (&entry.kind, holds) {
                        (Kind::Rows, true) => Term::compare(
                            Term::Call("计数", vec![name]),
                            Order::AtLeast,
                            Term::Number(1.0, None),
                        ),
                        (Kind::Rows, false) => Term::compare(
                            Term::Call("计数", vec![name]),
                            Order::Equal,
                            Term::Number(0.0, None),
                        ),
                        (_, true) => Term::known(name),
                        (_, false) => Term::known(name).not(),
                    })
                });
                let parts: Result<Vec<Term>> = parts.collect();
                Ok(if holds { Term::or(parts?) } else { Term::and(parts?) })
            }
            Place::Value(slot) | Place::Code(slot) | Place::Display(slot) => {
                Ok(if holds { self.known(slot) } else { self.known(slot).not() })
            }
            Place::Chosen(slot, label) => {
                let atom = self.is_label(slot, &label)?;
                Ok(match (holds, exact) {
                    (true, false) => atom,
                    (true, true) => Term::and([self.known(slot), atom]),
                    (false, _) => Term::or([self.known(slot).not(), atom.not()]),
                })
            }
            Place::Rows(group, cond) if holds => {
                Ok(Term::Call("任一", vec![Term::name(&self.entry(group)?.name), tidy(cond)]))
            }
            Place::Rows(..) | Place::Score(_) | Place::Scores(_) | Place::Root | Place::Inside(_) => {
                Err("exists() 这样用没有对应的写法".to_owned())
            }
        }
    }

    /// That a choice is, or a set has, a label.
    pub(super) fn is_label(&self, slot: u32, label: &str) -> Result<Term> {
        let entry = self.entry(slot)?;
        let name = Term::name(&entry.name);
        Ok(match entry.kind {
            Kind::Set(_) => Term::Has(Box::new(name), Box::new(Term::Label(label.to_owned()))),
            Kind::Choice(_) => Term::compare(name, Order::Equal, Term::Label(label.to_owned())),
            _ => return Err(format!("{name} 没有选项")),
        })
    }

    fn text(&self, phrase: &Phrase) -> Result<(u32, Term)> {
        let Phrase::Steps(base, steps) = phrase else { return Err("不是文字".to_owned()) };
        match self.found(base, steps)? {
            Place::Value(slot) if self.entry(slot)?.kind == Kind::Text => {
                Ok((slot, Term::name(&self.entry(slot)?.name)))
            }
            _ => Err("不是文字题的答案".to_owned()),
        }
    }

    fn comparison(
        &self,
        left: &Phrase,
        order: Order,
        right: &Phrase,
        holds: bool,
        exact: bool,
    ) -> Result<Term> {
        if matches!(left, Phrase::Text(_) | Phrase::Truth(_))
            && !matches!(right, Phrase::Text(_) | Phrase::Truth(_))
        {
            return self.comparison(right, mirrored(order), left, holds, exact);
        }
        let order = if holds { order } else { opposite(order) };
        let equal = matches!(order, Order::Equal | Order::Unequal);
        if let Phrase::Variable(name) = left
            && !is_root(name)
        {
            let (phrase, reader) = self.variable(name)?;
            return reader.comparison(&phrase, order, right, true, exact);
        }
        if let (Phrase::Truth(value), true) = (right, equal) {
            return self.condition(left, *value == (order == Order::Equal), exact);
        }
        if let (Phrase::Text(text), Phrase::Steps(base, steps)) = (right, left) {
            let (slot, place) = match self.found(base, steps)? {
                Place::Value(slot) => (slot, 0),
                Place::Code(slot) => (slot, 1),
                Place::Display(slot) => (slot, 2),
                _ => return Err("与文字比较的不是答案".to_owned()),
            };
            let entry = self.entry(slot)?;
            let atom = match (&entry.kind, place) {
                (Kind::Text, 0) => {
                    Term::compare(Term::name(&entry.name), Order::Equal, Term::Text(text.clone()))
                }
                (Kind::Choice(_), 1 | 2) => self.is_label(slot, &label(entry, text, place == 2)?)?,
                (Kind::Set(_), 1 | 2) => {
                    // One value equals a list only when the list has just this one.
                    let count = Term::Call("计数", vec![Term::name(&entry.name)]);
                    let only = Term::compare(count, Order::Equal, Term::Number(1.0, None));
                    Term::and([self.is_label(slot, &label(entry, text, place == 2)?)?, only])
                }
                _ => return Err("选择题要与 code 比较，文字题要与文字比较".to_owned()),
            };
            if !equal {
                return Err("文字不分大小".to_owned());
            }
            return Ok(self.atom(slot, atom, order == Order::Equal, exact));
        }
        let (a, b) = (counted(self.number(left)?), counted(self.number(right)?));
        let compared = Term::compare(a, order, b);
        if !exact {
            return Ok(compared);
        }
        let names = needed(&compared).ok_or("说不清什么时候算不出来")?;
        Ok(Term::and(names.into_iter().map(Term::known).chain([compared])))
    }

    /// A number or date.
    pub(super) fn number(&self, phrase: &Phrase) -> Result<Term> {
        match phrase {
            Phrase::Number(value) => Ok(Term::Number(*value, None)),
            Phrase::Quantity(value, unit) => {
                let unit = coding::unit(unit).ok_or_else(|| format!("不认识的单位“{unit}”"))?;
                Ok(Term::Number(*value, Some(unit)))
            }
            Phrase::Date(text) => {
                let days = date_days(text).ok_or_else(|| format!("“{text}”不是到天的日期"))?;
                Ok(Term::Date(days))
            }
            Phrase::Negative(of) => Ok(Term::arithmetic(Term::Number(0.0, None), '-', self.number(of)?)),
            Phrase::Variable(name) if !is_root(name) => {
                let (phrase, reader) = self.variable(name)?;
                reader.number(&phrase)
            }
            Phrase::Run(first, rest) => {
                let mut sum = self.number(first)?;
                for (sign, right) in rest {
                    let sign = match *sign {
                        "+" => '+',
                        "-" => '-',
                        "*" => '*',
                        "/" => '/',
                        other => return Err(format!("“{other}”没有对应的算法")),
                    };
                    sum = Term::arithmetic(sum, sign, self.number(right)?);
                }
                Ok(sum)
            }
            Phrase::Steps(base, steps) => self.measured(base, steps),
            Phrase::Truth(_) | Phrase::Text(_) | Phrase::Empty | Phrase::This | Phrase::Variable(_) => {
                Err("不是数".to_owned())
            }
        }
    }

    fn measured(&self, base: &Phrase, steps: &[Step]) -> Result<Term> {
        let (last, before) = steps.split_last().ok_or("不是数")?;
        let inner = || rest(base, before);
        let arguments = last.arguments.as_deref();
        match (last.name.as_str(), arguments) {
            ("abs", Some([])) => return Ok(Term::Call("绝对值", vec![self.number(&inner())?])),
            ("round", Some([])) => return Ok(Term::Call("四舍五入", vec![self.number(&inner())?])),
            ("round", Some([Phrase::Number(places)])) if *places == 0.0 => {
                return Ok(Term::Call("四舍五入", vec![self.number(&inner())?]));
            }
            ("floor", Some([])) => return Ok(Term::Call("向下取整", vec![self.number(&inner())?])),
            ("ceiling", Some([])) => return Ok(Term::Call("向上取整", vec![self.number(&inner())?])),
            ("length", Some([])) => return Ok(Term::Call("长度", vec![self.text(&inner())?.1])),
            ("toInteger" | "toDecimal", Some([])) => return self.number(&inner()),
            ("today", Some([])) if before.is_empty() => return Ok(Term::Name(vec!["今天".to_owned()])),
            ("iif", Some([cond, value])) if before.is_empty() => return self.when_known(cond, value),
            ("iif", Some([cond, yes, no])) if before.is_empty() => return self.either(cond, yes, no),
            ("sum", Some([])) => {
                let parts = match self.found(base, before)? {
                    Place::Score(slot) => vec![(slot, true)],
                    Place::Scores(slots) => slots.into_iter().map(|slot| (slot, true)).collect(),
                    Place::Value(slot) => vec![(slot, false)],
                    Place::Values(slots) => slots.into_iter().map(|slot| (slot, false)).collect(),
                    _ => return Err("sum() 前面不是数".to_owned()),
                };
                return self.total(&parts);
            }
            ("count", Some([])) => return self.counted(base, before),
            _ => {}
        }
        match self.found(base, steps)? {
            Place::Value(slot) => {
                let entry = self.entry(slot)?;
                match entry.kind {
                    Kind::Number { .. } | Kind::Date => Ok(Term::name(&entry.name)),
                    _ => Err("不是数字题或日期题的答案".to_owned()),
                }
            }
            Place::Score(slot) if matches!(self.entry(slot)?.kind, Kind::Set(_)) => {
                Err("多选题的分要用 sum() 加起来".to_owned())
            }
            Place::Score(slot) => self.score(slot),
            _ => Err("不是一个数".to_owned()),
        }
    }

    fn score(&self, slot: u32) -> Result<Term> {
        let entry = self.entry(slot)?;
        if entry.points.is_empty() {
            return Err(format!("{} 的选项没有分", Term::name(&entry.name)));
        }
        let mut name = entry.name.clone();
        name.push("分".to_owned());
        Ok(Term::Name(name))
    }

    /// A sum that counts what is not answered as nothing.
    fn total(&self, parts: &[(u32, bool)]) -> Result<Term> {
        let zero = || Term::Number(0.0, None);
        // What has no points adds nothing.
        let has_value = |slot: u32, is_score: bool| {
            self.directory.entry(slot).is_some_and(|entry| !is_score || !entry.points.is_empty())
        };
        let parts = parts.iter().filter(|(slot, is_score)| has_value(*slot, *is_score));
        let terms = parts.map(|(slot, is_score)| {
            let value = if *is_score { self.score(*slot)? } else { Term::name(&self.entry(*slot)?.name) };
            if self.answered.contains(slot) {
                return Ok(value);
            }
            Ok(Term::Call("如果", vec![self.known(*slot), value, zero()]))
        });
        let terms: Result<Vec<Term>> = terms.collect();
        let sum = terms?.into_iter().reduce(|a, b| Term::arithmetic(a, '+', b));
        sum.ok_or_else(|| "没有可加的题".to_owned())
    }

    fn counted(&self, base: &Phrase, steps: &[Step]) -> Result<Term> {
        match self.found(base, steps)? {
            Place::Value(slot) if matches!(self.entry(slot)?.kind, Kind::Set(_)) => {
                let count = Term::Call("计数", vec![Term::name(&self.entry(slot)?.name)]);
                if self.answered.contains(&slot) {
                    return Ok(count);
                }
                Ok(Term::Call("如果", vec![self.known(slot), count, Term::Number(0.0, None)]))
            }
            Place::Items(slots) => match slots.as_slice() {
                [group] if self.entry(*group)?.kind == Kind::Rows => {
                    Ok(Term::Call("计数", vec![Term::name(&self.entry(*group)?.name)]))
                }
                _ => Err("count() 前面不是重复的组".to_owned()),
            },
            Place::Rows(group, cond) => {
                Ok(Term::Call("计数", vec![Term::name(&self.entry(group)?.name), cond]))
            }
            _ => Err("count() 这样用没有对应的写法".to_owned()),
        }
    }

    /// `iif(x.exists(), …)`: unknown as long as x is.
    fn when_known(&self, cond: &Phrase, value: &Phrase) -> Result<Term> {
        let Term::Call("已知", known) = self.condition(cond, true, false)? else {
            return Err("没有否则的 iif 只能判断有没有回答".to_owned());
        };
        let slot =
            self.directory.entries.iter().position(|entry| known.first() == Some(&Term::name(&entry.name)));
        let slot = slot.and_then(|slot| u32::try_from(slot).ok()).ok_or("没有这一题")?;
        let mut reader = self.clone();
        reader.answered.push(slot);
        let value = reader.number(value)?;
        let names = needed(&value).ok_or("说不清什么时候算不出来")?;
        let entry = self.entry(slot)?;
        let is_needed =
            names.iter().any(|name| matches!(name, Term::Name(parts) if parts.starts_with(&entry.name)));
        if is_needed { Ok(value) } else { Err("没有否则的 iif 里没用到所判断的题".to_owned()) }
    }

    fn either(&self, cond: &Phrase, yes: &Phrase, no: &Phrase) -> Result<Term> {
        let a = self.number(yes)?;
        if let Some([opposite, no]) = call(no, "iif") {
            let cond = self.agreed(cond, opposite)?;
            return Ok(Term::Call("如果", vec![cond, a, self.number(no)?]));
        }
        let cond = self.condition(cond, true, true)?;
        Ok(Term::Call("如果", vec![cond, a, self.number(no)?]))
    }
}

/// The label of a code (or of a display) of a question.
pub(super) fn label(entry: &Entry, text: &str, is_display: bool) -> Result<String> {
    let labels = entry.labels();
    let by_code = entry.codes.iter().position(|(_, code)| code == text).filter(|_| !is_display);
    let found = by_code
        .and_then(|index| labels.get(index))
        .or_else(|| labels.iter().find(|label| *label == text && is_display));
    found.cloned().ok_or_else(|| format!("{} 没有选项“{text}”", Term::name(&entry.name)))
}

/// Whether a variable stands for the response itself.
pub(super) fn is_root(name: &str) -> bool {
    matches!(name, "resource" | "context" | "rootResource")
}

fn rest(base: &Phrase, steps: &[Step]) -> Phrase {
    if steps.is_empty() { base.clone() } else { Phrase::Steps(Box::new(base.clone()), steps.to_vec()) }
}

/// The arguments of `name(…)` that stands alone.
fn call<'p>(phrase: &'p Phrase, name: &str) -> Option<&'p [Phrase]> {
    let Phrase::Steps(base, steps) = phrase else { return None };
    match (base.as_ref(), steps.as_slice()) {
        (Phrase::This, [step]) if step.name == name => step.arguments.as_deref(),
        _ => None,
    }
}

/// The operands of `a | b | c`.
pub(super) fn members(phrase: &Phrase) -> Vec<&Phrase> {
    match phrase {
        Phrase::Run(first, rest) if rest.iter().all(|(sign, _)| *sign == "|") => {
            std::iter::once(first.as_ref()).chain(rest.iter().map(|(_, phrase)| phrase)).collect()
        }
        other => vec![other],
    }
}

fn order(sign: &str) -> Option<Order> {
    Some(match sign {
        "=" => Order::Equal,
        "!=" => Order::Unequal,
        ">" => Order::Greater,
        ">=" => Order::AtLeast,
        "<" => Order::Less,
        "<=" => Order::AtMost,
        _ => return None,
    })
}
