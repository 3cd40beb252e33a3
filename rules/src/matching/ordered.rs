//! Ordered rules: the first that holds, or all that hold, by priority and place.

use kb::Fault;

use super::{
    Targets,
    condition::{Condition, Label, needed, only},
    datum::Bound,
    read::Sheet,
    scope::Scope,
    trace::Outcome,
};
use crate::expr::{Truth, typed};

/// A list of rules in the order in which they are tried.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ordered {
    rules: Vec<Rule>,
    /// All that hold instead of the first.
    all: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    label: Label,
    condition: Condition,
    results: Vec<String>,
    priority: f64,
}

impl Ordered {
    pub(super) fn read(sheet: &mut Sheet<'_>, scope: &Scope, targets: Option<&dyn Targets>) -> Self {
        let all = sheet.word("取", &[("首条", "first"), ("全部", "all")]) == 1;
        only(sheet, &["编号", "id", "条件", "when", "结果", "result", "理由", "reason", "优先", "priority"]);
        let labels = Label::read(sheet);
        let columns = (needed(sheet, &["条件", "when"]), needed(sheet, &["结果", "result"]));
        let priority = sheet.rules.column(&["优先", "priority"]);
        let (Some(when), Some(result)) = columns else { return Self { rules: Vec::new(), all } };
        let mut rules = Vec::new();
        for (label, row) in labels.into_iter().zip(sheet.rules.rows.clone()) {
            let (Some(when), Some(result)) = (row.get(when), row.get(result)) else { continue };
            let condition = Condition::read(sheet, scope, when);
            let results = sheet.targets(result, targets);
            let priority = match priority.and_then(|at| row.get(at)) {
                Some(cell) if !matches!(cell.text.as_str(), "" | "-") => {
                    let number = cell.text.parse::<f64>().ok().filter(|number| number.is_finite());
                    if number.is_none() {
                        sheet.refuse(cell, "MT011", "优先写成一个数，大的先试；不写算 0");
                    }
                    number.unwrap_or(0.0)
                }
                _ => 0.0,
            };
            rules.extend(condition.map(|condition| Rule { label, condition, results, priority }));
        }
        rules.sort_by(|a, b| b.priority.total_cmp(&a.priority));
        Self { rules, all }
    }

    pub(super) fn decide(&self, scope: &Scope, bound: &Bound) -> Outcome {
        let mut outcome = Outcome::default();
        let mut waiting: Vec<&Rule> = Vec::new();
        for rule in &self.rules {
            let truth = rule.condition.truth(bound);
            let because = rule.condition.because(scope, bound, truth);
            let mut step = rule.label.step(truth, because, rule.results.clone());
            match truth {
                Truth::Yes => {
                    step.chosen = true;
                    outcome.applied = true;
                    for result in &rule.results {
                        if !outcome.results.contains(result) {
                            outcome.results.push(result.clone());
                        }
                    }
                }
                Truth::Unknown => waiting.push(rule),
                Truth::No => {}
            }
            let is_last = step.chosen && !self.all;
            outcome.steps.push(step);
            if is_last {
                break;
            }
        }
        let changes = |rule: &&Rule| !outcome.applied || rule.results != outcome.results;
        let open = waiting.into_iter().filter(changes).flat_map(|rule| rule.condition.expr.missing(bound));
        outcome.open = open.collect();
        outcome
    }

    /// Rules that can't be reached: behind one that always holds, or with the condition of an earlier one.
    pub(super) fn findings(&self, file: &str) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let place = |code, message: String| {
                Fault::warning(file, rule.label.line, code, message).at_column(rule.label.column)
            };
            if rule.condition.expr.cond() == Some(&typed::Cond::Const(false)) {
                faults.push(place("MT027", format!("规则 {} 的条件永远不成立", rule.label.id)));
            }
            let text = rule.condition.expr.to_string();
            let masks = |other: &&Rule| {
                other.condition.expr.cond() == Some(&typed::Cond::Const(true))
                    || (other.condition.expr == rule.condition.expr
                        || other.condition.expr.to_string() == text)
            };
            if let Some(other) = self.rules[..index].iter().find(masks).filter(|_| !self.all) {
                let message = format!(
                    "规则 {} 永远轮不到：第 {} 行的规则 {} 总是先成立",
                    rule.label.id, other.label.line, other.label.id
                );
                faults.push(place("MT023", message).with_hint("删去它，或移到前面去"));
            }
        }
        faults
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Label> {
        self.rules.iter().map(|rule| &rule.label)
    }

    pub(super) fn slots(&self) -> Vec<u32> {
        self.rules.iter().flat_map(|rule| rule.condition.expr.slots().iter().copied()).collect()
    }
}
