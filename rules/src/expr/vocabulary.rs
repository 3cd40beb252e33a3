//! What an expression may name, and the values those names have in a case.

/// The names an expression may use.
pub trait Vocabulary {
    /// The variable of a name; the name includes its attribute, e.g. `头痛.起病`.
    fn resolve(&self, name: &str) -> Option<Variable>;
    /// Known names, for suggestions when one is misspelt.
    fn names(&self) -> Vec<String>;
}

/// A name an expression may use.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// Where its value is found; chosen by the vocabulary.
    pub slot: u32,
    /// What values it has.
    pub kind: Kind,
}

/// What values a variable has.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Yes or no.
    Truth,
    /// A number.
    Number {
        /// Unit of its values, in which a literal with another unit of the same family is converted.
        unit: Option<&'static str>,
    },
    /// One of several labels; its value is the index of the label.
    Choice(Vec<String>),
    /// Any of several labels.
    Set(Vec<String>),
    /// Text.
    Text,
    /// A day.
    Date,
    /// Points of a choice or a set, one for each label; the slot is that of the choice.
    Score(Vec<f64>),
    /// A group whose rows repeat.
    Rows,
    /// An item of a repeating group: a value inside 任一(组, …) and the like, a list outside.
    Item {
        /// Slot of the group.
        group: u32,
        /// What values it has in each row.
        of: Box<Kind>,
    },
}

/// The value of a variable in a case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Not asked, or asked without a clear answer.
    Unknown,
    /// Yes or no.
    Truth(bool),
    /// A number in the unit of the variable.
    Number(f64),
    /// Index of a label.
    Choice(u16),
    /// The labels chosen: bit `i % 64` of word `i / 64` for label `i`; missing words are empty.
    Set(&'a [u64]),
    /// Text.
    Text(&'a str),
    /// Days since 1970-01-01.
    Date(i32),
}

/// The values of a case. A value of another kind than the variable's counts as unknown.
pub trait Facts {
    /// The value in a slot.
    fn value(&self, slot: u32) -> Value<'_>;
    /// Rows of a repeating group.
    fn rows(&self, _group: u32) -> usize {
        0
    }
    /// The value of an item in a row, from 0.
    fn item(&self, _slot: u32, _row: usize) -> Value<'_> {
        Value::Unknown
    }
}
