//! What a chart's text says, before it is checked.

use std::collections::{BTreeMap, BTreeSet};

use kb::Fault;

use super::{Direction, Frame, Shape, Stroke, cursor::Piece};

/// Blocks in blocks at most.
const MAX_DEPTH: usize = 64;
const MAX_EDGES: usize = 4000;

/// Nodes, edges and what is drawn around them, as written.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) direction: Direction,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) nodes: Vec<DraftNode>,
    pub(super) edges: Vec<DraftEdge>,
    pub(super) frames: Vec<Frame>,
    pub(super) notes: Vec<DraftNote>,
    /// Open blocks, the innermost last.
    pub(super) blocks: Vec<Block>,
    /// A note whose `end note` is still to come.
    pub(super) open_note: Option<(DraftNote, Piece)>,
    by_key: BTreeMap<String, usize>,
    frame_keys: BTreeSet<String>,
}

/// An open block: a frame of a flowchart or a composite state.
pub(super) struct Block {
    pub(super) index: usize,
    /// Its first word.
    pub(super) word: Piece,
}

pub(super) struct DraftNode {
    pub(super) key: String,
    /// None until the node is written with its shape.
    pub(super) face: Option<Face>,
    /// Composite state it lies in.
    pub(super) parent: Option<usize>,
    pub(super) frame: Option<usize>,
    /// Whether it was written in its block, not only mentioned by an edge.
    pub(super) is_placed: bool,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// How a node looks and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Face {
    /// None: called by its key.
    pub(super) label: Option<String>,
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
    pub(super) link: Link,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// An arrow and what is written on it.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) label: Option<Piece>,
    pub(super) stroke: Stroke,
    pub(super) length: u8,
}

pub(super) struct DraftNote {
    pub(super) of: usize,
    pub(super) is_left: bool,
    pub(super) text: String,
}

impl Draft {
    /// The node of a key, made in the open block when first mentioned.
    pub(super) fn mention(&mut self, key: &Piece, parent: Option<usize>) -> usize {
        if let Some(index) = self.by_key.get(&key.text) {
            return *index;
        }
        let index = self.nodes.len();
        self.nodes.push(DraftNode {
            key: key.text.clone(),
            face: None,
            parent,
            frame: None,
            is_placed: false,
            line: key.line,
            column: key.column,
        });
        self.by_key.insert(key.text.clone(), index);
        index
    }

    /// Gives a node its face; refused when it already has another.
    pub(super) fn declare(
        &mut self,
        file: &str,
        key: &Piece,
        parent: Option<usize>,
        face: Face,
    ) -> Result<usize, Fault> {
        let index = self.mention(key, parent);
        let node = &mut self.nodes[index];
        let refused = |message| Err(Fault::error(file, key.line, "FC003", message).at_column(key.column));
        match &node.face {
            Some(known) if *known != face => {
                return refused(format!("节点 {} 写了两次，形状或文字不同", key.text));
            }
            Some(_) => {}
            None => {
                node.face = Some(face);
                (node.line, node.column) = (key.line, key.column);
            }
        }
        Ok(index)
    }

    /// Puts a state where it is written; refused when it already lies elsewhere.
    fn place(&mut self, file: &str, key: &Piece, index: usize, parent: Option<usize>) -> Result<(), Fault> {
        let is_inside = std::iter::successors(parent, |at| self.nodes[*at].parent).any(|at| at == index);
        let node = &mut self.nodes[index];
        if is_inside || (node.is_placed && node.parent != parent) {
            let message = format!("状态 {} 写在了两层里，它只能属于一个组合状态", key.text);
            return Err(Fault::error(file, key.line, "FC003", message).at_column(key.column));
        }
        (node.parent, node.is_placed) = (parent, true);
        Ok(())
    }

    pub(super) fn connect(
        &mut self,
        file: &str,
        (from, to): (usize, usize),
        link: Link,
        place: (u32, u32),
    ) -> Result<(), Fault> {
        if self.edges.len() >= MAX_EDGES {
            return Err(Fault::error(file, place.0, "FC001", format!("图太大，最多 {MAX_EDGES} 条连线")));
        }
        self.edges.push(DraftEdge { from, to, link, line: place.0, column: place.1 });
        Ok(())
    }

    /// Whether a node has the key.
    pub(super) fn has_node(&self, key: &str) -> bool {
        self.by_key.contains_key(key)
    }

    /// Whether a frame has the key.
    pub(super) fn has_frame(&self, key: &str) -> bool {
        self.frame_keys.contains(key)
    }

    /// Adds a frame in the open one; false when its key is taken.
    pub(super) fn add_frame(&mut self, key: String, label: String) -> bool {
        let is_free = !self.has_node(&key) && self.frame_keys.insert(key.clone());
        let parent = self.block();
        self.frames.push(Frame { key, label, parent });
        is_free
    }

    /// Gives a state its label, or its outline when it is more than a state; refused when it has others.
    pub(super) fn describe(
        &mut self,
        file: &str,
        key: &Piece,
        label: Option<String>,
        shape: Option<Shape>,
    ) -> Result<usize, Fault> {
        let parent = self.block();
        let index = self.mention(key, parent);
        self.place(file, key, index, parent)?;
        let node = &mut self.nodes[index];
        let first = node.face.is_none();
        let face = node.face.get_or_insert(Face { label: None, outline: Outline::Shape(Shape::State) });
        if first {
            (node.line, node.column) = (key.line, key.column);
        }
        let is_other_label = face.label.is_some() && label.is_some() && face.label != label;
        let is_other_shape = shape.is_some() && face.outline != Outline::Shape(Shape::State);
        if is_other_label || is_other_shape {
            let message = format!("节点 {} 写了两次，形状或文字不同", key.text);
            return Err(Fault::error(file, key.line, "FC003", message).at_column(key.column));
        }
        face.label = face.label.take().or(label);
        if let Some(shape) = shape {
            face.outline = Outline::Shape(shape);
        }
        Ok(index)
    }

    /// The innermost open block.
    pub(super) fn block(&self) -> Option<usize> {
        self.blocks.last().map(|block| block.index)
    }

    /// Opens a block; refused when it lies too deep.
    pub(super) fn open(&mut self, file: &str, index: usize, word: Piece) -> Result<(), Fault> {
        let too_deep = Fault::error(file, word.line, "FC019", format!("套得太深，最多 {MAX_DEPTH} 层"))
            .at_column(word.column);
        self.blocks.push(Block { index, word });
        if self.blocks.len() > MAX_DEPTH { Err(too_deep) } else { Ok(()) }
    }
}
