//! What finders learn from: the marks and names of all sources.

use std::collections::BTreeMap;

use super::Training;
use super::corpus::{Case, PARTS};
use super::finder::Finder;
use super::induce;
use super::naming::{Named, Naming};
use super::scene::normal;
use super::tagger::Marked;

/// A form and the number of its name.
type Form = (Vec<char>, usize);
/// [start, end) of mentions, in characters.
type Spans = Vec<(usize, usize)>;
/// A training item and the part of the dialogues it is from, if it is from one.
type Part<T> = (Option<usize>, T);

/// How much a vocabulary form counts where only other sources name their mentions.
const DECISIVE: u32 = 10_000;
/// How much a pair of mention and name counts.
const PAIR: u32 = 5;
const EPOCHS: u64 = 6;

/// Finders, each without one part of the dialogues where that matters; the last may have seen all.
pub fn finders(
    training: &Training,
    cases: &[Case<'_>],
    count: usize,
    number: &BTreeMap<&str, usize>,
) -> Vec<Finder> {
    let forms = forms(training, number);
    let mut marked = marked_sentences(training);
    let sentences = !marked.is_empty();
    if !sentences {
        marked = marked_turns(cases);
    }
    if marked.is_empty() {
        return listed(cases, &forms, number);
    }
    let mut named = named_forms(training, cases, &forms, count, number);
    named.extend(named_mentions(cases, number));
    let parts = if sentences { 1 } else { PARTS };
    let outside = |part: Option<usize>, p: usize| parts == 1 || part != Some(p);
    (0..parts)
        .map(|p| {
            let texts: Vec<&Marked> = marked.iter().filter(|m| outside(m.0, p)).map(|m| &m.1).collect();
            let list: Vec<&Named> = named.iter().filter(|m| outside(m.0, p)).map(|m| &m.1).collect();
            Finder::new(&texts, &forms, Naming::new(&list, count), EPOCHS)
        })
        .collect()
}

/// Names first, then synonyms: a word that is a name means that name.
fn forms(training: &Training, number: &BTreeMap<&str, usize>) -> Vec<Form> {
    let mut forms = vec![];
    let mut synonyms = vec![];
    for term in &training.vocabulary {
        if let Some(&n) = number.get(term.name.as_str()) {
            forms.push((normal(&term.name), n));
            synonyms.extend(term.synonyms.iter().map(|s| (normal(s), n)));
        }
    }
    forms.extend(synonyms);
    forms.retain(|f| !f.0.is_empty());
    forms
}

/// Marked sentences of all sources; one said often counts by the root of how often.
fn marked_sentences(training: &Training) -> Vec<Part<Marked>> {
    let mut marked = vec![];
    for source in &training.sources {
        let mut seen: BTreeMap<(Vec<char>, Spans), f32> = BTreeMap::new();
        for s in &source.sentences {
            let text = normal(&s.text);
            let spans = apart(&text, &s.spans);
            *seen.entry((text, spans)).or_insert(0.0) += 1.0;
        }
        marked.extend(
            seen.into_iter().map(|((text, spans), n)| (None, Marked { text, spans, weight: n.sqrt() })),
        );
    }
    marked
}

fn marked_turns(cases: &[Case<'_>]) -> Vec<Part<Marked>> {
    let mut marked = vec![];
    for c in cases {
        for (line, marks) in c.scene.lines.iter().zip(&c.labels.marks) {
            let Some(marks) = marks else { continue };
            let spans: Vec<(usize, usize)> = marks.iter().map(|m| (m.start, m.end)).collect();
            let spans = apart(&line.text, &spans);
            marked.push((Some(c.part), Marked { text: line.text.clone(), spans, weight: 1.0 }));
        }
    }
    marked
}

fn named_forms(
    training: &Training,
    cases: &[Case<'_>],
    forms: &[Form],
    count: usize,
    number: &BTreeMap<&str, usize>,
) -> Vec<Part<Named>> {
    // Where the first source names its mentions, they say best what a word means; else the vocabulary does.
    let own = cases.iter().any(|c| c.home && c.labels.marks.iter().flatten().any(|m| !m.is_empty()));
    let weight = if own { 1 } else { DECISIVE };
    let named = |text: Vec<char>, name, weight| {
        let end = text.len();
        (None, Named { text, start: 0, end, name, weight })
    };
    let mut out: Vec<Part<Named>> = forms.iter().map(|(form, n)| named(form.clone(), *n, weight)).collect();
    for (words, name) in training.sources.iter().flat_map(|s| &s.pairs) {
        let text = normal(words);
        if !text.is_empty() {
            out.push(named(text, number.get(name.as_str()).copied().unwrap_or(count), PAIR));
        }
    }
    out
}

fn named_mentions(cases: &[Case<'_>], number: &BTreeMap<&str, usize>) -> Vec<Part<Named>> {
    let mut out = vec![];
    for c in cases {
        for (line, marks) in c.scene.lines.iter().zip(&c.labels.marks) {
            for m in marks.iter().flatten() {
                let (start, end) = (m.start, m.end);
                if start >= end || end > line.text.len() {
                    continue;
                }
                if let Some(&name) = number.get(m.name.as_str()) {
                    out.push((Some(c.part), Named { text: line.text.clone(), start, end, name, weight: 1 }));
                }
            }
        }
    }
    out
}

/// Finders by words alone: one without each part of the dialogues, then one from all.
fn listed(cases: &[Case<'_>], terms: &[Form], number: &BTreeMap<&str, usize>) -> Vec<Finder> {
    (0..=PARTS)
        .map(|p| {
            let dialogues: Vec<induce::Labelled<'_>> = cases
                .iter()
                .filter(|c| c.part != p)
                .map(|c| induce::Labelled {
                    scene: &c.scene,
                    names: c.labels.symptoms.keys().filter_map(|n| number.get(n.as_str()).copied()).collect(),
                })
                .collect();
            let mut terms = terms.to_vec();
            let new = induce::forms(&dialogues, &terms);
            terms.extend(new);
            Finder::new(&[], &terms, Naming::default(), 0)
        })
        .collect()
}

/// The spans that fit the text and do not overlap, the earlier first.
fn apart(text: &[char], spans: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut sorted = spans.to_vec();
    sorted.sort_unstable();
    let mut free = 0;
    sorted.retain(|&(start, end)| {
        let keep = start >= free && start < end && end <= text.len();
        if keep {
            free = end;
        }
        keep
    });
    sorted
}

#[cfg(test)]
mod tests {
    use super::super::{MarkedSentence, Source, Term};
    use super::*;

    #[test]
    fn spans_that_do_not_fit_are_left_out() {
        let text: Vec<char> = "咳嗽有痰".chars().collect();
        assert_eq!(apart(&text, &[(3, 4), (0, 2), (1, 3), (3, 9), (2, 2)]), [(0, 2), (3, 4)]);
    }

    #[test]
    fn a_repeated_sentence_is_kept_once() {
        let s = MarkedSentence { text: "有痰".into(), spans: vec![(1, 2)] };
        let source = Source { sentences: vec![s.clone(), s.clone(), s.clone(), s], ..Source::default() };
        let marked = marked_sentences(&Training { vocabulary: vec![], sources: vec![source] });
        assert_eq!(marked.len(), 1);
        assert!((marked[0].1.weight - 2.0).abs() < 1e-6);
    }

    #[test]
    fn names_come_before_synonyms() {
        let term = |name: &str, other: &str| Term { name: name.into(), synonyms: vec![other.into()] };
        let training = Training { vocabulary: vec![term("甲", "乙"), term("乙", "")], sources: vec![] };
        let forms = forms(&training, &BTreeMap::from([("甲", 0), ("乙", 1)]));
        assert_eq!(forms, [(vec!['甲'], 0), (vec!['乙'], 1), (vec!['乙'], 0)]);
    }
}
