use super::{escaped, text};

/// A line of a chart: what it shows, and a value for each label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    pub name: String,
    pub values: Vec<i64>,
}

const WIDTH: i64 = 760;
const HEIGHT: i64 = 250;
/// Where the values are drawn: left, right, top, bottom.
const AREA: (i64, i64, i64, i64) = (52, 748, 34, 214);
/// Points are marked up to this many.
const MARKED: usize = 62;
/// Between two labels below.
const LABEL: i64 = 64;

/// Values over time; the lines differ in colour, in dashes and in the shape of their points. Every place tells its
/// numbers in a tooltip.
pub fn lines(title: &str, labels: &[String], series: &[Series]) -> String {
    let (left, right, top, bottom) = AREA;
    let most = nice(series.iter().flat_map(|one| &one.values).copied().max().unwrap_or(0).max(1));
    let n_labels = i64::try_from(labels.len()).unwrap_or(1).max(1);
    let x = |index: i64| left + (right - left) * (2 * index + 1) / (2 * n_labels);
    let y = |value: i64| bottom - (bottom - top) * value.max(0) / most;
    let mut svg = format!(
        "<svg class=\"chart lines\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{0}\"><title>{0}</title>",
        escaped(title)
    );
    for part in 0..=4 {
        let (value, at) = (most * part / 4, y(most * part / 4));
        if most < 4 && most * part % 4 != 0 {
            continue;
        }
        svg.extend([format!("<path class=\"grid\" d=\"M{left} {at}H{right}\"/>")]);
        svg.extend([format!("<text class=\"end\" x=\"{}\" y=\"{}\">{value}</text>", left - 8, at + 4)]);
    }
    for (number, one) in series.iter().enumerate() {
        let mut points = String::new();
        for (index, value) in (0..).zip(&one.values) {
            points.extend([format!("{}{} {}", if index == 0 { "M" } else { "L" }, x(index), y(*value))]);
        }
        svg.extend([format!("<path class=\"line s{number}\" d=\"{points}\"/>")]);
        if one.values.len() <= MARKED {
            for (index, value) in (0..).zip(&one.values) {
                svg.push_str(&mark(number, x(index), y(*value)));
            }
        }
        let at = left + i64::try_from(number).unwrap_or(0) * 150;
        svg.extend([format!(
            "<path class=\"line s{number}\" d=\"M{at} 14h34\"/>{}",
            mark(number, at + 17, 14)
        )]);
        svg.extend([format!(
            "<text class=\"start\" x=\"{}\" y=\"18\">{}</text>",
            at + 42,
            escaped(&one.name)
        )]);
    }
    let every = (LABEL * n_labels / (right - left).max(1) + 1).max(1);
    let width = ((right - left) / n_labels).max(1);
    for (index, label) in (0..).zip(labels) {
        if index % every == 0 {
            svg.push_str(&text(x(index), HEIGHT - 12, &escaped(label)));
        }
        let told: Vec<String> = series
            .iter()
            .filter_map(|one| Some(format!("{} {}", one.name, one.values.get(usize::try_from(index).ok()?)?)))
            .collect();
        svg.extend([format!(
            "<rect class=\"place\" x=\"{}\" y=\"{top}\" width=\"{width}\" height=\"{}\"><title>{}：{}</title></rect>",
            x(index) - width / 2,
            bottom - top,
            escaped(label),
            escaped(&told.join("，"))
        )]);
    }
    svg + "</svg>"
}

/// Circle, square, triangle.
fn mark(series: usize, x: i64, y: i64) -> String {
    match series {
        0 => format!("<circle class=\"m0\" cx=\"{x}\" cy=\"{y}\" r=\"3\"/>"),
        1 => format!("<path class=\"m1\" d=\"M{} {}h6v6h-6z\"/>", x - 3, y - 3),
        _ => format!("<path class=\"m2\" d=\"M{x} {}l4 7h-8z\"/>", y - 4),
    }
}

/// The next 1, 2, 4, 5, 8 or 10 times a power of ten, so that the lines of the grid have round numbers.
fn nice(value: i64) -> i64 {
    let mut power = 1_i64;
    while power.saturating_mul(10) < value {
        power = power.saturating_mul(10);
    }
    [1, 2, 4, 8, 10].into_iter().map(|n| power.saturating_mul(n)).find(|n| *n >= value).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(1, 1)]
    #[case(3, 4)]
    #[case(7, 8)]
    #[case(9, 10)]
    #[case(11, 20)]
    #[case(450, 800)]
    #[case(999_999, 1_000_000)]
    fn grids_end_at_round_numbers(#[case] value: i64, #[case] end: i64) {
        assert_eq!(nice(value), end);
    }

    #[test]
    fn lines_differ_in_more_than_colour_and_tell_their_numbers() {
        let series = [
            Series { name: "使用<人次>".into(), values: vec![0, 4] },
            Series { name: "已提交".into(), values: vec![0, 2] },
        ];
        let svg = lines("趋势&", &["3月1日".into(), "3月2日".into()], &series);
        for part in [
            "<title>趋势&amp;</title>",
            "使用&lt;人次&gt; 4，已提交 2",
            "class=\"line s0\" d=\"M226 214L574 34\"",
            "class=\"line s1\" d=\"M226 214L574 124\"",
            "class=\"m0\"",
            "class=\"m1\"",
        ] {
            assert!(svg.contains(part), "{part} missing in {svg}");
        }
        assert!(!svg.contains("style=") && !svg.contains("fill="));
        let many =
            lines("多", &vec!["1".to_owned(); 744], &[Series { name: "x".into(), values: vec![1; 744] }]);
        assert!(
            !many.contains("<circle class=\"m0\" cx=\"53\"")
                && many.matches("class=\"place\"").count() == 744
        );
        assert!(lines("空", &[], &[]).ends_with("</svg>"));
    }
}
