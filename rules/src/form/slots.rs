//! What a compiled questionnaire consists of: units that are shown or hidden, slots that hold values.

use std::collections::HashMap;

use regex::Regex;

use super::draft::{Kind as ItemKind, Place};
use super::record::Template;
use crate::expr::{Expr, Kind, Value};

/// Slots of the patient's own variables, in this order.
pub const PATIENT: [&str; 6] = ["年龄", "月龄", "性别", "今天", "妊娠", "首诊"];
/// Slot of 今天.
pub const TODAY: u32 = 3;

/// A questionnaire ready to run.
#[derive(Debug, Default)]
pub struct Plan {
    /// File it was read from.
    pub file: String,
    /// Stable name.
    pub id: String,
    /// What people read.
    pub title: String,
    /// For whom it is meant, over the patient's variables.
    pub applies: Option<Guard>,
    /// Share of its branches the cases beside it must take, 0 to 1.
    pub coverage: f64,
    /// Everything that is shown or hidden, in file order; rows of a grid and texts opened by an option follow
    /// their question.
    pub units: Vec<Unit>,
    /// Everything that has a value; the patient's variables come first.
    pub slots: Vec<Slot>,
    pub(super) names: HashMap<String, Named>,
    pub(super) graph: super::graph::Graph,
}

/// What a name in the questionnaire stands for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Named {
    /// The unit of that name.
    pub unit: Option<u32>,
    /// The slot of that name.
    pub slot: Option<u32>,
    /// The points of the slot's options are meant, not the slot itself.
    pub score: bool,
}

/// Something that is shown or hidden.
#[derive(Debug)]
pub struct Unit {
    /// Full name: `部位`, `GAD.紧张`, `部位.填写`, `用药.剂量`.
    pub path: String,
    /// What it is.
    pub kind: UnitKind,
    /// What the patient reads.
    pub text: Template,
    /// Where it stands in the file.
    pub place: Place,
    /// The page, group, grid or question it belongs to.
    pub parent: Option<u32>,
    /// Slot of the repeating group it is in.
    pub group: Option<u32>,
    /// Index of the last unit that belongs to it; itself when none does.
    pub last: u32,
    /// Its own show-when.
    pub show: Option<Guard>,
    /// Where its answer is.
    pub slot: Option<u32>,
    /// A word of help beside the question.
    pub hint: String,
    /// What saying yes to it, or giving it, says in the disease graph: a name there.
    pub concept: Option<String>,
    /// Must be answered.
    pub required: bool,
    /// Never drawn.
    pub hidden: bool,
    /// Shown with its initial value, not to be changed.
    pub read_only: bool,
    /// Jumps, in file order.
    pub jumps: Vec<Jump>,
    /// Conditions that must not be broken; the message comes with each.
    pub checks: Vec<Check>,
    /// Lines for the record.
    pub lines: Vec<Line>,
}

/// Kinds of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitKind {
    /// An item as written.
    Item(ItemKind),
    /// A row of a grid.
    Row,
    /// The text an option opens: index of the option.
    Fill(u16),
}

/// A condition as written, compiled.
#[derive(Debug)]
pub struct Guard {
    /// As written.
    pub text: String,
    /// Where it stands.
    pub place: Place,
    /// Compiled.
    pub expr: Expr,
}

/// A jump.
#[derive(Debug)]
pub struct Jump {
    /// When it is taken; left out for `否则`.
    pub guard: Option<Guard>,
    /// First unit that is not passed over; the number of units for `结束`.
    pub to: u32,
    /// The target as written.
    pub target: String,
    /// Where it stands.
    pub place: Place,
}

/// A condition that must not be broken.
#[derive(Debug)]
pub struct Check {
    /// Broken when it is No.
    pub guard: Guard,
    /// What the patient is told.
    pub message: Template,
}

/// A line for the record.
#[derive(Debug)]
pub struct Line {
    /// Section of the record: `现病史` …
    pub section: String,
    /// Written only when this holds.
    pub guard: Option<Guard>,
    /// The text with its quotes.
    pub text: Template,
    /// Where it stands.
    pub place: Place,
}

/// Something that has a value.
#[derive(Debug)]
pub struct Slot {
    /// Full name.
    pub path: String,
    /// The unit it belongs to; none for the patient's variables.
    pub unit: Option<u32>,
    /// Slot of the repeating group it is in.
    pub group: Option<u32>,
    /// What values it has.
    pub kind: Kind,
    /// How they are written, e.g. `℃`.
    pub unit_text: Option<String>,
    /// Where its value comes from.
    pub role: Role,
}

/// Where the value of a slot comes from.
#[derive(Debug)]
pub enum Role {
    /// Known of the patient.
    Patient,
    /// Answered.
    Answer(Domain),
    /// Rows of a repeating group: the least and greatest number.
    Rows(usize, Option<usize>),
    /// Computed; none while the formula has faults.
    Computed(Option<Formula>),
    /// Sum of the points of the visible rows of a grid: their slots.
    Total(Vec<u32>),
    /// The band another slot's number lies in.
    Band {
        /// The number.
        of: u32,
        /// Its bands, in file order; the first that fits.
        bands: Vec<Band>,
    },
}

/// A band of a score.
#[derive(Debug)]
pub struct Band {
    /// Least and greatest number, both inside.
    pub range: (Option<f64>, Option<f64>),
    /// Index of its label in the slot's kind.
    pub label: u16,
    /// Where it stands.
    pub place: Place,
}

/// What may be answered.
#[derive(Debug, Default)]
pub struct Domain {
    /// Options of a choice.
    pub options: Vec<Opt>,
    /// Least and greatest number or date, both inside.
    pub range: (Option<Bound>, Option<Bound>),
    /// Decimal places.
    pub decimals: Option<u32>,
    /// How many options, or characters.
    pub count: (usize, Option<usize>),
    /// What a text must match as a whole.
    pub format: Option<Regex>,
    /// Value as long as nothing was answered.
    pub initial: Option<Initial>,
    /// Where the properties that say all this stand, by key.
    pub places: Vec<(String, Place)>,
}

/// A bound of a number or date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// This number, or day since 1970-01-01.
    Fixed(f64),
    /// Today and so many months and days; negative before.
    Today {
        /// Months.
        months: i32,
        /// Days.
        days: i32,
    },
}

/// The value as long as nothing was answered.
#[derive(Debug)]
pub enum Initial {
    /// A fixed one.
    Value(Cell),
    /// Computed.
    Formula(Box<Formula>),
    /// A text with quotes.
    Text(Template),
}

/// An option.
#[derive(Debug)]
pub struct Opt {
    /// Its name.
    pub label: String,
    /// How it reads in the record.
    pub reads: String,
    /// Chosen alone.
    pub exclusive: bool,
    /// Slot of the text it opens.
    pub fill: Option<u32>,
    /// Its points.
    pub score: Option<f64>,
    /// What choosing it says in the disease graph: a name there.
    pub concept: Option<String>,
    /// When it can be chosen.
    pub show: Option<Guard>,
    /// Where it stands.
    pub place: Place,
}

/// A formula and what it yields.
#[derive(Debug)]
pub struct Formula {
    /// As written.
    pub text: String,
    /// Where it stands.
    pub place: Place,
    /// Compiled.
    pub expr: Expr,
    /// A number, a date or a truth.
    pub kind: Kind,
}

/// A value that is kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Cell {
    /// Not known.
    #[default]
    Unknown,
    /// Yes or no.
    Truth(bool),
    /// A number in the unit of its slot.
    Number(f64),
    /// Index of a label.
    Choice(u16),
    /// Chosen labels, bit by bit.
    Set(Box<[u64]>),
    /// A text.
    Text(Box<str>),
    /// Days since 1970-01-01.
    Date(i32),
}

impl Cell {
    /// The value as expressions see it.
    #[inline]
    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Unknown => Value::Unknown,
            Self::Truth(truth) => Value::Truth(*truth),
            Self::Number(number) => Value::Number(*number),
            Self::Choice(index) => Value::Choice(*index),
            Self::Set(bits) => Value::Set(bits),
            Self::Text(text) => Value::Text(text),
            Self::Date(day) => Value::Date(*day),
        }
    }

    /// Whether there is a value.
    pub fn known(&self) -> bool {
        !matches!(self, Self::Unknown)
    }

    /// Whether a label is the chosen one, or one of them.
    pub fn chooses(&self, label: usize) -> bool {
        match self {
            Self::Choice(index) => usize::from(*index) == label,
            Self::Set(bits) => bits.get(label / 64).is_some_and(|word| word >> (label % 64) & 1 == 1),
            _ => false,
        }
    }

    /// How many labels are chosen.
    pub fn chosen(&self) -> usize {
        match self {
            Self::Choice(_) => 1,
            Self::Set(bits) => bits.iter().map(|word| word.count_ones() as usize).sum(),
            _ => 0,
        }
    }
}

impl Plan {
    /// The unit, slot or points a name stands for; `「」` around parts of it do not matter.
    pub fn named(&self, path: &str) -> Option<Named> {
        match self.names.get(path) {
            Some(named) => Some(*named),
            None if path.contains(['「', '」']) => self.names.get(&path.replace(['「', '」'], "")).copied(),
            None => None,
        }
    }

    /// All names, in order.
    pub fn all_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.names.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// A slot.
    pub fn slot(&self, index: u32) -> &Slot {
        &self.slots[index as usize]
    }

    /// A unit.
    pub fn unit(&self, index: u32) -> &Unit {
        &self.units[index as usize]
    }

    /// What may be answered in a slot; none when nothing may.
    pub fn domain(&self, slot: u32) -> Option<&Domain> {
        match &self.slot(slot).role {
            Role::Answer(domain) => Some(domain),
            _ => None,
        }
    }
}

impl Domain {
    /// Where a property stands.
    pub fn place(&self, key: &str) -> Option<Place> {
        self.places.iter().find(|(name, _)| name == key).map(|(_, place)| *place)
    }
}

impl Unit {
    /// Whether it only holds others.
    pub fn is_page(&self) -> bool {
        self.kind == UnitKind::Item(ItemKind::Page)
    }

    /// Whether it can be answered.
    pub fn is_question(&self) -> bool {
        match self.kind {
            UnitKind::Row | UnitKind::Fill(_) => true,
            UnitKind::Item(kind) => !matches!(
                kind,
                ItemKind::Page
                    | ItemKind::Group
                    | ItemKind::Note
                    | ItemKind::Grid
                    | ItemKind::Computed
                    | ItemKind::Constraint
            ),
        }
    }
}
