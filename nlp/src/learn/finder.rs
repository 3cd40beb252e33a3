//! Finds the places where symptoms are named: a tagger where training marks them, else the vocabulary.

use super::features::{KeyMap, key};
use super::lexicon::Lexicon;
use super::naming::Naming;
use super::scene::{Place, Scene};
use super::tagger::{Marked, Tagger, spans};

/// Chance given to a listed form that lies within a longer one.
pub const WITHIN: f32 = 0.3;
/// Least chance of a mention.
const LEAST: f32 = 0.42;

/// Finds mentions.
#[derive(Debug, Clone, Default)]
pub struct Finder {
    tagger: Option<(Tagger, Lexicon)>,
    naming: Naming,
    terms: KeyMap<usize>,
    longest: usize,
}

impl Finder {
    /// Learns from marked texts; without any, only `terms` (form and number of its name) are found.
    pub fn new(texts: &[&Marked], terms: &[(Vec<char>, usize)], naming: Naming, epochs: u64) -> Self {
        let given: Vec<Vec<char>> = terms.iter().map(|t| t.0.clone()).collect();
        let tagger = (!texts.is_empty()).then(|| {
            let lexicon = Lexicon::new(texts, &given);
            (Tagger::new(texts, &lexicon, epochs), lexicon)
        });
        let map = terms.iter().rev().map(|(form, name)| (key(0, form), *name)).collect();
        Self { tagger, naming, terms: map, longest: terms.iter().map(|t| t.0.len()).max().unwrap_or(0) }
    }

    /// The mentions of a dialogue under the mean of several finders, in order.
    pub fn agreed(finders: &[Self], scene: &Scene) -> Vec<Place> {
        let [.., last] = finders else { return vec![] };
        if finders.len() == 1 || last.tagger.is_none() {
            return last.places(scene);
        }
        let mut places = vec![];
        #[expect(clippy::cast_precision_loss, reason = "a handful of finders")]
        let share = 1.0 / finders.len() as f32;
        for (turn, line) in scene.lines.iter().enumerate() {
            let text = &line.text;
            let mut sum = vec![[0.0; 5]; text.len()];
            for (tagger, lexicon) in finders.iter().filter_map(|f| f.tagger.as_ref()) {
                for (s, c) in sum.iter_mut().zip(tagger.marginals(text, lexicon)) {
                    for (x, y) in s.iter_mut().zip(c) {
                        *x += y * share;
                    }
                }
            }
            for (start, end, chance) in spans(&sum, LEAST) {
                let mut votes: Vec<usize> =
                    finders.iter().filter_map(|f| f.naming.name(text, start, end)).collect();
                votes.sort_unstable();
                let best = votes.iter().copied().max_by_key(|v| votes.iter().filter(|w| *w == v).count());
                if let Some(name) = best.filter(|_| votes.len() * 2 > finders.len()) {
                    places.push(Place { turn, start, end, name, chance });
                }
            }
        }
        places
    }

    /// The mentions of a dialogue, in order.
    pub fn places(&self, scene: &Scene) -> Vec<Place> {
        let mut places = vec![];
        for (turn, line) in scene.lines.iter().enumerate() {
            let text = &line.text;
            let found = match &self.tagger {
                Some((tagger, lexicon)) => spans(&tagger.marginals(text, lexicon), LEAST),
                None => self.listed(text),
            };
            for (start, end, chance) in found {
                let name = match self.tagger {
                    Some(_) => self.naming.name(text, start, end),
                    None => self.terms.get(&key(0, &text[start..end])).copied(),
                };
                if let Some(name) = name {
                    places.push(Place { turn, start, end, name, chance });
                }
            }
        }
        places
    }

    fn listed(&self, text: &[char]) -> Vec<(usize, usize, f32)> {
        let mut found = vec![];
        let mut covered = 0;
        for start in 0..text.len() {
            let ends = (start + 1..=(start + self.longest).min(text.len())).rev();
            for end in ends {
                if self.terms.contains_key(&key(0, &text[start..end])) {
                    // A form within a longer one counts less.
                    found.push((start, end, if end <= covered { WITHIN } else { 1.0 }));
                    covered = covered.max(end);
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::Turn;
    use super::*;

    #[test]
    fn a_form_within_a_longer_one_counts_less() {
        let form = |f: &str| f.chars().collect::<Vec<char>>();
        let finder = Finder::new(&[], &[(form("血压高"), 0), (form("血压"), 1)], Naming::default(), 0);
        let turns = [Turn { patient: true, text: "血压高，测血压".into() }];
        let found: Vec<(usize, f32)> =
            Finder::agreed(&[finder], &Scene::of(turns.iter())).iter().map(|p| (p.name, p.chance)).collect();
        assert_eq!(found, [(0, 1.0), (1, WITHIN), (1, 1.0)]);
        assert!(Finder::agreed(&[], &Scene::of(turns.iter())).is_empty());
    }
}
