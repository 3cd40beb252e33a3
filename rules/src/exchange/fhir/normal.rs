//! Conditions with `not` only in front of single tests, and the condition that another is not Yes.

use crate::expr::{
    Order,
    typed::{Cond, Num},
};

use super::super::term::opposite;

/// Most parts a rewritten condition may have; beyond, it is given up.
const MAX_PARTS: usize = 2000;

/// The same condition, or its opposite, with `not` only in front of single tests; nothing when it grows too large.
pub(super) fn normal(cond: &Cond, holds: bool) -> Option<Cond> {
    let mut left = MAX_PARTS;
    rewritten(cond, holds, &mut left)
}

/// That a condition is not Yes: No, or not known. Nothing when that can't be said in a condition.
pub(super) fn not_yes(cond: &Cond) -> Option<Cond> {
    denied(&normal(cond, true)?)
}

fn all(of: &[Cond], holds: bool, left: &mut usize) -> Option<Vec<Cond>> {
    of.iter().map(|cond| rewritten(cond, holds, left)).collect()
}

fn rewritten(cond: &Cond, holds: bool, left: &mut usize) -> Option<Cond> {
    *left = left.checked_sub(1)?;
    let inverted = |cond: &Cond| if holds { cond.clone() } else { Cond::Not(Box::new(cond.clone())) };
    Some(match cond {
        Cond::Const(value) => Cond::Const(*value == holds),
        Cond::Not(of) => rewritten(of, !holds, left)?,
        Cond::And(of) if holds => Cond::And(all(of, holds, left)?),
        Cond::Or(of) if !holds => Cond::And(all(of, holds, left)?),
        Cond::And(of) | Cond::Or(of) => Cond::Or(all(of, holds, left)?),
        Cond::Same(a, b) => {
            let both = Cond::And(vec![rewritten(a, true, left)?, rewritten(b, holds, left)?]);
            let neither = Cond::And(vec![rewritten(a, false, left)?, rewritten(b, !holds, left)?]);
            Cond::Or(vec![both, neither])
        }
        Cond::Count(of, order, n) => {
            Cond::Count(of.clone(), if holds { *order } else { opposite(*order) }, *n)
        }
        Cond::Compare(a, order, b) => {
            Cond::Compare(a.clone(), if holds { *order } else { opposite(*order) }, b.clone())
        }
        Cond::Rows { group, every, of } => {
            let of = Box::new(rewritten(of, holds, left)?);
            Cond::Rows { group: *group, every: *every == holds, of }
        }
        Cond::Truth(_) | Cond::In(..) | Cond::Has(..) | Cond::Text(..) | Cond::Known(_) => inverted(cond),
    })
}

/// Of a normal condition: unanswered, or the opposite.
fn denied(cond: &Cond) -> Option<Cond> {
    let or_unknown = |slots: &[u32], opposite: Cond| {
        let unknown = slots.iter().map(|slot| Cond::Not(Box::new(Cond::Known(*slot))));
        Cond::Or(unknown.chain([opposite]).collect())
    };
    let opposite = || normal(cond, false);
    Some(match cond {
        Cond::Const(value) => Cond::Const(!value),
        Cond::And(of) => Cond::Or(of.iter().map(denied).collect::<Option<_>>()?),
        Cond::Or(of) => Cond::And(of.iter().map(denied).collect::<Option<_>>()?),
        Cond::Truth(slot) | Cond::In(slot, _) | Cond::Has(slot, _) | Cond::Text(slot, _) => {
            or_unknown(&[*slot], opposite()?)
        }
        Cond::Known(_) => opposite()?,
        Cond::Not(of) => match of.as_ref() {
            Cond::Known(_) => opposite()?,
            Cond::Truth(slot) | Cond::In(slot, _) | Cond::Has(slot, _) | Cond::Text(slot, _) => {
                or_unknown(&[*slot], opposite()?)
            }
            _ => return None,
        },
        Cond::Compare(a, _, b) => {
            let mut slots = Vec::new();
            (linear(a, &mut slots) && linear(b, &mut slots)).then_some(())?;
            or_unknown(&slots, opposite()?)
        }
        Cond::Same(..) | Cond::Count(..) | Cond::Rows { .. } => return None,
    })
}

/// Whether a number is known exactly when its variables are, which are collected.
fn linear(num: &Num, slots: &mut Vec<u32>) -> bool {
    match num {
        Num::Const(_) => true,
        Num::Var(slot) | Num::Score(slot, _) => {
            if !slots.contains(slot) {
                slots.push(*slot);
            }
            true
        }
        Num::Sum(of) | Num::Product(of) | Num::Least(of) | Num::Greatest(of) => {
            of.iter().all(|num| linear(num, slots))
        }
        Num::Negative(of) | Num::Absolute(of) | Num::Round(of, _) => linear(of, slots),
        _ => false,
    }
}

/// Whether a normal condition can be Yes only when the variable is known.
pub(super) fn needs(cond: &Cond, slot: u32) -> bool {
    match cond {
        Cond::And(of) => of.iter().any(|cond| needs(cond, slot)),
        Cond::Or(of) => !of.is_empty() && of.iter().all(|cond| needs(cond, slot)),
        Cond::Truth(own) | Cond::In(own, _) | Cond::Has(own, _) | Cond::Text(own, _) | Cond::Known(own) => {
            *own == slot
        }
        Cond::Not(of) => !matches!(of.as_ref(), Cond::Known(_)) && needs(of, slot),
        Cond::Compare(a, _, b) => {
            let mut slots = Vec::new();
            linear(a, &mut slots) && linear(b, &mut slots) && slots.contains(&slot)
        }
        _ => false,
    }
}

/// Whether an order is one of those a count can reach from above.
pub(super) fn grows(order: Order) -> bool {
    matches!(order, Order::AtLeast | Order::Greater)
}
