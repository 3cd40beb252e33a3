//! What changed between two releases, in the words of the graph: concepts, names, edges and their frequencies, and
//! the files beside the graph. Both sides are only parsed, so a draft that does not pass its checks can be compared.

mod files;
mod subject;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::{Frequency, Sources, graph::Graph};

pub use files::{FileChange, FileKind};

/// What happened to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is there in both, but differs.
    Changed,
}

/// What a difference is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// A name of a concept.
    Label,
    /// A relation to another concept.
    Edge,
    /// How often a disease shows a symptom.
    Frequency,
    /// Editorial state.
    Review,
    /// Any other property.
    Other,
}

/// One difference of a concept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is about.
    pub topic: Topic,
    /// Name of the property, as the ontology calls it, e.g. 有症状.
    pub property: String,
    /// The concept at the other end of an edge, by its label.
    pub target: Option<String>,
    /// As it was; absent when it is new.
    pub before: Option<String>,
    /// As it is; absent when it is gone.
    pub after: Option<String>,
    /// File and line: of the new release, or of the old one where it is gone.
    pub place: (String, u32),
}

/// What differs in one concept, or in another subject of the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectChange {
    /// Its key, e.g. `dis:gout`.
    pub key: String,
    /// Name of its class, e.g. 疾病.
    pub class: String,
    /// Its label; the key where it has none.
    pub label: String,
    /// What happened to it.
    pub change: Change,
    /// Everything of it that is new, gone or different; all of it for a concept that is new or gone.
    pub items: Vec<Item>,
}

/// All differences between two sets of files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// Subjects of the graph in the order of their keys.
    pub subjects: Vec<SubjectChange>,
    /// Files beside the graph in the order of their names.
    pub files: Vec<FileChange>,
    /// Files of the graph whose text differs although they say the same.
    pub reformatted: Vec<String>,
}

impl Diff {
    /// Compares two sets of files.
    pub fn of(old: &Sources, new: &Sources) -> Self {
        // Syntax faults are the checks' business; what can be read is compared.
        let ((old_graph, _), (new_graph, _)) = (Graph::parse(old), Graph::parse(new));
        let sides = subject::Sides {
            old,
            new,
            old_graph: &old_graph,
            new_graph: &new_graph,
            names: Names::of(&old_graph, &new_graph),
        };
        let keys: BTreeSet<&String> = old_graph.nodes.keys().chain(new_graph.nodes.keys()).collect();
        let subjects: Vec<SubjectChange> =
            keys.into_iter().filter_map(|key| subject::change(&sides, key)).collect();
        let told: BTreeSet<&str> =
            subjects.iter().flat_map(|subject| &subject.items).map(|item| item.place.0.as_str()).collect();
        let reformatted = files::changed_texts(old, new)
            .filter(|name| name.starts_with(files::GRAPH) && !told.contains(name))
            .map(str::to_owned)
            .collect();
        Self { files: files::changes(old, new), reformatted, subjects }
    }

    /// Whether both say the same.
    pub fn is_empty(&self) -> bool {
        self.subjects.is_empty() && self.files.is_empty()
    }

    /// How many concepts were added, removed and changed.
    pub fn count_subjects(&self, change: Change) -> usize {
        self.subjects.iter().filter(|subject| subject.change == change).count()
    }

    /// How many differences there are of a topic.
    pub fn count(&self, topic: Topic, change: Change) -> usize {
        let items = self.subjects.iter().flat_map(|subject| &subject.items);
        items.filter(|item| item.topic == topic && item.change() == change).count()
    }
}

impl Change {
    /// In one word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Added => "新增",
            Self::Removed => "删除",
            Self::Changed => "改动",
        }
    }
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 5] = [Self::Label, Self::Edge, Self::Frequency, Self::Review, Self::Other];

    /// Its name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Label => "名称",
            Self::Edge => "关系",
            Self::Frequency => "频率",
            Self::Review => "审核状态",
            Self::Other => "其他属性",
        }
    }
}

impl Item {
    /// What happened to it.
    pub fn change(&self) -> Change {
        match (&self.before, &self.after) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            (Some(_), Some(_)) => Change::Changed,
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.change() {
            Change::Added => "+",
            Change::Removed => "-",
            Change::Changed => "~",
        };
        write!(f, "{sign} {}", self.property)?;
        if let Some(target) = &self.target {
            write!(f, " {target}")?;
        }
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, "：{before} → {after}"),
            (Some(value), None) | (None, Some(value)) if !value.is_empty() => write!(f, "：{value}"),
            _ => Ok(()),
        }
    }
}

/// Readable names of keys, of the new side first.
struct Names(BTreeMap<String, String>);

/// Properties of SKOS, which the ontology does not describe.
const SKOS: [(&str, &str); 6] = [
    ("skos:prefLabel", "名称"),
    ("skos:altLabel", "别名"),
    ("skos:hiddenLabel", "隐藏名"),
    ("skos:notation", "编码"),
    ("skos:definition", "定义"),
    ("skos:broader", "上位概念"),
];

impl Names {
    fn of(old: &Graph, new: &Graph) -> Self {
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        names.extend(SKOS.map(|(key, name)| (key.to_owned(), name.to_owned())));
        names.extend(Frequency::NAMES.map(|(name, class)| (format!("jy:{name}"), class.label().to_owned())));
        for graph in [old, new] {
            let labelled = graph.nodes.values().filter_map(|node| Some((node, node.text("skos:prefLabel")?)));
            names.extend(labelled.map(|(node, label)| (node.key.clone(), label.to_owned())));
        }
        Self(names)
    }

    fn of_key(&self, key: &str) -> String {
        self.0.get(key).cloned().unwrap_or_else(|| key.to_owned())
    }
}
