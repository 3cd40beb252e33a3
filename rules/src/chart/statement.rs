//! Statements that both diagrams share: titles, descriptions, directions, and those of Mermaid that are refused.

use kb::Fault;

use super::{Direction, cursor::Cursor, draft::Draft};

/// Statements that are refused, and why.
const REFUSED: [(&str, &str); 8] = [
    ("classDef", "颜色由程序按节点种类画，请删去这一行"),
    ("class", "颜色由程序按节点种类画，请删去这一行"),
    ("style", "颜色由程序按节点种类画，请删去这一行"),
    ("linkStyle", "颜色由程序按节点种类画，请删去这一行"),
    ("click", "图里不能放链接和脚本，请删去这一行"),
    ("hide", "这种写法没有含义，请删去这一行"),
    ("scale", "大小由程序决定，请删去这一行"),
    ("title", "标题请写成 accTitle: 文字"),
];

/// Reads a shared statement; false when the line is none.
pub(super) fn read(cursor: &mut Cursor<'_>, draft: &mut Draft) -> Result<bool, Fault> {
    if cursor.starts_with("%%{") {
        return Err(cursor.fault("FC001", "不支持 %%{…}%% 设置：样子由程序决定，请删去这一行"));
    }
    if cursor.starts_with("---") && cursor.is_at_start() {
        return Err(cursor.fault("FC001", "不支持文件头的 --- 设置；标题请写成 accTitle: 文字"));
    }
    let refused = cursor.fault("FC001", "");
    let start = cursor.save();
    let word = cursor.word();
    cursor.blanks();
    if matches!(word.text.as_str(), "accTitle" | "accDescr") {
        if cursor.starts_with("{") {
            return Err(cursor.fault("FC001", "说明请写在一行里：accDescr: 文字"));
        }
        if cursor.take(":") {
            let text = cursor.rest();
            if text.text.is_empty() {
                return Err(cursor.fault("FC001", "“:”后面是空的"));
            }
            let slot = if word.text == "accTitle" { &mut draft.title } else { &mut draft.description };
            if slot.is_some() {
                let message = format!("{} 写了两次", word.text);
                return Err(Fault { message, ..refused });
            }
            *slot = Some(text.text);
            return Ok(true);
        }
    }
    let is_statement = cursor.peek().is_some_and(|c| c.is_alphanumeric() || c == '"' || c == '_');
    if is_statement && let Some((_, why)) = REFUSED.iter().find(|(name, _)| *name == word.text) {
        let message = format!("不支持 {}：{why}", word.text);
        return Err(Fault { message, ..refused });
    }
    cursor.restore(start);
    Ok(false)
}

/// A direction's name.
pub(super) fn direction(name: &str) -> Option<Direction> {
    match name {
        "TB" | "TD" => Some(Direction::Down),
        "BT" => Some(Direction::Up),
        "LR" => Some(Direction::Right),
        "RL" => Some(Direction::Left),
        _ => None,
    }
}
