//! Text cut into words by one shared dictionary, and into pairs of characters.

use std::sync::{Arc, LazyLock};

use jieba_rs::{Jieba, TokenizeMode};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::spelling::folded_text;
use crate::{Kb, article::is_han};

/// Longest name that becomes a word of its own; longer ones are whole phrases.
const LONGEST_WORD: usize = 6;

/// The general dictionary, read once for the life of the program; releases add their names to a copy.
static GENERAL: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// Cuts text into words, the longer ones into their parts too.
#[derive(Clone)]
pub(super) struct Words(Arc<Jieba>);

impl Words {
    /// The general dictionary with the names of a release.
    pub(super) fn new(kb: &Kb) -> Self {
        let mut jieba = GENERAL.clone();
        for concept in &kb.concepts {
            for name in std::iter::once(&concept.label).chain(&concept.names) {
                let n_chars = name.chars().count();
                if (2..=LONGEST_WORD).contains(&n_chars) && name.chars().all(is_han) && !jieba.has_word(name)
                {
                    jieba.add_word(name, None, None);
                }
            }
        }
        Self(Arc::new(jieba))
    }

    /// The words of a folded text with their byte ranges; marks between words are left out.
    pub(super) fn cut<'a>(&self, text: &'a str) -> impl Iterator<Item = (&'a str, std::ops::Range<usize>)> {
        self.0
            .tokenize(text, TokenizeMode::Search, false)
            .into_iter()
            .filter(|token| token.word.chars().any(char::is_alphanumeric))
            .map(|token| (token.word, token.byte_start..token.byte_end))
    }
}

/// Pairs of neighbouring Chinese characters.
#[derive(Clone)]
pub(super) struct Pairs;

/// The pairs of a text as byte ranges.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut before: Option<usize> = None;
    text.char_indices().filter_map(move |(at, c)| {
        let start = before;
        before = is_han(c).then_some(at);
        before.and(start).map(|start| start..at + c.len_utf8())
    })
}

/// Tokens cut beforehand, given one by one.
pub(super) struct Cut {
    text: String,
    ranges: Vec<std::ops::Range<usize>>,
    next: usize,
    token: Token,
}

impl Cut {
    fn new(text: String, ranges: Vec<std::ops::Range<usize>>) -> Self {
        Self { text, ranges, next: 0, token: Token::default() }
    }
}

impl TokenStream for Cut {
    fn advance(&mut self) -> bool {
        let Some(range) = self.ranges.get(self.next) else { return false };
        self.token.offset_from = range.start;
        self.token.offset_to = range.end;
        self.token.position = self.next;
        self.token.text.clear();
        self.token.text.push_str(&self.text[range.clone()]);
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

impl Tokenizer for Words {
    type TokenStream<'a> = Cut;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Cut {
        let text = folded_text(text);
        let ranges = self.cut(&text).map(|(_, range)| range).collect();
        Cut::new(text, ranges)
    }
}

impl Tokenizer for Pairs {
    type TokenStream<'a> = Cut;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Cut {
        let text = folded_text(text);
        let ranges = pairs(&text).collect();
        Cut::new(text, ranges)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_do_not_reach_over_marks() {
        let text = "头痛，发热a咳";
        let all: Vec<&str> = pairs(text).map(|range| &text[range]).collect();
        assert_eq!(all, ["头痛", "发热"]);
        assert_eq!(pairs("").count() + pairs("咳").count(), 0);
    }
}
