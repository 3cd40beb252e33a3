//! The person a consultation is about, as far as decisions need it.

use nlp::Speaker;
use serde::{Deserialize, Serialize};

/// Sex as recorded (GB/T 2261.1: 1 male, 2 female).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// 女
    Female,
    /// 男
    Male,
}

/// Age and sex of the patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Completed months of age on the day of the consultation.
    pub age_months: u32,
    /// Sex, where known.
    pub sex: Option<Sex>,
}

impl Profile {
    /// Below 14: a parent answers and the paediatric departments come first.
    pub fn is_child(&self) -> bool {
        self.age_months < 14 * 12
    }

    /// Of an age in which menses and pregnancy are asked about.
    pub fn is_fertile_woman(&self) -> bool {
        self.sex == Some(Sex::Female) && (12 * 12..=55 * 12).contains(&self.age_months)
    }

    pub(crate) fn is_adult(&self) -> bool {
        self.age_months >= 18 * 12
    }

    pub(crate) fn speaker(&self) -> Speaker {
        if self.is_child() { Speaker::Parent } else { Speaker::Patient }
    }

    /// How the record names the person.
    pub(crate) fn noun(&self) -> &'static str {
        if self.is_child() { "患儿" } else { "患者" }
    }

    /// How the record names who speaks.
    pub(crate) fn speaker_noun(&self) -> &'static str {
        if self.is_child() { "家长" } else { "患者" }
    }
}
