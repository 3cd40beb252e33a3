//! What a decision rests on, in one shape for every way of inference.

use std::collections::BTreeMap;

use serde::Serialize;

/// A decision with its trace.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// What was chosen, in the order to be offered.
    pub results: Vec<String>,
    /// Of a table with several result columns: what each says, by its name.
    pub outputs: BTreeMap<String, Vec<String>>,
    /// How it came about.
    pub trace: Trace,
}

/// How a decision came about.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Trace {
    /// Id of the rules.
    pub rules: String,
    /// Way of inference: 依次, 决策表, 加权 or 近例.
    pub mode: &'static str,
    /// Inputs and derived values that are known.
    pub known: Vec<Known>,
    /// Values that were given but do not fit their input, with the reason; they count as unknown.
    pub refused: Vec<Known>,
    /// Every rule, row, factor or example that was tried, in order.
    pub steps: Vec<Step>,
    /// No rule applied, so the results are those of 否则.
    pub by_default: bool,
    /// Why the rules contradict themselves on this visit; the results are those of 否则 then.
    pub problem: Option<String>,
    /// Unknown inputs that could change the results.
    pub open: Vec<String>,
}

/// A name with its value as people write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Known {
    /// Name of an input or a derived value.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A rule that was tried.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Step {
    /// Id of the rule.
    pub id: String,
    /// Its line in the file, from 1.
    pub line: u32,
    /// Whether it holds; `None` while unknown values leave it open.
    pub holds: Option<bool>,
    /// The values that make it hold, fail, or leave it open.
    pub because: Vec<Known>,
    /// What it contributes: points of a factor, likeness (0 to 1) of an example.
    pub points: Option<f64>,
    /// What it speaks for.
    pub results: Vec<String>,
    /// Why the rule exists, as its author wrote.
    pub reason: String,
    /// It is behind the results.
    pub chosen: bool,
}

/// What one way of inference found, before the default and the names.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) steps: Vec<Step>,
    pub(super) results: Vec<String>,
    pub(super) outputs: BTreeMap<String, Vec<String>>,
    pub(super) problem: Option<String>,
    /// Something applied, even if it says 无.
    pub(super) applied: bool,
    /// Slots that could change the results.
    pub(super) open: Vec<u32>,
}
