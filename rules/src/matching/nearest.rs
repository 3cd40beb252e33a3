//! Nearest cases: the examples most like the visit vote, by the likeness of Gower.
//!
//! A column gives 1 for the same label, `1 - |a - b| / range` for numbers and dates, common labels over all labels
//! for sets. The likeness is the weighted mean over the columns known on both sides.

use super::{
    Targets,
    condition::Label,
    datum::{Bound, Held},
    input::Input,
    read::Sheet,
    scope::Scope,
    trace::{Known, Outcome},
};
use crate::{expr::Truth, page::Cell};

/// Examples to compare with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Nearest {
    columns: Vec<Column>,
    cases: Vec<Case>,
    /// How many of the nearest vote.
    k: usize,
    /// Likeness an example needs to vote.
    minimum: f64,
}

#[derive(Debug, Clone, PartialEq)]
struct Column {
    slot: u32,
    weight: f64,
    /// Largest difference of two numbers.
    range: f64,
}

#[derive(Debug, Clone, PartialEq)]
struct Case {
    label: Label,
    values: Vec<Held>,
    results: Vec<String>,
}

/// Likeness of a case: over the known columns, and its bounds whatever the unknown ones are.
#[derive(Debug, Clone, Copy)]
struct Likeness {
    now: f64,
    least: f64,
    most: f64,
}

enum Role {
    Input(usize),
    Output,
    Other,
}

impl Nearest {
    pub(super) fn read(sheet: &mut Sheet<'_>, scope: &Scope, targets: Option<&dyn Targets>) -> Self {
        let k = sheet.number("邻数", 1.0, 1.0..=1000.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 1000")]
        let k = k as usize;
        let minimum = sheet.number("最低相似", 0.5, 0.0..=1.0);
        let mut nearest = Self { columns: Vec::new(), cases: Vec::new(), k, minimum };
        let roles: Vec<Role> =
            sheet.rules.head.clone().iter().map(|cell| nearest.role(sheet, scope, cell)).collect();
        if !roles.iter().any(|role| matches!(role, Role::Output)) {
            let head = sheet.rules.head.first().cloned().unwrap_or_default();
            sheet.refuse(&head, "MT003", "近例表缺少结果列，列头写成“=> 结果”");
        }
        let labels = Label::read(sheet);
        for (label, row) in labels.into_iter().zip(sheet.rules.rows.clone()) {
            if matches!(label.id.as_str(), "权重" | "weight") {
                nearest.weigh(sheet, &roles, &row);
                continue;
            }
            let mut case = Case { label, values: Vec::new(), results: Vec::new() };
            for (role, cell) in roles.iter().zip(&row) {
                match role {
                    Role::Input(column) => {
                        let input = nearest
                            .columns
                            .get(*column)
                            .and_then(|column| scope.inputs.get(column.slot as usize));
                        case.values.push(input.map_or(Held::Unknown, |input| value(sheet, input, cell)));
                    }
                    Role::Output => case.results = sheet.targets(cell, targets),
                    Role::Other => {}
                }
            }
            nearest.cases.push(case);
        }
        nearest.measure(scope);
        nearest
    }

    fn role(&mut self, sheet: &mut Sheet<'_>, scope: &Scope, cell: &Cell) -> Role {
        if matches!(cell.text.as_str(), "编号" | "id" | "理由" | "reason") {
            return Role::Other;
        }
        if cell.text.starts_with("=>") {
            return Role::Output;
        }
        let input = (0u32..).zip(&scope.inputs).find(|(_, input)| input.name == cell.text);
        let Some((slot, _)) = input else {
            let names: Vec<&str> = scope.inputs.iter().map(|input| input.name.as_str()).collect();
            sheet.refuse(
                cell,
                "MT002",
                format!("近例表的列“{}”不是输入；可用：{}", cell.text, names.join("、")),
            );
            return Role::Other;
        };
        self.columns.push(Column { slot, weight: 1.0, range: 1.0 });
        Role::Input(self.columns.len() - 1)
    }

    fn weigh(&mut self, sheet: &mut Sheet<'_>, roles: &[Role], row: &[Cell]) {
        for (role, cell) in roles.iter().zip(row) {
            let Role::Input(index) = role else { continue };
            match cell.text.parse::<f64>() {
                Ok(weight) if (0.0..=1e6).contains(&weight) => {
                    if let Some(column) = self.columns.get_mut(*index) {
                        column.weight = weight;
                    }
                }
                _ => sheet.refuse(cell, "MT011", "权重写成不小于 0 的数"),
            }
        }
    }

    /// The range of a number is that of its input, or that of the examples where the input leaves it open.
    fn measure(&mut self, scope: &Scope) {
        for (index, column) in self.columns.iter_mut().enumerate() {
            let Some(input) = scope.inputs.get(column.slot as usize) else { continue };
            let (low, high) = input.range;
            let numbers = || self.cases.iter().filter_map(|case| case.values.get(index)?.number());
            let range = if low.is_finite() && high.is_finite() {
                high - low
            } else {
                numbers().fold(f64::NEG_INFINITY, f64::max) - numbers().fold(f64::INFINITY, f64::min)
            };
            column.range = if range.is_finite() && range > 0.0 { range } else { 1.0 };
        }
    }

    pub(super) fn decide(&self, scope: &Scope, bound: &Bound) -> Outcome {
        let mut outcome = Outcome::default();
        let likenesses: Vec<Likeness> = self.cases.iter().map(|case| self.likeness(case, bound)).collect();
        let mut order: Vec<usize> = (0..self.cases.len()).collect();
        order.sort_by(|a, b| likenesses[*b].now.total_cmp(&likenesses[*a].now));
        let near: Vec<usize> =
            order.into_iter().take(self.k).filter(|case| likenesses[*case].now >= self.minimum).collect();
        let mut votes: Vec<(&Vec<String>, f64)> = Vec::new();
        for case in &near {
            let results = &self.cases[*case].results;
            match votes.iter_mut().find(|(known, _)| *known == results) {
                Some((_, sum)) => *sum += likenesses[*case].now,
                None => votes.push((results, likenesses[*case].now)),
            }
        }
        // The first of equal votes is the one with the nearest example.
        let winner = votes.iter().copied().reduce(|best, other| if other.1 > best.1 { other } else { best });
        for (case, likeness) in self.cases.iter().zip(&likenesses) {
            let truth = if likeness.now >= self.minimum { Truth::Yes } else { Truth::No };
            let mut step = case.label.step(truth, self.because(case, scope, bound), case.results.clone());
            step.points = Some(likeness.now);
            outcome.steps.push(step);
        }
        if let Some((results, _)) = winner {
            outcome.applied = true;
            outcome.results.clone_from(results);
            for case in near.iter().filter(|case| self.cases[**case].results == *results) {
                outcome.steps[*case].chosen = true;
            }
        }
        if self.is_open(&likenesses, outcome.applied.then_some(&outcome.results)) {
            let unknown = |column: &&Column| column.weight > 0.0 && column.held(bound) == Held::Unknown;
            outcome.open = self.columns.iter().filter(unknown).map(|column| column.slot).collect();
        }
        outcome
    }

    /// Whether unknown columns could bring other results: an example with others may vote, or the winner may not.
    fn is_open(&self, likenesses: &[Likeness], results: Option<&Vec<String>>) -> bool {
        let cases = || self.cases.iter().zip(likenesses);
        let Some(results) = results else {
            return cases().any(|(_, likeness)| likeness.most >= self.minimum);
        };
        let safe = cases()
            .filter(|(case, _)| case.results == *results)
            .map(|(_, likeness)| likeness.least)
            .fold(f64::NEG_INFINITY, f64::max);
        let rival = cases()
            .filter(|(case, _)| case.results != *results)
            .map(|(_, likeness)| likeness.most)
            .fold(f64::NEG_INFINITY, f64::max);
        let is_settled = likenesses.iter().all(|likeness| likeness.least >= likeness.most);
        !is_settled && (safe < self.minimum || rival >= self.minimum && (self.k > 1 || rival >= safe))
    }

    fn likeness(&self, case: &Case, bound: &Bound) -> Likeness {
        let (mut known, mut sum, mut open) = (0.0, 0.0, 0.0);
        for (column, theirs) in self.columns.iter().zip(&case.values) {
            let mine = column.held(bound);
            if *theirs == Held::Unknown {
                continue;
            }
            if mine == Held::Unknown {
                open += column.weight;
            } else {
                known += column.weight;
                sum += column.weight * column.likeness(&mine, theirs);
            }
        }
        let share = |sum: f64, of: f64| if of > 0.0 { sum / of } else { 0.0 };
        let all = known + open;
        Likeness { now: share(sum, known), least: share(sum, all), most: share(sum + open, all) }
    }

    fn because(&self, case: &Case, scope: &Scope, bound: &Bound) -> Vec<Known> {
        let mut known = Vec::new();
        for (column, theirs) in self.columns.iter().zip(&case.values) {
            let mine = column.held(bound);
            if *theirs == Held::Unknown || mine == Held::Unknown {
                continue;
            }
            let Known { name, value } = scope.known(column.slot, bound);
            let theirs_shown =
                scope.inputs.get(column.slot as usize).map(|input| input.show(theirs)).unwrap_or_default();
            let likeness = column.likeness(&mine, theirs);
            known.push(Known {
                name, value: format!("{value}，例中 {theirs_shown}（相似 {likeness:.2}）")
            });
        }
        known
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Label> {
        self.cases.iter().map(|case| &case.label)
    }

    pub(super) fn slots(&self) -> Vec<u32> {
        self.columns.iter().map(|column| column.slot).collect()
    }
}

impl Column {
    fn held(&self, bound: &Bound) -> Held {
        bound.0.get(self.slot as usize).cloned().unwrap_or_default()
    }

    fn likeness(&self, mine: &Held, theirs: &Held) -> f64 {
        match (mine, theirs) {
            (Held::Set(mine), Held::Set(theirs)) => {
                let width = mine.len().max(theirs.len());
                let word = |bits: &[u64], index: usize| bits.get(index).copied().unwrap_or(0);
                let count = |of: fn(u64, u64) -> u64| -> u32 {
                    (0..width).map(|index| of(word(mine, index), word(theirs, index)).count_ones()).sum()
                };
                let all = count(|a, b| a | b);
                if all == 0 { 1.0 } else { f64::from(count(|a, b| a & b)) / f64::from(all) }
            }
            (mine, theirs) => match (mine.number(), theirs.number()) {
                (Some(a), Some(b)) => (1.0 - (a - b).abs() / self.range).max(0.0),
                _ => f64::from(u8::from(mine == theirs)),
            },
        }
    }
}

fn value(sheet: &mut Sheet<'_>, input: &Input, cell: &Cell) -> Held {
    if matches!(cell.text.as_str(), "" | "-") {
        return Held::Unknown;
    }
    match input.read(&cell.text).and_then(|datum| input.hold(&datum)) {
        Ok(held) => held,
        Err(why) => {
            sheet.refuse(cell, "MT009", why);
            Held::Unknown
        }
    }
}
