//! What is still possible for a node.

use super::span::Span;

pub(super) const YES: u8 = 1;
pub(super) const NO: u8 = 2;
pub(super) const UNKNOWN: u8 = 4;
/// A value that is there; beside [`UNKNOWN`].
pub(super) const KNOWN: u8 = 1;

/// The values a node may still have. Those of numbers and labels matter only when they are known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum State {
    Truth(u8),
    Number(Span, u8),
    Labels(u128, u8),
    Set(Chosen, u8),
}

/// Labels of a set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chosen {
    pub(super) must: u128,
    pub(super) may: u128,
    pub(super) least: u16,
    pub(super) most: u16,
    pub(super) exclusive: u128,
}

impl Chosen {
    /// Draws conclusions; none when nothing is left.
    fn settled(mut self) -> Option<Self> {
        self.may |= self.must;
        if self.must & self.exclusive != 0 {
            if self.must.count_ones() > 1 {
                return None;
            }
            self.may = self.must;
        } else if self.must != 0 {
            self.may &= !self.exclusive;
        }
        let least = if self.may & self.exclusive == 0 { self.least } else { self.least.min(1) };
        let alone = self.must & self.exclusive != 0;
        if self.size().1 < least || (!alone && self.must.count_ones() > u32::from(self.most)) {
            return None;
        }
        if self.must != 0 && self.must.count_ones() == u32::from(self.most) {
            self.may = self.must;
        }
        if self.most == 0 {
            self.may = 0;
        }
        if self.may.count_ones() == u32::from(least) && (self.may & self.exclusive == 0 || least == 1) {
            self.must = self.may;
        }
        Some(self)
    }

    /// Least and greatest number of labels.
    pub(super) fn size(self) -> (u16, u16) {
        let count = |bits: u128| u16::try_from(bits.count_ones()).unwrap_or(128);
        let least = if self.may & self.exclusive == 0 { self.least } else { self.least.min(1) };
        let together = count(self.may & !self.exclusive).min(self.most);
        let alone = u16::from(self.may & self.exclusive != 0 && self.most > 0);
        (least.max(count(self.must)), together.max(alone).max(count(self.must)))
    }
}

impl State {
    /// What both allow; none when that is nothing.
    pub(super) fn meet(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Truth(a), Self::Truth(b)) => (a & b != 0).then_some(Self::Truth(a & b)),
            (Self::Number(a, x), Self::Number(b, y)) => {
                let span = a.meet(b);
                let known = if span.is_empty() { x & y & !KNOWN } else { x & y };
                (known != 0).then_some(Self::Number(span, known))
            }
            (Self::Labels(a, x), Self::Labels(b, y)) => {
                let known = if a & b == 0 { x & y & !KNOWN } else { x & y };
                (known != 0).then_some(Self::Labels(a & b, known))
            }
            (Self::Set(a, x), Self::Set(b, y)) => {
                let both = Chosen {
                    must: a.must | b.must,
                    may: a.may & b.may,
                    least: a.least.max(b.least),
                    most: a.most.min(b.most),
                    exclusive: a.exclusive,
                };
                let settled = if both.must & !both.may == 0 { both.settled() } else { None };
                let known = if settled.is_none() { x & y & !KNOWN } else { x & y };
                (known != 0).then_some(Self::Set(settled.unwrap_or(both), known))
            }
            _ => None,
        }
    }

    /// Known, unknown or both.
    pub(super) fn presence(self) -> u8 {
        match self {
            Self::Truth(mask) => (if mask & (YES | NO) == 0 { 0 } else { KNOWN }) | (mask & UNKNOWN),
            Self::Number(_, known) | Self::Labels(_, known) | Self::Set(_, known) => known,
        }
    }

    /// The same with fewer presences.
    pub(super) fn with_presence(self, presence: u8) -> Self {
        match self {
            Self::Truth(mask) => {
                let allowed = (if presence & KNOWN == 0 { 0 } else { YES | NO }) | (presence & UNKNOWN);
                Self::Truth(mask & allowed)
            }
            Self::Number(span, known) => Self::Number(span, known & presence),
            Self::Labels(labels, known) => Self::Labels(labels, known & presence),
            Self::Set(chosen, known) => Self::Set(chosen, known & presence),
        }
    }

    /// Only one value is left.
    pub(super) fn is_single(self) -> bool {
        match self {
            Self::Truth(mask) => mask.is_power_of_two(),
            Self::Number(span, known) => known == UNKNOWN || (known == KNOWN && span.single().is_some()),
            Self::Labels(labels, known) => known == UNKNOWN || (known == KNOWN && labels.is_power_of_two()),
            Self::Set(chosen, known) => known == UNKNOWN || (known == KNOWN && chosen.must == chosen.may),
        }
    }

    /// Whether every value of this is one of the other.
    pub(super) fn is_within(self, other: Self) -> bool {
        match (self, other) {
            (Self::Truth(a), Self::Truth(b)) => a & !b == 0,
            (Self::Number(a, x), Self::Number(b, y)) => {
                x & !y == 0 && (x & KNOWN == 0 || (!a.is_empty() && within(a, b)))
            }
            (Self::Labels(a, x), Self::Labels(b, y)) => x & !y == 0 && (x & KNOWN == 0 || a & !b == 0),
            (Self::Set(a, x), Self::Set(b, y)) => {
                let inside =
                    b.must & !a.must == 0 && a.may & !b.may == 0 && a.least >= b.least && a.most <= b.most;
                x & !y == 0 && (x & KNOWN == 0 || inside)
            }
            _ => false,
        }
    }
}

fn within(a: Span, b: Span) -> bool {
    let meet = a.meet(b);
    super::span::near_or_same(meet.low, a.low)
        && super::span::near_or_same(meet.high, a.high)
        && (meet.low_open == a.low_open)
        && (meet.high_open == a.high_open)
}
