//! An outside table as reviewable Turtle: what it says of known diseases is added to them, the rest becomes drafts.
//!
//! A mapping file says what the columns mean. Nothing is taken over silently: every cell that matched something known,
//! contradicted it, stood there twice, could not be placed or was junk is a [`Finding`] with its row and column. The
//! files are for a staging folder; an editor reads them and moves what is good into the data folder.

mod build;
mod claim;
mod mapping;
mod report;
mod table;
#[cfg(test)]
mod tests;
mod turtle;

use std::collections::BTreeMap;

use crate::{Kb, Source};

pub use mapping::Mapping;
pub use table::{Format, Table};

/// What became of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It is the preferred name of a known concept.
    Exact,
    /// It is another name of a known concept.
    Alias,
    /// It is the name of a known concept once width, case, blanks and punctuation do not count.
    Normalised,
    /// A new concept was made of it.
    New,
    /// The table said it before.
    Duplicate,
    /// It means something else already.
    Conflict,
    /// The mapping gives no way to place it.
    Unmapped,
    /// It says nothing.
    Junk,
    /// The row has too little for a differential; it is kept apart.
    Incomplete,
}

impl Outcome {
    /// Every outcome with its name in the report.
    pub const NAMES: [(Self, &'static str, &'static str); 9] = [
        (Self::Exact, "exact", "与已有名称相同"),
        (Self::Alias, "alias", "是已有概念的别名"),
        (Self::Normalised, "normalised", "规范化后与已有名称相同"),
        (Self::New, "new", "新建为草稿"),
        (Self::Duplicate, "duplicate", "表内重复"),
        (Self::Conflict, "conflict", "与已有含义冲突，未采用"),
        (Self::Unmapped, "unmapped", "映射里没有去处，未采用"),
        (Self::Junk, "junk", "无用内容，未采用"),
        (Self::Incomplete, "incomplete", "资料不足，单独存放"),
    ];

    /// Its name in the report.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(outcome, _, _)| *outcome == self).map_or("", |(_, name, _)| name)
    }
}

/// A cell, or a part of one, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What became of it.
    pub outcome: Outcome,
    /// Line of the table, from 1.
    pub line: u32,
    /// Name of the column.
    pub column: String,
    /// The text.
    pub text: String,
    /// Key of the concept concerned, known or new; empty where there is none.
    pub key: String,
    /// What it was, in Chinese; may be empty.
    pub note: String,
}

/// What an import made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Files for the staging folder: `graph/imported/*.ttl`, what is incomplete, and the two reports.
    pub files: Vec<Source>,
    /// In the order of the table.
    pub findings: Vec<Finding>,
    /// Rows of the table.
    pub n_rows: usize,
    /// Diseases made new and complete, made new and incomplete, and known ones that got something added.
    pub n_diseases: (usize, usize, usize),
    /// Symptoms made new.
    pub n_symptoms: usize,
}

impl Import {
    /// How often each outcome came.
    pub fn counts(&self) -> BTreeMap<Outcome, usize> {
        let mut counts = BTreeMap::new();
        for finding in &self.findings {
            *counts.entry(finding.outcome).or_default() += 1;
        }
        counts
    }
}

/// Turns a table into drafts beside what `base` knows.
pub fn import(base: &Kb, mapping: &Mapping, table: &Table) -> Import {
    let built = build::build(base, mapping, table);
    let mut files = turtle::write(mapping, &built);
    let mut import = Import {
        n_rows: table.rows.len(),
        n_diseases: (built.n_complete(), built.n_incomplete(), built.n_additions()),
        n_symptoms: built.symptoms.len(),
        findings: built.findings,
        files: Vec::new(),
    };
    files.extend(report::write(&table.name, &import));
    import.files = files;
    import
}
