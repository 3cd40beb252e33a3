//! The whole learner: finder, status of mentions in two rounds, status over the dialogue.

use std::collections::BTreeMap;

use super::corpus::{self, ABSENT, Case, FOLDS};
use super::features::{Bag, mix};
use super::finder::{Finder, WITHIN};
use super::folds::Folds;
use super::gather;
use super::scene::{Place, Scene};
use super::softmax::{Example, Settings};
use super::status::{self, Chances, mean};
use super::whole;
use super::{Dialogue, Extraction, Training};
use crate::Status;

const MENTION: Settings = Settings { epochs: 6, rate: 0.03, l2: 3e-3 };
const WHOLE: Settings = Settings { epochs: 6, rate: 0.05, l2: 1e-2 };
/// A symptom is given when its chance of not being meant is below this.
const MOST_ABSENT: f32 = 0.52;

/// Marks features of the first source.
const HOME: u64 = 77;

/// A trained model.
#[derive(Debug, Clone, Default)]
pub struct Model {
    names: Vec<String>,
    finders: Vec<Finder>,
    several: bool,
    first: Folds,
    second: Folds,
    whole: Folds,
}

impl Model {
    /// Learns from training data.
    pub fn new(training: &Training) -> Self {
        let names = corpus::names(training);
        let number: BTreeMap<&str, usize> = names.iter().enumerate().map(|(i, n)| (n.as_str(), i)).collect();
        let cases = corpus::cases(training);
        let mut model = Self {
            finders: gather::finders(training, &cases, names.len(), &number),
            names: names.clone(),
            several: training.sources.len() > 1,
            ..Self::default()
        };
        // Mentions of each training dialogue, found by a finder that has not seen it.
        let found: Vec<Vec<Place>> = cases
            .iter()
            .map(|c| {
                model.finders.get(c.part).or(model.finders.last()).map_or(vec![], |f| f.places(&c.scene))
            })
            .collect();
        let labelled: Vec<(Vec<Place>, Vec<usize>)> =
            cases.iter().zip(&found).map(|(c, f)| corpus::labelled(c, f, &number)).collect();
        model.learn_mentions(&cases, &labelled);
        model.learn_whole(&cases, &found, &number);
        model
    }

    fn learn_mentions(&mut self, cases: &[Case<'_>], labelled: &[(Vec<Place>, Vec<usize>)]) {
        let mut examples = vec![];
        let mut groups = vec![];
        for (c, (places, labels)) in cases.iter().zip(labelled) {
            for (at, &label) in labels.iter().enumerate() {
                let bag = self.mention_features(&c.scene, places, at, c.home);
                examples.push(Example { bag, label, weight: 1.0 });
                groups.push(c.fold);
            }
        }
        let (first, unseen) = Folds::new(&examples, &groups, FOLDS, MENTION);
        self.first = first;
        let mut from = 0;
        for (c, (places, _)) in cases.iter().zip(labelled) {
            let chances = &unseen[from..from + places.len()];
            for at in 0..places.len() {
                status::second(&mut examples[from + at].bag, &c.scene, places, chances, at);
            }
            from += places.len();
        }
        self.second = Folds::new(&examples, &groups, FOLDS, MENTION).0;
    }

    fn learn_whole(&mut self, cases: &[Case<'_>], found: &[Vec<Place>], number: &BTreeMap<&str, usize>) {
        let mut examples = vec![];
        let mut groups = vec![];
        for (c, places) in cases.iter().zip(found) {
            let chances = self.mention_chances(&c.scene, places, c.home, Some(c.fold));
            let labels = corpus::classes(c.labels, number);
            for (name, list) in by_name(places) {
                let mut bag = whole::features(&c.scene, places, &chances, &list, self.name_key(name));
                self.mark_home(&mut bag, c.home);
                let label = labels.get(&name).copied().unwrap_or(ABSENT);
                examples.push(Example { bag, label, weight: 1.0 });
                groups.push(c.fold);
            }
        }
        self.whole = Folds::new(&examples, &groups, FOLDS, WHOLE).0;
    }

    /// Reads a dialogue.
    pub fn extract(&self, dialogue: &Dialogue) -> Extraction {
        let scene = Scene::new(dialogue);
        let places = Finder::agreed(&self.finders, &scene);
        let chances = self.mention_chances(&scene, &places, true, None);
        let mut out = Extraction {
            turns: vec![BTreeMap::new(); scene.lines.len()],
            spans: vec![vec![]; scene.lines.len()],
            symptoms: BTreeMap::new(),
        };
        for p in places.iter().filter(|p| p.chance > WITHIN) {
            out.spans[p.turn].push((p.start, p.end));
        }
        for (name, list) in by_name(&places) {
            let mut turn: BTreeMap<usize, Vec<&Chances>> = BTreeMap::new();
            for &i in &list {
                turn.entry(places[i].turn).or_default().push(&chances[i]);
            }
            for (t, c) in turn {
                out.turns[t].insert(self.names[name].clone(), likeliest(&mean(&c)));
            }
            let mut bag = whole::features(&scene, &places, &chances, &list, self.name_key(name));
            self.mark_home(&mut bag, true);
            let all = self.whole.chances(&bag, None);
            if all[ABSENT] < MOST_ABSENT {
                out.symptoms.insert(self.names[name].clone(), likeliest(&all));
            }
        }
        out
    }

    /// Chances of each mention; with a fold, under the models that have not seen it.
    fn mention_chances(
        &self,
        scene: &Scene,
        places: &[Place],
        home: bool,
        fold: Option<usize>,
    ) -> Vec<Chances> {
        let mut bags: Vec<Bag> =
            (0..places.len()).map(|at| self.mention_features(scene, places, at, home)).collect();
        let first: Vec<Chances> = bags.iter().map(|b| self.first.chances(b, fold)).collect();
        for (at, bag) in bags.iter_mut().enumerate() {
            status::second(bag, scene, places, &first, at);
        }
        bags.iter().map(|b| self.second.chances(b, fold)).collect()
    }

    fn mention_features(&self, scene: &Scene, places: &[Place], at: usize, home: bool) -> Bag {
        let mut bag = status::features(scene, places, at, self.name_key(places[at].name));
        self.mark_home(&mut bag, home);
        bag
    }

    /// With several sources, what holds in the first one only is learnt apart.
    fn mark_home(&self, bag: &mut Bag, home: bool) {
        if home && self.several {
            bag.copy_for(HOME);
        }
    }

    /// A key that is the same for the same name whatever the vocabulary.
    fn name_key(&self, name: usize) -> u64 {
        self.names.get(name).map_or(mix(8, name as u64), |n| n.chars().fold(9, |k, c| mix(k, u64::from(c))))
    }
}

fn by_name(places: &[Place]) -> BTreeMap<usize, Vec<usize>> {
    let mut map: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, p) in places.iter().enumerate() {
        map.entry(p.name).or_default().push(i);
    }
    map
}

fn likeliest(chances: &Chances) -> Status {
    if chances[0] >= chances[1] && chances[0] >= chances[2] {
        Status::Yes
    } else if chances[1] >= chances[2] {
        Status::No
    } else {
        Status::Unsure
    }
}

#[cfg(test)]
mod tests {
    use super::super::{LabelledDialogue, Mark, Source, Term, Turn};
    use super::*;

    fn dialogue(turns: &[(bool, &str)]) -> Dialogue {
        Dialogue { turns: turns.iter().map(|&(patient, text)| Turn { patient, text: text.into() }).collect() }
    }

    fn vocabulary() -> Vec<Term> {
        let term = |name: &str, synonyms: &[&str]| Term {
            name: name.into(),
            synonyms: synonyms.iter().map(|&s| s.into()).collect(),
        };
        vec![term("咳嗽", &["咳"]), term("发热", &["发烧"]), term("头痛", &["头疼"])]
    }

    /// Dialogues in which "没有…" is a denial and the rest is not.
    fn labelled(marked: bool) -> Vec<LabelledDialogue> {
        let words = [("咳嗽", "咳嗽"), ("发烧", "发热"), ("头疼", "头痛"), ("咳", "咳嗽")];
        let mut out = vec![];
        for i in 0..32 {
            let (word, name) = words[i % 4];
            let no = i % 8 >= 4;
            let text = if no { format!("没有{word}的") } else { format!("一直{word}呢") };
            let status = if no { Status::No } else { Status::Yes };
            let end = 2 + word.chars().count();
            let marks =
                if marked { Some(vec![Mark { start: 2, end, name: name.into(), status }]) } else { None };
            out.push(LabelledDialogue {
                dialogue: dialogue(&[(true, &text)]),
                marks: vec![marks],
                symptoms: BTreeMap::from([(name.to_owned(), status)]),
            });
        }
        out
    }

    fn model(marked: bool) -> Model {
        let source = Source { dialogues: labelled(marked), ..Source::default() };
        Model::new(&Training { vocabulary: vocabulary(), sources: vec![source] })
    }

    #[test]
    fn learns_status_from_marks_and_from_whole_dialogues() {
        for marked in [true, false] {
            let model = model(marked);
            let found = model.extract(&dialogue(&[(true, "没有发烧的"), (true, "一直咳嗽呢")]));
            let expected =
                BTreeMap::from([("发热".to_owned(), Status::No), ("咳嗽".to_owned(), Status::Yes)]);
            assert_eq!(found.symptoms, expected, "marked: {marked}");
            assert_eq!(found.spans, [vec![(2, 4)], vec![(2, 4)]], "marked: {marked}");
            assert_eq!(found.turns[0].get("发热"), Some(&Status::No));
        }
    }

    #[test]
    fn the_same_data_gives_the_same_answers() {
        let text = dialogue(&[(false, "没有头疼吧"), (true, "头疼，一直咳嗽")]);
        assert_eq!(model(true).extract(&text), model(true).extract(&text));
    }

    #[test]
    fn any_text_is_answered() {
        let odd = ["", " ", "\u{0}", "🤒咳嗽🤒", "İ発ﬁ", "没有没有没有", "？？？", "咳"];
        let odd: Vec<(bool, &str)> = odd.iter().enumerate().map(|(i, &t)| (i % 2 == 0, t)).collect();
        for model in [model(true), model(false), Model::new(&Training::default()), Model::default()] {
            assert_eq!(model.extract(&dialogue(&odd)).turns.len(), odd.len());
            assert_eq!(model.extract(&Dialogue::default()), Extraction::default());
        }
    }

    #[test]
    fn a_bare_vocabulary_still_finds_its_words() {
        let model = Model::new(&Training { vocabulary: vocabulary(), sources: vec![] });
        let found = model.extract(&dialogue(&[(true, "我头疼")]));
        assert_eq!(found.spans, [vec![(1, 3)]]);
        assert!(found.symptoms.contains_key("头痛"));
    }
}
