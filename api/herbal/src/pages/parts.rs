//! What several screens show of a prescription.

use chrono::{DateTime, NaiveDate, Utc};
use rules::quality::Level;

use crate::model::{Document, Found, Gravity, Order};

/// A piece with what was found at it.
pub(super) struct LineView {
    pub(super) name: String,
    pub(super) dose: String,
    pub(super) notes: String,
    pub(super) hits: Vec<HitView>,
}

/// A finding.
pub(super) struct HitView {
    pub(super) tone: &'static str,
    pub(super) level: &'static str,
    pub(super) name: String,
    pub(super) message: String,
    pub(super) remedy: String,
    pub(super) source: String,
    pub(super) rule: String,
    /// Who signed it and why.
    pub(super) signed: Option<(String, String)>,
    /// The other lines it speaks of, from 1.
    pub(super) others: String,
}

/// The time a pharmacist has left.
pub(super) struct Left {
    /// Milliseconds since 1970, for the script; none where no clock runs.
    pub(super) deadline: Option<i64>,
    pub(super) now: i64,
    pub(super) text: String,
    pub(super) is_urgent: bool,
}

/// Less than this is shown as urgent.
const URGENT_SECONDS: i64 = 30;

impl Left {
    pub(super) fn of(deadline: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        let seconds = deadline.map(|deadline| (deadline - now).num_seconds().max(0));
        Self {
            deadline: deadline.map(|deadline| deadline.timestamp_millis()),
            now: now.timestamp_millis(),
            text: seconds.map_or_else(|| "须人工".into(), |left| format!("{}:{:02}", left / 60, left % 60)),
            is_urgent: seconds.is_some_and(|left| left < URGENT_SECONDS),
        }
    }
}

pub(super) fn tone_of(level: Level) -> &'static str {
    match level {
        Level::Block => "danger",
        Level::Warn => "warn",
        Level::Hint => "quiet",
    }
}

/// Tone and word of the gravest finding.
pub(super) fn gravity(order: &Order) -> Option<(&'static str, &'static str)> {
    match order.gravity {
        Gravity::Clean => None,
        Gravity::Hint => Some(("quiet", "提示")),
        Gravity::Warn => Some(("warn", "警告")),
        Gravity::Signed => Some(("danger", "双签阻断")),
    }
}

pub(super) fn hit(found: &Found, at: Option<usize>) -> HitView {
    let others = found.lines.iter().filter(|line| Some(**line) != at);
    let others: Vec<String> = others.map(|line| format!("第{}味", line + 1)).collect();
    HitView {
        tone: tone_of(found.level),
        level: found.level.word(),
        name: found.name.clone(),
        message: found.message.clone(),
        remedy: found.remedy.clone(),
        source: found.source.clone(),
        rule: found.rule.clone(),
        signed: found.signed.as_ref().map(|signed| (signed.by.clone(), signed.reason.clone())),
        others: others.join("、"),
    }
}

/// The pieces, each with what was found at it.
pub(super) fn lines(document: &Document, findings: &[Found]) -> Vec<LineView> {
    let view = |(row, line): (usize, &crate::model::Line)| LineView {
        name: line.name.clone(),
        dose: format!("{}{}", line.dose, line.unit),
        notes: line.notes.join("、"),
        hits: findings
            .iter()
            .filter(|found| found.lines.contains(&row))
            .map(|found| hit(found, Some(row)))
            .collect(),
    };
    document.lines.iter().enumerate().map(view).collect()
}

/// What was found of the prescription as a whole.
pub(super) fn of_whole(findings: &[Found]) -> Vec<HitView> {
    findings.iter().filter(|found| found.lines.is_empty()).map(|found| hit(found, None)).collect()
}

/// `女 45岁`
pub(super) fn person(document: &Document, today: NaiveDate) -> String {
    let age = document.age_months(today).map_or_else(|| "年龄未知".into(), ui::format::age);
    format!("{} {age}", document.patient.sex.text())
}

/// Names with their codes.
pub(super) fn named(all: &[crate::model::Coded]) -> String {
    all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join("、")
}
