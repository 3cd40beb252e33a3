use super::{escaped, shortened};

const WIDTH: i64 = 760;
/// Where bars begin, and how long they are at most.
const LEFT: i64 = 200;
const LONGEST: i64 = 460;
const ROW: i64 = 28;

/// Lying bars from top to bottom, for long labels; each with its number beside it.
pub fn ranking(title: &str, values: &[(String, i64)]) -> String {
    let most = values.iter().map(|(_, value)| *value).max().unwrap_or(0).max(1);
    let height = i64::try_from(values.len()).unwrap_or(0) * ROW + 8;
    let mut svg = format!(
        "<svg class=\"chart ranking\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{0}\"><title>{0}</title>",
        escaped(title)
    );
    for (index, (label, value)) in (0..).zip(values) {
        let (top, length) = (index * ROW + 4, value.max(&0) * LONGEST / most);
        svg.extend([format!(
            "<g><title>{0}：{value}</title><text class=\"end\" x=\"{1}\" y=\"{2}\">{3}</text>\
             <rect x=\"{LEFT}\" y=\"{4}\" width=\"{length}\" height=\"18\" rx=\"2\"/>\
             <text class=\"start\" x=\"{5}\" y=\"{2}\">{value}</text></g>",
            escaped(label),
            LEFT - 8,
            top + 15,
            escaped(&shortened(label, 15)),
            top + 1,
            LEFT + length + 8,
        )]);
    }
    svg + "</svg>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share_and_long_names_are_shortened_with_the_whole_in_the_tooltip() {
        let long = "上海市静安区某某街道社区卫生服务中心".to_owned();
        let svg = ranking("排名", &[(long.clone(), 4), ("二&".into(), 2), ("三".into(), 0)]);
        assert!(
            svg.contains("width=\"460\"") && svg.contains("width=\"230\"") && svg.contains("width=\"0\"")
        );
        assert!(
            svg.contains(&format!("<title>{long}：4</title>"))
                && svg.contains(">上海市静安区某某街道社区卫生…<"),
            "{svg}"
        );
        assert!(svg.contains("二&amp;：2"));
        assert!(ranking("空", &[]).ends_with("</svg>"));
    }
}
