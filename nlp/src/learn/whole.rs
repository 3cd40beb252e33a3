//! Status of a symptom over a whole dialogue, from all of its mentions.

use super::cue;
use super::features::{Bag, mix};
use super::scene::{Place, Scene, clause};
use super::status::{CLASSES, Chances, mean, put};

/// Features of the symptom whose mentions are `list` (numbers into `places`).
pub fn features(scene: &Scene, places: &[Place], chances: &[Chances], list: &[usize], name: u64) -> Bag {
    let mut bag = Bag::default();
    bag.code(600, 0);
    bag.code(601, name);
    let patient = |i: &usize| scene.lines[places[*i].turn].patient;
    let by = list.iter().filter(|i| patient(i)).count();
    bag.code(602, list.len().min(5) as u64);
    bag.code(603, (by.min(3) * 4 + (list.len() - by).min(3)) as u64);
    let all: Vec<&Chances> = list.iter().map(|&i| &chances[i]).collect();
    put(&mut bag, 61, &mean(&all));
    let mut top = [0.0_f32; CLASSES];
    for c in &all {
        for (t, x) in top.iter_mut().zip(*c) {
            *t = t.max(*x);
        }
    }
    put(&mut bag, 62, &top);
    if let (Some(first), Some(last)) = (all.first(), all.last()) {
        put(&mut bag, 63, first);
        put(&mut bag, 64, last);
    }
    for who in [false, true] {
        let part: Vec<&Chances> = list.iter().filter(|i| patient(i) == who).map(|&i| &chances[i]).collect();
        if !part.is_empty() {
            put(&mut bag, 65 + u64::from(who), &mean(&part));
        }
    }
    let lead = top.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |x| x.0) as u64;
    bag.code(604, mix(name, lead));
    let surest = list.iter().map(|&i| places[i].chance).fold(0.0, f32::max);
    bag.value(605, surest);
    bag.code(606, scene.lines.len().min(6) as u64);
    let single = scene.lines.len() == 1;
    for &i in list {
        let p = places[i];
        let text = &scene.lines[p.turn].text;
        let words = &text[p.start..p.end];
        bag.text(620, words);
        let who = u64::from(patient(&i)) * 2 + u64::from(scene.lines[p.turn].asks);
        let (from, to) = clause(text, p.start, p.end);
        let mut part = Bag::default();
        for n in 1..=3 {
            part.text(630 + n as u64, &text[p.start.saturating_sub(n)..p.start]);
            part.text(640 + n as u64, &text[p.end..(p.end + n).min(text.len())]);
        }
        part.grams(650, &text[from..to], 2);
        cue::put(&mut part, 900, &cue::cues(scene, places, &p));
        bag.cross(&part, 0, 1.0);
        bag.cross(&part, 1 + who, 1.0);
        bag.code(660, who * 10 + (p.turn * 4 / scene.lines.len().max(1)) as u64);
        bag.code(661, (scene.lines.len() - 1 - p.turn).min(5) as u64 * 4 + who);
        if single {
            bag.code(662, name);
        }
    }
    bag.tidy();
    bag
}

#[cfg(test)]
mod tests {
    use super::super::Turn;
    use super::*;

    #[test]
    fn all_mentions_have_their_part() {
        let turns =
            [("有痰吗", false), ("没有痰", true)].map(|(t, patient)| Turn { patient, text: t.into() });
        let scene = Scene::of(turns.iter());
        let place = |turn, start| Place { turn, start, end: start + 1, name: 0, chance: 0.9 };
        let places = [place(0, 1), place(1, 2)];
        let chances = [[0.4, 0.3, 0.3, 0.0], [0.0, 1.0, 0.0, 0.0]];
        let both = features(&scene, &places, &chances, &[0, 1], 7);
        let first = features(&scene, &places, &chances, &[0], 7);
        assert!(both.items.len() > first.items.len());
        assert_ne!(first, features(&scene, &places, &chances, &[0], 8));
    }
}
