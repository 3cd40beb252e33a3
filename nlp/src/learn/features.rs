//! Sparse features: 64-bit keys made from a template number and text, and the index that numbers them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Mixes one value into a running key.
pub fn mix(key: u64, value: u64) -> u64 {
    let mixed = (key.rotate_left(23) ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^ (mixed >> 29)
}

/// Key of a template number and a run of characters.
pub fn key(template: u64, text: &[char]) -> u64 {
    text.iter().fold(mix(0x5151_7EA5, template), |hash, &c| mix(hash, u64::from(c)))
}

/// Features of one example: keys with their values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bag {
    /// Key and value of each feature, in the order they were added.
    pub items: Vec<(u64, f32)>,
}

impl Bag {
    /// Adds `text` under a template number.
    pub fn text(&mut self, template: u64, text: &[char]) {
        self.items.push((key(template, text), 1.0));
    }

    /// Adds a small number (a class, a bucket, a flag) under a template number.
    pub fn code(&mut self, template: u64, code: u64) {
        self.items.push((mix(mix(0x0C0D_E000, template), code), 1.0));
    }

    /// Adds a real value under a template number.
    pub fn value(&mut self, template: u64, value: f32) {
        self.items.push((mix(0x00F1_0A70, template), value));
    }

    /// Adds every run of `size` characters of `text`.
    pub fn grams(&mut self, template: u64, text: &[char], size: usize) {
        for gram in text.windows(size) {
            self.text(template, gram);
        }
    }

    /// Adds all of `other`, each key crossed with `with` and each value multiplied by `scale`.
    pub fn cross(&mut self, other: &Bag, with: u64, scale: f32) {
        self.items.extend(other.items.iter().map(|&(k, v)| (mix(k, with), v * scale)));
    }

    /// Repeats every feature once more, crossed with `with`: the learner then keeps what holds everywhere
    /// apart from what holds only there.
    pub fn copy_for(&mut self, with: u64) {
        for i in 0..self.items.len() {
            let (k, v) = self.items[i];
            self.items.push((mix(k, with), v));
        }
    }

    /// Sorts the features and joins equal keys; a key keeps its largest value.
    pub fn tidy(&mut self) {
        self.items.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        self.items.dedup_by_key(|item| item.0);
    }
}

/// Passes a key that is already mixed through as its own hash.
#[derive(Debug, Default, Clone, Copy)]
pub struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = mix(self.0, u64::from(byte));
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// A map from keys; only ever looked up, never walked, so its inner order is of no effect.
pub type KeyMap<V> = HashMap<u64, V, BuildHasherDefault<KeyHasher>>;

/// Numbered features with their values.
pub type Row = Vec<(u32, f32)>;

/// Numbers of known keys, from 0.
#[derive(Debug, Clone, Default)]
pub struct Index {
    map: KeyMap<u32>,
}

impl Index {
    /// Numbers the keys seen at least `least` times, in the order of their first sight.
    pub fn new(keys: impl Iterator<Item = u64>, least: u32) -> Self {
        let mut counts: KeyMap<u32> = KeyMap::default();
        let mut map: KeyMap<u32> = KeyMap::default();
        for k in keys {
            let count = counts.entry(k).or_insert(0);
            *count += 1;
            if *count == least {
                let next = u32::try_from(map.len()).unwrap_or(u32::MAX);
                map.insert(k, next);
            }
        }
        Self { map }
    }

    /// How many keys are known.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether no key is known.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// The known features of a bag, by number.
    pub fn row(&self, bag: &Bag) -> Row {
        bag.items.iter().filter_map(|&(k, v)| Some((*self.map.get(&k)?, v))).collect()
    }

    /// The number of a key.
    pub fn get(&self, key: u64) -> Option<usize> {
        self.map.get(&key).map(|&i| i as usize)
    }
}

/// A fixed reordering of `0..n`, the same for the same `n` and `round`.
pub fn order(n: usize, round: u64) -> Vec<usize> {
    let mut keyed: Vec<(u64, usize)> = (0..n).map(|i| (mix(mix(0xA11C_E5ED, round), i as u64), i)).collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, i)| i).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_only_keys_seen_often_enough() {
        let index = Index::new([7, 8, 7, 9, 9].into_iter(), 2);
        assert_eq!((index.len(), index.get(7), index.get(9), index.get(8)), (2, Some(0), Some(1), None));
        assert!(!index.is_empty());
    }

    #[test]
    fn order_is_a_fixed_permutation() {
        let a = order(50, 1);
        assert_eq!(a, order(50, 1));
        assert_ne!(a, order(50, 2));
        let mut sorted = a;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn tidy_joins_equal_keys() {
        let mut bag = Bag::default();
        bag.value(1, 0.2);
        bag.value(1, 0.7);
        bag.code(2, 3);
        bag.tidy();
        assert_eq!(bag.items.len(), 2);
        assert!(bag.items.iter().any(|&(_, v)| (v - 0.7).abs() < 1e-6));
    }
}
