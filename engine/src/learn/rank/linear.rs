//! Linear models over hashed words: what a title adds to a question, lacks, or says instead.

use kb::retrieve::{Kind, Text, View};

use super::super::chance::Chance;
use super::super::{real, sigmoid};
use super::features::{Title, contains};

const BITS: u32 = 18;

/// Weights of hashed features for several thresholds of the grade.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    weights: Vec<Vec<f32>>,
}

/// A pair as its features.
pub(super) type Bag = Vec<(usize, f32)>;

/// An example: features, grade, and how much it counts.
pub(super) struct Example<'a> {
    pub(super) bag: &'a Bag,
    pub(super) label: u8,
}

const EPOCHS: usize = 6;
const RATE: f32 = 0.08;
const SHRINK: f32 = 1e-5;

impl Linear {
    /// Learns the chance of each grade or a higher one, for grades 1 to `top`.
    pub(super) fn learn(examples: &[Example<'_>], top: u8) -> Self {
        let mut weights = Vec::new();
        let mut order: Vec<usize> = (0..examples.len()).collect();
        for grade in 1..=top {
            let mut chance = Chance::new(u64::from(grade));
            let mut weight = vec![0.0f32; 1 << BITS];
            let mut squares = vec![1e-4f32; 1 << BITS];
            for _ in 0..EPOCHS {
                chance.shuffle(&mut order);
                for example in order.iter().map(|at| &examples[*at]) {
                    let wanted = if example.label >= grade { 1.0 } else { 0.0 };
                    let slope = sigmoid(dot(&weight, example.bag)) - wanted;
                    for (at, x) in example.bag {
                        let step = slope * x + SHRINK * weight[*at];
                        squares[*at] += step * step;
                        weight[*at] -= RATE * step / squares[*at].sqrt();
                    }
                }
            }
            weights.push(weight);
        }
        Self { weights }
    }

    /// Log odds of each threshold.
    pub(super) fn odds(&self, bag: &Bag) -> Vec<f32> {
        self.weights.iter().map(|weight| dot(weight, bag).clamp(-8.0, 8.0)).collect()
    }
}

fn dot(weight: &[f32], bag: &Bag) -> f32 {
    bag.iter().map(|(at, x)| weight[*at] * x).sum()
}

/// The features of a pair.
pub(super) fn bag(query: &Text, title: &Title) -> Bag {
    let mut bag = Bag::new();
    let missing = absent(query, &title.whole);
    let extra = absent(&title.main, query);
    let shared: Vec<u64> = query
        .words
        .iter()
        .filter(|word| contains(&title.whole.chars, &query.chars[word.start..word.end]))
        .map(|word| query.key(word.start, word.end))
        .collect();
    push(&mut bag, 1, &[0], 1.0);
    let scale = |count: usize| 1.0 / real(count.max(1)).sqrt();
    for key in &shared {
        push(&mut bag, 2, &[*key], scale(shared.len()));
    }
    for (key, kind) in &missing {
        push(&mut bag, 3, &[*key], scale(missing.len()));
        push(&mut bag, 4, &[*kind as u64], 0.5);
    }
    for (key, kind) in &extra {
        push(&mut bag, 5, &[*key], scale(extra.len()));
        push(&mut bag, 6, &[*kind as u64], 0.5);
    }
    let pairs = missing.len().min(8) * extra.len().min(12);
    for (a, _) in missing.iter().take(8) {
        for (b, _) in extra.iter().take(12) {
            push(&mut bag, 7, &[*a, *b], scale(pairs));
        }
    }
    if missing.is_empty() {
        for (b, _) in &extra {
            push(&mut bag, 8, &[*b], scale(extra.len()));
        }
    }
    if extra.is_empty() {
        for (a, _) in &missing {
            push(&mut bag, 9, &[*a], scale(missing.len()));
        }
    }
    let site = title.site.tokens(View::Words);
    for token in &site {
        push(&mut bag, 10, &[token.key], scale(site.len()));
    }
    for token in title.whole.tokens(View::Words).iter().rev().take(3) {
        push(&mut bag, 11, &[token.key], 0.6);
    }
    let ends = |text: &Text| text.words.last().map_or(0, |word| text.key(word.start, word.end));
    push(&mut bag, 12, &[ends(query), ends(&title.main)], 0.7);
    push(&mut bag, 13, &[ends(query)], 0.5);
    for size in [missing.len().min(6), 10 + extra.len().min(9)] {
        push(&mut bag, 14, &[size as u64], 0.7);
    }
    push(&mut bag, 15, &[missing.len().min(4) as u64, extra.len().min(6) as u64], 0.7);
    bag.sort_by_key(|(at, _)| *at);
    bag
}

/// Words that the other text does not have, with their kinds.
fn absent(text: &Text, other: &Text) -> Vec<(u64, Kind)> {
    text.words
        .iter()
        .filter(|word| !contains(&other.chars, &text.chars[word.start..word.end]))
        .map(|word| (text.key(word.start, word.end), word.kind))
        .collect()
}

fn push(bag: &mut Bag, group: u64, keys: &[u64], x: f32) {
    let hash = keys.iter().fold(group.wrapping_mul(0x9e37_79b9_7f4a_7c15), |hash, key| {
        (hash ^ key).wrapping_mul(0xbf58_476d_1ce4_e5b9).rotate_left(31)
    });
    let place = (hash ^ (hash >> 33)) >> (64 - BITS);
    bag.push((usize::try_from(place).unwrap_or_default(), x));
}

#[cfg(test)]
mod tests {
    use kb::retrieve::Segmenter;

    use super::super::title::split;
    use super::*;

    #[test]
    fn learns_which_word_may_stand_for_which() {
        let segmenter = Segmenter::new();
        let pair = |query: &str, title: &str| {
            let (main, site, cut_off) = split(title);
            let title = Title {
                whole: segmenter.text(title),
                main: segmenter.text(main),
                site: segmenter.text(site),
                cut_off,
            };
            bag(&segmenter.text(query), &title)
        };
        let mut bags = Vec::new();
        for what in ["胃炎", "肝炎", "鼻炎", "肠炎", "肺炎"] {
            bags.push((pair(&format!("{what}怎么治"), &format!("{what}如何治疗")), 1));
            bags.push((pair(&format!("{what}怎么治"), &format!("{what}图片")), 0));
        }
        let examples: Vec<Example<'_>> =
            bags.iter().map(|(bag, label)| Example { bag, label: *label }).collect();
        let linear = Linear::learn(&examples, 1);
        let odds = |title: &str| linear.odds(&pair("咽炎怎么治", title))[0];
        assert!(odds("咽炎如何治疗") > odds("咽炎图片"));
    }
}
