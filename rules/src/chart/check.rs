//! Whether a chart can be run: one start, an end that every way leads to, no way that stands still or is unclear.

use std::collections::BTreeSet;

use kb::Fault;

use super::{Chart, EdgeId, NodeId, Reading, Shape, ancestry::Ways, ways};

/// Everything that is wrong with the structure of a chart, and what should be looked at; guards of `broken` edges
/// are left aside.
pub(super) fn check(
    chart: &Chart,
    broken: &BTreeSet<EdgeId>,
    reading: &Reading<'_>,
    file: &str,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let at_node = |id: NodeId, code, message: String| {
        let node = chart.node(id);
        Fault::error(file, node.line, code, message).at_column(node.column)
    };
    let key = |id: NodeId| chart.node(id).key.as_str();
    let is = |id: NodeId, shape| chart.node(id).shape == shape && chart.node(id).parent.is_none();
    let ids = || (0..chart.nodes.len()).map(NodeId);
    let starts: Vec<NodeId> = ids().filter(|id| is(*id, Shape::Start)).collect();
    let ends: Vec<NodeId> = ids().filter(|id| is(*id, Shape::End)).collect();
    if starts.is_empty() {
        faults.push(Fault::error(file, 1, "FC005", "没有开始：要有一个只出不进的起止节点"));
    }
    for id in starts.iter().skip(1) {
        faults.push(at_node(*id, "FC005", format!("开始多于一个：{}", key(*id))));
    }
    if ends.is_empty() {
        faults.push(Fault::error(file, 1, "FC006", "没有结束：要有一个只进不出的起止节点"));
    }
    faults.extend(composites(chart, file));
    faults.extend(ways::check(chart, broken, reading, file));
    let all = Ways::all(chart);
    if let [start] = starts.as_slice() {
        let mut reached = all.reached(&[*start], false);
        // Who is in a state is in those around it; their starts need not be used.
        for id in ids().filter(|id| chart.node(*id).parent.is_some()) {
            if reached[id.0] {
                chart.parents(id).for_each(|outer| reached[outer.0] = true);
            }
        }
        for id in ids().filter(|id| chart.node(*id).shape == Shape::Start && chart.node(*id).parent.is_some())
        {
            reached[id.0] = true;
        }
        let hint = "连一条线到它，或删去它";
        let unreached = ids().filter(|id| !reached[id.0]);
        faults.extend(
            unreached.map(|id| at_node(id, "FC010", format!("从开始走不到节点 {}", key(id))).with_hint(hint)),
        );
    }
    if !ends.is_empty() {
        let ending = all.reached(&ends, true);
        let hint = "从这里或它后面的节点连一条走得出去的线";
        for id in ids().filter(|id| !ending[id.0] && !chart.outgoing(*id).is_empty()) {
            faults.push(at_node(id, "FC012", format!("从节点 {} 走不到任何结束", key(id))).with_hint(hint));
        }
    }
    for cycle in Ways::instant(chart).cycles() {
        let keys: Vec<&str> = cycle.iter().chain(cycle.first()).map(|id| key(*id)).collect();
        let message = format!("这一圈不经过提问，会停不下来：{}", keys.join(" → "));
        let hint = "圈里要有一个 [/提问/] 或状态";
        faults.extend(cycle.first().map(|id| at_node(*id, "FC011", message).with_hint(hint)));
    }
    faults
}

/// Composite states: each has its own start, and its dots belong to it alone.
fn composites(chart: &Chart, file: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let started: BTreeSet<NodeId> = chart
        .nodes()
        .filter(|(_, node)| node.shape == Shape::Start)
        .filter_map(|(_, node)| node.parent)
        .collect();
    for (id, node) in chart.nodes() {
        if node.shape == Shape::Composite && !started.contains(&id) {
            let message = format!("组合状态 {} 里没有开始：进入它以后不知道先到哪个状态", node.key);
            let fault = Fault::error(file, node.line, "FC005", message).at_column(node.column);
            faults.push(fault.with_hint("在它里面写一行 [*] --> 状态"));
        }
    }
    for edge in chart.edges() {
        let (from, to) = (chart.node(edge.from), chart.node(edge.to));
        let lies_in =
            |id, outer: Option<NodeId>| outer.is_none_or(|outer| chart.parents(id).any(|at| at == outer));
        let leaves = (from.shape == Shape::Start && !lies_in(edge.to, from.parent))
            || (to.shape == Shape::End && to.parent != from.parent);
        if leaves {
            let message = "[*] 只能和同一层的状态相连";
            let fault = Fault::error(file, edge.line, "FC020", message).at_column(edge.column);
            faults.push(fault.with_hint("把这条线写到那个状态所在的一层，或直接连到组合状态"));
        }
    }
    faults
}
