//! What a change of rules would have changed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Decision, Matcher, Visit};

/// What other rules say of the same visits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Differences {
    /// Visits compared.
    pub n_visits: usize,
    /// Visits with other results.
    pub changes: Vec<Change>,
    /// How many went from which results to which, in order of the results.
    pub moves: Vec<Move>,
}

/// A visit with other results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its index among the visits.
    pub visit: usize,
    /// Results of the old rules.
    pub before: Vec<String>,
    /// Results of the new rules.
    pub after: Vec<String>,
    /// Ids of the old rules behind them.
    pub because_before: Vec<String>,
    /// Ids of the new rules behind them.
    pub because_after: Vec<String>,
}

/// Visits that went from the same results to the same others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Move {
    /// Results of the old rules.
    pub before: Vec<String>,
    /// Results of the new rules.
    pub after: Vec<String>,
    /// How many visits.
    pub n_visits: usize,
}

/// Compares two versions of rules on visits that have been.
pub fn what_if(old: &Matcher, new: &Matcher, visits: &[Visit]) -> Differences {
    let mut differences = Differences { n_visits: visits.len(), ..Differences::default() };
    let mut moves: BTreeMap<(Vec<String>, Vec<String>), usize> = BTreeMap::new();
    for (index, visit) in visits.iter().enumerate() {
        let (before, after) = (old.decide(visit), new.decide(visit));
        if before.results == after.results {
            continue;
        }
        let (because_before, because_after) = (chosen(&before), chosen(&after));
        *moves.entry((before.results.clone(), after.results.clone())).or_default() += 1;
        differences.changes.push(Change {
            visit: index,
            before: before.results,
            after: after.results,
            because_before,
            because_after,
        });
    }
    let moves = moves.into_iter().map(|((before, after), n_visits)| Move { before, after, n_visits });
    differences.moves = moves.collect();
    differences
}

fn chosen(decision: &Decision) -> Vec<String> {
    decision.trace.steps.iter().filter(|step| step.chosen).map(|step| step.id.clone()).collect()
}
