//! What everyday words mean to a search (`lexicon/search.tsv`).

use crate::{Audience, Cue, Fault, Part};

/// What a cue word does to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// 怎么办, 请问: says nothing about the matter.
    Skip,
    /// 娃娃: who it is about.
    Audience(Audience),
    /// 吃什么: which section is wanted.
    Part(Part),
    /// 困不着 = 睡不着: the same in words that articles use.
    Same(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SearchCue {
    pub(super) surface: String,
    pub(super) meaning: Meaning,
}

/// The cue words in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Cues(Vec<SearchCue>);

impl Cues {
    /// Understands the classes `skip`, `audience`, `part` and `same`; anything else is a fault with its place.
    pub(super) fn new(cues: &[Cue], faults: &mut Vec<Fault>) -> Self {
        let mut all = Vec::new();
        for cue in cues {
            let (meaning, known) = match cue.class.as_str() {
                "skip" => (Some(Meaning::Skip).filter(|_| cue.value.is_empty()), "留空".to_owned()),
                "audience" => {
                    (named(&Audience::NAMES, &cue.value).map(Meaning::Audience), list(&Audience::NAMES))
                }
                "part" => (named(&Part::NAMES, &cue.value).map(Meaning::Part), list(&Part::NAMES)),
                "same" => {
                    let value = Some(cue.value.clone()).filter(|value| !value.is_empty());
                    (value.map(Meaning::Same), "文章里的说法".to_owned())
                }
                class => {
                    faults.push(
                        Fault::error(&cue.place.0, cue.place.1, "KB021", format!("不认识的类别“{class}”"))
                            .with_hint("可用：skip（不影响检索）、audience（人群）、part（想看的一节）、same（同义说法）"),
                    );
                    continue;
                }
            };
            match meaning {
                Some(meaning) => all.push(SearchCue { surface: cue.surface.clone(), meaning }),
                None => faults.push(
                    Fault::error(
                        &cue.place.0,
                        cue.place.1,
                        "KB021",
                        format!("“{}”的取值“{}”不对", cue.class, cue.value),
                    )
                    .with_hint(format!("第三列写：{known}")),
                ),
            }
        }
        Self(all)
    }

    pub(super) fn all(&self) -> &[SearchCue] {
        &self.0
    }
}

fn named<T: Copy>(known: &[(&str, T)], name: &str) -> Option<T> {
    known.iter().find(|(word, _)| *word == name).map(|(_, value)| *value)
}

fn list<T>(known: &[(&str, T)]) -> String {
    known.iter().map(|(word, _)| *word).collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_classes_and_values_are_faults_with_their_line() {
        let cue = |class: &str, value: &str, line| Cue {
            surface: "甲".into(),
            class: class.into(),
            value: value.into(),
            place: ("lexicon/search.tsv".into(), line),
        };
        let rows = [cue("skip", "", 2), cue("audience", "小人", 3), cue("stop", "", 4), cue("same", "", 5)];
        let mut faults = Vec::new();
        assert_eq!(Cues::new(&rows, &mut faults).all().len(), 1);
        let places: Vec<_> = faults.iter().map(|fault| (fault.line, fault.code)).collect();
        assert_eq!(places, [(3, "KB021"), (4, "KB021"), (5, "KB021")]);
        assert!(faults[0].hint.as_ref().unwrap().contains("儿童"));
    }
}
