//! Prescriptions with their versions, findings, verdicts and events.

mod document;
mod state;

use chrono::{DateTime, Utc};
use platform::{audit::Actor, http::RequestId, rights};
use rules::{
    prescription::{Finding, Settings},
    quality::Level,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub use document::{Coded, Delivery, Document, Line, METHODS, Patient, Signature, Way};
pub use state::{Event, State, Step};

/// A prescription as it stands.
#[derive(Debug, Clone)]
pub struct Order {
    pub id: Uuid,
    pub institution: String,
    pub number: String,
    pub department: Coded,
    pub doctor: Coded,
    /// Where the patient is known here.
    pub resident: Option<Uuid>,
    pub version: i64,
    pub state: State,
    /// When the clock decides; none where it does not.
    pub deadline: Option<DateTime<Utc>>,
    pub gravity: Gravity,
    pub is_decocted: bool,
    pub is_home: bool,
    /// Who of the pharmacists looks at it, until when.
    pub claim: Option<(Uuid, DateTime<Utc>)>,
    pub n_events: i64,
    /// The company that has it now, and since when.
    pub company: Option<String>,
    pub dispatched_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
}

/// The gravest finding of a version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravity {
    #[default]
    Clean,
    Hint,
    Warn,
    /// A block that was signed.
    Signed,
}

/// One version with what the rules found in it.
#[derive(Debug, Clone)]
pub struct Version {
    pub id: Uuid,
    pub number: i64,
    pub document: Document,
    pub release: String,
    pub findings: Vec<Found>,
    pub created_at: DateTime<Utc>,
}

/// A finding as it was stored with its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Found {
    /// `block`, `warn` or `hint`.
    #[schema(value_type = String, example = "block")]
    pub level: Level,
    pub rule: String,
    pub name: String,
    pub message: String,
    /// What would clear it.
    pub remedy: String,
    pub source: String,
    /// Of the knowledge.
    pub release: String,
    /// Code of the review of prescriptions, as `2-8`.
    pub comment: String,
    /// Whether the prescriber may sign it and go on.
    pub can_sign: bool,
    /// Positions of the lines, from 0; empty for the whole prescription.
    pub lines: Vec<usize>,
    pub facts: Vec<Fact>,
    /// The prescriber's second signature.
    #[serde(default)]
    pub signed: Option<Signed>,
}

/// A fact a finding rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fact {
    pub name: String,
    pub value: String,
}

/// Who signed a finding, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Signed {
    pub by: String,
    pub at: DateTime<Utc>,
    pub reason: String,
}

/// What was decided of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Passed,
    Rejected,
    TimedOut,
}

/// The one verdict of a version.
#[derive(Debug, Clone)]
pub struct Verdict {
    pub decision: Decision,
    /// None when the clock decided.
    pub auditor: Option<Uuid>,
    /// Codes of [`REASONS`].
    pub reasons: Vec<String>,
    pub note: String,
    pub decided_at: DateTime<Utc>,
    /// The look afterwards at what passed by time-out.
    pub review: Option<Review>,
}

/// What a pharmacist found of a prescription that had passed by time-out.
#[derive(Debug, Clone)]
pub struct Review {
    pub by: Uuid,
    pub at: DateTime<Utc>,
    pub is_sound: bool,
    pub note: String,
}

/// A step in the life of a prescription.
#[derive(Debug, Clone)]
pub struct Happened {
    pub seq: i64,
    pub version: i64,
    pub event: Event,
    /// The state after it, as stored.
    pub state: String,
    pub at: DateTime<Utc>,
    pub actor_name: String,
    pub detail: Detail,
}

/// What the hospital charged, in fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Charged {
    /// 饮片费
    #[schema(minimum = 0, maximum = 100_000_000)]
    pub pieces_fen: i64,
    /// 代煎费
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100_000_000)]
    pub decoction_fen: i64,
    /// 配送费
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100_000_000)]
    pub delivery_fen: i64,
}

/// What a prescription costs, kept at its payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Charge {
    pub(crate) doses: i64,
    pub(crate) amounts: crate::statement::Amounts,
    /// Version of the catalogue that held.
    pub(crate) price_version: i64,
}

/// What was told of a step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Detail {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// Number of the receipt or of the parcel.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub receipt: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_g: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature_c: Option<f64>,
    /// How it gets to the patient from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
}

/// How an institution's prescriptions are audited.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    pub institution: String,
    pub audit_seconds: i64,
    /// Prescriptions with signed blocks wait for a pharmacist, however long it takes.
    pub holds_signed: bool,
    pub rules: Settings,
}

/// A hospital's own program, or one of its staff on our screen, with the request that was made.
#[derive(Debug, Clone, Copy)]
pub struct Hospital<'a> {
    pub institution: &'a str,
    pub request: &'a RequestId,
    /// Who of the staff; none for the hospital's program.
    pub by: Option<&'a Actor>,
}

/// A pharmacist of a hospital or of a company, with the request that was made.
#[derive(Debug, Clone)]
pub struct Pharmacist<'a> {
    pub right: rights::Right,
    pub request: &'a RequestId,
}

/// Why a prescription may be rejected: codes of the review of prescriptions (处方点评, 2010).
pub const REASONS: [(&str, &str); 14] = [
    ("2-8", "有配伍禁忌或不良相互作用"),
    ("2-7", "重复给药"),
    ("2-5", "用法、用量不适宜"),
    ("2-2", "遴选药品不适宜"),
    ("2-1", "适应证不适宜"),
    ("2-6", "联合用药不适宜"),
    ("1-6", "未使用规范名称"),
    ("1-7", "剂量、规格、单位不清"),
    ("1-8", "用法、用量含糊"),
    ("1-9", "超剂量未注明原因或未再签名"),
    ("1-10", "无临床诊断或诊断不全"),
    ("1-12", "剂数超过规定未注明理由"),
    ("1-15", "未按要求标注调剂、煎煮要求"),
    ("2-9", "其他"),
];

/// The words of a reason's code; the code itself where it is not known.
pub fn reason_text(code: &str) -> &str {
    REASONS.iter().find(|(known, _)| *known == code).map_or(code, |(_, text)| text)
}

impl Order {
    /// When somebody has to look after it, because it has stood too long where it stands.
    pub fn attend_by(&self) -> Option<DateTime<Utc>> {
        self.state.patience().map(|patience| self.changed_at + patience)
    }
}

impl Hospital<'_> {
    pub fn actor(&self) -> Actor {
        let program = || Actor { id: self.institution.to_owned(), role: "hospital".into() };
        self.by.cloned().unwrap_or_else(program)
    }
}

impl Gravity {
    pub fn of(findings: &[Found]) -> Self {
        let of = |found: &Found| match found.level {
            Level::Block => Self::Signed,
            Level::Warn => Self::Warn,
            Level::Hint => Self::Hint,
        };
        findings.iter().map(of).max().unwrap_or_default()
    }

    /// As stored.
    pub fn number(self) -> i64 {
        self as i64
    }

    pub fn of_number(number: i64) -> Option<Self> {
        [Self::Clean, Self::Hint, Self::Warn, Self::Signed].into_iter().find(|one| one.number() == number)
    }
}

impl Decision {
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Rejected => "rejected",
            Self::TimedOut => "timed_out",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Self::Passed, Self::Rejected, Self::TimedOut].into_iter().find(|one| one.name() == name)
    }

    pub fn event(self) -> Event {
        match self {
            Self::Passed => Event::Passed,
            Self::Rejected => Event::Rejected,
            Self::TimedOut => Event::TimedOut,
        }
    }
}

impl Found {
    /// Whether it keeps a prescription from the queue.
    pub fn is_open_block(&self) -> bool {
        self.level == Level::Block && self.signed.is_none()
    }
}

impl From<Finding> for Found {
    fn from(finding: Finding) -> Self {
        let fact = |used: rules::quality::Used| Fact { name: used.name, value: used.value };
        Self {
            level: finding.level,
            rule: finding.rule,
            name: finding.name,
            message: finding.message,
            remedy: finding.remedy,
            source: finding.source,
            release: finding.release,
            comment: finding.comment,
            can_sign: finding.can_sign,
            lines: finding.lines,
            facts: finding.facts.into_iter().map(fact).collect(),
            signed: None,
        }
    }
}
