//! Charts as SVG from the server, each to stand beside its table. Of our own: they need no font to be measured with, take
//! the colours of the page in light and dark, and differ in more than colour.

mod line;
mod pie;
mod ranking;

pub use line::{Series, lines};
pub use pie::pie;
pub use ranking::ranking;

/// Upright bars with a title for screen readers and the number of each in a tooltip. Labels are thinned where they
/// would meet.
pub fn bars(title: &str, values: &[(String, i64)]) -> String {
    const TALLEST: i64 = 120;
    const STEP: i64 = 60;
    const WIDTH: i64 = 720;
    let count = i64::try_from(values.len()).unwrap_or(1).max(1);
    let step = (WIDTH / count).clamp(1, STEP * 2);
    let most = values.iter().map(|(_, value)| *value).max().unwrap_or(0).max(1);
    let every = (STEP / step).max(1);
    let mut svg = format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} 170\" role=\"img\" aria-label=\"{0}\"><title>{0}</title>",
        escaped(title)
    );
    for (index, (label, value)) in (0..).zip(values) {
        let height = value.max(&0) * TALLEST / most;
        let (x, middle) = (index * step, index * step + step / 2);
        let (label, top) = (escaped(label), 20 + TALLEST - height);
        let (left, width) = (x + step / 8, (step - step / 4).max(1));
        let bar = format!("<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"2\"/>");
        svg.extend(["<g><title>", &label, "：", &value.to_string(), "</title>", &bar]);
        if index % every == 0 {
            svg.extend([text(middle, 160, &label)]);
        }
        if *value > 0 {
            svg.extend([text(middle, top - 5, &value.to_string())]);
        }
        svg.push_str("</g>");
    }
    svg + "</svg>"
}

fn text(x: i64, y: i64, text: &str) -> String {
    format!("<text x=\"{x}\" y=\"{y}\">{text}</text>")
}

/// A cell of a CSV file: quoted where needed, and never a formula of a spreadsheet.
pub fn csv_cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// The beginning of a label that is longer than `most` characters.
fn shortened(label: &str, most: usize) -> String {
    if label.chars().count() <= most {
        return label.to_owned();
    }
    label.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_high_as_their_share_and_say_their_numbers() {
        let svg = bars("每日<b>", &[("一".into(), 4), ("二&".into(), 2), ("三".into(), 0)]);
        assert!(svg.contains("每日&lt;b&gt;") && svg.contains("二&amp;：2"), "{svg}");
        assert!(
            svg.contains("height=\"120\"") && svg.contains("height=\"60\"") && svg.contains("height=\"0\"")
        );
        assert!(bars("空", &[]).starts_with("<svg"));
        assert_eq!(bars("多", &vec![("1".into(), 1); 366]).matches("<rect").count(), 366);
    }

    #[test]
    fn a_cell_is_no_formula() {
        assert_eq!(csv_cell("=1+1"), "'=1+1");
        assert_eq!(csv_cell("＝1"), "'＝1");
        assert_eq!(csv_cell("\n=1"), "\"'\n=1\"");
        assert_eq!(csv_cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(csv_cell("门诊"), "门诊");
    }
}
