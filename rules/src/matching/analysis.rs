//! What is wrong with a decision table: gaps, overlaps, conflicts, rows that never count, rows that could be one.
//!
//! Findings are proofs over the table's parts. Where columns depend on each other (expressions, derived values,
//! conditions in cells), a gap or overlap is reported only with a visit that shows it.

use std::cell::Cell;

use kb::Fault;

use super::{
    grid::{Geometry, samples, shown},
    scope::Scope,
    space::{Budget, Cuboid, joined, uncovered},
    table::{Hit, Row, Table},
    unary::Test,
};
use crate::expr::Kind;

/// Steps of all searches of a table, and of one of them.
const BUDGET: u32 = 1_000_000;
const BUDGET_OF_ONE: u32 = 100_000;
/// Gaps reported at most.
const MAX_GAPS: usize = 8;
/// Pieces of gaps looked for before they are joined.
const MAX_PIECES: usize = 200;
/// Pairs reported at most.
const MAX_PAIRS: usize = 50;

/// All findings of a table, in order of rows; `otherwise` is whether visits no row takes have a result.
pub(super) fn findings(table: &Table, scope: &Scope, file: &str, otherwise: bool) -> Vec<Fault> {
    let study = Study { table, scope, file, geometry: Geometry::of(table, scope), budget: Cell::new(BUDGET) };
    let mut faults = study.dead();
    faults.extend(study.gaps(otherwise));
    faults.extend(study.pairs());
    let masked = study.masked(&mut faults);
    study.redundant(&masked, &mut faults);
    faults.extend(study.mergeable(&masked));
    faults.extend(study.misleading());
    faults.extend(study.idle_columns());
    faults
}

struct Study<'a> {
    table: &'a Table,
    scope: &'a Scope,
    file: &'a str,
    geometry: Geometry,
    budget: Cell<u32>,
}

impl Study<'_> {
    /// What of a product the rows do not cover, within the budget.
    fn search(&self, whole: &Cuboid, rows: &[&Cuboid], limit: usize) -> (Vec<Cuboid>, bool) {
        let allowed = self.budget.get().min(BUDGET_OF_ONE);
        let mut budget = Budget(allowed);
        let found = uncovered(whole, rows, limit, &mut budget);
        self.budget.set(self.budget.get() - (allowed - budget.0));
        found
    }

    fn row(&self, index: usize) -> &Row {
        &self.table.rows[index]
    }

    fn cuboid(&self, index: usize) -> &Cuboid {
        &self.geometry.rows[index]
    }

    fn rows(&self) -> impl Iterator<Item = usize> {
        (0..self.table.rows.len()).filter(|index| !self.cuboid(*index).is_empty())
    }

    fn warn(&self, index: usize, code: &'static str, message: String) -> Fault {
        let label = &self.row(index).label;
        Fault::warning(self.file, label.line, code, message).at_column(label.column)
    }

    fn error(&self, index: usize, code: &'static str, message: String) -> Fault {
        let label = &self.row(index).label;
        Fault::error(self.file, label.line, code, message).at_column(label.column)
    }

    /// `第 12 行（r3）`
    fn name(&self, index: usize) -> String {
        let label = &self.row(index).label;
        format!("第 {} 行（{}）", label.line, label.id)
    }

    fn same(&self, a: usize, b: usize) -> bool {
        self.row(a).results == self.row(b).results
    }

    fn dead(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (index, cuboid) in self.geometry.rows.iter().enumerate() {
            for (axis, bits) in self.geometry.axes.iter().zip(&cuboid.0) {
                if bits.is_empty() {
                    let message =
                        format!("{}永远命中不了：“{}”的取值里没有符合这一格的", self.name(index), axis.head);
                    faults
                        .push(self.error(index, "MT027", message).with_hint("改这一格，或改输入的取值范围"));
                }
            }
        }
        faults
    }

    fn unfinished(&self, what: &str) -> Fault {
        let line = self.table.rows.first().map_or(1, |row| row.label.line);
        Fault::warning(self.file, line, "MT029", format!("表太大，{what}没有查完"))
            .with_hint("把表拆成几个小表")
    }

    fn gaps(&self, otherwise: bool) -> Vec<Fault> {
        let collects = matches!(
            self.table.hit,
            Hit::Collect | Hit::Sum | Hit::Least | Hit::Greatest | Hit::Count | Hit::OutputOrder
        );
        if otherwise || collects {
            return Vec::new();
        }
        let line = self.table.columns.first().map_or((1, 1), |column| column.place);
        let gap = |what: &str, witness: String| {
            Fault::warning(self.file, line.0, "MT020", format!("没有一行管到：{what}"))
                .at_column(line.1)
                .with_witness(witness)
                .with_hint("补一行，或在文件头写“否则”")
        };
        if !self.geometry.is_free {
            let samples = samples(self.table, self.scope);
            let open = samples.iter().find(|(_, hits)| hits.is_empty());
            return open
                .map(|(bound, _)| gap(&shown(self.scope, bound), shown(self.scope, bound)))
                .into_iter()
                .collect();
        }
        let rows: Vec<&Cuboid> = self.geometry.rows.iter().collect();
        let (pieces, is_finished) = self.search(&self.geometry.whole, &rows, MAX_PIECES);
        let mut faults: Vec<Fault> = joined(pieces)
            .iter()
            .take(MAX_GAPS)
            .map(|piece| gap(&self.geometry.describe(piece), self.geometry.witness(piece)))
            .collect();
        if !is_finished {
            faults.push(self.unfinished("缺口"));
        }
        faults
    }

    /// Rows that hold together where only one may, or where they must agree.
    fn pairs(&self) -> Vec<Fault> {
        if !matches!(self.table.hit, Hit::Unique | Hit::Any) {
            return Vec::new();
        }
        let samples = if self.geometry.is_free { Vec::new() } else { samples(self.table, self.scope) };
        let mut faults = Vec::new();
        for a in self.rows() {
            for b in self.rows().filter(|b| *b > a) {
                if self.table.hit == Hit::Any && self.same(a, b) || !self.cuboid(a).meets(self.cuboid(b)) {
                    continue;
                }
                let witness = if self.geometry.is_free {
                    Some(self.geometry.witness(&self.cuboid(a).and(self.cuboid(b))))
                } else {
                    let both = samples.iter().find(|(_, hits)| hits.contains(&a) && hits.contains(&b));
                    both.map(|(bound, _)| shown(self.scope, bound))
                };
                let Some(witness) = witness else { continue };
                let (code, message) = if self.table.hit == Hit::Any {
                    ("MT022", format!("{}和{}会同时命中，结果却不同", self.name(a), self.name(b)))
                } else {
                    ("MT021", format!("{}和{}会同时命中，而命中方式是“唯一”", self.name(a), self.name(b)))
                };
                let hint = "把其中一行的条件收窄，或改成“首条”“优先”";
                faults.push(self.error(b, code, message).with_witness(witness).with_hint(hint));
                if faults.len() >= MAX_PAIRS {
                    return faults;
                }
            }
        }
        faults
    }

    /// Rows that never count, because others that go before hold wherever they do.
    fn masked(&self, faults: &mut Vec<Fault>) -> Vec<usize> {
        let mut masked = Vec::new();
        for index in self.rows() {
            let before: Vec<usize> = match self.table.hit {
                Hit::First => self.rows().filter(|other| *other < index).collect(),
                Hit::Priority => {
                    self.rows().filter(|other| self.table.rank(*other) < self.table.rank(index)).collect()
                }
                _ => return masked,
            };
            let rows: Vec<&Cuboid> = before.iter().map(|other| self.cuboid(*other)).collect();
            let (left, is_finished) = self.search(self.cuboid(index), &rows, 1);
            if !is_finished {
                faults.push(self.unfinished("被遮住的行"));
                return masked;
            }
            if left.is_empty() {
                let meeting = before.iter().filter(|other| self.cuboid(**other).meets(self.cuboid(index)));
                let names: Vec<String> = meeting.take(4).map(|other| self.name(*other)).collect();
                let message =
                    format!("{}永远轮不到：凡是符合它的，{}先管到", self.name(index), names.join("、"));
                let witness = self.geometry.witness(self.cuboid(index));
                let fault = self.warn(index, "MT023", message).with_witness(witness);
                faults.push(fault.with_hint("删去它，或移到前面、提高先后"));
                masked.push(index);
            }
        }
        masked
    }

    /// Rows whose removal changes nothing.
    fn redundant(&self, masked: &[usize], faults: &mut Vec<Fault>) {
        let mut dropped: Vec<usize> = masked.to_vec();
        // The later of two equal rows is the one to drop, except where the first decides.
        let order: Vec<usize> = self.rows().filter(|row| !masked.contains(row)).collect();
        for index in order.into_iter().rev() {
            let is_redundant = match self.table.hit {
                Hit::First => self.falls_through(index, &dropped),
                Hit::Any | Hit::Priority | Hit::Unique => {
                    let others = self.rows().filter(|other| {
                        *other != index && !dropped.contains(other) && self.same(index, *other)
                    });
                    let rows: Vec<&Cuboid> = others.map(|other| self.cuboid(other)).collect();
                    let (left, is_finished) = self.search(self.cuboid(index), &rows, 1);
                    is_finished && left.is_empty()
                }
                _ => false,
            };
            if is_redundant {
                let message = format!("{}多余：没有它，结果也一样", self.name(index));
                let witness = self.geometry.describe(self.cuboid(index));
                faults.push(self.warn(index, "MT024", message).with_witness(witness).with_hint("删去这一行"));
                dropped.push(index);
            }
        }
    }

    /// Whether the rows below give what this one gives, wherever it is the first to hold.
    fn falls_through(&self, index: usize, dropped: &[usize]) -> bool {
        let above: Vec<&Cuboid> =
            self.rows().filter(|other| *other < index).map(|other| self.cuboid(other)).collect();
        let (mut pieces, is_finished) = self.search(self.cuboid(index), &above, MAX_PIECES);
        if !is_finished || pieces.len() >= MAX_PIECES {
            return false;
        }
        for below in self.rows().filter(|other| *other > index) {
            if !self.same(index, below) && pieces.iter().any(|piece| piece.meets(self.cuboid(below))) {
                return false;
            }
            // A row that goes as well can't stand in for this one.
            if dropped.contains(&below) {
                continue;
            }
            let mut left = Vec::new();
            for piece in &pieces {
                let (rest, is_finished) = self.search(piece, &[self.cuboid(below)], MAX_PIECES);
                if !is_finished || left.len() + rest.len() > MAX_PIECES {
                    return false;
                }
                left.extend(rest);
            }
            pieces = left;
        }
        pieces.is_empty()
    }

    /// Rows with the same result and reason that differ in one cell and could be one.
    fn mergeable(&self, masked: &[usize]) -> Vec<Fault> {
        let mut faults = Vec::new();
        let rows: Vec<usize> = self.rows().filter(|row| !masked.contains(row)).collect();
        for (at, a) in rows.iter().enumerate() {
            for b in &rows[at + 1..] {
                let is_allowed = match self.table.hit {
                    Hit::Unique | Hit::Any | Hit::Priority => true,
                    Hit::First => *b == a + 1,
                    _ => false,
                };
                if !is_allowed || !self.same(*a, *b) || self.row(*a).label.reason != self.row(*b).label.reason
                {
                    continue;
                }
                if let Some(head) = self.merging_column(*a, *b) {
                    let message =
                        format!("{}和{}只有“{head}”不同，可以合成一行", self.name(*a), self.name(*b));
                    faults.push(self.warn(*b, "MT025", message));
                }
                if faults.len() >= MAX_PAIRS {
                    return faults;
                }
            }
        }
        faults
    }

    fn merging_column(&self, a: usize, b: usize) -> Option<&str> {
        let (first, second) = (self.cuboid(a), self.cuboid(b));
        if first.within(second) || second.within(first) {
            return None;
        }
        let (axis, merged) = first.merged(second)?;
        let column = self.geometry.axes.get(axis)?;
        if axis >= self.table.columns.len() {
            return None;
        }
        let chosen: Vec<usize> = merged.0.get(axis)?.indices().collect();
        let is_one = match column.kind {
            Kind::Truth | Kind::Choice(_) | Kind::Text => true,
            Kind::Number { .. } | Kind::Date => chosen.windows(2).all(|pair| pair[0] + 1 == pair[1]),
            _ => false,
        };
        is_one.then_some(column.head.as_str())
    }

    /// A row that stands above another but yields to it by priority, though it says `-`.
    fn misleading(&self) -> Vec<Fault> {
        if self.table.hit != Hit::Priority || !self.geometry.is_free {
            return Vec::new();
        }
        let mut faults = Vec::new();
        for a in self.rows().filter(|row| self.row(*row).tests.contains(&Test::Any)) {
            let stronger = |b: &usize| {
                *b > a && self.table.rank(*b) < self.table.rank(a) && self.cuboid(a).meets(self.cuboid(*b))
            };
            if let Some(b) = self.rows().find(stronger) {
                let message = format!("{}写在前面还有 -，却要让{}先", self.name(a), self.name(b));
                let witness = self.geometry.witness(&self.cuboid(a).and(self.cuboid(b)));
                faults.push(
                    self.warn(a, "MT026", message).with_witness(witness).with_hint("把重要的行移到上面"),
                );
            }
        }
        faults
    }

    fn idle_columns(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (index, column) in self.table.columns.iter().enumerate() {
            if self.table.rows.iter().all(|row| row.tests.get(index) == Some(&Test::Any)) {
                let message = format!("列“{}”每一行都是 -，不起作用", column.head);
                let fault =
                    Fault::warning(self.file, column.place.0, "MT028", message).at_column(column.place.1);
                faults.push(fault.with_hint("删去这一列"));
            }
        }
        faults
    }
}
