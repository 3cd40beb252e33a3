//! Reads the small tab-separated files of `data/`: `#` lines are comments, the first other line names the columns.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

/// A file that cannot be used; says where as `file:line:column`.
#[derive(Debug, thiserror::Error)]
pub enum TsvError {
    #[error("无法读取 {}", .0.display())]
    Read(PathBuf, #[source] io::Error),
    #[error("{place}：{fault}")]
    Content { place: Position, fault: String },
}

/// Line and column count from 1; columns are characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub file: PathBuf,
    pub line: usize,
    pub column: usize,
}

/// One row with as many cells as columns were asked for.
#[derive(Debug)]
pub(crate) struct Row<const N: usize> {
    pub(crate) cells: [String; N],
    start: Position,
}

/// The rows of a file that has exactly these columns, in this order.
pub(crate) fn read<const N: usize>(path: &Path, columns: [&str; N]) -> Result<Vec<Row<N>>, TsvError> {
    let text = fs::read_to_string(path).map_err(|e| TsvError::Read(path.into(), e))?;
    parse(path, &text, columns)
}

pub(crate) fn parse<const N: usize>(
    path: &Path,
    text: &str,
    columns: [&str; N],
) -> Result<Vec<Row<N>>, TsvError> {
    let mut lines =
        text.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty());
    let place = |line, column| Position { file: path.into(), line, column };
    let header =
        lines.next().ok_or_else(|| fault(place(1, 1), format!("缺少表头 {}", columns.join("、"))))?;
    if header.1.split('\t').ne(columns) {
        return Err(fault(place(header.0 + 1, 1), format!("表头应为 {}", columns.join("、"))));
    }
    lines
        .map(|(index, line)| {
            let start = place(index + 1, 1);
            let cells: Vec<String> = line.split('\t').map(|cell| cell.trim().to_owned()).collect();
            let count = cells.len();
            match <[String; N]>::try_from(cells) {
                Ok(cells) => Ok(Row { cells, start }),
                Err(_) => Err(fault(
                    place(index + 1, line.chars().count() + 1),
                    format!("应有 {N} 列，实有 {count} 列"),
                )),
            }
        })
        .collect()
}

impl<const N: usize> Row<N> {
    /// A fault in the cell of this index.
    pub(crate) fn fault(&self, cell: usize, fault: impl Into<String>) -> TsvError {
        let before = self.cells.iter().take(cell).map(|cell| cell.chars().count() + 1).sum::<usize>();
        TsvError::Content {
            place: Position { column: before + 1, ..self.start.clone() },
            fault: fault.into(),
        }
    }
}

fn fault(place: Position, fault: String) -> TsvError {
    TsvError::Content { place, fault }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        parse(Path::new("a.tsv"), text, ["key", "name"]).unwrap_err().to_string()
    }

    #[test]
    fn comments_and_empty_lines_are_left_out() {
        let rows = parse(Path::new("a.tsv"), "# 说明\nkey\tname\n\nr1\t 王 \n", ["key", "name"]).unwrap();
        assert_eq!(rows[0].cells, ["r1", "王"]);
        assert_eq!(rows[0].fault(1, "重名").to_string(), "a.tsv:4:4：重名");
    }

    #[test]
    fn faults_name_their_place() {
        assert_eq!(message(""), "a.tsv:1:1：缺少表头 key、name");
        assert_eq!(message("key\tsex\n"), "a.tsv:1:1：表头应为 key、name");
        assert_eq!(message("key\tname\nr1\t王\nr2\n"), "a.tsv:3:3：应有 2 列，实有 1 列");
    }
}
