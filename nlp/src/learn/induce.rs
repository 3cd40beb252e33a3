//! Words for a name that no vocabulary gives, learnt from dialogues labelled as a whole.

use std::collections::{BTreeMap, BTreeSet};

use super::features::{KeyMap, key};
use super::scene::Scene;

const SHORTEST: usize = 2;
const LONGEST: usize = 5;
/// A form is taken when at least this share of the dialogues that have it carry the name.
const LEAST_SHARE: f32 = 0.5;
const MOST_FORMS: usize = 12;

/// A dialogue with the numbers of its names.
#[derive(Debug, Clone)]
pub struct Labelled<'a> {
    /// The dialogue.
    pub scene: &'a Scene,
    /// Its names.
    pub names: BTreeSet<usize>,
}

/// New forms and their names, in a fixed order. `terms` are the known forms.
pub fn forms(dialogues: &[Labelled<'_>], terms: &[(Vec<char>, usize)]) -> Vec<(Vec<char>, usize)> {
    let known: KeyMap<usize> = terms.iter().map(|(form, name)| (key(0, form), *name)).collect();
    let longest = terms.iter().map(|t| t.0.len()).max().unwrap_or(0);
    let mut lines: BTreeMap<&[char], Vec<usize>> = BTreeMap::new();
    let mut explained: Vec<BTreeSet<usize>> = vec![];
    for (d, dialogue) in dialogues.iter().enumerate() {
        let mut names = BTreeSet::new();
        for line in &dialogue.scene.lines {
            lines.entry(&line.text).or_default().push(d);
            for run in runs(&line.text, 1, longest) {
                names.extend(known.get(&key(0, run)));
            }
        }
        explained.push(names);
    }
    // For each run of characters: the run, the lines it is in, the dialogues it is in.
    let mut places: BTreeMap<&[char], (usize, BTreeSet<usize>)> = BTreeMap::new();
    for (line, list) in &lines {
        let unique: BTreeSet<&[char]> = runs(line, SHORTEST, LONGEST).filter(|r| plain(r)).collect();
        for run in unique {
            let place = places.entry(run).or_default();
            place.0 += 1;
            place.1.extend(list);
        }
    }
    places.retain(|_, p| p.0 >= 2 && p.1.len() >= 3);
    let mut out = vec![];
    let names: BTreeSet<usize> = dialogues.iter().flat_map(|d| d.names.iter().copied()).collect();
    for name in names {
        let mut missed: BTreeSet<usize> = (0..dialogues.len())
            .filter(|&d| dialogues[d].names.contains(&name) && !explained[d].contains(&name))
            .collect();
        let mut open: BTreeSet<usize> =
            (0..dialogues.len()).filter(|&d| !explained[d].contains(&name)).collect();
        for _ in 0..MOST_FORMS {
            if missed.len() < 2 {
                break;
            }
            let best = places
                .iter()
                .filter(|(run, _)| !known.contains_key(&key(0, run)))
                .filter_map(|(run, p)| {
                    let hits = p.1.intersection(&missed).count();
                    let all = p.1.intersection(&open).count();
                    #[expect(clippy::cast_precision_loss, reason = "counts of dialogues")]
                    let (hits, all) = (hits as f32, all as f32);
                    let share = hits / (all + 1.0);
                    (hits >= 3.0 && share >= LEAST_SHARE).then(|| (share * hits.ln_1p(), *run))
                })
                .max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.len().cmp(&b.1.len())).then(b.1.cmp(a.1)));
            let Some((_, run)) = best else { break };
            if let Some(place) = places.get(run) {
                missed.retain(|d| !place.1.contains(d));
                open.retain(|d| !place.1.contains(d));
            }
            out.push((run.to_vec(), name));
        }
    }
    out
}

fn plain(run: &[char]) -> bool {
    run.iter().all(|c| c.is_alphabetic())
}

fn runs(text: &[char], shortest: usize, longest: usize) -> impl Iterator<Item = &[char]> {
    (0..text.len()).flat_map(move |start| {
        (start + shortest..=(start + longest).min(text.len())).map(move |end| &text[start..end])
    })
}

#[cfg(test)]
mod tests {
    use super::super::Turn;
    use super::*;

    #[test]
    fn learns_a_form_that_goes_with_the_name() {
        let scene = |text: &str| {
            let turn = Turn { patient: true, text: text.into() };
            Scene::of([turn].iter())
        };
        let with: Vec<Scene> =
            ["房早多年", "查出房早", "偶发房早吗", "房早，怎么办"].into_iter().map(scene).collect();
        let without: Vec<Scene> = ["怎么办", "多年了", "查出什么"].into_iter().map(scene).collect();
        let mut dialogues: Vec<Labelled<'_>> =
            with.iter().map(|scene| Labelled { scene, names: BTreeSet::from([3]) }).collect();
        dialogues.extend(without.iter().map(|scene| Labelled { scene, names: BTreeSet::new() }));
        assert_eq!(forms(&dialogues, &[]), [("房早".chars().collect(), 3)]);
        assert!(forms(&dialogues, &[("房早".chars().collect(), 3)]).is_empty());
    }
}
