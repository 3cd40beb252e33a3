//! What a verdict rests on, and what could still change it.

use super::{
    code::Code,
    logic::{Logic, Test},
    tree::Order,
    truth::Truth,
    vocabulary::{Facts, Value},
};

/// Completions tried at most when a variable stands in several places.
const MAX_COMPLETIONS: usize = 4096;

/// Unknown slots that can still change an unknown verdict, in order of appearance.
///
/// Where every open slot stands in one place this is exact by itself. Otherwise completions are tried, unless
/// they are too many: then all open slots are given.
pub(super) fn missing<F: Facts + ?Sized>(logic: &Logic, code: &Code, facts: &F) -> Vec<u32> {
    let mut tests = Vec::new();
    open_tests(logic, facts, &mut tests);
    let all: Vec<u32> =
        tests.iter().flat_map(|test| test.slots()).filter(|slot| is_unknown(facts, *slot)).collect();
    let slots = distinct(all.iter().copied());
    if slots.len() == all.len() {
        return slots;
    }
    match completions(logic, &slots) {
        Some(values) => pivotal(code, facts, &slots, &values),
        None => slots,
    }
}

/// Slots that make a verdict yes, in order of appearance.
pub(super) fn reasons<F: Facts + ?Sized>(logic: &Logic, facts: &F) -> Vec<u32> {
    let mut tests = Vec::new();
    if truth(logic, facts) == Truth::Yes {
        witness(logic, true, facts, &mut tests);
    }
    distinct(tests.iter().flat_map(|test| test.slots()).filter(|slot| !is_unknown(facts, *slot)))
}

/// Each once, in order of first appearance.
pub(super) fn distinct(slots: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut seen = Vec::new();
    for slot in slots {
        if !seen.contains(&slot) {
            seen.push(slot);
        }
    }
    seen
}

fn is_unknown<F: Facts + ?Sized>(facts: &F, slot: u32) -> bool {
    facts.value(slot) == Value::Unknown
}

pub(super) fn truth<F: Facts + ?Sized>(logic: &Logic, facts: &F) -> Truth {
    match logic {
        Logic::Test(test) => test.eval(facts),
        Logic::Not(of) => !truth(of, facts),
        Logic::And(of) => every(of.iter().map(|part| truth(part, facts))),
        Logic::Or(of) => !every(of.iter().map(|part| !truth(part, facts))),
        Logic::Same(left, right) => match (truth(left, facts), truth(right, facts)) {
            (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
            (left, right) => (left == right).into(),
        },
        Logic::Count(of, bound) => {
            let (mut least, mut most) = (0, 0);
            for part in of {
                let part = truth(part, facts);
                least += u32::from(part == Truth::Yes);
                most += u32::from(part != Truth::No);
            }
            bound.holds(least, most)
        }
    }
}

fn every(truths: impl Iterator<Item = Truth>) -> Truth {
    let mut verdict = Truth::Yes;
    for truth in truths {
        match truth {
            Truth::No => return Truth::No,
            Truth::Unknown => verdict = Truth::Unknown,
            Truth::Yes => {}
        }
    }
    verdict
}

/// Unknown tests reached through unknown parts only: what is settled above them no longer matters.
fn open_tests<F: Facts + ?Sized>(logic: &Logic, facts: &F, tests: &mut Vec<Test>) {
    if truth(logic, facts) != Truth::Unknown {
        return;
    }
    match logic {
        Logic::Test(test) => tests.push(*test),
        Logic::Not(of) => open_tests(of, facts, tests),
        Logic::And(of) | Logic::Or(of) | Logic::Count(of, _) => {
            for part in of {
                open_tests(part, facts, tests);
            }
        }
        Logic::Same(left, right) => {
            open_tests(left, facts, tests);
            open_tests(right, facts, tests);
        }
    }
}

/// The tests that make `logic` come out as `wanted`, given that it does.
fn witness<F: Facts + ?Sized>(logic: &Logic, wanted: bool, facts: &F, tests: &mut Vec<Test>) {
    let mut agreeing = |of: &[Logic], wanted: bool| {
        for part in of.iter().filter(|part| truth(part, facts) == wanted.into()) {
            witness(part, wanted, facts, tests);
        }
    };
    match logic {
        Logic::Test(test) => tests.push(*test),
        Logic::Not(of) => witness(of, !wanted, facts, tests),
        Logic::And(of) | Logic::Or(of) => agreeing(of, wanted),
        Logic::Same(left, right) => {
            for part in [left, right] {
                let is_yes = truth(part, facts) == Truth::Yes;
                witness(part, is_yes, facts, tests);
            }
        }
        Logic::Count(of, bound) => {
            let (needs_yes, needs_no) = match bound.order {
                Order::Greater | Order::AtLeast => (wanted, !wanted),
                Order::Less | Order::AtMost => (!wanted, wanted),
                Order::Equal | Order::Unequal => (true, true),
            };
            for part in of {
                match truth(part, facts) {
                    Truth::Yes if needs_yes => witness(part, true, facts, tests),
                    Truth::No if needs_no => witness(part, false, facts, tests),
                    _ => {}
                }
            }
        }
    }
}

/// For each slot the values worth telling apart; none when they are too many or depend on each other.
fn completions(logic: &Logic, slots: &[u32]) -> Option<Vec<Vec<Value>>> {
    let tests = logic.tests();
    let mut n_completions = 1usize;
    let mut all = Vec::new();
    for slot in slots {
        let values = values(&tests, *slot)?;
        n_completions = n_completions.checked_mul(values.len()).filter(|n| *n <= MAX_COMPLETIONS)?;
        all.push(values);
    }
    Some(all)
}

fn values(tests: &[Test], slot: u32) -> Option<Vec<Value>> {
    let mut bounds: Vec<f64> = Vec::new();
    let mut values = Vec::new();
    for test in tests.iter().filter(|test| test.slots().any(|other| other == slot)) {
        match *test {
            Test::Is(_) => values = vec![Value::Truth(true), Value::Truth(false)],
            Test::Choice { n, .. } => values = (0..n).map(Value::Choice).collect(),
            Test::Number { value, .. } => bounds.push(value),
            Test::Numbers { .. } => return None,
            Test::Known(_) | Test::Constant(_) => {}
        }
    }
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    if let (Some(first), Some(last)) = (bounds.first(), bounds.last()) {
        values.push(Value::Number(first - first.abs() - 1.0));
        values.push(Value::Number(last + last.abs() + 1.0));
        values.extend(bounds.windows(2).map(|pair| Value::Number(f64::midpoint(pair[0], pair[1]))));
        values.extend(bounds.iter().copied().map(Value::Number));
    }
    Some(values)
}

/// The facts with some unknown slots filled in.
struct Filled<'a, F: ?Sized> {
    facts: &'a F,
    slots: &'a [u32],
    values: Vec<Value>,
}

impl<F: Facts + ?Sized> Facts for Filled<'_, F> {
    fn value(&self, slot: u32) -> Value {
        match self.slots.iter().position(|other| *other == slot) {
            Some(index) => self.values[index],
            None => self.facts.value(slot),
        }
    }
}

/// Slots of which two values give different verdicts under some completion of the others.
fn pivotal<F: Facts + ?Sized>(code: &Code, facts: &F, slots: &[u32], values: &[Vec<Value>]) -> Vec<u32> {
    let n_completions: usize = values.iter().map(Vec::len).product();
    let verdicts: Vec<Truth> = (0..n_completions)
        .map(|mut number| {
            let chosen = values.iter().map(|values| {
                let value = values[number % values.len()];
                number /= values.len();
                value
            });
            code.eval(&Filled { facts, slots, values: chosen.collect() })
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
