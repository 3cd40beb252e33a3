//! What a verdict rests on, and what could still change it.

use super::{
    eval::Scene,
    tree::Order,
    truth::Truth,
    typed::Cond,
    vocabulary::{Facts, Kind, Value},
    walk::{bounds, distinct, slots_of},
};

/// Completions tried at most when a variable stands in several places.
const MAX_COMPLETIONS: usize = 4096;

/// Unknown slots that can still change an unknown verdict, in order of appearance.
///
/// Where every open slot stands in one place this is exact by itself. Otherwise completions are tried, unless
/// they are too many: then all open slots are given.
pub(super) fn missing<F: Facts + ?Sized>(
    cond: &Cond,
    variables: &[(u32, Kind)],
    scene: &Scene<'_, F>,
) -> Vec<u32> {
    let mut all = Vec::new();
    open_slots(cond, scene, &mut all);
    all.retain(|slot| scene.facts.value(*slot) == Value::Unknown);
    let slots = distinct(all.iter().copied());
    if slots.len() == all.len() {
        return slots;
    }
    match completions(cond, variables, &slots) {
        Some(values) => pivotal(cond, scene, &slots, &values),
        None => slots,
    }
}

/// Slots that make a verdict yes, in order of appearance.
pub(super) fn reasons<F: Facts + ?Sized>(cond: &Cond, scene: &Scene<'_, F>) -> Vec<u32> {
    let mut slots = Vec::new();
    if scene.truth(cond) == Truth::Yes {
        witness(cond, true, scene, &mut slots);
    }
    slots.retain(|slot| scene.facts.value(*slot) != Value::Unknown || scene.facts.rows(*slot) > 0);
    distinct(slots)
}

/// Slots of unknown tests reached through unknown parts only: what is settled above them no longer matters.
fn open_slots<F: Facts + ?Sized>(cond: &Cond, scene: &Scene<'_, F>, slots: &mut Vec<u32>) {
    if scene.truth(cond) != Truth::Unknown {
        return;
    }
    match cond {
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
        test => slots_of(test, slots),
    }
}

/// Slots of the tests that make `cond` come out as `wanted`, given that it does.
fn witness<F: Facts + ?Sized>(cond: &Cond, wanted: bool, scene: &Scene<'_, F>, slots: &mut Vec<u32>) {
    match cond {
        Cond::Not(of) => witness(of, !wanted, scene, slots),
        Cond::And(of) | Cond::Or(of) => {
            for part in of.iter().filter(|part| scene.truth(part) == wanted.into()) {
                witness(part, wanted, scene, slots);
            }
        }
        Cond::Same(left, right) => {
            for part in [left, right] {
                let is_yes = scene.truth(part) == Truth::Yes;
                witness(part, is_yes, scene, slots);
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
        test => slots_of(test, slots),
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
