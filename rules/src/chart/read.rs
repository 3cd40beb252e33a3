//! Text → chart.

use std::collections::BTreeSet;

use kb::Fault;

use super::{
    Chart, Edge, EdgeId, Guard, Node, Shape, check,
    cursor::{Cursor, Piece},
    draft::{Draft, Outline},
    flow, state,
};
use crate::expr::{Expr, Vocabulary};

/// Largest chart.
const MAX_LINES: usize = 2000;
const MAX_EDGES: usize = 4000;

/// Which of the two diagrams a text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Diagram {
    Flow,
    State,
}

pub(super) fn compile(file: &str, text: &str, vocabulary: &dyn Vocabulary) -> Result<Chart, Vec<Fault>> {
    let draft = draft(file, text)?;
    let mut faults = Vec::new();
    let nodes = nodes(file, &draft, &mut faults);
    let (edges, broken) = edges(file, &draft, vocabulary, &mut faults);
    let mut chart = Chart { outgoing: vec![Vec::new(); nodes.len()], nodes, edges, start: super::NodeId(0) };
    for (index, edge) in chart.edges.iter().enumerate() {
        chart.outgoing[edge.from.0].push(EdgeId(index));
    }
    faults.extend(check::check(&chart, &broken, file));
    chart.start = super::NodeId(chart.nodes.iter().position(|node| node.shape == Shape::Start).unwrap_or(0));
    if faults.is_empty() {
        return Ok(chart);
    }
    faults.sort();
    Err(faults)
}

fn draft(file: &str, text: &str) -> Result<Draft, Vec<Fault>> {
    let mut draft = Draft::new();
    let mut diagram = None;
    let mut faults = Vec::new();
    for (line, number) in text.lines().zip(1u32..) {
        if number as usize > MAX_LINES {
            return Err(vec![Fault::error(file, number, "FC001", format!("图太长，最多 {MAX_LINES} 行"))]);
        }
        let mut cursor = Cursor::new(file, number, line);
        cursor.blanks();
        if cursor.is_at_end() || (cursor.starts_with("%%") && !cursor.starts_with("%%{")) {
            continue;
        }
        let outcome = match diagram {
            None => match header(&mut cursor) {
                Ok(found) => {
                    diagram = Some(found);
                    Ok(())
                }
                Err(fault) => return Err(vec![fault]),
            },
            Some(Diagram::Flow) => flow::read_line(file, &mut cursor, &mut draft),
            Some(Diagram::State) => state::read_line(file, &mut cursor, &mut draft),
        };
        faults.extend(outcome.err());
        if draft.edges.len() > MAX_EDGES {
            return Err(vec![Fault::error(
                file,
                number,
                "FC001",
                format!("图太大，最多 {MAX_EDGES} 条连线"),
            )]);
        }
    }
    if diagram == Some(Diagram::State) {
        state::finish(&mut draft);
    }
    match diagram {
        None => Err(vec![Fault::error(
            file,
            1,
            "FC002",
            "文件是空的，第一行应是 flowchart TD 或 stateDiagram-v2",
        )]),
        Some(_) if faults.is_empty() => Ok(draft),
        Some(_) => Err(faults),
    }
}

fn header(cursor: &mut Cursor<'_>) -> Result<Diagram, Fault> {
    let fault = cursor.fault("FC002", "第一行应是 flowchart TD（或 TB、LR）或 stateDiagram-v2");
    match cursor.rest().text.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["flowchart", "TD" | "TB" | "LR"] => Ok(Diagram::Flow),
        ["stateDiagram-v2"] => Ok(Diagram::State),
        _ => Err(fault),
    }
}

fn nodes(file: &str, draft: &Draft, faults: &mut Vec<Fault>) -> Vec<Node> {
    let (mut has_in, mut has_out) = (vec![false; draft.nodes.len()], vec![false; draft.nodes.len()]);
    for edge in &draft.edges {
        (has_out[edge.from], has_in[edge.to]) = (true, true);
    }
    let mut nodes = Vec::new();
    for ((node, has_in), has_out) in draft.nodes.iter().zip(has_in).zip(has_out) {
        let mut refuse =
            |code, message| faults.push(Fault::error(file, node.line, code, message).at_column(node.column));
        let shape = match node.face.as_ref().map(|face| face.outline) {
            Some(Outline::Shape(shape)) => shape,
            Some(Outline::Terminal) if has_in && has_out => {
                refuse("FC014", format!("起止节点 {} 既有来路又有去路", node.key));
                Shape::Step
            }
            Some(Outline::Terminal) if has_out => Shape::Start,
            Some(Outline::Terminal) => Shape::End,
            None => {
                refuse("FC004", format!("节点 {} 没有写形状和文字，例如 {}[步骤]", node.key, node.key));
                Shape::Step
            }
        };
        let label = node.face.as_ref().map(|face| face.label.clone()).unwrap_or_default();
        nodes.push(Node { key: node.key.clone(), label, shape, line: node.line, column: node.column });
    }
    nodes
}

/// The edges, and those whose guard is refused; these stand in as 否则 until the faults are given back.
fn edges(
    file: &str,
    draft: &Draft,
    vocabulary: &dyn Vocabulary,
    faults: &mut Vec<Fault>,
) -> (Vec<Edge>, BTreeSet<EdgeId>) {
    let mut edges = Vec::new();
    let mut broken = BTreeSet::new();
    for edge in &draft.edges {
        let guard = match edge.guard.as_ref().map(|text| guard(file, text, vocabulary)) {
            None => Guard::Always,
            Some(Ok(guard)) => guard,
            Some(Err(found)) => {
                faults.extend(found);
                broken.insert(EdgeId(edges.len()));
                Guard::Otherwise
            }
        };
        edges.push(Edge {
            from: super::NodeId(edge.from),
            to: super::NodeId(edge.to),
            guard,
            text: edge.guard.as_ref().map(|piece| piece.text.clone()),
            line: edge.line,
            column: edge.column,
        });
    }
    (edges, broken)
}

fn guard(file: &str, piece: &Piece, vocabulary: &dyn Vocabulary) -> Result<Guard, Vec<Fault>> {
    if piece.text == "否则" || piece.text.eq_ignore_ascii_case("else") {
        return Ok(Guard::Otherwise);
    }
    let in_file = |error: crate::expr::ExprError| error.into_fault(file, piece.line - 1, piece.column - 1);
    match Expr::compile(&piece.text, vocabulary) {
        Ok(expr) => Ok(Guard::When(Box::new(expr))),
        Err(errors) => Err(errors.into_iter().map(in_file).collect()),
    }
}
