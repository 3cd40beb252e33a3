//! The conditions of a rule, and what they say of a record.

use super::read::Part;
use crate::expr::{Expr, Facts, Truth, Value, typed::Cond};

/// A condition of a rule, with the text it was compiled from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clause {
    pub(super) expr: Expr,
    pub(super) part: Part,
}

/// The conditions of a rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Conditions {
    pub(super) applies: Option<Clause>,
    pub(super) when: Option<Clause>,
    pub(super) model: Option<Clause>,
    pub(super) unless: Option<Clause>,
}

impl Conditions {
    /// Yes when there is a finding: 适用 and 当 and 模型, and not 除非.
    pub(super) fn verdict<F: Facts + ?Sized>(&self, facts: &F) -> Truth {
        let eval =
            |clause: &Option<Clause>, empty| clause.as_ref().map_or(empty, |clause| clause.expr.eval(facts));
        let verdicts = [
            eval(&self.applies, Truth::Yes),
            eval(&self.when, Truth::Yes),
            eval(&self.model, Truth::Yes),
            !eval(&self.unless, Truth::No),
        ];
        if verdicts.contains(&Truth::No) {
            Truth::No
        } else if verdicts.contains(&Truth::Unknown) {
            Truth::Unknown
        } else {
            Truth::Yes
        }
    }

    /// A condition by number: 适用, 当, 模型, 除非.
    pub(super) fn place(&mut self, index: usize) -> &mut Option<Clause> {
        match index {
            0 => &mut self.applies,
            1 => &mut self.when,
            2 => &mut self.model,
            _ => &mut self.unless,
        }
    }

    fn clauses(&self) -> impl Iterator<Item = &Clause> {
        [&self.applies, &self.when, &self.model, &self.unless].into_iter().filter_map(Option::as_ref)
    }

    /// Variables read, each once.
    pub(super) fn slots(&self) -> Vec<u32> {
        distinct(self.clauses().flat_map(|clause| clause.expr.slots().iter().copied()))
    }

    /// Variables that make the finding, those it finds missing among them, each once; all when none is singled out.
    pub(super) fn reasons<F: Facts + ?Sized>(&self, facts: &F) -> Vec<u32> {
        let holding = [&self.applies, &self.when, &self.model].into_iter().filter_map(Option::as_ref);
        let reasons = distinct(holding.flat_map(|clause| {
            let mut reasons = clause.expr.reasons(facts);
            if let Some(cond) = clause.expr.cond() {
                absent(cond, true, facts, &mut reasons);
            }
            if reasons.is_empty() { clause.expr.slots().to_vec() } else { reasons }
        }));
        if reasons.is_empty() { self.slots() } else { reasons }
    }

    /// Unknown variables that keep it open, each once.
    pub(super) fn missing<F: Facts + ?Sized>(&self, facts: &F) -> Vec<u32> {
        distinct(self.clauses().flat_map(|clause| clause.expr.missing(facts)))
    }

    /// What the conditions say, however they are laid out.
    pub(super) fn spelling(&self) -> String {
        let spelt = |clause: &Option<Clause>| {
            clause.as_ref().map(|clause| clause.expr.to_string()).unwrap_or_default()
        };
        [&self.applies, &self.when, &self.model, &self.unless].map(spelt).join("\n")
    }
}

/// Variables whose absence is what a condition finds: `非 已知(体温)` where it is unknown.
fn absent<F: Facts + ?Sized>(cond: &Cond, wanted: bool, facts: &F, slots: &mut Vec<u32>) {
    match cond {
        Cond::Not(of) => absent(of, !wanted, facts, slots),
        Cond::And(parts) | Cond::Or(parts) => {
            let fails =
                |part: &Cond| matches!(part, Cond::Truth(slot) if facts.value(*slot) != Value::Truth(true));
            // A part that asks for something else first, and in vain, found nothing missing.
            if !(wanted && matches!(cond, Cond::And(_)) && parts.iter().any(fails)) {
                for part in parts {
                    absent(part, wanted, facts, slots);
                }
            }
        }
        Cond::Known(slot) if !wanted && facts.value(*slot) == Value::Unknown => slots.push(*slot),
        _ => {}
    }
}

fn distinct(slots: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut seen = Vec::new();
    for slot in slots {
        if !seen.contains(&slot) {
            seen.push(slot);
        }
    }
    seen
}
