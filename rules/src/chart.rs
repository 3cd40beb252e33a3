//! Charts of a dialogue (`flowchart`) or a life cycle (`stateDiagram-v2`): a subset of Mermaid that is drawn and run.
//!
//! Guards on edges are conditions of [`crate::expr`]; `否则` (or `else`) is taken when no other guard is yes, so an
//! unknown guard never opens a way. Whatever lies outside the subset is refused with line and column; what is taken
//! and what is refused is listed in `chart/COVERAGE.md`:
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
//! A life cycle has states, composite states, choices and notes. A transition is written `a --> b : 事件 [条件]`; a
//! label without brackets is an event or a condition, as [`Reading::events`] says. An edge without event is taken
//! when the state is done: a simple state when the caller says so, a composite state when its inner end is reached, a
//! choice at once.
//!
//! Codes (examples and fixes in `codes/FC.md`): `FC001` outside the subset, `FC002` first line, `FC003` node written
//! twice, `FC004` node never written, `FC005` start, `FC006` end, `FC007` no way out, `FC008` no 否则, `FC009` unclear
//! ways out, `FC010` unreachable, `FC011` cycle that never waits, `FC012` no way to an end, `FC013` guard that can
//! never be taken, `FC014` start or end in the middle, `FC015` unknown event, `FC016` event where nothing waits,
//! `FC017` overlapping guards (warning), `FC018` 否则 only for unknown answers (warning), `FC019` nested too deep,
//! `FC020` edge of a dot that leaves its composite state; faults of guards keep the codes of expressions (`EX…`).

mod ancestry;
mod check;
pub mod cover;
mod cursor;
pub mod diff;
mod draft;
mod flow;
mod link;
mod print;
mod prove;
mod read;
mod run;
mod state;
mod statement;
pub mod svg;
mod ways;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod categories;
#[cfg(test)]
mod drawings;
#[cfg(test)]
mod lifecycles;
#[cfg(test)]
mod preconsult;

use kb::Fault;

use crate::expr::{Expr, Facts, Truth, Vocabulary};

pub use prove::{Prover, Sampling, Witness};
pub use run::Move;

/// A checked chart.
#[derive(Debug, Clone)]
pub struct Chart {
    diagram: Diagram,
    direction: Direction,
    title: Option<String>,
    description: Option<String>,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    frames: Vec<Frame>,
    notes: Vec<Note>,
    outgoing: Vec<Vec<EdgeId>>,
    start: NodeId,
    warnings: Vec<Fault>,
}

/// How a text is read beyond its guards.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// What guards may name.
    pub vocabulary: &'a dyn Vocabulary,
    /// What a label without brackets is in a life cycle.
    pub events: Events<'a>,
    /// What finds overlapping guards; [`Sampling`] over the vocabulary when left out.
    pub prover: Option<&'a dyn Prover>,
}

/// What a transition's label without brackets is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Events<'a> {
    /// A condition; events need brackets after them.
    Conditions,
    /// The name of an event, any name.
    Any,
    /// The name of one of these events.
    Of(&'a [&'a str]),
}

/// Which of the two diagrams a chart is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Diagram {
    /// `flowchart`
    Flow,
    /// `stateDiagram-v2`
    State,
}

/// Where a drawing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// From top to bottom, `TB` or `TD`.
    #[default]
    Down,
    /// From bottom to top, `BT`.
    Up,
    /// From left to right, `LR`.
    Right,
    /// From right to left, `RL`.
    Left,
}

/// A frame drawn around nodes, `subgraph`; it means nothing to the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its name in the file.
    pub key: String,
    /// What people read.
    pub label: String,
    /// The frame around it, an index into [`Chart::frames`].
    pub parent: Option<usize>,
}

/// A note beside a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Whose note it is.
    pub of: NodeId,
    /// Left of the state instead of right.
    pub is_left: bool,
    /// Its lines, parted by line feeds.
    pub text: String,
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
    /// Its name in the file; callers bind acts to it. The dots of a life cycle are `[start]` and `[end]`,
    /// those of a composite state `key/[start]` and `key/[end]`.
    pub key: String,
    /// What people read.
    pub label: String,
    /// What kind of node it is.
    pub shape: Shape,
    /// The composite state it lies in.
    pub parent: Option<NodeId>,
    /// The frame it is drawn in, an index into [`Chart::frames`].
    pub frame: Option<usize>,
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
    /// A state with states in it; being in it is being in one of them.
    Composite,
    /// `<<choice>>`
    Choice,
}

/// An edge.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// Where it leaves.
    pub from: NodeId,
    /// Where it leads.
    pub to: NodeId,
    /// The event it waits for, in a life cycle.
    pub event: Option<String>,
    /// When it is taken.
    pub guard: Guard,
    /// The guard as written, with its event.
    pub text: Option<String>,
    /// How its line is drawn.
    pub stroke: Stroke,
    /// How many ranks it spans at least in the drawing, from 1.
    pub length: u8,
    /// Line in the file, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stroke {
    /// `-->`
    #[default]
    Plain,
    /// `-.->`
    Dotted,
    /// `==>`
    Thick,
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
        Self::compile_with(file, text, &Reading { vocabulary, events: Events::Conditions, prover: None })
    }

    /// Reads and checks a chart, its events too.
    pub fn compile_with(file: &str, text: &str, reading: &Reading<'_>) -> Result<Self, Vec<Fault>> {
        read::compile(file, text, reading)
    }

    /// What an editor should look at though the chart runs, in order of place.
    pub fn warnings(&self) -> &[Fault] {
        &self.warnings
    }

    /// Which diagram it is.
    pub fn diagram(&self) -> Diagram {
        self.diagram
    }

    /// Where its drawing goes.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// Its title (`accTitle`).
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// What it is about (`accDescr`).
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Its frames, an outer one before those in it.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// Its notes, in file order.
    pub fn notes(&self) -> &[Note] {
        &self.notes
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

    /// Takes the first edge without event (a start's names what begins the run), in file order, whose guard is yes, else 否则.
    pub fn next<F: Facts + ?Sized>(&self, id: NodeId, facts: &F) -> Step {
        let mut otherwise = Step { node: id, edge: None };
        for edge_id in self.outgoing(id) {
            let edge = self.edge(*edge_id);
            if edge.event.is_some() && self.node(id).shape != Shape::Start {
                continue;
            }
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

    /// The composite states around a node, from the inside.
    fn parents(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.nodes[id.0].parent, |parent| self.nodes[parent.0].parent)
    }

    /// The dot that `shape` names in a composite state, or of the whole chart.
    fn dot(&self, parent: Option<NodeId>, shape: Shape) -> Option<NodeId> {
        self.nodes.iter().position(|node| node.shape == shape && node.parent == parent).map(NodeId)
    }
}
