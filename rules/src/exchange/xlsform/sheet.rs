//! Sheets of a workbook: columns by their heading, cells by row.

use std::{
    collections::BTreeMap,
    io::{self, Cursor, Read},
};

use calamine::{DataRef, Reader, Xlsx};

/// Most cells of a sheet that are read.
const MAX_CELLS: usize = 400_000;

/// Most bytes of a workbook when unpacked; a small file that holds more is made to fill the memory.
const MAX_UNPACKED: u64 = 32 << 20;

/// Most files inside a workbook; what Excel writes for three sheets has about fifteen.
const MAX_PARTS: usize = 500;

/// A sheet; rows and columns count from 0.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) name: String,
    /// Headings in lower case, and their columns.
    pub(super) columns: Vec<(String, u32)>,
    /// The other rows that have a cell, in order.
    pub(super) rows: Vec<Line>,
}

/// A row of a sheet.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) row: u32,
    cells: BTreeMap<u32, String>,
}

/// The sheets of a workbook with these names, or why it can't be read.
pub(super) fn sheets(bytes: &[u8], wanted: &[&'static str]) -> Result<BTreeMap<&'static str, Sheet>, String> {
    require_moderate(bytes)?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let mut sheets = BTreeMap::new();
    for name in workbook.sheet_names() {
        let Some(known) = wanted.iter().find(|known| known.eq_ignore_ascii_case(name.trim())) else {
            continue;
        };
        sheets.insert(*known, sheet(&mut workbook, &name)?);
    }
    Ok(sheets)
}

/// Unpacks everything once without keeping it, because the size that a file declares may be a lie. What is no
/// archive at all is left to the reader of workbooks to explain.
fn require_moderate(bytes: &[u8]) -> Result<(), String> {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else { return Ok(()) };
    if archive.len() > MAX_PARTS {
        return Err(format!(
            "里面有 {} 个文件，最多 {MAX_PARTS} 个，请另存为普通的 Excel 工作簿",
            archive.len()
        ));
    }
    let mut left = MAX_UNPACKED;
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(|error| error.to_string())?;
        let n = io::copy(&mut entry.take(left + 1), &mut io::sink()).map_err(|error| error.to_string())?;
        left = left
            .checked_sub(n)
            .ok_or_else(|| format!("解压后超过 {} MB，请删去不需要的内容", MAX_UNPACKED >> 20))?;
    }
    Ok(())
}

fn sheet(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Sheet, String> {
    let mut lines: BTreeMap<u32, Line> = BTreeMap::new();
    let mut cells = 0usize;
    let mut reader = workbook.worksheet_cells_reader(name).map_err(|error| error.to_string())?;
    while let Some(cell) = reader.next_cell().map_err(|error| error.to_string())? {
        let (row, column) = cell.get_position();
        let Some(text) = text(cell.get_value()) else { continue };
        cells += 1;
        if cells > MAX_CELLS {
            return Err(format!("{name} 的格子太多，最多 {MAX_CELLS} 个"));
        }
        let line = lines.entry(row).or_insert_with(|| Line { row, cells: BTreeMap::new() });
        line.cells.insert(column, text);
    }
    let mut lines = lines.into_values();
    let heading = lines.next().unwrap_or_default();
    let columns = heading.cells.into_iter().map(|(column, text)| (text.to_lowercase(), column)).collect();
    Ok(Sheet { name: name.to_owned(), columns, rows: lines.collect() })
}

fn text(value: &DataRef<'_>) -> Option<String> {
    let text = match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.trim().to_owned()
        }
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(value) => if *value { "yes" } else { "no" }.to_owned(),
        DataRef::DateTime(value) => value.as_f64().to_string(),
        DataRef::Error(_) | DataRef::Empty => return None,
    };
    (!text.is_empty()).then_some(text)
}

impl Sheet {
    /// The column of the first heading that is there.
    pub(super) fn column(&self, names: &[&str]) -> Option<u32> {
        names
            .iter()
            .find_map(|name| self.columns.iter().find(|(own, _)| own == name).map(|(_, column)| *column))
    }

    /// The column of a heading that may come in several languages, the Chinese one before all others.
    pub(super) fn translated(&self, name: &str) -> Option<u32> {
        let rest = |heading: &str| -> Option<String> {
            let rest = heading.strip_prefix(name)?;
            if rest.is_empty() {
                return Some(String::new());
            }
            rest.strip_prefix("::")
                .or_else(|| rest.strip_prefix(':'))
                .map(|language| language.trim().to_owned())
        };
        let languages: Vec<(String, u32)> =
            self.columns.iter().filter_map(|(heading, column)| Some((rest(heading)?, *column))).collect();
        let is_chinese = |language: &str| {
            language.contains('中')
                || language.contains("汉")
                || language.contains("chinese")
                || language.starts_with("zh")
                || language.contains("(zh")
        };
        let found = languages.iter().find(|(language, _)| is_chinese(language));
        let found = found.or_else(|| languages.iter().find(|(language, _)| language.is_empty()));
        found.or_else(|| languages.first()).map(|(_, column)| *column)
    }

    /// `survey!F12`
    pub(super) fn place(&self, row: u32, column: u32) -> String {
        let mut letters = Vec::new();
        let mut left = column;
        loop {
            letters.push(char::from(b'A' + u8::try_from(left % 26).unwrap_or(0)));
            if left < 26 {
                break;
            }
            left = left / 26 - 1;
        }
        let letters: String = letters.into_iter().rev().collect();
        format!("{}!{letters}{}", self.name, row.saturating_add(1))
    }
}

impl Line {
    /// A cell that is not empty.
    pub(super) fn cell(&self, column: Option<u32>) -> Option<&str> {
        self.cells.get(&column?).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    #[test]
    fn a_small_file_that_unpacks_to_too_much_is_refused() {
        for (parts, refused) in [(1, false), (5, true)] {
            let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
            for part in 0..parts {
                archive.start_file(format!("xl/part{part}.xml"), SimpleFileOptions::default()).unwrap();
                archive.write_all(&vec![b' '; 7 << 20]).unwrap();
            }
            let bytes = archive.finish().unwrap().into_inner();
            assert!(bytes.len() < 100_000, "it looks harmless: {}", bytes.len());
            let outcome = require_moderate(&bytes);
            assert_eq!(outcome.is_err(), refused, "{outcome:?}");
            assert!(!refused || sheets(&bytes, &["survey"]).unwrap_err().contains("解压后超过 32 MB"));
        }
    }

    #[test]
    fn a_workbook_of_too_many_files_is_refused_before_unpacking() {
        for (parts, refused) in [(MAX_PARTS, false), (MAX_PARTS + 1, true)] {
            let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
            for part in 0..parts {
                archive.start_file(format!("xl/part{part}.xml"), SimpleFileOptions::default()).unwrap();
            }
            let bytes = archive.finish().unwrap().into_inner();
            assert_eq!(require_moderate(&bytes).is_err(), refused);
            assert!(!refused || sheets(&bytes, &["survey"]).unwrap_err().contains("里面有 501 个文件"));
        }
    }
}
