//! Tables that people upload: the first sheet of a workbook (.xlsx), or CSV in UTF-8 or GB 18030.
//!
//! All or nothing: every cell that cannot be taken is named by its row and column, and then nothing is taken.

use std::{
    borrow::Cow,
    fmt,
    io::{self, Cursor, Read},
};

use calamine::{DataRef, Reader, Xlsx};

/// Bytes of an uploaded file.
pub const LARGEST_FILE: usize = 12 << 20;
/// Most bytes of a workbook when unpacked; a small file that holds more is made to fill the memory.
const MAX_UNPACKED: u64 = 256 << 20;
/// Most files inside a workbook; what Excel writes for three sheets has about fifteen.
const MAX_PARTS: usize = 500;
/// Most characters of a cell.
const LONGEST_CELL: usize = 400;
/// More bad cells are counted, not listed.
pub const MOST_FAULTS: usize = 200;
/// Wider tables are none of ours.
const MAX_COLUMNS: usize = 64;

/// A table below its headings.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Table {
    headings: Vec<String>,
    pub rows: Vec<Row>,
}

/// A row that has a cell.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Row {
    /// As Excel counts, from 1.
    pub number: u32,
    cells: Vec<String>,
}

/// A cell that cannot be taken, as `第 12 行 F 列（饮片金额）：…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCell {
    /// 0 where it is a matter of the whole table.
    pub row: u32,
    /// Letter and heading.
    pub column: String,
    pub detail: String,
}

/// Why a file was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusal {
    /// The first [`MOST_FAULTS`].
    pub cells: Vec<BadCell>,
    pub n_cells: usize,
}

impl fmt::Display for BadCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.row, self.column.as_str()) {
            (0, "") => write!(f, "{}", self.detail),
            (0, column) => write!(f, "{column}：{}", self.detail),
            (row, column) => write!(f, "第 {row} 行 {column}：{}", self.detail),
        }
    }
}

impl Refusal {
    /// Of the file as a whole.
    pub fn whole(detail: impl Into<String>) -> Self {
        Self { cells: vec![BadCell { row: 0, column: String::new(), detail: detail.into() }], n_cells: 1 }
    }

    pub fn push(&mut self, cell: BadCell) {
        self.n_cells += 1;
        if self.cells.len() < MOST_FAULTS {
            self.cells.push(cell);
        }
    }

    /// Nothing is wrong: gives the value.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.n_cells == 0 { Ok(value) } else { Err(self) }
    }
}

/// Reads a file by its content, at most so many rows.
pub fn read(bytes: &[u8], most_rows: usize) -> Result<Table, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::whole("没有选择文件，或文件是空的。请选择 .xlsx 或 .csv 文件。"));
    }
    let lines = if bytes.starts_with(b"PK\x03\x04") {
        workbook(bytes, most_rows)?
    } else if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(Refusal::whole("这是旧版 Excel（.xls）文件，请另存为 .xlsx 或 CSV 后重新上传。"));
    } else {
        csv(bytes, most_rows)?
    };
    let mut lines = lines.into_iter();
    let Some(first) = lines.next() else {
        return Err(Refusal::whole("表里没有内容。第一行应为列名。"));
    };
    let table = Table { headings: first.cells, rows: lines.collect() };
    let mut seen = std::collections::BTreeSet::new();
    let mut refusal = Refusal::default();
    for (at, heading) in table.headings.iter().enumerate() {
        if !heading.is_empty() && !seen.insert(heading) {
            refusal.push(BadCell {
                row: 1,
                column: table.column_name(at),
                detail: "列名重复，请删去一列".into(),
            });
        }
    }
    if table.rows.is_empty() {
        refusal.push(BadCell { row: 0, column: String::new(), detail: "列名下面没有内容。".into() });
    }
    refusal.or(table)
}

fn too_many(most_rows: usize) -> Refusal {
    Refusal::whole(format!("超过 {most_rows} 行，请拆成几份上传。"))
}

fn csv(bytes: &[u8], most_rows: usize) -> Result<Vec<Row>, Refusal> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let text: Cow<'_, str> = if let Ok(text) = std::str::from_utf8(bytes) {
        text.into()
    } else {
        let (text, _, is_broken) = encoding_rs::GB18030.decode(bytes);
        if is_broken {
            return Err(Refusal::whole(
                "文件既不是 Excel，也不是 UTF-8 或 GB 18030 的 CSV，请另存为 .xlsx 后重新上传。",
            ));
        }
        text
    };
    if text.contains('\0') {
        return Err(Refusal::whole("文件不是表格。请选择 .xlsx 或 .csv 文件。"));
    }
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let delimiter = if first.contains('\t') && !first.contains(',') { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let (mut rows, mut record) = (Vec::new(), csv::StringRecord::new());
    let (mut counted, mut line) = (0, 1);
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(rows),
            Err(error) => return Err(Refusal::whole(format!("CSV 无法读懂：{error}"))),
        }
        // Where the record begins, behind the blank lines before it.
        let begin = record.position().map_or(0, |at| usize::try_from(at.byte()).unwrap_or(usize::MAX));
        let rest = text.as_bytes().get(begin..).unwrap_or_default();
        let begin = begin + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = text.as_bytes().get(counted..begin).unwrap_or_default();
        line += passed.iter().map(|byte| u32::from(*byte == b'\n')).sum::<u32>();
        counted = begin;
        if record.len() > MAX_COLUMNS {
            return Err(Refusal::whole(format!("超过 {MAX_COLUMNS} 列，请只保留需要的列。")));
        }
        let cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
        if cells.iter().all(String::is_empty) {
            continue;
        }
        if rows.len() > most_rows {
            return Err(too_many(most_rows));
        }
        rows.push(Row { number: line, cells });
    }
}

fn workbook(bytes: &[u8], most_rows: usize) -> Result<Vec<Row>, Refusal> {
    let unreadable = |error: &dyn fmt::Display| Refusal::whole(format!("Excel 文件无法读懂：{error}"));
    require_moderate(bytes).map_err(|why| unreadable(&why))?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    let Some(name) = book.sheet_names().first().cloned() else {
        return Err(Refusal::whole("Excel 文件里没有工作表。"));
    };
    let mut reader = book.worksheet_cells_reader(&name).map_err(|error| unreadable(&error))?;
    let mut rows: Vec<Row> = Vec::new();
    while let Some(cell) = reader.next_cell().map_err(|error| unreadable(&error))? {
        let (row, column) = cell.get_position();
        let Some(text) = text(cell.get_value()) else { continue };
        let column = column as usize;
        if column >= MAX_COLUMNS {
            return Err(Refusal::whole(format!("超过 {MAX_COLUMNS} 列，请只保留需要的列。")));
        }
        let number = row.saturating_add(1);
        if rows.last().is_none_or(|last| last.number != number) {
            if rows.len() > most_rows {
                return Err(too_many(most_rows));
            }
            rows.push(Row { number, cells: Vec::new() });
        }
        if let Some(last) = rows.last_mut() {
            if last.cells.len() <= column {
                last.cells.resize(column + 1, String::new());
            }
            last.cells[column] = text;
        }
    }
    Ok(rows)
}

/// Unpacks everything once without keeping it, because the size that a file declares may be a lie.
fn require_moderate(bytes: &[u8]) -> Result<(), String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
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

/// Excel keeps numbers as binary fractions: what it would show is meant, not the last bits. A number of more than 15
/// digits was already changed by Excel, so that it is given back as it cannot be taken for a number or a name.
fn text(value: &DataRef<'_>) -> Option<String> {
    let text = match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) if number.abs() >= 1e15 => format!("{number:e}"),
        DataRef::Float(number) => {
            let short = format!("{number:.6}");
            short.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.trim().to_owned()
        }
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(value) => if *value { "是" } else { "否" }.to_owned(),
        DataRef::DateTime(value) => excel_day(value.as_f64()),
        DataRef::Error(error) => format!("{error}"),
        DataRef::Empty => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The day of a number of days since the end of 1899, as Excel counts.
fn excel_day(days: f64) -> String {
    let whole = format!("{:.0}", days.trunc()).parse::<u64>().ok();
    let first = chrono::NaiveDate::from_ymd_opt(1899, 12, 30);
    let day = first.zip(whole).and_then(|(first, days)| first.checked_add_days(chrono::Days::new(days)));
    day.map_or_else(|| days.to_string(), |day| day.to_string())
}

impl Table {
    /// The column of a heading that may be called differently; marks behind it as `*` or `（元）` do not matter.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        let bare = |heading: &str| {
            let end = heading.find(['(', '（', '*', '＊']).unwrap_or(heading.len());
            heading[..end].trim().to_owned()
        };
        names.iter().find_map(|name| self.headings.iter().position(|heading| bare(heading) == *name))
    }

    /// The same, or a fault.
    pub fn needed(&self, names: &[&str], refusal: &mut Refusal) -> Option<usize> {
        let column = self.column(names);
        if column.is_none() {
            let detail =
                format!("没有“{}”这一列，请在第一行写上列名", names.first().copied().unwrap_or_default());
            refusal.push(BadCell { row: 0, column: String::new(), detail });
        }
        column
    }

    /// `F 列（饮片金额）`
    pub fn column_name(&self, column: usize) -> String {
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
        match self.headings.get(column).filter(|heading| !heading.is_empty()) {
            Some(heading) => format!("{letters} 列（{heading}）"),
            None => format!("{letters} 列"),
        }
    }

    /// A cell read by `read`; what it says against the cell is noted with its place.
    pub fn cell<T>(
        &self,
        row: &Row,
        column: Option<usize>,
        refusal: &mut Refusal,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let column = column?;
        let text = row.cells.get(column).map_or("", String::as_str);
        let value = if text.chars().count() > LONGEST_CELL {
            Err(format!("超过 {LONGEST_CELL} 个字"))
        } else {
            read(text)
        };
        value
            .map_err(|detail| {
                refusal.push(BadCell { row: row.number, column: self.column_name(column), detail });
            })
            .ok()
    }
}

/// What must not be empty.
pub fn words(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("不能为空".into()) } else { Ok(text.to_owned()) }
}

/// A number by which something is found again.
pub fn code(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.');
    match text {
        "" => Err("不能为空".into()),
        text if text.contains('e') && text.parse::<f64>().is_ok_and(|number| number >= 1e15) => {
            Err("数字超过 15 位，Excel 已改动末尾几位；请把这一列设为“文本”后重新填写".into())
        }
        text if text.len() > 64 || !text.chars().all(is_plain) => {
            Err(format!("“{}”不是编号（只用字母、数字和 - _ / .，最多 64 位）", short(text)))
        }
        text => Ok(text.to_owned()),
    }
}

/// A whole number from 0.
pub fn count(text: &str) -> Result<i64, String> {
    let number = text.parse::<i64>().ok().filter(|number| (0..=1_000_000_000).contains(number));
    number.ok_or_else(|| format!("“{}”不是整数", short(text)))
}

/// Yuan with at most two decimals, as fen; empty is 0.
pub fn fen(text: &str) -> Result<i64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    decimal(text, 2)
        .filter(|fen| *fen <= 10_000_000_000)
        .ok_or_else(|| format!("“{}”不是金额（单位元，最多两位小数，不能为负，例如 123.40）", short(text)))
}

/// A number with at most so many decimals, times ten to the power of that; commas between thousands are allowed.
pub fn decimal(text: &str, decimals: u32) -> Option<i64> {
    let plain = text.trim_start_matches(['¥', '￥']).replace([',', '，'], "");
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let part = part.trim_end_matches('0');
    if whole.is_empty() || whole.len() > 12 || !is_number(whole) || !is_number(part) {
        return None;
    }
    let missing = decimals.checked_sub(u32::try_from(part.len()).ok()?)?;
    let part = if part.is_empty() { 0 } else { part.parse::<i64>().ok()? };
    Some(whole.parse::<i64>().ok()? * 10_i64.pow(decimals) + part * 10_i64.pow(missing))
}

fn short(text: &str) -> String {
    let cut: String = text.chars().take(20).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

/// A field of a CSV file that spreadsheets read as a text, never as a formula.
pub fn csv_field(text: &str) -> String {
    let guarded = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err() {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if guarded.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

/// Fen as yuan: `123.40`.
pub fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

#[cfg(test)]
mod tests;
