//! What a node can still be, given its children.

use crate::expr::Order;
use crate::expr::typed::{DatePart, Rounding};

use super::calendar;
use super::graph::{Id, Node, bit};
use super::span::{Span, tidy};
use super::state::{Chosen, KNOWN, NO, State, UNKNOWN, YES};

/// The values of a node by those of its children; none for variables.
pub(super) fn forward(node: &Node, states: &[State]) -> Option<State> {
    let mask = |id: Id| truth(states, id);
    Some(match node {
        Node::Not(a) => State::Truth(flipped(mask(*a))),
        Node::And(of) => State::Truth(all(of.iter().map(|&id| mask(id)))),
        Node::Or(of) => State::Truth(flipped(all(of.iter().map(|&id| flipped(mask(id)))))),
        Node::Same(a, b) => State::Truth(same(mask(*a), mask(*b))),
        Node::Sure(a) => {
            let mask = mask(*a);
            State::Truth((mask & YES) | if mask & (NO | UNKNOWN) == 0 { 0 } else { NO })
        }
        Node::Count(of, order, n) => State::Truth(count(of.iter().map(|&id| mask(id)), *order, *n)),
        Node::In(a, labels) => State::Truth(member(states[*a as usize], *labels)),
        Node::Has(a, label) => State::Truth(has(states[*a as usize], *label)),
        Node::Known(a) => {
            let presence = states[*a as usize].presence();
            State::Truth(
                (if presence & KNOWN == 0 { 0 } else { YES }) | if presence & UNKNOWN == 0 { 0 } else { NO },
            )
        }
        Node::Compare(a, order, value) => {
            let (span, known) = number(states, *a);
            let unknown = known & UNKNOWN;
            if known & KNOWN == 0 || span.is_empty() {
                return Some(State::Truth(unknown));
            }
            State::Truth(unknown | compared(span, *order, *value))
        }
        Node::Text(a) => {
            let presence = states[*a as usize].presence();
            State::Truth((presence & UNKNOWN) | if presence & KNOWN == 0 { 0 } else { YES | NO })
        }
        Node::Score(a, points) => score(states[*a as usize], points),
        Node::Size(a) => match states[*a as usize] {
            State::Set(chosen, known) => {
                let (least, most) = chosen.size();
                State::Number(Span::closed(f64::from(least), f64::from(most)), known)
            }
            _ => return None,
        },
        Node::HowMany(of) => {
            let can = of.iter().filter(|&&id| mask(id) & YES != 0).count();
            let must = of.iter().filter(|&&id| mask(id) == YES).count();
            let unknown = if of.iter().any(|&id| mask(id) & UNKNOWN != 0) { UNKNOWN } else { 0 };
            let known = if of.iter().all(|&id| mask(id) & (YES | NO) != 0) { KNOWN } else { 0 };
            State::Number(Span::closed(float(must), float(can)), known | unknown)
        }
        Node::If(c, a, b) => choice(mask(*c), number(states, *a), number(states, *b)),
        Node::Linear { .. } | Node::Least(_) | Node::Greatest(_) => several(node, states),
        Node::Product(..)
        | Node::Quotient(..)
        | Node::AddMonths(..)
        | Node::Years(..)
        | Node::Months(..)
        | Node::Absolute(_)
        | Node::Round(..)
        | Node::Part(..) => few(node, states)?,
        Node::Constant(_)
        | Node::Truth(_)
        | Node::AnyTruth
        | Node::Number(_)
        | Node::Numeric(..)
        | Node::AnyNumber
        | Node::Labels(_)
        | Node::Set(..) => return None,
    })
}

pub(super) fn truth(states: &[State], id: Id) -> u8 {
    match states[id as usize] {
        State::Truth(mask) => mask,
        _ => YES | NO | UNKNOWN,
    }
}

pub(super) fn number(states: &[State], id: Id) -> (Span, u8) {
    match states[id as usize] {
        State::Number(span, known) => (span, known),
        state => (Span::ALL, state.presence()),
    }
}

pub(super) fn flipped(mask: u8) -> u8 {
    (mask & UNKNOWN) | (mask & YES) << 1 | (mask & NO) >> 1
}

/// Kleene's and.
fn all(masks: impl Iterator<Item = u8>) -> u8 {
    let (mut can_yes, mut can_no, mut can_unknown, mut never_no) = (true, false, false, true);
    for mask in masks {
        can_yes &= mask & YES != 0;
        can_no |= mask & NO != 0;
        can_unknown |= mask & UNKNOWN != 0;
        never_no &= mask & (YES | UNKNOWN) != 0;
    }
    (if can_yes { YES } else { 0 })
        | (if can_no { NO } else { 0 })
        | (if can_unknown && never_no { UNKNOWN } else { 0 })
}

fn same(a: u8, b: u8) -> u8 {
    let yes = (a & b & YES != 0) || (a & b & NO != 0);
    let no = (a & YES != 0 && b & NO != 0) || (a & NO != 0 && b & YES != 0);
    (if yes { YES } else { 0 }) | (if no { NO } else { 0 }) | ((a | b) & UNKNOWN)
}

/// How many hold, at least and at most; the last also counts those that may be unknown.
pub(super) fn tally(masks: impl Iterator<Item = u8>) -> (i64, i64, i64) {
    masks.fold((0, 0, 0), |(must, can, might), mask| {
        (
            must + i64::from(mask == YES),
            can + i64::from(mask & YES != 0),
            might + i64::from(mask & (YES | UNKNOWN) != 0),
        )
    })
}

/// The verdict is settled when it is the same for every number from those that hold to those that might.
fn count(masks: impl Iterator<Item = u8> + Clone, order: Order, n: i64) -> u8 {
    let (must, can, might) = tally(masks.clone());
    let least = masks.filter(|mask| mask & NO == 0).count();
    let least = i64::try_from(least).unwrap_or(i64::MAX);
    let mut verdicts = 0;
    for from in must..=can {
        let (mut yes, mut no) = (false, false);
        for to in from..=might {
            yes |= holds(to, order, n);
            no |= !holds(to, order, n);
            if to >= least {
                verdicts |= match (yes, no) {
                    (true, true) => UNKNOWN,
                    (true, false) => YES,
                    _ => NO,
                };
            }
        }
    }
    verdicts
}

fn holds(k: i64, order: Order, n: i64) -> bool {
    match order {
        Order::Equal => k == n,
        Order::Unequal => k != n,
        Order::Greater => k > n,
        Order::AtLeast => k >= n,
        Order::Less => k < n,
        Order::AtMost => k <= n,
    }
}

fn member(state: State, labels: u128) -> u8 {
    let State::Labels(may, known) = state else { return YES | NO | UNKNOWN };
    let known_part = if known & KNOWN == 0 {
        0
    } else {
        (if may & labels == 0 { 0 } else { YES }) | if may & !labels == 0 { 0 } else { NO }
    };
    known_part | (known & UNKNOWN)
}

fn has(state: State, label: u128) -> u8 {
    let State::Set(Chosen { must, may, .. }, known) = state else { return YES | NO | UNKNOWN };
    let known_part = if known & KNOWN == 0 {
        0
    } else {
        (if may & label == 0 { 0 } else { YES }) | if must & label == 0 { NO } else { 0 }
    };
    known_part | (known & UNKNOWN)
}

fn compared(span: Span, order: Order, value: f64) -> u8 {
    let can = |order: Order| match order {
        Order::Unequal => !span.single().is_some_and(|single| super::span::near(single, value)),
        order => !span.meet(Span::of_order(order, value)).is_empty(),
    };
    (if can(order) { YES } else { 0 }) | if can(opposite(order)) { NO } else { 0 }
}

pub(super) fn opposite(order: Order) -> Order {
    match order {
        Order::Equal => Order::Unequal,
        Order::Unequal => Order::Equal,
        Order::Greater => Order::AtMost,
        Order::AtLeast => Order::Less,
        Order::Less => Order::AtLeast,
        Order::AtMost => Order::Greater,
    }
}

fn points_of(points: &[f64], label: usize) -> f64 {
    points.get(label).copied().unwrap_or(0.0)
}

fn score(state: State, points: &[f64]) -> State {
    match state {
        State::Labels(may, known) => State::Number(points_among(may, points), known),
        State::Set(chosen, known) => State::Number(points_of_set(chosen, points), known),
        state => State::Number(Span::ALL, state.presence()),
    }
}

fn labels(bits: u128) -> impl Iterator<Item = u16> {
    (0..128_u16).filter(move |&label| bits & bit(label) != 0)
}

fn points_among(may: u128, points: &[f64]) -> Span {
    labels(may)
        .map(|label| Span::point(points_of(points, usize::from(label))))
        .reduce(Span::join)
        .unwrap_or(Span::ALL)
}

fn points_of_set(chosen: Chosen, points: &[f64]) -> Span {
    let alone = labels(chosen.may & chosen.exclusive)
        .filter(|&label| chosen.must & !bit(label) == 0)
        .map(|label| Span::point(points_of(points, usize::from(label))));
    let together = (chosen.must & chosen.exclusive == 0).then(|| {
        let sure: f64 = labels(chosen.must).map(|label| points_of(points, usize::from(label))).sum();
        let mut rest: Vec<f64> = labels(chosen.may & !chosen.must & !chosen.exclusive)
            .map(|label| points_of(points, usize::from(label)))
            .collect();
        rest.sort_by(f64::total_cmp);
        let taken = u16::try_from(chosen.must.count_ones()).unwrap_or(128);
        let least = usize::from(chosen.least.saturating_sub(taken)).min(rest.len());
        let most = usize::from(chosen.most.saturating_sub(taken)).min(rest.len());
        let sum = |parts: &mut dyn Iterator<Item = &f64>, sign: f64| -> f64 {
            parts
                .take(most)
                .enumerate()
                .filter(|(k, p)| *k < least || **p * sign < 0.0)
                .map(|(_, p)| *p)
                .sum()
        };
        let low = sum(&mut rest.iter(), 1.0);
        let high = sum(&mut rest.iter().rev(), -1.0);
        Span::closed(tidy(sure + low), tidy(sure + high))
    });
    alone.chain(together).reduce(Span::join).unwrap_or(Span::ALL)
}

fn choice(mask: u8, a: (Span, u8), b: (Span, u8)) -> State {
    let mut known = mask & UNKNOWN;
    let mut span: Option<Span> = None;
    for (bit, (of, presence)) in [(YES, a), (NO, b)] {
        if mask & bit != 0 {
            known |= presence;
            if presence & KNOWN != 0 {
                span = Some(span.map_or(of, |span| span.join(of)));
            }
        }
    }
    State::Number(span.unwrap_or(Span::ALL), known)
}

/// Known when all are.
fn presences(parts: impl Iterator<Item = u8> + Clone) -> u8 {
    let known = if parts.clone().all(|known| known & KNOWN != 0) { KNOWN } else { 0 };
    known | parts.fold(0, |bits, known| bits | (known & UNKNOWN))
}

fn several(node: &Node, states: &[State]) -> State {
    match node {
        Node::Linear { terms, constant, needs } => {
            let presence = presences(
                terms.iter().map(|term| term.0).chain(needs.iter().copied()).map(|id| number(states, id).1),
            );
            let span = terms.iter().fold(Span::point(*constant), |sum, (id, factor)| {
                sum.plus(number(states, *id).0.scaled(*factor))
            });
            State::Number(span, presence)
        }
        Node::Least(of) | Node::Greatest(of) => {
            let presence = presences(of.iter().map(|&id| number(states, id).1));
            let fold = if matches!(node, Node::Least(_)) { Span::least } else { Span::greatest };
            let span = of.iter().map(|&id| number(states, id).0).reduce(fold).unwrap_or(Span::ALL);
            State::Number(span, if of.is_empty() { UNKNOWN } else { presence })
        }
        _ => State::Number(Span::ALL, KNOWN | UNKNOWN),
    }
}

fn few(node: &Node, states: &[State]) -> Option<State> {
    let one = |a: &Id, f: &dyn Fn(Span) -> Span| {
        let (span, known) = number(states, *a);
        State::Number(f(span), known)
    };
    let two = |a: &Id, b: &Id, f: &dyn Fn(Span, Span) -> Span| {
        let ((a, x), (b, y)) = (number(states, *a), number(states, *b));
        State::Number(f(a, b), presences([x, y].into_iter()))
    };
    Some(match node {
        Node::Product(a, b) => two(a, b, &|x, y| {
            let span = x.times(y);
            if a == b { span.meet(Span { low: 0.0, ..Span::ALL }) } else { span }
        }),
        Node::Quotient(a, b) => {
            let state = two(a, b, &Span::over);
            let divisor = number(states, *b).0;
            let zero = if divisor.contains(0.0) { UNKNOWN } else { 0 };
            let nonzero = if divisor.single() == Some(0.0) { 0 } else { KNOWN };
            let State::Number(span, known) = state else { return None };
            State::Number(span, (known & (nonzero | UNKNOWN)) | zero)
        }
        Node::Absolute(a) => one(a, &Span::absolute),
        Node::Round(a, rounding) => one(a, &|span| {
            let round = |end: f64| match rounding {
                Rounding::Nearest => end.round(),
                Rounding::Floor => tidy(end).floor(),
                Rounding::Ceiling => tidy(end).ceil(),
            };
            Span::closed(round(span.low), round(span.high))
        }),
        Node::Part(a, part) => one(a, &|span| parts(span, *part)),
        Node::AddMonths(a, b) => two(a, b, &|x, y| {
            Span::closed(calendar::add_months(x.low, y.low), calendar::add_months(x.high, y.high))
        }),
        Node::Years(a, b) => {
            two(a, b, &|x, y| Span::closed(calendar::years(x.high, y.low), calendar::years(x.low, y.high)))
        }
        Node::Months(a, b) => {
            two(a, b, &|x, y| Span::closed(calendar::months(x.high, y.low), calendar::months(x.low, y.high)))
        }
        _ => return None,
    })
}

fn parts(span: Span, part: DatePart) -> Span {
    if part == DatePart::Year {
        return Span::closed(calendar::part(span.low, part), calendar::part(span.high, part));
    }
    if span.high - span.low > 40.0 {
        return match part {
            DatePart::Month => Span::closed(1.0, 12.0),
            DatePart::Weekday => Span::closed(1.0, 7.0),
            _ => Span::closed(1.0, 31.0),
        };
    }
    let mut day = span.low;
    let mut all = Span::point(calendar::part(day, part));
    while day < span.high {
        day += 1.0;
        all = all.join(Span::point(calendar::part(day, part)));
    }
    all
}

#[expect(clippy::cast_precision_loss, reason = "a number of conditions")]
fn float(n: usize) -> f64 {
    n as f64
}
