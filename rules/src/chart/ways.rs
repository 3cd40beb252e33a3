//! The ways out of a node: always at least one, and clear which to take.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
};

use kb::Fault;

use super::{Chart, Edge, EdgeId, Guard, Node, NodeId, Prover, Reading, Sampling, Shape};
use crate::expr::Expr;

/// Pairs of guards compared in one chart.
const MAX_PAIRS: usize = 600;

/// Faults and warnings of all ways out; guards of `broken` edges are left aside.
pub(super) fn check(
    chart: &Chart,
    broken: &BTreeSet<EdgeId>,
    reading: &Reading<'_>,
    file: &str,
) -> Vec<Fault> {
    let mut found = Found { file, faults: Vec::new() };
    let sampling = OnceCell::new();
    let prover = || match reading.prover {
        Some(prover) => prover,
        None => sampling.get_or_init(|| Sampling::of(reading.vocabulary)) as &dyn Prover,
    };
    let hears = hears(chart);
    let mut n_pairs = 0;
    for (id, node) in chart.nodes() {
        if chart.outgoing(id).is_empty() {
            no_way(chart, node, &hears, &mut found);
            continue;
        }
        let mut by_event: BTreeMap<Option<&str>, Vec<&Edge>> = BTreeMap::new();
        for edge in chart.outgoing(id).iter().filter(|id| !broken.contains(id)).map(|id| chart.edge(*id)) {
            // The event at a start only names what begins the run.
            let event = edge.event.as_deref().filter(|_| node.shape != Shape::Start);
            by_event.entry(event).or_default().push(edge);
        }
        let is_waiting = matches!(node.shape, Shape::State | Shape::Composite);
        for (event, edges) in &by_event {
            if event.is_some() && !is_waiting {
                let message = format!("{}不会停下来等事件", name(node));
                let hint = "去掉事件名，只留 [条件]";
                found.refuse_edge(edges[0], "FC016", message, hint);
            }
            unclear(node, edges, &mut found);
            swallowed(node, edges, &prover, &mut n_pairs, &mut found);
        }
        let is_guarded = |edge: &&Edge| matches!(edge.guard, Guard::When(_));
        let n_guarded = by_event.values().flatten().filter(|edge| is_guarded(edge)).count();
        let n_broken = chart.outgoing(id).iter().filter(|id| broken.contains(id)).count();
        let n_plain = chart.outgoing(id).len() - n_guarded - n_broken;
        if n_guarded + n_broken > 0 && n_plain == 0 && !is_waiting {
            let message = format!("{}的出路都带条件，缺 否则：条件不成立或不清楚时无路可走", name(node));
            let fault =
                found.at_node(node, "FC008", message).with_witness("每个条件都不成立，或答案还不清楚");
            found.faults.push(fault.with_hint("加一条写着 否则 的线"));
        }
    }
    if n_pairs > MAX_PAIRS {
        let message = format!("带条件的线太多，只比较了前 {MAX_PAIRS} 对条件");
        found.faults.push(Fault::warning(file, 1, "FC017", message));
    }
    found.faults
}

struct Found<'a> {
    file: &'a str,
    faults: Vec<Fault>,
}

impl Found<'_> {
    fn at_node(&self, node: &Node, code: &'static str, message: String) -> Fault {
        Fault::error(self.file, node.line, code, message).at_column(node.column)
    }

    fn refuse_edge(&mut self, edge: &Edge, code: &'static str, message: String, hint: &str) {
        let fault = Fault::error(self.file, edge.line, code, message).at_column(edge.column);
        self.faults.push(fault.with_hint(hint));
    }

    fn warn_edge(&mut self, edge: &Edge, code: &'static str, message: String) -> &mut Fault {
        let fault = Fault::warning(self.file, edge.line, code, message).at_column(edge.column);
        self.faults.push(fault);
        let last = self.faults.len() - 1;
        &mut self.faults[last]
    }
}

fn name(node: &Node) -> String {
    let kind = match node.shape {
        Shape::State => "状态",
        Shape::Composite => "组合状态",
        Shape::Choice => "分支点",
        _ => "节点",
    };
    format!("{kind} {} ", node.key)
}

/// For each composite state whether it, or one around it, listens to an event.
fn hears(chart: &Chart) -> Vec<bool> {
    let own: Vec<bool> = chart
        .nodes()
        .map(|(id, _)| chart.outgoing(id).iter().any(|edge| chart.edge(*edge).event.is_some()))
        .collect();
    chart.nodes().map(|(id, _)| own[id.0] || chart.parents(id).any(|outer| own[outer.0])).collect()
}

fn no_way(chart: &Chart, node: &Node, hears: &[bool], found: &mut Found<'_>) {
    let is_heard = |parent: NodeId| hears[parent.0];
    let message = match (node.shape, node.parent) {
        (Shape::Composite, _) | (Shape::End, None) => return,
        (Shape::State, Some(parent)) if is_heard(parent) => return,
        (Shape::End, Some(parent)) if is_heard(parent) || !chart.outgoing(parent).is_empty() => return,
        (Shape::End, Some(parent)) => {
            format!("组合状态 {} 里面结束以后没有出路", chart.node(parent).key)
        }
        _ => format!("{}没有出路，又不是结束", name(node)),
    };
    let hint = "连一条线到下一个节点或结束";
    let fault = found.at_node(node, "FC007", message).with_hint(hint);
    found.faults.push(fault);
}

/// Several ways that are taken alike.
fn unclear(node: &Node, edges: &[&Edge], found: &mut Found<'_>) {
    let (mut n_always, mut n_otherwise) = (0, 0);
    let is_mixed = edges.iter().any(|edge| edge.guard != Guard::Always);
    for edge in edges {
        match edge.guard {
            Guard::Always => {
                n_always += 1;
                if n_always > 1 {
                    let message = format!("{}有几条不带条件的出路", name(node));
                    found.refuse_edge(edge, "FC009", message, "只留一条，或给每条写上条件，剩下一条写 否则");
                } else if is_mixed {
                    let message =
                        format!("{}既有带条件又有不带条件的出路，请把不带条件的写成 否则", name(node));
                    found.refuse_edge(edge, "FC009", message, "给这条线写上 否则");
                }
            }
            Guard::Otherwise => {
                n_otherwise += 1;
                if n_otherwise > 1 {
                    let message = format!("{}有几条 否则", name(node));
                    found.refuse_edge(edge, "FC009", message, "只留一条 否则");
                }
            }
            Guard::When(_) => {}
        }
    }
}

/// Guards that hold together, that never get their turn, and that leave nothing to 否则.
fn swallowed<'p>(
    node: &Node,
    edges: &[&Edge],
    prover: &dyn Fn() -> &'p dyn Prover,
    n_pairs: &mut usize,
    found: &mut Found<'_>,
) {
    let guards: Vec<(&Edge, &Expr)> = edges
        .iter()
        .filter_map(|edge| match &edge.guard {
            Guard::When(expr) => Some((*edge, &**expr)),
            _ => None,
        })
        .collect();
    let mut written: BTreeSet<String> = BTreeSet::new();
    let mut by_slot: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, (edge, guard)) in guards.iter().enumerate() {
        if !written.insert(guard.to_string()) {
            let message = format!("{}的条件“{guard}”写了两次，后一条永远走不到", name(node));
            found.refuse_edge(edge, "FC013", message, "删去一条，或改条件");
            continue;
        }
        if *n_pairs > MAX_PAIRS {
            continue;
        }
        let earlier: BTreeSet<usize> =
            guard.slots().iter().filter_map(|slot| by_slot.get(slot)).flatten().copied().collect();
        for slot in guard.slots() {
            by_slot.entry(*slot).or_default().push(index);
        }
        let room = MAX_PAIRS.saturating_sub(*n_pairs);
        *n_pairs += earlier.len();
        let earlier: Vec<&Expr> = earlier.into_iter().take(room).map(|at| guards[at].1).collect();
        if earlier.is_empty() {
            continue;
        }
        if prover().within(guard, &earlier) {
            let message =
                format!("{}的条件“{guard}”成立时，前面的条件一定已经成立，这条线永远走不到", name(node));
            found.refuse_edge(edge, "FC013", message, "把它移到前面，或改条件");
            continue;
        }
        if let Some((other, witness)) =
            earlier.iter().find_map(|other| Some((other, prover().both(other, guard)?)))
        {
            let message =
                format!("{}的条件“{guard}”和前面的“{other}”可以同时成立，会走先写的那条", name(node));
            let fault = found.warn_edge(edge, "FC017", message);
            fault.witness = Some(witness.to_string());
            fault.hint = Some("把两个条件写成不会同时成立，或确认先后次序就是本意".to_owned());
        }
    }
    let otherwise = edges.iter().find(|edge| edge.guard == Guard::Otherwise);
    if let Some(edge) = otherwise
        && guards.len() > 1
        && *n_pairs <= MAX_PAIRS
    {
        let exprs: Vec<&Expr> = guards.iter().map(|(_, expr)| *expr).collect();
        if prover().covers(&exprs) {
            let message = format!("{}的条件已经包括了所有答案，只有答案不清楚时才会走 否则", name(node));
            let fault = found.warn_edge(edge, "FC018", message);
            fault.hint = Some("确认不清楚时该走这条；若本意是“其余情况”，请改条件".to_owned());
        }
    }
}
