//! Which nodes and edges of a chart runs have passed.

use super::{Chart, EdgeId, Move, NodeId, Step};

/// How often each node was entered and each edge taken, in runs of one chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    nodes: Vec<u64>,
    edges: Vec<u64>,
}

impl Coverage {
    /// Of no runs.
    pub fn of(chart: &Chart) -> Self {
        Self { nodes: vec![0; chart.nodes.len()], edges: vec![0; chart.edges.len()] }
    }

    /// A run entered a node: its start, or where it was taken up.
    pub fn enter(&mut self, node: NodeId) {
        if let Some(count) = self.nodes.get_mut(node.0) {
            *count += 1;
        }
    }

    /// A run took an edge.
    pub fn take(&mut self, edge: EdgeId) {
        if let Some(count) = self.edges.get_mut(edge.0) {
            *count += 1;
        }
    }

    /// A step of [`Chart::next`].
    pub fn step(&mut self, step: &Step) {
        if let Some(edge) = step.edge {
            self.take(edge);
            self.enter(step.node);
        }
    }

    /// What [`Chart::open`] or [`Chart::fire`] did.
    pub fn moved(&mut self, moved: &Move) {
        moved.edges.iter().for_each(|edge| self.take(*edge));
        moved.entered.iter().for_each(|node| self.enter(*node));
    }

    /// Adds the runs of another; false, and nothing added, when it is of another chart.
    #[must_use]
    pub fn merge(&mut self, other: &Self) -> bool {
        let is_same = self.nodes.len() == other.nodes.len() && self.edges.len() == other.edges.len();
        if is_same {
            let counts = self.nodes.iter_mut().chain(&mut self.edges);
            counts.zip(other.nodes.iter().chain(&other.edges)).for_each(|(count, more)| *count += more);
        }
        is_same
    }

    /// How often a node was entered.
    pub fn node(&self, id: NodeId) -> u64 {
        self.nodes.get(id.0).copied().unwrap_or(0)
    }

    /// How often an edge was taken.
    pub fn edge(&self, id: EdgeId) -> u64 {
        self.edges.get(id.0).copied().unwrap_or(0)
    }

    /// Nodes no run entered, in order.
    pub fn missed_nodes(&self) -> impl Iterator<Item = NodeId> {
        self.nodes.iter().enumerate().filter(|(_, count)| **count == 0).map(|(index, _)| NodeId(index))
    }

    /// Edges no run took, in order.
    pub fn missed_edges(&self) -> impl Iterator<Item = EdgeId> {
        self.edges.iter().enumerate().filter(|(_, count)| **count == 0).map(|(index, _)| EdgeId(index))
    }

    /// The covered share of nodes and edges, from 0 to 1; 1 of an empty chart.
    #[expect(clippy::cast_precision_loss, reason = "a chart has some thousand parts")]
    pub fn share(&self) -> f64 {
        let n = self.nodes.len() + self.edges.len();
        let n_missed = self.missed_nodes().count() + self.missed_edges().count();
        if n == 0 { 1.0 } else { (n - n_missed) as f64 / n as f64 }
    }
}
