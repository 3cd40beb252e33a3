//! The words of a Turtle file, as they are written. The text is known to be Turtle; what this module reads
//! otherwise than the parser would be found by comparing the triples in the end.

/// A word with the line it starts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) line: u32,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `# …`, without the end of the line.
    Comment,
    /// `. ; , [ ] ( )`
    Mark,
    /// A key, an IRI, a number, a text with its language or type.
    Word,
}

pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (text, 1u32);
    loop {
        let trimmed = rest.trim_start();
        line += n_lines(&rest[..rest.len() - trimmed.len()]);
        rest = trimmed;
        let Some(first) = rest.chars().next() else { return tokens };
        let (kind, length) = match first {
            '#' => (Kind::Comment, rest.find(['\n', '\r']).unwrap_or(rest.len())),
            '.' | ';' | ',' | '[' | ']' | '(' | ')' => (Kind::Mark, 1),
            '"' | '\'' => (Kind::Word, literal(rest, first)),
            '<' => (Kind::Word, rest.find('>').map_or(rest.len(), |at| at + 1)),
            _ => (Kind::Word, word(rest)),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(Token { text: token, line, kind });
        line += n_lines(token);
        rest = after;
    }
}

fn n_lines(text: &str) -> u32 {
    u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX)
}

/// Length of a quoted text with what follows it closely: `@zh`, `^^xsd:date`.
fn literal(text: &str, quote: char) -> usize {
    let long: String = std::iter::repeat_n(quote, 3).collect();
    let end = if text.starts_with(&long) { long } else { quote.to_string() };
    let mut at = end.len();
    while at < text.len() && !text[at..].starts_with(&end) {
        let mut chars = text[at..].chars();
        at += chars.next().map_or(1, |c| {
            let escaped = if c == '\\' { chars.next().map_or(0, char::len_utf8) } else { 0 };
            c.len_utf8() + escaped
        });
    }
    // A long text may end in quotes of its own: """a"""" is a".
    at = (at + end.len()).min(text.len());
    while end.len() == 3 && text[at..].starts_with(quote) {
        at += 1;
    }
    let suffix = &text[at..];
    if suffix.starts_with('@') {
        return at + word(suffix);
    }
    match suffix.strip_prefix("^^") {
        Some(iri) if iri.starts_with('<') => at + 2 + iri.find('>').map_or(iri.len(), |end| end + 1),
        Some(key) => at + 2 + word(key),
        None => at,
    }
}

/// Length of a key or number: a full stop belongs to it only when it goes on (`dept:03.01`, `1.5`).
fn word(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '.' => {
                let goes_on =
                    chars.peek().is_some_and(|(_, next)| next.is_alphanumeric() || "_-:%\\.".contains(*next));
                if !goes_on && at > 0 {
                    return at;
                }
            }
            c if c.is_whitespace() || ";,[]()\"'<#".contains(c) => return at.max(1),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_spelling() {
        let text = "dept:03.01 a jy:X ; jy:n 1.5 , -3 . # 完。\n<urn:a.b> \"a\\\"b.\"@zh-CN , '''x\n'y'''^^xsd:string .";
        let words: Vec<(&str, u32)> = tokens(text).iter().map(|token| (token.text, token.line)).collect();
        assert_eq!(
            words,
            [
                ("dept:03.01", 1),
                ("a", 1),
                ("jy:X", 1),
                (";", 1),
                ("jy:n", 1),
                ("1.5", 1),
                (",", 1),
                ("-3", 1),
                (".", 1),
                ("# 完。", 1),
                ("<urn:a.b>", 2),
                ("\"a\\\"b.\"@zh-CN", 2),
                (",", 2),
                ("'''x\n'y'''^^xsd:string", 2),
                (".", 3),
            ]
        );
    }
}
