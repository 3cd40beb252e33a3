//! How a chart can go from node to node, composite states included.

use super::{Chart, NodeId, Shape};

/// Where a run can go from each place. Places are the nodes and, for each composite state, two more: an event that
/// reaches it from inside, and its being done.
pub(super) struct Ways {
    n_nodes: usize,
    next: Vec<Vec<usize>>,
}

impl Ways {
    /// Every way there is.
    pub(super) fn all(chart: &Chart) -> Self {
        let mut ways = Self::instant(chart);
        let n = ways.n_nodes;
        let mut unstarted: Vec<(NodeId, NodeId)> = Vec::new();
        for (id, node) in chart.nodes() {
            if matches!(node.shape, Shape::Question | Shape::State) {
                ways.next[id.0].extend(chart.outgoing(id).iter().map(|edge| chart.edge(*edge).to.0));
            }
            // An inner state hears the events of the states around it.
            if let Some(parent) = node.parent {
                match node.shape {
                    Shape::State | Shape::End => ways.next[id.0].push(n + parent.0),
                    Shape::Composite => ways.next[n + id.0].push(n + parent.0),
                    _ => {}
                }
            }
            // Where a composite state lacks its start, that is the fault, not what lies in it.
            if let Some(parent) = node.parent.filter(|parent| ways.next[parent.0].is_empty()) {
                unstarted.push((parent, id));
            }
            if node.shape == Shape::Composite {
                let events = chart.outgoing(id).iter().filter(|edge| chart.edge(**edge).event.is_some());
                ways.next[n + id.0].extend(events.map(|edge| chart.edge(*edge).to.0));
            }
        }
        for (parent, id) in unstarted {
            ways.next[parent.0].push(id.0);
        }
        ways
    }

    /// The ways taken without waiting for an answer or an event.
    pub(super) fn instant(chart: &Chart) -> Self {
        let n = chart.nodes.len();
        let mut next = vec![Vec::new(); 3 * n];
        let mut starts = vec![None; n];
        for (id, node) in chart.nodes().filter(|(_, node)| node.shape == Shape::Start) {
            if let Some(parent) = node.parent {
                starts[parent.0] = Some(id.0);
            }
        }
        for (id, node) in chart.nodes() {
            let done = chart.outgoing(id).iter().map(|edge| chart.edge(*edge));
            let done =
                done.filter(|edge| edge.event.is_none() || node.shape == Shape::Start).map(|edge| edge.to.0);
            match node.shape {
                Shape::Question | Shape::State => {}
                Shape::Composite => {
                    next[id.0].extend(starts[id.0]);
                    next[2 * n + id.0].extend(done);
                }
                Shape::End => next[id.0].extend(node.parent.map(|parent| 2 * n + parent.0)),
                Shape::Start | Shape::Step | Shape::Decision | Shape::Service | Shape::Choice => {
                    next[id.0].extend(done);
                }
            }
        }
        Self { n_nodes: n, next }
    }

    /// Which nodes some nodes lead to; against the ways when `backward`.
    pub(super) fn reached(&self, from: &[NodeId], backward: bool) -> Vec<bool> {
        let turned = if backward { turned(&self.next) } else { Vec::new() };
        let next = if backward { &turned } else { &self.next };
        let mut reached = vec![false; next.len()];
        let mut open: Vec<usize> = from.iter().map(|id| id.0).collect();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut reached[at], true) {
                open.extend(next[at].iter().copied().filter(|to| !reached[*to]));
            }
        }
        reached.truncate(self.n_nodes);
        reached
    }

    /// One shortest cycle of each knot of nodes that lead to each other, begun at its first node.
    pub(super) fn cycles(&self) -> Vec<Vec<NodeId>> {
        let knots = knots(&self.next);
        let mut firsts: Vec<Option<usize>> = vec![None; self.next.len()];
        let mut cycles = Vec::new();
        for at in 0..self.n_nodes {
            if firsts[knots[at]].replace(at).is_none()
                && let Some(cycle) = self.cycle(at, &knots)
            {
                cycles.push(cycle.into_iter().filter(|at| *at < self.n_nodes).map(NodeId).collect());
            }
        }
        cycles
    }

    /// The shortest way from a place back to it.
    fn cycle(&self, start: usize, knots: &[usize]) -> Option<Vec<usize>> {
        let mut before = std::collections::BTreeMap::new();
        let mut open = std::collections::VecDeque::from([start]);
        while let Some(at) = open.pop_front() {
            for to in self.next[at].iter().copied().filter(|to| knots[*to] == knots[start]) {
                if to == start {
                    let mut cycle: Vec<usize> =
                        std::iter::successors(Some(at), |at| before.get(at).copied()).collect();
                    cycle.reverse();
                    return Some(cycle);
                }
                before.entry(to).or_insert_with(|| {
                    open.push_back(to);
                    at
                });
            }
        }
        None
    }
}

fn turned(next: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut turned = vec![Vec::new(); next.len()];
    for (from, to) in next.iter().enumerate().flat_map(|(from, all)| all.iter().map(move |to| (from, *to))) {
        turned[to].push(from);
    }
    turned
}

/// For each place the number of its knot, after Kosaraju.
fn knots(next: &[Vec<usize>]) -> Vec<usize> {
    let mut is_seen = vec![false; next.len()];
    let mut order = Vec::new();
    for start in 0..next.len() {
        if std::mem::replace(&mut is_seen[start], true) {
            continue;
        }
        let mut walk = vec![(start, 0)];
        while let Some((at, index)) = walk.last_mut() {
            if let Some(to) = next[*at].get(*index).copied() {
                *index += 1;
                if !std::mem::replace(&mut is_seen[to], true) {
                    walk.push((to, 0));
                }
            } else {
                order.push(*at);
                walk.pop();
            }
        }
    }
    let turned = turned(next);
    let mut knots = vec![usize::MAX; next.len()];
    for start in order.into_iter().rev() {
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            if knots[at] == usize::MAX {
                knots[at] = start;
                open.extend(&turned[at]);
            }
        }
    }
    knots
}
