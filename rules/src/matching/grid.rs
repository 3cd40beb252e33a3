//! A table as products of parts, and products of parts as texts.

use super::{
    datum::{Bound, Held},
    input::show,
    scope::Scope,
    space::{self, Bits, Cuboid, Domain, Part},
    table::{Column, Row, Source, Table},
    unary::Test,
};
use crate::expr::{Kind, Truth};

/// A table's columns in parts, its rows as products.
pub(super) struct Geometry {
    /// One for each column, then one for each condition of a cell's own.
    pub(super) axes: Vec<Axis>,
    pub(super) rows: Vec<Cuboid>,
    pub(super) whole: Cuboid,
    /// No column depends on another, so that every product of parts has values behind it.
    pub(super) is_free: bool,
}

/// A column in parts.
pub(super) struct Axis {
    pub(super) head: String,
    pub(super) kind: Kind,
    pub(super) parts: Vec<Part>,
}

/// Visits tried at most where columns depend on each other.
const MAX_SAMPLES: usize = 20_000;

impl Geometry {
    pub(super) fn of(table: &Table, scope: &Scope) -> Self {
        let mut axes: Vec<Axis> = Vec::new();
        let mut opaque: Vec<String> = Vec::new();
        let mut is_free = is_free(&table.columns, scope);
        for (index, column) in table.columns.iter().enumerate() {
            let tests = || table.rows.iter().filter_map(|row| row.tests.get(index));
            let mut parts = parts(column, scope, tests).unwrap_or_else(|| vec![Part::Missing]);
            if parts == [Part::Missing] {
                is_free = false;
                opaque.extend(table.rows.iter().filter_map(|row| condition(row, index, true)));
            } else {
                opaque.extend(table.rows.iter().filter_map(|row| condition(row, index, false)));
                if tests().any(|test| *test == Test::Missing) {
                    parts.push(Part::Missing);
                }
            }
            axes.push(Axis { head: column.head.clone(), kind: column.kind.clone(), parts });
        }
        opaque.sort();
        opaque.dedup();
        is_free &= opaque.is_empty();
        for text in &opaque {
            let parts = vec![Part::Holds(true), Part::Holds(false)];
            axes.push(Axis { head: text.clone(), kind: Kind::Truth, parts });
        }
        let rows = table.rows.iter().map(|row| cuboid(row, &axes, table.columns.len())).collect();
        let whole = Cuboid(axes.iter().map(|axis| Bits::of(axis.parts.iter().map(|_| true))).collect());
        Self { axes, rows, whole, is_free }
    }

    /// One set of values inside.
    pub(super) fn witness(&self, inside: &Cuboid) -> String {
        let mut shown = Vec::new();
        for (axis, bits) in self.axes.iter().zip(&inside.0) {
            let part = bits.indices().next().and_then(|index| axis.parts.get(index));
            if let Some(part) = part {
                shown.push(format!("{} = {}", axis.head, show(&axis.kind, &part.held())));
            }
        }
        shown.join("，")
    }

    /// What it says of each column that is not free, e.g. `年龄 (14..65)岁，性别 女`.
    pub(super) fn describe(&self, of: &Cuboid) -> String {
        let mut shown = Vec::new();
        for ((axis, bits), whole) in self.axes.iter().zip(&of.0).zip(&self.whole.0) {
            if bits != whole {
                shown.push(format!("{} {}", axis.head, axis.describe(bits)));
            }
        }
        if shown.is_empty() { "任何值".to_owned() } else { shown.join("，") }
    }
}

impl Axis {
    fn describe(&self, bits: &Bits) -> String {
        let chosen: Vec<usize> = bits.indices().collect();
        if !matches!(self.kind, Kind::Number { .. } | Kind::Date) {
            let shown: Vec<String> = chosen.iter().map(|index| self.shown(*index)).collect();
            return shown.join(" 或 ");
        }
        let runs = chosen.chunk_by(|a, b| a + 1 == *b && self.parts.get(*b) != Some(&Part::Missing));
        let shown: Vec<String> = runs
            .filter_map(|run| {
                let (first, last) = (*run.first()?, *run.last()?);
                let (first_part, last_part) = (self.parts.get(first)?, self.parts.get(last)?);
                Some(match (first_part, last_part) {
                    (Part::Value(_) | Part::Missing, _) if first == last => self.shown(first),
                    _ => format!("{}..{}", self.end(first_part, true), self.end(last_part, false)),
                })
            })
            .collect();
        shown.join(" 或 ")
    }

    fn shown(&self, index: usize) -> String {
        self.parts.get(index).map(|part| show(&self.kind, &part.held())).unwrap_or_default()
    }

    fn end(&self, part: &Part, is_low: bool) -> String {
        let value = |value: f64| {
            if value.is_finite() { show(&self.kind, &Held::Number(value)) } else { String::new() }
        };
        match (part, is_low) {
            (Part::Between(low, ..), true) => format!("({}", value(*low)),
            (Part::Between(_, high, _), false) => format!("{})", value(*high)),
            (part, true) => format!("[{}", show(&self.kind, &part.held())),
            (part, false) => format!("{}]", show(&self.kind, &part.held())),
        }
    }
}

fn is_free(columns: &[Column], scope: &Scope) -> bool {
    let mut slots = Vec::new();
    for column in columns {
        match &column.source {
            Source::Slot(slot) if (*slot as usize) < scope.inputs.len() && !slots.contains(slot) => {
                slots.push(*slot);
            }
            _ => return false,
        }
    }
    true
}

fn parts<'a, I: Iterator<Item = &'a Test>>(
    column: &Column,
    scope: &Scope,
    tests: impl Fn() -> I,
) -> Option<Vec<Part>> {
    let open = Domain { low: f64::NEG_INFINITY, high: f64::INFINITY, whole: column.kind == Kind::Date };
    let domain = match column.source {
        Source::Slot(slot) => scope.inputs.get(slot as usize).map_or(open, super::input::Input::domain),
        Source::Expr(_) => open,
    };
    match &column.kind {
        Kind::Truth => Some([true, false].map(|truth| Part::Value(Held::Truth(truth))).to_vec()),
        Kind::Choice(labels) => Some(space::labels(labels.len())),
        Kind::Set(labels) => space::sets(tests(), labels.len()),
        Kind::Text => Some(space::texts(tests())),
        _ => Some(space::numbers(tests(), domain)),
    }
}

/// The condition a cell is, where the column's parts do not say: a condition of its own, or any cell of a column
/// that can't be told apart.
fn condition(row: &Row, column: usize, every: bool) -> Option<String> {
    match row.tests.get(column)? {
        Test::Any => None,
        Test::Holds(expr) => Some(expr.to_string()),
        _ if every => Some(format!("第 {} 列 {}", column + 1, row.texts.get(column)?)),
        _ => None,
    }
}

fn cuboid(row: &Row, axes: &[Axis], n_columns: usize) -> Cuboid {
    let mine: Vec<String> = (0..n_columns)
        .filter_map(|column| condition(row, column, axes.get(column)?.parts == [Part::Missing]))
        .collect();
    let bits = axes.iter().enumerate().map(|(index, axis)| {
        let holds = |part: &Part| match (row.tests.get(index), part) {
            (Some(Test::Holds(_)), _) => true,
            (Some(_), Part::Missing) if axis.parts.len() == 1 => true,
            (Some(test), part) => test.holds(&part.held()) == Truth::Yes,
            (None, Part::Holds(holds)) => *holds || !mine.contains(&axis.head),
            (None, _) => true,
        };
        Bits::of(axis.parts.iter().map(holds))
    });
    Cuboid(bits.collect())
}

/// Visits around the ends of all cells, with the rows they hit; none when there would be too many.
pub(super) fn samples(table: &Table, scope: &Scope) -> Vec<(Bound, Vec<usize>)> {
    let mut ends: Vec<f64> =
        table.rows.iter().flat_map(|row| row.tests.iter().flat_map(Test::ends)).collect();
    ends.retain(|end| end.is_finite());
    let mut choices: Vec<Vec<Held>> = Vec::new();
    let mut n_visits = 1usize;
    for input in &scope.inputs {
        let parts = match &input.kind {
            Kind::Truth => [true, false].map(|truth| Part::Value(Held::Truth(truth))).to_vec(),
            Kind::Choice(labels) => space::labels(labels.len()),
            Kind::Set(labels) => {
                let tests: Vec<Test> = (0..labels.len().min(4))
                    .filter_map(|label| u16::try_from(label).ok())
                    .map(|label| Test::HasAny(vec![label]))
                    .collect();
                space::sets(tests.iter(), labels.len()).unwrap_or_default()
            }
            Kind::Text => vec![Part::OtherText],
            _ => {
                let points = ends.iter().map(|end| super::unary::Range::point(*end)).collect();
                space::numbers([Test::Ranges(points)].iter(), input.domain())
            }
        };
        n_visits = n_visits.saturating_mul(parts.len());
        if n_visits > MAX_SAMPLES {
            return Vec::new();
        }
        choices.push(parts.iter().map(|part| typed(&input.kind, part.held())).collect());
    }
    (0..n_visits)
        .map(|mut number| {
            let mut held = Vec::new();
            for choice in &choices {
                held.push(choice[number % choice.len()].clone());
                number /= choice.len();
            }
            let mut bound = Bound(held);
            scope.complete(&mut bound);
            let hits = table.hits(&bound);
            (bound, hits)
        })
        .collect()
}

fn typed(kind: &Kind, held: Held) -> Held {
    match (kind, held) {
        (Kind::Date, Held::Number(number)) => super::literal::day(number).map_or(Held::Unknown, Held::Date),
        (_, held) => held,
    }
}

/// The inputs of a sample, for people.
pub(super) fn shown(scope: &Scope, bound: &Bound) -> String {
    let known = scope
        .inputs
        .iter()
        .zip(&bound.0)
        .map(|(input, held)| format!("{} = {}", input.name, input.show(held)));
    known.collect::<Vec<_>>().join("，")
}
