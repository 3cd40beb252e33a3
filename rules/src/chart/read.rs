//! Text → chart.

use std::collections::BTreeSet;

use kb::{Fault, Severity};

use super::{
    Chart, Diagram, Edge, EdgeId, Events, Guard, Node, NodeId, Note, Reading, Shape, check,
    cursor::{Cursor, Piece},
    draft::{Draft, Outline},
    flow, state, statement,
};
use crate::expr::Expr;

/// Largest chart.
const MAX_LINES: usize = 2000;
/// Names of events offered when one is unknown.
const N_OFFERED: usize = 12;

pub(super) fn compile(file: &str, text: &str, reading: &Reading<'_>) -> Result<Chart, Vec<Fault>> {
    let (diagram, mut draft) = draft(file, text)?;
    let mut faults = Vec::new();
    let nodes = nodes(file, &draft, &mut faults);
    let (edges, broken) = edges(file, diagram, &draft, reading, &mut faults);
    let note =
        |note: super::draft::DraftNote| Note { of: NodeId(note.of), is_left: note.is_left, text: note.text };
    let mut chart = Chart {
        diagram,
        direction: draft.direction,
        title: draft.title.take(),
        description: draft.description.take(),
        outgoing: vec![Vec::new(); nodes.len()],
        nodes,
        edges,
        frames: std::mem::take(&mut draft.frames),
        notes: draft.notes.drain(..).map(note).collect(),
        start: NodeId(0),
        warnings: Vec::new(),
    };
    for (index, edge) in chart.edges.iter().enumerate() {
        chart.outgoing[edge.from.0].push(EdgeId(index));
    }
    faults.extend(check::check(&chart, &broken, reading, file));
    chart.start = chart.dot(None, Shape::Start).unwrap_or(NodeId(0));
    faults.sort();
    if faults.iter().any(|fault| fault.severity == Severity::Error) {
        return Err(faults);
    }
    chart.warnings = faults;
    Ok(chart)
}

fn draft(file: &str, text: &str) -> Result<(Diagram, Draft), Vec<Fault>> {
    let mut draft = Draft::default();
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
            None => match header(&mut cursor, &mut draft) {
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
    }
    match diagram {
        None => {
            let message = "文件是空的，第一行应是 flowchart TD 或 stateDiagram-v2";
            return Err(vec![Fault::error(file, 1, "FC002", message)]);
        }
        Some(Diagram::Flow) => faults.extend(flow::finish(file, &draft)),
        Some(Diagram::State) => faults.extend(state::finish(file, &mut draft)),
    }
    faults.sort();
    match diagram {
        Some(diagram) if faults.is_empty() => Ok((diagram, draft)),
        _ => Err(faults),
    }
}

fn header(cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<Diagram, Fault> {
    if cursor.starts_with("%%{") || cursor.starts_with("---") {
        statement::read(cursor, draft)?;
    }
    let fault = cursor.fault("FC002", "第一行应是 flowchart TD（或 TB、BT、LR、RL）或 stateDiagram-v2");
    let line = cursor.rest().text;
    match line.trim_end_matches(';').split_whitespace().collect::<Vec<_>>().as_slice() {
        ["flowchart" | "graph"] => Ok(Diagram::Flow),
        ["flowchart" | "graph", name] => {
            draft.direction = statement::direction(name).ok_or(fault)?;
            Ok(Diagram::Flow)
        }
        ["stateDiagram-v2" | "stateDiagram"] => Ok(Diagram::State),
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
        let mut refuse = |code, message, hint: &str| {
            faults.push(Fault::error(file, node.line, code, message).at_column(node.column).with_hint(hint));
        };
        let shape = match node.face.as_ref().map(|face| face.outline) {
            Some(Outline::Shape(shape)) => shape,
            Some(Outline::Terminal) if has_in && has_out => {
                let message = format!("起止节点 {} 既有来路又有去路", node.key);
                refuse("FC014", message, "开始只出不进，结束只进不出；中间的节点换成 [步骤]");
                Shape::Step
            }
            Some(Outline::Terminal) if has_out => Shape::Start,
            Some(Outline::Terminal) => Shape::End,
            None => {
                let message = format!("节点 {} 没有写形状和文字，例如 {}[步骤]", node.key, node.key);
                refuse("FC004", message, "名称写错了就改名，否则在任意一处补上形状和文字");
                Shape::Step
            }
        };
        let label =
            node.face.as_ref().and_then(|face| face.label.clone()).unwrap_or_else(|| node.key.clone());
        nodes.push(Node {
            key: node.key.clone(),
            label,
            shape,
            parent: node.parent.map(NodeId),
            frame: node.frame,
            line: node.line,
            column: node.column,
        });
    }
    nodes
}

/// The edges, and those whose guard is refused; these stand in as 否则 until the faults are given back.
fn edges(
    file: &str,
    diagram: Diagram,
    draft: &Draft,
    reading: &Reading<'_>,
    faults: &mut Vec<Fault>,
) -> (Vec<Edge>, BTreeSet<EdgeId>) {
    let mut edges = Vec::new();
    let mut broken = BTreeSet::new();
    for edge in &draft.edges {
        let label = edge.link.label.as_ref();
        let (event, guard) = match label.map(|label| condition(file, diagram, label, reading)) {
            None => (None, Guard::Always),
            Some(Ok(found)) => found,
            Some(Err(found)) => {
                faults.extend(found);
                broken.insert(EdgeId(edges.len()));
                (None, Guard::Otherwise)
            }
        };
        edges.push(Edge {
            from: NodeId(edge.from),
            to: NodeId(edge.to),
            event,
            guard,
            text: label.map(|piece| piece.text.clone()),
            stroke: edge.link.stroke,
            length: edge.link.length,
            line: edge.line,
            column: edge.column,
        });
    }
    (edges, broken)
}

/// The event and the guard of a label.
fn condition(
    file: &str,
    diagram: Diagram,
    label: &Piece,
    reading: &Reading<'_>,
) -> Result<(Option<String>, Guard), Vec<Fault>> {
    if diagram == Diagram::Flow {
        return guard(file, label, reading).map(|guard| (None, guard));
    }
    let Some((before, inside)) = label.text.strip_suffix(']').and_then(|text| text.split_once('[')) else {
        if reading.events == Events::Conditions || is_otherwise(&label.text) {
            return guard(file, label, reading).map(|guard| (None, guard));
        }
        return event(file, label, &label.text, reading).map(|event| (Some(event), Guard::Always));
    };
    let n_blanks = inside.chars().take_while(|c| c.is_whitespace()).count();
    let offset = u32::try_from(before.chars().count() + 1 + n_blanks).unwrap_or(u32::MAX);
    let inside = Piece {
        text: inside.trim().to_owned(),
        line: label.line,
        column: label.column.saturating_add(offset),
    };
    if inside.text.is_empty() {
        let fault = Fault::error(file, label.line, "FC001", "方括号里的条件是空的").at_column(inside.column);
        return Err(vec![fault]);
    }
    let guard = guard(file, &inside, reading);
    let before = before.trim();
    if before.is_empty() {
        return guard.map(|guard| (None, guard));
    }
    match (event(file, label, before, reading), guard) {
        (Ok(event), Ok(guard)) => Ok((Some(event), guard)),
        (event, guard) => Err(event.err().into_iter().chain(guard.err()).flatten().collect()),
    }
}

fn event(file: &str, label: &Piece, name: &str, reading: &Reading<'_>) -> Result<String, Vec<Fault>> {
    let refused = |code, message: String| {
        Err(vec![Fault::error(file, label.line, code, message).at_column(label.column)])
    };
    if let Some(sign) = name.chars().find(|c| matches!(c, '/' | '[' | ']' | '"')) {
        return refused("FC001", format!("事件名里不能有“{sign}”；只支持 事件 [条件]，动作由程序按状态执行"));
    }
    match reading.events {
        Events::Of(known) if !known.contains(&name) => {
            let offered: Vec<&str> = known.iter().take(N_OFFERED).copied().collect();
            let message = format!("没有“{name}”这个事件；可用：{}", offered.join("、"));
            refused("FC015", message)
        }
        _ => Ok(name.to_owned()),
    }
}

fn is_otherwise(text: &str) -> bool {
    text == "否则" || text.eq_ignore_ascii_case("else")
}

fn guard(file: &str, piece: &Piece, reading: &Reading<'_>) -> Result<Guard, Vec<Fault>> {
    if is_otherwise(&piece.text) {
        return Ok(Guard::Otherwise);
    }
    let in_file = |error: crate::expr::ExprError| error.into_fault(file, piece.line - 1, piece.column - 1);
    match Expr::compile(&piece.text, reading.vocabulary) {
        Ok(expr) => Ok(Guard::When(Box::new(expr))),
        Err(errors) => Err(errors.into_iter().map(in_file).collect()),
    }
}
