//! Documents in four views, and how the views are joined.

use super::field::{Field, Manner};
use super::real;
use super::salience::Salience;
use super::text::{Segmenter, Text, Token, View};

/// Documents, ready to be searched.
#[derive(Debug, Clone)]
pub struct Library {
    fields: Vec<Field>,
    salience: Salience,
    documents: usize,
}

/// Views and what each counts. Single characters bridge word borders and one-character changes (转阴, 阴转).
const VIEWS: [(View, f32); 4] =
    [(View::Words, 1.0), (View::Pairs, 1.0), (View::Characters, 1.5), (View::Near, 0.5)];
const MANNER: Manner = Manner { k1: 1.5, b: 0.75, opening: 6.0, fade: 17.0 };

impl Library {
    /// Indexes documents and learns from them what is worth asking for.
    pub fn new<'a>(segmenter: &Segmenter, documents: impl IntoIterator<Item = &'a str>) -> Self {
        let texts: Vec<Text> = documents.into_iter().map(|text| segmenter.text(text)).collect();
        let field = |(view, _): &(View, f32)| {
            let tokens: Vec<Vec<Token>> = texts.iter().map(|text| text.tokens(*view)).collect();
            Field::new(&tokens, MANNER)
        };
        let fields: Vec<Field> = VIEWS.iter().map(field).collect();
        let salience = Salience::learn(&texts, &fields[0]);
        Self { fields, salience, documents: texts.len() }
    }

    /// The best documents with their scores, best first; equal scores keep the documents' order.
    pub fn search(&self, segmenter: &Segmenter, query: &str, limit: usize) -> Vec<(usize, f32)> {
        best(&self.scores(&segmenter.text(query)), limit)
    }

    /// How well each document answers a question.
    pub fn scores(&self, query: &Text) -> Vec<f32> {
        let worth = self.worth(query);
        let mut total = vec![0.0; self.documents];
        for (field, (view, share)) in self.fields.iter().zip(VIEWS) {
            let mut scores = vec![0.0; self.documents];
            for (key, weight) in wanted(&query.tokens(view), &worth) {
                field.add(key, weight * field.rarity(key), &mut scores);
            }
            standardise(&mut scores);
            total.iter_mut().zip(&scores).for_each(|(total, score)| *total += share * score);
        }
        total
    }

    /// What each character of a question is worth: that of its word.
    fn worth(&self, query: &Text) -> Vec<f32> {
        let mut worth = vec![0.0; query.chars.len()];
        for word in &query.words {
            let key = query.key(word.start, word.end);
            let (frequency, rarity) = (self.fields[0].frequency(key), self.fields[0].rarity(key));
            worth[word.start..word.end].fill(self.salience.of(*word, frequency, self.documents, rarity));
        }
        worth
    }
}

/// Each token once, with the highest mean worth of its characters.
fn wanted(tokens: &[Token], worth: &[f32]) -> Vec<(u64, f32)> {
    let mean = |token: &Token| {
        worth[token.start..token.end].iter().sum::<f32>() / real((token.end - token.start).max(1))
    };
    let mut wanted: Vec<(u64, f32)> = tokens.iter().map(|token| (token.key, mean(token))).collect();
    wanted.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
    wanted.dedup_by_key(|(key, _)| *key);
    wanted
}

/// Brings scores to mean 0 and spread 1.
fn standardise(scores: &mut [f32]) {
    let count = real(scores.len().max(1));
    let mean = scores.iter().sum::<f32>() / count;
    let spread = (scores.iter().map(|score| (score - mean).powi(2)).sum::<f32>() / count).sqrt();
    for score in scores {
        *score = (*score - mean) / spread.max(1e-6);
    }
}

/// The places of the highest scores, highest first.
pub(crate) fn best(scores: &[f32], limit: usize) -> Vec<(usize, f32)> {
    let mut order: Vec<(usize, f32)> = scores.iter().copied().enumerate().collect();
    let by_score = |a: &(usize, f32), b: &(usize, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if limit < order.len() {
        order.select_nth_unstable_by(limit, by_score);
        order.truncate(limit);
    }
    order.sort_by(by_score);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_question_is_about_decides() {
        let segmenter = Segmenter::new();
        let texts = [
            "您好，请问怎么办呢，一般不用担心。",
            "您好，怎么办呢，高血压要长期吃药，平时少吃盐。",
            "您好，请问怎么办呢，癫痫要按时吃药。",
            "胃溃疡一般吃一个月的抑酸药，胃溃疡容易复发。",
        ];
        let library = Library::new(&segmenter, texts);
        let found = library.search(&segmenter, "您好，请问胃溃疡怎么办呢", 3);
        assert_eq!(found[0].0, 3, "{found:?}");
        assert_eq!(library.search(&segmenter, "您好，请问胃溃疡怎么办呢", 1).len(), 1);
    }

    #[test]
    fn nothing_to_find_gives_the_order_of_the_documents() {
        let segmenter = Segmenter::new();
        let library = Library::new(&segmenter, ["甲", "乙"]);
        let places: Vec<usize> =
            library.search(&segmenter, "", 5).into_iter().map(|(place, _)| place).collect();
        assert_eq!(places, [0, 1]);
        assert!(Library::new(&segmenter, []).search(&segmenter, "胃", 5).is_empty());
    }

    #[test]
    fn best_is_highest_then_first() {
        assert_eq!(best(&[1.0, 3.0, 3.0, 2.0], 3), [(1, 3.0), (2, 3.0), (3, 2.0)]);
        assert!(best(&[], 3).is_empty());
    }
}
