//! What the children of a node can still be, given the node.

use crate::expr::Order;
use crate::expr::typed::{DatePart, Rounding};

use super::calendar;
use super::forward::{flipped, number, opposite, tally, truth};
use super::graph::{Id, Node, bit};
use super::span::Span;
use super::state::{Chosen, KNOWN, NO, State, UNKNOWN, YES};

/// Calls `narrow` with what each child may still be.
pub(super) fn backward(node: &Node, id: Id, states: &[State], narrow: &mut Vec<(Id, State)>) {
    let mask = truth(states, id);
    match node {
        Node::Not(a) => narrow.push((*a, State::Truth(flipped(mask)))),
        Node::Sure(a) => {
            let of = (mask & YES) | if mask & NO == 0 { 0 } else { NO | UNKNOWN };
            narrow.push((*a, State::Truth(of)));
        }
        Node::And(of) => all(of, mask, states, narrow, |mask| mask),
        Node::Or(of) => all(of, flipped(mask), states, narrow, flipped),
        Node::Same(a, b) => same(*a, *b, mask, states, narrow),
        Node::Count(of, order, n) => count(of, *order, *n, mask, states, narrow),
        Node::In(a, labels) => {
            if let State::Labels(..) = states[*a as usize] {
                let labels = match mask & (YES | NO) {
                    YES => *labels,
                    NO => !*labels,
                    _ => u128::MAX,
                };
                narrow.push((*a, State::Labels(labels, presence(mask))));
            }
        }
        Node::Has(a, label) => {
            if let State::Set(Chosen { exclusive, .. }, _) = states[*a as usize] {
                let mut chosen = Chosen { must: 0, may: u128::MAX, least: 0, most: u16::MAX, exclusive };
                match mask & (YES | NO) {
                    YES => chosen.must = *label,
                    NO => chosen.may = !*label,
                    _ => {}
                }
                narrow.push((*a, State::Set(chosen, presence(mask))));
            }
        }
        Node::Known(a) => {
            let known = (if mask & YES == 0 { 0 } else { KNOWN }) | if mask & NO == 0 { 0 } else { UNKNOWN };
            narrow.push((*a, of_kind(states[*a as usize], known)));
        }
        Node::Text(a) => narrow.push((*a, State::Number(Span::ALL, presence(mask)))),
        Node::Compare(a, order, value) => compare(*a, *order, *value, mask, states, narrow),
        _ => numeric(node, id, states, narrow),
    }
}

/// The presence a verdict needs.
fn presence(mask: u8) -> u8 {
    (if mask & (YES | NO) == 0 { 0 } else { KNOWN }) | (mask & UNKNOWN)
}

fn of_kind(state: State, known: u8) -> State {
    state.with_presence(known)
}

fn all(of: &[Id], mask: u8, states: &[State], narrow: &mut Vec<(Id, State)>, turn: fn(u8) -> u8) {
    let child = |id: Id| turn(truth(states, id));
    if mask & NO == 0 {
        let allowed = if mask & UNKNOWN == 0 { YES } else { YES | UNKNOWN };
        narrow.extend(of.iter().map(|&id| (id, State::Truth(turn(allowed)))));
    }
    if mask & YES == 0 {
        // The last one that can spoil it has to.
        let spoils = if mask & UNKNOWN == 0 { NO } else { NO | UNKNOWN };
        let mut able = of.iter().filter(|&&id| child(id) & spoils != 0);
        if let (Some(&only), None) = (able.next(), able.next()) {
            narrow.push((only, State::Truth(turn(spoils))));
        }
    }
}

fn same(a: Id, b: Id, mask: u8, states: &[State], narrow: &mut Vec<(Id, State)>) {
    if mask & UNKNOWN != 0 {
        return;
    }
    for (of, other) in [(a, b), (b, a)] {
        let other = truth(states, other) & (YES | NO);
        let mut allowed = 0;
        if mask & YES != 0 {
            allowed |= other;
        }
        if mask & NO != 0 {
            allowed |= flipped(other);
        }
        narrow.push((of, State::Truth(allowed)));
    }
}

fn count(of: &[Id], order: Order, n: i64, mask: u8, states: &[State], narrow: &mut Vec<(Id, State)>) {
    let order = match mask {
        YES => order,
        NO => opposite(order),
        _ => return,
    };
    let (least, most) = match order {
        Order::Equal => (n, n),
        Order::AtLeast => (n, i64::MAX),
        Order::Greater => (n + 1, i64::MAX),
        Order::AtMost => (i64::MIN, n),
        Order::Less => (i64::MIN, n - 1),
        Order::Unequal => return,
    };
    let (holding, can, _) = tally(of.iter().map(|&id| truth(states, id)));
    if can <= least {
        let all = of.iter().filter(|&&id| truth(states, id) & YES != 0);
        narrow.extend(all.map(|&id| (id, State::Truth(YES))));
    }
    if holding >= most {
        let rest = of.iter().filter(|&&id| truth(states, id) != YES);
        narrow.extend(rest.map(|&id| (id, State::Truth(NO))));
    }
}

fn compare(a: Id, order: Order, value: f64, mask: u8, states: &[State], narrow: &mut Vec<(Id, State)>) {
    let span = match mask & (YES | NO) {
        YES => limits(number(states, a).0, order, value),
        NO => limits(number(states, a).0, opposite(order), value),
        _ => Span::ALL,
    };
    narrow.push((a, State::Number(span, presence(mask))));
}

fn limits(span: Span, order: Order, value: f64) -> Span {
    let mut limits = Span::of_order(order, value);
    if order == Order::Unequal {
        if super::span::near(span.low, value) {
            limits = Span { low: value, low_open: true, ..limits };
        }
        if super::span::near(span.high, value) {
            limits = Span { high: value, high_open: true, ..limits };
        }
    }
    limits
}

fn numeric(node: &Node, id: Id, states: &[State], narrow: &mut Vec<(Id, State)>) {
    let (span, known) = number(states, id);
    let unary = |a: &Id, span: Span, narrow: &mut Vec<(Id, State)>| {
        narrow.push((*a, State::Number(span, known)));
    };
    match node {
        Node::Score(a, points) => match states[*a as usize] {
            State::Labels(may, _) => {
                let fits = |label: &u16| {
                    may & bit(*label) != 0
                        && span.contains(points.get(usize::from(*label)).copied().unwrap_or(0.0))
                };
                let labels = (0..128).filter(fits).fold(0, |bits, label| bits | bit(label));
                narrow.push((*a, State::Labels(labels, known)));
            }
            state => narrow.push((*a, state.with_presence(known))),
        },
        Node::Size(a) => {
            if let State::Set(chosen, _) = states[*a as usize] {
                // Beyond the ends the size is bounded by the number of labels anyhow.
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
                let end = |end: f64| end.clamp(0.0, 200.0) as u16;
                let (least, most) = (end(span.low.ceil()), end(span.high.floor()));
                let may = if least > 1 { chosen.may & !chosen.exclusive } else { chosen.may };
                narrow.push((*a, State::Set(Chosen { may, least, most, ..chosen }, known)));
            }
        }
        Node::Absolute(a) => {
            unary(
                a,
                Span {
                    low: -span.high,
                    high: span.high,
                    low_open: span.high_open,
                    high_open: span.high_open,
                },
                narrow,
            );
        }
        Node::Round(a, rounding) => {
            let span = match rounding {
                Rounding::Floor => {
                    Span { low: span.low, high: span.high + 1.0, low_open: false, high_open: true }
                }
                Rounding::Ceiling => {
                    Span { low: span.low - 1.0, high: span.high, low_open: true, high_open: false }
                }
                Rounding::Nearest => Span::closed(span.low - 0.5, span.high + 0.5),
            };
            unary(a, span, narrow);
        }
        Node::Part(a, DatePart::Year) if span.low.abs() < 3000.0 && span.high.abs() < 3000.0 => {
            #[expect(clippy::cast_possible_truncation, reason = "a year")]
            let (first, last) = (span.low as i32, span.high as i32);
            unary(a, Span::closed(calendar::year(first).0, calendar::year(last).1), narrow);
        }
        Node::Part(a, _) => unary(a, Span::ALL, narrow),
        _ if known & UNKNOWN == 0 => known_parts(node, span, states, narrow),
        _ if known & KNOWN == 0 => {}
        _ => {}
    }
}

/// Of a number that is known: all its parts are.
fn known_parts(node: &Node, span: Span, states: &[State], narrow: &mut Vec<(Id, State)>) {
    let of = |id: Id| number(states, id).0;
    let mut known = |id: Id, span: Span| narrow.push((id, State::Number(span, KNOWN)));
    match node {
        Node::Linear { terms, constant, needs } => {
            for need in needs {
                narrow.push((*need, of_kind(states[*need as usize], KNOWN)));
            }
            terms_of(terms, *constant, span, states, narrow);
        }
        Node::Product(a, b) if a == b => {
            let root = span.high.max(0.0).sqrt() * (1.0 + 1e-12);
            known(*a, Span::closed(-root, root));
        }
        Node::Product(a, b) => {
            // Zero times anything is zero: then the other factor may be what it likes.
            let factor = |other: Span| {
                if span.contains(0.0) && other.contains(0.0) { Span::ALL } else { span.over(other) }
            };
            known(*a, factor(of(*b)));
            known(*b, factor(of(*a)));
        }
        Node::Quotient(a, b) => {
            known(*a, span.times(of(*b)));
            let divisor = if span.contains(0.0) { Span::ALL } else { of(*a).over(span) };
            known(*b, divisor);
        }
        Node::Least(parts) => least(parts, span, states, narrow),
        Node::Greatest(parts) => greatest(parts, span, states, narrow),
        Node::HowMany(parts) => {
            narrow.extend(parts.iter().map(|&id| (id, State::Truth(YES | NO))));
            how_many(parts, span, states, narrow);
        }
        Node::If(c, a, b) => either(*c, *a, *b, span, states, narrow),
        Node::AddMonths(a, b) => {
            let months = of(*b);
            let low = calendar::add_months(span.low, -months.high) - 4.0;
            let high = calendar::add_months(span.high, -months.low) + 4.0;
            known(*a, Span::closed(low, high));
            known(*b, Span::ALL);
        }
        Node::Years(a, b) => between(*a, *b, span.scaled(12.0), 12.0, states, narrow),
        Node::Months(a, b) => between(*a, *b, span, 1.0, states, narrow),
        _ => {}
    }
}

/// Each term is what the others leave.
fn terms_of(terms: &[(Id, f64)], constant: f64, span: Span, states: &[State], narrow: &mut Vec<(Id, State)>) {
    let parts: Vec<Span> = terms.iter().map(|(id, factor)| number(states, *id).0.scaled(*factor)).collect();
    let mut before = vec![Span::point(constant)];
    for part in &parts {
        let sum = before.last().copied().unwrap_or(Span::ALL).plus(*part);
        before.push(sum);
    }
    let mut after = Span::point(0.0);
    for (index, (id, factor)) in terms.iter().enumerate().rev() {
        let others = before[index].plus(after);
        let part = span.plus(others.negative());
        narrow.push((*id, State::Number(part.scaled(factor.recip()), KNOWN)));
        after = after.plus(parts[index]);
    }
}

fn least(parts: &[Id], span: Span, states: &[State], narrow: &mut Vec<(Id, State)>) {
    let above = Span { high: f64::INFINITY, high_open: false, ..span };
    let low = |id: Id| {
        !number(states, id).0.meet(Span { low: f64::NEG_INFINITY, low_open: false, ..span }).is_empty()
    };
    let able: Vec<Id> = parts.iter().copied().filter(|&id| low(id)).collect();
    for &id in parts {
        let span = if able == [id] { span } else { above };
        narrow.push((id, State::Number(span, KNOWN)));
    }
}

fn greatest(parts: &[Id], span: Span, states: &[State], narrow: &mut Vec<(Id, State)>) {
    let below = Span { low: f64::NEG_INFINITY, low_open: false, ..span };
    let high = |id: Id| {
        !number(states, id).0.meet(Span { high: f64::INFINITY, high_open: false, ..span }).is_empty()
    };
    let able: Vec<Id> = parts.iter().copied().filter(|&id| high(id)).collect();
    for &id in parts {
        let span = if able == [id] { span } else { below };
        narrow.push((id, State::Number(span, KNOWN)));
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number of conditions")]
fn how_many(parts: &[Id], span: Span, states: &[State], narrow: &mut Vec<(Id, State)>) {
    let (must, can, _) = tally(parts.iter().map(|&id| truth(states, id)));
    if can as f64 <= span.low {
        let able = parts.iter().filter(|&&id| truth(states, id) & YES != 0);
        narrow.extend(able.map(|&id| (id, State::Truth(YES))));
    }
    if must as f64 >= span.high {
        let rest = parts.iter().filter(|&&id| truth(states, id) != YES);
        narrow.extend(rest.map(|&id| (id, State::Truth(NO))));
    }
}

fn either(c: Id, a: Id, b: Id, span: Span, states: &[State], narrow: &mut Vec<(Id, State)>) {
    let fits = |id: Id| {
        let (of, known) = number(states, id);
        known & KNOWN != 0 && !of.meet(span).is_empty()
    };
    let mut mask = truth(states, c) & (YES | NO);
    if !fits(a) {
        mask &= !YES;
    }
    if !fits(b) {
        mask &= !NO;
    }
    narrow.push((c, State::Truth(mask)));
    match mask {
        YES => narrow.push((a, State::Number(span, KNOWN))),
        NO => narrow.push((b, State::Number(span, KNOWN))),
        _ => {}
    }
}

/// Whole months (or years, in months) from `a` to `b`.
fn between(a: Id, b: Id, months: Span, unit: f64, states: &[State], narrow: &mut Vec<(Id, State)>) {
    let (from, to) = (number(states, a).0, number(states, b).0);
    let (low, high) = (months.low, months.high + unit);
    let span_b =
        Span::closed(calendar::add_months(from.low, low) - 4.0, calendar::add_months(from.high, high) + 4.0);
    let span_a =
        Span::closed(calendar::add_months(to.low, -high) - 4.0, calendar::add_months(to.high, -low) + 4.0);
    narrow.push((a, State::Number(span_a, KNOWN)));
    narrow.push((b, State::Number(span_b, KNOWN)));
}
