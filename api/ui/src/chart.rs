//! Charts as SVG from the server, each to stand beside its table.

/// Upright bars with a title for screen readers and the number of each in a tooltip. Labels are thinned where they
/// would meet.
pub fn bars(title: &str, values: &[(String, i64)]) -> String {
    const TALLEST: i64 = 120;
    const STEP: i64 = 60;
    const WIDTH: i64 = 720;
    let count = i64::try_from(values.len()).unwrap_or(1).max(1);
    let step = (WIDTH / count).min(STEP * 2).max(1);
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
        svg.push_str(&format!(
            "<g><title>{label}：{value}</title><rect x=\"{}\" y=\"{top}\" width=\"{}\" height=\"{height}\" rx=\"2\"/>",
            x + step / 8,
            (step - step / 4).max(1)
        ));
        if index % every == 0 {
            svg.push_str(&format!("<text x=\"{middle}\" y=\"160\">{label}</text>"));
        }
        if *value > 0 {
            svg.push_str(&format!("<text x=\"{middle}\" y=\"{}\">{value}</text>", top - 5));
        }
        svg.push_str("</g>");
    }
    svg + "</svg>"
}

/// A cell of a CSV file: quoted where needed, and never a formula of a spreadsheet.
pub fn csv_cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
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
        assert_eq!(csv_cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(csv_cell("门诊"), "门诊");
    }
}
