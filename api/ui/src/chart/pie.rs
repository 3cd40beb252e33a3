use std::f64::consts::TAU;

use super::{escaped, shortened};

/// Slices that differ; what comes after them shares the last look.
const LOOKS: usize = 8;
/// Centre and radius.
const DISC: (f64, f64, f64) = (110.0, 110.0, 100.0);

/// Shares of a whole with a legend. Slices differ in pattern as well as in colour; each tells its number in a tooltip.
pub fn pie(title: &str, values: &[(String, i64)]) -> String {
    let sum: i64 = values.iter().map(|(_, value)| *value.max(&0)).sum();
    let rows = values.len().max(8);
    let height = (24 + rows * 24).max(220);
    let mut svg = format!(
        "<svg class=\"chart pie\" viewBox=\"0 0 520 {height}\" role=\"img\" aria-label=\"{0}\"><title>{0}</title>{1}",
        escaped(title),
        patterns()
    );
    let mut before = 0;
    for (index, (label, value)) in values.iter().enumerate() {
        let (look, share) = (index.min(LOOKS - 1), share(*value, sum));
        let told = format!("{}：{value}（{share}）", escaped(label));
        if *value > 0 {
            svg.extend([format!(
                "<path class=\"slice\" fill=\"url(#look{look})\" d=\"{}\"><title>{told}</title></path>",
                slice(before, *value, sum)
            )]);
            before += value;
        }
        let y = 18 + index * 24;
        svg.extend([format!(
            "<g><title>{told}</title><path class=\"slice\" fill=\"url(#look{look})\" d=\"M236 {y}h16v16h-16z\"/>\
             <text class=\"start\" x=\"260\" y=\"{}\">{} {value}（{share}）</text></g>",
            y + 13,
            escaped(&shortened(label, 14))
        )]);
    }
    svg + "</svg>"
}

/// `12.5%`.
fn share(value: i64, sum: i64) -> String {
    let tenths = if sum > 0 { (value.max(0) * 2000 + sum) / (2 * sum) } else { 0 };
    format!("{}.{}%", tenths / 10, tenths % 10)
}

fn slice(before: i64, value: i64, sum: i64) -> String {
    let (x, y, radius) = DISC;
    if value == sum {
        return format!(
            "M{x} {}a{radius} {radius} 0 1 1 0 {}a{radius} {radius} 0 1 1 0 -{}z",
            y - radius,
            2.0 * radius,
            2.0 * radius
        );
    }
    let place = |part: i64| {
        let angle = TAU * ratio(part, sum);
        (x + radius * angle.sin(), y - radius * angle.cos())
    };
    let (from, to) = (place(before), place(before + value));
    let is_large = i32::from(value * 2 > sum);
    format!("M{x} {y}L{:.2} {:.2}A{radius} {radius} 0 {is_large} 1 {:.2} {:.2}z", from.0, from.1, to.0, to.1)
}

/// In ten-thousandths, so that no precision is asked of large numbers.
fn ratio(part: i64, sum: i64) -> f64 {
    f64::from(i32::try_from(part.saturating_mul(1_000_000) / sum.max(1)).unwrap_or(0)) / 1_000_000.0
}

/// Eight looks: full, and lines and dots of different kinds. The same on every chart of a page.
fn patterns() -> String {
    const MARKS: [&str; LOOKS] = [
        "",
        "<path d=\"M-2 2l4 -4M0 8l8 -8M6 10l4 -4\"/>",
        "<path d=\"M0 4h8\"/>",
        "<circle cx=\"4\" cy=\"4\" r=\"1.6\"/>",
        "<path d=\"M4 0v8\"/>",
        "<path d=\"M-2 6l4 4M0 0l8 8M6 -2l4 4\"/>",
        "<path d=\"M0 4h8M4 0v8\"/>",
        "<path d=\"M0 2h3M5 6h3\"/>",
    ];
    let pattern = |(look, mark): (usize, &str)| {
        format!(
            "<pattern id=\"look{look}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">\
             <rect class=\"c{look}\" width=\"8\" height=\"8\"/><g class=\"mark\">{mark}</g></pattern>"
        )
    };
    format!("<defs>{}</defs>", MARKS.into_iter().enumerate().map(pattern).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_as_large_as_their_share_and_have_their_own_pattern() {
        let svg = pie("性别", &[("女".into(), 3), ("男".into(), 1), ("未填".into(), 0)]);
        // Three quarters end at nine o'clock.
        assert!(svg.contains("d=\"M110 110L110.00 10.00A100 100 0 1 1 10.00 110.00z\""), "{svg}");
        assert!(svg.contains("女：3（75.0%）") && svg.contains("未填：0（0.0%）"));
        assert!(svg.contains("fill=\"url(#look0)\"") && svg.contains("fill=\"url(#look1)\""));
        assert_eq!(svg.matches("<path class=\"slice\"").count(), 2 + 3, "nothing is drawn of nobody");
    }

    #[test]
    fn a_whole_and_nothing_are_drawn_too() {
        let whole = pie("一", &[("全部<b>".into(), 7)]);
        assert!(whole.contains("全部&lt;b&gt;：7（100.0%）") && whole.contains("a100 100 0 1 1 0 200"));
        assert!(pie("空", &[("无".into(), 0)]).contains("无：0（0.0%）"));
        assert_eq!(share(1, 3), "33.3%");
        assert_eq!(share(2, 3), "66.7%");
    }
}
