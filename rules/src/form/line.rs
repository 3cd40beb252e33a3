//! One line of an authored text, read character by character.

use kb::Fault;

use super::{
    draft::{Place, Written},
    escape,
};

/// A line and how far it has been read.
pub(super) struct Line<'a> {
    file: &'a str,
    number: u32,
    /// Its characters, without the line end.
    pub(super) chars: Vec<char>,
    /// How many of them have been read.
    pub(super) at: usize,
}

impl<'a> Line<'a> {
    /// A line at its first character that is no blank.
    pub(super) fn new(file: &'a str, number: u32, text: &str) -> Self {
        let mut chars: Vec<char> = text.chars().collect();
        while chars.last().is_some_and(|c| c.is_whitespace()) {
            chars.pop();
        }
        let mut line = Self { file, number, chars, at: 0 };
        line.blanks();
        line
    }

    /// The lines of a file, without the byte order mark and line ends, numbered from 1.
    pub(super) fn all(text: &str) -> impl Iterator<Item = (u32, &str)> {
        // Old editors end lines with a carriage return alone.
        let end = if text.contains('\n') { '\n' } else { '\r' };
        (1u32..).zip(text.strip_prefix('\u{feff}').unwrap_or(text).split(end))
    }

    /// Where a character stands.
    pub(super) fn place(&self, at: usize) -> Place {
        Place { line: self.number, column: u32::try_from(at + 1).unwrap_or(u32::MAX) }
    }

    /// A fault at a character.
    pub(super) fn fault(&self, at: usize, code: &'static str, message: impl Into<String>) -> Fault {
        Fault::error(self.file, self.number, code, message).at_column(self.place(at).column)
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &[char] {
        self.chars.get(self.at..).unwrap_or_default()
    }

    /// Whether everything has been read.
    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.chars.len()
    }

    /// Skips blanks.
    pub(super) fn blanks(&mut self) {
        while self.chars.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    /// The word at this place, as it is; empty at a sign.
    pub(super) fn word(&mut self) -> String {
        let word: String = self.rest().iter().take_while(|c| escape::is_name(**c)).collect();
        self.at += word.chars().count();
        word
    }

    /// Reads one of some signs.
    pub(super) fn sign(&mut self, signs: &[char]) -> bool {
        let found = self.chars.get(self.at).is_some_and(|c| signs.contains(c));
        self.at += usize::from(found);
        found
    }

    /// The comment this line is, without its mark.
    pub(super) fn comment(&self) -> Option<String> {
        match self.rest() {
            ['/', '/', text @ ..] | ['%', '%', text @ ..] => {
                Some(text.iter().collect::<String>().trim().to_owned())
            }
            _ => None,
        }
    }

    /// A name, in quotes where it has other signs; empty when there is none. Leaves the line after it and its blanks.
    pub(super) fn name(&mut self) -> Result<Written, Fault> {
        let from = self.at;
        let place = self.place(from);
        if self.sign(&['「']) {
            let Some(end) = escape::find(&self.chars, self.at, |rest| rest[0] == '」') else {
                self.at = self.chars.len();
                return Err(self
                    .fault(from, "FM003", "名称的引号「没有对应的」")
                    .with_hint("在名称后面补上」"));
            };
            let text = escape::unescape(&self.chars[self.at..end]);
            self.at = end + 1;
            if !self.is_at_end() && !self.chars[self.at].is_whitespace() {
                let fault = self.fault(self.at, "FM003", "」后面应空一格，再写文字");
                self.blanks();
                return Err(fault);
            }
            self.blanks();
            return Ok(Written { text, place });
        }
        let token: String = self.rest().iter().take_while(|c| !c.is_whitespace()).collect();
        self.at += token.chars().count();
        self.blanks();
        if let Some(bad) = token.chars().position(|c| !escape::is_name(c)) {
            let sign = token.chars().nth(bad).unwrap_or_default();
            let message =
                format!("名称 {token} 里有 {sign}：名称由字母、汉字、数字、_、-、· 组成，后面空一格写文字");
            return Err(self
                .fault(from + bad, "FM003", message)
                .with_hint(format!("写成 {}", escape::name(&token))));
        }
        Ok(Written { text: token, place })
    }

    /// What stands between two places, as written, trimmed.
    pub(super) fn written(&self, from: usize, to: usize) -> Written {
        let (from, to) = self.trim(from, to);
        Written { text: self.chars[from..to].iter().collect(), place: self.place(from) }
    }

    /// What was meant between two places.
    pub(super) fn text(&self, from: usize, to: usize) -> Written {
        let (from, to) = self.trim(from, to);
        Written { text: escape::unescape(&self.chars[from..to]), place: self.place(from) }
    }

    fn trim(&self, from: usize, to: usize) -> (usize, usize) {
        let mut to = to.min(self.chars.len());
        let mut from = from.min(to);
        while from < to && self.chars[from].is_whitespace() {
            from += 1;
        }
        while from < to && self.chars[to - 1].is_whitespace() {
            to -= 1;
        }
        (from, to)
    }
}
