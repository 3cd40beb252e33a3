//! Plain BM25 over words: what other rankings are measured against.

use super::field::{Field, Manner};
use super::library::best;
use super::text::{Segmenter, View};

/// BM25 over words with the usual settings (k1 1.2, b 0.75) and nothing else.
#[derive(Debug, Clone)]
pub struct Plain {
    words: Field,
    documents: usize,
}

impl Plain {
    /// Indexes documents.
    pub fn new<'a>(segmenter: &Segmenter, documents: impl IntoIterator<Item = &'a str>) -> Self {
        let tokens: Vec<_> =
            documents.into_iter().map(|text| segmenter.text(text).tokens(View::Words)).collect();
        let manner = Manner { k1: 1.2, b: 0.75, opening: 0.0, fade: 1.0 };
        Self { words: Field::new(&tokens, manner), documents: tokens.len() }
    }

    /// The best documents with their scores, best first; equal scores keep the documents' order.
    pub fn search(&self, segmenter: &Segmenter, query: &str, limit: usize) -> Vec<(usize, f32)> {
        let mut keys: Vec<u64> =
            segmenter.text(query).tokens(View::Words).iter().map(|token| token.key).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut scores = vec![0.0; self.documents];
        for key in keys {
            self.words.add(key, self.words.rarity(key), &mut scores);
        }
        best(&scores, limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_words() {
        let segmenter = Segmenter::new();
        let plain = Plain::new(&segmenter, ["高血压少吃盐", "癫痫要按时吃药", "高血压要复查"]);
        let found = plain.search(&segmenter, "癫痫吃什么药", 2);
        assert_eq!(found[0].0, 1);
        assert_eq!(found.len(), 2);
    }
}
