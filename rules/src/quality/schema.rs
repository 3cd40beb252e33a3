//! What a record holds, as data: the names rules may use and the kinds of their values.
//!
//! A schema is a Markdown page of tables, told apart by the head of their first column:
//!
//! | first column | the others | gives |
//! |---|---|---|
//! | 段 | 说明 | `X.文` text, `X.字数` characters without blanks, `X.已问` yes once it has a text |
//! | 名称 | 类型, 单位或选项, 说明 | one fact: 是否, 数字, 单选, 多选, 文字, 日期 or 组; `组名.项` is an item of the group |
//! | 属性 | 类型, 单位或选项, 说明 | what may be known of a symptom |
//! | 症状 | 属性 | the symptom itself (yes/no) and `症状.属性` for each one named |
//! | 模型 | 读的文, 说明 | `模型.X`, the score a model gives that text |

use std::collections::BTreeMap;

use kb::Fault;

use super::{read::fault, words};
use crate::{
    expr::{Kind, Variable, Vocabulary},
    page::{Block, Cell, Page},
};

/// Units a number may have.
const UNITS: [&str; 18] = [
    "岁", "年", "月", "周", "天", "小时", "分钟", "℃", "次/分", "次", "mmHg", "mmol/L", "kg", "cm", "%",
    "mg", "ml", "片",
];
/// Spellings of kinds in the column 类型.
const KINDS: [&str; 7] = ["是否", "数字", "单选", "多选", "文字", "日期", "组"];

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The caller.
    Given,
    /// The characters, without blanks, of the text in this slot.
    Length(u32),
    /// The caller; yes without him once the text in this slot is not blank.
    Asked(u32),
    /// The score a model gives the text in this slot.
    Model(u32),
}

/// One name.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// As rules write it.
    pub name: String,
    /// What values it has.
    pub kind: Kind,
    /// Where its value comes from.
    pub origin: Origin,
    /// What it means, for editors.
    pub note: String,
}

/// The names of a record. The slot of a name is its position.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    fields: Vec<Field>,
    slots: BTreeMap<String, u32>,
    sections: Vec<String>,
}

impl Schema {
    /// Reads the page of a schema; refused with every finding (`QC014`, and `PG…` of the page).
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Fault>> {
        let page = Page::read(file, text)?;
        let mut reader = Reader { file, schema: Self::default(), attributes: Vec::new(), faults: Vec::new() };
        let tables = || {
            page.blocks
                .iter()
                .filter_map(|block| if let Block::Table(rows) = block { Some(rows) } else { None })
        };
        for wanted in ["段", "名称", "属性", "症状", "模型"] {
            for rows in tables().filter(|rows| head(rows) == wanted) {
                rows.iter().skip(1).for_each(|row| reader.row(wanted, row));
            }
        }
        for rows in tables().filter(|rows| !["段", "名称", "属性", "症状", "模型"].contains(&head(rows)))
        {
            if let Some(cell) = rows.first().and_then(|row| row.first()) {
                reader.refuse(cell, "表的第一列只能是 段、名称、属性、症状、模型 之一");
            }
        }
        if reader.schema.fields.is_empty() && reader.faults.is_empty() {
            reader.faults.push(fault(file, 1, 1, "QC014", "词汇页里没有一张表给出名称"));
        }
        if reader.faults.is_empty() { Ok(reader.schema) } else { Err(reader.faults) }
    }

    /// A schema of names the caller knows; refused with the reason when a name stands twice.
    pub fn of(fields: Vec<Field>, sections: Vec<String>) -> Result<Self, String> {
        let mut schema = Self { sections, ..Self::default() };
        for field in fields {
            schema.add(field)?;
        }
        Ok(schema)
    }

    /// Every name, in the order of slots.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The sections of the record, in its order.
    pub fn sections(&self) -> &[String] {
        &self.sections
    }

    /// The slot of a name.
    pub fn slot(&self, name: &str) -> Option<u32> {
        self.slots.get(name).copied()
    }

    /// The field in a slot.
    pub fn field(&self, slot: u32) -> Option<&Field> {
        self.fields.get(slot as usize)
    }

    /// Where a finding may point: a section or a name; its position in the record.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        let section = self.sections.iter().position(|section| section == name);
        section.or_else(|| self.slot(name).map(|slot| self.sections.len() + slot as usize))
    }

    /// Says that a name is not one of these, and which may be meant.
    pub(super) fn unknown(&self, name: &str) -> String {
        let names: Vec<&str> = self.fields.iter().map(|field| field.name.as_str()).collect();
        words::unknown("名称", name, &names)
    }

    fn add(&mut self, field: Field) -> Result<u32, String> {
        let slot = u32::try_from(self.fields.len()).map_err(|_| "名称太多".to_owned())?;
        if field.name.is_empty() {
            return Err("名称是空的".to_owned());
        }
        if self.slots.insert(field.name.clone(), slot).is_some() {
            return Err(format!("“{}”写了两次", field.name));
        }
        self.fields.push(field);
        Ok(slot)
    }

    /// The group an item's name begins with.
    fn group(&self, name: &str) -> Option<u32> {
        let (group, _) = name.split_once('.')?;
        self.slot(group).filter(|slot| self.field(*slot).is_some_and(|field| field.kind == Kind::Rows))
    }
}

impl Vocabulary for Schema {
    fn resolve(&self, name: &str) -> Option<Variable> {
        let slot = self.slot(name)?;
        Some(Variable { slot, kind: self.field(slot)?.kind.clone() })
    }

    fn names(&self) -> Vec<String> {
        self.fields.iter().map(|field| field.name.clone()).collect()
    }
}

fn head(rows: &[Vec<Cell>]) -> &str {
    rows.first().and_then(|row| row.first()).map_or("", |cell| cell.text.as_str())
}

struct Reader<'a> {
    file: &'a str,
    schema: Schema,
    attributes: Vec<(String, Kind, String)>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn refuse(&mut self, cell: &Cell, message: impl Into<String>) {
        self.faults.push(fault(self.file, cell.line, cell.column, "QC014", message));
    }

    fn add(&mut self, cell: &Cell, name: String, kind: Kind, origin: Origin, note: &str) -> Option<u32> {
        let added = self.schema.add(Field { name, kind, origin, note: note.to_owned() });
        added.map_err(|message| self.refuse(cell, message)).ok()
    }

    fn row(&mut self, table: &str, row: &[Cell]) {
        let text = |index: usize| row.get(index).map_or("", |cell| cell.text.as_str());
        let Some(first) = row.first() else { return };
        let name = first.text.clone();
        match table {
            "段" => self.section(first, text(1)),
            "名称" => {
                let Some(kind) = self.kind(row) else { return };
                let kind = match self.schema.group(&name) {
                    Some(group) => Kind::Item { group, of: Box::new(kind) },
                    None => kind,
                };
                self.add(first, name, kind, Origin::Given, text(3));
            }
            "属性" => {
                let Some(kind) = self.kind(row) else { return };
                self.attributes.push((name, kind, text(3).to_owned()));
            }
            "症状" => self.symptom(first, row.get(1)),
            _ => match self
                .schema
                .slot(text(1))
                .filter(|slot| self.schema.field(*slot).is_some_and(|field| field.kind == Kind::Text))
            {
                Some(slot) => {
                    let kind = Kind::Number { unit: None };
                    self.add(first, format!("模型.{name}"), kind, Origin::Model(slot), text(2));
                }
                None => self.refuse(first, format!("模型要读一个文字，例如 现病史.文，不能读“{}”", text(1))),
            },
        }
    }

    fn section(&mut self, first: &Cell, note: &str) {
        let name = &first.text;
        let Some(slot) = self.add(first, format!("{name}.文"), Kind::Text, Origin::Given, note) else {
            return;
        };
        let number = Kind::Number { unit: None };
        self.add(first, format!("{name}.字数"), number, Origin::Length(slot), "不算空白的字数");
        self.add(first, format!("{name}.已问"), Kind::Truth, Origin::Asked(slot), "这一段问过没有");
        self.schema.sections.push(name.clone());
    }

    fn symptom(&mut self, first: &Cell, attributes: Option<&Cell>) {
        self.add(first, first.text.clone(), Kind::Truth, Origin::Given, "有没有这个症状");
        let Some(cell) = attributes else { return };
        for attribute in words::items(&cell.text) {
            let known = self.attributes.iter().find(|(name, ..)| name == attribute).cloned();
            match known {
                Some((name, kind, note)) => {
                    self.add(first, format!("{}.{name}", first.text), kind, Origin::Given, &note);
                }
                None => self.refuse(cell, format!("属性表里没有“{attribute}”")),
            }
        }
    }

    fn kind(&mut self, row: &[Cell]) -> Option<Kind> {
        let [_, kind, rest, ..] = row else {
            self.refuse(row.first()?, "这张表要有 类型、单位或选项 两列");
            return None;
        };
        let labels: Vec<String> = words::items(&rest.text).map(str::to_owned).collect();
        Some(match kind.text.as_str() {
            "是否" => Kind::Truth,
            "文字" => Kind::Text,
            "日期" => Kind::Date,
            "组" => Kind::Rows,
            "数字" if rest.text.is_empty() => Kind::Number { unit: None },
            "数字" => {
                let Some(unit) = UNITS.iter().find(|unit| **unit == rest.text) else {
                    self.refuse(rest, format!("单位只能是 {}，不能是“{}”", UNITS.join("、"), rest.text));
                    return None;
                };
                Kind::Number { unit: Some(unit) }
            }
            "单选" | "多选" if labels.is_empty() || labels.len() > usize::from(u16::MAX) => {
                self.refuse(rest, "单选和多选要写出选项，用“、”隔开");
                return None;
            }
            "单选" => Kind::Choice(labels),
            "多选" => Kind::Set(labels),
            other => {
                let message = words::unknown("类型", other, &KINDS);
                self.refuse(kind, message);
                return None;
            }
        })
    }
}
