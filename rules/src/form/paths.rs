//! A small set of answers that takes every branch of a questionnaire, as cases.

use super::case_text::{Action, CaseDraft, Step, print_cases};
use super::compile::Form;
use super::draft::{Place, Written};
use super::prove::world::World;
use super::slots::{Plan, Role};
use crate::expr::Truth;
use crate::expr::typed::Cond;
use crate::solve::{Answer, Assignment, Demand, Given, Solver, Verdicts, date};

/// Steps all searches may take together.
const STEPS: u64 = 20_000_000;
/// Further branches that one case is asked to take at most.
const TOGETHER: usize = 24;

/// A branch: the condition under which it is taken, and what a case says when it is.
struct Goal {
    cond: Cond,
    name: String,
    seen: Option<Action>,
}

/// Cases that take every branch that can be taken; each says in its name what it is for.
pub fn paths(form: &Form) -> Vec<CaseDraft> {
    let plan = form.plan();
    let world = World::of(plan);
    let solver = Solver::new(&world.full, STEPS);
    let goals = goals(plan, &world);
    let conds: Vec<Cond> = goals.iter().map(|goal| goal.cond.clone()).collect();
    let mut open: Vec<usize> = (0..goals.len()).collect();
    let mut cases = Vec::new();
    while !open.is_empty() {
        let first = open.remove(0);
        let mut demands = vec![wanted(&goals[first])];
        let Answer::Possible(mut found) = solver.ask(&demands) else { continue };
        for &other in open.iter().take(TOGETHER) {
            demands.push(wanted(&goals[other]));
            match solver.ask(&demands) {
                Answer::Possible(more) => found = more,
                Answer::Impossible(_) | Answer::Undecided => {
                    demands.pop();
                }
            }
        }
        let verdicts = solver.verdicts(&conds, &found);
        let taken = |goal: &usize| verdicts[*goal] == Some(Truth::Yes);
        let reached: Vec<usize> =
            std::iter::once(first).chain(open.iter().copied().filter(|goal| taken(goal))).collect();
        open.retain(|goal| !taken(goal));
        let number = cases.len() + 1;
        cases.push(case(plan, number, &found, reached.iter().map(|&goal| &goals[goal])));
    }
    cases
}

/// [`paths`] as a `.cases` text.
pub fn generate(form: &Form) -> String {
    print_cases(&paths(form))
}

fn wanted(goal: &Goal) -> Demand {
    Demand { cond: goal.cond.clone(), verdicts: Verdicts::YES, words: None }
}

fn goals(plan: &Plan, world: &World<'_>) -> Vec<Goal> {
    let mut goals = Vec::new();
    let mut goal = |parts: Vec<Cond>, name: String, seen: Option<Action>| {
        goals.push(Goal { cond: Cond::And(parts), name, seen });
    };
    let lowered = |cond: &Cond| world.bands.cond(cond);
    for (index, unit) in (0..).zip(&plan.units) {
        if unit.group.is_some() {
            continue;
        }
        let shown = world.conditions(index, unit);
        let path = || written(&unit.path);
        if let Some(cond) = unit.show.as_ref().and_then(|guard| guard.expr.cond()) {
            // A page also needs something on it that is shown.
            let says = |action: fn(Vec<Written>) -> Action| (!unit.is_page()).then(|| action(vec![path()]));
            goal(shown.clone(), format!("{}显示", unit.path), says(Action::Visible));
            let cond = lowered(cond);
            let mut parts: Vec<Cond> = shown.iter().filter(|part| **part != cond).cloned().collect();
            parts.push(Cond::Not(Box::new(cond)));
            goal(parts, format!("{}不显示", unit.path), Some(Action::Hidden(vec![path()])));
        }
        let options = unit.slot.and_then(|slot| plan.domain(slot)).map_or(&[][..], |domain| &domain.options);
        for option in options {
            if let Some(cond) = option.show.as_ref().and_then(|guard| guard.expr.cond()) {
                for (cond, word) in [(lowered(cond), "有"), (Cond::Not(Box::new(lowered(cond))), "没有")] {
                    let mut parts = shown.clone();
                    parts.push(cond);
                    goal(parts, format!("{}{word}选项{}", unit.path, option.label), None);
                }
            }
        }
        for (number, jump) in unit.jumps.iter().enumerate() {
            if let Some(taken) = world.taken(index, number) {
                goal(vec![Cond::Truth(taken)], format!("{}跳到{}", unit.path, jump.target), None);
            }
        }
        for line in &unit.lines {
            if let Some(cond) = line.guard.as_ref().and_then(|guard| guard.expr.cond()) {
                let mut parts = shown.clone();
                parts.push(lowered(cond));
                goal(parts, format!("{}写进{}", unit.path, line.section), None);
            }
        }
        for check in &unit.checks {
            if let Some(cond) = check.guard.expr.cond() {
                let mut parts = shown.clone();
                parts.push(Cond::Not(Box::new(lowered(cond))));
                goal(parts, format!("违反{}", unit.path), Some(Action::Broken(path())));
            }
        }
    }
    for (of, bands) in world.bands.iter() {
        for (number, band) in bands.iter().enumerate() {
            let cond = super::prove::first_fit(of, bands, number, band);
            goal(vec![cond], format!("{}第{}级", plan.slot(of).path, number + 1), None);
        }
    }
    goals
}

fn case<'g>(
    plan: &Plan,
    number: usize,
    found: &Assignment,
    reached: impl Iterator<Item = &'g Goal>,
) -> CaseDraft {
    let mut steps = Vec::new();
    for (&slot, given) in found {
        let Some(info) = plan.slots.get(slot as usize).filter(|info| info.group.is_none()) else { continue };
        let Some(value) = value(plan, slot, given) else { continue };
        let (path, value) = (written(&info.path), written(&value));
        steps.push(match info.role {
            Role::Patient => Action::Set(path, value),
            Role::Answer(_) | Role::Rows(..) => Action::Answer(path, value),
            _ => continue,
        });
    }
    let mut names = Vec::new();
    for goal in reached {
        steps.extend(goal.seen.clone());
        names.push(goal.name.as_str());
    }
    let more = names.len().saturating_sub(3);
    names.truncate(3);
    let rest = if more > 0 { format!("等 {} 处", more + 3) } else { String::new() };
    let name = written(&format!("{number} {}{rest}", names.join("、")));
    let steps = steps
        .into_iter()
        .map(|action| Step { action, place: Place::default(), comments: Vec::new() })
        .collect();
    CaseDraft { name, steps, comments: Vec::new() }
}

fn value(plan: &Plan, slot: u32, given: &Given) -> Option<String> {
    let info = plan.slot(slot);
    let label = |index: &u16| match &info.kind {
        crate::expr::Kind::Choice(labels) | crate::expr::Kind::Set(labels) => {
            labels.get(usize::from(*index)).cloned().unwrap_or_default()
        }
        _ => String::new(),
    };
    let quoted = |index: &u16| {
        let label = label(index);
        if label.contains([',', '，', '、']) { format!("「{label}」") } else { label }
    };
    Some(match given {
        Given::Unknown => return None,
        Given::Truth(true) => "是".to_owned(),
        Given::Truth(false) => "否".to_owned(),
        Given::Number(day) if matches!(info.kind, crate::expr::Kind::Date) => date(*day),
        Given::Number(rows) if matches!(info.role, Role::Rows(..)) => format!("{rows}"),
        Given::Number(number) => format!("{number}{}", info.unit_text.as_deref().unwrap_or_default()),
        Given::Choice(index) => label(index),
        Given::Set(chosen) if chosen.is_empty() => return None,
        Given::Set(chosen) => chosen.iter().map(quoted).collect::<Vec<_>>().join(", "),
        Given::Text(text) => text.clone(),
    })
}

fn written(text: &str) -> Written {
    Written { text: text.to_owned(), place: Place::default() }
}
