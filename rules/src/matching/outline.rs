//! A file of matching rules as a table to be edited, also while it does not compile; a change touches the lines it is
//! about and no other.

use kb::Fault;

use super::read::{Section, named, struck};
use crate::page::{Block, Cell, Page, edit};

/// What an editor sees of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// Keys of the front matter with value and line.
    pub front: Vec<(String, String, u32)>,
    /// Declared inputs.
    pub inputs: Vec<InputRow>,
    /// Heads of the table of rules.
    pub head: Vec<String>,
    /// Rules in order, those out of use among them.
    pub rows: Vec<Row>,
    /// Heads of the table of inputs.
    input_head: Vec<String>,
    input_lines: Vec<u32>,
    head_line: u32,
}

/// An input as the file declares it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InputRow {
    /// Name.
    pub name: String,
    /// 是否, 单选, 多选, 文字, 日期, 数字, 整数.
    pub kind: String,
    /// Labels, or the range.
    pub values: String,
    /// Unit.
    pub unit: String,
    /// What it means.
    pub note: String,
    /// Line, from 1.
    pub line: u32,
}

/// A rule as the file writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Its id without the signs that strike it through.
    pub id: String,
    /// Cells in the order of the heads.
    pub cells: Vec<String>,
    /// Line, from 1.
    pub line: u32,
    /// Out of use.
    pub is_off: bool,
}

/// A change of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Other cells for the rule at a line.
    Put(u32, Vec<String>),
    /// A new rule below the one at a line, or at the end.
    Add(Option<u32>, Vec<String>),
    /// Takes the rule at a line out of the file.
    Remove(u32),
    /// The rule at a line changes places with the one above (true) or below.
    Move(u32, bool),
    /// Puts the rule at a line out of use, or in use again.
    Switch(u32),
    /// A key of the front matter and its value.
    Front(String, String),
    /// Declares an input; a table of tests gets a column for it, which any value passes.
    Input(InputRow),
}

/// Keys that say how a file of this way of inference chooses.
const SETTINGS: [(&str, &[&str]); 4] = [
    ("依次", &["取"]),
    ("决策表", &["命中", "次序"]),
    ("加权", &["取", "门槛"]),
    ("近例", &["邻数", "最低相似"]),
];

impl Outline {
    /// Reads what there is of a file; refused where it is no page.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Fault>> {
        let page = Page::read(file, text)?;
        let front = page.front.iter().map(|entry| (entry.key.clone(), entry.value.clone(), entry.line));
        let mut outline = Self { front: front.collect(), ..Self::default() };
        let mut section = Section::Prose;
        for block in &page.blocks {
            match block {
                Block::Heading(_, text, _) => section = named(text),
                Block::Table(rows) if section == Section::Inputs => outline.read_inputs(rows),
                Block::Table(rows) if section == Section::Rules && outline.head.is_empty() => {
                    outline.read_rules(rows);
                }
                _ => {}
            }
        }
        Ok(outline)
    }

    /// The value of a key of the front matter.
    pub fn value(&self, key: &str) -> &str {
        let found = self.front.iter().find(|(own, _, _)| own == key);
        found.map_or("", |(_, value, _)| value.as_str())
    }

    /// The keys that steer this way of inference, each with its value.
    pub fn settings(&self) -> Vec<(&'static str, &str)> {
        let mode = self.value("方式");
        let own = SETTINGS.iter().find(|(name, _)| *name == mode).map_or(&[][..], |(_, keys)| keys);
        own.iter().chain(&["否则"]).map(|key| (*key, self.value(key))).collect()
    }

    /// The place of the column with the id of a rule.
    pub fn id_column(&self) -> Option<usize> {
        self.head.iter().position(|head| matches!(head.as_str(), "编号" | "id"))
    }

    /// The text after a change; why not otherwise.
    pub fn edited(&self, text: &str, change: &Edit) -> Result<String, String> {
        match change {
            Edit::Put(line, cells) => {
                let row = self.row(*line)?;
                Ok(edit::put(text, *line, &edit::row(&self.cells(cells, row.is_off)?)))
            }
            Edit::Add(below, cells) => {
                let last = self.rows.last().map(|row| row.line);
                // Below the head stands its line of dashes.
                let line = match below {
                    Some(line) => self.row(*line)?.line,
                    None => last.unwrap_or(self.head_line + 1),
                };
                if self.head.is_empty() {
                    return Err("这个文件还没有规则表，请在文字里先写好表头".to_owned());
                }
                Ok(edit::add_below(text, line, &edit::row(&self.cells(cells, false)?)))
            }
            Edit::Remove(line) => {
                self.row(*line)?;
                Ok(edit::remove(text, *line))
            }
            Edit::Move(line, up) => {
                let at = self.rows.iter().position(|row| row.line == *line).ok_or_else(gone)?;
                let other = if *up { at.checked_sub(1) } else { Some(at + 1) };
                let other = other.and_then(|other| self.rows.get(other));
                let end = || if *up { "已经是第一条" } else { "已经是最后一条" }.to_owned();
                Ok(edit::swap(text, *line, other.ok_or_else(end)?.line))
            }
            Edit::Switch(line) => {
                let row = self.row(*line)?;
                Ok(edit::put(text, *line, &edit::row(&self.cells(&row.cells, !row.is_off)?)))
            }
            Edit::Front(key, value) => {
                let known = self.front.iter().find(|(own, _, _)| own == key);
                Ok(edit::front(text, known.map(|(_, _, line)| *line), key, value))
            }
            Edit::Input(input) => self.with_input(text, input),
        }
    }

    fn with_input(&self, text: &str, input: &InputRow) -> Result<String, String> {
        if self.inputs.iter().any(|known| known.name == input.name) {
            return Err(format!("已经有“{}”这一列", input.name));
        }
        let (Some(last), Some(first)) = (self.input_lines.last(), self.head.first()) else {
            return Err("输入表或规则表还没有写，请在文字里先写好".to_owned());
        };
        let cell = |head: &String| match head.as_str() {
            "名称" | "name" => &input.name,
            "类型" | "type" => &input.kind,
            "单位" | "unit" => &input.unit,
            "说明" | "note" => &input.note,
            _ => &input.values,
        };
        let cells: Vec<String> = self.input_head.iter().map(|head| cell(head).clone()).collect();
        let mut changed = text.to_owned();
        if matches!(self.value("方式"), "决策表" | "近例" | "table" | "nearest") {
            let is_fact = |head: &&String| *head == first || !head.starts_with("=>");
            let at = self.head.iter().take_while(is_fact).count();
            changed = edit::insert_cell(&changed, self.head_line, at, &input.name);
            changed = edit::insert_cell(&changed, self.head_line + 1, at, "---");
            for row in &self.rows {
                changed = edit::insert_cell(&changed, row.line, at, "-");
            }
        }
        Ok(edit::add_below(&changed, *last, &edit::row(&cells)))
    }

    fn row(&self, line: u32) -> Result<&Row, String> {
        self.rows.iter().find(|row| row.line == line).ok_or_else(gone)
    }

    /// Cells as the file has them: the id struck through or not.
    fn cells(&self, cells: &[String], is_off: bool) -> Result<Vec<String>, String> {
        if cells.len() != self.head.len() {
            return Err(format!("这一行有 {} 格，表头有 {} 格", cells.len(), self.head.len()));
        }
        let mut cells = cells.to_vec();
        if let Some(cell) = self.id_column().and_then(|at| cells.get_mut(at)) {
            let plain = struck(cell.trim()).unwrap_or(cell.trim()).to_owned();
            if plain.is_empty() {
                return Err("请写编号".to_owned());
            }
            *cell = if is_off { format!("~~{plain}~~") } else { plain };
        }
        Ok(cells)
    }

    fn read_inputs(&mut self, rows: &[Vec<Cell>]) {
        let Some((head, rows)) = rows.split_first() else { return };
        self.input_head = head.iter().map(|cell| cell.text.clone()).collect();
        self.input_lines = head.iter().take(1).map(|cell| cell.line + 1).collect();
        for row in rows {
            let mut input = InputRow::default();
            for (head, cell) in head.iter().zip(row) {
                let text = cell.text.clone();
                input.line = cell.line;
                match head.text.as_str() {
                    "名称" | "name" => input.name = text,
                    "类型" | "type" => input.kind = text,
                    "单位" | "unit" => input.unit = text,
                    "说明" | "note" => input.note = text,
                    _ => input.values = text,
                }
            }
            self.input_lines.push(input.line);
            self.inputs.push(input);
        }
    }

    fn read_rules(&mut self, rows: &[Vec<Cell>]) {
        let Some((head, rows)) = rows.split_first() else { return };
        self.head = head.iter().map(|cell| cell.text.clone()).collect();
        self.head_line = head.first().map_or(0, |cell| cell.line);
        let id = self.id_column();
        for row in rows {
            let mut read =
                Row { cells: row.iter().map(|cell| cell.text.clone()).collect(), ..Row::default() };
            read.line = row.first().map_or(0, |cell| cell.line);
            if let Some(cell) = id.and_then(|at| read.cells.get_mut(at)) {
                if let Some(plain) = struck(cell) {
                    (read.is_off, *cell) = (true, plain.to_owned());
                }
                read.id.clone_from(cell);
            }
            self.rows.push(read);
        }
    }
}

fn gone() -> String {
    "这一条已经不在这里了，请重新打开页面".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::{Datum, Matcher, Targets, Visit};

    struct Any;

    impl Targets for Any {
        fn has(&self, _: &str) -> bool {
            true
        }

        fn names(&self) -> Vec<String> {
            Vec::new()
        }
    }

    fn shipped(name: &str) -> String {
        let path = format!("{}/../data/rules/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    }

    fn edited(text: &str, change: &Edit) -> String {
        Outline::read("a.md", text).unwrap().edited(text, change).unwrap()
    }

    #[test]
    fn every_row_of_every_file_comes_back_as_it_was() {
        for name in
            ["template-matching.md", "child-ordered.md", "screening-weighted.md", "symptom-nearest.md"]
        {
            let text = shipped(name).replacen("## 规则\n", "## 规则\n<!-- 批注 -->\n", 1);
            let outline = Outline::read(name, &text).unwrap();
            assert!(!outline.rows.is_empty() && !outline.inputs.is_empty(), "{name}");
            for (at, row) in outline.rows.iter().enumerate() {
                assert!(edited(&text, &Edit::Put(row.line, row.cells.clone())) == text, "{name} {}", row.id);
                let off = edited(&text, &Edit::Switch(row.line));
                assert!(off != text, "{name} {}", row.id);
                assert!(Outline::read(name, &off).unwrap().rows[at].is_off);
                assert!(edited(&off, &Edit::Switch(row.line)) == text, "{name} {}", row.id);
                if at > 0 {
                    let moved = edited(&text, &Edit::Move(row.line, true));
                    assert_eq!(Outline::read(name, &moved).unwrap().rows[at - 1].id, row.id);
                    assert!(
                        edited(&moved, &Edit::Move(outline.rows[at - 1].line, false)) == text,
                        "{name} {}",
                        row.id
                    );
                }
                let added = edited(&text, &Edit::Add(Some(row.line), row.cells.clone()));
                assert!(edited(&added, &Edit::Remove(row.line + 1)) == text, "{name} {}", row.id);
            }
        }
    }

    #[test]
    fn a_rule_out_of_use_does_not_choose_and_a_new_column_can() {
        let text = shipped("template-matching.md");
        let outline = Outline::read("a.md", &text).unwrap();
        let chest = outline.rows.iter().find(|row| row.id == "胸痛").unwrap();
        let visit = Visit::default()
            .with("主诉", Datum::Choice("胸痛".into()))
            .with("就诊", Datum::Choice("复诊".into()))
            .with("年龄", Datum::Number(60.0));
        let chosen = |text: &str, visit: &Visit| {
            Matcher::compile("a.md", text, &Any)
                .unwrap_or_else(|faults| panic!("{faults:?}"))
                .decide(visit)
                .results
        };
        assert_eq!(chosen(&text, &visit), ["chest-pain-first"]);
        assert_eq!(chosen(&edited(&text, &Edit::Switch(chest.line)), &visit), ["ai"]);

        let season = InputRow {
            name: "季节".into(),
            kind: "单选".into(),
            values: "春、夏、秋、冬".into(),
            ..InputRow::default()
        };
        let wide = edited(&text, &Edit::Input(season));
        assert_eq!(chosen(&wide, &visit), ["chest-pain-first"]);
        let outline = Outline::read("a.md", &wide).unwrap();
        let column = outline.head.iter().position(|head| head == "季节").unwrap();
        let mut row = outline.rows[0].clone();
        row.cells[column] = "冬".into();
        let winter = edited(&wide, &Edit::Put(row.line, row.cells));
        let in_season = |season: &str| visit.clone().with("季节", Datum::Choice(season.into()));
        assert_eq!(chosen(&winter, &in_season("冬")), ["chest-pain-first"]);
        assert_eq!(chosen(&winter, &in_season("夏")), ["ai"]);
    }

    #[test]
    fn settings_of_the_way_of_inference_are_changed_in_the_head() {
        let text = shipped("screening-weighted.md");
        let outline = Outline::read("a.md", &text).unwrap();
        assert_eq!(outline.settings(), [("取", "全部"), ("门槛", "4"), ("否则", "无")]);
        let higher = edited(&text, &Edit::Front("门槛".into(), "5".into()));
        assert_eq!(higher, text.replace("门槛: 4", "门槛: 5"));
        let described = edited(&text, &Edit::Front("说明".into(), "试\n行".into()));
        assert_eq!(Outline::read("a.md", &described).unwrap().value("说明"), "试 行");
        let outline = Outline::read("a.md", &text).unwrap();
        assert!(outline.edited(&text, &Edit::Remove(1)).is_err());
        assert!(outline.edited(&text, &Edit::Move(outline.rows[0].line, true)).is_err());
    }
}
