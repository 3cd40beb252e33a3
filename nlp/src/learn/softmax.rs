//! Sparse multinomial logistic regression, trained by AdaGrad in a fixed order.

use super::features::{Bag, Index, Row, order};

/// One labelled example.
#[derive(Debug, Clone)]
pub struct Example {
    /// Its features.
    pub bag: Bag,
    /// Its class, from 0.
    pub label: usize,
    /// How much it counts; 1 is usual.
    pub weight: f32,
}

/// How to train.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Passes over the examples.
    pub epochs: u64,
    /// Step size before AdaGrad scales it.
    pub rate: f32,
    /// Pull of the touched weights towards zero.
    pub l2: f32,
}

/// Examples with numbered features.
#[derive(Debug, Clone)]
pub struct Data {
    index: Index,
    classes: usize,
    rows: Vec<(Row, usize, f32)>,
}

impl Data {
    /// Numbers the features seen in at least `least` examples; labels are below `classes`.
    pub fn new(examples: &[Example], classes: usize, least: u32) -> Self {
        let index = Index::new(examples.iter().flat_map(|e| e.bag.items.iter().map(|&(k, _)| k)), least);
        let rows = examples.iter().map(|e| (index.row(&e.bag), e.label, e.weight)).collect();
        Self { index, classes, rows }
    }

    /// The features of an example, by number.
    pub fn row(&self, example: usize) -> &[(u32, f32)] {
        self.rows.get(example).map_or(&[], |r| &r.0)
    }

    /// Drops the examples and keeps the numbers of the features.
    pub fn into_index(self) -> Index {
        self.index
    }
}

/// A trained classifier over a fixed number of classes.
#[derive(Debug, Clone, Default)]
pub struct Softmax {
    classes: usize,
    weights: Vec<f32>,
}

impl Softmax {
    /// Learns from the examples that `keep` takes, by their places; those of weight 0 are passed over.
    pub fn new(data: &Data, keep: impl Fn(usize) -> bool, settings: Settings) -> Self {
        let classes = data.classes;
        let used: Vec<&(Row, usize, f32)> =
            data.rows.iter().enumerate().filter(|(i, r)| keep(*i) && r.2 > 0.0).map(|(_, r)| r).collect();
        // The weights of a feature and the squares of their slopes lie side by side: one cache line a feature.
        let size = data.index.len() * classes;
        let mut cells: Vec<f32> =
            (0..2 * size).map(|i| if i % (2 * classes) < classes { 0.0 } else { 1e-6 }).collect();
        let mut weights = vec![0.0_f32; size];
        let averaged = (settings.epochs / 2).max(1);
        let mut scores = vec![0.0; classes];
        for epoch in 0..settings.epochs {
            for i in order(used.len(), epoch) {
                step(&mut cells, &mut scores, used[i], settings);
            }
            if epoch + averaged >= settings.epochs {
                for (sums, cell) in weights.chunks_mut(classes).zip(cells.chunks(2 * classes)) {
                    for (sum, w) in sums.iter_mut().zip(cell) {
                        *sum += w;
                    }
                }
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a handful of epochs")]
        let share = 1.0 / averaged.min(settings.epochs).max(1) as f32;
        for w in &mut weights {
            *w *= share;
        }
        Self { classes, weights }
    }

    /// Probabilities of the classes for numbered features.
    pub fn probabilities(&self, row: &[(u32, f32)]) -> Vec<f32> {
        let mut scores = vec![0.0; self.classes];
        for &(feature, value) in row {
            let from = feature as usize * self.classes;
            for (score, w) in scores.iter_mut().zip(&self.weights[from..from + self.classes]) {
                *score += w * value;
            }
        }
        normalise(&mut scores);
        scores
    }
}

/// One step of AdaGrad on one example; `scores` is room for one number a class.
fn step(cells: &mut [f32], scores: &mut [f32], example: &(Row, usize, f32), settings: Settings) {
    let (row, label, weight) = example;
    let classes = scores.len();
    scores.fill(0.0);
    for &(feature, value) in row {
        let from = feature as usize * 2 * classes;
        for (score, w) in scores.iter_mut().zip(&cells[from..from + classes]) {
            *score += w * value;
        }
    }
    normalise(scores);
    if let Some(score) = scores.get_mut(*label) {
        *score -= 1.0;
    }
    for &(feature, value) in row {
        let from = feature as usize * 2 * classes;
        let (weights, squares) = cells[from..from + 2 * classes].split_at_mut(classes);
        for ((w, square), error) in weights.iter_mut().zip(squares).zip(scores.iter()) {
            let slope = weight * error * value + settings.l2 * *w;
            *square += slope * slope;
            *w -= settings.rate * slope / square.sqrt();
        }
    }
}

/// Turns scores into probabilities that sum to 1.
pub fn normalise(scores: &mut [f32]) {
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for s in scores.iter_mut() {
        *s = (*s - top).exp();
        sum += *s;
    }
    for s in scores.iter_mut() {
        *s /= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings { epochs: 20, rate: 0.5, l2: 1e-4 };

    fn example(words: &[u64], label: usize) -> Example {
        let mut bag = Bag::default();
        for &w in words {
            bag.code(0, w);
        }
        Example { bag, label, weight: 1.0 }
    }

    #[test]
    fn learns_a_rule_and_repeats_itself() {
        let data: Vec<Example> =
            (0..30).map(|i| example(&[i % 3, 10 + i % 2], usize::try_from(i % 3).unwrap_or(0))).collect();
        let rows = Data::new(&data, 3, 1);
        let model = Softmax::new(&rows, |_| true, SETTINGS);
        for (i, e) in data.iter().enumerate() {
            let p = model.probabilities(rows.row(i));
            assert!(p[e.label] > 0.8, "{p:?}");
            assert!((p.iter().sum::<f32>() - 1.0).abs() < 1e-4);
        }
        assert_eq!(Softmax::new(&rows, |_| true, SETTINGS).weights, model.weights);
    }

    #[test]
    fn unknown_features_give_even_odds() {
        let data = Data::new(&[], 2, 1);
        let model = Softmax::new(&data, |_| true, SETTINGS);
        let row = data.into_index().row(&example(&[5], 0).bag);
        assert_eq!(model.probabilities(&row), vec![0.5, 0.5]);
    }
}
