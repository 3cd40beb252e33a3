//! What is refused before parsing: updates, other servers, and texts that would nest too deeply.

use super::{Kind, Refusal};

/// Most characters of a query.
pub(super) const MAX_LENGTH: usize = 8_000;
/// Deepest nesting of brackets.
const MAX_DEPTH: usize = 64;
/// Words that begin an update.
const UPDATES: [&str; 10] =
    ["insert", "delete", "load", "clear", "create", "drop", "copy", "move", "add", "with"];

/// Looks at the bare words and brackets, not into strings, IRIs and comments.
pub(super) fn check(text: &str) -> Result<(), Refusal> {
    if text.chars().count() > MAX_LENGTH {
        let message = format!("查询最多 {MAX_LENGTH} 个字符。");
        return Err(Refusal { kind: Kind::TooLarge, place: None, message });
    }
    let mut depth = 0usize;
    let mut is_first = true;
    for (at, token) in tokens(text) {
        let refuse = |kind, message: String| Refusal { kind, place: Some(place(text, at)), message };
        match token {
            Token::Open => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(refuse(Kind::TooLarge, format!("括号嵌套超过 {MAX_DEPTH} 层。")));
                }
            }
            Token::Close => depth = depth.saturating_sub(1),
            Token::Word(word) => {
                let word = word.to_ascii_lowercase();
                let is_head = ["prefix", "base"].contains(&word.as_str());
                if is_first && UPDATES.contains(&word.as_str()) {
                    let message = "这里只能查询，不能修改。修改请编辑知识文件，检查后发布新版本。";
                    return Err(refuse(Kind::Update, message.to_owned()));
                }
                if word == "service" {
                    let message = "不能用 SERVICE 查询别的服务器。";
                    return Err(refuse(Kind::Service, message.to_owned()));
                }
                is_first = is_first && is_head;
            }
        }
    }
    Ok(())
}

enum Token<'a> {
    Open,
    Close,
    Word(&'a str),
}

/// Tokens with their byte positions.
fn tokens(text: &str) -> Vec<(usize, Token<'_>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match next {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' => string(rest),
            '<' => iri(rest),
            '(' | '{' | '[' => {
                found.push((at, Token::Open));
                1
            }
            ')' | '}' | ']' => {
                found.push((at, Token::Close));
                1
            }
            // A variable or the local part of a prefixed name is no keyword, nor is the prefix itself.
            '?' | '$' | ':' | '@' => 1 + word(&rest[1..]),
            _ if is_word(next) => {
                let length = word(rest);
                if !rest[length..].starts_with(':') {
                    found.push((at, Token::Word(&rest[..length])));
                }
                length
            }
            _ => next.len_utf8(),
        };
        at += length;
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn word(rest: &str) -> usize {
    rest.find(|c| !is_word(c)).unwrap_or(rest.len())
}

/// Length of a string with its quotes, short or long.
fn string(rest: &str) -> usize {
    let long = rest.get(..3).filter(|start| *start == "\"\"\"" || *start == "'''");
    let quote = long.unwrap_or(&rest[..1]);
    let mut at = quote.len();
    while let Some(next) = rest[at..].chars().next() {
        if rest[at..].starts_with(quote) {
            return at + quote.len();
        }
        at += next.len_utf8();
        if next == '\\' {
            at += rest[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    rest.len()
}

/// Length of an IRI with its brackets; 1 where `<` compares.
fn iri(rest: &str) -> usize {
    let inside = &rest[1..];
    let end = inside.find(|c: char| c.is_whitespace() || "<>\"{}|^`\\".contains(c));
    match end {
        Some(end) if inside[end..].starts_with('>') => end + 2,
        _ => 1,
    }
}

fn place(text: &str, at: usize) -> (u32, u32) {
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}
