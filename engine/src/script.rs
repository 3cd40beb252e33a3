//! The history questions a doctor always asks, as rows of `data/flows/history.tsv`.

use kb::{Choice, Fault, Kb, Source};

use crate::Profile;

/// Who a row is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    Anyone,
    Child,
    Grown,
    FertileWoman,
    Adult,
}

impl Audience {
    const NAMES: [(&'static str, Self); 5] = [
        ("任何人", Self::Anyone),
        ("儿童", Self::Child),
        ("十四岁以上", Self::Grown),
        ("育龄女性", Self::FertileWoman),
        ("成人", Self::Adult),
    ];

    fn fits(self, profile: &Profile) -> bool {
        match self {
            Self::Anyone => true,
            Self::Child => profile.is_child(),
            Self::Grown => !profile.is_child(),
            Self::FertileWoman => profile.is_fertile_woman(),
            Self::Adult => profile.is_adult() && !profile.is_fertile_woman(),
        }
    }
}

/// One question of the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) key: String,
    /// Node of the chart it belongs to.
    pub(crate) node: String,
    pub(crate) audience: Audience,
    /// Key of a concept that makes the question moot.
    pub(crate) unless: Option<String>,
    pub(crate) section: String,
    pub(crate) text: String,
    pub(crate) options: Vec<Choice>,
    pub(crate) is_multi: bool,
    pub(crate) hint: String,
}

const HEADER: &str = "key\tnode\taudience\tunless\tsection\ttext\toptions\tmulti\thint";

/// The rows of the script, in file order; a node asks the first row that fits and was not asked.
#[derive(Debug, Default)]
pub(crate) struct Script {
    rows: Vec<Row>,
}

impl Script {
    pub(crate) fn read(source: &Source, faults: &mut Vec<Fault>) -> Self {
        let mut rows: Vec<Row> = Vec::new();
        for (line, number) in source.text.lines().zip(1u32..) {
            if number == 1 {
                if line != HEADER {
                    let message = format!("表头应为 {}", HEADER.replace('\t', "、"));
                    faults.push(Fault::error(&source.name, 1, "EN001", message));
                }
                continue;
            }
            match row(line) {
                Ok(row) if rows.iter().any(|other| other.key == row.key) => {
                    faults.push(Fault::error(
                        &source.name,
                        number,
                        "EN001",
                        format!("问题 {} 写了两次", row.key),
                    ));
                }
                Ok(row) => rows.push(row),
                Err(message) => faults.push(Fault::error(&source.name, number, "EN001", message)),
            }
        }
        Self { rows }
    }

    /// Every concept that a row names must exist.
    pub(crate) fn check(&self, kb: &Kb, faults: &mut Vec<Fault>) {
        for (row, number) in self.rows.iter().zip(2u32..) {
            if let Some(key) = row.unless.as_ref().filter(|key| kb.id(key).is_none()) {
                let message = format!("unless 指向的 {key} 没有定义");
                faults.push(Fault::error("flows/history.tsv", number, "EN001", message));
            }
        }
    }

    /// The rows of a node for a person.
    pub(crate) fn of_node<'a, 'n>(
        &'a self,
        node: &'n str,
        profile: &'n Profile,
    ) -> impl Iterator<Item = &'a Row> + use<'a, 'n> {
        self.rows.iter().filter(move |row| row.node == node && row.audience.fits(profile))
    }

    pub(crate) fn row(&self, key: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.key == key)
    }
}

fn row(line: &str) -> Result<Row, String> {
    let cells: Vec<&str> = line.split('\t').collect();
    let &[key, node, audience, unless, section, text, options, multi, hint] = cells.as_slice() else {
        return Err(format!("应有 9 列，现有 {} 列", cells.len()));
    };
    let audience = Audience::NAMES
        .iter()
        .find(|(name, _)| *name == audience)
        .map(|(_, audience)| *audience)
        .ok_or_else(|| format!("对象“{audience}”不认识，可用：任何人、儿童、十四岁以上、育龄女性、成人"))?;
    if key.is_empty() || text.is_empty() || section.is_empty() {
        return Err("key、section、text 都不能为空".to_owned());
    }
    Ok(Row {
        key: key.to_owned(),
        node: node.to_owned(),
        audience,
        unless: (!unless.is_empty()).then(|| unless.to_owned()),
        section: section.to_owned(),
        text: text.to_owned(),
        options: options.split('|').filter(|option| !option.is_empty()).map(choice).collect(),
        is_multi: multi == "是",
        hint: hint.to_owned(),
    })
}

/// `没有=否认药物及食物过敏史` is a reply and its wording in the record.
fn choice(cell: &str) -> Choice {
    let (label, term) = cell.split_once('=').unwrap_or((cell, cell));
    Choice { label: label.to_owned(), term: term.to_owned(), names: Vec::new() }
}
