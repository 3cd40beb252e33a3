//! `flowchart`: lines of nodes and links.

use kb::Fault;

use super::{
    Shape,
    cursor::{Cursor, Piece},
    draft::{Draft, Face, Outline},
};

/// Opening and closing signs of a node, longer ones first.
const OUTLINES: [(&str, &str, Outline); 5] = [
    ("([", "])", Outline::Terminal),
    ("[[", "]]", Outline::Shape(Shape::Service)),
    ("[/", "/]", Outline::Shape(Shape::Question)),
    ("[", "]", Outline::Shape(Shape::Step)),
    ("{", "}", Outline::Shape(Shape::Decision)),
];
/// Shapes and signs of Mermaid that mean nothing here.
const FOREIGN_OUTLINES: [&str; 7] = ["((", "(", "[(", "[\\", "{{", ">", "@{"];
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
/// Signs that would end a text without quotes in Mermaid.
const FORBIDDEN: [char; 8] = ['(', ')', '[', ']', '{', '}', '|', '"'];

/// Reads one line into the draft.
pub(super) fn read_line(file: &str, cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<(), Fault> {
    let mut from = node(file, cursor, draft)?;
    loop {
        cursor.blanks();
        if cursor.is_at_end() {
            return Ok(());
        }
        let column = cursor.column();
        let (line, guard) = link(cursor)?;
        let to = node(file, cursor, draft)?;
        draft.connect(from, to, guard, (line, column));
        from = to;
    }
}

fn node(file: &str, cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<usize, Fault> {
    cursor.blanks();
    let unread = cursor.fault("FC001", format!("这里应是节点，写的是“{}”", cursor.excerpt()));
    let key = cursor.word();
    if !key.text.starts_with(char::is_alphabetic) {
        return Err(unread);
    }
    if RESERVED.contains(&key.text.to_lowercase().as_str()) {
        let message = format!("“{}”是 Mermaid 的保留字，不能作节点名，也不支持这种写法", key.text);
        return Err(Fault::error(file, key.line, "FC001", message).at_column(key.column));
    }
    if FOREIGN_OUTLINES[2..].iter().chain(&FOREIGN_OUTLINES[..1]).any(|sign| cursor.starts_with(sign)) {
        return Err(foreign(cursor));
    }
    let Some((open, close, outline)) = OUTLINES.iter().find(|(open, ..)| cursor.starts_with(open)) else {
        return if cursor.starts_with("(") { Err(foreign(cursor)) } else { Ok(draft.mention(&key)) };
    };
    let unclosed = cursor.fault("FC001", format!("“{open}”没有配上“{close}”"));
    cursor.take(open);
    let label = text(cursor, close)?.ok_or(unclosed)?;
    draft.declare(file, &key, Face { label: label.text, outline: *outline })
}

fn foreign(cursor: &Cursor<'_>) -> Fault {
    cursor.fault("FC001", "不支持这种形状，可用：([起止])、[步骤]、[/提问/]、{判断}、[[服务]]")
}

fn link(cursor: &mut Cursor<'_>) -> Result<(u32, Option<Piece>), Fault> {
    let refused = cursor
        .fault("FC001", format!("这里应是 -->、-->|条件| 或 -- 条件 -->，写的是“{}”", cursor.excerpt()));
    let line = refused.line;
    if cursor.take("-->") {
        if matches!(cursor.peek(), Some('-' | '>')) {
            return Err(refused);
        }
        cursor.blanks();
        let unclosed = cursor.fault("FC001", "条件后面缺“|”");
        if !cursor.take("|") {
            return Ok((line, None));
        }
        return Ok((line, Some(text(cursor, "|")?.ok_or(unclosed)?)));
    }
    if !cursor.take("--") || matches!(cursor.peek(), None | Some('-' | '>' | 'x' | 'o' | '.')) {
        return Err(refused);
    }
    let unclosed = cursor.fault("FC001", "条件后面缺“-->”");
    let guard = text(cursor, "-->")?.ok_or(unclosed)?;
    Ok((line, Some(guard)))
}

/// Text up to `close`, in quotes or free of Mermaid's own signs; none when it is not closed.
fn text(cursor: &mut Cursor<'_>, close: &str) -> Result<Option<Piece>, Fault> {
    cursor.blanks();
    let empty = cursor.fault("FC001", "这里的文字是空的");
    let piece = if cursor.take("\"") {
        let Some(piece) = cursor.until("\"") else { return Err(cursor.fault("FC001", "引号没有配对")) };
        cursor.blanks();
        if !cursor.take(close) {
            return Err(cursor.fault("FC001", format!("引号后面应是“{close}”，写的是“{}”", cursor.excerpt())));
        }
        piece
    } else {
        let Some(piece) = cursor.until(close) else { return Ok(None) };
        if let Some((index, sign)) = (0u32..).zip(piece.text.chars()).find(|(_, c)| FORBIDDEN.contains(c)) {
            let message = format!("文字里有“{sign}”，请把整段文字放进英文双引号");
            return Err(Fault { column: piece.column + index, message, ..empty });
        }
        piece
    };
    if piece.text.is_empty() { Err(empty) } else { Ok(Some(piece)) }
}
