//! The passage of an article that answers best, and what to mark in it.

use std::ops::Range;

use memchr::memmem::Finder;

use super::answer::Excerpt;
use crate::{Article, Part};

/// Characters of a passage; the sentence that goes past them is left out unless it is the first.
const LONGEST: usize = 90;

/// A word to find.
pub(super) struct Needle<'a> {
    pub(super) text: &'a str,
    pub(super) said: &'a str,
    pub(super) weight: f32,
    pub(super) finder: Finder<'a>,
}

/// What a sentence holds of the words asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Found {
    pub(super) weight: f32,
    pub(super) n_words: usize,
}

/// A sentence: its section and its bytes there.
pub(super) type Sentence = (usize, Range<usize>);

/// Where each word stands in each section of an article: (byte, word), sorted.
#[derive(Debug, Default)]
pub(super) struct Places(Vec<Vec<(usize, usize)>>);

/// Occurrences of one word in one section that are kept; more of them say nothing more.
const MAX_TIMES: usize = 4;

impl Places {
    pub(super) fn find(&mut self, article: &Article, needles: &[Needle<'_>]) {
        self.0.resize_with(article.sections.len(), Vec::new);
        for (section, places) in article.sections.iter().zip(&mut self.0) {
            places.clear();
            for (index, needle) in needles.iter().enumerate() {
                let found = needle.finder.find_iter(section.text.as_bytes()).take(MAX_TIMES);
                places.extend(found.map(|at| (at, index)));
            }
        }
    }

    /// Occurrences of a word in each section.
    pub(super) fn times(&self, word: usize) -> impl Iterator<Item = usize> {
        self.0.iter().map(move |places| places.iter().filter(|(_, index)| *index == word).count())
    }

    /// The sentence with most of the words, by weight; the first of equals.
    pub(super) fn best_sentence(
        &mut self,
        article: &Article,
        needles: &[Needle<'_>],
    ) -> Option<(Sentence, Found)> {
        let mut best: Option<(Sentence, Found)> = None;
        for at in 0..article.sections.len() {
            // A section cannot have a sentence with more than all of its own words.
            let most = best.as_ref().map_or(0.0, |(_, best)| best.weight);
            let bound: f32 = (0..needles.len())
                .filter(|word| self.0[at].iter().any(|(_, index)| index == word))
                .map(|word| needles[word].weight)
                .sum();
            if bound > most
                && let Some((range, found)) = self.best_of_section(article, at, needles)
                && found.weight > most
            {
                best = Some(((at, range), found));
            }
        }
        best
    }

    fn best_of_section(
        &mut self,
        article: &Article,
        at: usize,
        needles: &[Needle<'_>],
    ) -> Option<(Range<usize>, Found)> {
        let places = &mut self.0[at];
        places.sort_unstable();
        let mut best: Option<(Range<usize>, Found)> = None;
        let mut seen: Vec<usize> = Vec::new();
        let mut rest = places.iter().peekable();
        for range in sentences(&article.sections[at].text) {
            if rest.peek().is_none() {
                break;
            }
            seen.clear();
            let mut found = Found::default();
            while let Some((_, index)) = rest.next_if(|(at, _)| *at < range.end) {
                if !seen.contains(index) {
                    seen.push(*index);
                    found.weight += needles[*index].weight;
                    found.n_words += 1;
                }
            }
            if found.n_words > 0 && best.as_ref().is_none_or(|(_, best)| found.weight > best.weight) {
                best = Some((range, found));
            }
        }
        best
    }
}

/// The sentences of a text with their marks, as byte ranges that cover it.
fn sentences(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    let ends = text
        .char_indices()
        .filter(|(_, c)| matches!(c, '。' | '！' | '？' | '；' | '\n'))
        .map(|(at, c)| at + c.len_utf8())
        .chain([text.len()]);
    ends.filter_map(move |end| {
        let range = start..end;
        start = end;
        (!range.is_empty()).then_some(range)
    })
}

/// The passage: from the section asked for, else where most of the words stand, else the beginning.
pub(super) fn passage(article: &Article, needles: &[Needle<'_>], parts: &[Part], marked: &[&str]) -> Excerpt {
    let mut places = Places::default();
    places.find(article, needles);
    let asked = article.sections.iter().position(|section| parts.contains(&section.part));
    let (at, range) = match asked {
        Some(at) => {
            let best = places.best_of_section(article, at, needles);
            (at, best.map_or(0..0, |(range, _)| range))
        }
        None => places.best_sentence(article, needles).map_or((0, 0..0), |(sentence, _)| sentence),
    };
    let Some(section) = article.sections.get(at) else {
        return Excerpt { part: Part::Concept, text: String::new(), marks: Vec::new() };
    };
    let text = around(&section.text, range.start);
    Excerpt { part: section.part, marks: marks(&text, marked), text }
}

/// Whole sentences from `start` on, up to the longest length; list marks and line ends become blanks.
fn around(text: &str, start: usize) -> String {
    let mut passage = String::new();
    let mut n_chars = 0;
    for range in sentences(text).filter(|range| range.start >= start) {
        let sentence = text[range].trim().trim_start_matches("- ");
        let n_here = sentence.chars().count();
        if n_chars > 0 && n_chars + n_here > LONGEST {
            break;
        }
        n_chars += n_here;
        passage.push_str(sentence);
    }
    if let Some((cut, _)) = passage.char_indices().nth(2 * LONGEST) {
        passage.truncate(cut);
        passage.push('…');
    }
    passage
}

/// Where any of `words` stands in `text`: sorted ranges that do not touch.
pub(super) fn marks(text: &str, words: &[&str]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = words
        .iter()
        .filter(|word| !word.is_empty())
        .flat_map(|word| text.match_indices(*word).map(|(at, word)| at..at + word.len()))
        .collect();
    found.sort_by_key(|range| (range.start, range.end));
    let mut marks: Vec<Range<usize>> = Vec::new();
    for range in found {
        match marks.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => marks.push(range),
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_cover_the_text() {
        let text = "多喝水。\n- 少吃盐；不吃腌菜\n睡好";
        let all: Vec<&str> = sentences(text).map(|range| &text[range]).collect();
        assert_eq!(all, ["多喝水。", "\n", "- 少吃盐；", "不吃腌菜\n", "睡好"]);
        assert_eq!(around(text, 0), "多喝水。少吃盐；不吃腌菜睡好");
    }

    #[test]
    fn marks_are_merged() {
        assert_eq!(marks("咳嗽咳痰，痰", &["咳嗽", "嗽咳", "痰"]), [0..12, 15..18]);
        assert_eq!(marks("咳嗽和咳痰", &["咳痰", "咳嗽", ""]), [0..6, 9..15]);
    }
}
