//! Cue words as values that attribution can match on.

use kb::{Cue, Fault};

use crate::finding::{Kin, MeasureKind, Onset, Predicate, Rate, Severity, Side};

/// What a cue does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Role {
    /// Ends a clause, or with `true` a sentence.
    Break(bool),
    /// 但是: the next part speaks of something else.
    Turn,
    /// 、和: a list goes on.
    Join,
    /// Denial that reaches over a list (`true`) or to the next word only.
    Negate(bool),
    /// Denial after the mention.
    NegateAfter,
    /// Presence; ends a denial.
    Affirm,
    /// Presence after the mention.
    AffirmAfter,
    /// A phrase that only looks like a denial.
    Neutral,
    Doubt,
    Hypothetical,
    Ask,
    Past,
    Kin(Kin),
    SelfWord,
    /// Degree: where it prefers to stand.
    Severity(Severity, Position),
    Rate(Rate),
    Side(Side),
    Onset(Onset),
    /// A unit of time in hours, after a number.
    TimeUnit(f32),
    /// A named moment, hours ago.
    TimePoint(f32),
    /// A named length in hours.
    TimeSpan(f32),
    /// 前: turns a length into a moment.
    Ago,
    Measure(Gauge),
    Celsius,
    /// A unit that makes a number mean nothing to us (岁, mmHg).
    OtherUnit,
    /// 次
    Times,
    Predicate(Predicate),
}

/// Where a degree stands relative to its mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    Before,
    After,
    Either,
}

/// What a measuring word announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gauge {
    One(MeasureKind),
    BloodPressure,
}

/// Reads the cues of a release; predicates are numbered in the order of their first use.
pub(crate) fn roles<'a>(cues: impl Iterator<Item = &'a Cue>) -> Result<(Vec<Role>, Vec<String>), Vec<Fault>> {
    let (mut roles, mut faults, mut predicates) = (Vec::new(), Vec::new(), Vec::<String>::new());
    for cue in cues {
        match role(cue, &mut predicates) {
            Some(role) => roles.push(role),
            None => faults.push(Fault::error(
                &cue.place.0,
                cue.place.1,
                "NL001",
                format!("词“{}”的类别 {} 或取值“{}”不认识", cue.surface, cue.class, cue.value),
            )),
        }
    }
    if faults.is_empty() { Ok((roles, predicates)) } else { Err(faults) }
}

fn role(cue: &Cue, predicates: &mut Vec<String>) -> Option<Role> {
    let hours = || cue.value.parse::<f32>().ok().filter(|hours| hours.is_finite() && *hours > 0.0);
    Some(match (cue.class.as_str(), cue.value.as_str()) {
        ("break", "clause") => Role::Break(false),
        ("break", "sentence") => Role::Break(true),
        ("turn", "") => Role::Turn,
        ("join", "") => Role::Join,
        ("negate", "list") => Role::Negate(true),
        ("negate", "near") => Role::Negate(false),
        ("negate_after", "") => Role::NegateAfter,
        ("affirm", "") => Role::Affirm,
        ("affirm_after", "") => Role::AffirmAfter,
        ("neutral", "") => Role::Neutral,
        ("doubt", "") => Role::Doubt,
        ("hypothetical", "") => Role::Hypothetical,
        ("ask", "") => Role::Ask,
        ("past", "") => Role::Past,
        ("self", "") => Role::SelfWord,
        ("time_ago", "") => Role::Ago,
        ("count", "times") => Role::Times,
        ("kin", value) => Role::Kin(kin(value)?),
        ("severity", value) => Role::Severity(severity(value)?, Position::Before),
        ("severity_after", value) => Role::Severity(severity(value)?, Position::After),
        ("severity_any", value) => Role::Severity(severity(value)?, Position::Either),
        ("frequency", "constant") => Role::Rate(Rate::Constant),
        ("frequency", "often") => Role::Rate(Rate::Often),
        ("frequency", "sometimes") => Role::Rate(Rate::Sometimes),
        ("side", "left") => Role::Side(Side::Left),
        ("side", "right") => Role::Side(Side::Right),
        ("side", "both") => Role::Side(Side::Both),
        ("onset", "sudden") => Role::Onset(Onset::Sudden),
        ("onset", "gradual") => Role::Onset(Onset::Gradual),
        ("time_unit", _) => Role::TimeUnit(hours()?),
        ("time_point", _) => Role::TimePoint(hours()?),
        ("time_span", _) => Role::TimeSpan(hours()?),
        ("measure", "temperature") => Role::Measure(Gauge::One(MeasureKind::Temperature)),
        ("measure", "blood_pressure") => Role::Measure(Gauge::BloodPressure),
        ("measure", "heart_rate") => Role::Measure(Gauge::One(MeasureKind::HeartRate)),
        ("measure", "oxygen") => Role::Measure(Gauge::One(MeasureKind::OxygenSaturation)),
        ("measure", "glucose") => Role::Measure(Gauge::One(MeasureKind::Glucose)),
        ("measure", "respiration") => Role::Measure(Gauge::One(MeasureKind::RespiratoryRate)),
        ("measure_unit", "celsius") => Role::Celsius,
        ("measure_unit", _) => Role::OtherUnit,
        ("predicate", value) if !value.is_empty() => {
            let position = predicates.iter().position(|known| known == value).unwrap_or_else(|| {
                predicates.push(value.to_owned());
                predicates.len() - 1
            });
            Role::Predicate(Predicate(u16::try_from(position).ok()?))
        }
        _ => return None,
    })
}

fn kin(value: &str) -> Option<Kin> {
    Some(match value {
        "father" => Kin::Father,
        "mother" => Kin::Mother,
        "parents" => Kin::Parents,
        "sibling" => Kin::Sibling,
        "grandparent" => Kin::Grandparent,
        "spouse" => Kin::Spouse,
        "relative" => Kin::Relative,
        "contact" => Kin::Contact,
        "child" => Kin::Child,
        _ => return None,
    })
}

fn severity(value: &str) -> Option<Severity> {
    Some(match value {
        "mild" => Severity::Mild,
        "moderate" => Severity::Moderate,
        "severe" => Severity::Severe,
        _ => return None,
    })
}
