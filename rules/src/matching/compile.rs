//! From a page to a matcher.

use kb::Fault;

use super::{
    Body, Matcher, Status, Targets, examples, input::Input, literal, nearest::Nearest, ordered::Ordered,
    read::Sheet, scope::Scope, table::Table, weighted::Weighted,
};
use crate::page::Cell;

/// Longest file, in bytes.
const MAX_FILE: usize = 1_000_000;

pub(super) fn compile(file: &str, text: &str, targets: &dyn Targets) -> Result<Matcher, Vec<Fault>> {
    if text.len() > MAX_FILE {
        return Err(vec![Fault::error(file, 1, "MT003", "文件超过 1 MB，请拆成几个")]);
    }
    let mut sheet = Sheet::read(file, text)?;
    let (id, name, source) = (sheet.required("编号"), sheet.required("名称"), sheet.required("来源"));
    sheet.required("种类");
    sheet.word("种类", &[("匹配", "matching")]);
    sheet.required("方式");
    let mode = sheet
        .word("方式", &[("依次", "ordered"), ("决策表", "table"), ("加权", "weighted"), ("近例", "nearest")]);
    sheet.required("状态");
    let words = [("草稿", "draft"), ("待审", "review"), ("已发布", "published"), ("停用", "retired")];
    let status = match sheet.word("状态", &words) {
        1 => Status::Review,
        2 => Status::Published,
        3 => Status::Retired,
        _ => Status::Draft,
    };
    let scope = scope(&mut sheet);
    let result = sheet.word("结果", &[("问卷", "questionnaire"), ("文字", "text"), ("数字", "number")]);
    let targets = (result == 0).then_some(targets);
    let otherwise = otherwise(&mut sheet, targets);
    let body = match mode {
        0 => Body::Ordered(Ordered::read(&mut sheet, &scope, targets)),
        1 => Body::Table(Table::read(&mut sheet, &scope, targets, result == 2)),
        2 => Body::Weighted(Weighted::read(&mut sheet, &scope, targets)),
        _ => Body::Nearest(Nearest::read(&mut sheet, &scope, targets)),
    };
    let examples = examples::read(&mut sheet, &scope, targets.is_some());
    let version = sheet.entry("版本").map(|entry| entry.value.clone()).unwrap_or_default();
    let mut faults = sheet.faults;
    if faults.is_empty() {
        let has_otherwise = otherwise.is_some();
        let otherwise = otherwise.unwrap_or_default();
        let file = file.to_owned();
        return Ok(Matcher {
            id,
            name,
            version,
            source,
            status,
            file,
            scope,
            body,
            otherwise,
            has_otherwise,
            examples,
        });
    }
    faults.sort_by_key(|fault| (fault.line, fault.column, fault.code));
    faults.dedup();
    Err(faults)
}

fn otherwise(sheet: &mut Sheet<'_>, targets: Option<&dyn Targets>) -> Option<Vec<String>> {
    let entry = sheet.entry("否则")?;
    let cell = Cell { text: entry.value.clone(), line: entry.line, column: entry.column };
    Some(sheet.targets(&cell, targets))
}

/// Reads the inputs and what is derived from them.
fn scope(sheet: &mut Sheet<'_>) -> Scope {
    let mut scope = Scope::default();
    let grid = sheet.inputs.clone();
    let known = [
        "名称",
        "name",
        "类型",
        "type",
        "取值/范围",
        "取值",
        "范围",
        "values",
        "单位",
        "unit",
        "说明",
        "note",
    ];
    for cell in grid.head.iter().filter(|cell| !known.contains(&cell.text.as_str())) {
        sheet.refuse(
            cell,
            "MT002",
            format!("输入表的列“{}”不认识；可用：名称、类型、取值/范围、单位、说明", cell.text),
        );
    }
    let columns = [
        grid.column(&["名称", "name"]),
        grid.column(&["类型", "type"]),
        grid.column(&["取值/范围", "取值", "范围", "values"]),
        grid.column(&["单位", "unit"]),
    ];
    if let (Some(head), true) = (grid.head.first(), columns[0].is_none() || columns[1].is_none()) {
        sheet.refuse(head, "MT003", "输入表要有“名称”“类型”两列");
        return scope;
    }
    for row in &grid.rows {
        let cell = |index: usize| columns[index].and_then(|at| row.get(at)).cloned().unwrap_or_default();
        let (name, kind, values, unit) = (cell(0), cell(1), cell(2), cell(3));
        let plain = literal::unquoted(&name.text);
        if plain.is_empty() || scope.inputs.iter().any(|input| input.name == plain) {
            sheet.refuse(&name, "MT004", format!("输入的名称“{plain}”是空的或已经用过"));
            continue;
        }
        match Input::parse(plain, &kind.text, &values.text, &unit.text) {
            Ok(input) => scope.inputs.push(Input { line: name.line, column: name.column, ..input }),
            Err(why) => sheet.refuse(&kind, "MT004", why),
        }
    }
    for definition in &sheet.definitions {
        if let Some(input) = scope.inputs.iter().find(|input| input.name == definition.name) {
            let message = format!("推导的名称“{}”和第 {} 行的输入相同", definition.name, input.line);
            sheet.faults.push(Fault::error(sheet.file, definition.line, "MT005", message));
        }
    }
    let definitions = std::mem::take(&mut sheet.definitions);
    let faults = scope.derive(sheet.file, definitions);
    sheet.faults.extend(faults);
    scope
}
