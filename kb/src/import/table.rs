//! Tables as they come: CSV with a header, or one JSON object a line.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Fault;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// RFC 4180 with a header row.
    Csv,
    /// One JSON object a line; lists are arrays or texts.
    JsonLines,
}

impl Format {
    /// The format of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "csv" => Some(Self::Csv),
            "jsonl" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

/// A table read into memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its file.
    pub name: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows in their order.
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Line it begins on, from 1.
    pub line: u32,
    /// For each column its texts: one, or several where the table has a list.
    pub cells: Vec<Vec<String>>,
}

impl Table {
    /// Reads a table; a row that cannot be read is an error with its line.
    pub fn read(name: &str, text: &str, format: Format) -> Result<Self, Vec<Fault>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match format {
            Format::Csv => csv(name, text),
            Format::JsonLines => json_lines(name, text),
        }
    }

    /// Position of a column.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }
}

fn csv(name: &str, text: &str) -> Result<Table, Vec<Fault>> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let fault = |error: &csv::Error| {
        let line = error.position().map_or(1, |position| u32::try_from(position.line()).unwrap_or(u32::MAX));
        let message = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("表头有 {expected_len} 列，这一行有 {len} 列")
            }
            _ => format!("这一行读不了：{error}"),
        };
        Fault::error(name, line, "IM003", message)
    };
    let columns = reader.headers().map_err(|error| vec![fault(&error)])?.iter().map(str::to_owned).collect();
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for record in reader.records() {
        match record {
            Ok(record) => rows.push(Row {
                line: record.position().map_or(0, |place| u32::try_from(place.line()).unwrap_or(u32::MAX)),
                cells: record.iter().map(|cell| vec![cell.to_owned()]).collect(),
            }),
            Err(error) => faults.push(fault(&error)),
        }
    }
    if faults.is_empty() { Ok(Table { name: name.to_owned(), columns, rows }) } else { Err(faults) }
}

fn json_lines(name: &str, text: &str) -> Result<Table, Vec<Fault>> {
    let (mut objects, mut faults) = (Vec::new(), Vec::new());
    for (line, number) in text.lines().zip(1u32..).filter(|(line, _)| !line.trim().is_empty()) {
        match serde_json::from_str::<BTreeMap<String, Value>>(line) {
            Ok(object) => objects.push((number, object)),
            Err(error) => {
                let column = u32::try_from(error.column()).unwrap_or(u32::MAX);
                let message = format!("这一行不是 JSON 对象：{error}");
                faults.push(Fault::error(name, number, "IM003", message).at_column(column));
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut columns: Vec<String> = objects.iter().flat_map(|(_, object)| object.keys().cloned()).collect();
    columns.sort();
    columns.dedup();
    let row = |(line, object): (u32, BTreeMap<String, Value>)| Row {
        line,
        cells: columns.iter().map(|column| object.get(column).map(texts).unwrap_or_default()).collect(),
    };
    let rows = objects.into_iter().map(row).collect();
    Ok(Table { name: name.to_owned(), rows, columns })
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        other => vec![other.to_string()],
    }
}
