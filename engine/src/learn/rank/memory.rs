//! What is remembered of a question met in training: its other titles and their grades.

use kb::retrieve::{Text, View};

use super::super::real;
use super::words::{Rarity, has, keys};

/// A graded title of a question.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) pairs: Vec<u64>,
    pub(super) characters: Vec<u64>,
    /// How well the title covers the question, by the weight of pairs.
    pub(super) cover: f32,
    pub(super) label: u8,
}

/// Numbers told by memory.
pub(super) const WIDTH: usize = 11;

impl Known {
    pub(super) fn new(query: &Text, title: &Text, label: u8, rarity: &Rarity) -> Self {
        let [wanted, pairs] = [query, title].map(|text| keys(&text.tokens(View::Pairs)));
        let weight = |keys: &mut dyn Iterator<Item = &u64>| keys.map(|key| rarity.of(*key)).sum::<f32>();
        let all = weight(&mut wanted.iter()).max(1e-3);
        let cover = weight(&mut wanted.iter().filter(|key| has(&pairs, **key))) / all;
        Self { cover, characters: keys(&title.tokens(View::Characters)), pairs, label }
    }

    /// What other titles of the same question tell about this one.
    pub(super) fn recall<'a>(
        &self,
        others: impl Iterator<Item = &'a Known>,
        rarity: &Rarity,
    ) -> [f32; WIDTH] {
        let mut count = 0usize;
        let (mut sum, mut low, mut high, mut weighted, mut weights) = (0.0, 9.0f32, -1.0f32, 0.0, 0.0);
        let (mut nearest, mut nearest_label, mut covers, mut better) = (-1.0f32, -1.0, 0.0, 0.0);
        let mut worse = 0.0;
        for other in others {
            count += 1;
            let label = f32::from(other.label);
            sum += label;
            low = low.min(label);
            high = high.max(label);
            let alike = alike(&self.pairs, &other.pairs, rarity)
                + 0.5 * alike(&self.characters, &other.characters, rarity);
            let weight = (3.0 * alike).exp();
            weighted += weight * label;
            weights += weight;
            if alike > nearest {
                (nearest, nearest_label) = (alike, label);
            }
            covers += other.cover;
            if other.cover > self.cover {
                better = f32::max(better, label);
            } else {
                worse = f32::max(worse, label + 1.0);
            }
        }
        let n = real(count.max(1));
        [
            real(count.min(12)),
            if count == 0 { -1.0 } else { sum / n },
            low,
            high,
            if count == 0 { -1.0 } else { weighted / weights },
            nearest,
            nearest_label,
            self.cover - covers / n,
            better,
            worse,
            (sum + 1.75 * 2.0) / (real(count) + 2.0),
        ]
    }
}

fn alike(a: &[u64], b: &[u64], rarity: &Rarity) -> f32 {
    let weight = |keys: &[u64]| keys.iter().map(|key| rarity.of(*key)).sum::<f32>();
    let both: f32 = a.iter().filter(|key| has(b, **key)).map(|key| rarity.of(*key)).sum();
    2.0 * both / (weight(a) + weight(b)).max(1e-3)
}

#[cfg(test)]
mod tests {
    use kb::retrieve::Segmenter;

    use super::*;

    #[test]
    fn the_nearest_title_speaks_loudest() {
        let segmenter = Segmenter::new();
        let query = segmenter.text("胃胀吃什么药");
        let texts = ["胃胀吃什么药好", "胃胀的图片", "胃胀吃啥药好"].map(|text| segmenter.text(text));
        let rarity = Rarity::new(&texts);
        let known = [(0, 3), (1, 0)].map(|(at, label)| Known::new(&query, &texts[at], label, &rarity));
        let this = Known::new(&query, &texts[2], 0, &rarity);
        let told = this.recall(known.iter(), &rarity);
        assert!((told[0] - 2.0).abs() < 1e-6 && (told[1] - 1.5).abs() < 1e-6);
        assert!(told[4] > 1.5 && (told[6] - 3.0).abs() < 1e-6, "{told:?}");
        assert!(this.recall([].iter(), &rarity)[1] < 0.0);
    }
}
