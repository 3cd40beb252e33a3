//! What changed from one version of a chart to the next: by keys, not by lines of text.

use std::{collections::BTreeMap, fmt};

use super::{Chart, Edge, EdgeId, Node, NodeId, Shape};

/// The changes, and a chart with the parts of both versions to draw them on.
#[derive(Debug, Clone)]
pub struct Diff {
    /// Nodes first, then edges; in order of the new version, then what was removed.
    pub changes: Vec<Change>,
    /// The new version with the removed parts after its own.
    pub both: Chart,
    /// How each node of `both` stands.
    pub nodes: Vec<Mark>,
    /// How each edge of `both` stands.
    pub edges: Vec<Mark>,
}

/// How a part stands to the old version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// As it was.
    Same,
    /// New.
    Added,
    /// Gone.
    Removed,
    /// With another text, shape, place or guard.
    Changed,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub mark: Mark,
    /// The part: a node's key, or `a → b`.
    pub part: String,
    /// What it was and what it is; empty where it was not or is not there.
    pub values: Option<(String, String)>,
    /// Line in the new version, or of a removed part in the old one.
    pub line: u32,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.mark {
            Mark::Same => "不变",
            Mark::Added => "新增",
            Mark::Removed => "删去",
            Mark::Changed => "改动",
        };
        write!(f, "{mark} {}", self.part)?;
        match &self.values {
            Some((old, new)) => write!(f, "：{old} ⇒ {new}"),
            None => Ok(()),
        }
    }
}

impl Diff {
    /// From one version to the next.
    pub fn of(old: &Chart, new: &Chart) -> Self {
        let mut diff = Self { changes: Vec::new(), both: new.clone(), nodes: Vec::new(), edges: Vec::new() };
        let moved = diff.compare_nodes(old, new);
        diff.compare_edges(old, new, &moved);
        diff
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Marks every node; gives for each old node where it is in `both`.
    fn compare_nodes(&mut self, old: &Chart, new: &Chart) -> Vec<NodeId> {
        let olds: BTreeMap<&str, NodeId> = old.nodes().map(|(id, node)| (node.key.as_str(), id)).collect();
        let news: BTreeMap<&str, NodeId> = new.nodes().map(|(id, node)| (node.key.as_str(), id)).collect();
        for (_, node) in new.nodes() {
            let Some(before) = olds.get(node.key.as_str()).map(|id| old.node(*id)) else {
                self.nodes.push(Mark::Added);
                self.change(Mark::Added, node.key.clone(), None, node.line);
                continue;
            };
            let was = spelt(old, before);
            let is = spelt(new, node);
            self.nodes.push(if was == is { Mark::Same } else { Mark::Changed });
            if was != is {
                self.change(Mark::Changed, node.key.clone(), Some((was, is)), node.line);
            }
        }
        let mut moved: Vec<NodeId> = Vec::new();
        for (_, node) in old.nodes() {
            if let Some(id) = news.get(node.key.as_str()) {
                moved.push(*id);
                continue;
            }
            moved.push(NodeId(self.both.nodes.len()));
            self.both.nodes.push(node.clone());
            self.both.outgoing.push(Vec::new());
            self.nodes.push(Mark::Removed);
            self.change(Mark::Removed, node.key.clone(), None, node.line);
        }
        for node in self.both.nodes.iter_mut().skip(new.nodes.len()) {
            // Frames of the old version are not drawn; a composite state is, new or old.
            node.frame = None;
            node.parent = node.parent.map(|parent| moved[parent.0]);
        }
        // What lies in a state that is no longer composite is drawn beside it.
        let shapes: Vec<Shape> = self.both.nodes.iter().map(|node| node.shape).collect();
        for node in &mut self.both.nodes {
            node.parent = node.parent.filter(|parent| shapes[parent.0] == Shape::Composite);
        }
        moved
    }

    /// Pairs the edges between the same nodes: first those that are alike, then the rest in order.
    fn compare_edges(&mut self, old: &Chart, new: &Chart, moved: &[NodeId]) {
        let mut left: BTreeMap<(NodeId, NodeId), Vec<&Edge>> = BTreeMap::new();
        for edge in &old.edges {
            left.entry((moved[edge.from.0], moved[edge.to.0])).or_default().push(edge);
        }
        let mut is_paired = vec![false; new.edges.len()];
        for (index, edge) in new.edges.iter().enumerate() {
            if let Some(olds) = left.get_mut(&(edge.from, edge.to))
                && let Some(at) = olds.iter().position(|before| condition(before) == condition(edge))
            {
                olds.remove(at);
                is_paired[index] = true;
            }
        }
        for (edge, is_paired) in new.edges.iter().zip(is_paired) {
            let olds = left.entry((edge.from, edge.to)).or_default();
            if is_paired {
                self.edges.push(Mark::Same);
            } else if olds.is_empty() {
                self.edges.push(Mark::Added);
                self.change(Mark::Added, arrow(new, edge), None, edge.line);
            } else {
                let values = (condition(olds.remove(0)), condition(edge));
                self.edges.push(Mark::Changed);
                self.change(Mark::Changed, arrow(new, edge), Some(values), edge.line);
            }
        }
        let mut gone: Vec<((NodeId, NodeId), &Edge)> = left
            .into_iter()
            .flat_map(|(ends, edges)| edges.into_iter().map(move |edge| (ends, edge)))
            .collect();
        gone.sort_by_key(|(_, edge)| (edge.line, edge.column));
        for ((from, to), edge) in gone {
            self.change(Mark::Removed, arrow(old, edge), None, edge.line);
            self.both.outgoing[from.0].push(EdgeId(self.both.edges.len()));
            self.both.edges.push(Edge { from, to, ..edge.clone() });
            self.edges.push(Mark::Removed);
        }
    }

    fn change(&mut self, mark: Mark, part: String, values: Option<(String, String)>, line: u32) {
        self.changes.push(Change { mark, part, values, line });
    }
}

/// What of a node matters to people and to the run.
fn spelt(chart: &Chart, node: &Node) -> String {
    let shape = match node.shape {
        Shape::Start => "开始",
        Shape::End => "结束",
        Shape::Step => "步骤",
        Shape::Question => "提问",
        Shape::Decision => "判断",
        Shape::Service => "服务",
        Shape::State => "状态",
        Shape::Composite => "组合状态",
        Shape::Choice => "分支点",
    };
    let inside = node.parent.map(|parent| format!("，在 {} 里", chart.node(parent).key)).unwrap_or_default();
    format!("{shape}“{}”{inside}", node.label)
}

/// Event and guard of an edge, the guard in its canonical spelling.
fn condition(edge: &Edge) -> String {
    let guard = match &edge.guard {
        super::Guard::Always => None,
        super::Guard::When(expr) => Some(expr.to_string()),
        super::Guard::Otherwise => Some("否则".to_owned()),
    };
    match (&edge.event, guard) {
        (None, None) => "无条件".to_owned(),
        (None, Some(guard)) => guard,
        (Some(event), None) => event.clone(),
        (Some(event), Some(guard)) => format!("{event} [{guard}]"),
    }
}

fn arrow(chart: &Chart, edge: &Edge) -> String {
    format!("{} → {}", chart.node(edge.from).key, chart.node(edge.to).key)
}
