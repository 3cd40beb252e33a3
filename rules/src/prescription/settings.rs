//! What a hospital and its departments make of the rules.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::book::Book;
use crate::quality::{Level, Status};

/// Changes of one hospital; a department's go before the hospital's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// For the whole hospital.
    pub hospital: Vec<Override>,
    /// For departments, by code.
    pub departments: BTreeMap<String, Vec<Override>>,
}

/// A change of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// The id of the rule.
    pub rule: String,
    /// Whether it runs.
    #[serde(default = "yes")]
    pub is_on: bool,
    /// Another level.
    #[serde(default)]
    pub level: Option<Level>,
    /// Why; needed to go below the rule's floor.
    #[serde(default)]
    pub reason: String,
}

fn yes() -> bool {
    true
}

/// A change that was not made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The id of the rule.
    pub rule: String,
    /// Why not, and what to do.
    pub message: String,
}

/// The levels of every rule in one department; none where a rule does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub(super) levels: Vec<Option<Level>>,
    refusals: Vec<Refusal>,
}

impl Policy {
    /// The levels for a department (or the hospital as a whole). A change below a rule's floor without a reason,
    /// or of a rule there is not, is left out and told.
    pub fn of(book: &Book, settings: &Settings, department: Option<&str>) -> Self {
        let running = |status| status != Status::Retired;
        let levels = book.rules().iter().map(|rule| running(rule.status).then_some(rule.level)).collect();
        let mut policy = Self { levels, refusals: Vec::new() };
        let own = department.and_then(|code| settings.departments.get(code)).into_iter().flatten();
        for change in settings.hospital.iter().chain(own) {
            policy.change(book, change);
        }
        policy
    }

    /// The changes that were left out.
    pub fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }

    fn change(&mut self, book: &Book, change: &Override) {
        let mut refuse = |message: String| self.refusals.push(Refusal { rule: change.rule.clone(), message });
        let Some(at) = book.rules().iter().position(|rule| rule.id == change.rule) else {
            return refuse(format!("没有规则“{}”，核对编号或删掉这条设置", change.rule));
        };
        let rule = &book.rules()[at];
        if rule.status == Status::Retired {
            return refuse(format!("规则“{}”已停用，不能再设置", rule.name));
        }
        let level = change.is_on.then(|| change.level.unwrap_or(rule.level));
        let is_below = rule.floor.is_some_and(|floor| level.is_none_or(|level| level > floor));
        if is_below && change.reason.trim().is_empty() {
            let floor = rule.floor.map_or("", Level::word);
            return refuse(format!("规则“{}”不能低于“{floor}”或关闭；确需这样，写明理由", rule.name));
        }
        self.levels[at] = level;
    }
}
