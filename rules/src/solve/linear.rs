//! Numbers as sums of multiples: `a + b > c` and `c - a < b` become the same node.

use std::collections::BTreeMap;

use crate::expr::Order;
use crate::expr::typed::{Fold, Num};

use super::graph::{Graph, Id, Node};
use super::span::tidy;

/// Multiples of nodes and a constant.
#[derive(Default)]
struct Sum {
    terms: BTreeMap<Id, f64>,
    constant: f64,
}

impl Sum {
    fn add(&mut self, other: &Self, factor: f64) {
        for (&id, &of) in &other.terms {
            let term = self.terms.entry(id).or_insert(0.0);
            *term = tidy(*term + of * factor);
        }
        self.constant = tidy(self.constant + other.constant * factor);
    }
}

/// A comparison of two numbers.
pub(super) fn compare(graph: &mut Graph, a: &Num, order: Order, b: &Num) -> Id {
    let mut sum = sum(graph, a);
    let other = self::sum(graph, b);
    sum.add(&other, -1.0);
    // The first factor becomes 1, so that the same comparison is the same node.
    let first = sum.terms.values().copied().find(|factor| *factor != 0.0).unwrap_or(1.0);
    let order = if first < 0.0 { mirrored(order) } else { order };
    let value = tidy(-sum.constant / first);
    let scaled = sum.terms.iter().map(|(&id, &factor)| (id, tidy(factor / first))).collect();
    let of = node(graph, Sum { terms: scaled, constant: 0.0 });
    graph.node(Node::Compare(of, order, if value == 0.0 { 0.0 } else { value }))
}

/// The node of a number.
pub(super) fn num(graph: &mut Graph, num: &Num) -> Id {
    let sum = sum(graph, num);
    node(graph, sum)
}

fn node(graph: &mut Graph, sum: Sum) -> Id {
    let needs: Vec<Id> = sum.terms.iter().filter(|(_, factor)| **factor == 0.0).map(|(&id, _)| id).collect();
    let terms: Vec<(Id, f64)> = sum.terms.into_iter().filter(|(_, factor)| *factor != 0.0).collect();
    match terms.as_slice() {
        [] if needs.is_empty() => graph.node(Node::Number(sum.constant)),
        #[expect(clippy::float_cmp, reason = "exactly one, as written")]
        [(id, factor)] if needs.is_empty() && *factor == 1.0 && sum.constant == 0.0 => *id,
        _ => graph.node(Node::Linear { terms, constant: sum.constant, needs }),
    }
}

fn sum(graph: &mut Graph, num: &Num) -> Sum {
    match num {
        Num::Const(value) => Sum { terms: BTreeMap::new(), constant: *value },
        Num::Sum(parts) => {
            let mut total = Sum::default();
            for part in parts {
                let part = sum(graph, part);
                total.add(&part, 1.0);
            }
            total
        }
        Num::Negative(of) => {
            let of = sum(graph, of);
            let mut total = Sum::default();
            total.add(&of, -1.0);
            total
        }
        Num::Product(parts) => product(graph, parts),
        Num::Quotient(a, b) => quotient(graph, a, b),
        Num::Var(slot) => match graph.slot_node(*slot) {
            Some(id) => expanded(graph, id),
            None => single(graph.node(Node::AnyNumber)),
        },
        Num::Least(parts) => {
            let of = parts.iter().map(|part| self::num(graph, part)).collect();
            single(graph.node(Node::Least(of)))
        }
        Num::Greatest(parts) => {
            let of = parts.iter().map(|part| self::num(graph, part)).collect();
            single(graph.node(Node::Greatest(of)))
        }
        _ => {
            let id = plain(graph, num);
            single(id)
        }
    }
}

/// A defined sum is taken apart, so that it meets its own terms elsewhere.
fn expanded(graph: &Graph, id: Id) -> Sum {
    match &graph.nodes[id as usize] {
        Node::Number(value) => Sum { terms: BTreeMap::new(), constant: *value },
        Node::Linear { terms, constant, needs } if terms.len() + needs.len() <= 64 => Sum {
            terms: terms.iter().copied().chain(needs.iter().map(|&need| (need, 0.0))).collect(),
            constant: *constant,
        },
        _ => single(id),
    }
}

fn single(id: Id) -> Sum {
    Sum { terms: [(id, 1.0)].into(), constant: 0.0 }
}

fn product(graph: &mut Graph, parts: &[Num]) -> Sum {
    let mut total = Sum { terms: BTreeMap::new(), constant: 1.0 };
    for part in parts {
        let part = sum(graph, part);
        let (factor, of) = if total.terms.is_empty() {
            (total.constant, part)
        } else if part.terms.is_empty() {
            (part.constant, total)
        } else {
            let a = node(graph, total);
            let b = node(graph, part);
            total = single(graph.node(Node::Product(a.min(b), a.max(b))));
            continue;
        };
        total = Sum::default();
        total.add(&of, factor);
    }
    total
}

fn quotient(graph: &mut Graph, a: &Num, b: &Num) -> Sum {
    let top = sum(graph, a);
    let bottom = sum(graph, b);
    if bottom.terms.is_empty() && bottom.constant != 0.0 {
        let mut total = Sum::default();
        total.add(&top, bottom.constant.recip());
        return total;
    }
    let top = node(graph, top);
    let bottom = node(graph, bottom);
    single(graph.node(Node::Quotient(top, bottom)))
}

fn plain(graph: &mut Graph, num: &Num) -> Id {
    let node = match num {
        Num::Score(slot, points) => match graph.slot_node(*slot) {
            Some(id) => Node::Score(id, points.clone()),
            None => Node::AnyNumber,
        },
        Num::Absolute(of) => Node::Absolute(self::num(graph, of)),
        Num::Round(of, rounding) => Node::Round(self::num(graph, of), *rounding),
        Num::If(cond, a, b) => return graph.if_node(cond, a, b),
        Num::Count(parts) => return graph.how_many(parts),
        Num::Rows { group, fold: Fold::Count, when: None, .. } => match graph.slot_node(*group) {
            Some(id) => return id,
            None => Node::AnyNumber,
        },
        Num::Size(slot) => match graph.slot_node(*slot) {
            Some(id) if matches!(graph.nodes[id as usize], Node::Set(..)) => Node::Size(id),
            Some(id) => return id,
            None => Node::AnyNumber,
        },
        Num::Part(of, part) => Node::Part(self::num(graph, of), *part),
        Num::AddMonths(a, b) => Node::AddMonths(self::num(graph, a), self::num(graph, b)),
        Num::YearsBetween(a, b) => Node::Years(self::num(graph, a), self::num(graph, b)),
        Num::MonthsBetween(a, b) => Node::Months(self::num(graph, a), self::num(graph, b)),
        _ => Node::AnyNumber,
    };
    graph.node(node)
}

fn mirrored(order: Order) -> Order {
    match order {
        Order::Greater => Order::Less,
        Order::AtLeast => Order::AtMost,
        Order::Less => Order::Greater,
        Order::AtMost => Order::AtLeast,
        Order::Equal | Order::Unequal => order,
    }
}
