//! `flowchart`: lines of nodes and arrows, and frames.

use kb::Fault;

use super::{
    Shape,
    cursor::{Cursor, Piece},
    draft::{Draft, Face, Outline},
    link, statement,
};

/// Opening and closing signs of a node, longer ones first.
const OUTLINES: [(&str, &str, Outline); 5] = [
    ("([", "])", Outline::Terminal),
    ("[[", "]]", Outline::Shape(Shape::Service)),
    ("[/", "/]", Outline::Shape(Shape::Question)),
    ("[", "]", Outline::Shape(Shape::Step)),
    ("{", "}", Outline::Shape(Shape::Decision)),
];
/// Shapes of Mermaid that mean nothing here.
const FOREIGN: [&str; 6] = ["((", "[(", "[\\", "{{", ">", "[|"];
/// The same shapes by name, `key@{ shape: … }`.
const NAMED: [(&[&str], Outline); 5] = [
    (&["stadium", "terminal", "pill"], Outline::Terminal),
    (&["fr-rect", "framed-rectangle", "subproc", "subprocess", "subroutine"], Outline::Shape(Shape::Service)),
    (&["lean-r", "lean-right", "in-out"], Outline::Shape(Shape::Question)),
    (&["rect", "rectangle", "proc", "process"], Outline::Shape(Shape::Step)),
    (&["diam", "diamond", "decision", "question"], Outline::Shape(Shape::Decision)),
];
/// Words that Mermaid keeps for itself; as a key they break the drawing.
const RESERVED: [&str; 13] = [
    "end",
    "subgraph",
    "graph",
    "flowchart",
    "style",
    "linkstyle",
    "classdef",
    "class",
    "click",
    "default",
    "call",
    "href",
    "direction",
];
const SHAPES: &str = "不支持这种形状，可用：([起止])、[步骤]、[/提问/]、{判断}、[[服务]]";

/// Reads one line into the draft.
pub(super) fn read_line(file: &str, cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<(), Fault> {
    if statement::read(cursor, draft)? || frame(file, cursor, draft)? {
        return Ok(());
    }
    loop {
        chain(file, cursor, draft)?;
        cursor.blanks();
        if cursor.is_at_end() {
            return Ok(());
        }
    }
}

/// Nodes and arrows up to the end of the line or a semicolon.
fn chain(file: &str, cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<(), Fault> {
    let mut from = nodes(file, cursor, draft)?;
    loop {
        cursor.blanks();
        if cursor.is_at_end() || cursor.take(";") {
            return Ok(());
        }
        let place = cursor.place();
        let link = link::link(cursor)?;
        let to = nodes(file, cursor, draft)?;
        for from in &from {
            for to in &to {
                draft.connect(file, (*from, *to), link.clone(), place)?;
            }
        }
        from = to;
    }
}

/// `a & b & c`
fn nodes(file: &str, cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<Vec<usize>, Fault> {
    let mut nodes = vec![node(file, cursor, draft)?];
    loop {
        let before = cursor.save();
        cursor.blanks();
        if !cursor.take("&") {
            cursor.restore(before);
            return Ok(nodes);
        }
        nodes.push(node(file, cursor, draft)?);
    }
}

fn node(file: &str, cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<usize, Fault> {
    cursor.blanks();
    let unread = cursor.fault("FC001", format!("这里应是节点，写的是“{}”", cursor.excerpt()));
    let key = key(cursor, &unread)?;
    let found = match face(cursor)? {
        Some(face) => draft.declare(file, &key, None, face)?,
        None => draft.mention(&key, None),
    };
    if draft.has_frame(&key.text) {
        let message = format!("“{}”是框的名称，框不能作节点，线要连到框里的节点", key.text);
        return Err(Fault { message, ..unread });
    }
    if cursor.starts_with(":::") {
        return Err(cursor.fault("FC001", "不支持 :::：颜色由程序按节点种类画"));
    }
    let block = draft.block();
    draft.nodes[found].frame = draft.nodes[found].frame.or(block);
    Ok(found)
}

fn key(cursor: &mut Cursor<'_>, unread: &Fault) -> Result<Piece, Fault> {
    let key = cursor.word();
    if !key.text.starts_with(char::is_alphabetic) {
        return Err(unread.clone());
    }
    if RESERVED.contains(&key.text.to_lowercase().as_str()) {
        let message = format!("“{}”是 Mermaid 的保留字，不能作节点名，也不支持这种写法", key.text);
        return Err(Fault { message, ..unread.clone() });
    }
    Ok(key)
}

/// The shape and text after a key; none when only the key stands there.
fn face(cursor: &mut Cursor<'_>) -> Result<Option<Face>, Fault> {
    if cursor.starts_with("@{") {
        return attributes(cursor).map(Some);
    }
    if cursor.starts_with("@") {
        return Err(cursor.fault("FC001", "不支持给连线起名（名称@-->）"));
    }
    let outline = OUTLINES.iter().find(|(open, ..)| cursor.starts_with(open));
    let is_foreign = FOREIGN.iter().any(|sign| cursor.starts_with(sign));
    match outline {
        None if is_foreign || cursor.starts_with("(") => Err(cursor.fault("FC001", SHAPES)),
        Some(_) if is_foreign => Err(cursor.fault("FC001", SHAPES)),
        None => Ok(None),
        Some((open, close, outline)) => {
            let unclosed = cursor.fault("FC001", format!("“{open}”没有配上“{close}”"));
            cursor.take(open);
            let label = link::text(cursor, close)?.ok_or(unclosed)?;
            Ok(Some(Face { label: Some(label.text), outline: *outline }))
        }
    }
}

/// `@{ shape: diam, label: "文字" }`
fn attributes(cursor: &mut Cursor<'_>) -> Result<Face, Fault> {
    let unclosed = cursor.fault("FC001", "“@{”没有在这一行配上“}”");
    cursor.take("@{");
    let (mut outline, mut label) = (None, None);
    loop {
        cursor.blanks();
        let refused =
            cursor.fault("FC001", format!("@{{…}} 里只能写 shape 和 label，写的是“{}”", cursor.excerpt()));
        let name = cursor.word().text;
        cursor.blanks();
        if !matches!(name.as_str(), "shape" | "label") || !cursor.take(":") {
            return Err(if cursor.is_at_end() { unclosed } else { refused });
        }
        cursor.blanks();
        let place = cursor.fault("FC001", SHAPES);
        let value = value(cursor).ok_or_else(|| unclosed.clone())?;
        if name == "label" {
            if value.is_empty() || value.starts_with('`') || value.contains('"') {
                return Err(Fault { message: "这里要写普通文字".to_owned(), ..place });
            }
            label = Some(value);
        } else {
            let named = NAMED.iter().find(|(names, _)| names.contains(&value.as_str()));
            outline = Some(named.ok_or(place)?.1);
        }
        cursor.blanks();
        if cursor.take("}") {
            return Ok(Face { label, outline: outline.unwrap_or(Outline::Shape(Shape::Step)) });
        }
        if !cursor.take(",") {
            return Err(if cursor.is_at_end() {
                unclosed
            } else {
                cursor.fault("FC001", "这里应是逗号或“}”")
            });
        }
    }
}

/// A value in quotes, or up to a comma or closing brace; none when the line ends before.
fn value(cursor: &mut Cursor<'_>) -> Option<String> {
    if cursor.take("\"") {
        return cursor.until("\"").map(|piece| piece.text);
    }
    let mut text = String::new();
    while let Some(c) = cursor.peek() {
        if matches!(c, ',' | '}') {
            return Some(text.trim().to_owned());
        }
        text.push(c);
        cursor.pass();
    }
    None
}

/// `subgraph …`, `end` and what may not stand in a frame; false when the line is none of them.
fn frame(file: &str, cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<bool, Fault> {
    let before = cursor.save();
    let refused = cursor.fault("FC001", "");
    let word = cursor.word();
    let is_alone = cursor.is_at_end() || cursor.peek().is_some_and(|c| c.is_whitespace() || c == ';');
    cursor.blanks();
    match word.text.as_str() {
        "end" if cursor.take(";") || cursor.is_at_end() => {
            cursor.blanks();
            if !cursor.is_at_end() {
                return Err(cursor.fault("FC001", format!("end 要单独成行，写的是“{}”", cursor.excerpt())));
            }
            if draft.blocks.pop().is_none() {
                return Err(Fault { message: "这个 end 没有对应的 subgraph".to_owned(), ..refused });
            }
            Ok(true)
        }
        "direction" if is_alone => {
            let message = "不支持单独给框定方向，整张图只有一个方向，写在第一行".to_owned();
            Err(Fault { message, ..refused })
        }
        "subgraph" if is_alone => {
            let opened = opening(cursor, draft);
            let (key, label) = opened.clone().unwrap_or_default();
            let index = draft.frames.len();
            let is_free = draft.add_frame(key.clone(), label);
            draft.open(file, index, word)?;
            opened?;
            if !is_free {
                let message = format!("名称 {key} 已经用过，框要另起一个名称");
                return Err(Fault { code: "FC003", message, ..refused });
            }
            Ok(true)
        }
        _ => {
            cursor.restore(before);
            Ok(false)
        }
    }
}

/// Key and title of a frame: `id [title]`, `"title"` or a title alone.
fn opening(cursor: &mut Cursor<'_>, draft: &Draft) -> Result<(String, String), Fault> {
    let unnamed = || format!("#{}", draft.frames.len() + 1);
    let empty = cursor.fault("FC001", "框要有名称，例如 subgraph safety [安全排查]");
    let before = cursor.save();
    let key = cursor.word().text;
    cursor.blanks();
    if !key.is_empty() && cursor.take("[") {
        let unclosed = cursor.fault("FC001", "“[”没有配上“]”");
        let title = link::text(cursor, "]")?.ok_or(unclosed)?;
        cursor.blanks();
        if !cursor.is_at_end() && !cursor.take(";") {
            return Err(cursor.fault("FC001", format!("不支持这种写法：“{}”", cursor.excerpt())));
        }
        return Ok((key, title.text));
    }
    cursor.restore(before);
    if cursor.is_at_end() {
        return Err(empty);
    }
    if !key.is_empty() {
        let rest = cursor.rest();
        let rest = rest.text.trim_end_matches(';').trim_end().to_owned();
        if rest == key {
            return Ok((key.clone(), key));
        }
        if let Some(sign) = rest.chars().find(|c| "()[]{}|\"".contains(*c)) {
            let message = format!("文字里有“{sign}”，请把整段文字放进英文双引号");
            return Err(Fault { message, ..empty });
        }
        return Ok((unnamed(), rest));
    }
    let close = cursor.fault("FC001", "框的名称应是一个词，或放进英文双引号");
    if !cursor.take("\"") {
        return Err(close);
    }
    let title = cursor.until("\"").filter(|title| !title.text.is_empty()).ok_or(empty)?;
    cursor.blanks();
    if cursor.is_at_end() { Ok((unnamed(), title.text)) } else { Err(close) }
}

/// Faults of frames that are still open.
pub(super) fn finish(file: &str, draft: &Draft) -> Vec<Fault> {
    let open = |block: &super::draft::Block| {
        Fault::error(file, block.word.line, "FC001", "subgraph 没有配上 end").at_column(block.word.column)
    };
    draft.blocks.iter().map(open).collect()
}
