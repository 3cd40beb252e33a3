//! Cue words: the small words that tell whether, since when, how bad and whose (`data/lexicon/*.tsv`).

use std::collections::BTreeMap;

use crate::{Fault, Sources};

/// A word that changes how a mention near it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// As it stands in text.
    pub surface: String,
    /// What it does, e.g. `negate`; the reader of text knows the classes.
    pub class: String,
    /// Detail of the class, e.g. `list`; may be empty.
    pub value: String,
    /// File and line, for faults found later.
    pub place: (String, u32),
}

/// Class of the words that open an answer; all other classes are cues inside a text.
pub const REPLY: &str = "reply";

const HEADER: &str = "surface\tclass\tvalue";

/// The words that only a search knows.
const SEARCH: &str = "lexicon/search.tsv";

/// Reads every file of `lexicon/` but the search's; each has the header `surface class value`.
pub(crate) fn read(sources: &Sources, faults: &mut Vec<Fault>) -> Vec<Cue> {
    rows(sources, |name| name != SEARCH, faults)
}

/// Reads what words mean to a search: the same columns, other classes (see [`crate::search`]).
pub(crate) fn search_words(sources: &Sources, faults: &mut Vec<Fault>) -> Vec<Cue> {
    rows(sources, |name| name == SEARCH, faults)
}

fn rows(sources: &Sources, wanted: impl Fn(&str) -> bool, faults: &mut Vec<Fault>) -> Vec<Cue> {
    let mut cues = Vec::new();
    let mut places = BTreeMap::new();
    let files = sources.files().iter().filter(|source| source.name.starts_with("lexicon/"));
    for source in files.filter(|source| wanted(&source.name)) {
        for (line, number) in source.text.lines().zip(1u32..) {
            if number == 1 {
                if line != HEADER {
                    faults.push(Fault::error(
                        &source.name,
                        1,
                        "KB020",
                        "表头应为 surface、class、value 三列",
                    ));
                }
                continue;
            }
            let cells: Vec<&str> = line.split('\t').collect();
            let &[surface, class, value] = cells.as_slice() else {
                let message = format!("应有 3 列，现有 {} 列", cells.len());
                faults.push(Fault::error(&source.name, number, "KB020", message));
                continue;
            };
            if surface.is_empty() || class.is_empty() {
                faults.push(Fault::error(&source.name, number, "KB020", "词和类别都不能为空"));
                continue;
            }
            // The same word may open a reply and stand as a cue inside a text.
            let is_reply = class == REPLY;
            if let Some(first) = places.insert((is_reply, surface.to_owned()), number) {
                let message = format!("词“{surface}”在第 {first} 行已经有了");
                faults.push(Fault::error(&source.name, number, "KB005", message));
                continue;
            }
            cues.push(Cue {
                surface: surface.to_owned(),
                class: class.to_owned(),
                value: value.to_owned(),
                place: (source.name.clone(), number),
            });
        }
    }
    cues
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;

    #[test]
    fn faulty_rows_are_named_and_the_rest_is_read() {
        let text = format!("{HEADER}\n没有\tnegate\tlist\n没有\tnegate\tnear\n坏行\n");
        let sources = Sources::from_files(vec![Source { name: "lexicon/cues.tsv".into(), text }]);
        let mut faults = Vec::new();
        let cues = read(&sources, &mut faults);
        assert_eq!(cues.len(), 1);
        let places: Vec<_> = faults.iter().map(|fault| (fault.line, fault.code)).collect();
        assert_eq!(places, [(3, "KB005"), (4, "KB020")]);
    }
}
