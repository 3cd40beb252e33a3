//! What somebody asks, understood: concepts, for whom, which section, and the words that are left.

use std::ops::Range;

use super::{
    Heard, How, Mention,
    cues::{Cues, Meaning},
    names::{Names, What, meaning},
    spelling::folded,
    words::Words,
};
use crate::{Audience, ConceptId, ConceptKind, Kb, Part, article::is_han};

/// Characters of a question that are read; what is longer is a story, and its beginning tells enough.
pub(super) const LONGEST: usize = 160;
/// Fewest letters of pinyin and of first letters that mean something.
const PINYIN: usize = 4;
const INITIALS: usize = 2;
/// Concepts offered for one run of first letters.
const N_INITIALS: usize = 3;

/// A word to look for in articles.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Word {
    /// Folded text.
    pub(super) text: String,
    /// What was typed that it stands for.
    pub(super) said: String,
    /// Share of its full weight, 0–1.
    pub(super) share: f32,
}

/// A question as the search reads it.
#[derive(Debug, Default)]
pub(super) struct Question {
    pub(super) heard: Vec<Heard>,
    /// Names that may be meant, too unsure to search for them.
    pub(super) perhaps: Vec<u32>,
    pub(super) audience: Vec<Audience>,
    pub(super) parts: Vec<Part>,
    pub(super) words: Vec<Word>,
    /// Without the words that say nothing; runs are kept apart by a blank.
    pub(super) core: String,
    /// All of it, folded.
    pub(super) typed: String,
}

/// Folded characters with their byte offsets in the text.
struct Text<'a> {
    whole: &'a str,
    chars: Vec<char>,
    starts: Vec<usize>,
    /// What each character is taken for already.
    taken: Vec<Taken>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Free,
    Name,
    Said,
    Skipped,
}

impl<'a> Text<'a> {
    fn new(whole: &'a str) -> Self {
        let (mut chars, mut starts) = (Vec::new(), Vec::new());
        for (start, c) in whole.char_indices().take(LONGEST) {
            chars.push(folded(c));
            starts.push(start);
        }
        starts.push(whole.char_indices().nth(LONGEST).map_or(whole.len(), |(start, _)| start));
        let taken = vec![Taken::Free; chars.len()];
        Self { whole, chars, starts, taken }
    }

    fn bytes(&self, chars: Range<usize>) -> Range<usize> {
        self.starts[chars.start]..self.starts[chars.end]
    }

    fn said(&self, chars: Range<usize>) -> &'a str {
        &self.whole[self.bytes(chars)]
    }

    fn take(&mut self, chars: Range<usize>, taken: Taken) {
        self.taken[chars].fill(taken);
    }

    /// Runs of characters that satisfy `is`, at least `shortest` long.
    fn runs(&self, shortest: usize, is: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut start = 0;
        for at in 0..=self.chars.len() {
            if at == self.chars.len() || !is(at) {
                if at - start >= shortest.max(1) {
                    runs.push(start..at);
                }
                start = at + 1;
            }
        }
        runs
    }
}

impl Question {
    /// Reads a text. `mentions` are what a reader of text made of it, with byte ranges in the same text.
    pub(super) fn read(
        kb: &Kb,
        names: &Names,
        cues: &Cues,
        cutter: &Words,
        text: &str,
        mentions: &[Mention],
    ) -> Self {
        let mut text = Text::new(text);
        let mut question = Self { typed: text.chars.iter().collect(), ..Self::default() };
        question.exact(names, cues, &mut text);
        question.latin(kb, names, cues, &mut text);
        question.mentioned(mentions, &mut text);
        question.misspelt(kb, names, &mut text);
        question.heard.sort_by_key(|heard| (heard.range.start, heard.concept));
        question.heard.dedup_by_key(|heard| heard.concept);
        question.cut(kb, cutter, &text);
        question
    }

    fn hear(&mut self, concept: ConceptId, text: &Text<'_>, chars: Range<usize>, how: How) {
        if !self.heard.iter().any(|heard| heard.concept == concept) {
            let said = text.said(chars.clone()).to_owned();
            self.heard.push(Heard { concept, said, range: text.bytes(chars), how });
        }
    }

    /// Names and cue words as they stand, left to right, longest first.
    fn exact(&mut self, names: &Names, cues: &Cues, text: &mut Text<'_>) {
        let mut at = 0;
        while at < text.chars.len() {
            let Some((index, length)) = names.longest_at(&text.chars[at..]) else {
                at += 1;
                continue;
            };
            let range = at..at + length;
            let surface = names.surface(index);
            match (surface.what, meaning(cues, surface)) {
                (What::Concept(id), _) => {
                    self.hear(id, text, range.clone(), How::Name);
                    text.take(range, Taken::Name);
                }
                (What::Cue(_), Some(Meaning::Skip)) => text.take(range, Taken::Skipped),
                (What::Cue(_), meaning) => {
                    self.mean(meaning, text.said(range.clone()));
                    text.take(range, Taken::Said);
                }
            }
            at += length;
        }
    }

    fn mean(&mut self, meaning: Option<&Meaning>, said: &str) {
        match meaning {
            Some(Meaning::Audience(audience)) if !self.audience.contains(audience) => {
                self.audience.push(*audience);
            }
            Some(Meaning::Part(part)) if !self.parts.contains(part) => self.parts.push(*part),
            Some(Meaning::Same(text)) => {
                self.words.push(Word { text: text.clone(), said: said.to_owned(), share: 0.8 });
            }
            _ => {}
        }
    }

    /// Latin letters: names in pinyin, and what is left as first letters; where no name was found the letters of a
    /// run belong together (t n b).
    fn latin(&mut self, kb: &Kb, names: &Names, cues: &Cues, text: &mut Text<'_>) {
        let is_free = |text: &Text<'_>, at: usize| text.taken[at] == Taken::Free;
        let is_letter = |text: &Text<'_>, at: usize| matches!(text.chars[at], 'a'..='z' | ' ' | '\'');
        for run in text.runs(INITIALS, |at| is_letter(text, at) && is_free(text, at)) {
            if !self.pinyin(kb, names, cues, text, run.clone()) {
                self.initials(kb, names, text, run);
            }
        }
        for word in text.runs(INITIALS, |at| text.chars[at].is_ascii_lowercase() && is_free(text, at)) {
            self.initials(kb, names, text, word);
        }
    }

    /// From left to right the longest pieces of a run that are names; whether there was one.
    fn pinyin(
        &mut self,
        kb: &Kb,
        names: &Names,
        cues: &Cues,
        text: &mut Text<'_>,
        run: Range<usize>,
    ) -> bool {
        let letters: Vec<usize> = run.filter(|at| text.chars[*at].is_ascii_lowercase()).collect();
        let mut from = 0;
        let mut is_found = false;
        while from + PINYIN <= letters.len() {
            let longest = (from + PINYIN..=letters.len()).rev().find_map(|to| {
                let typed: String = letters[from..to].iter().map(|at| text.chars[*at]).collect();
                let mut found: Vec<u32> = names.in_pinyin(&typed).collect();
                found.sort_by_key(|index| std::cmp::Reverse(weight_of(kb, names.surface(*index).what)));
                (!found.is_empty()).then_some((to, found))
            });
            let Some((to, found)) = longest else {
                from += 1;
                continue;
            };
            let range = letters[from]..letters[to - 1] + 1;
            for index in found {
                let surface = names.surface(index);
                match surface.what {
                    What::Concept(id) => self.hear(id, text, range.clone(), How::Pinyin),
                    What::Cue(_) => self.mean(meaning(cues, surface), text.said(range.clone())),
                }
            }
            text.take(range, Taken::Name);
            is_found = true;
            from = to;
        }
        is_found
    }

    fn initials(&mut self, kb: &Kb, names: &Names, text: &mut Text<'_>, run: Range<usize>) {
        let typed: String = text.chars[run.clone()].iter().filter(|c| c.is_ascii_lowercase()).collect();
        let mut found: Vec<u32> = names.by_initials(&typed).collect();
        found.sort_by_key(|index| std::cmp::Reverse(weight_of(kb, names.surface(*index).what)));
        for index in found.into_iter().take(N_INITIALS) {
            if let What::Concept(id) = names.surface(index).what {
                self.hear(id, text, run.clone(), How::Initials);
            }
            text.take(run.clone(), Taken::Name);
        }
    }

    /// What a reader of text found beyond plain names (头有点晕), and what it found denied.
    fn mentioned(&mut self, mentions: &[Mention], text: &mut Text<'_>) {
        for mention in mentions {
            let inside =
                |range: &Range<usize>| range.start < mention.range.end && mention.range.start < range.end;
            if mention.is_denied {
                self.heard.retain(|heard| heard.concept != mention.concept && !inside(&heard.range));
                for at in 0..text.chars.len() {
                    if mention.range.contains(&text.starts[at]) {
                        text.taken[at] = Taken::Skipped;
                    }
                }
            } else if !self.heard.iter().any(|heard| heard.concept == mention.concept)
                && let Some(said) = text.whole.get(mention.range.clone())
            {
                let range = mention.range.clone();
                self.heard.push(Heard {
                    concept: mention.concept,
                    said: said.to_owned(),
                    range,
                    how: How::Reader,
                });
            }
        }
    }

    /// Names with a wrong character: sounding alike, or one slip away.
    fn misspelt(&mut self, kb: &Kb, names: &Names, text: &mut Text<'_>) {
        let runs = text.runs(2, |at| text.taken[at] == Taken::Free && is_han(text.chars[at]));
        for run in runs {
            let mut at = run.start;
            while at + 2 <= run.end {
                let longest = (at + 2..=run.end.min(at + 10))
                    .rev()
                    .find_map(|end| misspelling(kb, names, &text.chars[at..end]).map(|found| (end, found)));
                match longest {
                    Some((end, (index, how))) if end - at > 2 => {
                        if let What::Concept(id) = names.surface(index).what {
                            self.hear(id, text, at..end, how);
                        }
                        text.take(at..end, Taken::Name);
                        at = end;
                    }
                    Some((_, (index, _))) => {
                        self.perhaps.push(index);
                        at += 1;
                    }
                    None => at += 1,
                }
            }
        }
        // Nothing else was understood: then even two characters that sound right are worth a try.
        if self.heard.is_empty()
            && let Some(index) = self.perhaps.first().copied()
            && let What::Concept(id) = names.surface(index).what
            && !text.chars.is_empty()
        {
            self.hear(id, text, 0..text.chars.len(), How::Sound);
        }
    }

    /// The words to look for: those of the text, and the medical terms of what was heard.
    fn cut(&mut self, kb: &Kb, cutter: &Words, text: &Text<'_>) {
        let chars: String = text.chars.iter().collect();
        let mut byte_to_char = vec![0; chars.len() + 1];
        for (index, (start, c)) in chars.char_indices().enumerate() {
            byte_to_char[start..start + c.len_utf8()].fill(index);
        }
        byte_to_char[chars.len()] = text.chars.len();
        for (word, range) in cutter.cut(&chars) {
            let range = byte_to_char[range.start]..byte_to_char[range.end];
            if text.taken[range.clone()].iter().all(|taken| *taken == Taken::Skipped) {
                continue;
            }
            let is_cue = text.taken[range.clone()].iter().all(|taken| *taken == Taken::Said);
            let share = if is_cue {
                0.4
            } else if range.len() == 1 {
                0.3
            } else {
                1.0
            };
            self.add_word(word, text.said(range), share);
        }
        for heard in self.heard.clone() {
            let concept = kb.concept(heard.concept);
            if heard.said != concept.label {
                self.add_word(&concept.label, &heard.said, 0.6);
            }
        }
        for run in text.runs(1, |at| text.taken[at] != Taken::Skipped && text.chars[at].is_alphanumeric()) {
            if !self.core.is_empty() {
                self.core.push(' ');
            }
            self.core.extend(&text.chars[run]);
        }
    }

    fn add_word(&mut self, word: &str, said: &str, share: f32) {
        match self.words.iter_mut().find(|known| known.text == word) {
            Some(known) => known.share = known.share.max(share),
            None => self.words.push(Word { text: word.to_owned(), said: said.to_owned(), share }),
        }
    }
}

/// The best name that `text` may be a misspelling of.
fn misspelling(kb: &Kb, names: &Names, text: &[char]) -> Option<(u32, How)> {
    let best = |found: Vec<u32>| {
        found.into_iter().max_by_key(|index| {
            let what = names.surface(*index).what;
            (weight_of(kb, what), std::cmp::Reverse(*index))
        })
    };
    best(names.sounding(text).collect())
        .map(|index| (index, How::Sound))
        .or_else(|| best(names.one_slip_from(text)).map(|index| (index, How::Slip)))
}

/// Diseases before symptoms, frequent ones first.
pub(super) fn weight_of(kb: &Kb, what: What) -> u32 {
    match what {
        What::Cue(_) => 9,
        What::Concept(id) => match (kb.concept(id).kind, kb.disease_position(id)) {
            (ConceptKind::Disease, Some(position)) => 2 + kb.diseases[position].incidence as u32,
            (ConceptKind::Symptom, _) => 1,
            _ => 0,
        },
    }
}
