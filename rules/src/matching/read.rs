//! A page of rules as its front matter and sections.

use kb::Fault;

use super::{Targets, literal, scope::Definition};
use crate::{
    expr::nearest,
    page::{Block, Cell, Entry, Page},
};

/// Keys of the front matter, each with its other spelling.
const KEYS: [(&str, &str); 16] = [
    ("编号", "id"),
    ("名称", "name"),
    ("种类", "kind"),
    ("方式", "mode"),
    ("命中", "hit"),
    ("取", "take"),
    ("结果", "result"),
    ("次序", "order"),
    ("否则", "otherwise"),
    ("门槛", "threshold"),
    ("邻数", "neighbours"),
    ("最低相似", "similarity"),
    ("来源", "source"),
    ("状态", "status"),
    ("版本", "version"),
    ("说明", "note"),
];

/// A table with its head.
#[derive(Debug, Clone, Default)]
pub(super) struct Grid {
    pub(super) head: Vec<Cell>,
    pub(super) rows: Vec<Vec<Cell>>,
}

impl Grid {
    /// The column with one of these heads.
    pub(super) fn column(&self, names: &[&str]) -> Option<usize> {
        self.head.iter().position(|cell| names.contains(&cell.text.as_str()))
    }
}

/// A page of rules, split up.
pub(super) struct Sheet<'a> {
    pub(super) file: &'a str,
    pub(super) faults: Vec<Fault>,
    pub(super) inputs: Grid,
    pub(super) definitions: Vec<Definition>,
    pub(super) rules: Grid,
    pub(super) examples: Vec<Grid>,
    page: Page,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Inputs,
    Definitions,
    Rules,
    Examples,
    Prose,
}

impl<'a> Sheet<'a> {
    /// Splits a page; what stands in no known place is a fault.
    pub(super) fn read(file: &'a str, text: &str) -> Result<Self, Vec<Fault>> {
        let mut page = Page::read(file, text)?;
        let blocks = std::mem::take(&mut page.blocks);
        let mut sheet = Self {
            file,
            faults: Vec::new(),
            inputs: Grid::default(),
            definitions: Vec::new(),
            rules: Grid::default(),
            examples: Vec::new(),
            page,
        };
        for entry in &sheet.page.front {
            if !KEYS.iter().any(|(chinese, ascii)| entry.key == *chinese || entry.key == *ascii) {
                let names = KEYS.map(|(chinese, _)| chinese);
                let near = nearest(&entry.key, names);
                let near = near.map_or_else(String::new, |near| format!("，是不是“{near}”"));
                let message = format!("文件头的“{}”不认识{near}；可用：{}", entry.key, names.join("、"));
                sheet.faults.push(Fault::error(file, entry.line, "MT002", message));
            }
        }
        let mut section = Section::Prose;
        for block in blocks {
            match block {
                Block::Heading(_, text, _) => section = named(&text),
                Block::Table(rows) => sheet.table(section, rows),
                Block::Bullet(text, line, column) if section == Section::Definitions => {
                    sheet.definition(&text, line, column);
                }
                Block::Text(text, line) if section == Section::Definitions && text.contains(":=") => {
                    sheet.definition(&text, line, 1);
                }
                Block::Bullet(..) | Block::Text(..) | Block::Code(..) => {}
            }
        }
        for (grid, name) in [(&sheet.inputs, "输入"), (&sheet.rules, "规则")] {
            if grid.rows.is_empty() {
                let message = format!("缺少“## {name}”下面的表，或表里一行也没有");
                sheet.faults.push(Fault::error(file, 1, "MT003", message));
            }
        }
        Ok(sheet)
    }

    fn table(&mut self, section: Section, mut rows: Vec<Vec<Cell>>) {
        if rows.is_empty() {
            return;
        }
        let head = rows.remove(0);
        let place = head.first().cloned().unwrap_or_default();
        let mut grid = Grid { head, rows };
        let slot = match section {
            Section::Inputs => &mut self.inputs,
            Section::Rules => {
                let id = grid.column(&["编号", "id"]);
                let is_off = |row: &Vec<Cell>| {
                    id.and_then(|at| row.get(at)).is_some_and(|cell| struck(&cell.text).is_some())
                };
                grid.rows.retain(|row| !is_off(row));
                &mut self.rules
            }
            Section::Examples => {
                self.examples.push(grid);
                return;
            }
            Section::Definitions | Section::Prose => {
                self.refuse(&place, "MT002", "这个表不在“输入”“规则”“例”任何一节下面，不知道是什么");
                return;
            }
        };
        if slot.head.is_empty() {
            *slot = grid;
        } else {
            self.refuse(&place, "MT002", "这一节只能有一个表，请合成一个");
        }
    }

    fn definition(&mut self, text: &str, line: u32, column: u32) {
        let Some((name, value)) = text.split_once(":=").or_else(|| text.split_once("：＝")) else {
            self.faults
                .push(Fault::error(self.file, line, "MT005", "推导写成“名称 := 表达式”").at_column(column));
            return;
        };
        let before = text.chars().count() - value.trim_start().chars().count();
        let definition = Definition {
            name: literal::unquoted(name.trim()).to_owned(),
            text: value.trim().to_owned(),
            line,
            column: column.saturating_add(u32::try_from(before).unwrap_or(0)),
        };
        let known = self.definitions.iter().any(|other| other.name == definition.name);
        if definition.name.is_empty() || known {
            let message = format!("推导的名称“{}”是空的或已经用过", definition.name);
            self.faults.push(Fault::error(self.file, line, "MT005", message).at_column(column));
            return;
        }
        self.definitions.push(definition);
    }

    pub(super) fn refuse(&mut self, cell: &Cell, code: &'static str, message: impl Into<String>) {
        self.faults
            .push(Fault::error(self.file, cell.line.max(1), code, message).at_column(cell.column.max(1)));
    }

    /// The front matter's entry of a key, by its Chinese spelling.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        let other = KEYS.iter().find(|(chinese, _)| *chinese == key).map(|(_, ascii)| *ascii);
        self.page.entry(key).or_else(|| self.page.entry(other?)).filter(|entry| !entry.value.is_empty())
    }

    /// The value of a key; a fault when it is missing.
    pub(super) fn required(&mut self, key: &str) -> String {
        if let Some(entry) = self.entry(key) {
            return entry.value.clone();
        }
        self.faults.push(Fault::error(self.file, 1, "MT001", format!("文件头缺少“{key}”")));
        String::new()
    }

    /// One of the words a key may have; its index, 0 when it is left out.
    pub(super) fn word(&mut self, key: &str, words: &[(&str, &str)]) -> usize {
        let Some(entry) = self.entry(key) else { return 0 };
        let value = entry.value.to_ascii_lowercase();
        if let Some(index) = words.iter().position(|(chinese, ascii)| value == *chinese || value == *ascii) {
            return index;
        }
        let names: Vec<&str> = words.iter().map(|(chinese, _)| *chinese).collect();
        let message = format!("“{key}”写成其中一个：{}", names.join("、"));
        let fault = Fault::error(self.file, entry.line, "MT001", message).at_column(entry.column);
        self.faults.push(fault);
        0
    }

    /// A number of the front matter within bounds.
    pub(super) fn number(&mut self, key: &str, default: f64, bounds: std::ops::RangeInclusive<f64>) -> f64 {
        let Some(entry) = self.entry(key) else { return default };
        match entry.value.parse::<f64>() {
            Ok(number) if bounds.contains(&number) => number,
            _ => {
                let message = format!("“{key}”要是 {} 到 {} 之间的数", bounds.start(), bounds.end());
                let fault = Fault::error(self.file, entry.line, "MT011", message).at_column(entry.column);
                self.faults.push(fault);
                default
            }
        }
    }

    /// Targets named in a cell, in order; `无` names none.
    pub(super) fn targets(&mut self, cell: &Cell, targets: Option<&dyn Targets>) -> Vec<String> {
        let Some(targets) = targets else {
            return vec![literal::unquoted(&cell.text).to_owned()];
        };
        if cell.text == "无" {
            return Vec::new();
        }
        let ids = literal::list(&cell.text);
        if ids.is_empty() {
            self.refuse(cell, "MT007", "这里写问卷编号；什么都不推写 无");
        }
        for (before, id) in &ids {
            if !targets.has(id) {
                let column = cell.column.saturating_add(u32::try_from(*before).unwrap_or(0));
                let names = targets.names();
                let near = nearest(id, names.iter().map(String::as_str));
                let near = near.map_or_else(String::new, |near| format!("；是不是“{near}”？"));
                let message = format!("没有编号为“{id}”的问卷{near}");
                self.refuse(&Cell { column, ..cell.clone() }, "MT007", message);
            }
        }
        ids.into_iter().map(|(_, id)| id).collect()
    }
}

/// The text between the signs that strike it through.
pub(super) fn struck(text: &str) -> Option<&str> {
    text.strip_prefix("~~")?.strip_suffix("~~").map(str::trim).filter(|text| !text.is_empty())
}

pub(super) fn named(heading: &str) -> Section {
    let first = heading.split(|sign: char| !sign.is_alphanumeric()).next().unwrap_or_default();
    match first.to_ascii_lowercase().as_str() {
        "输入" | "inputs" => Section::Inputs,
        "推导" | "derived" => Section::Definitions,
        "规则" | "rules" => Section::Rules,
        "例" | "例子" | "examples" => Section::Examples,
        _ => Section::Prose,
    }
}
