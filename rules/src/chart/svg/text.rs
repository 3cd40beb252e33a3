//! How wide text is, and where it breaks.

/// Lines of a label, none wider than `max` em if it can be broken; `<br>` and line feeds break it too.
pub(super) fn wrapped(label: &str, max: f64) -> Vec<String> {
    let parted = label.replace("<br/>", "\n").replace("<br />", "\n").replace("<br>", "\n");
    parted.lines().flat_map(|line| broken(line.trim(), max)).collect()
}

/// Lines about as long as each other, so that no single character is left over.
fn broken(line: &str, max: f64) -> Vec<String> {
    let total = em(line);
    if total <= max {
        return vec![line.to_owned()];
    }
    let target = total / (total / max).ceil() + 0.5;
    let mut lines = Vec::new();
    let mut now = String::new();
    for word in words(line) {
        if !now.is_empty() && em(&now) + em(word.trim_end()) > target {
            lines.push(std::mem::take(&mut now).trim().to_owned());
        }
        now.push_str(word);
    }
    if !now.trim().is_empty() {
        lines.push(now.trim().to_owned());
    }
    lines
}

/// Pieces a line may be broken after: words, single Chinese characters with the marks after them.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut last: Option<char> = None;
    for (at, c) in line.char_indices() {
        let may_break = last.is_some_and(|last| last.is_whitespace() || is_wide(last) || is_wide(c));
        let clings =
            "，。、；：？！）)]」”%℃".contains(c) || last.is_some_and(|last| "（(「“".contains(last));
        if may_break && !clings && at > start {
            words.push(&line[start..at]);
            start = at;
        }
        last = Some(c);
    }
    if start < line.len() {
        words.push(&line[start..]);
    }
    words
}

/// Width in em.
pub(super) fn em(text: &str) -> f64 {
    text.chars().map(width).sum()
}

fn width(c: char) -> f64 {
    match c {
        _ if is_wide(c) => 1.0,
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.32,
        'm' | 'w' | 'M' | 'W' | '@' => 0.86,
        'A'..='Z' => 0.68,
        ' ' => 0.3,
        _ => 0.56,
    }
}

/// Chinese characters and full-width marks.
fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x2014..=0x2026 | 0x2190..=0x22FF
        | 0x1_F300..=0x1_FAFF | 0x2_0000..=0x3_FFFD)
}

/// Text as it may stand in an element or an attribute; characters XML forbids become �.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                out.push('\u{fffd}');
            }
            _ => out.push(c),
        }
    }
    out
}
