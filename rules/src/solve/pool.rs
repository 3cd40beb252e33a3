//! Answers made up at random but for good: most conditions are seen to hold or to fail in one of them, and need no
//! search.

use std::collections::{BTreeMap, BTreeSet};

use crate::expr::Truth;
use crate::expr::typed::Cond;

use super::cone::{Links, of_cond};
use super::eval::{Case, verdict};
use super::model::{Assignment, Domain, Given, Problem};
use super::span::multiple;

/// How many are made.
const CASES: u64 = 48;

/// Beyond so many no more are kept.
const MOST: usize = 200;

/// Cases that obey the presence of every variable and every rule.
pub(super) struct Pool<'a> {
    problem: &'a Problem,
    order: Vec<u32>,
    wishes: Wishes<'a>,
    cases: Vec<Case<'a>>,
}

impl<'a> Pool<'a> {
    pub(super) fn of(problem: &'a Problem, links: &Links) -> Self {
        let all: BTreeSet<u32> =
            problem.variables.keys().chain(problem.definitions.keys()).copied().collect();
        let mut pool = Self { problem, order: links.order(all), wishes: wishes(problem), cases: Vec::new() };
        for seed in 0..CASES {
            pool.cases.extend(case(problem, &pool.order, &pool.wishes, seed, &Assignment::new()));
        }
        pool
    }

    /// Completes values that were found, for questions like the one they answer.
    pub(super) fn learn(&mut self, found: &Assignment) {
        if self.cases.len() < MOST {
            self.cases.extend(case(self.problem, &self.order, &self.wishes, 1, found));
        }
    }

    pub(super) fn find(&self, meets: impl FnMut(&&Case<'a>) -> bool) -> Option<&Case<'a>> {
        self.cases.iter().rev().find(meets)
    }
}

/// Conditions for showing something, by the slots they look at.
type Wishes<'p> = BTreeMap<u32, Vec<&'p Cond>>;

fn wishes(problem: &Problem) -> Wishes<'_> {
    let mut wishes = Wishes::new();
    for when in problem.variables.values().filter_map(|variable| variable.when.as_ref()) {
        let mut slots = BTreeSet::new();
        of_cond(when, &mut slots);
        for slot in slots {
            wishes.entry(slot).or_default().push(when);
        }
    }
    wishes
}

/// The value, of a few, that lets most be shown.
fn best(case: &mut Case<'_>, slot: u32, domain: &Domain, wishes: &[&Cond], chance: u64) -> Given {
    let mut best = (0, Given::Unknown);
    for turn in 0..4 {
        let given = value(domain, chance + turn);
        case.give(slot, given.clone());
        let score = wishes.iter().map(|cond| match case.truth(cond) {
            Ok(Truth::Yes) => 2,
            Ok(Truth::Unknown) => 1,
            _ => 0,
        });
        let score = 1 + score.sum::<usize>();
        if score > best.0 {
            best = (score, given);
        }
    }
    best.1
}

fn case<'a>(
    problem: &Problem,
    order: &[u32],
    wishes: &Wishes<'_>,
    seed: u64,
    fixed: &Assignment,
) -> Option<Case<'a>> {
    let mut case = Case::empty();
    for &slot in order {
        let Some(variable) = problem.variables.get(&slot) else {
            case.define(problem, slot).ok()?;
            continue;
        };
        let shown = match &variable.when {
            Some(when) => case.truth(when).ok()? == Truth::Yes,
            None => true,
        };
        let chance = mixed(seed, slot);
        let given = if let Some(given) = fixed.get(&slot) {
            given.clone()
        } else if !shown || (variable.optional && seed.is_multiple_of(3) && chance.is_multiple_of(11)) {
            Given::Unknown
        } else {
            match wishes.get(&slot) {
                Some(wishes) if seed % 3 == 1 || (seed % 3 == 2 && chance % 13 > 3) => {
                    best(&mut case, slot, &variable.domain, wishes, chance / 11)
                }
                _ => value(&variable.domain, chance / 11),
            }
        };
        if given == Given::Unknown && shown && !variable.optional {
            return None;
        }
        case.give(slot, given);
    }
    let kept = problem
        .rules
        .iter()
        .all(|rule| case.truth(&rule.cond).is_ok_and(|truth| verdict(truth).0 & rule.verdicts.0 != 0));
    kept.then_some(case)
}

fn mixed(seed: u64, slot: u32) -> u64 {
    let mut x = (seed << 32 | u64::from(slot)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (x ^ x >> 31) >> 8
}

fn value(domain: &Domain, chance: u64) -> Given {
    let below = |n: u16| u16::try_from(chance % u64::from(n.max(1))).unwrap_or(0);
    match domain {
        Domain::Truth => Given::Truth(chance.is_multiple_of(2)),
        Domain::Choice(0) => Given::Unknown,
        Domain::Choice(labels) => Given::Choice(below(*labels)),
        // One label is within most bounds.
        Domain::Set { labels, least, most, .. } if *labels > 0 && *least <= 1 && *most >= 1 => {
            Given::Set(vec![below(*labels)])
        }
        Domain::Number { low, high, step } if low <= high => {
            let low = if low.is_finite() { *low } else { high.min(0.0) };
            let high = if high.is_finite() { *high } else { low + 100.0 };
            let unit = step.unwrap_or(0.5);
            let at = low + (high - low) * f64::from(below(65)) / 64.0;
            let snapped = multiple((at / unit).round(), unit);
            if (low..=high).contains(&snapped) { Given::Number(snapped) } else { Given::Unknown }
        }
        Domain::Date { low, high } if low <= high => {
            Given::Number((f64::from(*low) + f64::from(*high - *low) * f64::from(below(65)) / 64.0).round())
        }
        _ => Given::Unknown,
    }
}
