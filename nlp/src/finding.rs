//! What text says, as values.

use kb::ConceptId;
use serde::{Deserialize, Serialize};

/// Byte range in the text read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The words of the span; empty where it does not fit `text`.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// Whether a finding is present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Has it.
    Yes,
    /// Has it not.
    No,
    /// Mentioned without being settled.
    Unsure,
}

/// A relative that a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kin {
    /// 父亲
    Father,
    /// 母亲
    Mother,
    /// 父母
    Parents,
    /// 兄弟姐妹
    Sibling,
    /// 祖辈
    Grandparent,
    /// 配偶
    Spouse,
    /// 子女
    Child,
    /// 其他亲属
    Relative,
    /// Not related: 同事, 同学 (exposure, never family history).
    Contact,
}

impl Kin {
    /// As the record says it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Father => "父亲",
            Self::Mother => "母亲",
            Self::Parents => "父母",
            Self::Sibling => "兄弟姐妹",
            Self::Grandparent => "祖辈",
            Self::Spouse => "配偶",
            Self::Child => "子女",
            Self::Relative => "亲属",
            Self::Contact => "身边的人",
        }
    }
}

/// Whose finding it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The patient's.
    Patient,
    /// A relative's or another person's.
    Kin(Kin),
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// 轻
    Mild,
    /// 中
    Moderate,
    /// 重
    Severe,
}

impl Severity {
    /// As the record says it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Mild => "轻度",
            Self::Moderate => "中度",
            Self::Severe => "重度",
        }
    }

    /// The middle of its range on the 0–10 scale.
    pub fn score(self) -> f32 {
        match self {
            Self::Mild => 2.0,
            Self::Moderate => 5.0,
            Self::Severe => 8.0,
        }
    }
}

/// How it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Onset {
    /// 突发
    Sudden,
    /// 逐渐
    Gradual,
}

impl Onset {
    /// As expressions and the record say it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Sudden => "突发",
            Self::Gradual => "逐渐",
        }
    }
}

/// Side of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// 左侧
    Left,
    /// 右侧
    Right,
    /// 双侧
    Both,
}

impl Side {
    /// As the record says it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Left => "左侧",
            Self::Right => "右侧",
            Self::Both => "双侧",
        }
    }
}

/// How often it comes, in words or by count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// 持续
    Constant,
    /// 反复
    Often,
    /// 间断
    Sometimes,
    /// Counted; the words are in [`Finding::rate_span`].
    Counted,
}

/// Since when, or for how long.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Period {
    /// Hours before now.
    pub hours: f32,
    /// Whether it names a moment (昨天, 三天前) rather than a length (三天了).
    pub is_point: bool,
    /// The words.
    pub span: Span,
}

/// One concept mentioned in a text.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Index of the concept in the release that read the text.
    #[serde(skip, default = "no_concept")]
    pub concept: ConceptId,
    /// Present or not.
    pub status: Status,
    /// Whose.
    pub whose: Whose,
    /// The words that name it.
    pub span: Span,
    /// Since when.
    pub since: Option<Period>,
    /// How bad.
    pub severity: Option<Severity>,
    /// How often.
    pub rate: Option<Rate>,
    /// The words that say how often.
    pub rate_span: Option<Span>,
    /// Which side.
    pub side: Option<Side>,
    /// How it began.
    pub onset: Option<Onset>,
    /// Told of the past (以前, 得过).
    pub is_past: bool,
}

fn no_concept() -> ConceptId {
    ConceptId(u32::MAX)
}

/// A symptom named only by its predicate, as in the answer “疼”.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mention {
    /// Which predicate.
    pub predicate: Predicate,
    /// Present or not.
    pub status: Status,
}

/// Class of a predicate; 疼 and 痛 are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Predicate(pub u16);

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureKind {
    /// 体温, ℃
    Temperature,
    /// 收缩压, mmHg
    Systolic,
    /// 舒张压, mmHg
    Diastolic,
    /// 心率, /min
    HeartRate,
    /// 呼吸频率, /min
    RespiratoryRate,
    /// 血氧, %
    OxygenSaturation,
    /// 血糖, mmol/L
    Glucose,
}

impl MeasureKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Temperature,
        Self::Systolic,
        Self::Diastolic,
        Self::HeartRate,
        Self::RespiratoryRate,
        Self::OxygenSaturation,
        Self::Glucose,
    ];

    /// Name in expressions and records.
    pub fn label(self) -> &'static str {
        match self {
            Self::Temperature => "体温",
            Self::Systolic => "收缩压",
            Self::Diastolic => "舒张压",
            Self::HeartRate => "心率",
            Self::RespiratoryRate => "呼吸频率",
            Self::OxygenSaturation => "血氧",
            Self::Glucose => "血糖",
        }
    }

    /// Unit in records.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Temperature => "℃",
            Self::Systolic | Self::Diastolic => "mmHg",
            Self::HeartRate | Self::RespiratoryRate => "次/分",
            Self::OxygenSaturation => "%",
            Self::Glucose => "mmol/L",
        }
    }

    /// Range outside which a number is taken for something else.
    pub fn range(self) -> std::ops::RangeInclusive<f32> {
        match self {
            Self::Temperature => 33.0..=43.5,
            Self::Systolic => 50.0..=280.0,
            Self::Diastolic => 20.0..=180.0,
            Self::HeartRate => 25.0..=260.0,
            Self::RespiratoryRate => 5.0..=90.0,
            Self::OxygenSaturation => 40.0..=100.0,
            Self::Glucose => 0.8..=60.0,
        }
    }
}

/// A measured value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// What.
    pub kind: MeasureKind,
    /// In the unit of its kind.
    pub value: f32,
    /// The words.
    pub span: Span,
}

/// Who speaks about whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Speaker {
    /// The patient speaks; 孩子 is a relative.
    #[default]
    Patient,
    /// A parent speaks for a child; 孩子 is the patient.
    Parent,
}

/// Everything found in one text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extraction {
    /// Mentions in text order.
    pub findings: Vec<Finding>,
    /// Measured values.
    pub measures: Vec<Measure>,
    /// Every period said, whether or not it belongs to a finding.
    pub periods: Vec<Period>,
    /// Predicates without their body part.
    pub predicates: Vec<Mention>,
    /// The last degree said, for answers that name no symptom.
    pub severity: Option<Severity>,
    /// The last onset said.
    pub onset: Option<Onset>,
    /// The last rate said.
    pub rate: Option<Rate>,
    /// The last side said.
    pub side: Option<Side>,
    /// Whether any word of denial was said, and any of affirmation or doubt.
    pub has_negation: bool,
    /// Whether any word of doubt was said.
    pub has_doubt: bool,
}

impl Extraction {
    /// Forgets what was found, keeping the memory.
    pub(crate) fn clear(&mut self) {
        self.findings.clear();
        self.measures.clear();
        self.periods.clear();
        self.predicates.clear();
        *self = Self {
            findings: std::mem::take(&mut self.findings),
            measures: std::mem::take(&mut self.measures),
            periods: std::mem::take(&mut self.periods),
            predicates: std::mem::take(&mut self.predicates),
            ..Self::default()
        };
    }
}
