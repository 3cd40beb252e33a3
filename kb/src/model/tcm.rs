//! Diseases and syndromes of Chinese medicine: for the doctor's diagnosis and for herbal prescriptions, never
//! among the suspects of the differential.

use super::{ConceptId, Review};
use crate::Frequency;

/// A disease of Chinese medicine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcmDisease {
    /// Stable key, e.g. `tcm:ganmao`.
    pub key: String,
    /// Name, e.g. 感冒.
    pub label: String,
    /// Other names.
    pub names: Vec<String>,
    /// Code of GB/T 15657-2021, e.g. A01.01.01.
    pub code: String,
    /// Definition in plain words.
    pub definition: String,
    /// Departments, fittest first (indices into [`crate::Kb::departments`]).
    pub departments: Vec<usize>,
    /// How it shows.
    pub symptoms: Vec<TcmSymptom>,
    /// Syndromes it is told apart by.
    pub syndromes: Vec<TcmSyndromeLink>,
    /// Editorial state.
    pub review: Review,
}

/// A syndrome (证候).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcmSyndrome {
    /// Stable key, e.g. `syn:fenghan-fanbiao`.
    pub key: String,
    /// Name, e.g. 风寒犯表.
    pub label: String,
    /// Other names.
    pub names: Vec<String>,
    /// Number in GB/T 16751.2-2021, e.g. 3.1.
    pub number: String,
    /// Definition in plain words; empty where none is given.
    pub definition: String,
    /// How it shows.
    pub symptoms: Vec<TcmSymptom>,
    /// Editorial state.
    pub review: Review,
}

/// How often a disease or syndrome shows a symptom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcmSymptom {
    /// The symptom.
    pub symptom: ConceptId,
    /// How often.
    pub frequency: Frequency,
    /// Editorial state.
    pub review: Review,
}

/// A syndrome that a disease may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcmSyndromeLink {
    /// Index into [`crate::Kb::tcm_syndromes`].
    pub syndrome: usize,
    /// Editorial state.
    pub review: Review,
}
