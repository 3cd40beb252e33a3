//! Every name and cue word, found exactly, by sound, with one slip, in pinyin or by first letters.

use super::{
    cues::{Cues, Meaning},
    spelling::{folded, folded_text, readings, sound},
};
use crate::{ConceptId, ConceptKind, Kb, Review};

/// Shortest and longest name that is compared with one slip: shorter ones become other words.
const SLIP_LENGTH: (usize, usize) = (4, 9);
/// Shortest name a sound is compared with.
const SHORTEST_SOUND: usize = 2;
/// Longest name that is looked for.
const LONGEST: usize = 16;

/// What a surface means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Concept(ConceptId),
    /// Index into the cues.
    Cue(usize),
}

#[derive(Debug, Clone)]
pub(super) struct Surface {
    /// As it is written in the files.
    pub(super) text: String,
    chars: Vec<char>,
    pub(super) what: What,
}

/// All surfaces with their look-up tables.
#[derive(Debug)]
pub(super) struct Names {
    surfaces: Vec<Surface>,
    exact: Table,
    sounds: Table,
    slips: Table,
    pinyin: Table,
    initials: Table,
    longest: usize,
}

impl Names {
    /// Names of symptoms, diseases and risks, and cue words.
    pub(super) fn new(kb: &Kb, cues: &Cues) -> Self {
        let mut surfaces: Vec<Surface> = Vec::new();
        let mut add = |text: &str, what| {
            let chars: Vec<char> = text.chars().map(folded).collect();
            surfaces.push(Surface { text: text.to_owned(), chars, what });
        };
        for concept in kb.concepts.iter().filter(|concept| concept.review != Review::Rejected) {
            if matches!(concept.kind, ConceptKind::Symptom | ConceptKind::Disease | ConceptKind::Risk) {
                for name in std::iter::once(&concept.label).chain(&concept.names) {
                    add(name, What::Concept(concept.id));
                }
            }
        }
        for (index, cue) in cues.all().iter().enumerate() {
            add(&cue.surface, What::Cue(index));
        }
        let (mut exact, mut sounds, mut slips) = (Vec::new(), Vec::new(), Vec::new());
        let (mut pinyin, mut initials) = (Vec::new(), Vec::new());
        for (index, surface) in (0u32..).zip(&surfaces) {
            let chars = &surface.chars;
            exact.push((hash(chars.iter().copied()), index));
            for reading in readings(&surface.text) {
                pinyin.push((hash(reading.full.chars()), index));
                if is_illness(kb, surface.what) {
                    initials.push((hash(reading.initials.chars()), index));
                }
            }
            let What::Concept(_) = surface.what else { continue };
            if chars.len() >= SHORTEST_SOUND
                && let Some(sound) = sound(chars)
            {
                sounds.push((hash(sound.chars()), index));
            }
            if (SLIP_LENGTH.0..=SLIP_LENGTH.1).contains(&chars.len()) {
                slips.extend((0..chars.len()).map(|at| (hash(without(chars, at)), index)));
                slips.push((hash(chars.iter().copied()), index));
            }
        }
        let longest = surfaces.iter().map(|surface| surface.chars.len()).max().unwrap_or(0).min(LONGEST);
        Self {
            exact: Table::new(exact),
            sounds: Table::new(sounds),
            slips: Table::new(slips),
            pinyin: Table::new(pinyin),
            initials: Table::new(initials),
            longest,
            surfaces,
        }
    }

    pub(super) fn surface(&self, index: u32) -> &Surface {
        &self.surfaces[index as usize]
    }

    /// Every surface that names a concept, with its number.
    pub(super) fn of_concepts(&self) -> impl Iterator<Item = (u32, &str, ConceptId)> {
        (0u32..).zip(&self.surfaces).filter_map(|(index, surface)| match surface.what {
            What::Concept(id) => Some((index, surface.text.as_str(), id)),
            What::Cue(_) => None,
        })
    }

    /// The longest surface at the start of `text` (folded characters), with its length; a concept before a cue.
    pub(super) fn longest_at(&self, text: &[char]) -> Option<(u32, usize)> {
        let mut state = OFFSET;
        let mut found = None;
        for (length, c) in (1..=self.longest).zip(text) {
            state = step(state, *c);
            let same = |index: &u32| self.surface(*index).chars == text[..length];
            if let Some(index) = self.exact.get(state).find(same) {
                found = Some((index, length));
            }
        }
        found
    }

    /// Names that sound like `text`.
    pub(super) fn sounding(&self, text: &[char]) -> impl Iterator<Item = u32> {
        let key = sound(text).map_or(0, |sound| hash(sound.chars()));
        self.sounds.get(key)
    }

    /// Names that differ from `text` in one character: left out, added or replaced.
    pub(super) fn one_slip_from(&self, text: &[char]) -> Vec<u32> {
        let mut found: Vec<u32> = self.slips.get(hash(text.iter().copied())).collect();
        for at in 0..text.len() {
            found.extend(self.slips.get(hash(without(text, at))));
        }
        found.retain(|index| is_one_slip(text, &self.surface(*index).chars));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Surfaces whose full pinyin is `typed`.
    pub(super) fn in_pinyin(&self, typed: &str) -> impl Iterator<Item = u32> {
        self.pinyin.get(hash(typed.chars()))
    }

    /// Illnesses whose first letters are `typed`.
    pub(super) fn by_initials(&self, typed: &str) -> impl Iterator<Item = u32> {
        self.initials.get(hash(typed.chars()))
    }

    /// Names that share a character with the `core` of a question and most with all that was `typed`, best first.
    pub(super) fn sharing_characters(&self, core: &str, typed: &str, limit: usize) -> Vec<u32> {
        let letters =
            |text: &str| folded_text(text).chars().filter(|c| c.is_alphanumeric()).collect::<Vec<_>>();
        let (core, typed) = (letters(core), letters(typed));
        let mut found: Vec<(usize, usize, u32)> = Vec::new();
        for (index, surface) in (0u32..).zip(&self.surfaces) {
            let n_shared = surface.chars.iter().filter(|c| typed.contains(c)).count();
            if matches!(surface.what, What::Concept(_))
                && surface.chars.iter().any(|c| core.contains(c))
                && 2 * n_shared >= surface.chars.len().max(2)
            {
                found.push((n_shared, surface.chars.len() - n_shared, index));
            }
        }
        found.sort_unstable_by_key(|&(n_shared, n_other, index)| {
            (std::cmp::Reverse(n_shared), n_other, index)
        });
        found.into_iter().take(limit).map(|(_, _, index)| index).collect()
    }
}

/// A disease, or one that people have as a risk of others (糖尿病): what is abbreviated.
fn is_illness(kb: &Kb, what: What) -> bool {
    matches!(what, What::Concept(id) if matches!(kb.concept(id).kind, ConceptKind::Disease | ConceptKind::Risk))
}

/// What a cue word means, where the surface is one.
pub(super) fn meaning<'a>(cues: &'a Cues, surface: &Surface) -> Option<&'a Meaning> {
    match surface.what {
        What::Cue(index) => cues.all().get(index).map(|cue| &cue.meaning),
        What::Concept(_) => None,
    }
}

fn without(chars: &[char], at: usize) -> impl Iterator<Item = char> + '_ {
    chars.iter().enumerate().filter(move |(index, _)| *index != at).map(|(_, c)| *c)
}

/// Whether two different texts are one insertion, deletion, replacement or swap of neighbours apart.
fn is_one_slip(a: &[char], b: &[char]) -> bool {
    let n_start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[n_start..], &b[n_start..]);
    let n_end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    match (&a[..a.len() - n_end], &b[..b.len() - n_end]) {
        ([], [_]) | ([_], [] | [_]) => true,
        ([a1, a2], [b1, b2]) => a1 == b2 && a2 == b1,
        _ => false,
    }
}

/// Hash → numbers, as one sorted list: small, quick to build and the same every time.
#[derive(Debug)]
struct Table(Vec<(u64, u32)>);

impl Table {
    fn new(mut rows: Vec<(u64, u32)>) -> Self {
        rows.sort_unstable();
        rows.dedup();
        rows.shrink_to_fit();
        Self(rows)
    }

    fn get(&self, key: u64) -> impl Iterator<Item = u32> {
        let start = self.0.partition_point(|row| row.0 < key);
        self.0[start..].iter().take_while(move |row| row.0 == key).map(|row| row.1)
    }
}

/// FNV-1a over characters.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

fn step(state: u64, c: char) -> u64 {
    (state ^ u64::from(u32::from(c))).wrapping_mul(0x0100_0000_01b3)
}

fn hash(chars: impl Iterator<Item = char>) -> u64 {
    chars.fold(OFFSET, step)
}

#[cfg(test)]
mod tests {
    use super::is_one_slip;

    fn slip(a: &str, b: &str) -> bool {
        is_one_slip(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
    }

    #[test]
    fn one_slip_is_one_character_or_one_swap() {
        assert!(slip("慢性咽炎", "慢性烟炎") && slip("慢性咽炎", "慢咽炎") && slip("慢咽炎", "慢性咽炎"));
        assert!(slip("性慢咽炎", "慢性咽炎"));
        assert!(!slip("慢性咽炎", "慢性咽炎") && !slip("慢性咽炎", "急性鼻炎") && !slip("慢性咽炎", "咽炎"));
    }
}
