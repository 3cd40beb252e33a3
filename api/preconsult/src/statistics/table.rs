//! Numbers as a table: for the page, for a spreadsheet as text and as a workbook.

use rust_xlsxwriter::{Format, Workbook, XlsxError};
use ui::chart::csv_cell;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    /// With where it leads.
    Link(String, String),
    Number(i64),
    /// Tenths of a percent; None of nothing.
    Share(Option<i64>),
}

/// A part of a page: charts and the table they were drawn from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Section {
    /// By which an export names it.
    pub(super) key: String,
    pub(super) title: String,
    /// What is to be known of the numbers.
    pub(super) note: String,
    /// SVG.
    pub(super) charts: Vec<String>,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Value>>,
    /// Takes the whole width.
    pub(super) is_wide: bool,
}

/// Tenths of a percent, rounded.
pub(super) fn share(part: i64, whole: i64) -> Value {
    Value::Share((whole > 0).then(|| (part * 2000 + whole) / (2 * whole)))
}

pub(super) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

impl Value {
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text(text) | Self::Link(text, _) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Share(Some(tenths)) => format!("{}.{}%", tenths / 10, tenths % 10),
            Self::Share(None) => "—".to_owned(),
        }
    }

    pub(super) fn link(&self) -> Option<&str> {
        match self {
            Self::Link(_, address) => Some(address),
            _ => None,
        }
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Number(_) | Self::Share(_))
    }
}

impl Section {
    pub(super) fn new(key: &str, title: impl Into<String>, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Self { key: key.to_owned(), title: title.into(), columns, ..Self::default() }
    }
}

/// For a spreadsheet: with the mark that tells it of UTF-8; no cell becomes a formula. `head` says what the numbers are of.
pub(super) fn csv(head: &[(String, String)], sections: &[Section]) -> String {
    let mut text = "\u{feff}".to_owned();
    let mut line = |cells: &[String]| {
        text.push_str(&cells.iter().map(|cell| csv_cell(cell)).collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    };
    for (name, value) in head {
        line(&[name.clone(), value.clone()]);
    }
    for section in sections {
        line(&[String::new()]);
        line(std::slice::from_ref(&section.title));
        line(&section.columns);
        for row in &section.rows {
            line(&row.iter().map(Value::shown).collect::<Vec<_>>());
        }
        if !section.note.is_empty() {
            line(&["说明".to_owned(), section.note.clone()]);
        }
    }
    text
}

/// The same as a workbook: a sheet for each section. Texts are written as texts, whatever they begin with.
pub(super) fn workbook(head: &[(String, String)], sections: &[Section]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (bold, percent) = (Format::new().set_bold(), Format::new().set_num_format("0.0%"));
    for (number, section) in (1..).zip(sections) {
        let sheet = book.add_worksheet();
        sheet.set_name(sheet_name(number, &section.title))?;
        let mut at = 0_u32;
        sheet.write_string_with_format(at, 0, section.title.as_str(), &bold)?;
        for (name, value) in head {
            at += 1;
            sheet.write_string(at, 0, name.as_str())?;
            sheet.write_string(at, 1, value.as_str())?;
        }
        if !section.note.is_empty() {
            at += 1;
            sheet.write_string(at, 0, "说明")?;
            sheet.write_string(at, 1, section.note.as_str())?;
        }
        at += 2;
        for (column, name) in (0_u16..).zip(&section.columns) {
            sheet.write_string_with_format(at, column, name.as_str(), &bold)?;
        }
        for row in &section.rows {
            at += 1;
            for (column, value) in (0_u16..).zip(row) {
                match value {
                    Value::Text(text) | Value::Link(text, _) => {
                        sheet.write_string(at, column, text.as_str())?
                    }
                    Value::Number(number) => sheet.write_number(at, column, exact(*number))?,
                    Value::Share(Some(tenths)) => {
                        sheet.write_number_with_format(at, column, exact(*tenths) / 1000.0, &percent)?
                    }
                    Value::Share(None) => sheet.write_string(at, column, "—")?,
                };
            }
        }
        sheet.set_column_width(0, 28)?;
    }
    book.save_to_buffer()
}

/// At most 31 characters, none that a sheet may not have, and no two the same.
fn sheet_name(number: usize, title: &str) -> String {
    let allowed = title.chars().filter(|c| !"[]:*?/\\'".contains(*c));
    let name: String = allowed.take(26).collect();
    format!("{number} {name}")
}

/// Counts stay far below where a spreadsheet begins to round.
fn exact(number: i64) -> f64 {
    i32::try_from(number).map_or(f64::from(i32::MAX), f64::from)
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader, Xlsx};

    use super::*;

    fn section() -> Section {
        let mut section = Section::new("parts", "各机构/排名: [一]", &["机构", "人次", "占比"]);
        section.rows = vec![
            vec![
                Value::Link("=HYPERLINK(\"http://evil\")".into(), "/x".into()),
                Value::Number(3),
                share(3, 8),
            ],
            vec![text("甲,\"乙\""), Value::Number(0), share(0, 0)],
        ];
        section
    }

    #[test]
    fn a_csv_file_is_read_as_utf8_and_runs_nothing() {
        let head = [("范围".to_owned(), "全区".to_owned())];
        let file = csv(&head, &[section()]);
        assert!(file.starts_with("\u{feff}范围,全区\r\n"), "{file}");
        let expected =
            "机构,人次,占比\r\n\"'=HYPERLINK(\"\"http://evil\"\")\",3,37.5%\r\n\"甲,\"\"乙\"\"\",0,—\r\n";
        assert!(file.ends_with(expected), "{file}");
    }

    #[test]
    fn a_workbook_holds_texts_as_texts_and_numbers_as_numbers() {
        let head = [("范围".to_owned(), "全区".to_owned())];
        let file = workbook(&head, &[section(), section()]).unwrap();
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(file)).unwrap();
        assert_eq!(book.sheet_names(), ["1 各机构排名 一", "2 各机构排名 一"]);
        let sheet = book.worksheet_range("1 各机构排名 一").unwrap();
        let cell = |row, column| sheet.get_value((row, column)).unwrap().clone();
        assert_eq!(cell(1, 1), Data::String("全区".into()));
        assert_eq!(cell(3, 1), Data::String("人次".into()));
        assert_eq!(cell(4, 0), Data::String("=HYPERLINK(\"http://evil\")".into()));
        assert_eq!((cell(4, 1), cell(4, 2)), (Data::Float(3.0), Data::Float(0.375)));
        assert!(book.worksheet_formula("1 各机构排名 一").unwrap().is_empty(), "no formula");
    }

    #[test]
    fn shares_are_rounded_to_tenths() {
        assert_eq!(share(1, 3).shown(), "33.3%");
        assert_eq!(share(2, 3).shown(), "66.7%");
        assert_eq!(share(8, 8).shown(), "100.0%");
        assert_eq!(share(1, 0).shown(), "—");
    }
}
