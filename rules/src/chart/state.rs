//! `stateDiagram-v2`: states, composite states, choices, descriptions, transitions and notes.

use kb::Fault;

use super::{
    Shape, Stroke,
    cursor::{Cursor, Piece},
    draft::{Draft, DraftNote, Face, Link, Outline},
    statement,
};

/// First words of statements of Mermaid, which can't be keys.
const RESERVED: [&str; 10] =
    ["note", "direction", "classdef", "class", "style", "click", "end", "hide", "scale", "state"];
const STATE_FORMS: &str = "只支持 state \"文字\" as 名称、state 名称 { 和 state 名称 <<choice>>";

/// Reads one line into the draft.
pub(super) fn read_line(file: &str, cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<(), Fault> {
    if draft.open_note.is_some() {
        in_note(cursor, draft);
        return Ok(());
    }
    let dashes = cursor.fault("FC001", "不支持并行状态（--）：一次只能在一个状态里，请拆成两张图");
    if cursor.starts_with("--") && !cursor.starts_with("-->") && !cursor.starts_with("---") {
        return Err(dashes);
    }
    if statement::read(cursor, draft)? || block(file, cursor, draft)? {
        return Ok(());
    }
    transition(file, cursor, draft)
}

/// `a --> b : 事件 [条件]`, `a : 文字` and a state alone.
fn transition(file: &str, cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<(), Fault> {
    let place = cursor.place();
    let parent = draft.block();
    let from = if cursor.starts_with("[*]") {
        dot(file, cursor, draft, "[start]", Shape::Start)?
    } else {
        let key = key(cursor)?;
        cursor.blanks();
        if cursor.is_at_end() {
            return draft.describe(file, &key, None, None).map(drop);
        }
        if cursor.starts_with(":::") {
            return Err(cursor.fault("FC001", "不支持 :::：颜色由程序按节点种类画"));
        }
        if cursor.take(":") {
            let label = described(cursor)?;
            return draft.describe(file, &key, Some(label.text), None).map(drop);
        }
        draft.mention(&key, parent)
    };
    cursor.blanks();
    let arrow = cursor.fault("FC001", format!("这里应是 --> 或“: 说明”，写的是“{}”", cursor.excerpt()));
    if !cursor.take("-->") || cursor.starts_with(">") || cursor.starts_with("-") {
        return Err(arrow);
    }
    cursor.blanks();
    let to = if cursor.starts_with("[*]") {
        dot(file, cursor, draft, "[end]", Shape::End)?
    } else {
        let key = key(cursor)?;
        draft.mention(&key, parent)
    };
    cursor.blanks();
    if cursor.starts_with(":::") {
        return Err(cursor.fault("FC001", "不支持 :::：颜色由程序按节点种类画"));
    }
    let label = if cursor.take(":") { Some(described(cursor)?) } else { None };
    ended(cursor, "这里应是“: 条件”，写的是")?;
    draft.connect(file, (from, to), Link { label, stroke: Stroke::Plain, length: 1 }, place)
}

/// States that are only mentioned are called by their key; blocks and notes left open are faults.
pub(super) fn finish(file: &str, draft: &mut Draft) -> Vec<Fault> {
    for node in &mut draft.nodes {
        node.face.get_or_insert(Face { label: None, outline: Outline::Shape(Shape::State) });
    }
    let fault =
        |word: &Piece, message| Fault::error(file, word.line, "FC001", message).at_column(word.column);
    let mut faults: Vec<Fault> =
        draft.blocks.iter().map(|block| fault(&block.word, "这个组合状态没有配上“}”")).collect();
    faults.extend(draft.open_note.take().map(|(_, word)| fault(&word, "这条注释没有配上 end note")));
    faults
}

/// The dot of the open block.
fn dot(
    file: &str,
    cursor: &mut Cursor<'_>,
    draft: &mut Draft,
    name: &str,
    shape: Shape,
) -> Result<usize, Fault> {
    let (line, column) = cursor.place();
    cursor.take("[*]");
    let parent = draft.block();
    let text = match parent {
        Some(parent) => format!("{}/{name}", draft.nodes[parent].key),
        None => name.to_owned(),
    };
    let label = Some(if shape == Shape::Start { "开始" } else { "结束" }.to_owned());
    draft.declare(file, &Piece { text, line, column }, parent, Face { label, outline: Outline::Shape(shape) })
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

/// `state …`, `}`, `note …` and `direction …`; false when the line is none of them.
fn block(file: &str, cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<bool, Fault> {
    let refused = cursor.fault("FC001", "");
    if cursor.take("}") {
        if draft.blocks.pop().is_none() {
            return Err(Fault { message: "这个“}”没有对应的组合状态".to_owned(), ..refused });
        }
        cursor.blanks();
        ended(cursor, "“}”要单独成行，写的是")?;
        return Ok(true);
    }
    let before = cursor.save();
    let word = cursor.word();
    let is_spaced = cursor.peek().is_some_and(char::is_whitespace);
    cursor.blanks();
    let is_edge = cursor.starts_with("-->") || cursor.starts_with(":") || cursor.is_at_end();
    if is_edge || !is_spaced {
        cursor.restore(before);
        return Ok(false);
    }
    match word.text.as_str() {
        "state" => state(file, cursor, draft).map(|()| true),
        "note" => note(cursor, draft, word).map(|()| true),
        "direction" => {
            if draft.block().is_some() {
                let message = "不支持单独给组合状态定方向，整张图只有一个方向".to_owned();
                return Err(Fault { message, ..refused });
            }
            let message = "方向只能是 TB、BT、LR 或 RL".to_owned();
            let name = cursor.rest().text;
            draft.direction = statement::direction(&name).ok_or(Fault { message, ..refused })?;
            Ok(true)
        }
        _ => {
            cursor.restore(before);
            Ok(false)
        }
    }
}

/// What follows the word `state`.
fn state(file: &str, cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<(), Fault> {
    let refused = cursor.fault("FC001", STATE_FORMS);
    let mut label = None;
    if cursor.take("\"") {
        label = Some(
            cursor.until("\"").filter(|label| !label.text.is_empty()).ok_or_else(|| refused.clone())?.text,
        );
        cursor.blanks();
        if cursor.word().text != "as" {
            return Err(refused);
        }
        cursor.blanks();
    }
    let key = key(cursor)?;
    cursor.blanks();
    if cursor.take("{") {
        let described = draft.describe(file, &key, label, Some(Shape::Composite));
        // The block opens even so, or every line in it and its end would be refused too.
        let index = described.clone().unwrap_or_else(|_| draft.mention(&key, None));
        let opened = draft.open(file, index, key);
        described.and(opened)?;
        cursor.blanks();
        return ended(cursor, "“{”后面要另起一行，写的是");
    }
    let stereotype =
        cursor.fault("FC001", "不支持分叉和汇合（fork、join）：一次只能在一个状态里，请拆成两张图");
    let shape = if cursor.take("<<choice>>") || cursor.take("[[choice]]") {
        Some(Shape::Choice)
    } else if ["<<fork>>", "<<join>>", "[[fork]]", "[[join]]"].iter().any(|sign| cursor.starts_with(sign)) {
        return Err(stereotype);
    } else {
        None
    };
    cursor.blanks();
    if !cursor.is_at_end() {
        return Err(Fault { column: cursor.column(), ..refused });
    }
    draft.describe(file, &key, label, shape).map(drop)
}

/// What follows the word `note`: `right of a : 文字`, or without text up to a line `end note`.
fn note(cursor: &mut Cursor<'_>, draft: &mut Draft, word: Piece) -> Result<(), Fault> {
    let refused = cursor.fault("FC001", "注释要写成 note right of 状态 : 文字，或 note left of 状态 : 文字");
    let side = cursor.word().text;
    cursor.blanks();
    let of = cursor.word().text;
    if !matches!(side.as_str(), "left" | "right") || of != "of" {
        return Err(refused);
    }
    cursor.blanks();
    let key = key(cursor)?;
    cursor.blanks();
    let of = draft.mention(&key, draft.block());
    let is_left = side == "left";
    if cursor.is_at_end() {
        draft.open_note = Some((DraftNote { of, is_left, text: String::new() }, word));
        return Ok(());
    }
    if !cursor.take(":") {
        return Err(refused);
    }
    let text = described(cursor)?.text;
    draft.notes.push(DraftNote { of, is_left, text });
    Ok(())
}

/// A line of an open note.
fn in_note(cursor: &mut Cursor<'_>, draft: &mut Draft) {
    let line = cursor.rest().text;
    let is_end = line.split_whitespace().eq(["end", "note"]);
    if let Some((note, _)) = draft.open_note.as_mut().filter(|_| !is_end) {
        if !note.text.is_empty() {
            note.text.push('\n');
        }
        note.text.push_str(&line);
        return;
    }
    draft.notes.extend(draft.open_note.take().map(|(note, _)| note));
}

fn ended(cursor: &Cursor<'_>, expected: &str) -> Result<(), Fault> {
    if cursor.is_at_end() {
        return Ok(());
    }
    Err(cursor.fault("FC001", format!("{expected}“{}”", cursor.excerpt())))
}

fn described(cursor: &mut Cursor<'_>) -> Result<Piece, Fault> {
    let piece = cursor.rest();
    if piece.text.contains("%%") {
        let fault = cursor.fault("FC001", "%% 注释要单独成行");
        return Err(Fault { column: piece.column, ..fault });
    }
    if piece.text.is_empty() { Err(cursor.fault("FC001", "“:”后面是空的")) } else { Ok(piece) }
}
