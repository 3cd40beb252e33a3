//! What has to be evaluated before what, and what an answer touches.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::slots::{Formula, Guard, Initial, Plan, Role, UnitKind};
use crate::expr::Expr;

/// Nodes in the order of their evaluation, and who depends on whom.
///
/// Node numbers: one for each unit (is it visible?), then one for each slot (its value), then one for each unit
/// again (which of its jumps is taken?); spans of units that a jump passes over come last and hold no state.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) units: u32,
    pub(super) slots: u32,
    /// Node at each rank.
    pub(super) order: Vec<u32>,
    /// Rank of each node.
    pub(super) rank: Vec<u32>,
    pub(super) starts: Vec<u32>,
    pub(super) targets: Vec<u32>,
}

/// What a node stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    /// Whether a unit is visible.
    Visible(u32),
    /// The value of a slot.
    Value(u32),
    /// Which jump of a unit is taken.
    Jump(u32),
    /// A span of units.
    Span,
}

impl Graph {
    pub(super) fn visible(unit: u32) -> u32 {
        unit
    }

    pub(super) fn value(&self, slot: u32) -> u32 {
        self.units + slot
    }

    pub(super) fn node(&self, index: u32) -> Node {
        let jumps = self.units + self.slots;
        if index < self.units {
            Node::Visible(index)
        } else if index < jumps {
            Node::Value(index - self.units)
        } else if index < jumps + self.units {
            Node::Jump(index - jumps)
        } else {
            Node::Span
        }
    }

    /// Who depends on a node.
    pub(super) fn dependents(&self, node: u32) -> &[u32] {
        let (from, to) = (self.starts[node as usize] as usize, self.starts[node as usize + 1] as usize);
        &self.targets[from..to]
    }

    /// Whether anything changes with the value of a slot.
    pub(super) fn steers(&self, slot: u32) -> bool {
        !self.dependents(self.value(slot)).is_empty()
    }

    /// The graph of a form; refused with the nodes of a cycle, in order.
    pub(super) fn of(plan: &Plan) -> Result<Self, Vec<u32>> {
        let edges = Edges::of(plan);
        let mut graph =
            Self { units: count(plan.units.len()), slots: count(plan.slots.len()), ..Self::default() };
        let nodes = edges.nodes as usize;
        let mut starts = vec![0_u32; nodes + 2];
        for (from, _) in &edges.list {
            starts[*from as usize + 2] += 1;
        }
        for index in 2..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut targets = vec![0_u32; edges.list.len()];
        let mut before = vec![0_u32; nodes];
        for (from, to) in &edges.list {
            let at = &mut starts[*from as usize + 1];
            targets[*at as usize] = *to;
            *at += 1;
            before[*to as usize] += 1;
        }
        starts.pop();
        (graph.starts, graph.targets) = (starts, targets);
        graph.sort(before)?;
        Ok(graph)
    }

    fn sort(&mut self, mut before: Vec<u32>) -> Result<(), Vec<u32>> {
        let nodes = before.len();
        let mut ready: BinaryHeap<Reverse<u32>> =
            (0..count(nodes)).filter(|node| before[*node as usize] == 0).map(Reverse).collect();
        self.rank = vec![u32::MAX; nodes];
        while let Some(Reverse(node)) = ready.pop() {
            self.rank[node as usize] = count(self.order.len());
            self.order.push(node);
            for index in self.starts[node as usize]..self.starts[node as usize + 1] {
                let dependent = self.targets[index as usize];
                before[dependent as usize] -= 1;
                if before[dependent as usize] == 0 {
                    ready.push(Reverse(dependent));
                }
            }
        }
        if self.order.len() == nodes { Ok(()) } else { Err(self.cycle()) }
    }

    /// One cycle among the nodes that could not be ranked: walking backwards from any of them must meet itself,
    /// since each still waits for another such node.
    fn cycle(&self) -> Vec<u32> {
        let mut waits_for = vec![None; self.rank.len()];
        for node in (0..count(self.rank.len())).rev().filter(|node| self.rank[*node as usize] == u32::MAX) {
            for dependent in self.dependents(node) {
                if self.rank[*dependent as usize] == u32::MAX {
                    waits_for[*dependent as usize] = Some(node);
                }
            }
        }
        let mut at = waits_for.iter().position(Option::is_some).map(count);
        let mut seen = vec![false; self.rank.len()];
        while let Some(node) = at {
            if std::mem::replace(&mut seen[node as usize], true) {
                break;
            }
            at = waits_for[node as usize];
        }
        let mut path = Vec::new();
        let start = at;
        while let Some(node) = at {
            path.push(node);
            at = waits_for[node as usize];
            if at == start {
                break;
            }
        }
        path.reverse();
        path
    }
}

/// Edges while they are collected.
struct Edges {
    units: u32,
    slots: u32,
    nodes: u32,
    list: Vec<(u32, u32)>,
}

impl Edges {
    fn of(plan: &Plan) -> Self {
        let (units, slots) = (count(plan.units.len()), count(plan.slots.len()));
        let mut edges = Self { units, slots, nodes: units + slots + units, list: Vec::new() };
        for (index, unit) in (0..).zip(&plan.units) {
            if let Some(parent) = unit.parent {
                edges.list.push((parent, index));
                if let (UnitKind::Fill(_), Some(slot)) = (unit.kind, plan.unit(parent).slot) {
                    edges.add_value(slot, index);
                }
            }
            if let Some(group) = unit.group {
                edges.add_value(group, index);
            }
            if let Some(show) = &unit.show {
                edges.read(&show.expr, index);
            }
            if !unit.jumps.is_empty() {
                let jump = units + slots + index;
                edges.list.push((index, jump));
                for guard in unit.jumps.iter().filter_map(|jump| jump.guard.as_ref()) {
                    edges.read(&guard.expr, jump);
                }
            }
        }
        for (index, slot) in (0..).zip(&plan.slots) {
            let value = units + index;
            if let Some(unit) = slot.unit {
                edges.list.push((unit, value));
            }
            edges.of_role(plan, &slot.role, value);
        }
        edges.spans(plan);
        edges
    }

    fn of_role(&mut self, plan: &Plan, role: &Role, value: u32) {
        match role {
            Role::Patient | Role::Rows(..) | Role::Computed(None) => {}
            Role::Computed(Some(formula)) => self.read(&formula.expr, value),
            Role::Total(rows) => {
                for row in rows {
                    self.add_value(*row, value);
                    if let Some(unit) = plan.slot(*row).unit {
                        self.list.push((unit, value));
                    }
                }
            }
            Role::Band { of, .. } => self.add_value(*of, value),
            Role::Answer(domain) => {
                for guard in domain.options.iter().filter_map(|option| option.show.as_ref()) {
                    self.read(&guard.expr, value);
                }
                match &domain.initial {
                    Some(Initial::Formula(formula)) => self.read(&formula.expr, value),
                    Some(Initial::Text(template)) => {
                        for slot in template.slots() {
                            self.add_value(slot, value);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn read(&mut self, expr: &Expr, node: u32) {
        for slot in expr.slots() {
            self.add_value(*slot, node);
        }
    }

    fn add_value(&mut self, slot: u32, node: u32) {
        self.list.push((self.units + slot, node));
    }

    /// Jumps before everything they may pass over, through a tree of spans: a jump needs few edges however far
    /// it goes.
    fn spans(&mut self, plan: &Plan) {
        if plan.units.iter().all(|unit| unit.jumps.is_empty()) {
            return;
        }
        let width = self.units.next_power_of_two();
        let base = self.nodes;
        self.nodes += width;
        let inner = |index: u32| if index < width { base + index } else { index - width };
        for index in 1..width {
            for child in [2 * index, 2 * index + 1] {
                if child < width || child - width < self.units {
                    self.list.push((inner(index), inner(child)));
                }
            }
        }
        for (index, unit) in (0..).zip(&plan.units) {
            let Some(farthest) = unit.jumps.iter().map(|jump| jump.to).max() else { continue };
            let jump = self.units + self.slots + index;
            let (mut from, mut to) = (unit.last + 1 + width, farthest + width);
            while from < to {
                if from & 1 == 1 {
                    self.list.push((jump, inner(from)));
                    from += 1;
                }
                if to & 1 == 1 {
                    to -= 1;
                    self.list.push((jump, inner(to)));
                }
                from /= 2;
                to /= 2;
            }
        }
    }
}

impl Guard {
    /// The slots it reads.
    pub fn slots(&self) -> &[u32] {
        self.expr.slots()
    }
}

impl Formula {
    /// The slots it reads.
    pub fn slots(&self) -> &[u32] {
        self.expr.slots()
    }
}

/// Sizes of forms are far below the limit of `u32`: the compiler refuses larger ones.
pub(super) fn count(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}
