//! Chart → text.

use std::fmt::Write;

use super::{Chart, Diagram, Direction, Edge, Node, NodeId, Shape, Stroke};

impl Chart {
    /// The chart as Mermaid text in its canonical form, which compiles to the same chart.
    pub fn mermaid(&self) -> String {
        let mut text = String::new();
        match self.diagram {
            Diagram::Flow => line(&mut text, 0, &format!("flowchart {}", direction(self.direction))),
            Diagram::State => line(&mut text, 0, "stateDiagram-v2"),
        }
        for (name, value) in [("accTitle", &self.title), ("accDescr", &self.description)] {
            if let Some(value) = value {
                line(&mut text, 1, &format!("{name}: {value}"));
            }
        }
        match self.diagram {
            Diagram::Flow => {
                self.frame(&mut text, None, 1);
                for edge in &self.edges {
                    line(&mut text, 1, &self.arrow(edge));
                }
            }
            Diagram::State => {
                if self.direction != Direction::Down {
                    line(&mut text, 1, &format!("direction {}", direction(self.direction)));
                }
                self.level(&mut text, None, 1);
            }
        }
        text
    }

    /// The nodes of a frame, then the frames in it.
    fn frame(&self, text: &mut String, frame: Option<usize>, depth: usize) {
        for node in self.nodes.iter().filter(|node| node.frame == frame) {
            line(text, depth, &outline(node));
        }
        for (index, inner) in self.frames.iter().enumerate().filter(|(_, inner)| inner.parent == frame) {
            let has_key = !inner.key.starts_with('#');
            let title = quoted(&inner.label);
            let head = if has_key {
                format!("subgraph {} [{title}]", inner.key)
            } else {
                format!("subgraph {title}")
            };
            line(text, depth, &head);
            self.frame(text, Some(index), depth + 1);
            line(text, depth, "end");
        }
    }

    fn arrow(&self, edge: &Edge) -> String {
        let n = usize::from(edge.length);
        let sign = match edge.stroke {
            Stroke::Plain => format!("{}>", "-".repeat(n + 1)),
            Stroke::Dotted => format!("-{}->", ".".repeat(n)),
            Stroke::Thick => format!("{}>", "=".repeat(n + 1)),
        };
        let label = edge.text.as_deref().map(|text| format!("|{}|", quoted(text))).unwrap_or_default();
        format!("{} {sign}{label} {}", self.node(edge.from).key, self.node(edge.to).key)
    }

    /// The states of a composite state, or the outermost ones, with their notes and the edges that leave them.
    fn level(&self, text: &mut String, parent: Option<NodeId>, depth: usize) {
        let inner = || self.nodes().filter(move |(_, node)| node.parent == parent);
        for (id, node) in inner() {
            if matches!(node.shape, Shape::Composite | Shape::Choice) && node.label != node.key {
                line(text, depth, &format!("{} : {}", node.key, node.label));
            }
            match node.shape {
                Shape::Composite => {
                    line(text, depth, &format!("state {} {{", node.key));
                    self.level(text, Some(id), depth + 1);
                    line(text, depth, "}");
                }
                Shape::Choice => line(text, depth, &format!("state {} <<choice>>", node.key)),
                Shape::State if node.label == node.key => line(text, depth, &node.key),
                Shape::State => line(text, depth, &format!("{} : {}", node.key, node.label)),
                _ => {}
            }
        }
        for note in self.notes.iter().filter(|note| self.node(note.of).parent == parent) {
            let side = if note.is_left { "left" } else { "right" };
            let head = format!("note {side} of {}", self.node(note.of).key);
            if note.text.is_empty() || note.text.contains('\n') {
                line(text, depth, &head);
                note.text.lines().for_each(|words| line(text, depth + 1, words));
                line(text, depth, "end note");
            } else {
                line(text, depth, &format!("{head} : {}", note.text));
            }
        }
        for edge in self.edges.iter().filter(|edge| self.node(edge.from).parent == parent) {
            let end = |id: NodeId| match self.node(id).shape {
                Shape::Start | Shape::End => "[*]",
                _ => self.node(id).key.as_str(),
            };
            let label = edge.text.as_deref().map(|text| format!(" : {text}")).unwrap_or_default();
            line(text, depth, &format!("{} --> {}{label}", end(edge.from), end(edge.to)));
        }
    }
}

fn line(text: &mut String, depth: usize, words: &str) {
    for _ in 0..depth {
        text.push_str("  ");
    }
    text.push_str(words);
    text.push('\n');
}

pub(super) fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Down => "TD",
        Direction::Up => "BT",
        Direction::Right => "LR",
        Direction::Left => "RL",
    }
}

fn outline(node: &Node) -> String {
    let (open, close) = match node.shape {
        Shape::Start | Shape::End => ("([", "])"),
        Shape::Question => ("[/", "/]"),
        Shape::Decision => ("{", "}"),
        Shape::Service => ("[[", "]]"),
        Shape::Step | Shape::State | Shape::Composite | Shape::Choice => ("[", "]"),
    };
    let mut text = String::new();
    let _ = write!(text, "{}{open}{}{close}", node.key, quoted(&node.label));
    text
}

/// A label in double quotes where Mermaid would misread it.
fn quoted(label: &str) -> String {
    format!("\"{label}\"")
}
