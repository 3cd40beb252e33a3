//! Markdown files that hold rules: front matter, headings, fenced blocks, lists and tables, each with its place.

pub mod edit;

use kb::Fault;

/// A file as its parts, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The `key: value` lines between `---` lines at the top.
    pub front: Vec<Entry>,
    /// Everything below.
    pub blocks: Vec<Block>,
}

/// A `key: value` line of the front matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Before the colon.
    pub key: String,
    /// After the colon, trimmed.
    pub value: String,
    /// Line, from 1.
    pub line: u32,
    /// Column of the value in characters, from 1.
    pub column: u32,
}

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// `## 标题`: depth, text, line.
    Heading(u8, String, u32),
    /// A fenced block: the word after the fence, its lines joined, and the line of its first line.
    Code(String, String, u32),
    /// `- 一项`: text, line, column of the text.
    Bullet(String, u32, u32),
    /// A table; the first row is its head. The line of dashes is left out.
    Table(Vec<Vec<Cell>>),
    /// A paragraph: text, line.
    Text(String, u32),
}

/// A cell of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    /// Trimmed text.
    pub text: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Page {
    /// Reads a page. `PG001` front matter without end, `PG002` a line of it without colon, `PG003` a key twice,
    /// `PG004` a fenced block without end, `PG005` a row with another number of cells than the head.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader { file, page: Self::default(), faults: Vec::new() };
        let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap_or(text).lines().collect();
        let body = reader.front(&lines);
        reader.body(&lines, body);
        if reader.faults.is_empty() { Ok(reader.page) } else { Err(reader.faults) }
    }

    /// The front matter's entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.front.iter().find(|entry| entry.key == key)
    }
}

struct Reader<'a> {
    file: &'a str,
    page: Page,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn refuse(&mut self, line: u32, column: u32, code: &'static str, message: impl Into<String>) {
        self.faults.push(Fault::error(self.file, line, code, message).at_column(column));
    }

    /// Reads the front matter; the index of the first line below it.
    fn front(&mut self, lines: &[&str]) -> usize {
        if lines.first().is_none_or(|line| line.trim_end() != "---") {
            return 0;
        }
        for (index, line) in lines.iter().enumerate().skip(1) {
            let number = number(index);
            if line.trim_end() == "---" {
                return index + 1;
            }
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            let Some(colon) = line.find([':', '：']) else {
                self.refuse(number, 1, "PG002", "文件头每行写成“键: 值”，这一行没有冒号");
                continue;
            };
            let (key, rest) = line.split_at(colon);
            let value = rest.trim_start_matches([':', '：']);
            let indent = value.chars().count() - value.trim_start().chars().count();
            let before = line.chars().count() - value.chars().count();
            let key = key.trim().to_owned();
            if self.page.entry(&key).is_some() {
                self.refuse(number, 1, "PG003", format!("文件头里“{key}”写了两次"));
            }
            let value = value.trim().to_owned();
            self.page.front.push(Entry { key, value, line: number, column: column(before + indent) });
        }
        self.refuse(1, 1, "PG001", "文件头以 --- 开头，却没有以 --- 结束");
        lines.len()
    }

    fn body(&mut self, lines: &[&str], mut at: usize) {
        while let Some(line) = lines.get(at) {
            let trimmed = line.trim();
            if let Some(info) = trimmed.strip_prefix("```") {
                at = self.fenced(lines, at, info.trim());
            } else if trimmed.starts_with('|') {
                at = self.table(lines, at);
            } else {
                self.plain(line, trimmed, number(at));
                at += 1;
            }
        }
    }

    fn plain(&mut self, line: &str, trimmed: &str, number: u32) {
        let depth = trimmed.chars().take_while(|sign| *sign == '#').count();
        let block = if trimmed.is_empty() {
            return;
        } else if (1..=6).contains(&depth) {
            let text = trimmed.trim_start_matches('#').trim().to_owned();
            Block::Heading(u8::try_from(depth).unwrap_or(6), text, number)
        } else if let Some(text) = trimmed.strip_prefix("- ") {
            let indent = line.chars().count() - line.trim_start().chars().count();
            let gap = text.chars().count() - text.trim_start().chars().count();
            Block::Bullet(text.trim().to_owned(), number, column(indent + 2 + gap))
        } else {
            Block::Text(trimmed.to_owned(), number)
        };
        self.page.blocks.push(block);
    }

    fn fenced(&mut self, lines: &[&str], open: usize, info: &str) -> usize {
        let Some(length) = lines[open + 1..].iter().position(|line| line.trim() == "```") else {
            self.refuse(number(open), 1, "PG004", "代码块以 ``` 开头，却没有以 ``` 结束");
            return lines.len();
        };
        let text = lines[open + 1..open + 1 + length].join("\n");
        self.page.blocks.push(Block::Code(info.to_owned(), text, number(open + 1)));
        open + length + 2
    }

    fn table(&mut self, lines: &[&str], first: usize) -> usize {
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        let mut at = first;
        while let Some(line) = lines.get(at).filter(|line| line.trim().starts_with('|')) {
            let row = cells(line, number(at));
            let dashes = row.iter().all(|cell| !cell.text.is_empty() && cell.text.chars().all(is_dash));
            if !(dashes && rows.len() == 1) {
                if let Some(head) = rows.first().map(Vec::len).filter(|head| *head != row.len()) {
                    let message = format!("这一行有 {} 格，表头有 {head} 格", row.len());
                    self.refuse(number(at), 1, "PG005", message);
                }
                rows.push(row);
            }
            at += 1;
        }
        self.page.blocks.push(Block::Table(rows));
        at
    }
}

fn is_dash(sign: char) -> bool {
    matches!(sign, '-' | ':')
}

/// The cells of `| a | b |`; `\|` is a bar inside a cell.
fn cells(line: &str, number: u32) -> Vec<Cell> {
    let mut cells = Vec::new();
    let (mut text, mut start, mut escaped) = (String::new(), None, false);
    for (at, sign) in line.trim_end().chars().enumerate() {
        match sign {
            '|' if escaped => {
                text.pop();
                text.push('|');
            }
            '|' => {
                if let Some(start) = start {
                    let text: String = std::mem::take(&mut text);
                    let gap = text.chars().take_while(|sign| sign.is_whitespace()).count();
                    cells.push(Cell {
                        text: text.trim().to_owned(),
                        line: number,
                        column: column(start + gap),
                    });
                }
                text.clear();
                start = Some(at + 1);
            }
            _ => text.push(sign),
        }
        escaped = sign == '\\';
    }
    cells
}

/// Line number of an index.
fn number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

/// Column of a count of characters before it.
fn column(before: usize) -> u32 {
    number(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_falls_into_its_parts() {
        let text = "---\nid: a-1\n级别： 提醒\n---\n# 规则\n说明\n\n```rule\n发热 = 是\n```\n- 一项\n| 甲 | 乙 |\n|---|:-:|\n| a\\|b | c |\n";
        let page = Page::read("a.md", text).unwrap();
        assert_eq!(
            page.entry("级别").map(|entry| (entry.value.as_str(), entry.line, entry.column)),
            Some(("提醒", 3, 5))
        );
        assert_eq!(page.blocks[2], Block::Code("rule".into(), "发热 = 是".into(), 9));
        assert_eq!(page.blocks[3], Block::Bullet("一项".into(), 11, 3));
        let Block::Table(rows) = &page.blocks[4] else { panic!("{:?}", page.blocks[4]) };
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[1][0].text.as_str(), rows[1][1].column), ("a|b", 10));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let codes = |text| -> Vec<(u32, &'static str)> {
            Page::read("a.md", text).unwrap_err().iter().map(|fault| (fault.line, fault.code)).collect()
        };
        assert_eq!(codes("---\nid 1\n"), [(2, "PG002"), (1, "PG001")]);
        assert_eq!(codes("---\na: 1\na: 2\n---\n```x\n"), [(3, "PG003"), (5, "PG004")]);
        assert_eq!(codes("| a | b |\n|---|---|\n| 1 |\n"), [(3, "PG005")]);
    }
}
