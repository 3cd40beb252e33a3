//! Answering a form: answers in, next question, findings, values and record out.

use std::sync::Arc;

use super::accept::{Answer, Refusal, Why, accept, trouble};
use super::draft::Kind as ItemKind;
use super::record::{Entry, record};
use super::slots::{Cell, PATIENT, Plan, Role, UnitKind};
use super::visible::{Dirty, Raw, State, View, counts};
use crate::expr::{Expr, Facts, Truth, Value, nearest};

/// Most rows of a repeating group that says no limit.
const ROWS: usize = 100;

/// What is known of the patient before the first question.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Patient {
    /// Years.
    pub age: Option<f64>,
    /// Months, of small children.
    pub months: Option<f64>,
    /// 男 or 女.
    pub male: Option<bool>,
    /// Days since 1970-01-01.
    pub today: Option<i32>,
    /// Pregnant.
    pub pregnant: Option<bool>,
    /// First visit.
    pub first_visit: Option<bool>,
}

/// A form that is being answered.
#[derive(Debug, Clone)]
pub struct Session {
    plan: Arc<Plan>,
    raw: Raw,
    state: State,
    dirty: Dirty,
    /// Units (with row) the patient passed by; they are asked again only when shown anew by a page.
    skipped: Vec<(u32, usize)>,
}

/// What to ask next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// Full name, with row numbers: `用药[1].剂量`.
    pub path: String,
    /// Index in [`Plan::units`].
    pub unit: u32,
    /// The question with its quotes.
    pub text: String,
    /// Must be answered.
    pub required: bool,
}

/// Something the answers break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The constraint or question.
    pub path: String,
    /// What the patient is told.
    pub message: String,
    /// The answers it is about.
    pub about: Vec<String>,
}

/// How far it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Visible questions with an answer.
    pub answered: usize,
    /// Visible questions.
    pub visible: usize,
}

/// Where an answer belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Address {
    pub(super) unit: Option<u32>,
    pub(super) slot: Option<u32>,
    pub(super) row: Option<(u32, usize)>,
}

impl Session {
    pub(super) fn open(plan: Arc<Plan>, patient: &Patient) -> Self {
        let mut raw = Raw::new(&plan);
        let truth = |value: Option<bool>| value.map_or(Cell::Unknown, Cell::Truth);
        let number = |value: Option<f64>| value.map_or(Cell::Unknown, Cell::Number);
        raw.plain[..PATIENT.len()].clone_from_slice(&[
            number(patient.age),
            number(patient.months),
            patient.male.map_or(Cell::Unknown, |male| Cell::Choice(u16::from(!male))),
            patient.today.map_or(Cell::Unknown, Cell::Date),
            truth(patient.pregnant),
            truth(patient.first_visit),
        ]);
        let state = State::new(&plan);
        let dirty = Dirty::all(&plan.graph);
        let mut session = Self { plan, raw, state, dirty, skipped: Vec::new() };
        session.settle();
        session
    }

    fn settle(&mut self) -> usize {
        self.state.settle(&self.plan, &self.raw, &mut self.dirty)
    }

    /// What the form consists of.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    pub(super) fn view(&self) -> View<'_> {
        View { plan: &self.plan, state: &self.state, row: None }
    }

    pub(super) fn view_at(&self, row: Option<(u32, usize)>) -> View<'_> {
        View { row, ..self.view() }
    }

    pub(super) fn test(&self, expr: &Expr) -> Truth {
        expr.eval(&self.view())
    }

    /// Answers a question that is shown.
    pub fn answer(&mut self, path: &str, answer: Answer) -> Result<(), Refusal> {
        self.put(path, answer, true)
    }

    /// Takes up an answer given before, whether its question is shown now or not.
    pub fn restore(&mut self, path: &str, answer: Answer) -> Result<(), Refusal> {
        self.put(path, answer, false)
    }

    fn put(&mut self, path: &str, answer: Answer, shown: bool) -> Result<(), Refusal> {
        let address = self.address(path)?;
        let (Some(unit), Some(slot)) = (address.unit, address.slot) else {
            return Err(Refusal::new(path, Why::Unknown, "这里没有要回答的"));
        };
        let info = self.plan.unit(unit);
        if shown && !self.view_at(address.row).shows(unit) {
            return Err(Refusal::new(path, Why::Hidden, "按前面的回答，这道题现在不用答"));
        }
        if info.read_only {
            return Err(Refusal::new(path, Why::ReadOnly, "这一项不能改，有错请告诉医生"));
        }
        if let Role::Rows(least, most) = self.plan.slot(slot).role {
            let Answer::Rows(count) = answer else {
                return Err(Refusal::new(path, Why::Kind, "请先加一行，再填里面的内容；没有就填 0"));
            };
            return self.resize(path, slot, count, (least, most.unwrap_or(ROWS)));
        }
        let cell = accept(&self.view_at(address.row), path, slot, answer, shown)?;
        self.store(address, slot, cell);
        Ok(())
    }

    fn store(&mut self, address: Address, slot: u32, cell: Cell) {
        let kept = match address.row {
            Some((_, row)) => self.raw.rows[slot as usize].get_mut(row),
            None => self.raw.plain.get_mut(slot as usize),
        };
        let Some(kept) = kept else { return };
        if *kept != cell {
            *kept = cell;
            self.dirty.mark(&self.plan.graph, self.plan.graph.value(slot));
            self.settle();
        }
        if let Some(unit) = address.unit {
            self.skipped.retain(|skipped| *skipped != (unit, address.row.map_or(0, |(_, row)| row)));
        }
    }

    fn resize(&mut self, path: &str, slot: u32, count: usize, bounds: (usize, usize)) -> Result<(), Refusal> {
        if count < bounds.0 {
            return Err(Refusal::new(path, Why::Count, format!("这里至少要填 {} 行", bounds.0)));
        }
        if count > bounds.1 {
            return Err(Refusal::new(path, Why::Count, format!("这里最多填 {} 行", bounds.1)));
        }
        self.raw.counts[slot as usize] = Some(count);
        self.refit(slot);
        Ok(())
    }

    /// Brings a group up to date after its rows changed.
    fn refit(&mut self, group: u32) {
        self.raw.fit(&self.plan);
        self.dirty.mark(&self.plan.graph, self.plan.graph.value(group));
        for (index, slot) in (0..).zip(&self.plan.slots) {
            if slot.group == Some(group) {
                self.dirty.mark(&self.plan.graph, self.plan.graph.value(index));
            }
        }
        self.settle();
    }

    /// Adds a row to a repeating group; yields its number, from 1.
    pub fn add_row(&mut self, path: &str) -> Result<usize, Refusal> {
        let (slot, count) = self.rows_of(path)?;
        self.put(path, Answer::Rows(count + 1), true)?;
        Ok(self.raw.counts[slot as usize].unwrap_or(0))
    }

    /// Removes a row of a repeating group, with its answers; later rows move up.
    pub fn remove_row(&mut self, path: &str, row: usize) -> Result<(), Refusal> {
        let (slot, count) = self.rows_of(path)?;
        if row == 0 || row > count {
            return Err(Refusal::new(path, Why::Unknown, format!("没有第 {row} 行")));
        }
        if let Role::Rows(least, _) = self.plan.slot(slot).role
            && count <= least
        {
            return Err(Refusal::new(path, Why::Count, format!("这里至少要填 {least} 行")));
        }
        for (index, info) in self.plan.slots.iter().enumerate() {
            if info.group == Some(slot) {
                self.raw.rows[index].remove(row - 1);
            }
        }
        self.raw.counts[slot as usize] = Some(count - 1);
        self.refit(slot);
        Ok(())
    }

    fn rows_of(&self, path: &str) -> Result<(u32, usize), Refusal> {
        match self.address(path)?.slot {
            Some(slot) if matches!(self.plan.slot(slot).role, Role::Rows(..)) => {
                Ok((slot, self.raw.counts[slot as usize].unwrap_or(0)))
            }
            _ => Err(Refusal::new(path, Why::Unknown, "这里不能加减行")),
        }
    }

    /// Takes an answer back; of a group, all its rows.
    pub fn clear(&mut self, path: &str) -> Result<(), Refusal> {
        let address = self.address(path)?;
        let Some(slot) = address.slot else {
            return Err(Refusal::new(path, Why::Unknown, "这里没有要回答的"));
        };
        if let Role::Rows(least, _) = self.plan.slot(slot).role {
            self.raw.counts[slot as usize] = None;
            self.raw.fit(&self.plan);
            self.raw.counts[slot as usize] = Some(least).filter(|least| *least > 0);
            self.refit(slot);
            return Ok(());
        }
        self.store(address, slot, Cell::Unknown);
        Ok(())
    }

    /// Sets a variable of the patient: `年龄`, `性别` …
    pub fn set_patient(&mut self, name: &str, answer: &Answer) -> Result<(), Refusal> {
        let slot =
            PATIENT.iter().position(|other| *other == name).and_then(|index| u32::try_from(index).ok());
        let Some(slot) = slot else {
            return Err(Refusal::new(name, Why::Unknown, format!("患者信息只有{}", PATIENT.join("、"))));
        };
        let cell = match (name, answer) {
            ("年龄" | "月龄", Answer::Number(number)) if number.is_finite() && *number >= 0.0 => {
                Cell::Number(*number)
            }
            ("性别", Answer::Choice(label)) if label == "男" => Cell::Choice(0),
            ("性别", Answer::Choice(label)) if label == "女" => Cell::Choice(1),
            ("今天", Answer::Date(day)) => Cell::Date(*day),
            ("妊娠" | "首诊", Answer::Truth(truth)) => Cell::Truth(*truth),
            _ => return Err(Refusal::new(name, Why::Kind, format!("“{name}”不能是这个值"))),
        };
        self.store(Address { unit: None, slot: Some(slot), row: None }, slot, cell);
        Ok(())
    }

    /// Passes by a question that need not be answered.
    pub fn skip(&mut self, path: &str) -> Result<(), Refusal> {
        let address = self.address(path)?;
        let Some(unit) = address.unit else {
            return Err(Refusal::new(path, Why::Unknown, "这里没有要回答的"));
        };
        if self.plan.unit(unit).required {
            return Err(Refusal::new(path, Why::Count, "这道题要回答了才能继续"));
        }
        let at = (unit, address.row.map_or(0, |(_, row)| row));
        if !self.skipped.contains(&at) {
            self.skipped.push(at);
        }
        Ok(())
    }

    /// Whether something is shown; of a page, whether anything on it is.
    pub fn visible(&self, path: &str) -> bool {
        self.address(path).is_ok_and(|address| {
            let view = self.view_at(address.row);
            let slot_unit = address.slot.and_then(|slot| self.plan.slot(slot).unit);
            address.unit.or(slot_unit).is_some_and(|unit| self.unit_visible(&view, unit))
        })
    }

    pub(super) fn unit_visible(&self, view: &View<'_>, index: u32) -> bool {
        let unit = self.plan.unit(index);
        view.shows(index)
            && (!unit.is_page()
                || (index + 1..=unit.last)
                    .any(|inner| self.plan.unit(inner).group.is_none() && self.view().shows(inner)))
    }

    /// The value of a name; unknown when hidden.
    pub fn value(&self, path: &str) -> Value<'_> {
        match self.address(path) {
            Ok(Address { slot: Some(slot), row, .. }) => self.view_at(row).cell(slot).value(),
            _ => Value::Unknown,
        }
    }

    /// The value of a name as people read it.
    pub fn reading(&self, path: &str) -> Option<String> {
        let address = self.address(path).ok()?;
        self.view_at(address.row).reading(address.slot?)
    }

    /// The labels of the options shown now.
    pub fn options(&self, path: &str) -> Vec<&str> {
        let Ok(Address { slot: Some(slot), row, .. }) = self.address(path) else { return Vec::new() };
        let Some(domain) = self.plan.domain(slot) else { return Vec::new() };
        let view = self.view_at(row);
        let shown = (0..domain.options.len()).filter(|index| view.offers(domain, *index));
        shown.map(|index| domain.options[index].label.as_str()).collect()
    }

    /// The text of an item with its quotes.
    pub fn text(&self, path: &str) -> Option<String> {
        let address = self.address(path).ok()?;
        Some(self.plan.unit(address.unit?).text.draft_text(&self.view_at(address.row)))
    }

    /// The first visible question without answer, in file order, that the patient did not pass by.
    pub fn next(&self) -> Option<Next> {
        self.first(&|unit, row| !self.skipped.contains(&(unit, row)))
    }

    fn first(&self, wanted: &dyn Fn(u32, usize) -> bool) -> Option<Next> {
        let view = self.view();
        let mut index = 0;
        while let Some(unit) = self.plan.units.get(index as usize) {
            if !view.shows(index) {
                index = if unit.is_page() || unit.kind == UnitKind::Item(ItemKind::Group) {
                    unit.last
                } else {
                    index
                } + 1;
                continue;
            }
            if unit.kind == UnitKind::Item(ItemKind::Group) {
                if let Some(next) = self.first_in(index, wanted) {
                    return Some(next);
                }
                index = unit.last + 1;
                continue;
            }
            if let Some(next) = self.open_question(&view, index, wanted) {
                return Some(next);
            }
            index += 1;
        }
        None
    }

    fn first_in(&self, group_unit: u32, wanted: &dyn Fn(u32, usize) -> bool) -> Option<Next> {
        let unit = self.plan.unit(group_unit);
        let group = unit.slot?;
        if let Some(next) = self.open_question(&self.view(), group_unit, wanted) {
            return Some(next);
        }
        (0..self.state.counts[group as usize]).find_map(|row| {
            let view = self.view().in_row(group, row);
            (group_unit + 1..=unit.last).find_map(|inner| self.open_question(&view, inner, wanted))
        })
    }

    fn open_question(
        &self,
        view: &View<'_>,
        index: u32,
        wanted: &dyn Fn(u32, usize) -> bool,
    ) -> Option<Next> {
        let unit = self.plan.unit(index);
        let slot = unit.slot?;
        let row = view.row.map_or(0, |(_, row)| row);
        if !counts(unit) || !view.shows(index) || view.cell(slot).known() || !wanted(index, row) {
            return None;
        }
        Some(Next {
            path: view.path(unit.group, &unit.path),
            unit: index,
            text: unit.text.draft_text(view),
            required: unit.required,
        })
    }

    /// Every visible question of every row, with the view it is seen from.
    pub(super) fn each_visible(&self, mut visit: impl FnMut(&View<'_>, u32)) {
        for (index, unit) in (0..).zip(&self.plan.units) {
            let rows = unit.group.map(|group| (group, self.state.counts[group as usize]));
            match rows {
                None => {
                    if self.view().shows(index) {
                        visit(&self.view(), index);
                    }
                }
                Some((group, count)) => {
                    for row in 0..count {
                        let view = self.view().in_row(group, row);
                        if view.shows(index) {
                            visit(&view, index);
                        }
                    }
                }
            }
        }
    }

    /// How many of the visible questions are answered.
    pub fn progress(&self) -> Progress {
        let mut progress = Progress::default();
        self.each_visible(|view, index| {
            let unit = self.plan.unit(index);
            if let Some(slot) = unit.slot.filter(|_| counts(unit)) {
                progress.visible += 1;
                progress.answered += usize::from(view.cell(slot).known());
            }
        });
        progress
    }

    /// What the answers break: constraints that are No, and values that changed conditions left outside their bounds.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.each_visible(|view, index| {
            let unit = self.plan.unit(index);
            let path = view.path(unit.group, &unit.path);
            for check in unit.checks.iter().filter(|check| check.guard.expr.eval(view) == Truth::No) {
                let paths = |slot: &u32| view.path(self.plan.slot(*slot).group, &self.plan.slot(*slot).path);
                let about = check.guard.slots().iter().map(paths).collect();
                findings.push(Finding { path: path.clone(), message: check.message.draft_text(view), about });
            }
            if let Some(slot) = unit.slot
                && let Some(domain) = self.plan.domain(slot)
            {
                let unit_text = self.plan.slot(slot).unit_text.as_deref();
                if let Some((_, message)) = trouble(view, domain, view.cell(slot), unit_text) {
                    findings.push(Finding { about: vec![path.clone()], path, message });
                }
            }
        });
        findings
    }

    /// Whether every visible required question is answered and nothing is broken.
    pub fn complete(&self) -> bool {
        self.first(&|unit, _| self.plan.unit(unit).required).is_none() && self.findings().is_empty()
    }

    /// The record as far as the answers go.
    pub fn record(&self) -> Vec<Entry> {
        record(&self.plan, &self.view())
    }

    pub(super) fn address(&self, path: &str) -> Result<Address, Refusal> {
        let (name, row) = match split_row(path) {
            Some((name, row)) => (name, Some(row)),
            None => (path.to_owned(), None),
        };
        let named = self.plan.named(&name).filter(|named| !named.score);
        let Some(named) = named else {
            let near = nearest(&name, self.plan.names.keys().map(String::as_str));
            let hint = near.map_or_else(String::new, |near| format!("，是不是“{near}”？"));
            return Err(Refusal::new(path, Why::Unknown, format!("没有“{name}”这道题{hint}")));
        };
        let group = match (named.unit, named.slot) {
            (Some(unit), _) => self.plan.unit(unit).group,
            (None, Some(slot)) => self.plan.slot(slot).group,
            (None, None) => None,
        };
        let row = match (group, row) {
            (None, None) => None,
            (Some(group), Some(row)) if (1..=self.raw.counts[group as usize].unwrap_or(0)).contains(&row) => {
                Some((group, row - 1))
            }
            (Some(_), Some(row)) => {
                return Err(Refusal::new(path, Why::Unknown, format!("没有第 {row} 行，请先加一行")));
            }
            (Some(group), None) => {
                let name = &self.plan.slot(group).path;
                return Err(Refusal::new(
                    path,
                    Why::Unknown,
                    format!("请写明是“{name}”的第几行，例如 {name}[1]"),
                ));
            }
            (None, Some(_)) => return Err(Refusal::new(path, Why::Unknown, "这道题没有好几行")),
        };
        Ok(Address { unit: named.unit, slot: named.slot, row })
    }

    pub(super) fn jump_taken(&self, unit: u32) -> Option<u32> {
        self.state.taken[unit as usize]
    }

    pub(super) fn passed(&self, unit: u32) -> bool {
        self.state.passed[unit as usize] > 0
    }

    /// The view of each row of a group; the one view from outside for what is in none.
    pub(super) fn views(&self, group: Option<u32>) -> Vec<View<'_>> {
        match group {
            None => vec![self.view()],
            Some(group) => {
                (0..self.state.counts[group as usize]).map(|row| self.view().in_row(group, row)).collect()
            }
        }
    }

    pub(super) fn rows_kept(&self, group: u32) -> usize {
        self.raw.counts[group as usize].unwrap_or(0)
    }

    #[cfg(test)]
    pub(super) fn parts(&self) -> (&Raw, &State) {
        (&self.raw, &self.state)
    }
}

impl Facts for Session {
    fn value(&self, slot: u32) -> Value<'_> {
        self.view().cell(slot).value()
    }

    fn rows(&self, group: u32) -> usize {
        match self.state.plain.get(group as usize) {
            Some(Cell::Number(_)) => self.state.counts[group as usize],
            _ => 0,
        }
    }

    fn item(&self, slot: u32, row: usize) -> Value<'_> {
        self.state
            .rows
            .get(slot as usize)
            .and_then(|cells| cells.get(row))
            .map_or(Value::Unknown, Cell::value)
    }
}

/// `用药[2].剂量` is row 2 of `用药.剂量`.
fn split_row(path: &str) -> Option<(String, usize)> {
    let (group, rest) = path.split_once('[')?;
    let (row, item) = rest.split_once(']')?;
    Some((format!("{group}{item}"), row.trim().parse().ok()?))
}
