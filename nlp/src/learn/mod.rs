//! Models that learn from labelled dialogues at run time: which symptoms are named, and their status.
//!
//! Nothing learnt here is stored. The same training data gives the same model and the same answers.

pub mod characters;
pub mod corpus;
pub mod cue;
pub mod features;
pub mod finder;
pub mod folds;
pub mod gather;
pub mod induce;
pub mod lexicon;
pub mod model;
pub mod naming;
pub mod scene;
pub mod softmax;
pub mod status;
pub mod tagger;
pub mod whole;

use std::collections::BTreeMap;

use crate::Status;
pub use model::Model;

/// What one speaker says at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Whether the patient speaks; else the doctor.
    pub patient: bool,
    /// The words.
    pub text: String,
}

/// A dialogue to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dialogue {
    /// Its turns, in order.
    pub turns: Vec<Turn>,
}

/// A labelled mention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// The symptom.
    pub name: String,
    /// Its status.
    pub status: Status,
}

/// A dialogue with its labels.
#[derive(Debug, Clone, Default)]
pub struct LabelledDialogue {
    /// The dialogue.
    pub dialogue: Dialogue,
    /// The mentions of each turn, in the same order; `None` where they are not known.
    pub marks: Vec<Option<Vec<Mark>>>,
    /// Status of each symptom over the whole dialogue.
    pub symptoms: BTreeMap<String, Status>,
}

/// A sentence with the places of its symptoms, without names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedSentence {
    /// The words.
    pub text: String,
    /// [start, end) of each symptom, in characters.
    pub spans: Vec<(usize, usize)>,
}

/// Training data of one origin.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Labelled dialogues.
    pub dialogues: Vec<LabelledDialogue>,
    /// Marked sentences.
    pub sentences: Vec<MarkedSentence>,
    /// Words of a mention and its name.
    pub pairs: Vec<(String, String)>,
}

/// A name of the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The name.
    pub name: String,
    /// Other words for it.
    pub synonyms: Vec<String>,
}

/// All there is to learn from.
#[derive(Debug, Clone, Default)]
pub struct Training {
    /// The names that answers may use; where empty, all names of the sources.
    pub vocabulary: Vec<Term>,
    /// The sources; the first is most like the dialogues to be read.
    pub sources: Vec<Source>,
}

/// What a dialogue says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extraction {
    /// The symptoms of each turn.
    pub turns: Vec<BTreeMap<String, Status>>,
    /// [start, end) of each mention of each turn, in characters.
    pub spans: Vec<Vec<(usize, usize)>>,
    /// The symptoms of the whole dialogue.
    pub symptoms: BTreeMap<String, Status>,
}
