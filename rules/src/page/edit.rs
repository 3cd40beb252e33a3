//! Changes of single lines of a page: every other line keeps its bytes, whatever it says.

/// Cells as a row of a table; bars inside a cell are escaped, breaks of lines become spaces.
pub fn row(cells: &[String]) -> String {
    let cell = |cell: &String| match cell_text(cell) {
        text if text.is_empty() => " |".to_owned(),
        text => format!(" {text} |"),
    };
    std::iter::once("|".to_owned()).chain(cells.iter().map(cell)).collect()
}

/// Puts `new` in the place of a line, counted from 1. A line that is not there changes nothing.
#[must_use]
pub fn put(text: &str, line: u32, new: &str) -> String {
    changed(text, line, |old, ending| {
        let bom = if old.starts_with('\u{feff}') { "\u{feff}" } else { "" };
        format!("{bom}{new}{ending}")
    })
}

/// Adds a line below another one.
#[must_use]
pub fn add_below(text: &str, line: u32, new: &str) -> String {
    changed(text, line, |old, ending| {
        let between = if ending.is_empty() { "\n" } else { ending };
        format!("{old}{between}{new}{ending}")
    })
}

/// Takes a line out.
#[must_use]
pub fn remove(text: &str, line: u32) -> String {
    changed(text, line, |_, _| String::new())
}

/// Lets two lines change places; their endings stay where they are.
#[must_use]
pub fn swap(text: &str, one: u32, other: u32) -> String {
    let bare = |line: u32| text.split_inclusive('\n').nth(index(line)).map(|line| split(line).0.to_owned());
    match (bare(one), bare(other)) {
        (Some(first), Some(second)) => put(&put(text, one, &second), other, &first),
        _ => text.to_owned(),
    }
}

/// Adds a cell before the one at `at` (from 0) in a row of a table; the other cells keep their spelling.
#[must_use]
pub fn insert_cell(text: &str, line: u32, at: usize, cell: &str) -> String {
    changed(text, line, |old, ending| {
        let mut bars = Vec::new();
        let mut escaped = false;
        for (byte, sign) in old.char_indices() {
            if sign == '|' && !escaped {
                bars.push(byte + 1);
            }
            escaped = sign == '\\';
        }
        match bars.get(at) {
            Some(byte) => {
                let (before, after) = old.split_at(*byte);
                format!("{before} {} |{after}{ending}", cell_text(cell))
            }
            None => format!("{old}{ending}"),
        }
    })
}

/// Gives a key of the front matter, found at `line`, another value; without a line it is added as the last one.
#[must_use]
pub fn front(text: &str, line: Option<u32>, key: &str, value: &str) -> String {
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(line) = line {
        return changed(text, line, |old, ending| match old.find([':', '：']) {
            Some(colon) => {
                let sign = old[colon..].chars().next().unwrap_or(':');
                format!("{}{sign} {value}{ending}", &old[..colon])
            }
            None => format!("{old}{ending}"),
        });
    }
    let end = text.lines().skip(1).position(|line| line.trim_end() == "---");
    match end.and_then(|end| u32::try_from(end + 1).ok()) {
        Some(above) => add_below(text, above, &format!("{key}: {value}")),
        None => text.to_owned(),
    }
}

fn cell_text(cell: &str) -> String {
    cell.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn changed(text: &str, line: u32, change: impl Fn(&str, &str) -> String) -> String {
    let at = index(line);
    let lines = text.split_inclusive('\n').enumerate();
    lines
        .map(|(position, old)| {
            let (bare, ending) = split(old);
            if position == at { change(bare, ending) } else { old.to_owned() }
        })
        .collect()
}

fn index(line: u32) -> usize {
    (line as usize).wrapping_sub(1)
}

/// A line and its ending.
fn split(line: &str) -> (&str, &str) {
    let bare = line.trim_end_matches(['\n', '\r']);
    line.split_at(bare.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_changes_and_the_others_keep_their_bytes() {
        let text = "---\r\na： 1\r\n---\r\n<!-- 说明 -->\r\n| 甲 | 乙\\|丙 |\r\n|--|--|\r\n| 1 | 2 |";
        assert_eq!(
            put(text, 7, &row(&["3".into(), "x|y\nz".into()])),
            text.replace("| 1 | 2 |", "| 3 | x\\|y z |")
        );
        assert_eq!(add_below(text, 7, "| 5 |"), format!("{text}\n| 5 |"));
        assert_eq!(remove(text, 4), text.replace("<!-- 说明 -->\r\n", ""));
        assert_eq!(swap(&swap(text, 5, 7), 5, 7), text);
        assert!(swap(text, 5, 7).ends_with("| 1 | 2 |\r\n|--|--|\r\n| 甲 | 乙\\|丙 |"));
        assert_eq!(insert_cell(text, 5, 1, "丁"), text.replace("| 甲 | 乙", "| 甲 | 丁 | 乙"));
        assert_eq!(front(text, Some(2), "a", "2"), text.replace("a： 1", "a： 2"));
        assert_eq!(front(text, None, "b", "2"), text.replace("1\r\n---", "1\r\nb: 2\r\n---"));
        for line in [0, 99] {
            assert_eq!(put(text, line, "x"), text);
        }
    }
}
