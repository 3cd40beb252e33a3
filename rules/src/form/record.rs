//! Texts that quote answers, and the record they make.

use super::graph::count;
use super::slots::{Cell, Formula, Plan, Role};
use super::visible::View;
use crate::expr::{Kind, Truth, calendar, unit};

/// A text with quotes of answers: `头痛{头痛时长}`.
#[derive(Debug, Default)]
pub struct Template {
    /// Its pieces, in order.
    pub pieces: Vec<Piece>,
}

/// A piece of a text.
#[derive(Debug)]
pub enum Piece {
    /// As it is.
    Text(String),
    /// The value of a slot, as it reads in the record.
    Slot(u32),
    /// The value of a formula.
    Formula(Box<Formula>),
}

/// A line of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Section: `现病史` …
    pub section: String,
    /// The text.
    pub text: String,
    /// Where the line stands in the file.
    pub line: u32,
    /// The answers it came from: full names, with row numbers in a repeating group.
    pub sources: Vec<String>,
}

impl Template {
    /// The text without its quotes' values: what was written.
    pub fn plain(&self) -> String {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Slot(_) => "…".to_owned(),
                Piece::Formula(formula) => format!("{{{}}}", formula.text),
            })
            .collect()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The slots it quotes.
    pub fn slots(&self) -> Vec<u32> {
        let mut slots = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(_) => {}
                Piece::Slot(slot) => slots.push(*slot),
                Piece::Formula(formula) => slots.extend_from_slice(formula.slots()),
            }
        }
        slots
    }

    /// The text with the values; none when a quoted one is unknown.
    pub fn text(&self, view: &View<'_>) -> Option<String> {
        self.filled(view, &|| None)
    }

    /// The text with the values, and an ellipsis for what is unknown.
    pub fn draft_text(&self, view: &View<'_>) -> String {
        self.filled(view, &|| Some("……".to_owned())).unwrap_or_default()
    }

    fn filled(&self, view: &View<'_>, missing: &dyn Fn() -> Option<String>) -> Option<String> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Slot(slot) => text.push_str(&view.reading(*slot).or_else(missing)?),
                Piece::Formula(formula) => {
                    text.push_str(
                        &view
                            .compute(formula)
                            .and_then(|cell| plain_reading(&cell, None))
                            .or_else(missing)?,
                    );
                }
            }
        }
        Some(text)
    }
}

impl View<'_> {
    /// The value of a slot as it reads in the record; of an item of a group seen from outside, that of every row.
    pub fn reading(&self, slot: u32) -> Option<String> {
        let group = self.plan.slot(slot).group;
        if group.is_none() || group == self.row.map(|(group, _)| group) {
            return self.cell_reading(slot, self.cell(slot));
        }
        let rows = (0..self.state.rows[slot as usize].len())
            .filter_map(|row| self.in_row(group?, row).reading(slot))
            .collect::<Vec<_>>();
        (!rows.is_empty()).then(|| rows.join("、"))
    }

    fn cell_reading(&self, index: u32, cell: &Cell) -> Option<String> {
        let slot = self.plan.slot(index);
        let labels = match &slot.kind {
            Kind::Choice(labels) | Kind::Set(labels) => labels.as_slice(),
            _ => &[],
        };
        let label = |chosen: usize| match &slot.role {
            Role::Answer(domain) => domain.options.get(chosen).map(|option| {
                option.fill.and_then(|fill| self.reading(fill)).unwrap_or_else(|| option.reads.clone())
            }),
            _ => labels.get(chosen).cloned(),
        };
        match cell {
            Cell::Choice(chosen) => label(usize::from(*chosen)),
            Cell::Set(_) => {
                let chosen: Vec<String> =
                    (0..labels.len()).filter(|index| cell.chooses(*index)).filter_map(label).collect();
                Some(if chosen.is_empty() { "无".to_owned() } else { chosen.join("、") })
            }
            _ => plain_reading(cell, slot.unit_text.as_deref()),
        }
    }
}

/// A value without labels as it reads.
pub(super) fn plain_reading(cell: &Cell, unit_text: Option<&str>) -> Option<String> {
    match cell {
        Cell::Unknown | Cell::Choice(_) | Cell::Set(_) => None,
        Cell::Truth(truth) => Some(if *truth { "是" } else { "否" }.to_owned()),
        Cell::Number(number) => Some(unit::written(*number, unit_text.unwrap_or_default())),
        Cell::Text(text) => Some(text.to_string()),
        Cell::Date(day) => {
            let (year, month, day) = calendar::date(*day);
            Some(format!("{year}年{month}月{day}日"))
        }
    }
}

/// The record as far as the answers go: lines of visible units whose condition holds and whose quotes are known.
/// A question's line without condition needs its answer.
pub(super) fn record(plan: &Plan, view: &View<'_>) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (index, unit) in (0..).zip(&plan.units).filter(|(_, unit)| !unit.lines.is_empty()) {
        match unit.group {
            None => lines(plan, view, index, &mut entries),
            Some(group) => {
                for row in 0..view.state.counts[group as usize] {
                    lines(plan, &view.in_row(group, row), index, &mut entries);
                }
            }
        }
    }
    entries
}

fn lines(plan: &Plan, view: &View<'_>, index: u32, entries: &mut Vec<Entry>) {
    let unit = plan.unit(index);
    if !view.shows(index) {
        return;
    }
    for line in &unit.lines {
        let holds = match &line.guard {
            Some(guard) => guard.expr.eval(view) == Truth::Yes,
            None => unit.slot.is_none_or(|slot| view.cell(slot).known()),
        };
        let Some(text) = holds.then(|| line.text.text(view)).flatten() else { continue };
        let mut slots: Vec<u32> = line.text.slots();
        if let Some(guard) = &line.guard {
            slots.extend_from_slice(&guard.expr.reasons(view));
        } else if slots.is_empty() {
            slots.extend(unit.slot);
        }
        let mut sources = Vec::new();
        for slot in slots {
            let path = view.path(plan.slot(slot).group, &plan.slot(slot).path);
            if !sources.contains(&path) {
                sources.push(path);
            }
        }
        entries.push(Entry { section: line.section.clone(), text, line: line.place.line, sources });
    }
}

/// The text of each section, in the order in which sections first appear.
pub fn sections(entries: &[Entry]) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    for entry in entries {
        match sections.iter_mut().find(|(name, _)| *name == entry.section) {
            Some((_, text)) => text.push_str(&entry.text),
            None => sections.push((entry.section.clone(), entry.text.clone())),
        }
    }
    sections
}

impl Plan {
    /// How many lines the record may have, whatever is answered.
    pub fn line_count(&self) -> u32 {
        count(self.units.iter().map(|unit| unit.lines.len()).sum())
    }
}
