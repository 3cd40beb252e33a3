//! Draws a chart as SVG, with the node a run stands at, the coverage of runs, or the changes between two versions.
//!
//! The same chart always gives the same text. Colours are attributes, so the drawing stands alone; a page may restyle
//! it by class: `chart`, `node` with `start` `end` `step` `question` `decision` `service` `state` `composite` `choice`,
//! `frame`, `note`, `edge`, and on nodes and edges `current`, `covered`, `missed`, `added`, `removed`, `changed`.

mod level;
mod order;
mod paint;
mod place;
mod route;
mod shape;
mod text;
mod tree;

use std::fmt::Write;

use super::{
    Chart, Direction, Edge, EdgeId, NodeId, Shape,
    cover::Coverage,
    diff::{Diff, Mark},
};
use level::{Item, Point};
use paint::{Paint, tone};
use shape::Look;
use tree::{End, Plan, Run, Scene};

const MARGIN: f64 = 18.0;
const LABEL_SIZE: f64 = 12.0;
const LABEL_LINE: f64 = 16.0;
/// Room for one loop from a node to itself.
const LOOP: f64 = 24.0;
const NOTE_GAP: f64 = 18.0;

/// What is shown on the drawing besides the chart.
#[derive(Debug, Clone, Copy, Default)]
pub struct Drawing<'a> {
    /// Where runs stand; the composite states around are lit too.
    pub current: &'a [NodeId],
    /// What runs have passed, of the same chart.
    pub coverage: Option<&'a Coverage>,
}

impl Chart {
    /// The chart as an SVG element.
    pub fn svg(&self, drawing: &Drawing<'_>) -> String {
        Canvas { chart: self, drawing, marks: None }.svg()
    }
}

impl Diff {
    /// The changes drawn on both versions: added green, removed red and dashed, changed amber.
    pub fn svg(&self) -> String {
        let marks = Some((self.nodes.as_slice(), self.edges.as_slice()));
        Canvas { chart: &self.both, drawing: &Drawing::default(), marks }.svg()
    }
}

struct Canvas<'a> {
    chart: &'a Chart,
    drawing: &'a Drawing<'a>,
    marks: Option<(&'a [Mark], &'a [Mark])>,
}

/// Which box each node draws, or lies in.
struct Boxes {
    /// Of a composite state or a frame; box 0 is the whole.
    of_node: Vec<Option<usize>>,
    of_frame: Vec<usize>,
    outer: Vec<Option<usize>>,
    titles: Vec<String>,
}

impl Canvas<'_> {
    fn svg(&self) -> String {
        let looks = self.looks();
        let labels: Vec<Vec<String>> = (0..self.chart.edges.len()).map(|at| self.label(EdgeId(at))).collect();
        let boxes = self.boxes();
        let scene = tree::scene(&self.plan(&looks, &labels, &boxes));
        let turn = Turn { direction: self.chart.direction, size: scene.size };
        let (width, height) = turn.extent(scene.size);
        let (width, height) = (width + 2.0 * MARGIN, height + 2.0 * MARGIN);
        let mut out = String::new();
        let title = text::escaped(self.chart.title.as_deref().unwrap_or("流程图"));
        let _ = write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"img\" aria-label=\"{title}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
             font-family=\"'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif\">\n<title>{title}</title>\n\
             <desc>{}</desc>\n<rect class=\"ground\" width=\"{width:.0}\" height=\"{height:.0}\" fill=\"#ffffff\"/>\n\
             <g transform=\"translate({MARGIN} {MARGIN})\">\n",
            text::escaped(&self.spoken()),
        );
        self.draw_boxes(&mut out, &boxes, &scene, &turn);
        let mut above = String::new();
        let mut n_loops = vec![0u32; self.chart.nodes.len()];
        for (at, edge) in self.chart.edges.iter().enumerate() {
            let paint = self.edge_paint(EdgeId(at));
            let (mut route, mut label) = (scene.routes[at].clone(), scene.labels[at]);
            if edge.from == edge.to {
                let (middle, size) = extent(&boxes, &looks, &scene, &turn, edge.from);
                let n = &mut n_loops[edge.from.0];
                (route, label) = looped(middle, size, *n, label_size(&labels[at], &turn));
                *n += 1;
            }
            let route: Vec<Point> = route.into_iter().map(|point| turn.point(point)).collect();
            paint::arrow(&mut out, &route, edge, paint);
            if let Some(label) = label.filter(|_| !labels[at].is_empty()) {
                paint::label(&mut above, turn.point(label), &labels[at], paint);
            }
        }
        out.push_str(&above);
        for (id, node) in self.chart.nodes().filter(|(id, _)| boxes.of_node[id.0].is_none()) {
            let middle = turn.point(scene.nodes[id.0]);
            shape::draw(&mut out, node, &looks[id.0], middle, self.node_paint(id), self.count(id));
        }
        self.draw_notes(&mut out, &looks, &scene, &turn, &boxes);
        out.push_str("</g>\n</svg>\n");
        out
    }

    /// The nodes' looks, with room for loops on the side they leave.
    fn looks(&self) -> Vec<Look> {
        let mut looks: Vec<Look> = self.chart.nodes.iter().map(Look::of).collect();
        let mut least = vec![0.0; looks.len()];
        for edge in self.chart.edges.iter().filter(|edge| edge.from == edge.to) {
            least[edge.from.0] += LOOP;
        }
        let is_turned = matches!(self.chart.direction, Direction::Left | Direction::Right);
        for (look, least) in looks.iter_mut().zip(least).filter(|(_, least)| *least > 0.0) {
            let side = if is_turned { &mut look.width } else { &mut look.height };
            *side = side.max(least + 10.0);
        }
        looks
    }

    fn plan(&self, looks: &[Look], labels: &[Vec<String>], boxes: &Boxes) -> Plan {
        let turn = Turn { direction: self.chart.direction, size: (0.0, 0.0) };
        let mut nodes: Vec<Item> = looks
            .iter()
            .map(|look| {
                let (width, height) = turn.size((look.width, look.height));
                Item { width, height, ..Item::default() }
            })
            .collect();
        let mut edges = Vec::new();
        let mut room_right: Vec<Option<f64>> = vec![None; nodes.len()];
        for (edge, label) in self.chart.edges.iter().zip(labels) {
            let size = label_size(label, &turn);
            if edge.from == edge.to {
                let room = &mut room_right[edge.from.0];
                *room = Some(room.unwrap_or(0.0).max(size.0));
            }
            let end = |id: NodeId| boxes.of_node[id.0].map_or(End::Node(id.0), End::Box);
            let label = (!label.is_empty()).then_some(size);
            edges.push(Run {
                from: end(edge.from),
                to: end(edge.to),
                label,
                length: usize::from(edge.length),
            });
        }
        for (item, width) in nodes.iter_mut().zip(room_right) {
            item.right += width.map_or(0.0, |width| LOOP + width + 6.0);
        }
        for note in &self.chart.notes {
            let size = turn.size(shape::note_size(&note.text));
            let item = &mut nodes[note.of.0];
            item.row = item.row.max(size.1);
            *(if note.is_left { &mut item.left } else { &mut item.right }) += size.0 + NOTE_GAP;
        }
        let inside = self.chart.nodes.iter().map(|node| match (node.parent, node.frame) {
            (Some(parent), _) => boxes.of_node[parent.0].unwrap_or(0),
            (None, Some(frame)) => boxes.of_frame[frame],
            (None, None) => 0,
        });
        let widths = boxes.titles.iter().map(|title| text::em(title) * 13.0 + 24.0);
        let mut beside = vec![Item::default(); boxes.outer.len()];
        for (item, of_box) in nodes.iter().zip(&boxes.of_node) {
            if let Some(at) = of_box {
                beside[*at] = *item;
            }
        }
        Plan {
            beside,
            inside: inside.collect(),
            nodes: nodes
                .into_iter()
                .zip(&boxes.of_node)
                .map(|(item, of_box)| if of_box.is_some() { Item::default() } else { item })
                .collect(),
            boxes: boxes.outer.iter().copied().zip(widths).collect(),
            is_turned: matches!(self.chart.direction, Direction::Left | Direction::Right),
            is_mirrored: self.chart.direction == Direction::Up,
            edges,
        }
    }

    /// Composite states and frames, an outer one before those in it.
    fn boxes(&self) -> Boxes {
        let chart = self.chart;
        let mut boxes = Boxes {
            of_node: vec![None; chart.nodes.len()],
            of_frame: Vec::new(),
            outer: vec![None],
            titles: vec![String::new()],
        };
        for frame in &chart.frames {
            boxes.of_frame.push(boxes.outer.len());
            boxes.outer.push(Some(frame.parent.map_or(0, |parent| boxes.of_frame[parent])));
            boxes.titles.push(frame.label.clone());
        }
        let mut composites: Vec<(usize, NodeId)> = chart
            .nodes()
            .filter(|(_, node)| node.shape == Shape::Composite)
            .map(|(id, _)| (chart.parents(id).count(), id))
            .collect();
        composites.sort();
        for (_, id) in composites {
            let node = chart.node(id);
            boxes.of_node[id.0] = Some(boxes.outer.len());
            boxes.outer.push(Some(node.parent.and_then(|parent| boxes.of_node[parent.0]).unwrap_or(0)));
            boxes.titles.push(node.label.clone());
        }
        boxes
    }

    fn draw_boxes(&self, out: &mut String, boxes: &Boxes, scene: &Scene, turn: &Turn) {
        let mut of_box: Vec<Option<NodeId>> = vec![None; boxes.outer.len()];
        for (node, at) in boxes.of_node.iter().enumerate() {
            if let Some(at) = at {
                of_box[*at] = Some(NodeId(node));
            }
        }
        for (at, (corner, size)) in scene.boxes.iter().enumerate().skip(1) {
            let middle = turn.point((corner.0 + size.0 / 2.0, corner.1 + size.1 / 2.0));
            let size = turn.size(*size);
            let paint = of_box[at].map(|id| self.node_paint(id));
            let count = of_box[at].and_then(|id| self.count(id));
            shape::draw_box(out, &boxes.titles[at], middle, size, paint, count);
        }
    }

    fn draw_notes(&self, out: &mut String, looks: &[Look], scene: &Scene, turn: &Turn, boxes: &Boxes) {
        let mut used: Vec<(f64, f64)> = vec![(0.0, 0.0); looks.len()];
        for edge in self.chart.edges.iter().filter(|edge| edge.from == edge.to) {
            let label = label_size(&Self::label_of(edge), turn);
            let room = &mut used[edge.from.0];
            room.1 = room.1.max(LOOP + label.0 + 6.0);
        }
        for note in &self.chart.notes {
            let own = shape::note_size(&note.text);
            let (middle, size) = extent(boxes, looks, scene, turn, note.of);
            let half = size.0 / 2.0;
            let room = &mut used[note.of.0];
            let taken = if note.is_left { &mut room.0 } else { &mut room.1 };
            let width = turn.size(own).0;
            let away = half + *taken + NOTE_GAP + width / 2.0;
            let begin = half + *taken;
            *taken += width + NOTE_GAP;
            let sign = if note.is_left { -1.0 } else { 1.0 };
            let at = turn.point((middle.0 + sign * away, middle.1));
            let from = turn.point((middle.0 + sign * begin, middle.1));
            let to = turn.point((middle.0 + sign * (begin + NOTE_GAP), middle.1));
            shape::draw_note(out, &note.text, at, own, from, to);
        }
    }

    /// Lines of an edge's label, with how often it was taken.
    fn label(&self, id: EdgeId) -> Vec<String> {
        let mut lines = Self::label_of(self.chart.edge(id));
        if let Some(coverage) = self.drawing.coverage {
            let count = format!("×{}", coverage.edge(id));
            match lines.last_mut() {
                Some(last) => *last = format!("{last} {count}"),
                None => lines.push(count),
            }
        }
        lines
    }

    fn label_of(edge: &Edge) -> Vec<String> {
        edge.text.as_deref().map(|text| text::wrapped(text, 11.0)).unwrap_or_default()
    }

    fn count(&self, id: NodeId) -> Option<u64> {
        self.drawing.coverage.map(|coverage| coverage.node(id))
    }

    fn node_paint(&self, id: NodeId) -> Paint {
        let is_current = self
            .drawing
            .current
            .iter()
            .any(|at| *at == id || self.chart.parents(*at).any(|outer| outer == id));
        let mark = self.marks.and_then(|(nodes, _)| nodes.get(id.0)).copied();
        tone(is_current, self.count(id), mark)
    }

    fn edge_paint(&self, id: EdgeId) -> Paint {
        let mark = self.marks.and_then(|(_, edges)| edges.get(id.0)).copied();
        tone(false, self.drawing.coverage.map(|coverage| coverage.edge(id)), mark)
    }

    /// The chart in words, for those who can't see it.
    fn spoken(&self) -> String {
        let chart = self.chart;
        let name = |id: NodeId| chart.node(id).label.as_str();
        let mut spoken = chart.description.clone().unwrap_or_default();
        for edge in &chart.edges {
            let label = edge.text.as_deref().map(|text| format!("（{text}）")).unwrap_or_default();
            if !spoken.is_empty() {
                spoken.push('；');
            }
            let _ = write!(spoken, "{}到{}{label}", name(edge.from), name(edge.to));
        }
        for id in self.drawing.current {
            let _ = write!(spoken, "；现在在{}", name(*id));
        }
        spoken
    }
}

/// From a drawing that goes down to one in the chart's direction.
struct Turn {
    direction: Direction,
    size: Point,
}

impl Turn {
    fn point(&self, (x, y): Point) -> Point {
        match self.direction {
            Direction::Down => (x, y),
            Direction::Up => (x, self.size.1 - y),
            Direction::Right => (y, x),
            Direction::Left => (self.size.1 - y, x),
        }
    }

    fn size(&self, (width, height): Point) -> Point {
        match self.direction {
            Direction::Down | Direction::Up => (width, height),
            Direction::Right | Direction::Left => (height, width),
        }
    }

    fn extent(&self, size: Point) -> Point {
        self.size(size)
    }
}

fn label_size(lines: &[String], turn: &Turn) -> Point {
    let width = lines.iter().map(|line| text::em(line) * LABEL_SIZE).fold(0.0, f64::max) + 8.0;
    let n_lines = f64::from(u32::try_from(lines.len()).unwrap_or(u32::MAX));
    if lines.is_empty() { (0.0, 0.0) } else { turn.size((width, n_lines * LABEL_LINE + 2.0)) }
}

/// Middle and size of a node or of its box, in a drawing that goes down.
fn extent(boxes: &Boxes, looks: &[Look], scene: &Scene, turn: &Turn, id: NodeId) -> (Point, Point) {
    if let Some(at) = boxes.of_node[id.0] {
        let (corner, size) = scene.boxes[at];
        return ((corner.0 + size.0 / 2.0, corner.1 + size.1 / 2.0), size);
    }
    (scene.nodes[id.0], turn.size((looks[id.0].width, looks[id.0].height)))
}

/// A loop at the right of a node, the `n`th, and the middle of its label.
fn looped((x, y): Point, (width, height): Point, n: u32, label: Point) -> (Vec<Point>, Option<Point>) {
    let right = x + width / 2.0;
    let first = y - height / 2.0 + 10.0;
    let (upper, lower) = (first + f64::from(n) * LOOP, first + f64::from(n) * LOOP + 12.0);
    let route =
        vec![(right, upper), (right + LOOP - 6.0, upper), (right + LOOP - 6.0, lower), (right, lower)];
    (route, Some((right + LOOP + label.0 / 2.0, f64::midpoint(upper, lower))))
}
