//! A checked expression: every name is a slot, every number is in the unit of its variable.

use super::{
    tree::Order,
    truth::Truth,
    vocabulary::{Facts, Value},
};

/// Numbers nearer than this, relative to their size, are equal: measured values travel as `f32`.
const NEARNESS: f64 = 1e-6;

/// A condition over slots.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Logic {
    Test(Test),
    Not(Box<Logic>),
    And(Vec<Logic>),
    Or(Vec<Logic>),
    /// Both yes or both no.
    Same(Box<Logic>, Box<Logic>),
    /// How many of these hold.
    Count(Vec<Logic>, Bound),
}

/// A condition that looks at slots itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Test {
    Constant(bool),
    Is(u32),
    Known(u32),
    Number {
        slot: u32,
        order: Order,
        value: f64,
    },
    Numbers {
        left: u32,
        order: Order,
        right: u32,
    },
    /// The slot holds choice `index` of `n`.
    Choice {
        slot: u32,
        index: u16,
        n: u16,
    },
}

/// What a count is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bound {
    pub(super) order: Order,
    pub(super) n: u32,
}

impl Test {
    #[inline]
    pub(super) fn eval<F: Facts + ?Sized>(self, facts: &F) -> Truth {
        match self {
            Self::Constant(value) => value.into(),
            Self::Is(slot) => match facts.value(slot) {
                Value::Truth(value) => value.into(),
                _ => Truth::Unknown,
            },
            Self::Known(slot) => (facts.value(slot) != Value::Unknown).into(),
            Self::Number { slot, order, value } => match number(facts, slot) {
                Some(left) => compare(left, order, value).into(),
                None => Truth::Unknown,
            },
            Self::Numbers { left, order, right } => match (number(facts, left), number(facts, right)) {
                (Some(left), Some(right)) => compare(left, order, right).into(),
                _ => Truth::Unknown,
            },
            Self::Choice { slot, index, .. } => match facts.value(slot) {
                Value::Choice(chosen) => (chosen == index).into(),
                _ => Truth::Unknown,
            },
        }
    }

    /// The slots it looks at, in order.
    pub(super) fn slots(self) -> impl Iterator<Item = u32> {
        let (first, second) = match self {
            Self::Constant(_) => (None, None),
            Self::Is(slot) | Self::Known(slot) | Self::Number { slot, .. } | Self::Choice { slot, .. } => {
                (Some(slot), None)
            }
            Self::Numbers { left, right, .. } => (Some(left), Some(right)),
        };
        first.into_iter().chain(second)
    }
}

fn number<F: Facts + ?Sized>(facts: &F, slot: u32) -> Option<f64> {
    match facts.value(slot) {
        Value::Number(value) if value.is_finite() => Some(value),
        _ => None,
    }
}

fn compare(left: f64, order: Order, right: f64) -> bool {
    let is_near = (left - right).abs() <= NEARNESS * left.abs().max(right.abs()).max(1.0);
    match order {
        Order::Equal => is_near,
        Order::Unequal => !is_near,
        Order::Greater => left > right && !is_near,
        Order::AtLeast => left > right || is_near,
        Order::Less => left < right && !is_near,
        Order::AtMost => left < right || is_near,
    }
}

impl Bound {
    /// Whether a count between `least` and `most` is within the bound.
    #[inline]
    pub(super) fn holds(self, least: u32, most: u32) -> Truth {
        let (all, none) = match self.order {
            Order::Equal => (least == self.n && most == self.n, most < self.n || least > self.n),
            Order::Unequal => (most < self.n || least > self.n, least == self.n && most == self.n),
            Order::Greater => (least > self.n, most <= self.n),
            Order::AtLeast => (least >= self.n, most < self.n),
            Order::Less => (most < self.n, least >= self.n),
            Order::AtMost => (most <= self.n, least > self.n),
        };
        match (all, none) {
            (true, _) => Truth::Yes,
            (_, true) => Truth::No,
            _ => Truth::Unknown,
        }
    }
}

impl Logic {
    /// Every test, in order of appearance.
    pub(super) fn tests(&self) -> Vec<Test> {
        let mut tests = Vec::new();
        self.collect(&mut tests);
        tests
    }

    fn collect(&self, tests: &mut Vec<Test>) {
        match self {
            Self::Test(test) => tests.push(*test),
            Self::Not(of) => of.collect(tests),
            Self::And(of) | Self::Or(of) | Self::Count(of, _) => {
                for part in of {
                    part.collect(tests);
                }
            }
            Self::Same(left, right) => {
                left.collect(tests);
                right.collect(tests);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: [Order; 6] =
        [Order::Equal, Order::Unequal, Order::Greater, Order::AtLeast, Order::Less, Order::AtMost];

    #[test]
    fn a_bound_is_settled_when_every_count_in_the_interval_agrees() {
        for order in ORDERS {
            for n in 0..5 {
                for least in 0..5 {
                    for most in least..5 {
                        let verdicts: Vec<bool> = (least..=most)
                            .map(|count| compare(f64::from(count), order, f64::from(n)))
                            .collect();
                        let expected = match (verdicts.contains(&true), verdicts.contains(&false)) {
                            (true, false) => Truth::Yes,
                            (false, true) => Truth::No,
                            _ => Truth::Unknown,
                        };
                        assert_eq!(
                            Bound { order, n }.holds(least, most),
                            expected,
                            "{least}..{most} {order:?} {n}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_measured_value_that_travelled_as_f32_is_still_equal() {
        let measured = f64::from(38.3f32);
        assert!(measured < 38.3, "the trap this guards against");
        assert!(compare(measured, Order::AtLeast, 38.3));
        assert!(compare(measured, Order::Equal, 38.3));
        assert!(!compare(measured, Order::Less, 38.3));
        assert!(!compare(38.29, Order::AtLeast, 38.3));
    }
}
