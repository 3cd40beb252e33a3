//! Findings about a questionnaire that need a proof: what can never be reached, never hold, never be answered.
//!
//! Every finding carries the facts that clash, or answers that show it. Answers of required questions count as
//! possibly missing, so nothing is claimed that only holds once the form is complete.
//!
//! - FP001 an item that is never shown
//! - FP002 a condition that never holds
//! - FP003 a condition that always holds once its answers are there
//! - FP004 a part of a condition that never holds
//! - FP005 a part of a condition that the rest already says
//! - FP006 a jump that is never taken
//! - FP007 two jumps with the same condition
//! - FP008 a comparison beyond what its value can reach
//! - FP009 a question that can never be answered
//! - FP010 a constraint that can never be broken
//! - FP011 a constraint that is always broken
//! - FP012 a branch of a formula that is never taken
//! - FP013 a computed value that is never known
//! - FP014 a band that is never reached
//! - FP015 a gap between bands
//! - FP016 bands that overlap
//! - FP017 an option that can never be chosen
//! - FP018 a name that hides another one
//! - FP019 a question without a text
//! - FP020 a hidden computed value that nothing uses
//! - FP021 an initial value that could not be given as an answer
//! - FP022 exclusive options that say nothing, or forbid the number of choices asked for
//! - FP023 a format that no text of the allowed length has
//! - FP024 a form or a page without anything on it
//! - FP025 a line of the record, or a band, written twice
//! - FP026 a line of the record that quotes what is never known when it is written
//! - FP027 a divisor that may be zero
//!
//! Impossible is also what only happens while a required question is unanswered or a constraint broken: such a
//! form cannot be handed in.

mod bands;
mod guards;
mod lower;
mod reach;
mod unused;
pub(super) mod world;
mod written;

#[cfg(test)]
mod cases;

use std::collections::BTreeSet;

use kb::Fault;

use super::compile::Form;
use super::draft::{Kind as ItemKind, Place};
use super::slots::{Plan, UnitKind};
use crate::expr::typed::Cond;
use crate::solve::{Assignment, Demand, Solver, Verdicts, values};

pub(super) use lower::first_fit;

use world::{STEPS, World, title};

/// Everything that can be proved wrong with a questionnaire, by place.
pub fn prove(form: &Form) -> Vec<Fault> {
    let plan = form.plan();
    let world = World::of(plan);
    let finished = world.finished_problem();
    let mut prover = Prover {
        plan,
        world: &world,
        full: Solver::new(&world.full, STEPS),
        bare: Solver::new(&world.bare, STEPS),
        finished: finished.as_ref().map(|problem| Solver::new(problem, STEPS)),
        faults: Vec::new(),
        dead: BTreeSet::new(),
    };
    if let Some(guard) = &plan.applies {
        prover.applies(guard);
    }
    for (index, unit) in (0..).zip(&plan.units) {
        if unit.parent.is_some_and(|parent| prover.dead.contains(&parent)) {
            prover.dead.insert(index);
            continue;
        }
        prover.unit(index, unit);
    }
    prover.empty();
    prover.bands();
    prover.names();
    prover.unused();
    let mut faults = prover.faults;
    faults.sort_by(|a, b| (a.line, a.column, a.code).cmp(&(b.line, b.column, b.code)));
    faults.dedup();
    faults
}

/// What proving needs.
struct Prover<'w> {
    plan: &'w Plan,
    world: &'w World<'w>,
    /// With what is shown and hidden.
    full: Solver<'w>,
    /// Only ranges and formulas.
    bare: Solver<'w>,
    /// As it can be handed in; none when nothing is required or constrained.
    finished: Option<Solver<'w>>,
    faults: Vec<Fault>,
    /// Units that are never shown.
    dead: BTreeSet<u32>,
}

impl Prover<'_> {
    fn error(&mut self, place: Place, code: &'static str, message: String, witness: String, hint: &str) {
        let fault = Fault::error(&self.plan.file, place.line, code, message);
        self.faults.push(fault.at_column(place.column.max(1)).with_witness(witness).with_hint(hint));
    }

    fn warning(&mut self, place: Place, code: &'static str, message: String, witness: String, hint: &str) {
        let fault = Fault::warning(&self.plan.file, place.line, code, message);
        self.faults.push(fault.at_column(place.column.max(1)).with_witness(witness).with_hint(hint));
    }

    /// Why all of these cannot hold together; none when they can, or it is undecided.
    fn clash(&self, conds: &[Cond]) -> Option<String> {
        let demands: Vec<Demand> = conds.iter().map(|cond| demand(cond.clone(), Verdicts::YES)).collect();
        self.never(&demands)
    }

    /// Why no form has all of these, first of any that is being filled in, then of those that can be handed in.
    fn never(&self, demands: &[Demand]) -> Option<String> {
        proof(self.full.refute(demands)).or_else(|| {
            let proof = proof(self.finished.as_ref()?.refute(demands))?;
            Some(format!("必答都答了、约束都满足时，{proof}"))
        })
    }

    fn shown(&self, assignment: &Assignment) -> String {
        format!("例如：{}", values(&self.world.full, assignment))
    }

    /// Names of items in a group that hide others, and texts that are missing.
    fn names(&mut self) {
        for (index, unit) in (0_u32..).zip(&self.plan.units) {
            if let Some(group) = unit.group
                && matches!(unit.kind, UnitKind::Item(_))
                && let Some(short) = unit.path.strip_prefix(&format!("{}.", self.plan.slot(group).path))
                && let Some(other) = self.plan.named(short)
                && other.unit != Some(index)
            {
                let line = other.unit.map_or(0, |unit| self.plan.unit(unit).place.line);
                let message = format!(
                    "组里的“{short}”和组外（第 {line} 行）的同名：组里的条件写“{short}”时指的是组里这一题"
                );
                let witness = format!("“{short}”在组里是“{}”，在组外是“{short}”", unit.path);
                self.warning(unit.place, "FP018", message, witness, "给其中一个换个名字");
            }
            let asks = matches!(
                unit.kind,
                UnitKind::Item(kind) if !matches!(
                    kind,
                    ItemKind::Page | ItemKind::Group | ItemKind::Computed | ItemKind::Constraint
                )
            );
            if asks && unit.text.pieces.is_empty() {
                let message = format!("{}没有文字，患者看不到要答什么", title(unit));
                self.error(unit.place, "FP019", message, "文字是空的".to_owned(), "在名字后面写上要问的话");
            }
        }
    }
}

fn demand(cond: Cond, verdicts: Verdicts) -> Demand {
    Demand { cond, verdicts, words: None }
}

fn proof(clash: Option<Vec<String>>) -> Option<String> {
    clash.map(|facts| match facts.as_slice() {
        [] => "没有任何答案能做到".to_owned(),
        facts => format!("同时要求：{}", facts.join("；")),
    })
}
