//! The mapping file: TOML that says what each column of a table means.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;

use super::Format;
use crate::{Fault, Frequency, Incidence, Kb, Urgency};

/// A mapping file, checked.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// How the table is written.
    pub format: Format,
    pub(super) prefix: String,
    pub(super) source: Named,
    pub(super) subject: Subject,
    pub(super) drop: Vec<String>,
    pub(super) junk: Vec<Regex>,
    pub(super) columns: Vec<Column>,
}

/// A key with its name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    pub(super) key: String,
    pub(super) label: String,
}

/// What each row is about, and what new diseases get until an editor knows better.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subject {
    pub(super) column: String,
    /// Fewest symptoms of a disease that goes into the graph.
    pub(super) minimum: usize,
    pub(super) notation: String,
    pub(super) definition: String,
    pub(super) department: String,
    pub(super) incidence: String,
    pub(super) urgency: String,
    /// Weight of every age band.
    pub(super) weight: u8,
    pub(super) differential: Option<String>,
}

/// A column that is used, or is left out on purpose.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) to: Target,
    /// Every character that parts a list.
    #[serde(default)]
    pub(super) separators: String,
    /// Of the edges made from this column.
    #[serde(default = "frequent")]
    pub(super) frequency: String,
    /// Whether an unknown symptom becomes a draft.
    #[serde(default)]
    pub(super) create: bool,
    /// Key for a text of the table, before names are looked up.
    #[serde(default)]
    pub(super) map: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Target {
    AltLabel,
    Notation,
    Definition,
    TreatedIn,
    HasSymptom,
    Skip,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    prefix: String,
    source: Named,
    subject: Subject,
    #[serde(default)]
    drop: Vec<String>,
    #[serde(default)]
    junk: Vec<String>,
    #[serde(rename = "column")]
    columns: Vec<Column>,
}

fn frequent() -> String {
    "frequent".to_owned()
}

impl Mapping {
    /// Reads a mapping file; `base` knows the departments it names.
    pub fn read(name: &str, text: &str, base: &Kb) -> Result<Self, Vec<Fault>> {
        let file: File = toml::from_str(text).map_err(|error| vec![syntax(name, text, &error)])?;
        let mut faults = Vec::new();
        let mut refuse = |word: &str, message: String| {
            let (line, column) = place_of(text, word);
            faults.push(Fault::error(name, line, "IM002", message).at_column(column));
        };
        let format = Format::from_name(&file.format);
        if format.is_none() {
            refuse(&file.format, format!("格式 {} 不认识，可用：csv、jsonl", file.format));
        }
        for key in [&file.prefix, &file.source.key] {
            if key.is_empty()
                || !key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            {
                refuse(key, format!("“{key}”只能用小写字母、数字和短横"));
            }
        }
        let classes = [
            (&file.subject.incidence, Incidence::NAMES.map(|(word, _)| word)),
            (&file.subject.urgency, Urgency::NAMES.map(|(word, _)| word)),
        ];
        for (word, known) in classes {
            if !known.contains(&word.as_str()) {
                refuse(word, format!("“{word}”不认识，可用：{}", known.join("、")));
            }
        }
        let is_department = |key: &str| {
            base.departments.iter().any(|department| key.strip_prefix("dept:") == Some(&department.code))
        };
        let departments = file.columns.iter().filter(|column| column.to == Target::TreatedIn);
        let named = departments.flat_map(|column| column.map.values());
        for key in named.chain([&file.subject.department]) {
            if !is_department(key) {
                refuse(key, format!("科室 {key} 没有定义"));
            }
        }
        for key in file.subject.differential.iter().filter(|key| base.id(key).is_none()) {
            refuse(key, format!("概念 {key} 没有定义"));
        }
        for column in &file.columns {
            if Frequency::from_name(&column.frequency).is_none() {
                let known = Frequency::NAMES.map(|(word, _)| word).join("、");
                refuse(&column.frequency, format!("频率“{}”不认识，可用：{known}", column.frequency));
            }
        }
        let mut junk = Vec::new();
        for pattern in &file.junk {
            match Regex::new(pattern) {
                Ok(pattern) => junk.push(pattern),
                Err(error) => refuse(pattern, format!("样式“{pattern}”写错了：{error}")),
            }
        }
        match format {
            Some(format) if faults.is_empty() => Ok(Self {
                format,
                junk,
                prefix: file.prefix,
                source: file.source,
                subject: file.subject,
                drop: file.drop,
                columns: file.columns,
            }),
            _ => Err(faults),
        }
    }

    /// The texts of a cell: parted, without what is to be dropped, of one width.
    pub(super) fn parts(&self, separators: &str, cell: &str) -> Vec<String> {
        let mut cell = cell.to_owned();
        for drop in &self.drop {
            cell = cell.replace(drop.as_str(), " ");
        }
        let parts = cell.split(|c| separators.contains(c));
        parts.map(clean).filter(|part| !part.is_empty()).collect()
    }

    pub(super) fn is_junk(&self, text: &str) -> bool {
        self.junk.iter().any(|pattern| pattern.is_match(text))
    }
}

/// Half-width letters and digits, single blanks, nothing invisible.
pub(super) fn clean(text: &str) -> String {
    let narrow = text.chars().map(|c| match c {
        // Letters and digits only: Chinese punctuation is wide in Chinese text.
        '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' => {
            char::from_u32(c as u32 - 0xfee0).unwrap_or(c)
        }
        c if c.is_control() || c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}') => ' ',
        c => c,
    });
    narrow.collect::<String>().split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What is left of a name when case, blanks and punctuation do not count.
pub(super) fn folded(text: &str) -> String {
    clean(text).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn syntax(name: &str, text: &str, error: &toml::de::Error) -> Fault {
    let at = error.span().map_or(0, |span| span.start);
    let before = text.get(..at).unwrap_or_default();
    let line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Fault::error(name, line, "IM001", format!("映射文件写错了：{}", error.message()))
        .at_column(u32::try_from(column).unwrap_or(u32::MAX))
}

/// Line and column where a word first stands.
fn place_of(text: &str, word: &str) -> (u32, u32) {
    let quoted = format!("\"{word}\"");
    for (line, number) in text.lines().zip(1u32..) {
        if let Some(at) =
            line.find(&quoted).map(|at| at + 1).or_else(|| line.find(word).filter(|_| !word.is_empty()))
        {
            let column = line[..at].chars().count() + 1;
            return (number, u32::try_from(column).unwrap_or(u32::MAX));
        }
    }
    (1, 1)
}
