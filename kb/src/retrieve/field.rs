//! One view of all documents: an inverted index scored by BM25.

use std::collections::HashMap;

use super::real;
use super::text::Token;

/// Where each token occurs, and how much it counts there.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// Only ever looked up, never walked, so that its order cannot show.
    terms: HashMap<u64, usize>,
    postings: Vec<Vec<(usize, f32)>>,
    documents: usize,
}

/// How occurrences are counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// Saturation: how soon a further occurrence stops to matter.
    pub(crate) k1: f32,
    /// How much long documents are held back.
    pub(crate) b: f32,
    /// What the first character counts besides the 1 that every place counts.
    pub(crate) opening: f32,
    /// Characters after which that has gone down to about a third.
    pub(crate) fade: f32,
}

impl Field {
    pub(crate) fn new(documents: &[Vec<Token>], manner: Manner) -> Self {
        let mut field = Self { terms: HashMap::new(), postings: Vec::new(), documents: documents.len() };
        let mut lengths = Vec::with_capacity(documents.len());
        for (document, tokens) in documents.iter().enumerate() {
            let mut length = 0.0;
            for token in tokens {
                let weight = 1.0 + manner.opening * (-real(token.start) / manner.fade).exp();
                length += weight;
                let next = field.postings.len();
                let term = *field.terms.entry(token.key).or_insert(next);
                if term == next {
                    field.postings.push(Vec::new());
                }
                match field.postings[term].last_mut() {
                    Some((last, count)) if *last == document => *count += weight,
                    _ => field.postings[term].push((document, weight)),
                }
            }
            lengths.push(length);
        }
        let mean = (lengths.iter().sum::<f32>() / real(lengths.len().max(1))).max(1e-6);
        for (document, count) in field.postings.iter_mut().flatten() {
            let room = manner.k1 * (1.0 - manner.b + manner.b * lengths[*document] / mean);
            *count = *count * (manner.k1 + 1.0) / (*count + room);
        }
        field
    }

    /// Documents that have the token.
    pub(crate) fn frequency(&self, key: u64) -> usize {
        self.terms.get(&key).map_or(0, |term| self.postings[*term].len())
    }

    /// How rare the token is.
    pub(crate) fn rarity(&self, key: u64) -> f32 {
        let (all, having) = (real(self.documents), real(self.frequency(key)));
        (1.0 + (all - having + 0.5) / (having + 0.5)).ln()
    }

    /// Adds a token's part to the score of each document that has it.
    pub(crate) fn add(&self, key: u64, weight: f32, scores: &mut [f32]) {
        let Some(term) = self.terms.get(&key) else { return };
        for (document, count) in &self.postings[*term] {
            scores[*document] += weight * count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::{Segmenter, View};
    use super::*;

    #[test]
    fn rare_and_early_words_count_more() {
        let segmenter = Segmenter::new();
        let texts = ["胃炎要少吃辣，多休息", "多休息，少吃辣，才不得胃炎", "多休息"];
        let documents: Vec<Vec<Token>> =
            texts.iter().map(|text| segmenter.text(text).tokens(View::Words)).collect();
        let field = Field::new(&documents, Manner { k1: 1.2, b: 0.0, opening: 6.0, fade: 4.0 });
        let key = |word: &str| segmenter.text(word).key(0, word.chars().count());
        assert_eq!(field.frequency(key("胃炎")), 2);
        assert!(field.rarity(key("胃炎")) > field.rarity(key("休息")));
        let mut scores = [0.0; 3];
        field.add(key("胃炎"), 1.0, &mut scores);
        field.add(key("没有的"), 1.0, &mut scores);
        assert!(scores[0] > scores[1] && scores[1] > 0.0 && scores[2] == 0.0, "{scores:?}");
    }
}
