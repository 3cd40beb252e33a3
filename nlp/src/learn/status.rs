//! Features for the status of one mention, from its words, its turn and the turns around it.

use super::cue;
use super::features::{Bag, mix};
use super::scene::{Place, Scene, clause};

/// Yes, no, unsure, and: not meant at all.
pub const CLASSES: usize = 4;

/// Chances of the classes.
pub type Chances = [f32; CLASSES];

/// Features of the mention at `at` among all of the dialogue's.
pub fn features(scene: &Scene, places: &[Place], at: usize, name: u64) -> Bag {
    let place = places[at];
    let line = &scene.lines[place.turn];
    let text = &line.text;
    let (start, end) = (place.start, place.end);
    let who = u64::from(line.patient);
    let asks = who * 2 + u64::from(line.asks);
    let mut bag = Bag::default();
    bag.code(299, 0);
    bag.code(300, name);
    bag.code(301, asks);
    bag.code(302, mix(name, asks));
    bag.text(303, &text[start..end]);
    let mut near = Bag::default();
    for n in 1..=5_usize {
        near.text(310 + n as u64, &text[start.saturating_sub(n)..start]);
        near.text(320 + n as u64, &text[end..(end + n).min(text.len())]);
    }
    let (from, to) = clause(text, start, end);
    let (left, right) = (&text[from.max(start.saturating_sub(10))..start], &text[end..to.min(end + 10)]);
    for n in 1..=3 {
        near.grams(330 + n as u64, left, n);
        near.grams(340 + n as u64, right, n);
    }
    bag.cross(&near, 0, 1.0);
    bag.cross(&near, 1 + asks, 1.0);
    let far_left = &text[start.saturating_sub(20)..start];
    let far_right = &text[end..(end + 20).min(text.len())];
    for n in 2..=3 {
        bag.grams(350 + n as u64, far_left, n);
        bag.grams(355 + n as u64, far_right, n);
        bag.grams(360 + n as u64, text, n);
    }
    for n in 1..=3 {
        bag.text(370 + n as u64, &text[text.len().saturating_sub(n)..]);
        bag.text(375 + n as u64, &text[..n.min(text.len())]);
    }
    around(&mut bag, scene, place.turn, asks);
    counts(&mut bag, scene, places, at);
    cue::put(&mut bag, 900, &cue::cues(scene, places, &place));
    bag.tidy();
    bag
}

fn around(bag: &mut Bag, scene: &Scene, turn: usize, asks: u64) {
    let patient = scene.lines[turn].patient;
    if let Some(before) = turn.checked_sub(1).map(|t| &scene.lines[t]) {
        let mut part = Bag::default();
        part.grams(380, &before.text, 2);
        part.text(381, &before.text[before.text.len().saturating_sub(2)..]);
        bag.cross(&part, u64::from(before.patient), 0.7);
        bag.code(383, asks * 4 + u64::from(before.patient) * 2 + u64::from(before.asks));
    } else {
        bag.code(384, asks);
    }
    let mut others = 0;
    for line in scene.lines[turn + 1..].iter().take(6) {
        if line.patient == patient {
            continue;
        }
        let mut part = Bag::default();
        for n in 1..=4 {
            part.text(390 + n as u64, &line.text[..n.min(line.text.len())]);
        }
        if line.text.len() <= 6 {
            part.text(396, &line.text);
        }
        part.grams(397, &line.text, 2);
        bag.cross(&part, 100 + others, 0.7);
        bag.cross(&part, 200 + others * 10 + asks, 0.7);
        others += 1;
        if others == 2 {
            break;
        }
    }
    bag.code(385, asks * 3 + others);
    if let Some(next) = scene.lines.get(turn + 1) {
        bag.code(386, asks * 4 + u64::from(next.patient) * 2 + u64::from(next.asks));
        if next.patient == patient {
            bag.grams(387, &next.text, 2);
        }
    }
}

fn counts(bag: &mut Bag, scene: &Scene, places: &[Place], at: usize) {
    let place = places[at];
    let who = u64::from(scene.lines[place.turn].patient);
    let quarter = (place.turn * 4 / scene.lines.len().max(1)) as u64;
    bag.code(400, who * 10 + quarter);
    let same = |p: &&Place| p.name == place.name;
    let before = places[..at].iter().filter(same).count();
    let after = places[at + 1..].iter().filter(same).count();
    bag.code(401, (before.min(3) * 4 + after.min(3)) as u64);
    let turn = |p: &&Place| p.turn == place.turn;
    bag.code(402, places.iter().filter(turn).count().min(6) as u64 * 2 + who);
    bag.code(403, places[..at].iter().filter(turn).count().min(4) as u64 * 2 + who);
    let neighbours = [(0, places[..at].iter().rev().find(same)), (1, places[at + 1..].iter().find(same))];
    for (side, other) in neighbours {
        let Some(p) = other else { continue };
        let line = &scene.lines[p.turn];
        let gap = place.turn.abs_diff(p.turn).min(3) as u64;
        let code = side * 100 + u64::from(line.patient) * 10 + u64::from(line.asks) * 20 + gap;
        bag.code(404, code);
        let mut part = Bag::default();
        for n in 1..=3 {
            part.text(405 + n as u64, &line.text[p.start.saturating_sub(n)..p.start]);
            part.text(410 + n as u64, &line.text[p.end..(p.end + n).min(line.text.len())]);
        }
        bag.cross(&part, side, 1.0);
        bag.cross(&part, 100 + side * 2 + u64::from(line.patient), 1.0);
    }
}

/// Features of the chances of a mention and of those near it, under a first model.
pub fn second(bag: &mut Bag, scene: &Scene, places: &[Place], first: &[Chances], at: usize) {
    let place = places[at];
    put(bag, 500, &first[at]);
    let same = |i: &usize| places[*i].name == place.name;
    let turn = |i: &usize| places[*i].turn == place.turn;
    if let Some(i) = (0..at).rev().find(same) {
        put(bag, 510, &first[i]);
    }
    if let Some(i) = (at + 1..places.len()).find(same) {
        put(bag, 520, &first[i]);
    }
    if let Some(i) = (0..at).rev().find(turn) {
        put(bag, 530, &first[i]);
    }
    if let Some(i) = (at + 1..places.len()).find(turn) {
        put(bag, 540, &first[i]);
    }
    for who in [false, true] {
        let list: Vec<&Chances> = (0..places.len())
            .filter(|&i| {
                i != at && places[i].name == place.name && scene.lines[places[i].turn].patient == who
            })
            .map(|i| &first[i])
            .collect();
        if !list.is_empty() {
            put(bag, 550 + 10 * u64::from(who), &mean(&list));
        }
    }
}

/// The mean of several chances.
pub fn mean(list: &[&Chances]) -> Chances {
    let mut out = [0.0; CLASSES];
    for c in list {
        for (o, x) in out.iter_mut().zip(*c) {
            *o += x;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a dialogue has few mentions")]
    let n = list.len().max(1) as f32;
    out.map(|x| x / n)
}

/// Adds chances as values and as steps.
pub fn put(bag: &mut Bag, template: u64, chances: &Chances) {
    for (class, &p) in chances.iter().enumerate() {
        bag.value(template * 10 + class as u64, 2.0 * p);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a chance is from 0 to 1"
        )]
        let level = (p * 5.0).clamp(0.0, 4.0) as u64;
        bag.code(template * 10 + class as u64, level);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Turn;
    use super::*;

    fn scene(turns: &[(bool, &str)]) -> Scene {
        let turns: Vec<Turn> =
            turns.iter().map(|&(patient, text)| Turn { patient, text: text.into() }).collect();
        Scene::of(turns.iter())
    }

    fn place(turn: usize, start: usize, end: usize) -> Place {
        Place { turn, start, end, name: 1, chance: 1.0 }
    }

    #[test]
    fn the_reply_changes_the_features_of_the_question() {
        let at = [place(0, 1, 2)];
        let yes = features(&scene(&[(false, "有痰吗"), (true, "有的")]), &at, 0, 5);
        let no = features(&scene(&[(false, "有痰吗"), (true, "没有")]), &at, 0, 5);
        assert_ne!(yes, no);
        assert!(yes.items.windows(2).all(|w| w[0].0 < w[1].0));
    }

    #[test]
    fn a_second_round_sees_the_neighbours() {
        let s = scene(&[(true, "痰，有痰")]);
        let places = [place(0, 0, 1), place(0, 3, 4)];
        let mut alone = Bag::default();
        second(&mut alone, &s, &places[..1], &[[0.25; CLASSES]], 0);
        let mut beside = Bag::default();
        second(&mut beside, &s, &places, &[[0.25; CLASSES]; 2], 0);
        assert!(beside.items.len() > alone.items.len());
    }
}
