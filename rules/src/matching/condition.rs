//! A condition that tells why it holds, why not, or what it waits for.

use super::{
    datum::Bound,
    read::Sheet,
    scope::Scope,
    trace::{Known, Step},
};
use crate::{
    expr::{Expr, Truth},
    page::Cell,
};

/// A condition and its opposite.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    pub(super) expr: Expr,
    /// Its reasons are why the condition does not hold.
    opposite: Option<Box<Expr>>,
}

impl Condition {
    /// Reads the condition of a cell; faults keep the codes of expressions.
    pub(super) fn read(sheet: &mut Sheet<'_>, scope: &Scope, cell: &Cell) -> Option<Self> {
        match Expr::compile(&cell.text, scope) {
            Ok(expr) => {
                let opposite = Expr::compile(&format!("非 ({})", cell.text), scope).ok().map(Box::new);
                Some(Self { expr, opposite })
            }
            Err(errors) => {
                let (line, column) = (cell.line.saturating_sub(1), cell.column.saturating_sub(1));
                let file = sheet.file;
                sheet.faults.extend(errors.into_iter().map(|error| error.into_fault(file, line, column)));
                None
            }
        }
    }

    pub(super) fn truth(&self, bound: &Bound) -> Truth {
        self.expr.eval(bound)
    }

    /// The values behind a verdict.
    pub(super) fn because(&self, scope: &Scope, bound: &Bound, truth: Truth) -> Vec<Known> {
        let slots = match (truth, &self.opposite) {
            (Truth::Yes, _) => self.expr.reasons(bound),
            (Truth::Unknown, _) => self.expr.missing(bound),
            (Truth::No, Some(opposite)) => opposite.reasons(bound),
            (Truth::No, None) => self.expr.slots().to_vec(),
        };
        slots.into_iter().map(|slot| scope.known(slot, bound)).collect()
    }
}

/// What every row of a list has: its id, place and reason.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Label {
    pub(super) id: String,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) reason: String,
}

impl Label {
    /// Reads the columns 编号 and 理由 of all rows; ids are needed and stand once.
    pub(super) fn read(sheet: &mut Sheet<'_>) -> Vec<Self> {
        let id = sheet.rules.column(&["编号", "id"]);
        let reason = sheet.rules.column(&["理由", "reason"]);
        if id.is_none() {
            let head = sheet.rules.head.first().cloned().unwrap_or_default();
            sheet.refuse(&head, "MT003", "规则表缺少“编号”列");
        }
        let mut labels: Vec<Self> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for row in sheet.rules.rows.clone() {
            let cell = id.and_then(|at| row.get(at)).or(row.first()).cloned().unwrap_or_default();
            if id.is_some() && (cell.text.is_empty() || !seen.insert(cell.text.clone())) {
                sheet.refuse(&cell, "MT008", format!("编号“{}”是空的或已经用过", cell.text));
            }
            let reason = reason.and_then(|at| row.get(at)).map(|cell| cell.text.clone()).unwrap_or_default();
            labels.push(Self { id: cell.text, line: cell.line, column: cell.column, reason });
        }
        labels
    }

    /// The start of its trace.
    pub(super) fn step(&self, truth: Truth, because: Vec<Known>, results: Vec<String>) -> Step {
        let holds = match truth {
            Truth::Yes => Some(true),
            Truth::No => Some(false),
            Truth::Unknown => None,
        };
        Step {
            id: self.id.clone(),
            line: self.line,
            holds,
            because,
            results,
            reason: self.reason.clone(),
            ..Step::default()
        }
    }
}

/// The column of a head; a fault when it is missing.
pub(super) fn needed(sheet: &mut Sheet<'_>, names: &[&str]) -> Option<usize> {
    let at = sheet.rules.column(names);
    if at.is_none() {
        let head = sheet.rules.head.first().cloned().unwrap_or_default();
        let name = names.first().copied().unwrap_or_default();
        sheet.refuse(&head, "MT003", format!("规则表缺少“{name}”列"));
    }
    at
}

/// Refuses columns of the rule table that have no meaning here.
pub(super) fn only(sheet: &mut Sheet<'_>, known: &[&str]) {
    for cell in sheet.rules.head.clone() {
        if !known.contains(&cell.text.as_str()) {
            let shown: Vec<&str> = known.iter().filter(|name| !name.is_ascii()).copied().collect();
            sheet.refuse(&cell, "MT002", format!("列“{}”不认识；可用：{}", cell.text, shown.join("、")));
        }
    }
}
