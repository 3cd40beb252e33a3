//! Which slots a condition depends on.

use std::collections::{BTreeMap, BTreeSet};

use crate::expr::typed::{Cond, Num};

use super::model::{Definition, Problem};

/// Adds the slots a condition looks at, without those of single rows.
pub(super) fn of_cond(cond: &Cond, into: &mut BTreeSet<u32>) {
    match cond {
        Cond::Const(_) => {}
        Cond::Truth(slot)
        | Cond::In(slot, _)
        | Cond::Has(slot, _)
        | Cond::Text(slot, _)
        | Cond::Known(slot) => {
            into.insert(*slot);
        }
        Cond::Not(of) => of_cond(of, into),
        Cond::And(parts) | Cond::Or(parts) | Cond::Count(parts, ..) => {
            for part in parts {
                of_cond(part, into);
            }
        }
        Cond::Same(a, b) => {
            of_cond(a, into);
            of_cond(b, into);
        }
        Cond::Compare(a, _, b) => {
            of_num(a, into);
            of_num(b, into);
        }
        Cond::Rows { group, .. } => {
            into.insert(*group);
        }
    }
}

/// Adds the slots a number depends on.
pub(super) fn of_num(num: &Num, into: &mut BTreeSet<u32>) {
    match num {
        Num::Const(_) => {}
        Num::Var(slot) | Num::Score(slot, _) | Num::Size(slot) => {
            into.insert(*slot);
        }
        Num::Sum(parts) | Num::Product(parts) | Num::Least(parts) | Num::Greatest(parts) => {
            for part in parts {
                of_num(part, into);
            }
        }
        Num::Negative(a) | Num::Absolute(a) | Num::Round(a, _) | Num::Part(a, _) => of_num(a, into),
        Num::Quotient(a, b) | Num::AddMonths(a, b) | Num::YearsBetween(a, b) | Num::MonthsBetween(a, b) => {
            of_num(a, into);
            of_num(b, into);
        }
        Num::If(cond, a, b) => {
            of_cond(cond, into);
            of_num(a, into);
            of_num(b, into);
        }
        Num::Count(parts) => {
            for part in parts {
                of_cond(part, into);
            }
        }
        Num::Rows { group, .. } => {
            into.insert(*group);
        }
    }
}

/// What each slot depends on, and which rules look at it.
#[derive(Debug, Clone, Default)]
pub(super) struct Links {
    needs: BTreeMap<u32, Vec<u32>>,
    rules: BTreeMap<u32, Vec<usize>>,
    rule_slots: Vec<Vec<u32>>,
}

/// The part of a problem a question depends on.
#[derive(Debug, Default)]
pub(super) struct Cone {
    /// Slots, those that follow from others after them.
    pub(super) slots: Vec<u32>,
    /// Those of them whose definition or condition is left out.
    pub(super) cut: BTreeSet<u32>,
    /// Indices of the rules that take part.
    pub(super) rules: Vec<usize>,
}

impl Links {
    pub(super) fn of(problem: &Problem) -> Self {
        let mut links = Self::default();
        for (&slot, variable) in &problem.variables {
            if let Some(when) = &variable.when {
                let mut needs = BTreeSet::new();
                of_cond(when, &mut needs);
                links.needs.insert(slot, needs.into_iter().collect());
            }
        }
        for (&slot, definition) in &problem.definitions {
            let mut needs = BTreeSet::new();
            match definition {
                Definition::Truth(cond) | Definition::Sure(cond) => of_cond(cond, &mut needs),
                Definition::Number(num) => of_num(num, &mut needs),
            }
            links.needs.insert(slot, needs.into_iter().collect());
        }
        for (index, rule) in problem.rules.iter().enumerate() {
            let mut slots = BTreeSet::new();
            of_cond(&rule.cond, &mut slots);
            for &slot in &slots {
                links.rules.entry(slot).or_default().push(index);
            }
            links.rule_slots.push(slots.into_iter().collect());
        }
        links
    }

    /// What lies within so many steps of the conditions.
    pub(super) fn cone<'a>(&self, conds: impl Iterator<Item = &'a Cond>, limit: usize) -> Cone {
        let mut first = BTreeSet::new();
        conds.for_each(|cond| of_cond(cond, &mut first));
        let mut distance: BTreeMap<u32, usize> = first.iter().map(|&slot| (slot, 0)).collect();
        let mut rules = BTreeSet::new();
        let mut front: Vec<u32> = first.into_iter().collect();
        let mut cut = BTreeSet::new();
        let mut at = 0;
        while !front.is_empty() {
            let mut next = Vec::new();
            for slot in front {
                let needs = self.needs.get(&slot).map_or(&[][..], Vec::as_slice);
                if at >= limit {
                    if !needs.is_empty() || self.rules.contains_key(&slot) {
                        cut.insert(slot);
                    }
                    continue;
                }
                let of_rules =
                    self.rules.get(&slot).into_iter().flatten().filter(|rule| rules.insert(**rule));
                for &need in needs.iter().chain(of_rules.flat_map(|&rule| &self.rule_slots[rule])) {
                    distance.entry(need).or_insert_with(|| {
                        next.push(need);
                        at + 1
                    });
                }
            }
            front = next;
            at += 1;
        }
        Cone { slots: self.sorted(&distance, &cut), cut, rules: rules.into_iter().collect() }
    }

    /// All these slots, those that follow from others after them.
    pub(super) fn order(&self, slots: BTreeSet<u32>) -> Vec<u32> {
        self.sorted(&slots.into_iter().map(|slot| (slot, 0)).collect(), &BTreeSet::new())
    }

    /// Slots after what they need.
    fn sorted(&self, distance: &BTreeMap<u32, usize>, cut: &BTreeSet<u32>) -> Vec<u32> {
        let mut done = BTreeSet::new();
        let mut order = Vec::with_capacity(distance.len());
        for &start in distance.keys() {
            let mut stack = vec![(start, 0)];
            while let Some((slot, index)) = stack.pop() {
                if index == 0 && !done.insert(slot) {
                    continue;
                }
                let needs = match self.needs.get(&slot) {
                    Some(needs) if !cut.contains(&slot) => needs.as_slice(),
                    _ => &[],
                };
                if let Some(&need) = needs.get(index) {
                    stack.push((slot, index + 1));
                    stack.push((need, 0));
                } else {
                    order.push(slot);
                }
            }
        }
        order
    }
}
