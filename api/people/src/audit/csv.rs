//! Comma-separated text for a spreadsheet.

/// One line; every cell is quoted, and one that a spreadsheet would run as a formula is made plain text.
pub(super) fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    cells.join(",") + "\r\n"
}

fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let guard = if is_formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\"").replace(['\r', '\n'], " "))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    #[rstest]
    #[case("接诊", "\"接诊\"")]
    #[case("a,\"b\"", "\"a,\"\"b\"\"\"")]
    #[case("=HYPERLINK(\"http://evil\")", "\"'=HYPERLINK(\"\"http://evil\"\")\"")]
    #[case("@SUM(A1)", "\"'@SUM(A1)\"")]
    #[case("-2+3", "\"'-2+3\"")]
    #[case("＝cmd", "\"'＝cmd\"")]
    #[case("a\r\n=b", "\"a  =b\"")]
    #[case("\t=1", "\"'\t=1\"")]
    fn no_cell_becomes_a_formula_or_breaks_its_line(#[case] text: &str, #[case] written: &str) {
        assert_eq!(super::line([text]), format!("{written}\r\n"));
    }
}
