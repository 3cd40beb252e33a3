//! A questionnaire as written: what the text file, the JSON of the designer and every exchange format share.
//!
//! Conditions and formulas are kept as written, with their places; [`crate::form`] compiles them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A place in the file a draft was read from; zero when it came from elsewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A piece of text or an expression as written, and where. Two with the same text are equal.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Written {
    /// The text, trimmed.
    pub text: String,
    /// Where it begins.
    pub place: Place,
}

impl PartialEq for Written {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Written {}

impl From<String> for Written {
    fn from(text: String) -> Self {
        Self { text: text.trim().to_owned(), place: Place::default() }
    }
}

impl From<Written> for String {
    fn from(written: Written) -> Self {
        written.text
    }
}

/// A questionnaire.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Stable name: lower-case letters, digits and `-`.
    pub id: Written,
    /// What people read.
    pub title: Written,
    /// Properties of the whole, by their canonical Chinese key (`版本`, `状态`, `来源`, `科室`, `病种` …), in file order.
    #[serde(default)]
    pub properties: Vec<Property>,
    /// Everything in it, in order.
    #[serde(default)]
    pub items: Vec<Item>,
    /// Comment lines above its first line, among its properties and at the end of the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Remark>,
}

/// A comment line that stands inside something, without its marks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    /// What it stands above.
    pub part: Part,
    /// Which of them, from 0; 0 for the head and the end.
    #[serde(default)]
    pub index: usize,
    /// What it says, trimmed, one line.
    pub text: String,
}

/// The parts a comment may stand above, in the order they are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The first line of the questionnaire.
    Head,
    /// A row of a grid.
    Row,
    /// An option.
    Option,
    /// A word that stands alone.
    Flag,
    /// A property.
    Property,
    /// The end of a page, a group or the file.
    End,
}

/// A `key: value` line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// Canonical key.
    pub key: Written,
    /// The condition in brackets after the key: `现病史(发热 = 是): …`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Written>,
    /// The value as written.
    pub value: Written,
}

/// One item: a page, a question, a group that repeats, a note, a computed value or a constraint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// Its name in expressions; unique in the questionnaire (in a group: unique in the group).
    pub id: Written,
    /// What the patient reads.
    pub text: Written,
    /// Required, read-only, hidden …: words that stand alone on a line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// All other properties, by canonical key, in file order; a key may repeat (`跳转`, `约束`, `分级`, `现病史` …).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Property>,
    /// Options of a single or multiple choice, columns of a grid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choice>,
    /// Rows of a grid: name and text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Row>,
    /// Items of a page or a repeating group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// Comment lines that stood above it, without their marks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<String>,
    /// Comment lines among its parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Remark>,
}

/// Kinds of items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `页`: items shown together.
    Page,
    /// `组` … `组完`: items that repeat.
    Group,
    /// `说明`: text without an answer.
    Note,
    /// `是否`: yes or no.
    #[default]
    YesNo,
    /// `单选`
    Single,
    /// `多选`
    Multiple,
    /// `文字`
    Text,
    /// `数字`
    Number,
    /// `日期`
    Date,
    /// `时长`
    Duration,
    /// `表格`: one choice (or several) for each row.
    Grid,
    /// `计算`: a value that follows from answers.
    Computed,
    /// `约束`: a condition over several answers that must not be broken; the text is the message.
    Constraint,
}

/// Words that stand alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// `必答`
    Required,
    /// `隐藏`: never drawn; for computed values.
    Hidden,
    /// `只读`: shown with its initial value, not to be changed.
    ReadOnly,
    /// `多行`: a text of several lines.
    Multiline,
    /// `每行多选`: a grid whose rows take several columns.
    RowsMultiple,
}

/// An option.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What the patient reads, and its name in expressions.
    pub label: Written,
    /// How it reads in the record; the label when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads: Option<Written>,
    /// `独占`: chosen alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exclusive: bool,
    /// `填写`: choosing it opens a line of text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fill_in: bool,
    /// `分 3`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Written>,
    /// `显示 条件`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Written>,
    /// `概念 名称`: what choosing it says, in the disease graph.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concept: Option<Written>,
    /// `编码 系统|代码`: for exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Written>,
    /// Anything else, kept for exchange.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other: BTreeMap<String, String>,
}

/// A row of a grid.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name: `表格名.行名` in expressions.
    pub id: Written,
    /// What the patient reads.
    pub text: Written,
    /// How it reads in the record; the text when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads: Option<Written>,
    /// When it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Written>,
}

impl Item {
    /// Whether a word stands alone on a line of it.
    pub fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    /// The properties of a key, in file order.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Property> {
        self.properties.iter().filter(move |property| property.key.text == key)
    }

    /// The first property of a key.
    pub fn first(&self, key: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.key.text == key)
    }
}
