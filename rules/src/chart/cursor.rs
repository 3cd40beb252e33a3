//! A line of a chart, read from left to right.

use kb::Fault;

/// Where reading stands in a line.
pub(super) struct Cursor<'a> {
    file: &'a str,
    line: u32,
    chars: Vec<char>,
    at: usize,
}

/// A piece of text and the column it starts at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(file: &'a str, line: u32, text: &str) -> Self {
        Self { file, line, chars: text.chars().collect(), at: 0 }
    }

    pub(super) fn column(&self) -> u32 {
        u32::try_from(self.at).unwrap_or(u32::MAX).saturating_add(1)
    }

    pub(super) fn fault(&self, code: &'static str, message: impl Into<String>) -> Fault {
        Fault::error(self.file, self.line, code, message).at_column(self.column())
    }

    pub(super) fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    pub(super) fn is_at_start(&self) -> bool {
        self.chars[..self.at.min(self.chars.len())].iter().all(|c| c.is_whitespace())
    }

    /// Where reading stands, to come back to.
    pub(super) fn save(&self) -> usize {
        self.at
    }

    pub(super) fn restore(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Passes one character.
    pub(super) fn pass(&mut self) {
        self.at += 1;
    }

    /// Line and column of where reading stands.
    pub(super) fn place(&self) -> (u32, u32) {
        (self.line, self.column())
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.chars.len()
    }

    pub(super) fn starts_with(&self, sign: &str) -> bool {
        let mut rest = self.chars.iter().skip(self.at);
        sign.chars().all(|c| rest.next() == Some(&c))
    }

    /// Whether the sign stood here; it is passed.
    pub(super) fn take(&mut self, sign: &str) -> bool {
        let is_here = self.starts_with(sign);
        if is_here {
            self.at += sign.chars().count();
        }
        is_here
    }

    /// Passes a run of one sign; how many.
    pub(super) fn count(&mut self, sign: char) -> usize {
        let start = self.at;
        while self.peek() == Some(sign) {
            self.at += 1;
        }
        self.at - start
    }

    /// A run of letters, digits and underscores; may be empty.
    pub(super) fn word(&mut self) -> Piece {
        let start = self.column();
        let mut text = String::new();
        while let Some(c) = self.peek().filter(|c| c.is_alphanumeric() || *c == '_') {
            text.push(c);
            self.at += 1;
        }
        Piece { text, line: self.line, column: start }
    }

    /// What stands before `close`, trimmed; none when `close` does not follow. Passes `close`.
    pub(super) fn until(&mut self, close: &str) -> Option<Piece> {
        let start = self.at;
        while !self.starts_with(close) {
            if self.is_at_end() {
                self.at = start;
                return None;
            }
            self.at += 1;
        }
        let piece = self.piece(start, self.at);
        self.take(close);
        Some(piece)
    }

    /// Everything to the end of the line, trimmed.
    pub(super) fn rest(&mut self) -> Piece {
        let start = self.at;
        self.at = self.chars.len();
        self.piece(start, self.at)
    }

    fn piece(&self, start: usize, end: usize) -> Piece {
        let text: String = self.chars[start..end].iter().collect();
        let n_blanks = text.chars().take_while(|c| c.is_whitespace()).count();
        let column = u32::try_from(start + n_blanks).unwrap_or(u32::MAX).saturating_add(1);
        Piece { text: text.trim().to_owned(), line: self.line, column }
    }

    /// A few characters from here, for messages.
    pub(super) fn excerpt(&self) -> String {
        self.chars.iter().skip(self.at).take(12).collect()
    }
}
