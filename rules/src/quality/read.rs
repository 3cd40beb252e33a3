//! A rule's page as its parts, nothing resolved yet.

use kb::{Fault, Severity};

use super::words;
use crate::page::{Block, Page};

/// Lines a `规则` block may have; the second word is the ASCII spelling.
pub(super) const KEYS: [(&str, &str); 6] = [
    ("适用", "applies"),
    ("当", "when"),
    ("除非", "unless"),
    ("模型", "model"),
    ("提示", "message"),
    ("建议", "suggestion"),
];

/// Entries of the front matter.
pub(super) const FRONT: [(&str, &str); 9] = [
    ("编号", "id"),
    ("名称", "name"),
    ("种类", "kind"),
    ("类别", "category"),
    ("级别", "level"),
    ("位置", "place"),
    ("来源", "source"),
    ("状态", "status"),
    ("时机", "points"),
];

/// A text with its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) text: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Part {
    /// The place some characters into the text.
    pub(super) fn place(&self, before: usize) -> (u32, u32) {
        let mut place = (self.line, self.column);
        for sign in self.text.chars().take(before) {
            place = if sign == '\n' { (place.0 + 1, 1) } else { (place.0, place.1 + 1) };
        }
        place
    }
}

/// What an example shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// `## 命中`: a finding.
    Hit,
    /// `## 不命中`: no finding.
    Miss,
    /// `## 未评`: no finding, because something is unknown.
    Open,
}

/// A page taken apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    front: Vec<(&'static str, Part)>,
    clauses: Vec<(&'static str, Part)>,
    pub(super) examples: Vec<(Expected, Part)>,
    /// Line of the `规则` block.
    pub(super) line: u32,
}

impl Parts {
    pub(super) fn front(&self, key: &str) -> Option<&Part> {
        self.front.iter().find(|(name, _)| *name == key).map(|(_, part)| part)
    }

    pub(super) fn clause(&self, key: &str) -> Option<&Part> {
        self.clauses.iter().find(|(name, _)| *name == key).map(|(_, part)| part)
    }
}

/// An error with line and column.
pub(super) fn fault(
    file: &str,
    line: u32,
    column: u32,
    code: &'static str,
    message: impl Into<String>,
) -> Fault {
    Fault::error(file, line, code, message).at_column(column)
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
    for entry in &page.front {
        let part = Part { text: entry.value.clone(), line: entry.line, column: entry.column };
        match FRONT.iter().find(|(name, ascii)| entry.key == *name || entry.key.eq_ignore_ascii_case(ascii)) {
            Some((name, _)) if parts.front(name).is_some() => {
                faults.push(fault(file, entry.line, 1, "PG003", format!("文件头里“{name}”写了两次")));
            }
            Some((name, _)) => parts.front.push((name, part)),
            None => {
                let message = words::unknown("文件头", &entry.key, &FRONT.map(|(name, _)| name));
                faults.push(fault(file, entry.line, 1, "QC003", message));
            }
        }
    }
    let mut under = None;
    for block in &page.blocks {
        match block {
            Block::Heading(_, title, line) => {
                under = expected(title);
                if under.is_none() && title.contains("命中") {
                    let message = format!("“{title}”下面的例子不会运行，标题写成 命中、不命中 或 未评");
                    faults.push(fault(file, *line, 1, "QC015", message));
                }
            }
            Block::Code(info, text, line) if matches!(info.as_str(), "规则" | "rule") => {
                if parts.line == 0 {
                    parts.line = line.saturating_sub(1);
                    clauses(file, text, *line, &mut parts, faults);
                } else {
                    faults.push(fault(file, line.saturating_sub(1), 1, "QC004", "一个文件只写一个“规则”块"));
                }
            }
            Block::Code(_, text, line) => {
                if let Some(expected) = under {
                    parts.examples.push((expected, Part { text: text.clone(), line: *line, column: 1 }));
                }
            }
            Block::Bullet(text, line, column) => {
                if let Some(expected) = under {
                    parts
                        .examples
                        .push((expected, Part { text: text.clone(), line: *line, column: *column }));
                }
            }
            Block::Table(_) | Block::Text(..) => {}
        }
    }
    if parts.line == 0 {
        faults.push(fault(file, 1, 1, "QC004", "没有“规则”块：用 ```规则 开头写 当: 和 提示:"));
    }
    parts
}

fn expected(title: &str) -> Option<Expected> {
    match title {
        "命中" | "hit" => Some(Expected::Hit),
        "不命中" | "miss" => Some(Expected::Miss),
        "未评" | "open" => Some(Expected::Open),
        _ => None,
    }
}

/// `键: 文` lines; a line without key goes on the one above.
fn clauses(file: &str, text: &str, first: u32, parts: &mut Parts, faults: &mut Vec<Fault>) {
    // Blank lines inside a condition count, so that its places stay right.
    let mut last = first;
    for (line, number) in text.lines().zip(first..) {
        if line.trim().is_empty() {
            continue;
        }
        let Some((key, rest)) = key(line) else {
            match parts.clauses.last_mut() {
                Some((_, part)) => {
                    part.text.extend((last..number).map(|_| '\n'));
                    part.text.push_str(line);
                    last = number;
                }
                None => faults.push(fault(
                    file,
                    number,
                    1,
                    "QC005",
                    "“规则”块的每行写成“键: 内容”，例如 当: 发热",
                )),
            }
            continue;
        };
        let Some((name, _)) =
            KEYS.iter().find(|(name, ascii)| key == *name || key.eq_ignore_ascii_case(ascii))
        else {
            let message = words::unknown("键", key, &KEYS.map(|(name, _)| name));
            faults.push(fault(file, number, 1, "QC005", message));
            continue;
        };
        if parts.clause(name).is_some() {
            faults.push(fault(file, number, 1, "QC005", format!("“{name}”写了两次，条件请用 且、或 连起来")));
            continue;
        }
        let gap = rest.chars().take_while(|sign| sign.is_whitespace()).count();
        let before = line.chars().count() - rest.chars().count() + gap;
        let column = u32::try_from(before + 1).unwrap_or(u32::MAX);
        last = number;
        parts.clauses.push((name, Part { text: rest.trim().to_owned(), line: number, column }));
    }
    for (_, part) in &mut parts.clauses {
        part.text.truncate(part.text.trim_end().len());
    }
}

/// The key of a line: a word before a colon.
fn key(line: &str) -> Option<(&str, &str)> {
    let (key, rest) = line.split_once([':', '：'])?;
    let key = key.trim();
    (!key.is_empty() && key.chars().all(char::is_alphanumeric)).then_some((key, rest))
}

/// Whether nothing found refuses a release.
pub(super) fn clean(faults: &[Fault]) -> bool {
    faults.iter().all(|fault| fault.severity != Severity::Error)
}
