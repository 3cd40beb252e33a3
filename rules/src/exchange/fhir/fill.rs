//! Conditions, formulas and constraints of a document, once every item has its name.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    expr::{Expr, Kind as Type, Order},
    form::draft::{Item, Kind},
};

use super::{
    super::{
        branch::Branch,
        coding,
        document::Findings,
        logic::{denied, tidy},
        names::{Directory, Entry},
        property,
        term::{Term, date_days},
    },
    extend::{Constraint, Extras, Said},
    meaning::{Meaning, label},
    read::{Enable, Waiting},
};

/// Fills in what waited.
pub(super) struct Filling<'a> {
    pub(super) directory: &'a Directory,
    pub(super) waiting: &'a BTreeMap<String, Waiting>,
    pub(super) variables: &'a BTreeMap<String, String>,
    pub(super) findings: &'a mut Findings,
    /// What decides whether each item is shown, so far.
    pub(super) shown: BTreeMap<String, Term>,
}

impl Filling<'_> {
    /// Formulas of computed values; their types are needed for all else.
    pub(super) fn formulas(&mut self, branches: &mut [Branch], group: Option<u32>) {
        for branch in branches {
            let slot = self.directory.slot(&branch.link);
            let waiting = self.waiting.get(&branch.link);
            if let Some(said) = waiting.and_then(|waiting| waiting.extras.calculated.as_ref()) {
                let text = self.value(said, slot, group);
                branch.item.properties.extend(text.map(|text| property("公式", text)));
            }
            let inner = if branch.item.kind == Kind::Group { slot } else { group };
            self.formulas(&mut branch.inner, inner);
        }
    }

    /// Show conditions, constraints and computed initial values.
    pub(super) fn conditions(&mut self, branches: &mut [Branch], group: Option<u32>) {
        for branch in branches {
            let slot = self.directory.slot(&branch.link);
            let links = std::mem::take(&mut branch.rows);
            for (row, link) in branch.item.rows.iter_mut().zip(&links) {
                row.when = self.show(link, group).map(Into::into);
            }
            branch.rows = links;
            let show = self.show(&branch.link, group);
            branch.item.properties.extend(show.map(|text| property("显示", text)));
            let inner = if branch.item.kind == Kind::Group { slot } else { group };
            if let Some(waiting) = self.waiting.get(&branch.link) {
                if let Some(said) = &waiting.extras.initial {
                    let text = self.value(said, slot, group);
                    branch.item.properties.extend(text.map(|text| property("初值", text)));
                }
                if matches!(branch.item.kind, Kind::Page | Kind::Group | Kind::Grid) {
                    self.conditions(&mut branch.inner, inner);
                    self.constraints(&waiting.extras, &mut branch.inner, inner);
                    continue;
                }
                for constraint in &waiting.extras.constraints {
                    let text = self.constraint(constraint, slot, group);
                    let message = if constraint.human.is_empty() {
                        "这里填得不对，请再看一下"
                    } else {
                        &constraint.human
                    };
                    branch
                        .item
                        .properties
                        .extend(text.map(|text| property("约束", format!("{text} => {message}"))));
                }
            }
            self.conditions(&mut branch.inner, inner);
        }
    }

    /// Constraints over several answers become items of their own.
    pub(super) fn constraints(&mut self, extras: &Extras, into: &mut Vec<Branch>, group: Option<u32>) {
        for constraint in &extras.constraints {
            let text = self.constraint(constraint, None, group);
            if text.is_none() && !constraint.is_ours {
                continue;
            }
            let mut item = Item {
                kind: Kind::Constraint,
                id: constraint.key.clone().into(),
                text: constraint.human.clone().into(),
                ..Item::default()
            };
            item.properties.extend(text.map(|text| property("条件", text)));
            let branch =
                Branch { item, link: constraint.key.clone(), at: constraint.at.clone(), ..Branch::default() };
            let position = constraint.position.unwrap_or(into.len()).min(into.len());
            into.insert(position, branch);
        }
    }

    fn meaning(&self, here: Option<u32>) -> Meaning<'_> {
        Meaning::new(self.directory, self.variables, here)
    }

    fn fhirpath<T>(&mut self, said: &Said, read: impl FnOnce(&Self, &str) -> Result<T, String>) -> Option<T> {
        let result = if matches!(said.language.as_str(), "text/fhirpath" | "") {
            read(self, &said.text)
        } else {
            Err(format!("不会读 {}", said.language))
        };
        match result {
            Ok(value) => Some(value),
            Err(why) => {
                self.findings.lose("EXC102", &said.at, &said.text, &why);
                None
            }
        }
    }

    /// A text of ours, if our own reader accepts it.
    fn checked(&mut self, at: &str, term: &Term, group: Option<u32>, is_condition: bool) -> Option<String> {
        let text = term.to_string();
        let scope = self.directory.scope(group);
        let result = if is_condition {
            Expr::compile(&text, &scope).map(|_| ())
        } else {
            Expr::compute(&text, &scope).map(|_| ())
        };
        match result {
            Ok(()) => Some(text),
            Err(errors) => {
                let why = errors.first().map(|error| error.message.clone()).unwrap_or_default();
                self.findings.lose("EXC102", at, &text, &why);
                None
            }
        }
    }

    fn value(&mut self, said: &Said, here: Option<u32>, group: Option<u32>) -> Option<String> {
        let term = self.fhirpath(said, |this, text| this.meaning(here).value(text))?;
        self.checked(&said.at, &term, group, false)
    }

    fn constraint(
        &mut self,
        constraint: &Constraint,
        here: Option<u32>,
        group: Option<u32>,
    ) -> Option<String> {
        let said = constraint.path.as_ref()?;
        let term = self.fhirpath(said, |this, text| this.meaning(here).kept(text))?;
        self.checked(&said.at, &term, group, true)
    }

    /// When an item is shown; nothing when always.
    fn show(&mut self, link: &str, group: Option<u32>) -> Option<String> {
        let waiting = self.waiting.get(link)?;
        let mut parts = Vec::new();
        for above in &waiting.above {
            parts.extend(self.shown.get(above).cloned());
        }
        let tests: Vec<Option<Term>> = waiting.enable.iter().map(|enable| self.test(enable)).collect();
        if waiting.any && tests.len() > 1 {
            // One alternative that is lost would hide what it shows.
            if tests.iter().all(Option::is_some) {
                parts.push(Term::or(tests.into_iter().flatten()));
            } else {
                let at = format!("{}/enableWhen", waiting.at);
                self.findings.lose(
                    "EXC102",
                    &at,
                    "enableBehavior: any",
                    "有一个条件读不了，整条不用，题一直显示",
                );
            }
        } else {
            parts.push(Term::and(tests.into_iter().flatten()));
        }
        if let Some(said) = &waiting.extras.enable {
            parts.extend(self.fhirpath(said, |this, text| this.meaning(None).shown(text)));
        }
        let term = tidy(Term::and(parts));
        self.shown.insert(link.to_owned(), term.clone());
        if term == Term::Truth(true) {
            return None;
        }
        let at = waiting.at.clone();
        self.checked(&at, &term, group, true)
    }

    fn test(&mut self, enable: &Enable) -> Option<Term> {
        match self.tested(enable) {
            Ok(term) => Some(term),
            Err(why) => {
                let what = format!("{} {}", enable.question, enable.operator);
                self.findings.lose("EXC102", &enable.at, &what, &why);
                None
            }
        }
    }

    fn tested(&self, enable: &Enable) -> Result<Term, String> {
        let directory = self.directory;
        let slot = directory
            .slot(&enable.question)
            .ok_or_else(|| format!("没有 linkId 为“{}”的题", enable.question))?;
        let entry = directory.entry(slot).ok_or("没有这一题")?;
        let name = Term::name(&entry.name);
        let (kind, answer) = enable.answer.as_ref().ok_or("缺 answer")?;
        if entry.kind == Type::Rows {
            return Err("组没有答案".to_owned());
        }
        if enable.operator == "exists" {
            let known = Term::known(name);
            return match answer {
                Value::Bool(true) => Ok(known),
                Value::Bool(false) => Ok(known.not()),
                _ => Err("exists 的 answer 应是 answerBoolean".to_owned()),
            };
        }
        let order = match enable.operator.as_str() {
            "=" => Order::Equal,
            "!=" => Order::Unequal,
            ">" => Order::Greater,
            "<" => Order::Less,
            ">=" => Order::AtLeast,
            "<=" => Order::AtMost,
            other => return Err(format!("没有“{other}”这种比较")),
        };
        let equal = matches!(order, Order::Equal | Order::Unequal);
        let atom = self.equal(entry, slot, kind, answer);
        let term = match (equal, atom) {
            (true, Some(atom)) => {
                let atom = atom?;
                if order == Order::Equal { atom } else { denied(&atom) }
            }
            _ => Term::compare(name.clone(), order, measured(entry, kind, answer)?),
        };
        // "!=" is true as well when there is no answer.
        Ok(if order == Order::Unequal { Term::or([Term::known(name).not(), term]) } else { term })
    }

    /// Equality of what has no order; nothing for numbers and dates.
    fn equal(&self, entry: &Entry, slot: u32, kind: &str, answer: &Value) -> Option<Result<Term, String>> {
        let name = Term::name(&entry.name);
        let is = |label: String| self.meaning(None).is_label(slot, &label);
        Some(match (&entry.kind, kind, answer) {
            (Type::Truth, "Boolean", Value::Bool(value)) => Ok(if *value { name } else { name.not() }),
            (Type::Text, "String" | "Text" | "Uri" | "Time", Value::String(text)) => {
                Ok(Term::compare(name, Order::Equal, Term::Text(text.clone())))
            }
            (Type::Choice(_) | Type::Set(_), "Coding", Value::Object(_)) => coded(entry, answer).and_then(is),
            (Type::Choice(_) | Type::Set(_), "String" | "Integer" | "Date", value) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                label(entry, &text, true).and_then(is)
            }
            (Type::Number { .. } | Type::Date, ..) => return None,
            _ => Err(format!("题的类型与 answer{kind} 对不上")),
        })
    }
}

/// The label of a coding: by system and code, or by what it reads when it has no code.
fn coded(entry: &Entry, coding: &Value) -> Result<String, String> {
    let field = |key: &str| coding.get(key).and_then(Value::as_str);
    let Some(code) = field("code") else {
        return label(entry, field("display").unwrap_or_default(), true);
    };
    let exact = entry.codes.iter().position(|(system, own)| {
        own == code && (field("system").is_none() || system.as_deref() == field("system"))
    });
    match exact.and_then(|index| entry.labels().get(index)) {
        Some(label) => Ok(label.clone()),
        None => Err(format!("{} 没有编码为“{code}”的选项", Term::name(&entry.name))),
    }
}

/// A number or date of an enableWhen.
fn measured(entry: &Entry, kind: &str, answer: &Value) -> Result<Term, String> {
    let wrong = || format!("题的类型与 answer{kind} 对不上");
    match (&entry.kind, kind) {
        (Type::Number { .. }, "Integer" | "Decimal") => {
            answer.as_f64().map(|value| Term::Number(value, None)).ok_or_else(wrong)
        }
        (Type::Number { unit }, "Quantity") => {
            let value = answer.get("value").and_then(Value::as_f64).ok_or_else(wrong)?;
            let word = |key: &str| answer.get(key).and_then(Value::as_str);
            let Some(code) = word("code").or_else(|| word("unit")) else {
                return Ok(Term::Number(value, None));
            };
            let given = coding::unit(code).or_else(|| coding::unit(word("unit")?));
            let given = given.ok_or_else(|| format!("不认识的单位“{code}”"))?;
            let same_code = unit.is_some_and(|unit| coding::ucum(unit) == coding::ucum(given));
            Ok(Term::Number(value, if same_code { None } else { Some(given) }))
        }
        (Type::Date, "Date" | "DateTime") => {
            let text = answer.as_str().and_then(|text| text.get(..10)).ok_or_else(wrong)?;
            date_days(text).map(Term::Date).ok_or_else(|| format!("“{text}”不是日期"))
        }
        _ => Err(wrong()),
    }
}
