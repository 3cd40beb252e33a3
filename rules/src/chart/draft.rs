//! What a chart's text says, before it is checked.

use std::collections::BTreeMap;

use kb::Fault;

use super::{Shape, cursor::Piece};

/// Nodes and edges as written.
pub(super) struct Draft {
    /// States of a life cycle wait for an event, so their ways out need no 否则.
    pub(super) nodes: Vec<DraftNode>,
    pub(super) edges: Vec<DraftEdge>,
    by_key: BTreeMap<String, usize>,
}

pub(super) struct DraftNode {
    pub(super) key: String,
    /// None until the node is written with its shape.
    pub(super) face: Option<Face>,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// How a node looks and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Face {
    pub(super) label: String,
    pub(super) outline: Outline,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outline {
    /// `([ ])`: a start or an end, which its edges tell.
    Terminal,
    Shape(Shape),
}

pub(super) struct DraftEdge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) guard: Option<Piece>,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Draft {
    pub(super) fn new() -> Self {
        Self { nodes: Vec::new(), edges: Vec::new(), by_key: BTreeMap::new() }
    }

    /// The node of a key, made when first mentioned.
    pub(super) fn mention(&mut self, key: &Piece) -> usize {
        if let Some(index) = self.by_key.get(&key.text) {
            return *index;
        }
        let index = self.nodes.len();
        self.nodes.push(DraftNode { key: key.text.clone(), face: None, line: key.line, column: key.column });
        self.by_key.insert(key.text.clone(), index);
        index
    }

    /// Gives a node its face; refused when it already has another.
    pub(super) fn declare(&mut self, file: &str, key: &Piece, face: Face) -> Result<usize, Fault> {
        let index = self.mention(key);
        let node = &mut self.nodes[index];
        match &node.face {
            Some(known) if *known != face => {
                let message = format!("节点 {} 写了两次，形状或文字不同", key.text);
                return Err(Fault::error(file, key.line, "FC003", message).at_column(key.column));
            }
            Some(_) => {}
            None => {
                node.face = Some(face);
                (node.line, node.column) = (key.line, key.column);
            }
        }
        Ok(index)
    }

    pub(super) fn connect(&mut self, from: usize, to: usize, guard: Option<Piece>, place: (u32, u32)) {
        self.edges.push(DraftEdge { from, to, guard, line: place.0, column: place.1 });
    }
}
