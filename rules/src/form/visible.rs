//! What is visible and what has which value: a unique function of the raw answers, brought up to date node by node
//! in topological order, so that an answer costs what it touches.

use super::draft::Kind as ItemKind;
use super::graph::{Graph, Node};
use super::slots::{Cell, Domain, Formula, Initial, Plan, Role, Unit, UnitKind};
use crate::expr::{Facts, Kind, Truth, Value};

/// Answers as given, whether their question is visible now or not.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Raw {
    pub(super) plain: Vec<Cell>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// Rows of each repeating group, by slot; none when the patient has not said.
    pub(super) counts: Vec<Option<usize>>,
}

/// What follows from the raw answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    pub(super) plain: Vec<Cell>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// Rows kept of each repeating group, by slot; `plain` says how many count.
    pub(super) counts: Vec<usize>,
    visible: Vec<bool>,
    row_visible: Vec<Vec<bool>>,
    /// The jump each unit takes.
    pub(super) taken: Vec<Option<u32>>,
    /// How many taken jumps pass over each unit.
    pub(super) passed: Vec<u32>,
}

/// Values as seen from outside all groups, or from one row of a group.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub(super) plan: &'a Plan,
    pub(super) state: &'a State,
    /// Slot of the group and number of the row, from 0.
    pub(super) row: Option<(u32, usize)>,
}

impl<'a> View<'a> {
    pub(super) fn in_row(self, group: u32, row: usize) -> Self {
        Self { row: Some((group, row)), ..self }
    }

    /// The value of a slot.
    #[inline]
    pub(super) fn cell(&self, slot: u32) -> &'a Cell {
        const UNKNOWN: &Cell = &Cell::Unknown;
        if let Some((group, row)) = self.row
            && self.plan.slots[slot as usize].group == Some(group)
        {
            return self.state.rows[slot as usize].get(row).unwrap_or(UNKNOWN);
        }
        self.state.plain.get(slot as usize).unwrap_or(UNKNOWN)
    }

    /// Whether a unit is visible.
    #[inline]
    pub(super) fn shows(&self, unit: u32) -> bool {
        if let Some((group, row)) = self.row
            && self.plan.units[unit as usize].group == Some(group)
        {
            return self.state.row_visible[unit as usize].get(row).copied().unwrap_or(false);
        }
        self.state.visible[unit as usize]
    }

    /// A full name with the number of the row.
    pub(super) fn path(&self, group: Option<u32>, path: &str) -> String {
        match (self.row, group) {
            (Some((of, row)), Some(group)) if of == group => {
                let name = &self.plan.slot(group).path;
                match path.strip_prefix(name.as_str()) {
                    Some(rest) => format!("{name}[{}]{rest}", row + 1),
                    None => path.to_owned(),
                }
            }
            _ => path.to_owned(),
        }
    }

    /// What a formula yields.
    pub(super) fn compute(&self, formula: &Formula) -> Option<Cell> {
        match formula.kind {
            Kind::Truth => match formula.expr.eval(self) {
                Truth::Yes => Some(Cell::Truth(true)),
                Truth::No => Some(Cell::Truth(false)),
                Truth::Unknown => None,
            },
            Kind::Date => formula.expr.number(self).map(|day| Cell::Date(whole(day))),
            _ => formula.expr.number(self).filter(|number| number.is_finite()).map(Cell::Number),
        }
    }

    /// Whether an option can be chosen now.
    pub(super) fn offers(&self, domain: &Domain, option: usize) -> bool {
        domain.options[option].show.as_ref().is_none_or(|guard| guard.expr.eval(self) == Truth::Yes)
    }

    fn visible(&self, unit: &Unit, index: u32) -> bool {
        // A page stays as long as something on it does; a constraint holds wherever it was written.
        let never_passed = matches!(unit.kind, UnitKind::Item(ItemKind::Page | ItemKind::Constraint));
        let in_its_place = never_passed || self.state.passed[index as usize] == 0;
        in_its_place
            && unit.parent.is_none_or(|parent| self.shows(parent))
            && unit.show.as_ref().is_none_or(|guard| guard.expr.eval(self) == Truth::Yes)
            && match (unit.kind, unit.parent.and_then(|parent| self.plan.unit(parent).slot)) {
                (UnitKind::Fill(option), Some(slot)) => self.cell(slot).chooses(usize::from(option)),
                _ => true,
            }
    }

    fn answered(&self, domain: &Domain, raw: &Cell) -> Cell {
        let cell = match (raw, &domain.initial) {
            (Cell::Unknown, Some(Initial::Value(value))) => value.clone(),
            (Cell::Unknown, Some(Initial::Formula(formula))) => self.compute(formula).unwrap_or_default(),
            (Cell::Unknown, Some(Initial::Text(template))) => {
                template.text(self).map_or(Cell::Unknown, |text| Cell::Text(text.into()))
            }
            _ => raw.clone(),
        };
        match cell {
            Cell::Choice(option) if !self.offers(domain, usize::from(option)) => Cell::Unknown,
            Cell::Set(mut bits) => {
                let before = bits.iter().any(|word| *word != 0);
                for (index, option) in
                    domain.options.iter().enumerate().filter(|(_, option)| option.show.is_some())
                {
                    if option.show.as_ref().is_some_and(|guard| guard.expr.eval(self) != Truth::Yes)
                        && let Some(word) = bits.get_mut(index / 64)
                    {
                        *word &= !(1 << (index % 64));
                    }
                }
                if before && bits.iter().all(|word| *word == 0) { Cell::Unknown } else { Cell::Set(bits) }
            }
            other => other,
        }
    }

    fn value_of(&self, slot: u32, raw: &Cell) -> Cell {
        let info = self.plan.slot(slot);
        if info.unit.is_some_and(|unit| !self.shows(unit)) {
            return Cell::Unknown;
        }
        match &info.role {
            Role::Patient => raw.clone(),
            Role::Answer(domain) => self.answered(domain, raw),
            Role::Computed(formula) => {
                formula.as_ref().and_then(|formula| self.compute(formula)).unwrap_or_default()
            }
            Role::Total(rows) => self.total(rows),
            Role::Band { of, bands } => self.band(*of, bands),
            Role::Rows(..) => Cell::Unknown,
        }
    }

    fn total(&self, rows: &[u32]) -> Cell {
        let mut sum = 0.0;
        for row in rows {
            let slot = self.plan.slot(*row);
            if slot.unit.is_some_and(|unit| !self.shows(unit)) {
                continue;
            }
            let (cell, Some(domain)) = (self.cell(*row), self.plan.domain(*row)) else { continue };
            if !cell.known() {
                return Cell::Unknown;
            }
            for (index, option) in domain.options.iter().enumerate() {
                if cell.chooses(index) {
                    sum += option.score.unwrap_or_default();
                }
            }
        }
        Cell::Number(sum)
    }

    fn band(&self, of: u32, bands: &[super::slots::Band]) -> Cell {
        let Cell::Number(number) = self.cell(of) else { return Cell::Unknown };
        bands
            .iter()
            .find(|band| {
                band.range.0.is_none_or(|least| *number >= least)
                    && band.range.1.is_none_or(|most| *number <= most)
            })
            .map_or(Cell::Unknown, |band| Cell::Choice(band.label))
    }
}

impl Facts for View<'_> {
    #[inline]
    fn value(&self, slot: u32) -> Value<'_> {
        self.cell(slot).value()
    }

    fn rows(&self, group: u32) -> usize {
        match self.state.plain.get(group as usize) {
            Some(Cell::Number(_)) => self.state.counts[group as usize],
            _ => 0,
        }
    }

    fn item(&self, slot: u32, row: usize) -> Value<'_> {
        self.state
            .rows
            .get(slot as usize)
            .and_then(|cells| cells.get(row))
            .map_or(Value::Unknown, Cell::value)
    }
}

impl Raw {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut raw = Self {
            plain: vec![Cell::Unknown; plan.slots.len()],
            rows: vec![Vec::new(); plan.slots.len()],
            counts: vec![None; plan.slots.len()],
        };
        for (index, slot) in plan.slots.iter().enumerate() {
            if let Role::Rows(least @ 1.., _) = slot.role {
                raw.counts[index] = Some(least);
            }
        }
        raw.fit(plan);
        raw
    }

    /// Every item of a group has as many cells as the group has rows.
    pub(super) fn fit(&mut self, plan: &Plan) {
        for (index, slot) in plan.slots.iter().enumerate() {
            if let Some(group) = slot.group {
                let count = self.counts[group as usize].unwrap_or(0);
                self.rows[index].resize(count, Cell::Unknown);
            }
        }
    }
}

/// Nodes to be evaluated, lowest rank first.
#[derive(Debug, Clone)]
pub(super) struct Dirty {
    words: Vec<u64>,
    at: usize,
}

impl Dirty {
    pub(super) fn none(graph: &Graph) -> Self {
        Self { words: vec![0; graph.order.len().div_ceil(64)], at: usize::MAX }
    }

    pub(super) fn all(graph: &Graph) -> Self {
        let mut dirty = Self::none(graph);
        for rank in 0..graph.order.len() {
            dirty.words[rank / 64] |= 1 << (rank % 64);
        }
        dirty.at = 0;
        dirty
    }

    pub(super) fn mark(&mut self, graph: &Graph, node: u32) {
        let rank = graph.rank[node as usize] as usize;
        self.words[rank / 64] |= 1 << (rank % 64);
        self.at = self.at.min(rank / 64);
    }

    fn pop(&mut self) -> Option<usize> {
        while let Some(word) = self.words.get_mut(self.at) {
            if *word != 0 {
                let bit = word.trailing_zeros() as usize;
                *word &= *word - 1;
                return Some(self.at * 64 + bit);
            }
            self.at += 1;
        }
        self.at = usize::MAX;
        None
    }
}

impl State {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            plain: vec![Cell::Unknown; plan.slots.len()],
            rows: vec![Vec::new(); plan.slots.len()],
            counts: vec![0; plan.slots.len()],
            visible: vec![false; plan.units.len()],
            row_visible: vec![Vec::new(); plan.units.len()],
            taken: vec![None; plan.units.len()],
            passed: vec![0; plan.units.len()],
        }
    }

    /// Evaluates what is marked and whatever changes because of it. Says how many nodes that were.
    pub(super) fn settle(&mut self, plan: &Plan, raw: &Raw, dirty: &mut Dirty) -> usize {
        let mut evaluated = 0;
        while let Some(rank) = dirty.pop() {
            evaluated += 1;
            let node = plan.graph.order[rank];
            let changed = match plan.graph.node(node) {
                Node::Visible(unit) => self.update_visible(plan, unit),
                Node::Value(slot) => self.update_value(plan, raw, slot),
                Node::Jump(unit) => {
                    self.update_jump(plan, unit, dirty);
                    false
                }
                Node::Span => false,
            };
            if changed {
                for dependent in plan.graph.dependents(node) {
                    dirty.mark(&plan.graph, *dependent);
                }
            }
        }
        evaluated
    }

    /// The same without the order of evaluation and without marks: everything, backwards, until nothing changes.
    #[cfg(test)]
    pub(super) fn settle_slowly(&mut self, plan: &Plan, raw: &Raw) {
        loop {
            let before = self.clone();
            for node in plan.graph.order.iter().rev() {
                match plan.graph.node(*node) {
                    Node::Visible(unit) => _ = self.update_visible(plan, unit),
                    Node::Value(slot) => _ = self.update_value(plan, raw, slot),
                    Node::Jump(unit) => self.update_jump(plan, unit, &mut Dirty::none(&plan.graph)),
                    Node::Span => {}
                }
            }
            if *self == before {
                return;
            }
        }
    }

    fn update_visible(&mut self, plan: &Plan, index: u32) -> bool {
        let unit = plan.unit(index);
        let Some(group) = unit.group else {
            let now = View { plan, state: self, row: None }.visible(unit, index);
            return std::mem::replace(&mut self.visible[index as usize], now) != now;
        };
        let count = self.counts[group as usize];
        let mut now = std::mem::take(&mut self.row_visible[index as usize]);
        let mut changed = now.len() != count;
        now.resize(count, false);
        for (row, shown) in now.iter_mut().enumerate() {
            let next = View { plan, state: self, row: Some((group, row)) }.visible(unit, index);
            changed |= std::mem::replace(shown, next) != next;
        }
        self.row_visible[index as usize] = now;
        changed
    }

    fn update_value(&mut self, plan: &Plan, raw: &Raw, slot: u32) -> bool {
        let info = plan.slot(slot);
        if let Role::Rows(..) = info.role {
            return self.update_rows(plan, raw, slot);
        }
        let at = slot as usize;
        let Some(group) = info.group else {
            let now = View { plan, state: self, row: None }.value_of(slot, &raw.plain[at]);
            if self.plain[at] == now {
                return false;
            }
            self.plain[at] = now;
            return true;
        };
        let count = self.counts[group as usize];
        let mut now = std::mem::take(&mut self.rows[at]);
        let mut changed = now.len() != count;
        now.resize(count, Cell::Unknown);
        for (row, cell) in now.iter_mut().enumerate() {
            let kept = raw.rows[at].get(row).unwrap_or(&Cell::Unknown);
            let next = View { plan, state: self, row: Some((group, row)) }.value_of(slot, kept);
            if *cell != next {
                *cell = next;
                changed = true;
            }
        }
        self.rows[at] = now;
        changed
    }

    /// Rows of a hidden group, or of one nobody was asked about, do not count.
    fn update_rows(&mut self, plan: &Plan, raw: &Raw, slot: u32) -> bool {
        let at = slot as usize;
        let shown = plan.slot(slot).unit.is_some_and(|unit| self.visible[unit as usize]);
        let count = if shown { raw.counts[at] } else { None };
        let now = count.map_or(Cell::Unknown, |count| Cell::Number(f64::from(super::graph::count(count))));
        let kept = count.unwrap_or(0);
        let changed = self.plain[at] != now || self.counts[at] != kept;
        self.plain[at] = now;
        self.counts[at] = kept;
        changed
    }

    fn update_jump(&mut self, plan: &Plan, index: u32, dirty: &mut Dirty) {
        let unit = plan.unit(index);
        let view = View { plan, state: self, row: None };
        let now = if self.visible[index as usize] { taken(unit, &view) } else { None };
        let before = std::mem::replace(&mut self.taken[index as usize], now);
        if before == now {
            return;
        }
        let span = |jump: Option<u32>| {
            jump.and_then(|jump| unit.jumps.get(jump as usize)).map_or(0..0, |jump| unit.last + 1..jump.to)
        };
        for passed in span(before) {
            self.passed[passed as usize] -= 1;
            dirty.mark(&plan.graph, Graph::visible(passed));
        }
        for passed in span(now) {
            self.passed[passed as usize] += 1;
            dirty.mark(&plan.graph, Graph::visible(passed));
        }
    }
}

/// The first jump whose guard holds while no earlier one does; `否则` when all guards are No.
fn taken(unit: &Unit, view: &View<'_>) -> Option<u32> {
    let mut all_no = true;
    for (index, jump) in (0..).zip(&unit.jumps) {
        match jump.guard.as_ref().map(|guard| guard.expr.eval(view)) {
            None if all_no => return Some(index),
            Some(Truth::Yes) => return Some(index),
            Some(Truth::Unknown) => all_no = false,
            None | Some(Truth::No) => {}
        }
    }
    None
}

/// Days as a whole number; beyond the calendar's ends, its end.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, which is what is meant")]
fn whole(day: f64) -> i32 {
    day.floor() as i32
}

/// Whether a unit takes part in counting answers: a question people can answer.
pub(super) fn counts(unit: &Unit) -> bool {
    !unit.hidden && !unit.read_only && (unit.is_question() || unit.kind == UnitKind::Item(ItemKind::Group))
}
