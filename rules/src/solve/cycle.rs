//! Orders that run in a circle: `a < b`, `b < c`, `c < a` cannot all hold, however wide the numbers are.

use std::collections::BTreeMap;

use super::graph::{Graph, Id, Node};
use super::state::{NO, State, YES};
use crate::expr::Order;

/// Fewest orders that propagation alone does not see through.
const ORDERS: usize = 3;
/// Differences closer than this are equal.
const NEAR: f64 = 1e-9;

/// Comparisons of two nodes by their difference: the comparison, the greater side, the smaller side.
pub(super) fn orders(graph: &Graph) -> Vec<(Id, Id, Id)> {
    let mut found = Vec::new();
    for (id, node) in (0..).zip(&graph.nodes) {
        let Node::Compare(of, ..) = node else { continue };
        if let Node::Linear { terms, needs, .. } = &graph.nodes[*of as usize]
            && let [(a, first), (b, second)] = terms.as_slice()
            && needs.is_empty()
            && (first - 1.0).abs() < NEAR
            && (second + 1.0).abs() < NEAR
        {
            found.push((id, *a, *b));
        }
    }
    if found.len() < ORDERS { Vec::new() } else { found }
}

/// `to - from` is at most, or below, a number.
struct Edge {
    from: usize,
    to: usize,
    most: f64,
    below: bool,
}

/// Whether the orders that are settled lead back to their start with something lost on the way.
pub(super) fn has_cycle(graph: &Graph, orders: &[(Id, Id, Id)], states: &[State]) -> bool {
    let mut nodes: BTreeMap<Id, usize> = BTreeMap::new();
    let mut edges: Vec<Edge> = Vec::new();
    for &(id, a, b) in orders {
        let Node::Compare(_, order, value) = graph.nodes[id as usize] else { continue };
        let order = match states[id as usize] {
            State::Truth(YES) => order,
            State::Truth(NO) => opposite(order),
            _ => continue,
        };
        let next = nodes.len();
        let a_at = *nodes.entry(a).or_insert(next);
        let next = nodes.len();
        let b_at = *nodes.entry(b).or_insert(next);
        let whole = graph.whole[a as usize] && graph.whole[b as usize] && value.fract() == 0.0;
        let mut edge = |from, to, most: f64, below| {
            let (most, below) = if below && whole { (most - 1.0, false) } else { (most, below) };
            edges.push(Edge { from, to, most, below });
        };
        if matches!(order, Order::Less | Order::AtMost | Order::Equal) {
            edge(b_at, a_at, value, order == Order::Less);
        }
        if matches!(order, Order::Greater | Order::AtLeast | Order::Equal) {
            edge(a_at, b_at, -value, order == Order::Greater);
        }
    }
    edges.len() >= ORDERS && falls_forever(nodes.len(), &edges)
}

/// Whether some way round can be taken again and again, each time for less (Bellman and Ford).
fn falls_forever(nodes: usize, edges: &[Edge]) -> bool {
    // The distance, and on equal distances how many steps were strictly below.
    let mut least = vec![(0.0_f64, 0_u32); nodes];
    for _ in 0..=nodes {
        let mut changed = false;
        for edge in edges {
            let (far, below) = least[edge.from];
            let new = (far + edge.most, below + u32::from(edge.below));
            let old = least[edge.to];
            if new.0 < old.0 - NEAR || ((new.0 - old.0).abs() <= NEAR && new.1 > old.1) {
                least[edge.to] = new;
                changed = true;
            }
        }
        if !changed {
            return false;
        }
    }
    true
}

fn opposite(order: Order) -> Order {
    match order {
        Order::Less => Order::AtLeast,
        Order::AtMost => Order::Greater,
        Order::Greater => Order::AtMost,
        Order::AtLeast => Order::Less,
        Order::Equal => Order::Unequal,
        Order::Unequal => Order::Equal,
    }
}
