//! XLSForm workbooks (`.xlsx`) as drafts: sheets `survey`, `choices` and `settings`, by the names of xlsform.org.

mod sheet;
mod survey;
mod xpath;

#[cfg(test)]
mod cases;

use std::collections::BTreeMap;

use kb::Fault;

use crate::form::draft::{Choice, Draft};

use super::{
    Loss,
    branch::{self, Links},
    document::Findings,
};
use sheet::Sheet;

/// Largest workbook, in bytes.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The options of each list, in order, by list name.
type Lists = BTreeMap<String, Vec<Choice>>;

/// The draft of a workbook and what of it is lost, or what is wrong with it. Faults name the cell.
pub fn import(file: &str, bytes: &[u8]) -> Result<(Draft, Vec<Loss>), Vec<Fault>> {
    let mut findings = Findings::new(file);
    if bytes.len() > MAX_BYTES {
        findings.fault("EXC307", file, &format!("文件太大，最多 {} MB", MAX_BYTES >> 20));
        return Err(findings.faults);
    }
    let mut sheets = match sheet::sheets(bytes, &["survey", "choices", "settings"]) {
        Ok(sheets) => sheets,
        Err(why) => {
            findings.fault("EXC301", file, &format!("不是能读的 .xlsx 文件：{why}"));
            return Err(findings.faults);
        }
    };
    let Some(survey) = sheets.remove("survey") else {
        findings.fault("EXC302", file, "没有 survey 表");
        return Err(findings.faults);
    };
    let lists = sheets.remove("choices").map(|sheet| lists(&sheet, &mut findings)).unwrap_or_default();
    let mut draft = Draft::default();
    settings(file, sheets.remove("settings"), &mut draft, &mut findings);
    let branches = survey::branches(&survey, lists, &mut findings);
    if findings.faults.is_empty() {
        draft.items = branch::items(branches);
        Ok((draft, findings.losses))
    } else {
        Err(findings.faults)
    }
}

fn settings(file: &str, sheet: Option<Sheet>, draft: &mut Draft, findings: &mut Findings) {
    let stem = file.rsplit(['/', '\\']).next().and_then(|name| name.split('.').next()).unwrap_or_default();
    let mut id = None;
    if let Some(sheet) = sheet {
        let line = sheet.rows.first();
        let mut known = Vec::new();
        let mut take = |names: &[&str]| {
            let column = sheet.column(names);
            known.extend(column);
            line.and_then(|line| line.cell(column)).map(str::to_owned)
        };
        if let Some(title) = take(&["form_title", "title"]) {
            draft.title = title.into();
        }
        id = take(&["form_id", "id_string"]);
        if let Some(version) = take(&["version"]) {
            draft.properties.push(super::property("版本", version));
        }
        take(&["default_language"]);
        unread(&sheet, &known, findings);
    }
    let slug: String = id
        .as_deref()
        .unwrap_or(stem)
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let words: Vec<&str> = slug.split('-').filter(|word| !word.is_empty()).collect();
    let slug = if words.is_empty() { "xlsform".to_owned() } else { words.join("-") };
    draft.id = slug.into();
    draft.properties.push(super::property("状态", "草稿".to_owned()));
}

/// The lists of the choices sheet.
fn lists(sheet: &Sheet, findings: &mut Findings) -> Lists {
    let list = sheet.column(&["list_name", "list name"]);
    let name = sheet.column(&["name", "value"]);
    let label = sheet.translated("label");
    if list.is_none() || name.is_none() {
        findings.fault("EXC302", &sheet.place(0, 0), "choices 表要有 list_name 和 name 两列");
        return Lists::new();
    }
    unread(sheet, &[list, name, label].into_iter().flatten().collect::<Vec<_>>(), findings);
    let mut lists = Lists::new();
    let mut labels: BTreeMap<String, Links> = BTreeMap::new();
    let mut names: BTreeMap<String, Links> = BTreeMap::new();
    for line in &sheet.rows {
        let Some(of) = line.cell(list) else { continue };
        let place = sheet.place(line.row, name.unwrap_or_default());
        let Some(code) = line.cell(name) else {
            findings.fault("EXC305", &place, "选项缺 name");
            continue;
        };
        let own = names.entry(of.to_owned()).or_default();
        if own.unique(code.to_owned()) != code {
            findings.fault("EXC305", &place, &format!("{of} 里已经有选项“{code}”"));
            continue;
        }
        let wanted: String = line
            .cell(label)
            .unwrap_or(code)
            .chars()
            .map(|c| if matches!(c, '「' | '」') || c.is_control() { '_' } else { c })
            .collect();
        let text = labels.entry(of.to_owned()).or_default().unique(wanted.clone());
        if text != wanted {
            let place = sheet.place(line.row, label.unwrap_or_default());
            findings.lose("EXC104", &place, &wanted, &format!("选项重名，改名“{text}”"));
        }
        let written = (code != text).then(|| code.to_owned().into());
        lists.entry(of.to_owned()).or_default().push(Choice {
            label: text.into(),
            code: written,
            ..Choice::default()
        });
    }
    lists
}

/// Columns that hold something nobody asked for.
fn unread(sheet: &Sheet, known: &[u32], findings: &mut Findings) {
    for (heading, column) in &sheet.columns {
        if known.contains(column) {
            continue;
        }
        let first = sheet.rows.iter().find(|line| line.cell(Some(*column)).is_some());
        if let Some(line) = first {
            let why = if heading.contains(':') {
                "只取一种语言（先取中文）"
            } else {
                "没有对应的内容"
            };
            findings.lose("EXC351", &sheet.place(line.row, *column), heading, why);
        }
    }
}
