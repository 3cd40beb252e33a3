//! Files beside the graph: what they are and how many lines differ.

use std::collections::{BTreeMap, BTreeSet};

use super::Change;
use crate::{Source, Sources};

/// Files of the graph, which are compared by what they say.
pub(super) const GRAPH: &str = "graph/";

/// What a file is, by its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// A health article.
    Article,
    /// A questionnaire or its cases.
    Questionnaire,
    /// A flow, a life cycle or the script of the dialogue.
    Flow,
    /// Matching and quality rules.
    Rule,
    /// Words of the lexicon.
    Lexicon,
    /// Anything else.
    Other,
}

impl FileKind {
    /// Every kind with its folder and its name.
    const FOLDERS: [(&'static str, Self, &'static str); 5] = [
        ("articles/", Self::Article, "健康文章"),
        ("questionnaires/", Self::Questionnaire, "问卷"),
        ("flows/", Self::Flow, "流程"),
        ("rules/", Self::Rule, "规则"),
        ("lexicon/", Self::Lexicon, "词表"),
    ];

    /// The kind of a file.
    pub fn of(name: &str) -> Self {
        let known = Self::FOLDERS.iter().find(|(folder, _, _)| name.starts_with(folder));
        known.map_or(Self::Other, |(_, kind, _)| *kind)
    }

    /// Its name.
    pub fn label(self) -> &'static str {
        Self::FOLDERS.iter().find(|(_, kind, _)| *kind == self).map_or("其他文件", |(_, _, label)| label)
    }
}

/// What differs in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Its name, relative to the data folder.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// Title, where its first lines say one.
    pub title: Option<String>,
    /// What happened to it.
    pub change: Change,
    /// Lines of the new text that the old one has not.
    pub added: usize,
    /// Lines of the old text that the new one has not.
    pub removed: usize,
}

pub(super) fn changes(old: &Sources, new: &Sources) -> Vec<FileChange> {
    let (before, after) = (by_name(old), by_name(new));
    let changed = changed_texts(old, new).filter(|name| !name.starts_with(GRAPH));
    let one = |name: &str| {
        let (old, new) = (before.get(name).copied(), after.get(name).copied());
        let (added, removed) = lines(old.unwrap_or_default(), new.unwrap_or_default());
        let change = match (old, new) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            (Some(_), Some(_)) => Change::Changed,
        };
        let title = title(new.or(old).unwrap_or_default());
        FileChange { name: name.to_owned(), kind: FileKind::of(name), title, change, added, removed }
    };
    changed.map(one).collect()
}

/// Names of the files whose texts differ, or that only one side has.
pub(super) fn changed_texts<'a>(old: &'a Sources, new: &'a Sources) -> impl Iterator<Item = &'a str> {
    let (before, after) = (by_name(old), by_name(new));
    let names: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    names.into_iter().filter(move |name| before.get(name) != after.get(name))
}

fn by_name(sources: &Sources) -> BTreeMap<&str, &str> {
    sources.files().iter().map(|Source { name, text }| (name.as_str(), text.as_str())).collect()
}

/// Lines that only the new and only the old text have, each as often as it stands there more.
fn lines(old: &str, new: &str) -> (usize, usize) {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for line in new.lines() {
        *counts.entry(line).or_default() += 1;
    }
    for line in old.lines() {
        *counts.entry(line).or_default() -= 1;
    }
    let sum = |keep: fn(i64) -> i64| {
        usize::try_from(counts.values().map(|count| keep(*count)).sum::<i64>()).unwrap_or(usize::MAX)
    };
    (sum(|count| count.max(0)), sum(|count| (-count).max(0)))
}

/// `title: …` or `标题：…` among the first lines.
fn title(text: &str) -> Option<String> {
    text.lines().take(12).find_map(|line| {
        let rest = line.strip_prefix("title:").or_else(|| line.strip_prefix("标题："));
        rest.or_else(|| line.strip_prefix("标题:")).map(|title| title.trim().trim_matches('"').to_owned())
    })
}
