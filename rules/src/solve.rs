//! Whether a condition can hold, fail or stay unknown, with values that show it or with a proof that none can.
//!
//! Labels, truths and single numbers are decided exactly; arithmetic soundly: a claim of impossibility follows from
//! real arithmetic, a claim of possibility carries values that were evaluated. What takes too many steps is
//! undecided.

mod backward;
mod calendar;
mod cone;
mod cycle;
mod eval;
mod forward;
mod graph;
mod key;
mod linear;
mod model;
mod pool;
mod search;
mod span;
mod state;
mod texts;
mod words;

#[cfg(test)]
mod cases;

pub use model::{Answer, Assignment, Definition, Demand, Domain, Given, Naming, Problem, Variable, Verdicts};
pub use words::{date, phrase, values};

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use cone::{Cone, Links};
use eval::{Case, verdict};
use graph::Graph;
use pool::Pool;
use search::{Outcome, search};

use crate::expr::typed::{Cond, Num};
use crate::expr::{Order, Truth};

/// Steps one question may take; a step looks at one node of its graph.
const STEPS: u32 = 60_000;
/// With no more slots than this, everything is looked at at once.
const NEAR: usize = 60;
/// Steps from the conditions, tried one after the other.
const WIDTHS: [usize; 2] = [2, usize::MAX];
/// Facts a proof is reduced from at most.
const FACTS: usize = 48;

/// A problem prepared for many questions.
pub struct Solver<'a> {
    problem: &'a Problem,
    links: Links,
    left: Cell<u64>,
    pool: RefCell<Pool<'a>>,
}

impl<'a> Solver<'a> {
    /// Prepares a problem; all questions together may take so many steps.
    pub fn new(problem: &'a Problem, steps: u64) -> Self {
        let links = Links::of(problem);
        let pool = RefCell::new(Pool::of(problem, &links));
        Self { problem, links, left: Cell::new(steps), pool }
    }

    /// The problem.
    pub fn problem(&self) -> &'a Problem {
        self.problem
    }

    /// Whether the condition can have one of these verdicts.
    pub fn can(&self, cond: &Cond, verdicts: Verdicts) -> Answer {
        self.ask(&[Demand { cond: cond.clone(), verdicts, words: None }])
    }

    /// Whether all demands can be met at once. Looks at the neighbourhood first, then at everything that bears on
    /// them.
    pub fn ask(&self, demands: &[Demand]) -> Answer {
        let demands: Vec<&Demand> = demands.iter().collect();
        let seen = self.seen(&demands, |case| {
            let of = |slot: &u32| case.values().get(slot).map(|given| (*slot, given.clone()));
            self.everything(&demands).slots.iter().filter_map(of).collect()
        });
        seen.map_or_else(|| self.searched(&demands, &WIDTHS), Answer::Possible)
    }

    /// Facts that clash when not all demands can be met at once; none when they can, or it is undecided.
    pub fn refute(&self, demands: &[Demand]) -> Option<Vec<String>> {
        let demands: Vec<&Demand> = demands.iter().collect();
        if self.seen(&demands, |_| ()).is_some() {
            return None;
        }
        match self.searched(&demands, &WIDTHS) {
            Answer::Impossible(facts) => Some(facts),
            Answer::Possible(found) => {
                self.pool.borrow_mut().learn(&found);
                None
            }
            Answer::Undecided => None,
        }
    }

    /// The same, looking only at what is near: may miss a clash, never makes one up.
    pub fn cannot_nearby(&self, cond: &Cond, verdicts: Verdicts) -> Option<Vec<String>> {
        let demand = Demand { cond: cond.clone(), verdicts, words: None };
        let demands = [&demand];
        if self.seen(&demands, |_| ()).is_some() {
            return None;
        }
        match self.searched(&demands, &[4]) {
            Answer::Impossible(facts) => Some(facts),
            Answer::Possible(_) | Answer::Undecided => None,
        }
    }

    /// Facts that clash when the condition can have none of these verdicts.
    pub fn cannot(&self, cond: &Cond, verdicts: Verdicts) -> Option<Vec<String>> {
        self.refute(&[Demand { cond: cond.clone(), verdicts, words: None }])
    }

    /// What is made of a case that meets the demands, if one is at hand.
    fn seen<T>(&self, demands: &[&Demand], make: impl FnOnce(&Case<'a>) -> T) -> Option<T> {
        let met = |case: &Case<'_>, demand: &Demand| {
            case.truth(&demand.cond).is_ok_and(|truth| verdict(truth).0 & demand.verdicts.0 != 0)
        };
        let pool = self.pool.borrow();
        pool.find(|case| demands.iter().all(|demand| met(case, demand))).map(make)
    }

    fn everything(&self, demands: &[&Demand]) -> Cone {
        self.links.cone(demands.iter().map(|demand| &demand.cond), usize::MAX)
    }

    fn searched(&self, demands: &[&Demand], widths: &[usize]) -> Answer {
        let near = self.everything(demands).slots.len() <= NEAR;
        for &limit in if near { &[usize::MAX] } else { widths } {
            let cone = self.links.cone(demands.iter().map(|demand| &demand.cond), limit);
            let graph = Graph::of(self.problem, demands, &cone);
            if graph.beyond {
                return Answer::Undecided;
            }
            let all: Vec<usize> = (0..graph.roots.len()).collect();
            let whole = cone.cut.is_empty();
            match self.run(&graph, &all, &mut |found| !whole || self.holds(demands, &cone, found)) {
                Outcome::Clash => return Answer::Impossible(self.core(&graph, all)),
                Outcome::Found(found) if whole => return Answer::Possible(found),
                Outcome::GivenUp if whole => return Answer::Undecided,
                Outcome::Found(_) | Outcome::GivenUp => {}
            }
        }
        Answer::Undecided
    }

    /// The verdicts of many conditions under these values; none beyond what is modelled.
    pub fn verdicts(&self, conds: &[Cond], given: &Assignment) -> Vec<Option<Truth>> {
        let cone = self.links.cone(conds.iter(), usize::MAX);
        match Case::of(self.problem, given, &cone.slots) {
            Ok(case) => conds.iter().map(|cond| case.truth(cond).ok()).collect(),
            Err(_) => vec![None; conds.len()],
        }
    }

    /// Whether two conditions have anything to do with each other.
    pub fn touch(&self, a: &Cond, b: &Cond) -> bool {
        let of = |cond: &Cond| self.links.cone(std::iter::once(cond), usize::MAX).slots;
        let b: BTreeSet<u32> = of(b).into_iter().collect();
        of(a).iter().any(|slot| b.contains(slot))
    }

    /// The number under these values.
    pub fn number(&self, num: &Num, given: &Assignment) -> Option<f64> {
        let cone = self.links.cone(std::iter::once(&compared(num)), usize::MAX);
        Case::of(self.problem, given, &cone.slots).and_then(|case| case.number(num)).ok().flatten()
    }

    /// Ends between which a number lies when it is known; it need not reach them.
    pub fn reach(&self, num: &Num) -> Option<(f64, f64)> {
        let cone = self.links.cone(std::iter::once(&compared(num)), usize::MAX);
        let mut graph = Graph::of(self.problem, &[], &cone);
        let id = linear::num(&mut graph, num);
        search::span(&graph, id).filter(|span| !span.is_empty()).map(|span| (span.low, span.high))
    }

    fn run(&self, graph: &Graph, roots: &[usize], accepts: &mut dyn FnMut(&Assignment) -> bool) -> Outcome {
        let left = self.left.get();
        let most = u32::try_from(left).unwrap_or(u32::MAX).min(STEPS);
        let mut steps = most;
        let outcome = search(graph, roots, &mut steps, accepts);
        self.left.set(left.saturating_sub(u64::from(most - steps)));
        outcome
    }

    /// Whether the values meet the demands, the rules and the presence of every variable, by plain evaluation.
    fn holds(&self, demands: &[&Demand], cone: &Cone, found: &Assignment) -> bool {
        let Ok(case) = Case::of(self.problem, found, &cone.slots) else { return false };
        let rules = cone.rules.iter().map(|&rule| &self.problem.rules[rule]);
        let met = |demand: &Demand| {
            case.truth(&demand.cond).is_ok_and(|truth| verdict(truth).0 & demand.verdicts.0 != 0)
        };
        let present = |slot: &u32| {
            let Some(variable) = self.problem.variables.get(slot) else { return true };
            let shown = match &variable.when {
                Some(when) => case.truth(when).is_ok_and(|truth| truth == Truth::Yes),
                None => true,
            };
            let known = found.get(slot).is_some_and(|given| *given != Given::Unknown);
            if known { shown } else { !shown || variable.optional }
        };
        demands.iter().copied().chain(rules).all(met) && cone.slots.iter().all(present)
    }

    /// Facts that clash, none of which could be left out.
    fn core(&self, graph: &Graph, mut facts: Vec<usize>) -> Vec<String> {
        let named = |facts: &[usize]| facts.iter().filter(|&&fact| graph.roots[fact].words.is_some()).count();
        if named(&facts) > FACTS {
            // Halves first: most facts of a wide neighbourhood have nothing to do with it.
            let mut size = facts.len() / 2;
            while size >= 4 && named(&facts) > FACTS {
                let mut start = 0;
                while start < facts.len() {
                    let end = (start + size).min(facts.len());
                    let rest: Vec<usize> = [&facts[..start], &facts[end..]].concat();
                    if self.clashes(graph, &rest) { facts = rest } else { start = end }
                }
                size /= 2;
            }
        }
        let mut index = facts.len();
        while index > 0 && facts.len() > 1 {
            index -= 1;
            let mut rest = facts.clone();
            rest.remove(index);
            if graph.roots[facts[index]].words.is_some() && self.clashes(graph, &rest) {
                facts = rest;
            }
        }
        let mut words: Vec<String> =
            facts.iter().filter_map(|&fact| graph.roots[fact].words.clone()).collect();
        words.dedup();
        words
    }

    fn clashes(&self, graph: &Graph, facts: &[usize]) -> bool {
        matches!(self.run(graph, facts, &mut |_| true), Outcome::Clash)
    }
}

/// A condition that looks at what a number looks at.
fn compared(num: &Num) -> Cond {
    Cond::Compare(num.clone(), Order::Equal, Num::Const(0.0))
}
