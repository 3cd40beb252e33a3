//! What a review found.

use serde::Serialize;

use super::rule::Category;
use crate::quality::{Level, Status, Used};

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// How grave, after the hospital's and the department's settings.
    pub level: Level,
    /// The id of the rule.
    pub rule: String,
    /// The row it rests on: a pair of the graph (`inc:…`), a piece (`herb:…`) or `file:line` of a table.
    pub rows: Vec<String>,
    /// The pieces, by their names in the graph, or as written where unknown; in an order of their own.
    pub herbs: Vec<String>,
    /// The name of the rule.
    pub name: String,
    /// What kind of problem.
    pub category: Category,
    /// How far the rule has come; a draft's finding is shown as not reviewed.
    pub status: Status,
    /// The release of the knowledge it was made with.
    pub release: String,
    /// For the prescriber and the pharmacist.
    pub message: String,
    /// What would clear it.
    pub remedy: String,
    /// The facts that made it.
    pub facts: Vec<Used>,
    /// Who says so.
    pub source: String,
    /// Code of the review of prescriptions, e.g. 2-8; may be empty.
    pub comment: String,
    /// Whether the prescriber may sign a second time and go on.
    pub can_sign: bool,
    /// Positions of the lines, from 0, ascending; empty for the whole prescription.
    pub lines: Vec<usize>,
}

/// Everything a review found, the gravest first, then by rule and pieces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The release of the knowledge.
    pub release: String,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether something must be changed or signed before it may go on.
    pub fn is_blocked(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Block)
    }
}
