//! `stateDiagram-v2`: states, descriptions and transitions.

use kb::Fault;

use super::{
    Shape,
    cursor::{Cursor, Piece},
    draft::{Draft, Face, Outline},
};

/// Keys of the two dots of a life cycle.
const START: &str = "[start]";
const END: &str = "[end]";
/// First words of statements of Mermaid that mean nothing here.
const RESERVED: [&str; 8] = ["note", "direction", "classdef", "class", "style", "end", "hide", "scale"];

/// Reads one line into the draft.
pub(super) fn read_line(file: &str, cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<(), Fault> {
    let column = cursor.column();
    let from = if cursor.starts_with("[*]") {
        dot(file, cursor, draft, START, "开始", Shape::Start)?
    } else {
        let key = key(cursor)?;
        cursor.blanks();
        if key.text == "state" && !cursor.starts_with("-->") && !cursor.starts_with(":") {
            return named(file, cursor, draft);
        }
        if cursor.take(":") {
            let label = described(cursor)?;
            return state(file, draft, &key, label.text).map(drop);
        }
        draft.mention(&key)
    };
    cursor.blanks();
    let arrow = cursor.fault("FC001", format!("这里应是 --> 或“: 说明”，写的是“{}”", cursor.excerpt()));
    let line = arrow.line;
    if !cursor.take("-->") || cursor.starts_with(">") || cursor.starts_with("-") {
        return Err(arrow);
    }
    cursor.blanks();
    let to = if cursor.starts_with("[*]") {
        dot(file, cursor, draft, END, "结束", Shape::End)?
    } else {
        let key = key(cursor)?;
        draft.mention(&key)
    };
    cursor.blanks();
    let guard = if cursor.take(":") { Some(described(cursor)?) } else { None };
    if !cursor.is_at_end() {
        return Err(cursor.fault("FC001", format!("这里应是“: 条件”，写的是“{}”", cursor.excerpt())));
    }
    draft.connect(from, to, guard, (line, column));
    Ok(())
}

/// States that are only mentioned are called by their key.
pub(super) fn finish(draft: &mut Draft) {
    for node in &mut draft.nodes {
        let label = node.key.clone();
        node.face.get_or_insert(Face { label, outline: Outline::Shape(Shape::State) });
    }
}

fn dot(
    file: &str,
    cursor: &mut Cursor<'_>,
    draft: &mut Draft,
    key: &str,
    label: &str,
    shape: Shape,
) -> Result<usize, Fault> {
    let place = cursor.fault("FC001", "");
    cursor.take("[*]");
    let key = Piece { text: key.to_owned(), line: place.line, column: place.column };
    draft.declare(file, &key, Face { label: label.to_owned(), outline: Outline::Shape(shape) })
}

fn key(cursor: &mut Cursor<'_>) -> Result<Piece, Fault> {
    let unread = cursor.fault("FC001", format!("这里应是状态，写的是“{}”", cursor.excerpt()));
    let key = cursor.word();
    if !key.text.starts_with(char::is_alphabetic) {
        return Err(unread);
    }
    if RESERVED.contains(&key.text.to_lowercase().as_str()) {
        let message = format!("“{}”是 Mermaid 的保留字，不能作状态名，也不支持这种写法", key.text);
        return Err(Fault { message, ..unread });
    }
    Ok(key)
}

/// `state "text" as key`, after the word `state`.
fn named(file: &str, cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<(), Fault> {
    let refused = cursor.fault("FC001", "只支持 state \"文字\" as 名称");
    if !cursor.take("\"") {
        return Err(refused);
    }
    let label = cursor.until("\"").filter(|label| !label.text.is_empty()).ok_or_else(|| refused.clone())?;
    cursor.blanks();
    if cursor.word().text != "as" {
        return Err(refused);
    }
    cursor.blanks();
    let key = key(cursor)?;
    cursor.blanks();
    if !cursor.is_at_end() {
        return Err(cursor.fault("FC001", format!("不支持这种写法：“{}”", cursor.excerpt())));
    }
    state(file, draft, &key, label.text).map(drop)
}

fn state(file: &str, draft: &mut Draft, key: &Piece, label: String) -> Result<usize, Fault> {
    draft.declare(file, key, Face { label, outline: Outline::Shape(Shape::State) })
}

fn described(cursor: &mut Cursor<'_>) -> Result<Piece, Fault> {
    let piece = cursor.rest();
    if piece.text.is_empty() { Err(cursor.fault("FC001", "“:”后面是空的")) } else { Ok(piece) }
}
