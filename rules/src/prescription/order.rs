//! A prescription as it comes in.

use serde::{Deserialize, Serialize};

/// A prescription of herbal pieces.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Prescription {
    /// Whom it is for.
    pub patient: Patient,
    /// The pieces, in the order written.
    pub lines: Vec<Line>,
    /// How many doses (剂).
    pub doses: Option<u32>,
    /// 汤剂, 颗粒, 膏方, 丸散 or 外用; 汤剂 when not said.
    pub form: Option<String>,
    /// Whether it is decocted for the patient (代煎).
    pub decocted: Option<bool>,
    /// How it is taken.
    pub usage: String,
    /// Whether it comes from the emergency department.
    pub emergency: Option<bool>,
    /// The prescriber's reason for what is unusual.
    pub reason: String,
    /// Diseases (ICD-10 or GB/T 15657).
    pub diagnoses: Vec<Entry>,
    /// Syndromes (GB/T 16751.2).
    pub syndromes: Vec<Entry>,
    /// Days since it was issued.
    pub age_days: Option<u32>,
    /// Days the prescriber noted it to be valid.
    pub valid_days: Option<u32>,
}

/// Whom a prescription is for. What was not asked is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Patient {
    /// Whole months of age.
    pub age_months: Option<u32>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Whether pregnant.
    pub pregnant: Option<bool>,
    /// Whether breast-feeding.
    pub lactating: Option<bool>,
}

/// Sex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// 男
    Male,
    /// 女
    Female,
}

/// A piece on a prescription.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Line {
    /// As written.
    pub name: String,
    /// How much in one dose.
    pub dose: Option<f64>,
    /// Its unit, as written.
    pub unit: String,
    /// 脚注: 先煎, 后下 …
    pub notes: Vec<String>,
}

/// A coded entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Entry {
    /// Code; may be empty.
    pub code: String,
    /// Name.
    pub name: String,
}

impl Prescription {
    /// Whether the patient is pregnant, as far as anything says: the answer, the sex, the diagnoses.
    pub(super) fn pregnant(&self) -> Option<bool> {
        if self.patient.sex == Some(Sex::Male) {
            return Some(false);
        }
        if self.diagnoses.iter().any(|entry| is_pregnancy(&entry.code)) {
            return Some(true);
        }
        self.patient.pregnant
    }
}

/// ICD-10 O00–O99, Z33–Z35.
fn is_pregnancy(code: &str) -> bool {
    let code = code.trim();
    let digits = |from: usize| code.get(from..from + 2).and_then(|digits| digits.parse::<u8>().ok());
    match code.chars().next() {
        Some('O' | 'o') => digits(1).is_some(),
        Some('Z' | 'z') => digits(1).is_some_and(|number| (33..=35).contains(&number)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnosis_can_say_pregnant() {
        for (code, expected) in [
            ("O20.0", true),
            ("o99", true),
            ("Z34", true),
            ("Z36", false),
            ("J00", false),
            ("O", false),
            ("妊娠", false),
        ] {
            assert_eq!(is_pregnancy(code), expected, "{code}");
        }
    }
}
