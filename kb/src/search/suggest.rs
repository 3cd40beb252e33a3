//! Completions while somebody types.

use std::ops::Range;

use super::{
    names::{Names, What},
    question::weight_of,
    spelling::{folded_text, readings},
};
use crate::{ConceptId, Kb, Review};

/// What a suggestion leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A search for a concept.
    Concept(ConceptId),
    /// An article (position in [`Kb::articles`]).
    Article(usize),
}

/// A completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// What to show and to search for.
    pub text: String,
    /// What it leads to.
    pub target: Target,
    /// Bytes of `text` that were typed; empty where pinyin was typed.
    pub mark: Range<usize>,
}

/// Longest text that is completed.
const LONGEST: usize = 20;
/// Entries of one list that are looked at.
const N_LOOKED_AT: usize = 400;

/// Sorted beginnings with what they belong to.
pub(super) struct Suggestions {
    /// Names as written, folded.
    names: Vec<(Box<str>, Entry)>,
    /// Titles and questions.
    written: Vec<(Box<str>, Entry)>,
    pinyin: Vec<(Box<str>, Entry)>,
    initials: Vec<(Box<str>, Entry)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Entry {
    /// Number of a surface.
    Name(u32),
    Title(u32),
    /// Article and number of its question.
    Question(u32, u8),
}

impl Suggestions {
    pub(super) fn new(kb: &Kb, names: &Names) -> Self {
        let (mut own, mut written) = (Vec::new(), Vec::new());
        let (mut pinyin, mut initials) = (Vec::new(), Vec::new());
        for (index, name, _) in names.of_concepts() {
            own.push((folded_text(name).into(), Entry::Name(index)));
            for reading in readings(name) {
                pinyin.push((reading.full.into(), Entry::Name(index)));
                initials.push((reading.initials.into(), Entry::Name(index)));
            }
        }
        for (position, article) in (0u32..).zip(kb.articles()) {
            if article.review == Review::Rejected {
                continue;
            }
            written.push((folded_text(&article.title).into(), Entry::Title(position)));
            for (number, asked) in (0u8..).zip(&article.keywords) {
                written.push((folded_text(asked).into(), Entry::Question(position, number)));
            }
        }
        for list in [&mut own, &mut written, &mut pinyin, &mut initials] {
            list.sort_unstable();
        }
        Self { names: own, written, pinyin, initials }
    }

    pub(super) fn find(
        &self,
        kb: &Kb,
        names: &Names,
        about: &[Vec<u32>],
        typed: &str,
        limit: usize,
    ) -> Vec<Suggestion> {
        let typed: String = folded_text(typed.trim()).chars().take(LONGEST).collect();
        if typed.is_empty() {
            return Vec::new();
        }
        let letters: String = typed.chars().filter(|c| !matches!(c, ' ' | '\'')).collect();
        let is_latin = letters.chars().all(|c| c.is_ascii_alphanumeric());
        let mut found: Vec<(u8, Entry)> = Vec::new();
        found.extend(starting(&self.names, &typed).map(|entry| (0, entry)));
        found.extend(starting(&self.written, &typed).map(|entry| (0, entry)));
        if is_latin {
            found.extend(starting(&self.pinyin, &letters).map(|entry| (1, entry)));
            found.extend(starting(&self.initials, &letters).map(|entry| (2, entry)));
        }
        if found.len() < limit && !is_latin {
            let inside = self.names.iter().filter(|(text, _)| text.contains(&typed));
            found.extend(inside.take(N_LOOKED_AT).map(|(_, entry)| (3, *entry)));
        }
        let mut ranked: Vec<(u8, std::cmp::Reverse<u32>, usize, Entry)> = found
            .into_iter()
            .map(|(how, entry)| {
                let (text, _) = Self::shown(kb, names, entry);
                (how, std::cmp::Reverse(weight(kb, names, about, entry)), text.chars().count(), entry)
            })
            .collect();
        ranked.sort_unstable();
        let mut suggestions: Vec<Suggestion> = Vec::new();
        for (_, _, _, entry) in ranked {
            let (text, target) = Self::shown(kb, names, entry);
            // Two names of one thing would say the same twice.
            let is_known = |known: &Suggestion| known.target == target || known.text == text;
            if suggestions.len() < limit && !suggestions.iter().any(is_known) {
                let start = folded_text(text).find(&typed);
                let mark = start.map_or(0..0, |start| mark(text, &typed, start));
                suggestions.push(Suggestion { text: text.to_owned(), target, mark });
            }
        }
        suggestions
    }

    fn shown<'a>(kb: &'a Kb, names: &'a Names, entry: Entry) -> (&'a str, Target) {
        match entry {
            Entry::Name(index) => {
                let surface = names.surface(index);
                let concept = match surface.what {
                    What::Concept(id) => id,
                    What::Cue(_) => ConceptId(0),
                };
                (&surface.text, Target::Concept(concept))
            }
            Entry::Title(position) => {
                (&kb.articles()[position as usize].title, Target::Article(position as usize))
            }
            Entry::Question(position, number) => {
                let article = &kb.articles()[position as usize];
                (&article.keywords[usize::from(number)], Target::Article(position as usize))
            }
        }
    }
}

/// Folding may change a character's length; the mark is counted in characters and then in bytes of `text`.
fn mark(text: &str, typed: &str, start_in_folded: usize) -> Range<usize> {
    let folded = folded_text(text);
    let n_before = folded[..start_in_folded].chars().count();
    let byte = |n_chars: usize| text.char_indices().nth(n_chars).map_or(text.len(), |(at, _)| at);
    byte(n_before)..byte(n_before + typed.chars().count())
}

/// Diseases with an article first, then by how often they are seen; titles and questions after names.
fn weight(kb: &Kb, names: &Names, about: &[Vec<u32>], entry: Entry) -> u32 {
    match entry {
        Entry::Name(index) => {
            let what = names.surface(index).what;
            let has_article = matches!(what, What::Concept(id) if !about[id.index()].is_empty());
            2 + weight_of(kb, what) + 3 * u32::from(has_article)
        }
        Entry::Title(_) => 1,
        Entry::Question(..) => 0,
    }
}

fn starting<'a>(list: &'a [(Box<str>, Entry)], typed: &'a str) -> impl Iterator<Item = Entry> {
    let start = list.partition_point(|(text, _)| &**text < typed);
    list[start..]
        .iter()
        .take_while(move |(text, _)| text.starts_with(typed))
        .take(N_LOOKED_AT)
        .map(|row| row.1)
}
