//! Texts that quote answers, and the record they make.

use super::graph::count;
use super::slots::{Cell, Formula, Plan, Role};
use super::visible::View;
use crate::expr::{Kind, Truth};

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
pub(super) fn plain_reading(cell: &Cell, unit: Option<&str>) -> Option<String> {
    match cell {
        Cell::Unknown | Cell::Choice(_) | Cell::Set(_) => None,
        Cell::Truth(truth) => Some(if *truth { "是" } else { "否" }.to_owned()),
        Cell::Number(number) => Some(amount(*number, unit.unwrap_or_default())),
        Cell::Text(text) => Some(text.to_string()),
        Cell::Date(day) => {
            let (year, month, day) = civil(*day);
            Some(format!("{year}年{month}月{day}日"))
        }
    }
}

/// A number with its unit; a broken number of days reads in hours or minutes when it is a whole one of those.
fn amount(number: f64, unit: &str) -> String {
    let finer: &[(&str, f64)] = match unit {
        "周" => &[("天", 7.0), ("小时", 168.0), ("分钟", 10_080.0)],
        "天" => &[("小时", 24.0), ("分钟", 1440.0)],
        "小时" => &[("分钟", 60.0)],
        _ => &[],
    };
    let whole = |value: f64| (value - value.round()).abs() < 1e-6;
    if !whole(number) {
        for (name, factor) in finer {
            let value = number * factor;
            if whole(value) {
                return format!("{}{name}", value.round());
            }
        }
    }
    format!("{}{unit}", (number * 1e6).round() / 1e6)
}

/// Year, month and day of a day since 1970-01-01 (the civil calendar, after H. Hinnant's `civil_from_days`).
pub(super) fn civil(day: i32) -> (i64, i64, i64) {
    let shifted = i64::from(day) + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, of_year - (153 * shifted_month + 2) / 5 + 1)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_say_them() {
        assert_eq!(amount(2.0 / 24.0, "天"), "2小时");
        assert_eq!(amount(3.0, "天"), "3天");
        assert_eq!(amount(1.5, "周"), "252小时");
        assert_eq!(amount(38.5, "℃"), "38.5℃");
        assert_eq!(amount(20.0 / 1440.0, "天"), "20分钟");
    }

    #[test]
    fn days_are_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(-1), (1969, 12, 31));
    }
}
