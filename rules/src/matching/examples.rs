//! Examples beside the rules: visits and what must come out, and which rows they hit.

use std::collections::BTreeSet;

use kb::Fault;

use super::{
    Body, Matcher,
    datum::Visit,
    input::Input,
    literal,
    read::{Grid, Sheet},
    scope::Scope,
};
use crate::page::Cell;

/// A visit and what must come out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Example {
    visit: Visit,
    expected: Vec<String>,
    id: String,
    line: u32,
    column: u32,
}

/// How the examples of a file came out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Examples in the file.
    pub n_examples: usize,
    /// Rules, rows, factors or cases in the file.
    pub n_rows: usize,
    /// Those among them that an example hits.
    pub n_hit: usize,
    /// Examples that fail (`MT040`, errors) and rows no example hits (`MT041`, warnings).
    pub faults: Vec<Fault>,
}

/// Reads the section 例. Ids as results are parted at commas.
pub(super) fn read(sheet: &mut Sheet<'_>, scope: &Scope, is_list: bool) -> Vec<Example> {
    let mut examples = Vec::new();
    for grid in std::mem::take(&mut sheet.examples) {
        let output = grid.head.iter().position(|cell| cell.text.starts_with("=>"));
        let output = output.or_else(|| grid.column(&["结果", "result"]));
        let Some(output) = output else {
            let head = grid.head.first().cloned().unwrap_or_default();
            sheet.refuse(&head, "MT012", "例的表缺少结果列，列头写成“=> 结果”");
            continue;
        };
        let roles: Vec<Role<'_>> = grid.head.iter().map(|cell| role(sheet, scope, cell)).collect();
        for row in &grid.rows {
            examples.extend(example(sheet, scope, &grid, &roles, row, output, is_list));
        }
    }
    examples
}

enum Role<'a> {
    /// `名 = 值; 名 = 值`
    Given,
    Input(&'a Input),
    Other,
}

fn role<'a>(sheet: &mut Sheet<'_>, scope: &'a Scope, cell: &Cell) -> Role<'a> {
    match cell.text.as_str() {
        "给出" | "given" => Role::Given,
        "编号" | "id" | "理由" | "说明" | "结果" | "result" => Role::Other,
        text if text.starts_with("=>") => Role::Other,
        text => {
            let input = scope.inputs.iter().find(|input| input.name == text);
            if input.is_none() {
                sheet.refuse(cell, "MT012", format!("例的列“{text}”不是输入"));
            }
            input.map_or(Role::Other, Role::Input)
        }
    }
}

fn example(
    sheet: &mut Sheet<'_>,
    scope: &Scope,
    grid: &Grid,
    roles: &[Role<'_>],
    row: &[Cell],
    output: usize,
    is_list: bool,
) -> Option<Example> {
    let mut visit = Visit::default();
    let mut add = |sheet: &mut Sheet<'_>, input: &Input, text: &str, cell: &Cell| match input.read(text) {
        Ok(datum) => match input.hold(&datum) {
            Ok(_) => visit = std::mem::take(&mut visit).with(&input.name, datum),
            Err(why) => sheet.refuse(cell, "MT012", format!("“{}”：{why}", input.name)),
        },
        Err(why) => sheet.refuse(cell, "MT012", why),
    };
    for (role, cell) in roles.iter().zip(row) {
        match role {
            Role::Input(_) if matches!(cell.text.as_str(), "" | "-" | "未知") => {}
            Role::Input(input) => add(sheet, input, &cell.text, cell),
            Role::Given => {
                for pair in cell.text.split([';', '；']).filter(|pair| !pair.trim().is_empty()) {
                    let parts = pair.split_once(['=', '＝']);
                    let input = parts
                        .and_then(|(name, _)| scope.inputs.iter().find(|input| input.name == name.trim()));
                    if let (Some((_, value)), Some(input)) = (parts, input) {
                        add(sheet, input, value.trim(), cell);
                    } else {
                        let message = format!("“{}”要写成“输入 = 值”，用分号隔开", pair.trim());
                        sheet.refuse(cell, "MT012", message);
                    }
                }
            }
            Role::Other => {}
        }
    }
    let cell = row.get(output)?;
    let expected = match cell.text.as_str() {
        "无" => Vec::new(),
        text if is_list => literal::list(text).into_iter().map(|(_, id)| id).collect(),
        text => literal::list(text).into_iter().map(|(_, part)| normal(literal::unquoted(&part))).collect(),
    };
    let id = grid.column(&["编号", "id"]).and_then(|at| row.get(at)).map(|cell| cell.text.clone());
    Some(Example { visit, expected, id: id.unwrap_or_default(), line: cell.line, column: cell.column })
}

/// A number in its shortest spelling, other texts as they are.
fn normal(text: &str) -> String {
    text.parse::<f64>().map_or_else(|_| text.to_owned(), |number| number.to_string())
}

/// Runs all examples.
pub(super) fn check(matcher: &Matcher) -> Checked {
    let mut hit: BTreeSet<String> = BTreeSet::new();
    let mut faults = Vec::new();
    for example in &matcher.examples {
        let decision = matcher.decide(&example.visit);
        for step in &decision.trace.steps {
            let counts = matches!(matcher.body, Body::Weighted(_)) && step.holds == Some(true);
            if step.chosen || counts {
                hit.insert(step.id.clone());
            }
        }
        let got: Vec<String> = decision.results.iter().map(|result| normal(result)).collect();
        if got != example.expected {
            let shown =
                |results: &[String]| if results.is_empty() { "无".to_owned() } else { results.join("、") };
            let message =
                format!("例 {} 应得 {}，实得 {}", example.id, shown(&example.expected), shown(&got));
            let chosen = decision.trace.steps.iter().filter(|step| step.chosen);
            let behind: Vec<String> =
                chosen.map(|step| format!("第 {} 行（{}）", step.line, step.id)).collect();
            let witness = match (&decision.trace.problem, behind.is_empty()) {
                (Some(problem), _) => problem.clone(),
                (None, true) => "没有一行命中".to_owned(),
                (None, false) => format!("命中{}", behind.join("、")),
            };
            faults.push(
                Fault::error(&matcher.file, example.line, "MT040", message)
                    .at_column(example.column)
                    .with_witness(witness),
            );
        }
    }
    let labels = matcher.labels();
    let n_rows = labels.len();
    let unhit: Vec<_> = labels.into_iter().filter(|label| !hit.contains(&label.id)).collect();
    for label in &unhit {
        let message = format!("没有一个例命中规则 {}", label.id);
        faults.push(
            Fault::warning(&matcher.file, label.line, "MT041", message)
                .at_column(label.column)
                .with_hint("在“例”里补一个"),
        );
    }
    faults.sort_by_key(|fault| (fault.line, fault.column, fault.code));
    Checked { n_examples: matcher.examples.len(), n_rows, n_hit: n_rows - unhit.len(), faults }
}
