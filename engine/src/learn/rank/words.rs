//! How rare tokens are in the questions and titles learnt from.

use std::collections::HashMap;

use kb::retrieve::{Text, Token, View};

use super::super::real;

/// In how many texts each token occurs.
#[derive(Debug, Clone, Default)]
pub(super) struct Rarity {
    /// Only ever looked up, never walked.
    counts: HashMap<u64, usize>,
    texts: usize,
}

impl Rarity {
    pub(super) fn new<'a>(texts: impl IntoIterator<Item = &'a Text>) -> Self {
        let mut rarity = Self::default();
        for text in texts {
            rarity.texts += 1;
            let mut keys: Vec<u64> = [View::Words, View::Pairs, View::Characters]
                .iter()
                .flat_map(|view| text.tokens(*view))
                .map(|token| token.key)
                .collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                *rarity.counts.entry(key).or_default() += 1;
            }
        }
        rarity
    }

    pub(super) fn count(&self, key: u64) -> usize {
        self.counts.get(&key).copied().unwrap_or_default()
    }

    /// Inverse document frequency, at least a little above 0.
    pub(super) fn of(&self, key: u64) -> f32 {
        let (all, having) = (real(self.texts), real(self.count(key)));
        (1.0 + (all - having + 0.5) / (having + 0.5)).ln().max(0.01)
    }
}

/// The tokens of a view as a sorted set of keys.
pub(super) fn keys(tokens: &[Token]) -> Vec<u64> {
    let mut keys: Vec<u64> = tokens.iter().map(|token| token.key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

pub(super) fn has(keys: &[u64], key: u64) -> bool {
    keys.binary_search(&key).is_ok()
}
