//! The concepts of the knowledge base as plain values.

mod clinic;
mod tcm;

pub use clinic::{ExamKind, ExamLink, Examination, Population, RiskLink};
pub use tcm::{TcmDisease, TcmSymptom, TcmSyndrome, TcmSyndromeLink};

use crate::Frequency;

/// Index of a concept within one release; not stable between releases (keys are).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConceptId(pub u32);

impl ConceptId {
    /// The index as a slice position.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What kind of thing a concept is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConceptKind {
    /// What a patient feels or sees.
    Symptom,
    /// A disease, also as past or family history.
    Disease,
    /// A habit, state or history that changes risks (吸烟, 妊娠, 手术史).
    Risk,
    /// A medicine or treatment.
    Drug,
    /// What one may be allergic to.
    Allergen,
}

/// State of an editorial review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Review {
    /// Written, not yet seen by a clinician.
    Draft,
    /// Signed by a clinician.
    Reviewed,
    /// Refused; never used.
    Rejected,
}

/// Anything that text can mention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concept {
    /// Its index.
    pub id: ConceptId,
    /// Stable key, e.g. `sym:cough`.
    pub key: String,
    /// Kind.
    pub kind: ConceptKind,
    /// Preferred Chinese term, as a doctor writes it.
    pub label: String,
    /// Other names, colloquial ones included.
    pub names: Vec<String>,
    /// Plain question to the patient; empty where it is never asked.
    pub question: String,
    /// More general concepts that this one implies, nearest first.
    pub broader: Vec<ConceptId>,
    /// Editorial state.
    pub review: Review,
}

/// What is known of a symptom beyond its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symptom {
    /// The concept.
    pub id: ConceptId,
    /// Body part label, e.g. 胸.
    pub body_part: String,
    /// Attributes to ask when it is a main complaint, in order (indices into [`crate::Kb::attributes`]).
    pub attributes: Vec<usize>,
}

/// Sex a disease is limited to, or a person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    /// 女
    Female,
    /// 男
    Male,
}

/// Age bands of the priors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgeBand {
    /// Below 1 year.
    Infant,
    /// 1–6 years.
    Preschool,
    /// 7–17 years.
    School,
    /// 18–59 years.
    Adult,
    /// From 60 years.
    Elder,
}

impl AgeBand {
    /// Every band with its property in the ontology.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("jy:weightInfant", Self::Infant),
        ("jy:weightPreschool", Self::Preschool),
        ("jy:weightSchool", Self::School),
        ("jy:weightAdult", Self::Adult),
        ("jy:weightElder", Self::Elder),
    ];

    /// The band of an age in months.
    pub fn of_months(months: u32) -> Self {
        match months {
            0..12 => Self::Infant,
            12..84 => Self::Preschool,
            84..216 => Self::School,
            216..720 => Self::Adult,
            _ => Self::Elder,
        }
    }
}

/// How often a doctor of first contact sees a disease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Incidence {
    /// Some a year.
    Rare,
    /// Some a month.
    Uncommon,
    /// Some a week.
    Common,
    /// Every day.
    VeryCommon,
}

impl Incidence {
    /// Every class with its name in the ontology.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("rare", Self::Rare),
        ("uncommon", Self::Uncommon),
        ("common", Self::Common),
        ("veryCommon", Self::VeryCommon),
    ];

    /// Relative weight for the prior.
    pub fn weight(self) -> f32 {
        match self {
            Self::Rare => 0.08,
            Self::Uncommon => 0.4,
            Self::Common => 1.6,
            Self::VeryCommon => 5.0,
        }
    }
}

/// How soon a typical case should be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// In ordinary consultation.
    Routine,
    /// Within days.
    Soon,
    /// Today.
    Urgent,
    /// At once.
    Emergency,
}

impl Urgency {
    /// Every class with its name in the ontology.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("routine", Self::Routine),
        ("soon", Self::Soon),
        ("urgent", Self::Urgent),
        ("emergency", Self::Emergency),
    ];
}

/// A disease with what its differential needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Disease {
    /// The concept.
    pub id: ConceptId,
    /// ICD-10 code (medical-insurance edition 2.0 where it has one).
    pub icd10: String,
    /// Definition in plain words.
    pub definition: String,
    /// Departments, fittest first (indices into [`crate::Kb::departments`]).
    pub departments: Vec<usize>,
    /// Sex it is limited to.
    pub sex: Option<Sex>,
    /// Relative frequency for each [`AgeBand`], 0–10.
    pub age_weights: [f32; 5],
    /// How often it is seen.
    pub incidence: Incidence,
    /// How soon it should be seen.
    pub urgency: Urgency,
    /// Whether it is asked for as past history.
    pub is_chronic: bool,
    /// What else it may be, with what tells them apart.
    pub differentials: Vec<Differential>,
    /// What makes it more likely.
    pub risks: Vec<RiskLink>,
    /// What is usually examined.
    pub exams: Vec<ExamLink>,
}

/// Another disease to think of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differential {
    /// The other disease.
    pub disease: ConceptId,
    /// The question or sign that tells the two apart.
    pub tell_apart: String,
}

/// A department a patient can be sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Department {
    /// Code of the national list, e.g. `03.01`.
    pub code: String,
    /// Name.
    pub label: String,
    /// Whether it treats children only.
    pub is_paediatric: bool,
}

/// A property of a symptom that a doctor asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Stable key, e.g. `attr:onset`.
    pub key: String,
    /// Name, e.g. 起病缓急; expressions use it as `头痛.起病`.
    pub label: String,
    /// Question, with `{}` for the symptom.
    pub question: String,
    /// Quick replies; empty for a free answer.
    pub choices: Vec<Choice>,
    /// Phrase for the record, with `{}` for the answer.
    pub phrase: String,
    /// Order among the attributes of a symptom.
    pub order: u32,
}

/// A quick reply of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What the patient reads and says.
    pub label: String,
    /// Medical wording for the record.
    pub term: String,
    /// Other wordings that mean this choice.
    pub names: Vec<String>,
}

/// Five levels, most severe first (the four national emergency levels and self-care).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TriageLevel {
    /// Ⅰ 濒危: at once.
    Resuscitation,
    /// Ⅱ 危重: within ten minutes.
    Emergency,
    /// Ⅲ 急症: the same day.
    Urgent,
    /// Ⅳ 非急症: ordinary outpatient clinic.
    Routine,
    /// Ⅴ: can wait, community clinic or self-care.
    NonUrgent,
}

impl TriageLevel {
    /// Every level with its Roman number.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("Ⅰ", Self::Resuscitation),
        ("Ⅱ", Self::Emergency),
        ("Ⅲ", Self::Urgent),
        ("Ⅳ", Self::Routine),
        ("Ⅴ", Self::NonUrgent),
    ];

    /// Its Roman number.
    pub fn roman(self) -> &'static str {
        Self::NAMES.iter().find(|(_, level)| *level == self).map_or("", |(name, _)| name)
    }

    /// Name and longest wait.
    pub fn label(self) -> &'static str {
        match self {
            Self::Resuscitation => "Ⅰ级 濒危（立即）",
            Self::Emergency => "Ⅱ级 危重（10 分钟内）",
            Self::Urgent => "Ⅲ级 急症（当日尽快）",
            Self::Routine => "Ⅳ级 普通门诊",
            Self::NonUrgent => "Ⅴ级 可择期就诊",
        }
    }
}

/// A combination that must not wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedFlag {
    /// Stable key, e.g. `flag:RF01`.
    pub key: String,
    /// Short name.
    pub label: String,
    /// When it holds, in the expression language.
    pub when: String,
    /// File and line of `when`, for the compiler of expressions.
    pub place: (String, u32),
    /// Triage level it sets.
    pub level: TriageLevel,
    /// What the patient is told to do; names no diagnosis.
    pub message: String,
    /// What doctor and nurse read.
    pub note: String,
    /// Editorial state.
    pub review: Review,
}

/// An edge of the graph: how often a disease shows a symptom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The disease.
    pub disease: ConceptId,
    /// The symptom.
    pub symptom: ConceptId,
    /// How often.
    pub frequency: Frequency,
    /// Editorial state.
    pub review: Review,
}
