//! Whether a chart can be run: one start, an end that every way leads to, no way that stands still or is unclear.

use std::collections::BTreeSet;

use kb::Fault;

use super::{Chart, Edge, EdgeId, Guard, NodeId, Shape};

/// Everything that is wrong with the structure of a chart; guards of `broken` edges are left aside.
pub(super) fn check(chart: &Chart, broken: &BTreeSet<EdgeId>, file: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let at_node = |id: NodeId, code, message: String| {
        let node = chart.node(id);
        Fault::error(file, node.line, code, message).at_column(node.column)
    };
    let ids = || (0..chart.nodes.len()).map(NodeId);
    let starts: Vec<NodeId> = ids().filter(|id| chart.node(*id).shape == Shape::Start).collect();
    if starts.is_empty() {
        faults.push(Fault::error(file, 1, "FC005", "没有开始：要有一个只出不进的起止节点"));
    }
    for id in starts.iter().skip(1) {
        faults.push(at_node(*id, "FC005", format!("开始多于一个：{}", chart.node(*id).key)));
    }
    if !ids().any(|id| chart.node(id).shape == Shape::End) {
        faults.push(Fault::error(file, 1, "FC006", "没有结束：要有一个只进不出的起止节点"));
    }
    for id in ids() {
        ways_out(chart, broken, id, file, &mut faults);
    }
    if let [start] = starts.as_slice() {
        let reached = reached(chart, &[*start], |edge| (edge.from, edge.to));
        for id in ids().filter(|id| !reached.contains(id)) {
            faults.push(at_node(id, "FC010", format!("从开始走不到节点 {}", chart.node(id).key)));
        }
    }
    let ends: Vec<NodeId> = ids().filter(|id| chart.node(*id).shape == Shape::End).collect();
    if !ends.is_empty() {
        let ending = reached(chart, &ends, |edge| (edge.to, edge.from));
        for id in ids().filter(|id| !ending.contains(id) && !chart.outgoing(*id).is_empty()) {
            faults.push(at_node(id, "FC012", format!("从节点 {} 走不到任何结束", chart.node(id).key)));
        }
    }
    for cycle in still_cycles(chart) {
        let keys: Vec<&str> =
            cycle.iter().chain(cycle.first()).map(|id| chart.node(*id).key.as_str()).collect();
        let message = format!("这一圈不经过提问，会停不下来：{}", keys.join(" → "));
        faults.extend(cycle.first().map(|id| at_node(*id, "FC011", message)));
    }
    faults
}

/// The ways out of one node: at least one, and always exactly one to take.
fn ways_out(chart: &Chart, broken: &BTreeSet<EdgeId>, id: NodeId, file: &str, faults: &mut Vec<Fault>) {
    let node = chart.node(id);
    let ways = chart.outgoing(id);
    let mut refuse = |line, column, code, message: String| {
        faults.push(Fault::error(file, line, code, message).at_column(column));
    };
    if ways.is_empty() {
        if node.shape != Shape::End {
            refuse(node.line, node.column, "FC007", format!("节点 {} 没有出路，又不是结束", node.key));
        }
        return;
    }
    let edges: Vec<&Edge> = ways.iter().filter(|id| !broken.contains(id)).map(|id| chart.edge(*id)).collect();
    let n_guarded = ways.len() - edges.iter().filter(|edge| !matches!(edge.guard, Guard::When(_))).count();
    let mut n_always = 0;
    let mut n_otherwise = 0;
    let mut guards: BTreeSet<String> = BTreeSet::new();
    for edge in &edges {
        match &edge.guard {
            Guard::Always => {
                n_always += 1;
                if n_always > 1 {
                    refuse(
                        edge.line,
                        edge.column,
                        "FC009",
                        format!("节点 {} 有几条不带条件的出路", node.key),
                    );
                } else if edges.iter().any(|other| other.guard != Guard::Always) {
                    let message =
                        format!("节点 {} 既有带条件又有不带条件的出路，请把不带条件的写成 否则", node.key);
                    refuse(edge.line, edge.column, "FC009", message);
                }
            }
            Guard::Otherwise => {
                n_otherwise += 1;
                if n_otherwise > 1 {
                    refuse(edge.line, edge.column, "FC009", format!("节点 {} 有几条 否则", node.key));
                }
            }
            Guard::When(expr) => {
                if !guards.insert(expr.to_string()) {
                    refuse(
                        edge.line,
                        edge.column,
                        "FC013",
                        format!("节点 {} 的条件“{expr}”写了两次，后一条永远走不到", node.key),
                    );
                }
            }
        }
    }
    if n_guarded > 0 && n_otherwise == 0 && n_always == 0 && node.shape != Shape::State {
        let message = format!("节点 {} 的出路都带条件，缺 否则：条件不成立或不清楚时无路可走", node.key);
        refuse(node.line, node.column, "FC008", message);
    }
}

/// Nodes reached from some nodes along edges turned by `ends` into (from, to).
fn reached(chart: &Chart, from: &[NodeId], ends: impl Fn(&Edge) -> (NodeId, NodeId)) -> BTreeSet<NodeId> {
    let mut next: Vec<Vec<NodeId>> = vec![Vec::new(); chart.nodes.len()];
    for (from, to) in chart.edges.iter().map(ends) {
        next[from.0].push(to);
    }
    let mut reached: BTreeSet<NodeId> = from.iter().copied().collect();
    let mut open: Vec<NodeId> = from.to_vec();
    while let Some(id) = open.pop() {
        open.extend(next[id.0].iter().copied().filter(|to| reached.insert(*to)));
    }
    reached
}

/// Cycles of nodes none of which waits for an answer or an event.
fn still_cycles(chart: &Chart) -> Vec<Vec<NodeId>> {
    let waits = |id: NodeId| matches!(chart.node(id).shape, Shape::Question | Shape::State);
    let mut left: BTreeSet<NodeId> = (0..chart.nodes.len()).map(NodeId).filter(|id| !waits(*id)).collect();
    let mut cycles = Vec::new();
    loop {
        strip(chart, &mut left);
        let Some(first) = left.first().copied() else { return cycles };
        // Every node left has a successor that is left, so this walk meets itself.
        let mut walk = vec![first];
        while let Some(next) =
            walk.last().and_then(|last| chart.successors(*last).find(|to| left.contains(to)))
        {
            if let Some(met) = walk.iter().position(|id| *id == next) {
                walk.drain(..met);
                break;
            }
            walk.push(next);
        }
        for id in &walk {
            left.remove(id);
        }
        cycles.push(walk);
    }
}

/// Takes away nodes without a successor among those left, again and again.
fn strip(chart: &Chart, left: &mut BTreeSet<NodeId>) {
    loop {
        let n_left = left.len();
        let kept = left.iter().copied().filter(|id| chart.successors(*id).any(|to| left.contains(&to)));
        *left = kept.collect();
        if left.len() == n_left {
            return;
        }
    }
}
