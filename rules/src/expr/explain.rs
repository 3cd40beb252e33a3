//! What a verdict rests on, and what could still change it.

use super::{
    eval::{Scene, day},
    tree::Order,
    truth::Truth,
    typed::{Cond, Fold, Num},
    vocabulary::{Facts, Kind, Value},
    walk::{bounds, distinct, operands},
};

/// Completions tried at most when a variable stands in several places.
const MAX_COMPLETIONS: usize = 4096;

/// Unknown slots that can still change an unknown verdict, in order of appearance.
///
/// Where every open slot stands in one place this is exact by itself. Otherwise completions are tried, unless
/// they are too many or the slot holds a set, a text or rows: then all open slots are given.
pub(super) fn missing<F: Facts + ?Sized>(
    cond: &Cond,
    variables: &[(u32, Kind)],
    scene: &Scene<'_, F>,
) -> Vec<u32> {
    let mut all = Vec::new();
    open_slots(cond, scene, &mut all);
    let slots = distinct(all.iter().copied());
    if slots.len() == all.len() {
        return slots;
    }
    match completions(cond, variables, &slots) {
        Some(values) => pivotal(cond, scene, &slots, &values),
        None => slots,
    }
}

/// Unknown slots a number waits for, in order of appearance.
pub(super) fn missing_for<F: Facts + ?Sized>(num: &Num, scene: &Scene<'_, F>) -> Vec<u32> {
    let mut slots = Vec::new();
    open_number(num, scene, &mut slots);
    distinct(slots)
}

/// Slots that make a verdict yes, in order of appearance.
pub(super) fn reasons<F: Facts + ?Sized>(cond: &Cond, scene: &Scene<'_, F>) -> Vec<u32> {
    let mut slots = Vec::new();
    if scene.truth(cond) == Truth::Yes {
        witness(cond, true, scene, &mut slots);
    }
    distinct(slots)
}

/// Slots a number is made of, in order of appearance; empty while it is unknown.
pub(super) fn reasons_of<F: Facts + ?Sized>(num: &Num, scene: &Scene<'_, F>) -> Vec<u32> {
    let mut slots = Vec::new();
    if scene.number(num).is_some() {
        parts_of(num, scene, &mut slots);
    }
    distinct(slots)
}

/// Slots of unknown tests reached through unknown parts only: what is settled above them no longer matters.
fn open_slots<F: Facts + ?Sized>(cond: &Cond, scene: &Scene<'_, F>, slots: &mut Vec<u32>) {
    if scene.truth(cond) != Truth::Unknown {
        return;
    }
    match cond {
        Cond::Const(_) => {}
        Cond::Not(of) => open_slots(of, scene, slots),
        Cond::And(of) | Cond::Or(of) | Cond::Count(of, ..) => {
            for part in of {
                open_slots(part, scene, slots);
            }
        }
        Cond::Same(left, right) => {
            open_slots(left, scene, slots);
            open_slots(right, scene, slots);
        }
        Cond::Compare(left, _, right) => {
            open_number(left, scene, slots);
            open_number(right, scene, slots);
        }
        Cond::Rows { group, of, .. } => {
            for row in scene.rows(*group) {
                open_slots(of, &row, slots);
            }
        }
        Cond::Truth(slot)
        | Cond::In(slot, _)
        | Cond::Has(slot, _)
        | Cond::Text(slot, _)
        | Cond::Known(slot) => slots.extend(scene.is_unknown(*slot).then_some(*slot)),
    }
}

fn open_number<F: Facts + ?Sized>(num: &Num, scene: &Scene<'_, F>, slots: &mut Vec<u32>) {
    if scene.number(num).is_some() {
        return;
    }
    match num {
        Num::Const(_) => {}
        Num::Var(slot) | Num::Score(slot, _) | Num::Size(slot) => {
            slots.extend(scene.is_unknown(*slot).then_some(*slot));
        }
        Num::If(cond, yes, no) => {
            let truth = scene.truth(cond);
            open_slots(cond, scene, slots);
            if truth != Truth::No {
                open_number(yes, scene, slots);
            }
            if truth != Truth::Yes {
                open_number(no, scene, slots);
            }
        }
        Num::Count(of) => {
            for part in of {
                open_slots(part, scene, slots);
            }
        }
        Num::Rows { group, fold, when, of } => {
            for row in scene.rows(*group) {
                let truth = when.as_deref().map_or(Truth::Yes, |when| {
                    open_slots(when, &row, slots);
                    row.truth(when)
                });
                if truth != Truth::No && *fold != Fold::Count {
                    open_number(of, &row, slots);
                }
            }
        }
        whole => {
            for part in operands(whole) {
                open_number(part, scene, slots);
            }
        }
    }
}

/// Slots of the tests that make `cond` come out as `wanted`, given that it does.
fn witness<F: Facts + ?Sized>(cond: &Cond, wanted: bool, scene: &Scene<'_, F>, slots: &mut Vec<u32>) {
    match cond {
        Cond::Const(_) => {}
        Cond::Not(of) => witness(of, !wanted, scene, slots),
        Cond::And(of) | Cond::Or(of) => {
            for part in of.iter().filter(|part| scene.truth(part) == wanted.into()) {
                witness(part, wanted, scene, slots);
            }
        }
        Cond::Same(left, right) => {
            for part in [left, right] {
                settled(part, scene, slots);
            }
        }
        Cond::Count(of, order, _) => {
            let (needs_yes, needs_no) = match order {
                Order::Greater | Order::AtLeast => (wanted, !wanted),
                Order::Less | Order::AtMost => (!wanted, wanted),
                Order::Equal | Order::Unequal => (true, true),
            };
            for part in of {
                match scene.truth(part) {
                    Truth::Yes if needs_yes => witness(part, true, scene, slots),
                    Truth::No if needs_no => witness(part, false, scene, slots),
                    _ => {}
                }
            }
        }
        Cond::Compare(left, _, right) => {
            parts_of(left, scene, slots);
            parts_of(right, scene, slots);
        }
        Cond::Rows { group, of, .. } => {
            for row in scene.rows(*group).filter(|row| row.truth(of) == wanted.into()) {
                slots.push(*group);
                witness(of, wanted, &row, slots);
            }
        }
        Cond::Truth(slot)
        | Cond::In(slot, _)
        | Cond::Has(slot, _)
        | Cond::Text(slot, _)
        | Cond::Known(slot) => slots.extend((!scene.is_unknown(*slot)).then_some(*slot)),
    }
}

/// Slots of the tests that settle a condition either way.
fn settled<F: Facts + ?Sized>(cond: &Cond, scene: &Scene<'_, F>, slots: &mut Vec<u32>) {
    match scene.truth(cond) {
        Truth::Yes => witness(cond, true, scene, slots),
        Truth::No => witness(cond, false, scene, slots),
        Truth::Unknown => {}
    }
}

/// Slots a known number is made of.
fn parts_of<F: Facts + ?Sized>(num: &Num, scene: &Scene<'_, F>, slots: &mut Vec<u32>) {
    match num {
        Num::Const(_) => {}
        Num::Var(slot) | Num::Score(slot, _) | Num::Size(slot) => {
            slots.extend((!scene.is_unknown(*slot)).then_some(*slot));
        }
        Num::If(cond, yes, no) => {
            settled(cond, scene, slots);
            let taken = if scene.truth(cond) == Truth::Yes { yes } else { no };
            parts_of(taken, scene, slots);
        }
        Num::Count(of) => {
            for part in of {
                settled(part, scene, slots);
            }
        }
        Num::Rows { group, fold, when, of } => {
            for row in scene.rows(*group) {
                slots.push(*group);
                if let Some(when) = when {
                    settled(when, &row, slots);
                }
                if *fold != Fold::Count && when.as_ref().is_none_or(|when| row.truth(when) == Truth::Yes) {
                    parts_of(of, &row, slots);
                }
            }
        }
        whole => {
            for part in operands(whole) {
                parts_of(part, scene, slots);
            }
        }
    }
}

type Values = Vec<Value<'static>>;

/// For each slot the values worth telling apart; none when they are too many or depend on each other.
fn completions(cond: &Cond, variables: &[(u32, Kind)], slots: &[u32]) -> Option<Vec<Values>> {
    let mut n_completions = 1usize;
    let mut all = Vec::new();
    for slot in slots {
        let (_, kind) = variables.iter().find(|(other, _)| other == slot)?;
        let values = values(cond, *slot, kind)?;
        n_completions = n_completions.checked_mul(values.len()).filter(|n| *n <= MAX_COMPLETIONS)?;
        all.push(values);
    }
    Some(all)
}

fn values(cond: &Cond, slot: u32, kind: &Kind) -> Option<Values> {
    match kind {
        Kind::Truth => Some(vec![Value::Truth(true), Value::Truth(false)]),
        Kind::Choice(labels) => {
            let mut constants = Vec::new();
            bounds(cond, slot, &mut constants)?;
            Some((0..u16::try_from(labels.len()).ok()?).map(Value::Choice).collect())
        }
        Kind::Date => {
            let mut constants = Vec::new();
            bounds(cond, slot, &mut constants)?;
            let around = |bound: f64| [-1, 0, 1].map(|step| day(bound).map(|day| Value::Date(day + step)));
            constants.into_iter().flat_map(around).collect()
        }
        Kind::Number { .. } => {
            let mut constants = Vec::new();
            bounds(cond, slot, &mut constants)?;
            constants.sort_by(f64::total_cmp);
            constants.dedup();
            let (first, last) = (constants.first()?, constants.last()?);
            let mut values =
                vec![Value::Number(first - first.abs() - 1.0), Value::Number(last + last.abs() + 1.0)];
            values.extend(constants.windows(2).map(|pair| Value::Number(f64::midpoint(pair[0], pair[1]))));
            values.extend(constants.iter().copied().map(Value::Number));
            Some(values)
        }
        _ => None,
    }
}

/// The facts with some unknown slots filled in.
struct Filled<'a, F: ?Sized> {
    facts: &'a F,
    slots: &'a [u32],
    values: Values,
}

impl<F: Facts + ?Sized> Facts for Filled<'_, F> {
    fn value(&self, slot: u32) -> Value<'_> {
        match self.slots.iter().position(|other| *other == slot) {
            Some(index) => self.values[index],
            None => self.facts.value(slot),
        }
    }

    fn rows(&self, group: u32) -> usize {
        self.facts.rows(group)
    }

    fn item(&self, slot: u32, row: usize) -> Value<'_> {
        self.facts.item(slot, row)
    }
}

/// Slots of which two values give different verdicts under some completion of the others.
fn pivotal<F: Facts + ?Sized>(
    cond: &Cond,
    scene: &Scene<'_, F>,
    slots: &[u32],
    values: &[Values],
) -> Vec<u32> {
    let n_completions: usize = values.iter().map(Vec::len).product();
    let verdicts: Vec<Truth> = (0..n_completions)
        .map(|mut number| {
            let chosen = values.iter().map(|values| {
                let value = values[number % values.len()];
                number /= values.len();
                value
            });
            let filled = Filled { facts: scene.facts, slots, values: chosen.collect() };
            Scene::new(&filled, scene.patterns).truth(cond)
        })
        .collect();
    let mut stride = 1;
    let mut pivotal = Vec::new();
    for (slot, values) in slots.iter().zip(values) {
        let is_pivotal = (0..n_completions)
            .filter(|number| (number / stride) % values.len() == 0)
            .any(|number| (1..values.len()).any(|step| verdicts[number + step * stride] != verdicts[number]));
        if is_pivotal {
            pivotal.push(*slot);
        }
        stride *= values.len();
    }
    pivotal
}
