//! The front matter: `key: value` lines between two lines `---`.

use std::collections::BTreeMap;

use crate::{Fault, Source};

/// Every key a file may have, and whether it must be there.
const KEYS: [(&str, bool); 9] = [
    ("title", true),
    ("about", true),
    ("for", true),
    ("season", true),
    ("keywords", true),
    ("source", true),
    ("review", true),
    ("reviewed", false),
    ("written", true),
];
const FENCE: &str = "---";

/// A value with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value<'a> {
    pub(super) text: &'a str,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// The values of a file and where its body starts.
pub(super) struct Front<'a> {
    values: BTreeMap<&'a str, Value<'a>>,
    /// Lines of the body with their numbers.
    pub(super) body: Vec<(u32, &'a str)>,
}

impl<'a> Front<'a> {
    /// Reads the front matter; without its fences nothing else of the file is read.
    pub(super) fn read(source: &'a Source, faults: &mut Vec<Fault>) -> Option<Self> {
        let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
        let mut lines = (1u32..).zip(text.lines());
        let fault = |line, code, message: String| Fault::error(&source.name, line, code, message);
        if lines.next().is_none_or(|(_, line)| line.trim_end() != FENCE) {
            faults.push(fault(1, "KB030", "文件没有以 --- 开头".into()).with_hint(
                "第一行写 ---，接着逐行写 title、about、for、season、keywords、source、review、written，再写一行 ---",
            ));
            return None;
        }
        let mut values = BTreeMap::new();
        let mut is_closed = false;
        for (number, line) in lines.by_ref() {
            if line.trim_end() == FENCE {
                is_closed = true;
                break;
            }
            let Some((key, value)) = line.split_once(':') else {
                faults.push(
                    fault(number, "KB030", format!("“{}”不是“键: 值”", shown(line)))
                        .with_hint("每行写成 键: 值，冒号用英文半角；文件头末尾要有一行 ---"),
                );
                continue;
            };
            let key = key.trim();
            if !KEYS.iter().any(|(known, _)| *known == key) {
                let known: Vec<&str> = KEYS.iter().map(|(known, _)| *known).collect();
                faults.push(
                    fault(number, "KB031", format!("不认识的键“{}”", shown(key)))
                        .with_hint(format!("可用的键：{}", known.join("、"))),
                );
                continue;
            }
            let column = u32::try_from(line.chars().count() - value.trim_start().chars().count() + 1)
                .unwrap_or(u32::MAX);
            let value = Value { text: value.trim(), line: number, column };
            if let Some(first) = values.insert(key, value) {
                let message = format!("键 {key} 在第 {} 行已经写过", first.line);
                faults.push(fault(number, "KB031", message).with_hint("只留一行"));
            }
        }
        if !is_closed {
            faults.push(fault(1, "KB030", "文件头没有结束的 ---".into()).with_hint("在正文之前写一行 ---"));
            return None;
        }
        for (key, is_required) in KEYS {
            if is_required && !values.contains_key(key) {
                faults
                    .push(fault(1, "KB031", format!("缺少 {key}")).with_hint(format!(
                        "在文件头里加一行 {key}: …；没有内容的 for、season 也要写出空行"
                    )));
            }
        }
        Some(Self { values, body: lines.collect() })
    }

    /// The value of a key; empty, at line 1, where it is missing.
    pub(super) fn value(&self, key: &str) -> Value<'a> {
        self.values.get(key).copied().unwrap_or(Value { text: "", line: 1, column: 1 })
    }

    /// Whether the key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }
}

/// The beginning of a text that may be long.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 20;
    let mut shown: String = text.chars().take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}
