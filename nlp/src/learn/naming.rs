//! From the words of a mention to its name.

use std::collections::BTreeSet;

use super::features::{Bag, Index, KeyMap, key, mix};
use super::scene::clause;
use super::softmax::{Data, Example, Settings, Softmax};

/// A mention with its name, for training.
#[derive(Debug, Clone)]
pub struct Named {
    /// The text around the mention, in normal form.
    pub text: Vec<char>,
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// Number of the name; the number of names stands for a name outside the vocabulary.
    pub name: usize,
    /// How much it counts.
    pub weight: u32,
}

/// Names by words where training agrees, else by a classifier over characters and context.
#[derive(Debug, Clone, Default)]
pub struct Naming {
    sure: KeyMap<usize>,
    index: Index,
    model: Softmax,
    count: usize,
}

impl Naming {
    /// Learns from named mentions.
    pub fn new(mentions: &[&Named], count: usize) -> Self {
        let mut counts: KeyMap<Vec<(usize, u32)>> = KeyMap::default();
        for n in mentions {
            let list = counts.entry(surface(n)).or_default();
            match list.iter_mut().find(|c| c.0 == n.name) {
                Some(c) => c.1 += n.weight,
                None => list.push((n.name, n.weight)),
            }
        }
        let mut sure = KeyMap::default();
        let mut examples = vec![];
        let mut done = BTreeSet::new();
        for n in mentions {
            let k = surface(n);
            let list = counts.get(&k).map_or(&[][..], Vec::as_slice);
            let all: u32 = list.iter().map(|c| c.1).sum();
            let Some(&best) = list.iter().max_by_key(|c| (c.1, usize::MAX - c.0)) else {
                continue;
            };
            let agreed = best.1 * 100 >= all * 93;
            if agreed {
                sure.insert(k, best.0);
                if !done.insert(k) {
                    continue;
                }
            }
            let label = if agreed { best.0 } else { n.name };
            examples.push(Example { bag: features(&n.text, n.start, n.end), label, weight: 1.0 });
        }
        let data = Data::new(&examples, count + 1, 2);
        let model = Softmax::new(&data, |_| true, Settings { epochs: 8, rate: 0.3, l2: 1e-5 });
        Self { sure, index: data.into_index(), model, count }
    }

    /// The name of a mention; `None` where it has none in the vocabulary.
    pub fn name(&self, text: &[char], start: usize, end: usize) -> Option<usize> {
        let words = text.get(start..end).filter(|w| !w.is_empty())?;
        let best = if let Some(&name) = self.sure.get(&key(0, words)) {
            name
        } else {
            let p = self.model.probabilities(&self.index.row(&features(text, start, end)));
            p.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)))?.0
        };
        (best < self.count).then_some(best)
    }
}

fn surface(n: &Named) -> u64 {
    key(0, &n.text[n.start..n.end])
}

fn features(text: &[char], start: usize, end: usize) -> Bag {
    let mut bag = Bag::default();
    let words = &text[start..end];
    bag.code(199, 0);
    bag.text(200, words);
    for size in 1..=3 {
        bag.grams(200 + size as u64, words, size);
    }
    bag.text(205, &words[..1]);
    bag.text(206, &words[words.len() - 1..]);
    let (from, to) = clause(text, start, end);
    for n in 1..=3 {
        bag.text(210 + n as u64, &text[start.saturating_sub(n)..start]);
        bag.text(220 + n as u64, &text[end..(end + n).min(text.len())]);
    }
    for c in [&text[from..start], &text[end..to]].concat().chunks(1) {
        bag.text(230, c);
        bag.items.push((mix(key(231, c), key(0, words)), 1.0));
    }
    for c in text[start.saturating_sub(20)..start].chunks(1) {
        bag.text(232, c);
    }
    bag.tidy();
    bag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str, start: usize, end: usize, name: usize) -> Named {
        Named { text: text.chars().collect(), start, end, name, weight: 1 }
    }

    #[test]
    fn words_name_and_context_settles_the_rest() {
        let mut all = vec![];
        for _ in 0..6 {
            all.push(named("大便很稀", 3, 4, 0));
            all.push(named("痰很稀", 2, 3, 1));
            all.push(named("头疼", 0, 2, 2));
            all.push(named("别的", 0, 2, 3));
        }
        let refs: Vec<&Named> = all.iter().collect();
        let naming = Naming::new(&refs, 3);
        let name = |text: &str, start, end| naming.name(&text.chars().collect::<Vec<_>>(), start, end);
        assert_eq!(name("我头疼", 1, 3), Some(2));
        assert_eq!(name("大便稀", 2, 3), Some(0));
        assert_eq!(name("痰也稀", 2, 3), Some(1));
        assert_eq!(name("别的", 0, 2), None);
        assert_eq!(name("稀", 1, 1), None);
    }
}
