//! Walks over checked expressions: the parts of a condition, and the slots anything looks at.

use super::typed::{Cond, Num};

/// The slots a condition looks at, in order of appearance, repeated where they are.
pub(super) fn slots_of(cond: &Cond, slots: &mut Vec<u32>) {
    match cond {
        Cond::Const(_) => {}
        Cond::Truth(slot)
        | Cond::In(slot, _)
        | Cond::Has(slot, _)
        | Cond::Text(slot, _)
        | Cond::Known(slot) => {
            slots.push(*slot);
        }
        Cond::Not(of) => slots_of(of, slots),
        Cond::And(of) | Cond::Or(of) | Cond::Count(of, ..) => {
            for part in of {
                slots_of(part, slots);
            }
        }
        Cond::Same(left, right) => {
            slots_of(left, slots);
            slots_of(right, slots);
        }
        Cond::Compare(left, _, right) => {
            slots_of_number(left, slots);
            slots_of_number(right, slots);
        }
        Cond::Rows { group, of, .. } => {
            slots.push(*group);
            slots_of(of, slots);
        }
    }
}

/// The same of a number.
pub(super) fn slots_of_number(num: &Num, slots: &mut Vec<u32>) {
    match num {
        Num::Const(_) => {}
        Num::Var(slot) | Num::Score(slot, _) | Num::Size(slot) => slots.push(*slot),
        Num::Sum(of) | Num::Product(of) | Num::Least(of) | Num::Greatest(of) => {
            for part in of {
                slots_of_number(part, slots);
            }
        }
        Num::Quotient(left, right)
        | Num::AddMonths(left, right)
        | Num::YearsBetween(left, right)
        | Num::MonthsBetween(left, right) => {
            slots_of_number(left, slots);
            slots_of_number(right, slots);
        }
        Num::Negative(of) | Num::Absolute(of) | Num::Round(of, _) | Num::Part(of, _) => {
            slots_of_number(of, slots);
        }
        Num::If(cond, yes, no) => {
            slots_of(cond, slots);
            slots_of_number(yes, slots);
            slots_of_number(no, slots);
        }
        Num::Count(of) => {
            for part in of {
                slots_of(part, slots);
            }
        }
        Num::Rows { group, when, of, .. } => {
            slots.push(*group);
            if let Some(when) = when {
                slots_of(when, slots);
            }
            slots_of_number(of, slots);
        }
    }
}

/// Each once, in order of first appearance.
pub(super) fn distinct(slots: impl IntoIterator<Item = u32>) -> Vec<u32> {
    let mut seen = Vec::new();
    for slot in slots {
        if !seen.contains(&slot) {
            seen.push(slot);
        }
    }
    seen
}

/// Constants that numbers are compared with where a slot stands alone on the other side; none when the slot also
/// stands in something more than that.
pub(super) fn bounds(cond: &Cond, slot: u32, bounds: &mut Vec<f64>) -> Option<()> {
    match cond {
        Cond::Compare(Num::Var(one), _, Num::Const(bound))
        | Cond::Compare(Num::Const(bound), _, Num::Var(one)) => {
            if *one == slot {
                bounds.push(*bound);
            }
            Some(())
        }
        Cond::Compare(..) | Cond::Rows { .. } => {
            let mut slots = Vec::new();
            slots_of(cond, &mut slots);
            (!slots.contains(&slot)).then_some(())
        }
        Cond::Not(of) => self::bounds(of, slot, bounds),
        Cond::And(of) | Cond::Or(of) | Cond::Count(of, ..) => {
            of.iter().try_for_each(|part| self::bounds(part, slot, bounds))
        }
        Cond::Same(left, right) => self::bounds(left, slot, bounds).and(self::bounds(right, slot, bounds)),
        Cond::Text(one, _) | Cond::Has(one, _) => (*one != slot).then_some(()),
        Cond::Const(_) | Cond::Truth(_) | Cond::In(..) | Cond::Known(_) => Some(()),
    }
}

/// The numbers a number is made of by a rule of arithmetic; none of those that look at facts, conditions or rows.
pub(super) fn operands(num: &Num) -> Vec<&Num> {
    match num {
        Num::Sum(of) | Num::Product(of) | Num::Least(of) | Num::Greatest(of) => of.iter().collect(),
        Num::Quotient(left, right)
        | Num::AddMonths(left, right)
        | Num::YearsBetween(left, right)
        | Num::MonthsBetween(left, right) => vec![left, right],
        Num::Negative(of) | Num::Absolute(of) | Num::Round(of, _) | Num::Part(of, _) => vec![of],
        Num::Const(_)
        | Num::Var(_)
        | Num::Score(..)
        | Num::Size(_)
        | Num::If(..)
        | Num::Count(_)
        | Num::Rows { .. } => Vec::new(),
    }
}
