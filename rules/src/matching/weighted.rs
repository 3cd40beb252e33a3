//! Weighted scores: every factor that holds gives its candidate points; the best candidate above the threshold wins.

use kb::Fault;

use super::{
    Targets,
    condition::{Condition, Label, needed, only},
    datum::Bound,
    read::Sheet,
    scope::Scope,
    trace::Outcome,
};
use crate::expr::Truth;

/// Candidates with their factors.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weighted {
    factors: Vec<Factor>,
    /// In order of first appearance, which settles ties.
    candidates: Vec<Vec<String>>,
    threshold: f64,
    /// All above the threshold, the best first.
    all: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Factor {
    label: Label,
    candidate: usize,
    condition: Condition,
    points: f64,
}

/// What a candidate has and what it can still come to.
#[derive(Debug, Clone, Copy, Default)]
struct Score {
    now: f64,
    least: f64,
    most: f64,
}

impl Weighted {
    pub(super) fn read(sheet: &mut Sheet<'_>, scope: &Scope, targets: Option<&dyn Targets>) -> Self {
        let all = sheet.word("取", &[("首条", "first"), ("全部", "all")]) == 1;
        let threshold = sheet.number("门槛", 0.0, -1e9..=1e9);
        only(sheet, &["编号", "id", "候选", "candidate", "条件", "when", "分", "points", "理由", "reason"]);
        let labels = Label::read(sheet);
        let columns = (
            needed(sheet, &["候选", "candidate"]),
            needed(sheet, &["条件", "when"]),
            needed(sheet, &["分", "points"]),
        );
        let mut weighted = Self { factors: Vec::new(), candidates: Vec::new(), threshold, all };
        let (Some(candidate), Some(when), Some(points)) = columns else { return weighted };
        for (label, row) in labels.into_iter().zip(sheet.rules.rows.clone()) {
            let (Some(candidate), Some(when), Some(points)) =
                (row.get(candidate), row.get(when), row.get(points))
            else {
                continue;
            };
            let results = sheet.targets(candidate, targets);
            let known = weighted.candidates.iter().position(|other| *other == results);
            let index = known.unwrap_or(weighted.candidates.len());
            if known.is_none() {
                weighted.candidates.push(results);
            }
            let condition = Condition::read(sheet, scope, when);
            let number = points.text.parse::<f64>().ok().filter(|number| number.is_finite());
            if number.is_none() {
                sheet.refuse(points, "MT011", "分写成一个数，可以是负数");
            }
            if let (Some(condition), Some(points)) = (condition, number) {
                weighted.factors.push(Factor { label, candidate: index, condition, points });
            }
        }
        weighted
    }

    pub(super) fn decide(&self, scope: &Scope, bound: &Bound) -> Outcome {
        let mut outcome = Outcome::default();
        let mut scores = vec![Score::default(); self.candidates.len()];
        let mut waiting: Vec<&Factor> = Vec::new();
        for factor in &self.factors {
            let truth = factor.condition.truth(bound);
            let because = factor.condition.because(scope, bound, truth);
            let mut step = factor.label.step(truth, because, self.candidates[factor.candidate].clone());
            let sums = &mut scores[factor.candidate];
            match truth {
                Truth::Yes => {
                    step.points = Some(factor.points);
                    sums.now += factor.points;
                    sums.least += factor.points;
                    sums.most += factor.points;
                }
                Truth::Unknown => {
                    sums.least += factor.points.min(0.0);
                    sums.most += factor.points.max(0.0);
                    waiting.push(factor);
                }
                Truth::No => step.points = Some(0.0),
            }
            outcome.steps.push(step);
        }
        let mut ranked: Vec<usize> =
            (0..scores.len()).filter(|candidate| scores[*candidate].now >= self.threshold).collect();
        ranked.sort_by(|a, b| scores[*b].now.total_cmp(&scores[*a].now));
        if !self.all {
            ranked.truncate(1);
        }
        outcome.applied = !ranked.is_empty();
        outcome.results = ranked.iter().flat_map(|candidate| self.candidates[*candidate].clone()).collect();
        for (step, factor) in outcome.steps.iter_mut().zip(&self.factors) {
            step.chosen = step.holds == Some(true) && ranked.contains(&factor.candidate);
        }
        let matters =
            |factor: &&Factor| factor.points != 0.0 && self.matters(factor.candidate, &scores, &ranked);
        outcome.open = waiting
            .into_iter()
            .filter(matters)
            .flat_map(|factor| factor.condition.expr.missing(bound))
            .collect();
        outcome
    }

    /// Whether the open factors of a candidate can change who wins.
    fn matters(&self, candidate: usize, scores: &[Score], ranked: &[usize]) -> bool {
        let score = scores[candidate];
        let crosses = score.least < self.threshold && score.most >= self.threshold;
        let overtakes = |winner: usize| {
            score.most >= self.threshold
                && (score.most > scores[winner].least
                    || (score.most >= scores[winner].least && candidate < winner))
        };
        match ranked.first() {
            None => score.most >= self.threshold,
            Some(_) if self.all => crosses || score.least < score.most && score.most >= self.threshold,
            Some(winner) if *winner == candidate => {
                crosses
                    || (0..scores.len()).any(|other| {
                        other != candidate
                            && scores[other].most >= self.threshold
                            && scores[other].most >= score.least
                    })
            }
            Some(winner) => overtakes(*winner),
        }
    }

    /// Candidates that can't come to the threshold with all their points.
    pub(super) fn findings(&self, file: &str) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (index, results) in self.candidates.iter().enumerate() {
            let factors = || self.factors.iter().filter(|factor| factor.candidate == index);
            let most: f64 = factors().map(|factor| factor.points.max(0.0)).sum();
            if let Some(first) = factors().next().filter(|_| most < self.threshold) {
                let message = format!(
                    "候选 {} 的正分加起来只有 {most}，永远到不了门槛 {}",
                    results.join("、"),
                    self.threshold
                );
                faults.push(
                    Fault::warning(file, first.label.line, "MT030", message)
                        .at_column(first.label.column)
                        .with_hint("加分，或降低门槛"),
                );
            }
        }
        faults
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Label> {
        self.factors.iter().map(|factor| &factor.label)
    }

    pub(super) fn slots(&self) -> Vec<u32> {
        self.factors.iter().flat_map(|factor| factor.condition.expr.slots().iter().copied()).collect()
    }
}
