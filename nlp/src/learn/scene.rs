//! A dialogue in normal form, and the mentions found in it.

use super::{Dialogue, Turn};

/// One turn in normal form.
#[derive(Debug, Clone)]
pub struct Line {
    /// Whether the patient speaks.
    pub patient: bool,
    /// The words; as many characters as the turn has.
    pub text: Vec<char>,
    /// Whether the turn asks something.
    pub asks: bool,
}

/// A dialogue in normal form.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    /// Its turns.
    pub lines: Vec<Line>,
}

/// A place where a symptom is named.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Which turn.
    pub turn: usize,
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// Number of the name.
    pub name: usize,
    /// How sure the finder is, from 0 to 1.
    pub chance: f32,
}

impl Scene {
    /// Brings every turn to normal form.
    pub fn new(dialogue: &Dialogue) -> Self {
        Self::of(dialogue.turns.iter())
    }

    /// Brings the given turns to normal form.
    pub fn of<'a>(turns: impl Iterator<Item = &'a Turn>) -> Self {
        let lines = turns
            .map(|t| {
                let text = normal(&t.text);
                let asks = asks(&text);
                Line { patient: t.patient, text, asks }
            })
            .collect();
        Self { lines }
    }
}

/// Text as characters: small letters, half-width signs, every digit as 0. The count of characters stays.
pub fn normal(text: &str) -> Vec<char> {
    text.chars()
        .map(|c| {
            let c = match c {
                '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
                '\u{3000}' => ' ',
                '。' => '.',
                _ => c,
            };
            if c.is_ascii_digit() { '0' } else { c.to_lowercase().next().unwrap_or(c) }
        })
        .collect()
}

/// The clause around [start, end): from the sign before it to the sign after it.
pub fn clause(text: &[char], start: usize, end: usize) -> (usize, usize) {
    let stop = |c: &char| matches!(c, ',' | '.' | '?' | '!' | ';' | ' ' | '~' | '…');
    let from = text[..start].iter().rposition(stop).map_or(0, |i| i + 1);
    let to = text[end..].iter().position(stop).map_or(text.len(), |i| end + i);
    (from, to)
}

/// Whether any of `words` is in `text`.
pub fn any(text: &[char], words: &[&str]) -> bool {
    (0..text.len()).any(|i| starts(&text[i..], words))
}

/// Whether `text` starts with any of `words`.
pub fn starts(text: &[char], words: &[&str]) -> bool {
    words.iter().any(|w| {
        let mut rest = text.iter();
        w.chars().all(|c| rest.next() == Some(&c))
    })
}

const QUESTIONS: [&str; 15] = [
    "?", "吗", "么", "嘛", "有没", "是不", "会不", "有无", "怎么", "什么", "哪些", "多少", "几天", "多久",
    "多长",
];

fn asks(text: &[char]) -> bool {
    any(text, &QUESTIONS) || text.last() == Some(&'没')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_form_keeps_the_count() {
        assert_eq!(normal("Ｂ超 39℃？"), ['b', '超', ' ', '0', '0', '℃', '?']);
    }

    #[test]
    fn clause_ends_at_signs() {
        let text = normal("不烧，有点咳嗽吗？好");
        assert_eq!(clause(&text, 5, 7), (3, 8));
        assert!(asks(&text) && !asks(&normal("没有")));
    }
}
