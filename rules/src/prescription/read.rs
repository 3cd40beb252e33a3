//! A rule's page as its parts, nothing resolved yet.

use kb::Fault;

use crate::{
    expr::nearest,
    page::{Block, Cell, Page},
};

/// Lines a `规则` block may have.
const KEYS: [&str; 8] = ["每味", "整方", "成对", "对象", "适用", "除非", "提示", "改法"];
/// Entries of the front matter.
const FRONT: [&str; 10] = ["编号", "名称", "种类", "类别", "级别", "底线", "双签", "点评", "状态", "来源"];

/// A text with its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) text: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// An example and whether it is to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) hits: bool,
    pub(super) part: Part,
}

/// A page taken apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    front: Vec<(&'static str, Part)>,
    clauses: Vec<(&'static str, Part)>,
    pub(super) samples: Vec<Sample>,
    pub(super) tables: Vec<Vec<Vec<Cell>>>,
    /// What the page says of the rule, for people.
    pub(super) manual: String,
    /// Line of the `规则` block.
    pub(super) line: u32,
}

impl Parts {
    pub(super) fn front(&self, key: &str) -> Option<&Part> {
        self.front.iter().find(|(name, part)| *name == key && !part.text.is_empty()).map(|(_, part)| part)
    }

    pub(super) fn clause(&self, key: &str) -> Option<&Part> {
        self.clauses.iter().find(|(name, _)| *name == key).map(|(_, part)| part)
    }
}

/// An error with line and column.
pub(super) fn fault(file: &str, place: (u32, u32), code: &'static str, message: impl Into<String>) -> Fault {
    Fault::error(file, place.0, code, message).at_column(place.1)
}

/// Says that a word is not one of the known ones, and which may be meant.
pub(super) fn unknown<'a>(what: &str, word: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(near) => format!("没有{what}“{word}”，是不是“{near}”？"),
        None if known.clone().count() <= 12 => {
            format!("没有{what}“{word}”，只能是 {}", known.collect::<Vec<_>>().join("、"))
        }
        None => format!("没有{what}“{word}”"),
    }
}

/// The items of a list with the characters before each.
pub(super) fn items(text: &str) -> Vec<(u32, &str)> {
    let is_mark = |sign: char| matches!(sign, '、' | '，' | ',' | '；' | ';');
    let (mut items, mut before) = (Vec::new(), 0);
    for piece in text.split(is_mark) {
        let blank = piece.chars().take_while(|sign| sign.is_whitespace()).count();
        if !piece.trim().is_empty() {
            items.push((before + u32::try_from(blank).unwrap_or(u32::MAX), piece.trim()));
        }
        before += u32::try_from(piece.chars().count() + 1).unwrap_or(u32::MAX);
    }
    items
}

/// Takes a page apart; what is wrong goes to `faults`.
pub(super) fn parts(file: &str, text: &str, faults: &mut Vec<Fault>) -> Parts {
    let page = match Page::read(file, text) {
        Ok(page) => page,
        Err(found) => {
            faults.extend(found);
            return Parts::default();
        }
    };
    let mut parts = Parts::default();
    for entry in page.front {
        let part = Part { text: entry.value, line: entry.line, column: entry.column };
        if let Some(name) = FRONT.iter().find(|name| **name == entry.key) {
            parts.front.push((name, part));
        } else {
            let message = unknown("文件头", &entry.key, FRONT.iter().copied());
            faults.push(fault(file, (entry.line, 1), "RX003", message));
        }
    }
    let mut under = None;
    for block in page.blocks {
        match block {
            Block::Heading(depth, title, line) => {
                under = match title.as_str() {
                    "命中" => Some(true),
                    "不命中" => Some(false),
                    _ => None,
                };
                if under.is_none() && depth > 1 && title.contains("命中") {
                    let message = format!("“{title}”下面的例子不会运行，标题写成 命中 或 不命中");
                    faults.push(fault(file, (line, 1), "RX011", message));
                }
            }
            Block::Code(info, text, line) if info == "规则" => {
                if parts.line > 0 {
                    faults.push(fault(file, (line - 1, 1), "RX004", "一个文件只写一个“规则”块"));
                } else {
                    parts.line = line - 1;
                    clauses(file, &text, line, &mut parts, faults);
                }
            }
            Block::Code(..) => {}
            Block::Bullet(text, line, column) => match under {
                Some(hits) => parts.samples.push(Sample { hits, part: Part { text, line, column } }),
                None => told(&mut parts.manual, &text),
            },
            Block::Table(rows) => parts.tables.push(rows),
            Block::Text(text, _) => told(&mut parts.manual, &text),
        }
    }
    if parts.line == 0 && faults.is_empty() {
        faults.push(fault(file, (1, 1), "RX004", "没有“规则”块：写 ```规则 … ```"));
    }
    parts
}

fn told(manual: &mut String, text: &str) {
    if !manual.is_empty() {
        manual.push('\n');
    }
    manual.push_str(text);
}

fn clauses(file: &str, text: &str, first: u32, parts: &mut Parts, faults: &mut Vec<Fault>) {
    for (line, written) in (first..).zip(text.lines()) {
        if written.trim().is_empty() {
            continue;
        }
        let Some(colon) = written.find([':', '：']) else {
            faults.push(fault(file, (line, 1), "RX005", "“规则”块每行写成“键: 内容”，这一行没有冒号"));
            continue;
        };
        let (key, rest) = written.split_at(colon);
        let value = rest.trim_start_matches([':', '：']);
        let before = written.chars().count() - value.trim_start().chars().count();
        let part = Part {
            text: value.trim().to_owned(),
            line,
            column: u32::try_from(before + 1).unwrap_or(u32::MAX),
        };
        match KEYS.iter().find(|known| **known == key.trim()) {
            Some(known) if parts.clause(known).is_some() => {
                faults.push(fault(file, (line, 1), "RX005", format!("“{known}”写了两次")));
            }
            Some(known) => parts.clauses.push((known, part)),
            None => {
                let message = unknown("键", key.trim(), KEYS.iter().copied());
                faults.push(fault(file, (line, 1), "RX005", message));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_know_where_they_stand() {
        assert_eq!(items("甲、 乙，,丙"), [(0, "甲"), (3, "乙"), (6, "丙")]);
    }
}
