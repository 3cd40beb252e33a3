//! Features of each character of a text, for the tagger.

use super::features::{Bag, key, mix};
use super::lexicon::Lexicon;

const TEMPLATE: u64 = 100;
/// Characters before the text, and after it.
const EDGE: [char; 2] = ['\u{2}', '\u{3}'];

/// The features of each character. `own` are the marks of a text that the lexicon has counted.
pub fn features(text: &[char], lexicon: &Lexicon, own: Option<&[(usize, usize)]>) -> Vec<Bag> {
    let pad = 3;
    let mut padded = vec![EDGE[0]; pad];
    padded.extend_from_slice(text);
    padded.extend([EDGE[1]; 3]);
    let mut bags: Vec<Bag> = (0..text.len())
        .map(|i| {
            let mut bag = Bag::default();
            let at = i + pad;
            for o in 0..7_u8 {
                bag.text(TEMPLATE + u64::from(o), &padded[at + usize::from(o) - 3..=at + usize::from(o) - 3]);
            }
            for o in 0..5_u8 {
                let from = at + usize::from(o) - 3;
                bag.text(TEMPLATE + 10 + u64::from(o), &padded[from..from + 2]);
            }
            for o in 0..4_u8 {
                let from = at + usize::from(o) - 3;
                bag.text(TEMPLATE + 20 + u64::from(o), &padded[from..from + 3]);
            }
            bag.text(TEMPLATE + 25, &padded[at - 3..=at]);
            bag.text(TEMPLATE + 26, &padded[at..at + 4]);
            bag.code(TEMPLATE + 27, 0);
            bag
        })
        .collect();
    let mut longest = vec![(0_usize, 0_u64); text.len()];
    for m in lexicon.matches(text, own) {
        let length = m.end - m.start;
        bags[m.start].code(TEMPLATE + 30, 10 * length.min(6) as u64 + m.rate);
        bags[m.end - 1].code(TEMPLATE + 31, 10 * length.min(6) as u64 + m.rate);
        for (i, best) in longest.iter_mut().enumerate().take(m.end).skip(m.start) {
            let place = match () {
                () if length == 1 => 3,
                () if i == m.start => 0,
                () if i + 1 == m.end => 2,
                () => 1,
            };
            if length > best.0 {
                *best = (length, place * 100 + length.min(6) as u64 * 10 + m.rate);
            }
        }
    }
    for (i, (bag, best)) in bags.iter_mut().zip(&longest).enumerate() {
        bag.code(TEMPLATE + 32, best.1);
        bag.items.push((mix(key(TEMPLATE + 33, &text[i..=i]), best.1), 1.0));
        let next = longest.get(i + 1).map_or(999, |x| x.1);
        bag.code(TEMPLATE + 34, best.1 * 1000 + next);
    }
    bags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_has_features_and_the_same_place_the_same() {
        let text: Vec<char> = "咳咳咳咳咳咳咳咳咳".chars().collect();
        let bags = features(&text, &Lexicon::default(), None);
        assert_eq!(bags.len(), text.len());
        assert_eq!(bags[4], bags[5].clone());
        assert_ne!(bags[0], bags[4]);
        assert!(features(&[], &Lexicon::default(), None).is_empty());
    }
}
