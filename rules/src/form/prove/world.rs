//! A questionnaire as a problem for the solver.

use std::collections::BTreeMap;

use super::lower::Bands;
use crate::expr::typed::{Cond, Num};
use crate::expr::{Kind, Order};
use crate::form::draft::Kind as ItemKind;
use crate::form::slots::{Bound, Domain as Answers, Formula, Plan, Role, Slot, TODAY, Unit, UnitKind};
use crate::solve::{Definition, Demand, Domain, Naming, Problem, Variable, Verdicts};

/// Steps all questions about one form may take together, at most.
pub(super) const STEPS: u64 = 12_000_000;
/// First and last day of dates without ends: 1900-01-01 and 2100-12-31.
const DAYS: (i32, i32) = (-25_567, 47_846);
/// First day a questionnaire of this language can be answered on: 2026-01-01.
const OPENED: i32 = 20_454;

/// Slots of what is shown and of jumps, after those of the plan.
#[derive(Debug)]
pub(in crate::form) struct World<'p> {
    pub(in crate::form) plan: &'p Plan,
    pub(in crate::form) bands: Bands<'p>,
    /// Everything: what is hidden has no answer.
    pub(in crate::form) full: Problem,
    /// Only the ranges of answers and the formulas.
    pub(super) bare: Problem,
    /// What a form is like that can be handed in: required questions are answered, no constraint is broken.
    pub(super) finished: Vec<Demand>,
    shown: u32,
    taken: BTreeMap<(u32, usize), u32>,
    next: u32,
}

impl<'p> World<'p> {
    pub(in crate::form) fn of(plan: &'p Plan) -> Self {
        let slots = u32::try_from(plan.slots.len()).unwrap_or(u32::MAX);
        let units = u32::try_from(plan.units.len()).unwrap_or(u32::MAX);
        let mut world = Self {
            plan,
            bands: Bands::of(plan),
            full: Problem::default(),
            bare: Problem::default(),
            finished: Vec::new(),
            shown: slots,
            taken: BTreeMap::new(),
            next: slots.saturating_add(units),
        };
        world.jumps();
        for (slot, info) in (0..).zip(&plan.slots) {
            world.slot(slot, info);
        }
        for (index, unit) in (0..).zip(&plan.units) {
            let cond = Cond::And(world.conditions(index, unit));
            world.full.definitions.insert(world.shown(index), Definition::Sure(cond));
            world.full.names.insert(world.shown(index), named(format!("显示{}", title(unit))));
            world.take(index, unit);
        }
        if let Some(cond) = plan.applies.as_ref().and_then(|guard| guard.expr.cond()) {
            let words = format!("问卷只给“{}”的人", crate::solve::phrase(&world.full, cond));
            let verdicts = Verdicts::NO.complement();
            world.full.rules.push(Demand { cond: cond.clone(), verdicts, words: Some(words) });
        }
        world.patient();
        world.full.names.extend(world.bare.names.clone());
        world.finish();
        world
    }

    /// What is known of every patient: years and months agree, only women are pregnant.
    fn patient(&mut self) {
        let [age, months, sex, _, pregnant, _] = [0, 1, 2, 3, 4, 5];
        let years = Num::Product(vec![Num::Const(12.0), Num::Var(age)]);
        let next = Num::Sum(vec![years.clone(), Num::Const(12.0)]);
        let male = match &self.plan.slot(sex).kind {
            Kind::Choice(labels) => labels.iter().position(|label| label == "男").map(small),
            _ => None,
        };
        let mut facts = vec![
            (Cond::Compare(Num::Var(months), Order::AtLeast, years), "月龄与年龄相符：月龄不少于年龄 × 12"),
            (Cond::Compare(Num::Var(months), Order::Less, next), "月龄与年龄相符：月龄小于（年龄 + 1）× 12"),
        ];
        if let Some(male) = male {
            let both = Cond::And(vec![Cond::In(sex, vec![male]), Cond::Truth(pregnant)]);
            facts.push((Cond::Not(Box::new(both)), "男性不会妊娠"));
        }
        for (cond, words) in facts {
            let fact = Demand { cond, verdicts: Verdicts::NO.complement(), words: Some(words.to_owned()) };
            self.full.rules.push(fact.clone());
            self.bare.rules.push(fact);
        }
    }

    /// The form as it can be handed in; none when nothing is required or constrained.
    pub(super) fn finished_problem(&self) -> Option<Problem> {
        let mut problem = if self.finished.is_empty() { return None } else { self.full.clone() };
        problem.rules.extend(self.finished.iter().cloned());
        Some(problem)
    }

    /// Questions that must be answered once they are shown, and constraints. Rows of groups stand for many
    /// answers and say nothing about one.
    fn finish(&mut self) {
        for (index, unit) in (0..).zip(&self.plan.units).filter(|(_, unit)| unit.group.is_none()) {
            let hidden = Cond::Not(Box::new(Cond::Truth(self.shown(index))));
            if let Some(slot) = unit.slot.filter(|_| unit.required && !unit.read_only && !unit.hidden) {
                let cond = Cond::Or(vec![hidden.clone(), Cond::Known(slot)]);
                let words = format!("{}必答", title(unit));
                self.finished.push(Demand { cond, verdicts: Verdicts::YES, words: Some(words) });
            }
            for check in &unit.checks {
                let Some(cond) = check.guard.expr.cond() else { continue };
                let cond = Cond::Or(vec![hidden.clone(), self.bands.cond(cond)]);
                let words = format!("约束“{}”", check.guard.text);
                self.finished.push(Demand { cond, verdicts: Verdicts::NO.complement(), words: Some(words) });
            }
        }
    }

    /// The slot that says whether a unit is shown.
    pub(in crate::form) fn shown(&self, unit: u32) -> u32 {
        self.shown + unit
    }

    /// The slot that says whether a jump is taken.
    pub(in crate::form) fn taken(&self, unit: u32, jump: usize) -> Option<u32> {
        self.taken.get(&(unit, jump)).copied()
    }

    /// Whether a condition says that a jump is not taken.
    pub(super) fn is_jump(&self, cond: &Cond) -> bool {
        let Cond::Not(of) = cond else { return false };
        let Cond::Truth(slot) = of.as_ref() else { return false };
        self.taken.values().any(|taken| taken == slot)
    }

    fn fresh(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    fn jumps(&mut self) {
        for (index, unit) in (0..).zip(&self.plan.units) {
            for jump in 0..unit.jumps.len() {
                let slot = self.fresh();
                self.taken.insert((index, jump), slot);
            }
        }
    }

    /// What a unit needs to be shown: of its own, of what it is in, and no jump over it.
    pub(in crate::form) fn conditions(&self, index: u32, unit: &Unit) -> Vec<Cond> {
        let mut parts = Vec::new();
        let mut at = Some((index, unit));
        while let Some((index, unit)) = at {
            if let Some(cond) = unit.show.as_ref().and_then(|guard| guard.expr.cond()) {
                parts.push(self.bands.cond(cond));
            }
            if let (UnitKind::Fill(option), Some(slot)) =
                (unit.kind, unit.parent.and_then(|parent| self.plan.unit(parent).slot))
            {
                let set = matches!(self.plan.slot(slot).kind, Kind::Set(_));
                parts.push(if set { Cond::Has(slot, option) } else { Cond::In(slot, vec![option]) });
            }
            if !matches!(unit.kind, UnitKind::Item(ItemKind::Page | ItemKind::Constraint)) {
                parts.extend(self.passing(index).map(|slot| Cond::Not(Box::new(Cond::Truth(slot)))));
            }
            at = unit.parent.map(|parent| (parent, self.plan.unit(parent)));
        }
        parts
    }

    /// Jumps that pass over a unit.
    fn passing(&self, unit: u32) -> impl Iterator<Item = u32> {
        self.taken.range(..(unit, 0)).filter_map(move |(&(from, jump), &slot)| {
            let of = self.plan.unit(from);
            (of.last < unit && unit < of.jumps[jump].to).then_some(slot)
        })
    }

    fn take(&mut self, index: u32, unit: &Unit) {
        let mut before: Vec<Cond> = Vec::new();
        for (number, jump) in unit.jumps.iter().enumerate() {
            let Some(slot) = self.taken(index, number) else { continue };
            let mut parts = self.conditions(index, unit);
            if let Some(guard) = &jump.guard {
                let Some(cond) = guard.expr.cond() else { continue };
                let cond = self.bands.cond(cond);
                parts.push(cond.clone());
                for earlier in &before {
                    let sure = self.fresh();
                    self.full.definitions.insert(sure, Definition::Sure(earlier.clone()));
                    let name = crate::solve::phrase(&self.full, earlier);
                    self.full.names.insert(sure, named(format!("前面的跳转“{name}”成立")));
                    parts.push(Cond::Not(Box::new(Cond::Truth(sure))));
                }
                before.push(cond);
            } else {
                parts.extend(before.iter().map(|cond| Cond::Not(Box::new(cond.clone()))));
            }
            self.full.definitions.insert(slot, Definition::Sure(Cond::And(parts)));
            self.full.names.insert(slot, named(format!("{}跳到“{}”", title(unit), jump.target)));
        }
    }

    fn slot(&mut self, slot: u32, info: &Slot) {
        let labels = match &info.kind {
            Kind::Choice(labels) | Kind::Set(labels) => labels.clone(),
            _ => Vec::new(),
        };
        let date = matches!(info.kind, Kind::Date);
        let naming = Naming { name: info.path.clone(), labels, unit: info.unit_text.clone(), date };
        self.bare.names.insert(slot, naming.clone());
        self.full.names.insert(slot, naming);
        let unit = info.unit.map(|unit| (unit, self.plan.unit(unit)));
        let conditions = unit.map_or_else(Vec::new, |(index, unit)| self.conditions(index, unit));
        match &info.role {
            Role::Computed(Some(formula)) => self.computed(slot, info, formula, conditions),
            Role::Total(rows) => {
                let full = rows.iter().filter_map(|&row| self.points(row, true)).collect();
                let bare = rows.iter().filter_map(|&row| self.points(row, false)).collect();
                self.full
                    .definitions
                    .insert(slot, Definition::Number(shown_only(conditions, Num::Sum(full))));
                self.bare.definitions.insert(slot, Definition::Number(Num::Sum(bare)));
            }
            Role::Band { .. } => {}
            _ => {
                let domain = domain(info);
                let when = if conditions.is_empty() { None } else { Some(all(conditions)) };
                let variable = Variable { domain, when, optional: slot != TODAY };
                self.bare.variables.insert(slot, Variable { when: None, ..variable.clone() });
                self.full.variables.insert(slot, variable);
                if let Role::Answer(answers) = &info.role {
                    self.answers(slot, info, answers);
                }
            }
        }
    }

    fn computed(&mut self, slot: u32, info: &Slot, formula: &Formula, conditions: Vec<Cond>) {
        if let Some(num) = formula.expr.num() {
            let num = self.bands.num(num);
            self.bare.definitions.insert(slot, Definition::Number(num.clone()));
            self.full.definitions.insert(slot, Definition::Number(shown_only(conditions, num)));
        } else if let Some(cond) = formula.expr.cond() {
            let cond = self.bands.cond(cond);
            self.bare.definitions.insert(slot, Definition::Truth(cond.clone()));
            let cond = if conditions.is_empty() {
                cond
            } else {
                let sure = self.fresh();
                self.full.definitions.insert(sure, Definition::Sure(Cond::And(conditions)));
                let never = Cond::Compare(unknown(), Order::Equal, Num::Const(0.0));
                let hidden = Cond::Not(Box::new(Cond::Truth(sure)));
                Cond::Or(vec![Cond::And(vec![Cond::Truth(sure), cond]), Cond::And(vec![hidden, never])])
            };
            self.full.definitions.insert(slot, Definition::Truth(cond));
        } else {
            let variable = Variable { domain: domain(info), when: None, optional: true };
            self.bare.variables.insert(slot, variable.clone());
            self.full.variables.insert(slot, variable);
        }
    }

    /// Points of a grid's row; none when a hidden row is left out.
    fn points(&self, row: u32, full: bool) -> Option<Num> {
        let info = self.plan.slot(row);
        let Role::Answer(answers) = &info.role else { return None };
        let points = answers.options.iter().map(|option| option.score.unwrap_or_default()).collect();
        let score = Num::Score(row, points);
        let show =
            info.unit.and_then(|unit| self.plan.unit(unit).show.as_ref()).and_then(|guard| guard.expr.cond());
        Some(match show {
            Some(_) if full => {
                let of = Cond::Truth(self.shown(info.unit?));
                Num::If(Box::new(of), Box::new(score), Box::new(Num::Const(0.0)))
            }
            // Without what is shown, a row that may be hidden counts or does not.
            Some(_) => Num::If(Box::new(Cond::Known(row)), Box::new(score), Box::new(Num::Const(0.0))),
            None => score,
        })
    }

    /// Hidden options are not chosen; ends that depend on today.
    fn answers(&mut self, slot: u32, info: &Slot, answers: &Answers) {
        for (index, option) in (0_u16..).zip(&answers.options) {
            let Some(cond) = option.show.as_ref().and_then(|guard| guard.expr.cond()) else { continue };
            let cond = self.bands.cond(cond);
            let words = format!(
                "{} 的选项“{}”只在“{}”时才有",
                info.path,
                option.label,
                crate::solve::phrase(&self.full, &cond)
            );
            let sure = self.fresh();
            self.full.definitions.insert(sure, Definition::Sure(cond));
            let chosen = match info.kind {
                Kind::Set(_) => Cond::Has(slot, index),
                _ => Cond::In(slot, vec![index]),
            };
            let cond = Cond::And(vec![chosen, Cond::Not(Box::new(Cond::Truth(sure)))]);
            self.full.rules.push(Demand { cond, verdicts: Verdicts::YES.complement(), words: Some(words) });
        }
        for (bound, order) in [(answers.range.0, Order::AtLeast), (answers.range.1, Order::AtMost)] {
            let Some(Bound::Today { months, days }) = bound else { continue };
            let mut end = Num::Var(TODAY);
            if months != 0 {
                end = Num::AddMonths(Box::new(end), Box::new(Num::Const(f64::from(months))));
            }
            if days != 0 {
                end = Num::Sum(vec![end, Num::Const(f64::from(days))]);
            }
            let cond = Cond::Compare(Num::Var(slot), order, end);
            let words = format!("{} 的范围是“{}”", info.path, crate::solve::phrase(&self.full, &cond));
            let verdicts = Verdicts::NO.complement();
            self.full.rules.push(Demand { cond: cond.clone(), verdicts, words: Some(words.clone()) });
            self.bare.rules.push(Demand { cond, verdicts, words: Some(words) });
        }
    }
}

fn named(name: String) -> Naming {
    Naming { name, ..Naming::default() }
}

/// A unit as a message names it.
pub(super) fn title(unit: &Unit) -> String {
    let sort = match unit.kind {
        UnitKind::Item(ItemKind::Page) => "页",
        UnitKind::Item(ItemKind::Group) => "组",
        UnitKind::Item(ItemKind::Note) => "说明",
        UnitKind::Item(ItemKind::Grid) => "表格",
        UnitKind::Item(ItemKind::Computed) => "计算",
        UnitKind::Item(ItemKind::Constraint) => "约束",
        UnitKind::Row => "行",
        UnitKind::Fill(_) | UnitKind::Item(_) => "题",
    };
    format!("{sort}“{}”", unit.path)
}

fn all(mut parts: Vec<Cond>) -> Cond {
    if parts.len() == 1 { parts.remove(0) } else { Cond::And(parts) }
}

/// A number that is never known.
fn unknown() -> Num {
    Num::Quotient(Box::new(Num::Const(1.0)), Box::new(Num::Const(0.0)))
}

fn shown_only(conditions: Vec<Cond>, num: Num) -> Num {
    if conditions.is_empty() {
        return num;
    }
    Num::If(Box::new(all(conditions)), Box::new(num), Box::new(unknown()))
}

fn small(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

fn domain(info: &Slot) -> Domain {
    let answers = match &info.role {
        Role::Answer(answers) => Some(answers),
        _ => None,
    };
    let fixed = |bound: Option<Bound>| match bound {
        Some(Bound::Fixed(end)) => Some(end),
        _ => None,
    };
    let range = answers.map_or((None, None), |answers| (fixed(answers.range.0), fixed(answers.range.1)));
    let count = answers.map_or((0, None), |answers| answers.count);
    if let Role::Rows(least, most) = info.role {
        let wide = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        return Domain::Rows { least: wide(least), most: most.map_or(10_000, wide) };
    }
    match &info.kind {
        Kind::Choice(labels) => Domain::Choice(small(labels.len())),
        Kind::Set(labels) => {
            let options = answers.map_or(&[][..], |answers| answers.options.as_slice());
            let exclusive =
                (0_u16..).zip(options).filter(|(_, option)| option.exclusive).map(|(index, _)| index);
            let most = count.1.map_or(small(labels.len()), small);
            Domain::Set {
                labels: small(labels.len()),
                exclusive: exclusive.collect(),
                least: small(count.0),
                most,
            }
        }
        Kind::Number { .. } => {
            let (low, high) = match (info.path.as_str(), &info.role) {
                ("年龄", Role::Patient) => (0.0, 150.0),
                ("月龄", Role::Patient) => (0.0, 1800.0),
                _ => (range.0.unwrap_or(f64::NEG_INFINITY), range.1.unwrap_or(f64::INFINITY)),
            };
            let decimals = answers.and_then(|answers| answers.decimals);
            let step =
                decimals.filter(|places| *places <= 6).map(|places| f64::from(10_u32.pow(places)).recip());
            Domain::Number { low, high, step }
        }
        Kind::Date => {
            #[expect(clippy::cast_possible_truncation, reason = "a day between 1900 and 2100, clamped")]
            let day = |end: f64| end.clamp(-1e6, 1e6) as i32;
            let first = if info.path == "今天" { OPENED } else { DAYS.0 };
            Domain::Date { low: range.0.map_or(first, day), high: range.1.map_or(DAYS.1, day) }
        }
        Kind::Text => {
            let wide = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            Domain::Text { least: wide(count.0).max(1), most: count.1.map_or(10_000, wide) }
        }
        _ => Domain::Truth,
    }
}
