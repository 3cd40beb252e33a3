//! Exact geometry of a table: every column falls into parts on which each of its cells is constant, so that a row is
//! a product of sets of parts.

use super::{datum::Held, unary::Test};

/// A piece of a column's values on which no cell of the column changes its answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    /// One value.
    Value(Held),
    /// The numbers between two ends, both left out; with one of them.
    Between(f64, f64, f64),
    /// All texts that no cell names.
    OtherText,
    /// Whether a condition holds.
    Holds(bool),
    /// No value.
    Missing,
}

impl Part {
    /// A value in it.
    pub(super) fn held(&self) -> Held {
        match self {
            Self::Value(held) => held.clone(),
            Self::Between(_, _, inside) => Held::Number(*inside),
            Self::OtherText => Held::Text("……".to_owned()),
            Self::Holds(holds) => Held::Truth(*holds),
            Self::Missing => Held::Unknown,
        }
    }
}

/// The values a number may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Domain {
    /// Least value, itself possible when finite.
    pub(super) low: f64,
    /// Greatest value, itself possible when finite.
    pub(super) high: f64,
    /// Only whole numbers (and dates).
    pub(super) whole: bool,
}

/// Labels of a set that are told apart at most; 2 to their number is the number of parts.
const MAX_SET_LABELS: usize = 10;

/// Parts of a column of numbers.
pub(super) fn numbers<'a>(tests: impl Iterator<Item = &'a Test>, domain: Domain) -> Vec<Part> {
    let mut ends: Vec<f64> = tests.flat_map(Test::ends).collect();
    ends.extend([domain.low, domain.high]);
    ends.retain(|end| end.is_finite() && (domain.low..=domain.high).contains(end));
    ends.sort_by(f64::total_cmp);
    ends.dedup();
    let mut parts = Vec::new();
    let mut before = f64::NEG_INFINITY;
    for end in ends.iter().copied().chain([f64::INFINITY]) {
        parts.extend(between(before, end, domain));
        if end.is_finite() && (!domain.whole || end.fract() == 0.0) {
            parts.push(Part::Value(Held::Number(end)));
        }
        before = end;
    }
    parts
}

/// The open interval, if it holds a possible number.
fn between(low: f64, high: f64, domain: Domain) -> Option<Part> {
    if low >= domain.high || high <= domain.low {
        return None;
    }
    let inside = match (low.is_finite(), high.is_finite()) {
        (false, false) => 0.0,
        (false, true) => (high - 1.0).floor(),
        (true, _) if domain.whole => low.floor() + 1.0,
        (true, false) => (low + 1.0).ceil(),
        (true, true) => f64::midpoint(low, high),
    };
    (low < inside && inside < high).then_some(Part::Between(low, high, inside))
}

/// Parts of a column of labels.
pub(super) fn labels(n_labels: usize) -> Vec<Part> {
    (0..n_labels)
        .filter_map(|label| u16::try_from(label).ok())
        .map(|label| Part::Value(Held::Choice(label)))
        .collect()
}

/// Parts of a column of sets; none when its cells name too many labels.
pub(super) fn sets<'a>(tests: impl Iterator<Item = &'a Test>, n_labels: usize) -> Option<Vec<Part>> {
    let mut named: Vec<u16> = tests.flat_map(Test::labels).collect();
    named.sort_unstable();
    named.dedup();
    if named.len() > MAX_SET_LABELS {
        return None;
    }
    let other =
        (0..n_labels).filter_map(|label| u16::try_from(label).ok()).find(|label| !named.contains(label));
    let mut parts = vec![];
    for mask in 0u32..1 << named.len() {
        let chosen =
            named.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, label)| *label);
        let filler = other.filter(|_| mask == 0);
        parts.push(Part::Value(Held::set(chosen.chain(filler))));
        if mask == 0 && other.is_some() {
            parts.push(Part::Value(Held::set([])));
        }
    }
    Some(parts)
}

/// Parts of a column of texts.
pub(super) fn texts<'a>(tests: impl Iterator<Item = &'a Test>) -> Vec<Part> {
    let mut named: Vec<&str> = tests.flat_map(Test::texts).collect();
    named.sort_unstable();
    named.dedup();
    let named = named.into_iter().map(|text| Part::Value(Held::Text(text.to_owned())));
    named.chain([Part::OtherText]).collect()
}

/// A set of parts of one column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// The parts that are chosen.
    pub(super) fn of(chosen: impl IntoIterator<Item = bool>) -> Self {
        let mut words = Vec::new();
        for (index, chosen) in chosen.into_iter().enumerate() {
            if index % 64 == 0 {
                words.push(0);
            }
            if chosen && let Some(word) = words.last_mut() {
                *word |= 1 << (index % 64);
            }
        }
        Self(words)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & !b).collect())
    }

    pub(super) fn or(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a | b).collect())
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    pub(super) fn within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }

    /// Indices of the parts.
    pub(super) fn indices(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(word, bits)| {
            (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| word * 64 + bit)
        })
    }
}

/// A product of sets of parts, one for each column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cuboid(pub(super) Vec<Bits>);

impl Cuboid {
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().any(Bits::is_empty)
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a.meets(b))
    }

    pub(super) fn within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a.within(b))
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a.and(b)).collect())
    }

    /// What is left without the other, as disjoint pieces.
    fn minus(&self, other: &Self) -> Vec<Self> {
        let mut pieces = Vec::new();
        let mut rest = self.clone();
        for (axis, (mine, theirs)) in self.0.iter().zip(&other.0).enumerate() {
            let outside = mine.minus(theirs);
            if !outside.is_empty() {
                let mut piece = rest.clone();
                piece.0[axis] = outside;
                pieces.push(piece);
            }
            rest.0[axis] = mine.and(theirs);
        }
        pieces
    }

    /// Both in one, when they differ in one column only: that column and the product.
    pub(super) fn merged(&self, other: &Self) -> Option<(usize, Self)> {
        let mut differing = self.0.iter().zip(&other.0).enumerate().filter(|(_, (a, b))| a != b);
        let (axis, (a, b)) = differing.next()?;
        if differing.next().is_some() {
            return None;
        }
        let mut merged = self.clone();
        merged.0[axis] = a.or(b);
        Some((axis, merged))
    }
}

/// Steps a search may take before it is given up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget(pub(super) u32);

/// What of `whole` none of the rows covers: at most `limit` disjoint pieces, and whether the search came to its end.
pub(super) fn uncovered(
    whole: &Cuboid,
    rows: &[&Cuboid],
    limit: usize,
    budget: &mut Budget,
) -> (Vec<Cuboid>, bool) {
    let mut found = Vec::new();
    let mut open = vec![(whole.clone(), rows.to_vec())];
    while let Some((piece, rows)) = open.pop() {
        if piece.is_empty() {
            continue;
        }
        let meeting: Vec<&Cuboid> = rows.into_iter().filter(|row| row.meets(&piece)).collect();
        let cost = 1 + u32::try_from(meeting.len() / 8).unwrap_or(u32::MAX - 1);
        let Some(left) = budget.0.checked_sub(cost) else { return (found, false) };
        budget.0 = left;
        if meeting.iter().any(|row| piece.within(row)) {
            continue;
        }
        let Some((first, others)) = meeting.split_first() else {
            found.push(piece);
            if found.len() >= limit {
                break;
            }
            continue;
        };
        for rest in piece.minus(first).into_iter().rev() {
            open.push((rest, others.to_vec()));
        }
    }
    (found, true)
}

/// Pieces that differ in one column only are put together.
pub(super) fn joined(mut pieces: Vec<Cuboid>) -> Vec<Cuboid> {
    let mut at = 0;
    while at < pieces.len() {
        let partner =
            (at + 1..pieces.len()).find_map(|other| Some((other, pieces[at].merged(&pieces[other])?.1)));
        if let Some((other, merged)) = partner {
            pieces.remove(other);
            pieces[at] = merged;
            at = 0;
        } else {
            at += 1;
        }
    }
    pieces
}
