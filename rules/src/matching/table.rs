//! Decision tables with the hit policies of DMN.

use std::collections::BTreeMap;

use super::{
    Targets,
    condition::Label,
    datum::{Bound, Held},
    literal,
    read::Sheet,
    scope::Scope,
    trace::{Known, Outcome},
    unary::{self, Test},
};
use crate::{
    expr::{Expr, Kind, Truth, Vocabulary},
    page::Cell,
};

/// A decision table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    /// Names of the result columns.
    pub(super) outputs: Vec<String>,
    pub(super) rows: Vec<Row>,
    pub(super) hit: Hit,
    /// Results from the most to the least important.
    pub(super) order: Vec<String>,
}

/// An input column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub(super) head: String,
    pub(super) kind: Kind,
    pub(super) source: Source,
    pub(super) place: (u32, u32),
}

/// Where a column's value comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    Slot(u32),
    Expr(Box<Expr>),
}

/// A row: a test for each column and what it says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) label: Label,
    pub(super) tests: Vec<Test>,
    /// The cells as written.
    pub(super) texts: Vec<String>,
    pub(super) results: Vec<Say>,
}

/// A cell of a result column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Say {
    Fixed(Vec<String>),
    Number(Box<Expr>),
}

/// Which rows count when several hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hit {
    Unique,
    First,
    Priority,
    Any,
    Collect,
    Sum,
    Least,
    Greatest,
    Count,
    OutputOrder,
}

const HITS: [(&str, &str, Hit); 11] = [
    ("唯一", "unique", Hit::Unique),
    ("首条", "first", Hit::First),
    ("优先", "priority", Hit::Priority),
    ("任意", "any", Hit::Any),
    ("收集", "collect", Hit::Collect),
    ("收集 +", "collect +", Hit::Sum),
    ("收集 <", "collect <", Hit::Least),
    ("收集 >", "collect >", Hit::Greatest),
    ("收集 #", "collect #", Hit::Count),
    ("列出", "rule order", Hit::Collect),
    ("排序", "output order", Hit::OutputOrder),
];

/// Characters of a cell at most.
const MAX_CELL: usize = 2000;

impl Table {
    pub(super) fn read(
        sheet: &mut Sheet<'_>,
        scope: &Scope,
        targets: Option<&dyn Targets>,
        numeric: bool,
    ) -> Self {
        let words: Vec<(&str, &str)> = HITS.iter().map(|(chinese, ascii, _)| (*chinese, *ascii)).collect();
        let hit = HITS[sheet.word("命中", &words)].2;
        let order: Vec<String> = sheet
            .entry("次序")
            .map(|entry| literal::list(&entry.value).into_iter().map(|(_, result)| result).collect())
            .unwrap_or_default();
        let labels = Label::read(sheet);
        let mut table = Self { columns: Vec::new(), outputs: Vec::new(), rows: Vec::new(), hit, order };
        let mut roles: Vec<Role> = Vec::new();
        for cell in sheet.rules.head.clone() {
            roles.push(table.role(sheet, scope, &cell));
        }
        if table.outputs.is_empty() {
            let head = sheet.rules.head.first().cloned().unwrap_or_default();
            sheet.refuse(&head, "MT003", "决策表缺少结果列，列头写成“=> 结果”");
        }
        for (label, row) in labels.into_iter().zip(sheet.rules.rows.clone()) {
            let mut read = Row { label, tests: Vec::new(), texts: Vec::new(), results: Vec::new() };
            for (role, cell) in roles.iter().zip(&row) {
                match role {
                    Role::Input(column) => {
                        read.tests.push(test(sheet, scope, cell, table.columns.get(*column)));
                        read.texts.push(cell.text.clone());
                    }
                    Role::Output(0) => read.results.push(table.say(sheet, scope, cell, targets, numeric)),
                    Role::Output(_) => read.results.push(Say::Fixed(vec![cell.text.clone()])),
                    Role::Other => {}
                }
            }
            table.rows.push(read);
        }
        table
    }

    fn role(&mut self, sheet: &mut Sheet<'_>, scope: &Scope, cell: &Cell) -> Role {
        let text = cell.text.as_str();
        if matches!(text, "编号" | "id" | "理由" | "reason") {
            return Role::Other;
        }
        if let Some(name) = ["=>", "＝>", "=＞", "⇒"].iter().find_map(|sign| text.strip_prefix(sign)) {
            self.outputs.push(name.trim().to_owned());
            return Role::Output(self.outputs.len() - 1);
        }
        let place = (cell.line, cell.column);
        let column = match scope.resolve(literal::unquoted(text)) {
            Some(variable) => Ok((variable.kind, Source::Slot(variable.slot))),
            None => Expr::compute(text, scope).map(|(expr, kind)| (kind, Source::Expr(Box::new(expr)))),
        };
        match column {
            Ok(
                (kind @ (Kind::Truth | Kind::Number { .. } | Kind::Date), source)
                | (kind @ (Kind::Choice(_) | Kind::Set(_) | Kind::Text), source @ Source::Slot(_)),
            ) => {
                self.columns.push(Column { head: text.to_owned(), kind, source, place });
                return Role::Input(self.columns.len() - 1);
            }
            Ok(_) => sheet.refuse(cell, "MT009", "列头写输入的名称，或算出数字、日期、是否的表达式"),
            Err(errors) => {
                let (line, column) = (cell.line.saturating_sub(1), cell.column.saturating_sub(1));
                let file = sheet.file;
                sheet.faults.extend(errors.into_iter().map(|error| error.into_fault(file, line, column)));
            }
        }
        Role::Other
    }

    fn say(
        &self,
        sheet: &mut Sheet<'_>,
        scope: &Scope,
        cell: &Cell,
        targets: Option<&dyn Targets>,
        numeric: bool,
    ) -> Say {
        let aggregates = matches!(self.hit, Hit::Sum | Hit::Least | Hit::Greatest);
        if numeric && let Some(text) = cell.text.strip_prefix(['=', '＝']) {
            match Expr::compute(text, scope) {
                Ok((expr, Kind::Number { .. })) => return Say::Number(Box::new(expr)),
                Ok(_) => sheet.refuse(cell, "MT010", "这个表达式算出来的不是数字"),
                Err(errors) => {
                    let (line, column) = (cell.line.saturating_sub(1), cell.column);
                    let file = sheet.file;
                    sheet.faults.extend(errors.into_iter().map(|error| error.into_fault(file, line, column)));
                }
            }
            return Say::Fixed(Vec::new());
        }
        if numeric || aggregates {
            if !cell.text.parse::<f64>().is_ok_and(f64::is_finite) {
                sheet.refuse(cell, "MT010", "这里要写一个数字，或“= 表达式”；结果不是数字时不能求和、取大小");
            }
            return Say::Fixed(vec![cell.text.clone()]);
        }
        let results = sheet.targets(cell, targets);
        if matches!(self.hit, Hit::Priority | Hit::OutputOrder)
            && let Some(result) = results.iter().find(|result| !self.order.contains(result))
        {
            sheet.refuse(cell, "MT010", format!("“{result}”不在文件头的“次序”里，比不出先后"));
        }
        Say::Fixed(results)
    }

    pub(super) fn decide(&self, scope: &Scope, bound: &Bound) -> Outcome {
        let mut outcome = Outcome::default();
        let values: Vec<Held> = self.columns.iter().map(|column| column.value(bound)).collect();
        let mut hits: Vec<usize> = Vec::new();
        let mut waiting: Vec<usize> = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            let truths: Vec<Truth> = row.truths(&values, bound);
            let truth = every(&truths);
            let because = self.because(row, &truths, truth, scope, bound);
            outcome.steps.push(row.label.step(truth, because, row.said(0, bound)));
            match truth {
                Truth::Yes => hits.push(index),
                Truth::Unknown => waiting.push(index),
                Truth::No => {}
            }
            if self.hit == Hit::First && truth == Truth::Yes {
                break;
            }
        }
        let chosen = self.chosen(&hits, bound, &mut outcome);
        waiting.retain(|row| self.could_change(*row, &chosen, &hits, bound));
        outcome.open =
            waiting.iter().chain(&chosen).flat_map(|row| self.open_slots(*row, &values, bound)).collect();
        for index in &chosen {
            if let Some(step) = outcome.steps.get_mut(*index) {
                step.chosen = true;
            }
        }
        outcome
    }

    /// Rows that hold.
    pub(super) fn hits(&self, bound: &Bound) -> Vec<usize> {
        let values: Vec<Held> = self.columns.iter().map(|column| column.value(bound)).collect();
        let holds = |row: &Row| every(&row.truths(&values, bound)) == Truth::Yes;
        self.rows.iter().enumerate().filter(|(_, row)| holds(row)).map(|(index, _)| index).collect()
    }

    /// The rows that count, and what they say together.
    fn chosen(&self, hits: &[usize], bound: &Bound, outcome: &mut Outcome) -> Vec<usize> {
        let said = |index: usize| -> Vec<Vec<String>> {
            (0..self.outputs.len()).map(|output| self.rows[index].said(output, bound)).collect()
        };
        let ids =
            || hits.iter().map(|index| self.rows[*index].label.id.as_str()).collect::<Vec<_>>().join("、");
        let chosen: Vec<usize> = match self.hit {
            Hit::Unique if hits.len() > 1 => {
                outcome.problem = Some(format!("命中“唯一”，却同时命中 {}", ids()));
                return Vec::new();
            }
            Hit::Any if hits.iter().any(|index| said(*index) != said(hits[0])) => {
                outcome.problem = Some(format!("命中“任意”，而 {} 的结果不同", ids()));
                return Vec::new();
            }
            Hit::Unique | Hit::First | Hit::Any => hits.iter().take(1).copied().collect(),
            Hit::Priority => {
                hits.iter().min_by_key(|index| self.rank(**index)).copied().into_iter().collect()
            }
            Hit::OutputOrder => {
                let mut sorted = hits.to_vec();
                sorted.sort_by_key(|index| self.rank(*index));
                sorted
            }
            _ => hits.to_vec(),
        };
        outcome.applied = !chosen.is_empty();
        let mut outputs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (index, name) in self.outputs.iter().enumerate() {
            let all: Vec<String> = chosen.iter().flat_map(|row| self.rows[*row].said(index, bound)).collect();
            outputs.insert(name.clone(), if index == 0 { self.folded(all) } else { all });
        }
        if self.hit == Hit::Count {
            outcome.applied = true;
        }
        outcome.results =
            self.outputs.first().and_then(|name| outputs.get(name)).cloned().unwrap_or_default();
        outcome.outputs = outputs;
        chosen
    }

    fn folded(&self, all: Vec<String>) -> Vec<String> {
        let numbers = all.iter().filter_map(|text| text.parse::<f64>().ok());
        let folded = match self.hit {
            Hit::Sum => numbers.reduce(|a, b| a + b),
            Hit::Least => numbers.reduce(f64::min),
            Hit::Greatest => numbers.reduce(f64::max),
            Hit::Count => {
                let mut distinct = all;
                distinct.sort();
                distinct.dedup();
                return vec![distinct.len().to_string()];
            }
            _ => return all,
        };
        folded.map(|number| number.to_string()).into_iter().collect()
    }

    /// Place of a row's result in the order of importance; lower is more important.
    pub(super) fn rank(&self, row: usize) -> usize {
        let Some(Say::Fixed(results)) = self.rows[row].results.first() else { return usize::MAX };
        let rank = |result: &String| self.order.iter().position(|known| known == result);
        results.iter().filter_map(rank).min().unwrap_or(usize::MAX)
    }

    pub(super) fn slots(&self) -> Vec<u32> {
        let mut slots: Vec<u32> = self.columns.iter().flat_map(Column::slots).collect();
        for row in &self.rows {
            for test in &row.tests {
                if let Test::Holds(expr) = test {
                    slots.extend(expr.slots());
                }
            }
            for result in &row.results {
                if let Say::Number(expr) = result {
                    slots.extend(expr.slots());
                }
            }
        }
        slots
    }

    /// Whether an open row could still change what is said.
    fn could_change(&self, row: usize, chosen: &[usize], hits: &[usize], bound: &Bound) -> bool {
        let same = chosen.first().is_some_and(|first| self.rows[*first].results == self.rows[row].results);
        match self.hit {
            Hit::First => !same,
            Hit::Priority => {
                !same
                    && chosen.first().is_none_or(|first| (self.rank(row), row) < (self.rank(*first), *first))
            }
            // A contradiction stays one.
            Hit::Any => !same && chosen.is_empty() == hits.is_empty(),
            Hit::Unique => hits.len() < 2,
            Hit::Sum => self.rows[row].said(0, bound) != ["0"],
            _ => true,
        }
    }

    fn open_slots(&self, row: usize, values: &[Held], bound: &Bound) -> Vec<u32> {
        let row = &self.rows[row];
        let truths = row.truths(values, bound);
        let mut slots = Vec::new();
        for ((test, truth), column) in row.tests.iter().zip(truths).zip(&self.columns) {
            match (test, truth) {
                (Test::Holds(expr), Truth::Unknown) => slots.extend(expr.missing(bound)),
                (_, Truth::Unknown) | (Test::Missing, Truth::Yes) => slots.extend(column.slots()),
                _ => {}
            }
        }
        slots
    }

    fn because(&self, row: &Row, truths: &[Truth], truth: Truth, scope: &Scope, bound: &Bound) -> Vec<Known> {
        let mut known: Vec<Known> = Vec::new();
        for (((test, answer), column), text) in
            row.tests.iter().zip(truths).zip(&self.columns).zip(&row.texts)
        {
            if *test == Test::Any || *answer != truth {
                continue;
            }
            let slots = match test {
                Test::Holds(expr) => expr.slots().to_vec(),
                _ => column.slots(),
            };
            let values: Vec<String> = slots.iter().map(|slot| scope.known(*slot, bound).value).collect();
            let verdict = match answer {
                Truth::Yes => "符合",
                Truth::No => "不符",
                Truth::Unknown => "未定",
            };
            let value = format!("{}（{verdict} {text}）", values.join("，"));
            known.push(Known { name: column.head.clone(), value });
        }
        known
    }
}

enum Role {
    Input(usize),
    Output(usize),
    Other,
}

impl Column {
    pub(super) fn value(&self, bound: &Bound) -> Held {
        match (&self.source, &self.kind) {
            (Source::Slot(slot), _) => bound.0.get(*slot as usize).cloned().unwrap_or_default(),
            (Source::Expr(expr), Kind::Truth) => match expr.eval(bound) {
                Truth::Yes => Held::Truth(true),
                Truth::No => Held::Truth(false),
                Truth::Unknown => Held::Unknown,
            },
            (Source::Expr(expr), _) => expr.number(bound).map_or(Held::Unknown, Held::Number),
        }
    }

    pub(super) fn slots(&self) -> Vec<u32> {
        match &self.source {
            Source::Slot(slot) => vec![*slot],
            Source::Expr(expr) => expr.slots().to_vec(),
        }
    }
}

impl Row {
    fn truths(&self, values: &[Held], bound: &Bound) -> Vec<Truth> {
        let truth = |(test, value): (&Test, &Held)| match test {
            Test::Holds(expr) => expr.eval(bound),
            test => test.holds(value),
        };
        self.tests.iter().zip(values).map(truth).collect()
    }

    /// What a result column says.
    fn said(&self, output: usize, bound: &Bound) -> Vec<String> {
        match self.results.get(output) {
            Some(Say::Fixed(results)) => results.clone(),
            Some(Say::Number(expr)) => {
                expr.number(bound).map(|number| number.to_string()).into_iter().collect()
            }
            None => Vec::new(),
        }
    }
}

fn every(truths: &[Truth]) -> Truth {
    if truths.contains(&Truth::No) {
        Truth::No
    } else if truths.contains(&Truth::Unknown) {
        Truth::Unknown
    } else {
        Truth::Yes
    }
}

fn test(sheet: &mut Sheet<'_>, scope: &Scope, cell: &Cell, column: Option<&Column>) -> Test {
    let Some(column) = column else { return Test::Any };
    if cell.text.chars().count() > MAX_CELL {
        sheet.refuse(cell, "MT009", format!("这一格超过 {MAX_CELL} 个字，请拆成几行"));
        return Test::Any;
    }
    match unary::parse(&cell.text, &column.head, &column.kind, scope) {
        Ok(test) => test,
        Err(error) => {
            let (line, column) = (cell.line.saturating_sub(1), cell.column.saturating_sub(1));
            let file = sheet.file;
            sheet.faults.push(error.into_fault(file, line, column));
            Test::Any
        }
    }
}
