//! Characters that mean something, written inside texts.
//!
//! A name with other characters than letters, digits, `_`, `-` and `·` stands in `「…」`. In texts `\n` is a new
//! line, `\t` a tab, `\\` a backslash, `\u{…}` any character, and `\;`, `\=>`, `\」` are the signs themselves. A
//! backslash before anything else is a backslash. Conditions, formulas and regular expressions are never escaped.

use std::fmt::Write;

/// Signs that may follow a backslash.
const SIGNS: [char; 6] = ['\\', ';', '；', '=', '＝', '」'];

/// Whether a name needs no quotes.
pub fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_name)
}

/// Whether a character may stand in a name without quotes.
pub fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '·')
}

/// A name as it is printed.
pub fn name(id: &str) -> String {
    if is_plain(id) { id.to_owned() } else { format!("「{}」", escape(id, |c, _| c == '」')) }
}

/// A text as it is printed where nothing follows it.
pub fn text(text: &str) -> String {
    escape(text, |_, _| false)
}

/// A text as it is printed on the line of an option or a row.
pub fn part(text: &str) -> String {
    escape(text, |c, next| {
        matches!(c, ';' | '；') || (matches!(c, '=' | '＝') && matches!(next, Some('>' | '＞')))
    })
}

fn escape(text: &str, is_special: impl Fn(char, Option<char>) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => {
                if is_special(c, rest.peek().copied()) {
                    out.push('\\');
                }
                out.push(c);
            }
        }
    }
    out
}

/// The text that was meant, trimmed.
pub fn unescape(chars: &[char]) -> String {
    let mut out = String::with_capacity(chars.len());
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        at += 1;
        match (c, chars.get(at)) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some(sign)) if SIGNS.contains(sign) => out.push(*sign),
            ('\\', Some('u')) => {
                if let Some((found, length)) = code(&chars[at..]) {
                    out.push(found);
                    at += length;
                } else {
                    out.push('\\');
                }
                continue;
            }
            (c, _) => {
                out.push(c);
                continue;
            }
        }
        at += 1;
    }
    out.trim().to_owned()
}

/// `u{…}` at the beginning: the character and how many characters it took.
fn code(chars: &[char]) -> Option<(char, usize)> {
    let end = chars.iter().take(9).position(|c| *c == '}')?;
    let digits: String = chars.get(1..end)?.strip_prefix(&['{'])?.iter().collect();
    char::from_u32(u32::from_str_radix(&digits, 16).ok()?).map(|c| (c, end + 1))
}

/// Where the first sign that is not escaped begins.
pub fn find(chars: &[char], from: usize, is_sign: impl Fn(&[char]) -> bool) -> Option<usize> {
    let mut at = from;
    while at < chars.len() {
        if chars[at] == '\\' && chars.get(at + 1).is_some_and(|c| SIGNS.contains(c)) {
            at += 2;
        } else if is_sign(&chars[at..]) {
            return Some(at);
        } else {
            at += 1;
        }
    }
    None
}

/// Whether the characters begin with `=>`.
pub fn is_arrow(chars: &[char]) -> bool {
    matches!(chars, ['=' | '＝', '>' | '＞', ..])
}

/// The bracket that closes the one at the beginning, outside of quotes.
pub fn closing(chars: &[char]) -> Option<usize> {
    let mut depth = 0usize;
    let mut quote = None;
    for (at, c) in chars.iter().enumerate() {
        match (quote, c) {
            (Some(end), c) if *c == end => quote = None,
            (None, '"') => quote = Some('"'),
            (None, '「') => quote = Some('」'),
            (None, '“') => quote = Some('”'),
            (None, '(' | '（') => depth += 1,
            (None, ')' | '）') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether a condition can stand in brackets.
pub fn is_balanced(condition: &str) -> bool {
    let inside: Vec<char> = ['('].into_iter().chain(condition.chars()).chain([')']).collect();
    closing(&inside) == Some(inside.len() - 1)
}
