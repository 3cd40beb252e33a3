//! An expression after its check: every part has a type, every name is a slot. What runs, explains and proves
//! starts from here.

use super::tree::Order;

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Cond {
    /// 是 or 否.
    Const(bool),
    /// A yes/no variable.
    Truth(u32),
    /// Not.
    Not(Box<Cond>),
    /// All of them.
    And(Vec<Cond>),
    /// One of them at least.
    Or(Vec<Cond>),
    /// Both yes or both no.
    Same(Box<Cond>, Box<Cond>),
    /// How many of the conditions hold, against a whole number; settled as soon as the known ones settle it.
    Count(Vec<Cond>, Order, i64),
    /// A choice variable is one of these labels (ascending).
    In(u32, Vec<u16>),
    /// A set variable contains the label.
    Has(u32, u16),
    /// Two numbers (or dates).
    Compare(Num, Order, Num),
    /// A text variable against a constant.
    Text(u32, TextTest),
    /// The variable has a value.
    Known(u32),
    /// Some (or, with `every`, each) row of a repeating group; inside, items of the group stand for their row.
    Rows {
        /// Slot of the group.
        group: u32,
        /// Each instead of some.
        every: bool,
        /// What the row is tested for.
        of: Box<Cond>,
    },
}

/// How a text is tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextTest {
    /// The same characters.
    Equals(String),
    /// Somewhere in it.
    Contains(String),
    /// A regular expression (crate `regex`) matches the whole.
    Matches(String),
}

/// A number; dates are days since 1970-01-01.
#[derive(Debug, Clone, PartialEq)]
pub enum Num {
    /// As written, in the unit of the other side.
    Const(f64),
    /// A number or date variable, in its unit.
    Var(u32),
    /// Points of the chosen option (sum over the chosen ones of a set); one entry for each label.
    Score(u32, Vec<f64>),
    /// A sum; unknown as soon as one part is.
    Sum(Vec<Num>),
    /// A product.
    Product(Vec<Num>),
    /// A quotient; unknown when the divisor is zero.
    Quotient(Box<Num>, Box<Num>),
    /// Minus.
    Negative(Box<Num>),
    /// The least.
    Least(Vec<Num>),
    /// The greatest.
    Greatest(Vec<Num>),
    /// Without its sign.
    Absolute(Box<Num>),
    /// Rounded.
    Round(Box<Num>, Rounding),
    /// One or the other; unknown when the condition is.
    If(Box<Cond>, Box<Num>, Box<Num>),
    /// How many conditions hold; unknown while one is.
    Count(Vec<Cond>),
    /// Labels chosen in a set, characters of a text; unknown while it is unanswered.
    Size(u32),
    /// A part of a date.
    Part(Box<Num>, DatePart),
    /// A date, and months to add; the 31st becomes the last of a shorter month.
    AddMonths(Box<Num>, Box<Num>),
    /// Whole years from the first date to the second.
    YearsBetween(Box<Num>, Box<Num>),
    /// Whole months from the first date to the second.
    MonthsBetween(Box<Num>, Box<Num>),
    /// Over the rows of a repeating group; rows where `of` is unknown make it unknown.
    Rows {
        /// Slot of the group.
        group: u32,
        /// What is made of them; `Count` counts the rows for which `when` holds.
        fold: Fold,
        /// Which rows; all when left out.
        when: Option<Box<Cond>>,
        /// What is taken of each row.
        of: Box<Num>,
    },
}

/// To a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest, half away from zero.
    Nearest,
    /// Down.
    Floor,
    /// Up.
    Ceiling,
}

/// Parts of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatePart {
    /// 2026
    Year,
    /// 1 to 12
    Month,
    /// 1 to 31
    Day,
    /// 1 (Monday) to 7
    Weekday,
}

/// What is made of the rows of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// How many.
    Count,
    /// Their sum; 0 without rows.
    Sum,
    /// The least; unknown without rows.
    Least,
    /// The greatest; unknown without rows.
    Greatest,
    /// The mean; unknown without rows.
    Mean,
}
