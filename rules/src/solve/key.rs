//! A number for each node; equal nodes have the same.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::discriminant;

use super::graph::Node;

pub(super) fn of(node: &Node) -> u64 {
    let mut hasher = DefaultHasher::new();
    let h = &mut hasher;
    discriminant(node).hash(h);
    match node {
        Node::Constant(value) => value.hash(h),
        Node::Truth(slot) | Node::Labels(slot) | Node::Numeric(slot, _) | Node::Set(slot, _) => slot.hash(h),
        Node::AnyTruth | Node::AnyNumber => {}
        Node::Not(a)
        | Node::Sure(a)
        | Node::Known(a)
        | Node::Text(a)
        | Node::Absolute(a)
        | Node::Round(a, _)
        | Node::Size(a)
        | Node::Part(a, _) => a.hash(h),
        Node::And(of) | Node::Or(of) | Node::Least(of) | Node::Greatest(of) | Node::HowMany(of) => of.hash(h),
        Node::Count(of, _, n) => (of, n).hash(h),
        Node::In(a, bits) | Node::Has(a, bits) => (a, bits).hash(h),
        Node::Compare(a, order, value) => {
            discriminant(order).hash(h);
            (a, value.to_bits()).hash(h);
        }
        Node::Number(value) => value.to_bits().hash(h),
        Node::Score(a, points) => {
            a.hash(h);
            for points in points {
                points.to_bits().hash(h);
            }
        }
        Node::Linear { terms, constant, needs } => {
            for (id, factor) in terms {
                (id, factor.to_bits()).hash(h);
            }
            (constant.to_bits(), needs).hash(h);
        }
        Node::Same(a, b)
        | Node::Product(a, b)
        | Node::Quotient(a, b)
        | Node::AddMonths(a, b)
        | Node::Years(a, b)
        | Node::Months(a, b) => (a, b).hash(h),
        Node::If(c, a, b) => (c, a, b).hash(h),
    }
    hasher.finish()
}
