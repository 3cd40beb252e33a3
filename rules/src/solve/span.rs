//! Intervals of numbers with open and closed ends.

use crate::expr::Order;

/// All numbers between two ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) low_open: bool,
    pub(super) high_open: bool,
}

/// Room for the rounding of one operation, relative to its size.
const ROUNDING: f64 = 1e-12;

impl Span {
    pub(super) const ALL: Self = Self::closed(f64::NEG_INFINITY, f64::INFINITY);

    pub(super) const fn closed(low: f64, high: f64) -> Self {
        Self { low, high, low_open: false, high_open: false }
    }

    pub(super) const fn point(value: f64) -> Self {
        Self::closed(value, value)
    }

    /// The numbers that stand in this order to the value; all but the value has no single span.
    pub(super) fn of_order(order: Order, value: f64) -> Self {
        match order {
            Order::Equal => Self::point(value),
            Order::Unequal => Self::ALL,
            Order::Greater => Self { low: value, low_open: true, ..Self::ALL },
            Order::AtLeast => Self { low: value, ..Self::ALL },
            Order::Less => Self { high: value, high_open: true, ..Self::ALL },
            Order::AtMost => Self { high: value, ..Self::ALL },
        }
    }

    pub(super) fn is_empty(self) -> bool {
        self.low.is_nan()
            || self.high.is_nan()
            || self.low > self.high
            || (near(self.low, self.high) && (self.low_open || self.high_open))
    }

    #[expect(clippy::float_cmp, reason = "a single number was made by copying it")]
    pub(super) fn single(self) -> Option<f64> {
        (self.low == self.high && !self.low_open && !self.high_open).then_some(self.low)
    }

    pub(super) fn meet(self, other: Self) -> Self {
        let (low, low_open) = later((self.low, self.low_open), (other.low, other.low_open));
        let (high, high_open) = later((-self.high, self.high_open), (-other.high, other.high_open));
        let mut meet = Self { low, high: -high, low_open, high_open };
        if meet.low > meet.high && near(meet.low, meet.high) {
            meet.high = meet.low;
        }
        meet
    }

    /// The least span that holds both.
    pub(super) fn join(self, other: Self) -> Self {
        let (low, low_open) = earlier((self.low, self.low_open), (other.low, other.low_open));
        let (high, high_open) = earlier((-self.high, self.high_open), (-other.high, other.high_open));
        Self { low, high: -high, low_open, high_open }
    }

    pub(super) fn negative(self) -> Self {
        Self { low: -self.high, high: -self.low, low_open: self.high_open, high_open: self.low_open }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        let low = if self.low == f64::NEG_INFINITY { self.low } else { self.low + other.low };
        let high = if self.high == f64::INFINITY { self.high } else { self.high + other.high };
        Self {
            low: tidy(low),
            high: tidy(high),
            low_open: self.low_open || other.low_open,
            high_open: self.high_open || other.high_open,
        }
    }

    pub(super) fn scaled(self, factor: f64) -> Self {
        if factor == 0.0 {
            return Self::point(0.0);
        }
        let span = if factor < 0.0 { self.negative() } else { self };
        Self { low: tidy(span.low * factor.abs()), high: tidy(span.high * factor.abs()), ..span }
    }

    pub(super) fn times(self, other: Self) -> Self {
        let ends =
            [(self.low, other.low), (self.low, other.high), (self.high, other.low), (self.high, other.high)];
        // An infinite end times zero is zero: the ends stand for very large numbers.
        let products = ends.map(|(a, b)| if a == 0.0 || b == 0.0 { 0.0 } else { a * b });
        widened(&products)
    }

    /// The quotients; all numbers when the divisor may be zero.
    pub(super) fn over(self, other: Self) -> Self {
        if other.low < 0.0 && other.high > 0.0 || (other.low == 0.0 && other.high == 0.0) {
            return Self::ALL;
        }
        let parts = |end: f64, sign: f64| if end == 0.0 { sign * f64::INFINITY } else { end.recip() };
        let inverse = if other.low >= 0.0 {
            Self::closed(parts(other.high, 1.0), parts(other.low, 1.0))
        } else {
            Self::closed(parts(other.high, -1.0), parts(other.low, -1.0))
        };
        self.times(inverse)
    }

    pub(super) fn absolute(self) -> Self {
        if self.low >= 0.0 {
            self
        } else if self.high <= 0.0 {
            self.negative()
        } else {
            let (high, high_open) =
                if -self.low > self.high { (-self.low, self.low_open) } else { (self.high, self.high_open) };
            Self { low: 0.0, high, low_open: false, high_open }
        }
    }

    pub(super) fn least(self, other: Self) -> Self {
        let (low, low_open) = earlier((self.low, self.low_open), (other.low, other.low_open));
        let (high, high_open) = later((-self.high, self.high_open), (-other.high, other.high_open));
        Self { low, high: -high, low_open, high_open }
    }

    pub(super) fn greatest(self, other: Self) -> Self {
        self.negative().least(other.negative()).negative()
    }

    /// The whole numbers (or multiples of a step) in it.
    pub(super) fn on_grid(self, step: f64) -> Self {
        let low = if self.low.is_finite() {
            let mut k = nearest_whole(self.low / step, f64::ceil);
            if self.low_open && near(k * step, self.low) {
                k += 1.0;
            }
            multiple(k, step)
        } else {
            self.low
        };
        let high = if self.high.is_finite() {
            let mut k = nearest_whole(self.high / step, f64::floor);
            if self.high_open && near(k * step, self.high) {
                k -= 1.0;
            }
            multiple(k, step)
        } else {
            self.high
        };
        Self::closed(low, high)
    }

    pub(super) fn contains(self, value: f64) -> bool {
        !self.meet(Self::point(value)).is_empty()
    }
}

/// `k` steps, as the decimal literal of that number would be read.
pub(super) fn multiple(k: f64, step: f64) -> f64 {
    if step < 1.0 { k / (1.0 / step).round() } else { k * step }
}

/// Whether two numbers differ by no more than rounding.
pub(super) fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).clamp(1e-3, 1e12)
}

fn nearest_whole(value: f64, otherwise: fn(f64) -> f64) -> f64 {
    let round = value.round();
    if (value - round).abs() < 1e-6 { round } else { otherwise(value) }
}

/// Removes the last binary digits, so that sums of decimal numbers meet again.
pub(super) fn tidy(value: f64) -> f64 {
    if !value.is_finite() || value == 0.0 || value.fract() == 0.0 {
        return value;
    }
    let scale = 1e9;
    let scaled = value * scale;
    let round = scaled.round();
    if (scaled - round).abs() < scaled.abs() * ROUNDING { round / scale } else { value }
}

fn later(a: (f64, bool), b: (f64, bool)) -> (f64, bool) {
    if near(a.0, b.0) {
        (a.0.max(b.0), a.1 || b.1)
    } else if a.0 > b.0 {
        a
    } else {
        b
    }
}

fn earlier(a: (f64, bool), b: (f64, bool)) -> (f64, bool) {
    if near(a.0, b.0) {
        (a.0.min(b.0), a.1 && b.1)
    } else if a.0 < b.0 {
        a
    } else {
        b
    }
}

fn widened(ends: &[f64]) -> Span {
    let low = ends.iter().copied().fold(f64::INFINITY, f64::min);
    let high = ends.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Span::closed(tidy(low), tidy(high))
}

/// [`near`], also for infinite ends.
#[expect(clippy::float_cmp, reason = "infinite ends are equal or not")]
pub(super) fn near_or_same(a: f64, b: f64) -> bool {
    a == b || near(a, b)
}
