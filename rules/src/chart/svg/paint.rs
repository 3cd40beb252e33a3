//! Colours, lines and their labels.

use std::fmt::Write;

use super::{LABEL_LINE, LABEL_SIZE, level::Point, text::escaped};
use crate::chart::{Edge, Stroke, diff::Mark};

/// Bends are rounded by this much.
const ROUND: f64 = 6.0;

/// How a part is coloured beyond its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paint {
    pub(super) class: &'static str,
    /// None: the colours of the kind.
    pub(super) line: Option<&'static str>,
    pub(super) fill: Option<&'static str>,
    pub(super) is_dashed: bool,
    pub(super) is_bold: bool,
}

pub(super) const PLAIN: Paint = Paint { class: "", line: None, fill: None, is_dashed: false, is_bold: false };

pub(super) fn tone(is_current: bool, count: Option<u64>, mark: Option<Mark>) -> Paint {
    let paint = |class, line, fill| Paint { class, line: Some(line), fill: Some(fill), ..PLAIN };
    match (mark, count) {
        _ if is_current => Paint { is_bold: true, ..paint(" current", "#0b6e4f", "#c9f2df") },
        (Some(Mark::Added), _) => paint(" added", "#1a7f37", "#dcf5e3"),
        (Some(Mark::Removed), _) => Paint { is_dashed: true, ..paint(" removed", "#c0392b", "#fdecea") },
        (Some(Mark::Changed), _) => paint(" changed", "#b7791f", "#fdf3d8"),
        (_, Some(0)) => Paint { is_dashed: true, ..paint(" missed", "#c0392b", "#fdf1f0") },
        (_, Some(_)) => Paint { class: " covered", ..PLAIN },
        _ => PLAIN,
    }
}

/// A line with an arrow head at its end.
pub(super) fn arrow(out: &mut String, route: &[Point], edge: &Edge, paint: Paint) {
    let route = simplified(route);
    let [.., before, end] = route.as_slice() else { return };
    let line = paint.line.unwrap_or("#5b6b7b");
    let dash = match (paint.is_dashed, edge.stroke) {
        (true, _) => " stroke-dasharray=\"6 4\"",
        (_, Stroke::Dotted) => " stroke-dasharray=\"2 4\"",
        _ => "",
    };
    let width = if edge.stroke == Stroke::Thick { "3" } else { "1.5" };
    let length = ((end.0 - before.0).powi(2) + (end.1 - before.1).powi(2)).sqrt().max(0.01);
    let (ux, uy) = ((end.0 - before.0) / length, (end.1 - before.1) / length);
    let base = (end.0 - ux * 8.0, end.1 - uy * 8.0);
    let mut stem = route.clone();
    if let Some(last) = stem.last_mut() {
        *last = (end.0 - ux * 7.0_f64.min(length), end.1 - uy * 7.0_f64.min(length));
    }
    let _ = writeln!(
        out,
        "<g class=\"edge{}\"><path d=\"{}\" fill=\"none\" stroke=\"{line}\" stroke-width=\"{width}\"{dash}/>\
         <path d=\"M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z\" fill=\"{line}\"/></g>",
        paint.class,
        rounded(&stem),
        end.0,
        end.1,
        base.0 - uy * 4.0,
        base.1 + ux * 4.0,
        base.0 + uy * 4.0,
        base.1 - ux * 4.0,
    );
}

/// The words on a line, on a white ground so that lines below do not disturb.
pub(super) fn label(out: &mut String, (x, y): Point, lines: &[String], paint: Paint) {
    let width = lines.iter().map(|line| super::text::em(line) * LABEL_SIZE).fold(0.0, f64::max) + 6.0;
    let height = LABEL_LINE * f64::from(u32::try_from(lines.len()).unwrap_or(u32::MAX));
    let _ = write!(
        out,
        "<g class=\"label{}\"><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"3\" \
         fill=\"#ffffff\"/>",
        paint.class,
        x - width / 2.0,
        y - height / 2.0,
    );
    words(out, (x, y), lines, LABEL_SIZE, LABEL_LINE, paint.line.unwrap_or("#34495e"));
    out.push_str("</g>\n");
}

/// Lines of text around a middle.
pub(super) fn words(
    out: &mut String,
    (x, y): Point,
    lines: &[String],
    size: f64,
    leading: f64,
    colour: &str,
) {
    let n = f64::from(u32::try_from(lines.len()).unwrap_or(u32::MAX));
    let mut at = y - (n - 1.0) * leading / 2.0 + size * 0.36;
    for line in lines {
        let _ = write!(
            out,
            "<text x=\"{x:.1}\" y=\"{at:.1}\" text-anchor=\"middle\" font-size=\"{size}\" fill=\"{colour}\">{}</text>",
            escaped(line)
        );
        at += leading;
    }
}

/// Without points that are repeated or lie on the way.
fn simplified(route: &[Point]) -> Vec<Point> {
    let same = |a: f64, b: f64| (a - b).abs() < 0.05;
    let mut points: Vec<Point> = Vec::new();
    for point in route {
        if points.last().is_some_and(|last| same(last.0, point.0) && same(last.1, point.1)) {
            continue;
        }
        if let [.., a, b] = points.as_slice() {
            let is_between = (same(a.0, b.0) && same(b.0, point.0)) || (same(a.1, b.1) && same(b.1, point.1));
            if is_between {
                points.pop();
            }
        }
        points.push(*point);
    }
    points
}

fn rounded(points: &[Point]) -> String {
    let mut path = String::new();
    let towards = |from: Point, to: Point, far: f64| {
        let length = ((to.0 - from.0).powi(2) + (to.1 - from.1).powi(2)).sqrt().max(0.01);
        let share = (far / length).min(0.5);
        (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share)
    };
    for (at, point) in points.iter().enumerate() {
        let _ = match (at.checked_sub(1).map(|before| points[before]), points.get(at + 1)) {
            (None, _) => write!(path, "M{:.1} {:.1}", point.0, point.1),
            (Some(_), None) => write!(path, "L{:.1} {:.1}", point.0, point.1),
            (Some(before), Some(after)) => {
                let (a, b) = (towards(*point, before, ROUND), towards(*point, *after, ROUND));
                write!(path, "L{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}", a.0, a.1, point.0, point.1, b.0, b.1)
            }
        };
    }
    path
}
