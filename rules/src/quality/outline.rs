//! A rule's page as a form to be edited, also while it does not compile; a change touches the lines it is about.

use kb::Fault;

use super::read::{FRONT, KEYS};
use crate::page::{Block, Page, edit};

/// What an editor sees of a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// Keys of the front matter in their order.
    pub front: Vec<Item>,
    /// Lines of the `规则` block in their order.
    pub clauses: Vec<Item>,
    /// Line of the fence that opens the block; 0 without one.
    opened: u32,
}

/// A key with its value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item {
    /// In its Chinese spelling.
    pub key: String,
    /// May have several lines in a block.
    pub value: String,
    /// First line, from 1.
    pub line: u32,
    /// As the file spells the key.
    spelt: String,
    n_lines: u32,
}

impl Outline {
    /// Reads what there is of a page.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Fault>> {
        let page = Page::read(file, text)?;
        let chinese = |names: &[(&str, &str)], word: &str| {
            let found = names.iter().find(|(name, ascii)| word == *name || word.eq_ignore_ascii_case(ascii));
            found.map(|(name, _)| (*name).to_owned())
        };
        let mut outline = Self::default();
        for entry in &page.front {
            let key = chinese(&FRONT, &entry.key).unwrap_or_else(|| entry.key.clone());
            let (value, line) = (entry.value.clone(), entry.line);
            outline.front.push(Item { key, value, line, spelt: entry.key.clone(), n_lines: 1 });
        }
        for block in &page.blocks {
            let Block::Code(info, text, first) = block else { continue };
            if !matches!(info.as_str(), "规则" | "rule") || outline.opened > 0 {
                continue;
            }
            outline.opened = first.saturating_sub(1);
            for (line, number) in text.lines().zip(*first..) {
                let parts = line.split_once([':', '：']).map(|(key, rest)| (key.trim(), rest.trim()));
                let known = parts.and_then(|(key, rest)| Some((chinese(&KEYS, key)?, key, rest)));
                if let Some((key, spelt, rest)) = known {
                    let (value, spelt) = (rest.to_owned(), spelt.to_owned());
                    outline.clauses.push(Item { key, value, line: number, spelt, n_lines: 1 });
                } else if let Some(last) = outline.clauses.last_mut() {
                    last.value.push('\n');
                    last.value.push_str(line);
                    last.n_lines = number - last.line + 1;
                }
            }
        }
        for item in &mut outline.clauses {
            let kept = item.value.trim_end().to_owned();
            let dropped = item.value.split('\n').count() - kept.split('\n').count();
            item.n_lines = item.n_lines.saturating_sub(u32::try_from(dropped).unwrap_or(0)).max(1);
            item.value = kept;
        }
        Ok(outline)
    }

    /// The value of a key, of the front matter or of the block.
    pub fn value(&self, key: &str) -> &str {
        self.item(key).map_or("", |item| item.value.as_str())
    }

    /// The text with another value of a key; an empty one takes a line out of the block.
    pub fn edited(&self, text: &str, key: &str, value: &str) -> Result<String, String> {
        let value = value.replace("\r\n", "\n");
        let value = value.trim();
        if value == self.value(key) {
            return Ok(text.to_owned());
        }
        if FRONT.iter().any(|(name, _)| *name == key) {
            return Ok(edit::front(text, self.item(key).map(|item| item.line), key, value));
        }
        if !KEYS.iter().any(|(name, _)| *name == key) || self.opened == 0 {
            return Err(format!("这条规则里没有地方写“{key}”"));
        }
        if value.contains("```") {
            return Err("内容里不能有 ```".to_owned());
        }
        let item = self.clauses.iter().find(|item| item.key == key);
        let mut changed = text.to_owned();
        for line in item.iter().flat_map(|item| (item.line + 1..item.line + item.n_lines).rev()) {
            changed = edit::remove(&changed, line);
        }
        Ok(match (item, value.is_empty()) {
            (Some(item), true) => edit::remove(&changed, item.line),
            (Some(item), false) => edit::put(&changed, item.line, &format!("{}: {value}", item.spelt)),
            (None, true) => changed,
            (None, false) => {
                // In the order in which they are usually written.
                let order = |key: &str| KEYS.iter().position(|(name, _)| *name == key);
                let above = self.clauses.iter().rfind(|item| order(&item.key) < order(key));
                let line = above.map_or(self.opened, |item| item.line + item.n_lines - 1);
                edit::add_below(&changed, line, &format!("{key}: {value}"))
            }
        })
    }

    fn item(&self, key: &str) -> Option<&Item> {
        self.front.iter().chain(&self.clauses).find(|item| item.key == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "---\n编号: a\n级别: 提示\n---\n# 甲\n<!-- 批注 -->\n```规则\n当: 年龄 > 3岁\n  且 年龄 < 9岁\n\n提示: 三到九岁\n```\n## 命中\n- 年龄 = 5岁\n";

    fn edited(text: &str, key: &str, value: &str) -> String {
        Outline::read("a.md", text).unwrap().edited(text, key, value).unwrap()
    }

    #[test]
    fn values_change_where_they_stand() {
        let outline = Outline::read("a.md", TEXT).unwrap();
        assert_eq!((outline.value("级别"), outline.value("当")), ("提示", "年龄 > 3岁\n  且 年龄 < 9岁"));
        for key in ["编号", "级别", "当", "提示", "建议"] {
            assert_eq!(edited(TEXT, key, outline.value(key)), TEXT, "{key}");
        }
        assert_eq!(edited(TEXT, "级别", "阻断"), TEXT.replace("级别: 提示", "级别: 阻断"));
        let short = edited(TEXT, "当", "年龄 > 4岁");
        assert_eq!(short, TEXT.replace("年龄 > 3岁\n  且 年龄 < 9岁", "年龄 > 4岁"));
        assert_eq!(edited(&short, "当", outline.value("当")), TEXT);
        let limited = edited(TEXT, "除非", "绝经");
        assert_eq!(limited, TEXT.replace("  且 年龄 < 9岁\n", "  且 年龄 < 9岁\n除非: 绝经\n"));
        assert_eq!(edited(&limited, "除非", ""), TEXT);
        assert_eq!(
            edited(TEXT, "适用", "年龄 > 1岁"),
            TEXT.replace("```规则\n", "```规则\n适用: 年龄 > 1岁\n")
        );
        assert!(outline.edited(TEXT, "当", "```").is_err());
        assert!(outline.edited(TEXT, "随便", "x").is_err());
    }

    #[test]
    fn every_shipped_rule_comes_back_as_it_was() {
        let folder = format!("{}/../data/rules/quality", env!("CARGO_MANIFEST_DIR"));
        let mut n_files = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let outline = Outline::read("a.md", &text).unwrap();
            for item in outline.front.iter().chain(&outline.clauses) {
                let other = edited(&text, &item.key, "另一个");
                assert!(other != text, "{}", item.key);
                assert!(
                    edited(&other, &item.key, &item.value) == text,
                    "{}: {}",
                    outline.value("编号"),
                    item.key
                );
            }
            n_files += 1;
        }
        assert!(n_files > 30, "{n_files}");
    }
}
