//! Charts of a dialogue (`flowchart`) or a life cycle (`stateDiagram-v2`): a subset of Mermaid that is drawn and run.
//!
//! Guards on edges are conditions of [`crate::expr`]; `否则` (or `else`) is taken when no other guard is yes, so an
//! unknown guard never opens a way. Whatever lies outside the subset is refused with line and column:
//!
//! ```text
//! flowchart TD
//!   start([开始]) --> complaint[/主诉/]
//!   complaint --> flags{红旗？}
//!   flags -->|红旗| warn[[提醒]]
//!   flags -->|否则| done([完成])
//!   warn --> done
//! ```
//!
//! Codes: `FC001` outside the subset, `FC002` first line, `FC003` node written twice, `FC004` node never written,
//! `FC005` start, `FC006` end, `FC007` no way out, `FC008` no 否则, `FC009` unclear ways out, `FC010` unreachable,
//! `FC011` cycle that never waits, `FC012` no way to an end, `FC013` guard written twice, `FC014` start or end in the
//! middle; faults of guards keep the codes of expressions (`EX…`).

mod check;
mod cursor;
mod draft;
mod flow;
mod read;
mod state;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod preconsult;

use kb::Fault;

use crate::expr::{Expr, Facts, Truth, Vocabulary};

/// A checked chart.
#[derive(Debug, Clone)]
pub struct Chart {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    outgoing: Vec<Vec<EdgeId>>,
    start: NodeId,
}

/// A node of the chart that gave the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(usize);

/// An edge of the chart that gave the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeId(usize);

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name in the file; callers bind acts to it. The dots of a life cycle are `[start]` and `[end]`.
    pub key: String,
    /// What people read.
    pub label: String,
    /// What kind of node it is.
    pub shape: Shape,
    /// Line in the file, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Kinds of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// `([text])` with a way out, or `[*] -->`.
    Start,
    /// `([text])` with a way in, or `--> [*]`.
    End,
    /// `[text]`
    Step,
    /// `[/text/]`: waits for an answer.
    Question,
    /// `{text}`
    Decision,
    /// `[[text]]`: a sub-questionnaire or a service.
    Service,
    /// A state of a life cycle: waits for an event.
    State,
}

/// An edge.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// Where it leaves.
    pub from: NodeId,
    /// Where it leads.
    pub to: NodeId,
    /// When it is taken.
    pub guard: Guard,
    /// The guard as written.
    pub text: Option<String>,
    /// Line in the file, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// When an edge is taken.
#[derive(Debug, Clone, PartialEq)]
pub enum Guard {
    /// Without condition.
    Always,
    /// When it is yes; not when it is unknown.
    When(Box<Expr>),
    /// When no other guard of the node is yes.
    Otherwise,
}

/// Where a chart goes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The node reached.
    pub node: NodeId,
    /// The edge taken; none when the chart stays: at an end, or in a state none of whose guards is yes.
    pub edge: Option<EdgeId>,
}

impl Chart {
    /// Reads and checks a chart; refused with every fault, in order of place.
    pub fn compile(file: &str, text: &str, vocabulary: &dyn Vocabulary) -> Result<Self, Vec<Fault>> {
        read::compile(file, text, vocabulary)
    }

    /// Where it begins.
    pub fn start(&self) -> NodeId {
        self.start
    }

    /// A node by its id.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// An edge by its id.
    pub fn edge(&self, id: EdgeId) -> &Edge {
        &self.edges[id.0]
    }

    /// The node of a key.
    pub fn find(&self, key: &str) -> Option<NodeId> {
        self.nodes.iter().position(|node| node.key == key).map(NodeId)
    }

    /// All nodes, in order of first mention.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(index, node)| (NodeId(index), node))
    }

    /// All edges, in file order.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Takes the first edge in file order whose guard is yes, else 否则.
    pub fn next<F: Facts + ?Sized>(&self, id: NodeId, facts: &F) -> Step {
        let mut otherwise = Step { node: id, edge: None };
        for edge_id in self.outgoing(id) {
            let edge = self.edge(*edge_id);
            let step = Step { node: edge.to, edge: Some(*edge_id) };
            match &edge.guard {
                Guard::Always => return step,
                Guard::When(expr) if expr.eval(facts) == Truth::Yes => return step,
                Guard::When(_) => {}
                Guard::Otherwise => otherwise = step,
            }
        }
        otherwise
    }

    fn outgoing(&self, id: NodeId) -> &[EdgeId] {
        &self.outgoing[id.0]
    }

    fn successors(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        self.outgoing(id).iter().map(|edge| self.edges[edge.0].to)
    }
}
