//! Conditions as the solver takes them: bands become comparisons of their number.

use std::collections::BTreeMap;

use crate::expr::Order;
use crate::expr::typed::{Cond, Num};
use crate::form::slots::{Band, Plan, Role};

/// Bands by slot: the number they are of, and the ranges.
#[derive(Debug, Default)]
pub(in crate::form) struct Bands<'p> {
    of: BTreeMap<u32, (u32, &'p [Band])>,
}

impl<'p> Bands<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let mut all = Self::default();
        for (slot, info) in (0..).zip(&plan.slots) {
            if let Role::Band { of, bands } = &info.role {
                all.of.insert(slot, (*of, bands));
            }
        }
        all
    }

    /// All slots with bands.
    pub(in crate::form) fn iter(&self) -> impl Iterator<Item = (u32, &'p [Band])> {
        self.of.values().map(|(of, bands)| (*of, *bands))
    }

    /// The condition without bands.
    pub(in crate::form) fn cond(&self, cond: &Cond) -> Cond {
        let all = |parts: &[Cond]| parts.iter().map(|part| self.cond(part)).collect();
        match cond {
            Cond::In(slot, labels) => match self.of.get(slot) {
                Some((of, bands)) => {
                    let mut fits = Vec::new();
                    for (index, band) in
                        bands.iter().enumerate().filter(|(_, band)| labels.contains(&band.label))
                    {
                        fits.push(first_fit(*of, bands, index, band));
                    }
                    Cond::Or(fits)
                }
                None => cond.clone(),
            },
            Cond::Known(slot) => match self.of.get(slot) {
                Some((of, _)) => Cond::Known(*of),
                None => cond.clone(),
            },
            Cond::Not(of) => Cond::Not(Box::new(self.cond(of))),
            Cond::And(parts) => Cond::And(all(parts)),
            Cond::Or(parts) => Cond::Or(all(parts)),
            Cond::Same(a, b) => Cond::Same(Box::new(self.cond(a)), Box::new(self.cond(b))),
            Cond::Count(parts, order, n) => Cond::Count(all(parts), *order, *n),
            Cond::Compare(a, order, b) => Cond::Compare(self.num(a), *order, self.num(b)),
            Cond::Const(_) | Cond::Truth(_) | Cond::Has(..) | Cond::Text(..) | Cond::Rows { .. } => {
                cond.clone()
            }
        }
    }

    /// The number without bands in its conditions.
    pub(super) fn num(&self, num: &Num) -> Num {
        let all = |parts: &[Num]| parts.iter().map(|part| self.num(part)).collect();
        let one = |of: &Num| Box::new(self.num(of));
        match num {
            Num::Sum(parts) => Num::Sum(all(parts)),
            Num::Product(parts) => Num::Product(all(parts)),
            Num::Least(parts) => Num::Least(all(parts)),
            Num::Greatest(parts) => Num::Greatest(all(parts)),
            Num::Quotient(a, b) => Num::Quotient(one(a), one(b)),
            Num::Negative(of) => Num::Negative(one(of)),
            Num::Absolute(of) => Num::Absolute(one(of)),
            Num::Round(of, rounding) => Num::Round(one(of), *rounding),
            Num::If(cond, a, b) => Num::If(Box::new(self.cond(cond)), one(a), one(b)),
            Num::Count(parts) => Num::Count(parts.iter().map(|part| self.cond(part)).collect()),
            Num::Part(of, part) => Num::Part(one(of), *part),
            Num::AddMonths(a, b) => Num::AddMonths(one(a), one(b)),
            Num::YearsBetween(a, b) => Num::YearsBetween(one(a), one(b)),
            Num::MonthsBetween(a, b) => Num::MonthsBetween(one(a), one(b)),
            Num::Const(_) | Num::Var(_) | Num::Score(..) | Num::Size(_) | Num::Rows { .. } => num.clone(),
        }
    }
}

/// The number lies in the band.
pub(super) fn inside(of: u32, band: &Band) -> Cond {
    let end = |order, end| Cond::Compare(Num::Var(of), order, Num::Const(end));
    let low = band.range.0.map(|low| end(Order::AtLeast, low));
    let high = band.range.1.map(|high| end(Order::AtMost, high));
    let ends: Vec<Cond> = low.into_iter().chain(high).collect();
    if ends.is_empty() { Cond::Compare(Num::Var(of), Order::Equal, Num::Var(of)) } else { Cond::And(ends) }
}

/// The number lies in the band and in none before it.
pub(in crate::form) fn first_fit(of: u32, bands: &[Band], index: usize, band: &Band) -> Cond {
    let overlaps = |other: &&Band| {
        let below = |high: Option<f64>, low: Option<f64>| high.zip(low).is_some_and(|(high, low)| high < low);
        !below(other.range.1, band.range.0) && !below(band.range.1, other.range.0)
    };
    let before = bands[..index].iter().filter(overlaps).map(|other| Cond::Not(Box::new(inside(of, other))));
    let mut parts = vec![inside(of, band)];
    parts.extend(before);
    if parts.len() == 1 { parts.remove(0) } else { Cond::And(parts) }
}
