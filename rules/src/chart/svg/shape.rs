//! Nodes, frames and notes.

use std::fmt::Write;

use super::{
    level::Point,
    paint::{Paint, words},
    text::{em, escaped, wrapped},
};
use crate::chart::{Node, Shape};

const SIZE: f64 = 14.0;
const LEADING: f64 = 20.0;
const NOTE_SIZE: f64 = 12.0;
const NOTE_LEADING: f64 = 17.0;

/// A node's text and size.
pub(super) struct Look {
    lines: Vec<String>,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Look {
    pub(super) fn of(node: &Node) -> Self {
        let is_dot = node.key.ends_with(']') && matches!(node.shape, Shape::Start | Shape::End);
        if is_dot {
            return Self { lines: Vec::new(), width: 20.0, height: 20.0 };
        }
        if node.shape == Shape::Choice && node.label == node.key {
            return Self { lines: Vec::new(), width: 30.0, height: 30.0 };
        }
        let is_diamond = matches!(node.shape, Shape::Decision | Shape::Choice);
        let lines = wrapped(&node.label, if is_diamond { 8.0 } else { 10.0 });
        let (text_width, text_height) = extent(&lines, SIZE, LEADING);
        let (width, height) = match node.shape {
            Shape::Decision | Shape::Choice => (text_width * 1.3 + 40.0, text_height * 1.3 + 30.0),
            Shape::Question => (text_width + 46.0, text_height + 18.0),
            Shape::Service => (text_width + 44.0, text_height + 18.0),
            _ => (text_width + 32.0, text_height + 18.0),
        };
        Self { lines, width: width.max(56.0), height }
    }
}

fn extent(lines: &[String], size: f64, leading: f64) -> Point {
    let width = lines.iter().map(|line| em(line) * size).fold(0.0, f64::max);
    (width, leading * f64::from(u32::try_from(lines.len().max(1)).unwrap_or(u32::MAX)))
}

/// Class, line and fill of a kind.
fn kind(shape: Shape) -> (&'static str, &'static str, &'static str) {
    match shape {
        Shape::Start => ("start", "#2f6f5e", "#e3f3ee"),
        Shape::End => ("end", "#4a5568", "#e8ecf1"),
        Shape::Step => ("step", "#5b7c99", "#f3f7fb"),
        Shape::Question => ("question", "#2b6cb0", "#e6f0fb"),
        Shape::Decision => ("decision", "#8a6d1d", "#fdf6e0"),
        Shape::Service => ("service", "#6b4fa0", "#f1ecfa"),
        Shape::State => ("state", "#2b6cb0", "#eef5fd"),
        Shape::Composite => ("composite", "#7a8ca0", "#f8fafc"),
        Shape::Choice => ("choice", "#8a6d1d", "#fdf6e0"),
    }
}

fn stroke(paint: Paint, line: &str) -> String {
    let width = if paint.is_bold { 3.0 } else { 1.5 };
    let dash = if paint.is_dashed { " stroke-dasharray=\"6 4\"" } else { "" };
    format!("stroke=\"{}\" stroke-width=\"{width}\"{dash}", paint.line.unwrap_or(line))
}

pub(super) fn draw(
    out: &mut String,
    node: &Node,
    look: &Look,
    (x, y): Point,
    paint: Paint,
    count: Option<u64>,
) {
    let (class, line, fill) = kind(node.shape);
    let fill = paint.fill.unwrap_or(fill);
    let style = stroke(paint, line);
    let (w, h) = (look.width / 2.0, look.height / 2.0);
    let _ = write!(out, "<g class=\"node {class}{}\" data-key=\"{}\">", paint.class, escaped(&node.key));
    let mut polygon = |points: &[Point]| {
        let spelt: Vec<String> =
            points.iter().map(|(dx, dy)| format!("{:.1},{:.1}", x + dx, y + dy)).collect();
        let _ = write!(out, "<polygon points=\"{}\" fill=\"{fill}\" {style}/>", spelt.join(" "));
    };
    match node.shape {
        Shape::Decision | Shape::Choice => polygon(&[(0.0, -h), (w, 0.0), (0.0, h), (-w, 0.0)]),
        Shape::Question => {
            polygon(&[(-w + 12.0, -h), (w, -h), (w - 12.0, h), (-w, h)]);
        }
        Shape::Start | Shape::End if look.lines.is_empty() => {
            let line = paint.line.unwrap_or("#34495e");
            let _ = match node.shape {
                Shape::Start => write!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"9\" fill=\"{line}\"/>"),
                _ => write!(
                    out,
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"9\" fill=\"#ffffff\" {style}/>\
                     <circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{line}\"/>"
                ),
            };
        }
        shape => {
            let radius = match shape {
                Shape::Start | Shape::End => h,
                Shape::State => 10.0,
                _ => 4.0,
            };
            let _ = write!(
                out,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{radius:.1}\" fill=\"{fill}\" {style}/>",
                x - w,
                y - h,
                2.0 * w,
                2.0 * h
            );
            if shape == Shape::Service {
                for at in [x - w + 8.0, x + w - 8.0] {
                    let _ =
                        write!(out, "<path d=\"M{at:.1} {:.1}V{:.1}\" fill=\"none\" {style}/>", y - h, y + h);
                }
            }
        }
    }
    words(out, (x, y), &look.lines, SIZE, LEADING, "#1f2d3d");
    if let Some(count) = count {
        badge(out, (x + w, y - h), count);
    }
    let _ = writeln!(out, "<title>{}</title></g>", escaped(&node.label));
}

/// How often a node was entered, at its upper right corner.
fn badge(out: &mut String, (x, y): Point, count: u64) {
    let text = count.to_string();
    let width = em(&text) * 11.0 + 10.0;
    let colour = if count == 0 { "#c0392b" } else { "#2f6f5e" };
    let _ = write!(
        out,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"16\" rx=\"8\" fill=\"{colour}\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#ffffff\">{text}</text>",
        x - width + 6.0,
        y - 9.0,
        x - width / 2.0 + 6.0,
        y + 3.0
    );
}

/// A composite state, or a frame when it has no paint.
pub(super) fn draw_box(
    out: &mut String,
    title: &str,
    (x, y): Point,
    (width, height): Point,
    paint: Option<Paint>,
    count: Option<u64>,
) {
    let (_, line, fill) = kind(Shape::Composite);
    let (class, style, fill) = match paint {
        Some(paint) => {
            (format!("node composite{}", paint.class), stroke(paint, line), paint.fill.unwrap_or(fill))
        }
        None => ("frame".to_owned(), "stroke=\"#b8c4d0\" stroke-width=\"1.2\"".to_owned(), "#fafbfc"),
    };
    let (left, top) = (x - width / 2.0, y - height / 2.0);
    let _ = write!(
        out,
        "<g class=\"{class}\"><rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"10\" \
         fill=\"{fill}\" fill-opacity=\"0.6\" {style}/><text x=\"{:.1}\" y=\"{:.1}\" font-size=\"13\" font-weight=\"600\" \
         fill=\"#46586a\">{}</text>",
        left + 12.0,
        top + 20.0,
        escaped(title)
    );
    if let Some(count) = count {
        badge(out, (left + width, top), count);
    }
    out.push_str("</g>\n");
}

pub(super) fn note_size(text: &str) -> Point {
    let (width, height) = extent(&wrapped(text, 14.0), NOTE_SIZE, NOTE_LEADING);
    (width + 20.0, height + 12.0)
}

/// A note, joined to its state by a dashed line.
pub(super) fn draw_note(
    out: &mut String,
    text: &str,
    (x, y): Point,
    (width, height): Point,
    from: Point,
    to: Point,
) {
    let _ = write!(
        out,
        "<g class=\"note\"><path d=\"M{:.1} {:.1}L{:.1} {:.1}\" stroke=\"#b59f3b\" stroke-dasharray=\"3 3\" fill=\"none\"/>\
         <rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"2\" fill=\"#fffbe6\" \
         stroke=\"#d9c667\"/>",
        from.0,
        from.1,
        to.0,
        to.1,
        x - width / 2.0,
        y - height / 2.0
    );
    words(out, (x, y), &wrapped(text, 14.0), NOTE_SIZE, NOTE_LEADING, "#5c5220");
    out.push_str("</g>\n");
}
