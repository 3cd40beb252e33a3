//! What is asked of the solver, and its answers.

use std::collections::BTreeMap;

use crate::expr::typed::{Cond, Num};

/// Values a variable can take.
#[derive(Debug, Clone, PartialEq)]
pub enum Domain {
    /// Yes or no.
    Truth,
    /// One of so many labels, at most 128.
    Choice(u16),
    /// Some of so many labels, at most 128.
    Set {
        /// Number of labels.
        labels: u16,
        /// Labels that are chosen alone.
        exclusive: Vec<u16>,
        /// At least so many.
        least: u16,
        /// At most so many.
        most: u16,
    },
    /// A number between two ends, both included.
    Number {
        /// Lower end, may be infinite.
        low: f64,
        /// Upper end, may be infinite.
        high: f64,
        /// Only multiples of this step.
        step: Option<f64>,
    },
    /// A day; days since 1970-01-01, both ends included.
    Date {
        /// First day.
        low: i32,
        /// Last day.
        high: i32,
    },
    /// A text by its length in characters.
    Text {
        /// At least so many.
        least: u32,
        /// At most so many.
        most: u32,
    },
    /// Rows of a repeating group.
    Rows {
        /// At least so many.
        least: u32,
        /// At most so many.
        most: u32,
    },
}

/// A variable: what it may hold, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// Its values.
    pub domain: Domain,
    /// It is unknown unless this holds (a hidden question has no answer).
    pub when: Option<Cond>,
    /// It may be unknown although `when` holds.
    pub optional: bool,
}

/// A slot that follows from others.
#[derive(Debug, Clone, PartialEq)]
pub enum Definition {
    /// The verdict of a condition.
    Truth(Cond),
    /// Yes if the condition holds, no if it does not or is unknown.
    Sure(Cond),
    /// A number.
    Number(Num),
}

/// Verdicts, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Verdicts(pub(super) u8);

impl Verdicts {
    /// It holds.
    pub const YES: Self = Self(1);
    /// It does not hold.
    pub const NO: Self = Self(2);
    /// The facts do not say.
    pub const UNKNOWN: Self = Self(4);

    /// All other verdicts.
    #[must_use]
    pub const fn complement(self) -> Self {
        Self(!self.0 & 7)
    }

    /// These or those.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A demand: the verdict of a condition must be one of these.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    /// The condition.
    pub cond: Cond,
    /// Its verdicts allowed.
    pub verdicts: Verdicts,
    /// How the demand reads in a proof; made from the condition when left out.
    pub words: Option<String>,
}

/// What a slot is called, for proofs and witnesses.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Naming {
    /// Its name.
    pub name: String,
    /// Labels of a choice or a set.
    pub labels: Vec<String>,
    /// Unit of a number.
    pub unit: Option<String>,
    /// Its number is a day.
    pub date: bool,
}

/// Everything a question is asked of.
#[derive(Debug, Clone, Default)]
pub struct Problem {
    /// Variables by slot.
    pub variables: BTreeMap<u32, Variable>,
    /// Slots that follow from others; without cycles.
    pub definitions: BTreeMap<u32, Definition>,
    /// Demands that always apply.
    pub rules: Vec<Demand>,
    /// What slots are called.
    pub names: BTreeMap<u32, Naming>,
}

/// The value of one variable in a witness.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// No answer.
    Unknown,
    /// Yes or no.
    Truth(bool),
    /// A number, a day, or a number of rows.
    Number(f64),
    /// Index of a label.
    Choice(u16),
    /// Indices of labels, ascending.
    Set(Vec<u16>),
    /// A text.
    Text(String),
}

/// Values by slot; a slot that is missing is unknown.
pub type Assignment = BTreeMap<u32, Given>;

/// What the solver says.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// These values show it; they were checked by evaluating every demand.
    Possible(Assignment),
    /// No values can; the sentences clash, and without any one of them there would be no clash.
    Impossible(Vec<String>),
    /// Given up after a bounded number of steps, or beyond what is modelled.
    Undecided,
}
