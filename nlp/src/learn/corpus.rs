//! Training dialogues in the shape that learning needs.

use std::collections::{BTreeMap, BTreeSet};

use super::features::key;
use super::scene::{Place, Scene, normal};
use super::{LabelledDialogue, Training};
use crate::Status;

/// Parts for finders.
pub const PARTS: usize = 3;
/// Parts for classifiers.
pub const FOLDS: usize = 4;
/// The class of a symptom that is not meant.
pub const ABSENT: usize = 3;
/// Lines of this many characters are seldom said in two dialogues.
const TELLING: usize = 8;

/// A dialogue to learn from.
#[derive(Debug)]
pub struct Case<'a> {
    /// The dialogue.
    pub scene: Scene,
    /// Its labels.
    pub labels: &'a LabelledDialogue,
    /// Whether it is of the first source.
    pub home: bool,
    /// Which finder has not seen it.
    pub part: usize,
    /// Which classifier has not seen it.
    pub fold: usize,
}

/// The class of a status.
pub fn class(status: Status) -> usize {
    match status {
        Status::Yes => 0,
        Status::No => 1,
        Status::Unsure => 2,
    }
}

/// The names that may be answered: those of the vocabulary, or else of the labels.
pub fn names(training: &Training) -> Vec<String> {
    let mut names: Vec<String> = vec![];
    if training.vocabulary.is_empty() {
        for s in &training.sources {
            names.extend(s.dialogues.iter().flat_map(|d| d.symptoms.keys().cloned()));
            names.extend(s.pairs.iter().map(|p| p.1.clone()));
        }
        names.sort();
        names.dedup();
        return names;
    }
    let mut seen = BTreeSet::new();
    for t in &training.vocabulary {
        if seen.insert(t.name.as_str()) {
            names.push(t.name.clone());
        }
    }
    names
}

/// The training dialogues of all sources.
pub fn cases(training: &Training) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = vec![];
    let mut lines: BTreeMap<Vec<char>, Vec<usize>> = BTreeMap::new();
    for (s, source) in training.sources.iter().enumerate() {
        let n = source.dialogues.len().max(1);
        let before = cases.len();
        for (i, labels) in source.dialogues.iter().enumerate() {
            // Neighbours in a file may be pieces of one dialogue: folds are runs.
            let scene = Scene::new(&labels.dialogue);
            let mut case = Case { scene, labels, home: s == 0, part: i * PARTS / n, fold: i * FOLDS / n };
            if let Some(twin) = twin(&case.scene, &lines) {
                (case.part, case.fold) = (cases[twin].part, cases[twin].fold);
            }
            cases.push(case);
        }
        for (i, c) in cases.iter().enumerate().skip(before) {
            for line in c.scene.lines.iter().filter(|l| l.text.len() >= TELLING) {
                lines.entry(line.text.clone()).or_default().push(i);
            }
        }
    }
    cases
}

/// The dialogue of an earlier source that shares most of the long lines, if it shares several: the same
/// dialogue may be labelled in two sources, and both copies must then stay on one side of every split.
fn twin(scene: &Scene, lines: &BTreeMap<Vec<char>, Vec<usize>>) -> Option<usize> {
    let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
    for line in scene.lines.iter().filter(|l| l.text.len() >= TELLING) {
        for &i in lines.get(&line.text).into_iter().flatten() {
            *shared.entry(i).or_default() += 1;
        }
    }
    let best = shared.into_iter().max_by_key(|&(i, n)| (n, usize::MAX - i))?;
    (best.1 >= 3).then_some(best.0)
}

/// The classes of a dialogue's symptoms, by the numbers of their names.
pub fn classes(labels: &LabelledDialogue, number: &BTreeMap<&str, usize>) -> BTreeMap<usize, usize> {
    labels.symptoms.iter().filter_map(|(n, &s)| Some((*number.get(n.as_str())?, class(s)))).collect()
}

/// The mentions to learn status from, with their classes: the marked ones where all are known, else the
/// found ones under the label of the dialogue.
pub fn labelled(
    case: &Case<'_>,
    found: &[Place],
    number: &BTreeMap<&str, usize>,
) -> (Vec<Place>, Vec<usize>) {
    let mut places = vec![];
    let mut labels = vec![];
    if case.labels.marks.iter().any(Option::is_some) {
        for (turn, marks) in case.labels.marks.iter().enumerate() {
            let size = case.scene.lines.get(turn).map_or(0, |l| l.text.len());
            for m in marks.iter().flatten() {
                if m.start < m.end && m.end <= size {
                    let name = number.get(m.name.as_str()).copied().unwrap_or_else(|| unlisted(&m.name));
                    places.push(Place { turn, start: m.start, end: m.end, name, chance: 1.0 });
                    labels.push(class(m.status));
                }
            }
        }
        return (places, labels);
    }
    let by = classes(case.labels, number);
    for p in found {
        places.push(*p);
        labels.push(by.get(&p.name).copied().unwrap_or(ABSENT));
    }
    (places, labels)
}

/// A number for a name outside the vocabulary, far above the numbers of its names.
fn unlisted(name: &str) -> usize {
    let low = key(1, &normal(name)) & 0xFFFF_FFFF;
    usize::try_from(low | 0x4000_0000).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::{Dialogue, Source, Turn};
    use super::*;

    fn labelled_dialogue(texts: &[&str]) -> LabelledDialogue {
        let turns = texts.iter().map(|&t| Turn { patient: true, text: t.into() }).collect();
        LabelledDialogue { dialogue: Dialogue { turns }, ..LabelledDialogue::default() }
    }

    #[test]
    fn copies_of_a_dialogue_share_a_fold() {
        let long = ["孩子今天开始不舒服了", "吃过的东西都吐出来了", "晚上睡觉一直哭闹不安"];
        let other = labelled_dialogue(&["完全是另外一次问诊"]);
        let first = vec![other.clone(), other.clone(), other.clone(), labelled_dialogue(&long)];
        let second = vec![labelled_dialogue(&long), other];
        let source = |dialogues| Source { dialogues, ..Source::default() };
        let training = Training { vocabulary: vec![], sources: vec![source(first), source(second)] };
        let cases = cases(&training);
        let folds: Vec<usize> = cases.iter().map(|c| c.fold).collect();
        assert_eq!(folds, [0, 1, 2, 3, 3, 2]);
        assert!(cases[3].home && !cases[4].home);
    }

    #[test]
    fn names_come_from_labels_without_a_vocabulary() {
        let mut d = labelled_dialogue(&["咳嗽"]);
        d.symptoms.insert("咳嗽".into(), Status::Yes);
        let source =
            Source { dialogues: vec![d], pairs: vec![("烧".into(), "发热".into())], ..Source::default() };
        assert_eq!(names(&Training { vocabulary: vec![], sources: vec![source] }), ["发热", "咳嗽"]);
    }
}
