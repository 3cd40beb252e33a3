//! A question as it is asked, stored and read back.

use serde::{Deserialize, Serialize};

/// What a question asks; concepts by key, so that a stored one is read under any release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Act {
    /// The account in the patient's own words.
    Complaint,
    /// Whether one symptom or risk is there.
    Concept {
        /// Its key.
        concept: String,
    },
    /// Which of several are there.
    Checklist {
        /// Their keys, in the order of the options.
        concepts: Vec<String>,
    },
    /// An attribute of a symptom.
    Attribute {
        /// Key of the symptom.
        symptom: String,
        /// Key of the attribute.
        attribute: String,
    },
    /// A measured value.
    Measure {
        /// What.
        measure: nlp::MeasureKind,
    },
    /// An emergency advice; the patient chooses to stop or to go on.
    Warn {
        /// Keys of the red flags.
        flags: Vec<String>,
    },
    /// A question of the history script.
    Script {
        /// Key of the row, e.g. `past`.
        row: String,
    },
    /// A question of a questionnaire.
    Item {
        /// Key of the questionnaire.
        form: String,
        /// Full name of the question, with row numbers.
        path: String,
        /// What the answer says of concepts of the graph.
        said: Vec<ItemSaid>,
        /// What the answer measures.
        measure: Option<nlp::MeasureKind>,
        /// Whether the answer is free text, to be read like any other words of the patient.
        is_text: bool,
    },
}

/// What the answer to a question of a questionnaire says of a concept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemSaid {
    /// Key of the concept.
    pub concept: String,
    /// There, not there.
    pub is_there: bool,
}

/// A question with everything a screen needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Stable key; a key is asked once.
    pub key: String,
    /// What it asks.
    pub act: Act,
    /// Node of the chart it was asked at.
    pub node: String,
    /// Heading for the progress line.
    pub section: String,
    /// What the patient reads.
    pub text: String,
    /// Quick replies; sending one sends its words.
    pub options: Vec<String>,
    /// Whether several options may be chosen, joined with 、.
    pub is_multi: bool,
    /// Placeholder of the free text field.
    pub hint: String,
}
