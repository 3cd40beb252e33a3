//! A prescription as a hospital sends it.

use chrono::{DateTime, NaiveDate, Utc};
use people::{Sex, age_in_months, identity::IdNumber};
use rules::prescription as book;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most pieces of one prescription.
const MOST_LINES: usize = 60;
/// Longest text of one field, in characters.
const LONGEST: usize = 500;
/// Longest number of a prescription.
const LONGEST_NUMBER: usize = 40;
/// How a piece is decocted or taken (脚注).
pub const METHODS: [&str; 15] = [
    "先煎",
    "后下",
    "包煎",
    "另炖",
    "另煎",
    "烊化",
    "泡服",
    "冲服",
    "煎汤代水",
    "久煎",
    "打碎",
    "兑服",
    "吞服",
    "研末",
    "不入煎",
];

/// A prescription of herbal pieces (中药饮片处方).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The hospital's number, unique within it: letters, digits, `-`, `_`.
    #[schema(example = "JA05-20260302-000017")]
    pub number: String,
    pub issued_at: DateTime<Utc>,
    pub department: Coded,
    pub doctor: Coded,
    pub patient: Patient,
    /// Diseases (ICD-10 or GB/T 15657).
    #[serde(default)]
    pub diagnoses: Vec<Coded>,
    /// Syndromes (GB/T 16751.2).
    #[serde(default)]
    pub syndromes: Vec<Coded>,
    pub lines: Vec<Line>,
    /// How many doses (剂).
    #[schema(minimum = 1, maximum = 365)]
    pub doses: u32,
    /// 汤剂, 颗粒, 膏方, 丸散 or 外用; 汤剂 when not said.
    #[serde(default)]
    pub form: Option<String>,
    /// Whether it is decocted for the patient (代煎).
    #[serde(default)]
    pub decocted: bool,
    /// How it is taken.
    #[serde(default)]
    pub usage: String,
    #[serde(default)]
    pub emergency: Option<bool>,
    /// The prescriber's reason for what is unusual.
    #[serde(default)]
    pub reason: String,
    /// Days the prescriber noted it to be valid.
    #[serde(default)]
    #[schema(maximum = 4_294_967_295_u32)]
    pub valid_days: Option<u32>,
    #[serde(default)]
    pub delivery: Delivery,
    /// Second signatures of the prescriber under blocking findings.
    #[serde(default)]
    pub signatures: Vec<Signature>,
}

/// A code with its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Coded {
    #[serde(default)]
    pub code: String,
    pub name: String,
}

/// Whom it is for. What was not asked is left out: unknown is not no.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Patient {
    pub name: String,
    pub sex: Sex,
    #[serde(default)]
    pub birth_date: Option<NaiveDate>,
    #[serde(default)]
    pub id_number: Option<String>,
    #[serde(default)]
    pub phone: Option<String>,
    /// 社保卡号
    #[serde(default)]
    pub card: Option<String>,
    #[serde(default)]
    pub pregnant: Option<bool>,
    #[serde(default)]
    pub lactating: Option<bool>,
}

/// A piece.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub name: String,
    /// The hospital's code of it.
    #[serde(default)]
    pub code: String,
    /// How much in one dose.
    pub dose: f64,
    #[serde(default = "gram")]
    pub unit: String,
    /// 脚注: 先煎, 后下 …
    #[serde(default)]
    pub notes: Vec<String>,
}

/// How the patient gets it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    pub way: Way,
    /// Where to bring it; for home delivery.
    pub address: String,
    pub receiver: String,
    pub phone: String,
    /// The pharmacy where it is picked up.
    pub place: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    Home,
    #[default]
    PickUp,
}

/// The prescriber stands by a blocking finding (双签字).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The id of the rule whose findings are signed.
    pub rule: String,
    pub reason: String,
}

fn gram() -> String {
    "g".into()
}

impl Delivery {
    /// What is wrong with the address.
    pub fn fault(&self) -> Option<&'static str> {
        if self.way == Way::PickUp {
            None
        } else if !is_told(&self.address) {
            Some("配送到家须写明地址")
        } else if self.address.contains("崇明") {
            Some("免费配送限上海市内、崇明区除外，请改为自取")
        } else {
            None
        }
    }
}

impl Document {
    /// What is wrong with it, each with its JSON pointer.
    pub fn faults(&self, now: DateTime<Utc>) -> Vec<(String, &'static str)> {
        let mut faults = Vec::new();
        let mut must = |holds: bool, pointer: &str, message| {
            if !holds {
                faults.push((pointer.to_owned(), message));
            }
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let number = &self.number;
        must(
            (1..=LONGEST_NUMBER).contains(&number.len()) && number.chars().all(is_plain),
            "/number",
            "处方号为 1 到 40 个字母、数字、- 或 _",
        );
        must(self.issued_at <= now + chrono::TimeDelta::minutes(5), "/issued_at", "开具时间不能晚于现在");
        must(is_told(&self.department.name), "/department/name", "写明开方科室");
        must(is_told(&self.doctor.name), "/doctor/name", "写明开方医生");
        must(is_told(&self.patient.name), "/patient/name", "写明患者姓名");
        let id_number = self.patient.id_number.as_deref().map(IdNumber::parse);
        must(!matches!(id_number, Some(Err(_))), "/patient/id_number", "身份证号不对，请核对；没有可不填");
        must(
            self.patient.birth_date.is_none_or(|day| day <= now.date_naive() + chrono::TimeDelta::days(1)),
            "/patient/birth_date",
            "出生日期不能晚于今天",
        );
        must(!self.lines.is_empty(), "/lines", "至少写一味饮片");
        must(self.lines.len() <= MOST_LINES, "/lines", "一张处方最多 60 味，请分开开具");
        must((1..=365).contains(&self.doses), "/doses", "剂数为 1 到 365");
        must(self.usage.chars().count() <= LONGEST, "/usage", "用法最多 500 个字");
        must(self.reason.chars().count() <= LONGEST, "/reason", "理由最多 500 个字");
        if let Some(fault) = self.delivery.fault() {
            must(false, "/delivery/address", fault);
        }
        for (row, line) in self.lines.iter().enumerate() {
            must(is_told(&line.name), &format!("/lines/{row}/name"), "写明药名");
            must(line.dose > 0.0 && line.dose <= 100_000.0, &format!("/lines/{row}/dose"), "剂量应大于 0");
            must(line.unit.chars().count() <= 10, &format!("/lines/{row}/unit"), "单位最多 10 个字");
            must(
                line.notes.len() <= 6 && line.notes.iter().all(|note| is_told(note)),
                &format!("/lines/{row}/notes"),
                "脚注最多 6 个，不能是空的",
            );
        }
        for (row, signature) in self.signatures.iter().enumerate() {
            must(
                (2..=200).contains(&signature.reason.trim().chars().count()),
                &format!("/signatures/{row}/reason"),
                "双签字须写 2 到 200 个字的理由",
            );
        }
        faults
    }

    /// As the rules read it on a day.
    pub fn to_review(&self, today: NaiveDate) -> book::Prescription {
        let entry = |coded: &Coded| book::Entry { code: coded.code.clone(), name: coded.name.clone() };
        let line = |line: &Line| book::Line {
            name: line.name.clone(),
            dose: Some(line.dose),
            unit: line.unit.clone(),
            notes: line.notes.clone(),
        };
        let issued = (self.issued_at + chrono::TimeDelta::hours(8)).date_naive();
        book::Prescription {
            patient: book::Patient {
                age_months: self.age_months(today),
                sex: match self.patient.sex {
                    Sex::Male => Some(book::Sex::Male),
                    Sex::Female => Some(book::Sex::Female),
                    Sex::Unknown => None,
                },
                pregnant: self.patient.pregnant,
                lactating: self.patient.lactating,
            },
            lines: self.lines.iter().map(line).collect(),
            doses: Some(self.doses),
            form: self.form.clone(),
            decocted: Some(self.decocted),
            usage: self.usage.clone(),
            emergency: self.emergency,
            reason: self.reason.clone(),
            diagnoses: self.diagnoses.iter().map(entry).collect(),
            syndromes: self.syndromes.iter().map(entry).collect(),
            age_days: u32::try_from((today - issued).num_days()).ok(),
            valid_days: self.valid_days,
        }
    }

    /// By the birth date, or the one in the ID number.
    pub fn age_months(&self, today: NaiveDate) -> Option<u32> {
        let birth = self.patient.birth_date.or_else(|| self.id_number().map(|number| number.birth_date()));
        birth.and_then(|birth| age_in_months(birth, today))
    }

    pub fn id_number(&self) -> Option<IdNumber> {
        self.patient.id_number.as_deref().and_then(|number| IdNumber::parse(number).ok())
    }
}

fn is_told(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LONGEST
}

/// Nothing personal gets into a log by accident.
impl std::fmt::Debug for Patient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Patient(…)")
    }
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Delivery({:?})", self.way)
    }
}
