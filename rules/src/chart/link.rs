//! Arrows of a flowchart: `-->`, `==>`, `-.->`, longer ones, and what is written on them.

use kb::Fault;

use super::{
    Stroke,
    cursor::{Cursor, Piece},
    draft::Link,
};

/// Signs that would end a text without quotes in Mermaid.
const FORBIDDEN: [char; 8] = ['(', ')', '[', ']', '{', '}', '|', '"'];
const EXPECTED: &str = "这里应是 -->、-->|条件| 或 -- 条件 -->";
const NO_HEAD: &str = "这条线没有箭头，看不出往哪边走，请写成 -->";
const OTHER_HEAD: &str = "线的两端只能一端有箭头 >，请写成 -->";

/// Opening signs of an arrow with its text in the middle, the sign that closes it, and how it is drawn.
const SPLIT: [(&str, char, Stroke); 3] =
    [("--", '-', Stroke::Plain), ("==", '=', Stroke::Thick), ("-.", '.', Stroke::Dotted)];

/// Reads one arrow with its label.
pub(super) fn link(cursor: &mut Cursor<'_>) -> Result<Link, Fault> {
    let refused = |cursor: &Cursor<'_>, message: &str| {
        Err(cursor.fault("FC001", format!("{message}，写的是“{}”", cursor.excerpt())))
    };
    if cursor.starts_with("~~~") {
        return refused(cursor, "不支持看不见的线");
    }
    if ["<-", "<=", "x--", "o--", "x==", "o==", "x-.", "o-."].iter().any(|sign| cursor.starts_with(sign)) {
        return refused(cursor, OTHER_HEAD);
    }
    if let Some((stroke, length)) = arrow(cursor)? {
        cursor.blanks();
        let unclosed = cursor.fault("FC001", "条件后面缺“|”");
        if !cursor.take("|") {
            return Ok(Link { label: None, stroke, length });
        }
        let label = text(cursor, "|")?.ok_or(unclosed)?;
        return Ok(Link { label: Some(label), stroke, length });
    }
    let Some((open, sign, stroke)) = SPLIT.iter().find(|(open, ..)| cursor.starts_with(open)) else {
        return refused(cursor, EXPECTED);
    };
    let begin = cursor.save();
    cursor.take(open);
    if matches!(cursor.peek(), None | Some('-' | '=' | '>' | '.')) {
        cursor.restore(begin);
        return refused(cursor, EXPECTED);
    }
    let (label, length) = split(cursor, *sign)?;
    Ok(Link { label: Some(label), stroke: *stroke, length })
}

/// An arrow without text in the middle: its stroke and length; none when no arrow stands here.
fn arrow(cursor: &mut Cursor<'_>) -> Result<Option<(Stroke, u8)>, Fault> {
    let begin = cursor.save();
    let (stroke, n_signs) = if cursor.starts_with("-.") {
        cursor.take("-");
        let n_dots = cursor.count('.');
        if cursor.peek() != Some('-') {
            cursor.restore(begin);
            return Ok(None);
        }
        (Stroke::Dotted, n_dots + cursor.count('-'))
    } else if cursor.starts_with("==") {
        (Stroke::Thick, cursor.count('='))
    } else {
        (Stroke::Plain, cursor.count('-'))
    };
    if n_signs >= 2 && cursor.take(">") {
        if cursor.peek() == Some('>') {
            cursor.restore(begin);
            return Err(cursor.fault("FC001", format!("{EXPECTED}，写的是“{}”", cursor.excerpt())));
        }
        return Ok(Some((stroke, u8::try_from(n_signs - 1).unwrap_or(u8::MAX))));
    }
    let is_cross = matches!(cursor.peek(), Some('x' | 'o')) && n_signs >= 2;
    let is_bare = n_signs >= 3 || (stroke == Stroke::Dotted && n_signs >= 2);
    cursor.restore(begin);
    let fault = |message| cursor.fault("FC001", format!("{message}，写的是“{}”", cursor.excerpt()));
    match (is_cross, is_bare) {
        (true, _) => Err(fault(OTHER_HEAD)),
        (_, true) => Err(fault(NO_HEAD)),
        _ => Ok(None),
    }
}

/// The text of `-- text -->` after its first sign, and the length of the arrow that ends it.
fn split(cursor: &mut Cursor<'_>, sign: char) -> Result<(Piece, u8), Fault> {
    let pair = if sign == '.' { ".-".to_owned() } else { format!("{sign}{sign}") };
    let closing = if sign == '.' { ".->".to_owned() } else { format!("{pair}>") };
    let unclosed = cursor.fault("FC001", format!("条件后面缺“{closing}”"));
    let mut label = text(cursor, &pair)?.ok_or_else(|| unclosed.clone())?;
    let mut n_more = cursor.count(if sign == '.' { '-' } else { sign });
    if !cursor.take(">") {
        return Err(unclosed);
    }
    if sign == '.' {
        let kept = label.text.trim_end_matches('.').len();
        n_more += label.text.len() - kept;
        label.text.truncate(kept);
        label.text.truncate(label.text.trim_end().len());
    }
    Ok((label, u8::try_from(n_more + 1).unwrap_or(u8::MAX)))
}

/// Text up to `close`, in quotes or free of Mermaid's own signs; none when it is not closed.
pub(super) fn text(cursor: &mut Cursor<'_>, close: &str) -> Result<Option<Piece>, Fault> {
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
    if piece.text.starts_with('`') {
        let message = "不支持 Markdown 文字（`…`），请写成普通文字".to_owned();
        return Err(Fault { column: piece.column, message, ..empty });
    }
    if piece.text.is_empty() { Err(empty) } else { Ok(Some(piece)) }
}
