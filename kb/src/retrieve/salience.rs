//! How much a question's word is worth asking for, learnt from the documents.
//!
//! A document's opening stands in for the question and the rest for its answer: words that come back are
//! what a text is about. A logistic regression tells that chance from a word's kind, length and frequency,
//! so that it also holds for words seen once. The weight of a word is then that of Robertson and Spärck
//! Jones: ln p(1−q) / (1−p)q, with p the chance to come back and q the share of documents that have it.

use super::field::Field;
use super::real;
use super::text::{Kind, Text, View, Word};

/// Weights of a word's traits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Salience {
    weights: [f32; TRAITS],
}

const TRAITS: usize = 13;
const EPOCHS: usize = 12;
const RATE: f32 = 0.1;
/// Even a word that never comes back is worth so much of its rarity.
const LEAST: f32 = 0.05;
/// Openings longer than this many words would no longer be a question.
const OPENING: usize = 20;

impl Salience {
    /// Learns from documents and the words they are indexed by.
    pub(crate) fn learn(texts: &[Text], words: &Field) -> Self {
        let mut rows: Vec<([f32; TRAITS], f32)> = Vec::new();
        for text in texts.iter().step_by(texts.len().div_ceil(6000).max(1)) {
            let cut = OPENING.min(text.words.len() / 3);
            let tokens = text.tokens(View::Words);
            let (opening, rest) = tokens.split_at(cut);
            let mut rest: Vec<u64> = rest.iter().map(|token| token.key).collect();
            rest.sort_unstable();
            let mut seen: Vec<u64> = Vec::new();
            for (word, token) in text.words.iter().zip(opening) {
                if seen.contains(&token.key) {
                    continue;
                }
                seen.push(token.key);
                let back = f32::from(u8::from(rest.binary_search(&token.key).is_ok()));
                rows.push((traits(*word, words.frequency(token.key), texts.len()), back));
            }
        }
        let mut salience = Self::default();
        let mut squares = [1e-6f32; TRAITS];
        for _ in 0..EPOCHS {
            for (row, back) in &rows {
                let slope = salience.chance(row) - back;
                for ((weight, square), x) in salience.weights.iter_mut().zip(&mut squares).zip(row) {
                    let step = slope * x;
                    *square += step * step;
                    *weight -= RATE * step / square.sqrt();
                }
            }
        }
        salience
    }

    fn chance(&self, row: &[f32; TRAITS]) -> f32 {
        let sum: f32 = self.weights.iter().zip(row).map(|(weight, x)| weight * x).sum();
        1.0 / (1.0 + (-sum).exp())
    }

    /// A word's weight over what it would be if all words were equally likely to come back. Half of it, by
    /// logarithm, is learnt; half is the known rule that questions are about things.
    pub(crate) fn of(&self, word: Word, frequency: usize, documents: usize, rarity: f32) -> f32 {
        let p = self.chance(&traits(word, frequency, documents)).clamp(0.02, 0.97);
        let q = (real(frequency) + 0.5) / (real(documents) + 1.0);
        let learnt = ((p * (1.0 - q) / ((1.0 - p) * q)).ln() / rarity.max(0.05)).max(LEAST);
        let rule = match word.kind {
            Kind::Thing | Kind::Latin => 1.25,
            Kind::Action | Kind::Quality | Kind::Unknown => 1.0,
            Kind::Place | Kind::Number | Kind::Filler => 0.6,
        };
        learnt.sqrt() * rule
    }
}

fn traits(word: Word, frequency: usize, documents: usize) -> [f32; TRAITS] {
    let is = |yes: bool| f32::from(u8::from(yes));
    let common = (real(frequency) + 1.0).ln() / (real(documents) + 2.0).ln();
    let length = word.end - word.start;
    [
        1.0,
        is(word.kind == Kind::Thing),
        is(word.kind == Kind::Action),
        is(word.kind == Kind::Quality),
        is(word.kind == Kind::Place),
        is(word.kind == Kind::Number),
        is(word.kind == Kind::Latin),
        is(word.kind == Kind::Filler),
        is(length == 1),
        is(length >= 3),
        common,
        common * common,
        common * is(word.kind == Kind::Thing),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::field::Manner;
    use super::super::text::Segmenter;
    use super::*;

    #[test]
    fn words_that_come_back_weigh_more() {
        let segmenter = Segmenter::new();
        let things = ["胃炎", "肝炎", "鼻炎", "肺炎", "肠炎", "咽炎"];
        let texts: Vec<Text> = things
            .iter()
            .map(|thing| {
                segmenter.text(&format!("你好，您的{thing}情况，对于{thing}要休息，{thing}可以吃药"))
            })
            .collect();
        let tokens: Vec<_> = texts.iter().map(|text| text.tokens(View::Words)).collect();
        let words = Field::new(&tokens, Manner { k1: 1.2, b: 0.75, opening: 0.0, fade: 1.0 });
        let salience = Salience::learn(&texts, &words);
        let weight = |text: &str| {
            let text = segmenter.text(text);
            let key = text.key(0, text.chars.len());
            salience.of(text.words[0], words.frequency(key), texts.len(), words.rarity(key))
        };
        assert!(weight("胃炎") > weight("因为"), "{} {}", weight("胃炎"), weight("因为"));
    }
}
