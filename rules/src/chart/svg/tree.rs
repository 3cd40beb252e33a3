//! Levels within levels: frames and composite states, and lines across their borders.

use std::collections::BTreeMap;

use super::level::{Item, Line, Pin, Placed, Point, placed};

/// Room between a frame and what is in it.
const PAD: f64 = 16.0;
/// Room for a frame's title.
const TITLE: f64 = 28.0;

/// What is to be laid out, in a drawing from top to bottom.
pub(super) struct Plan {
    /// Nodes without their frames: width, height, and room on the left and right.
    pub(super) nodes: Vec<Item>,
    /// The box each node lies in; box 0 is the whole drawing.
    pub(super) inside: Vec<usize>,
    /// Boxes, an outer one before those in it; the outer box, and the least width for the title.
    pub(super) boxes: Vec<(Option<usize>, f64)>,
    /// Room beside each box; its width and height are not looked at.
    pub(super) beside: Vec<Item>,
    /// Whether titles are beside the content, since the drawing will be turned.
    pub(super) is_turned: bool,
    /// Whether titles are below the content, since the drawing will be mirrored.
    pub(super) is_mirrored: bool,
    pub(super) edges: Vec<Run>,
}

/// An end of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Node(usize),
    Box(usize),
}

/// An edge between two different ends.
pub(super) struct Run {
    pub(super) from: End,
    pub(super) to: End,
    pub(super) label: Option<(f64, f64)>,
    pub(super) length: usize,
}

/// Everything in its place.
pub(super) struct Scene {
    pub(super) size: Point,
    pub(super) nodes: Vec<Point>,
    /// Upper left corners and sizes.
    pub(super) boxes: Vec<(Point, Point)>,
    pub(super) routes: Vec<Vec<Point>>,
    pub(super) labels: Vec<Option<Point>>,
}

/// What lies in a box, and where: an end or the port of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    End(End),
    In(usize),
    Out(usize),
}

/// A piece of an edge in one box.
struct Piece {
    edge: usize,
    inside: usize,
    from: Key,
    to: Key,
    has_label: bool,
}

#[derive(Default)]
struct Level {
    keys: BTreeMap<Key, usize>,
    items: Vec<Item>,
    placed: Placed,
    /// Where its content begins in its box, and the size of the box.
    offset: Point,
    size: Point,
    pieces: Vec<usize>,
}

pub(super) fn scene(plan: &Plan) -> Scene {
    let pieces: Vec<Piece> =
        plan.edges.iter().enumerate().flat_map(|(edge, run)| pieces(plan, edge, run)).collect();
    let mut levels: Vec<Level> = plan.boxes.iter().map(|_| Level::default()).collect();
    for (index, piece) in pieces.iter().enumerate() {
        levels[piece.inside].pieces.push(index);
    }
    for inside in (0..plan.boxes.len()).rev() {
        lay(plan, &pieces, &mut levels, inside);
    }
    assemble(plan, &pieces, &levels)
}

fn outer(plan: &Plan, end: End) -> usize {
    match end {
        End::Node(node) => plan.inside[node],
        End::Box(at) => plan.boxes[at].0.unwrap_or(0),
    }
}

/// The boxes around an end, from the inside.
fn around(plan: &Plan, end: End) -> Vec<usize> {
    std::iter::successors(Some(outer(plan, end)), |at| plan.boxes[*at].0).collect()
}

/// Cuts an edge at the borders it crosses.
fn pieces(plan: &Plan, edge: usize, run: &Run) -> Vec<Piece> {
    let (up, down) = (around(plan, run.from), around(plan, run.to));
    let common = up.iter().copied().find(|at| down.contains(at)).unwrap_or(0);
    let mut pieces = Vec::new();
    let mut from = Key::End(run.from);
    for inside in up.into_iter().take_while(|at| *at != common) {
        pieces.push(Piece { edge, inside, from, to: Key::Out(edge), has_label: false });
        from = Key::End(End::Box(inside));
    }
    let mut arriving = Vec::new();
    let mut to = Key::End(run.to);
    for inside in down.into_iter().take_while(|at| *at != common) {
        arriving.push(Piece { edge, inside, from: Key::In(edge), to, has_label: false });
        to = Key::End(End::Box(inside));
    }
    if from != to {
        pieces.push(Piece { edge, inside: common, from, to, has_label: true });
    }
    pieces.extend(arriving.into_iter().rev());
    if !pieces.iter().any(|piece| piece.has_label)
        && let Some(first) = pieces.first_mut()
    {
        first.has_label = true;
    }
    pieces
}

/// Lays one box out; those in it are laid out already.
fn lay(plan: &Plan, pieces: &[Piece], levels: &mut [Level], inside: usize) {
    let mut level = std::mem::take(&mut levels[inside]);
    let ends = (0..plan.nodes.len()).map(End::Node).filter(|end| outer(plan, *end) == inside);
    let boxes = (1..plan.boxes.len()).filter(|at| plan.boxes[*at].0 == Some(inside)).map(End::Box);
    for end in ends.chain(boxes) {
        let item = match end {
            End::Node(node) => plan.nodes[node],
            End::Box(at) => Item { width: levels[at].size.0, height: levels[at].size.1, ..plan.beside[at] },
        };
        add(&mut level, Key::End(end), item);
    }
    let mut lines = Vec::new();
    for piece in level.pieces.clone().into_iter().map(|index| &pieces[index]) {
        for (key, pin) in [(piece.from, Pin::Top), (piece.to, Pin::Bottom)] {
            if matches!(key, Key::In(_) | Key::Out(_)) {
                add(&mut level, key, Item { width: 4.0, pin, ..Item::default() });
            }
        }
        let run = &plan.edges[piece.edge];
        lines.push(Line {
            from: level.keys[&piece.from],
            to: level.keys[&piece.to],
            from_dx: shift(levels, piece.from, Key::Out(piece.edge)),
            to_dx: shift(levels, piece.to, Key::In(piece.edge)),
            label: run.label.filter(|_| piece.has_label),
            length: if piece.has_label { run.length } else { 1 },
        });
    }
    level.placed = placed(&level.items, &lines);
    let (width, height) = (level.placed.width, level.placed.height);
    if inside == 0 {
        level.size = (width, height);
    } else {
        let title = plan.boxes[inside].1;
        let (least_width, least_height) = if plan.is_turned { (0.0, title) } else { (title, 0.0) };
        let (across, along) = if plan.is_turned { (TITLE, 0.0) } else { (0.0, TITLE) };
        // Lines through the border bring their own room.
        let room = |pin| if level.items.iter().any(|item| item.pin == pin) { 0.0 } else { PAD };
        let (above, below) = (room(Pin::Top), room(Pin::Bottom));
        let full_width = (width + 2.0 * PAD + across).max(least_width);
        let full_height = (height + above + below + along).max(least_height);
        let before = if plan.is_mirrored { 0.0 } else { along } + (above - below) / 2.0;
        level.offset =
            ((full_width - width - across) / 2.0 + across, (full_height - height - along) / 2.0 + before);
        level.size = (full_width, full_height);
    }
    levels[inside] = level;
}

fn add(level: &mut Level, key: Key, item: Item) {
    level.keys.insert(key, level.items.len());
    level.items.push(item);
}

/// How far from the middle of a box the port of an edge lies; nothing for anything else.
fn shift(levels: &[Level], key: Key, port: Key) -> f64 {
    let Key::End(End::Box(at)) = key else { return 0.0 };
    let level = &levels[at];
    level
        .keys
        .get(&port)
        .map_or(0.0, |index| level.offset.0 + level.placed.items[*index].0 - level.size.0 / 2.0)
}

fn assemble(plan: &Plan, pieces: &[Piece], levels: &[Level]) -> Scene {
    let mut scene = Scene {
        size: levels[0].size,
        nodes: vec![(0.0, 0.0); plan.nodes.len()],
        boxes: vec![((0.0, 0.0), levels[0].size); levels.len()],
        routes: vec![Vec::new(); plan.edges.len()],
        labels: vec![None; plan.edges.len()],
    };
    let mut origins = vec![(0.0, 0.0); levels.len()];
    for (inside, level) in levels.iter().enumerate() {
        let origin: Point = origins[inside];
        for (key, index) in &level.keys {
            let (x, y) = level.placed.items[*index];
            let middle = (origin.0 + x, origin.1 + y);
            match key {
                Key::End(End::Node(node)) => scene.nodes[*node] = middle,
                Key::End(End::Box(at)) => {
                    let inner = &levels[*at];
                    let corner = (middle.0 - inner.size.0 / 2.0, middle.1 - inner.size.1 / 2.0);
                    scene.boxes[*at] = (corner, inner.size);
                    origins[*at] = (corner.0 + inner.offset.0, corner.1 + inner.offset.1);
                }
                Key::In(_) | Key::Out(_) => {}
            }
        }
    }
    let mut n_drawn = vec![0; levels.len()];
    for piece in pieces {
        let level = &levels[piece.inside];
        let at = n_drawn[piece.inside];
        n_drawn[piece.inside] += 1;
        let origin = origins[piece.inside];
        let moved = |(x, y): Point| (origin.0 + x, origin.1 + y);
        let route = level.placed.routes[at].iter().copied().map(moved);
        scene.routes[piece.edge].extend(route);
        if let Some(label) = level.placed.labels[at] {
            scene.labels[piece.edge] = Some(moved(label));
        }
        let run = &plan.edges[piece.edge];
        let (corner, size) = scene.boxes[piece.inside];
        // An edge of the box itself begins or ends on its border.
        if piece.from == Key::In(piece.edge) && run.from == End::Box(piece.inside) {
            let x = scene.routes[piece.edge].first().map_or(0.0, |point| point.0);
            scene.routes[piece.edge].insert(0, (x, corner.1));
        }
        if piece.to == Key::Out(piece.edge) && run.to == End::Box(piece.inside) {
            let x = scene.routes[piece.edge].last().map_or(0.0, |point| point.0);
            scene.routes[piece.edge].push((x, corner.1 + size.1));
        }
    }
    scene
}
