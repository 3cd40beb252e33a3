//! From a patient's own words to findings and cues, learnt from texts with known findings.

use std::collections::{BTreeMap, BTreeSet};

use nlp::Status;

/// A text to learn from.
#[derive(Debug, Clone)]
pub struct Lesson<'a> {
    /// The patient's words.
    pub text: &'a str,
    /// The disease it turned out to be.
    pub disease: &'a str,
    /// Symptoms that the text tells.
    pub told: BTreeSet<&'a str>,
}

/// Reads findings in a patient's words.
///
/// What is said plainly becomes a finding. What is said less plainly becomes a cue: a made-up symptom that
/// can be told but never asked for: `否认 X` (denied), `疑似 X` (a form that often means something else) and
/// `用词 W` (a piece of text that hints at a disease). Cues carry weight without keeping a question from
/// being asked.
#[derive(Debug, Clone)]
pub struct Reader {
    forms: BTreeMap<String, Vec<String>>,
    longest: usize,
    /// How often a form, where not denied, means the symptom.
    trust: BTreeMap<(String, String), f64>,
    hints: Vec<String>,
}

/// Number of text pieces that are kept as hints.
const HINTS: usize = 40;
/// A form trusted less than this is a cue only.
const PLAIN: f64 = 0.5;
/// Trust in a symptom's forms before any text is seen, and the texts it counts for.
const TRUST: f64 = 0.8;
const WEIGHT: f64 = 2.0;
/// A negation works from so many characters before a form, within the clause.
const REACH: usize = 6;

struct Mention<'a> {
    form: &'a str,
    names: &'a [String],
    denied: bool,
}

impl Reader {
    /// Learns from texts; `forms` gives the symptoms that each surface form may stand for.
    pub fn from_lessons(forms: BTreeMap<String, Vec<String>>, lessons: &[Lesson<'_>]) -> Self {
        let longest = forms.keys().map(|form| form.chars().count()).max().unwrap_or_default();
        let hints = super::hints::hints(lessons, HINTS);
        let mut reader = Self { forms, longest, trust: BTreeMap::new(), hints };
        reader.trust = reader.learnt_trust(lessons);
        reader
    }

    /// Findings and cues of a text, as told unasked.
    pub fn read(&self, text: &str) -> Vec<(String, Status)> {
        let mut told: BTreeMap<&str, f64> = BTreeMap::new();
        let mut denied: BTreeSet<&str> = BTreeSet::new();
        for mention in self.mentions(text) {
            for name in mention.names {
                if mention.denied {
                    denied.insert(name);
                    continue;
                }
                let key = (mention.form.to_owned(), name.clone());
                let trust = self.trust.get(&key).copied().unwrap_or(TRUST);
                let best = told.entry(name).or_default();
                *best = best.max(trust);
            }
        }
        let is_plain = |name: &str| told.get(name).is_some_and(|trust| *trust >= PLAIN);
        let findings =
            told.keys().map(|name| if is_plain(name) { (*name).to_owned() } else { doubted(name) });
        let denials = denied.iter().filter(|name| !is_plain(name)).map(|name| format!("否认 {name}"));
        let hints = self.hints.iter().filter(|hint| text.contains(*hint)).map(|hint| format!("用词 {hint}"));
        findings.chain(denials).chain(hints).map(|name| (name, Status::Yes)).collect()
    }

    /// Only the cues of a text: for a case whose findings are given besides.
    pub fn cues(&self, text: &str) -> Vec<(String, Status)> {
        let is_cue = |name: &str| ["否认 ", "疑似 ", "用词 "].iter().any(|kind| name.starts_with(kind));
        self.read(text).into_iter().filter(|(name, _)| is_cue(name)).collect()
    }

    fn learnt_trust(&self, lessons: &[Lesson<'_>]) -> BTreeMap<(String, String), f64> {
        // Texts in which the form, or the symptom, was right, and texts in which it occurs.
        let mut by_form: BTreeMap<(String, String), (f64, f64)> = BTreeMap::new();
        let mut by_name: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        for lesson in lessons {
            let plain = self.mentions(lesson.text).into_iter().filter(|mention| !mention.denied);
            let pairs: BTreeSet<(String, String)> = plain
                .flat_map(|mention| {
                    mention.names.iter().map(move |name| (mention.form.to_owned(), name.clone()))
                })
                .collect();
            for pair in pairs {
                let right = f64::from(u8::from(lesson.told.contains(pair.1.as_str())));
                for count in [by_name.entry(pair.1.clone()).or_default(), by_form.entry(pair).or_default()] {
                    *count = (count.0 + right, count.1 + 1.0);
                }
            }
        }
        let share = |right: f64, seen: f64, before: f64| (right + WEIGHT * before) / (seen + WEIGHT);
        by_form
            .into_iter()
            .map(|(pair, (right, seen))| {
                let (name_right, name_seen) = by_name.get(&pair.1).copied().unwrap_or_default();
                let trust = share(right, seen, share(name_right, name_seen, TRUST));
                (pair, trust)
            })
            .collect()
    }

    /// Longest forms from left to right, without overlap.
    fn mentions<'a>(&'a self, text: &str) -> Vec<Mention<'a>> {
        let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let mut mentions = Vec::new();
        let mut at = 0;
        while at + 1 < starts.len() {
            let most = self.longest.min(starts.len() - 1 - at);
            let hit = (1..=most).rev().find_map(|length| {
                let piece = &text[starts[at]..starts[at + length]];
                self.forms.get_key_value(piece).map(|found| (length, found))
            });
            let Some((length, (form, names))) = hit else {
                at += 1;
                continue;
            };
            mentions.push(Mention { form, names, denied: is_denied(&text[..starts[at]]) });
            at += length;
        }
        mentions
    }
}

fn doubted(name: &str) -> String {
    format!("疑似 {name}")
}

/// Whether the clause so far ends in a negation that reaches what follows.
fn is_denied(left: &str) -> bool {
    let clause = left.chars().rev().take_while(|c| !"，。,.;；！!？? 、".contains(*c));
    clause.take(REACH).any(|c| "没不无未".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(lessons: &[Lesson<'_>]) -> Reader {
        let forms = [("咳嗽", "咳嗽"), ("咳", "咳嗽"), ("发烧", "发热"), ("热", "发热")];
        let forms = forms.iter().map(|(form, name)| ((*form).into(), vec![(*name).into()])).collect();
        Reader::from_lessons(forms, lessons)
    }

    fn names(reader: &Reader, text: &str) -> Vec<String> {
        reader.read(text).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_denial_is_a_cue() {
        assert_eq!(names(&reader(&[]), "宝宝咳嗽，没有发烧"), ["咳嗽", "否认 发热"]);
        assert_eq!(names(&reader(&[]), "没有发烧，昨晚发烧"), ["发热"]);
    }

    #[test]
    fn a_form_that_misleads_becomes_a_cue() {
        let lesson = |text, told: &[&'static str]| Lesson {
            text,
            disease: "甲",
            told: told.iter().copied().collect(),
        };
        let lessons: Vec<Lesson<'_>> = [lesson("天热咳嗽", &["咳嗽"]), lesson("发烧", &["发热"])]
            .iter()
            .cycle()
            .take(12)
            .cloned()
            .collect();
        let reader = reader(&lessons);
        assert!(names(&reader, "天热").contains(&"疑似 发热".to_owned()));
        assert!(names(&reader, "发烧").contains(&"发热".to_owned()));
        assert!(reader.cues("天热咳嗽").iter().all(|(name, _)| name != "咳嗽"));
    }

    #[test]
    fn any_text_is_read() {
        for text in ["", "，", "𠮷咳a", "不", "咳咳咳"] {
            let _ = names(&reader(&[]), text);
        }
    }
}
