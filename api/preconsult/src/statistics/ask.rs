//! What is asked for, as the address of a page says it.

use chrono::{Days, NaiveDate};
use platform::{
    Problem,
    rights::{Right, Site},
};
use serde::{Deserialize, Serialize};

use super::{
    calendar::{day_of, month_of},
    model::Unit,
    store::Span,
};

/// Longest span of a statistic.
const MOST_DAYS: i64 = 1_096;
/// Longest one told by hours.
const MOST_DAYS_BY_HOUR: i64 = 31;

/// The form of the pages; what is empty has a default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Ask {
    pub(super) from: String,
    pub(super) until: String,
    pub(super) step: String,
    pub(super) institution: String,
    pub(super) department: String,
    /// Name of a department, to be compared across institutions.
    pub(super) name: String,
    pub(super) template: String,
    pub(super) version: String,
}

/// A period of the trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Hour,
    Day,
    Week,
    Month,
}

/// What is asked for, as far as the right reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) unit: Unit,
    pub(super) from: NaiveDate,
    pub(super) until: NaiveDate,
    pub(super) step: Step,
    pub(super) ask: Ask,
}

impl Step {
    pub(super) const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Hour => "时",
            Self::Day => "日",
            Self::Week => "周",
            Self::Month => "月",
        }
    }

    /// The one that fits a number of days.
    fn fitting(days: i64) -> Self {
        match days {
            ..=2 => Self::Hour,
            3..=62 => Self::Day,
            63..=366 => Self::Week,
            _ => Self::Month,
        }
    }
}

impl Ask {
    /// Reads the form; the last 30 days of the widest unit within reach where nothing is said.
    pub(super) fn read(self, right: &Right, today: NaiveDate) -> Result<Asked, Problem> {
        let date = |text: &str, field: &'static str| {
            let parsed = text.parse::<NaiveDate>();
            parsed.map_err(|_| refused(field, "请选择日期，如 2026-03-02"))
        };
        let until = if self.until.is_empty() { today } else { date(&self.until, "/until")? };
        let from = match self.from.as_str() {
            "" => until.checked_sub_days(Days::new(29)).unwrap_or(until),
            text => date(text, "/from")?,
        };
        let days = (until - from).num_days() + 1;
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(refused("/from", "开始日期应不晚于结束日期，且相隔不超过三年"));
        }
        let step = match self.step.as_str() {
            "" => Step::fitting(days),
            name => Step::ALL
                .into_iter()
                .find(|step| step.name() == name)
                .ok_or_else(|| refused("/step", "请选择按时、日、周或月"))?,
        };
        if step == Step::Hour && days > MOST_DAYS_BY_HOUR {
            return Err(refused("/step", "按时统计请选 31 天以内的日期，更长的请按日、周或月"));
        }
        let unit = unit(right, &self)?;
        Ok(Asked { unit, from, until, step, ask: self })
    }
}

fn refused(field: &'static str, note: &'static str) -> Problem {
    Problem::invalid_input().detail(note).fault(field, note)
}

/// The unit that was asked for, or the widest one within reach.
fn unit(right: &Right, ask: &Ask) -> Result<Unit, Problem> {
    let asked = Unit::new(&ask.institution, &ask.department);
    if asked.is_district() && asked.is_department() {
        return Err(refused("/institution", "请先选择机构，再选择科室"));
    }
    if reaches(right, &asked) {
        return Ok(asked);
    }
    let own = Unit::new(&right.reach.institution, "");
    let own_department = Unit::new(&right.reach.institution, &right.reach.department);
    let narrower = [own, own_department].into_iter().find(|unit| reaches(right, unit));
    narrower.filter(|_| asked.is_district()).ok_or_else(|| {
        Problem::forbidden("您的权限不包括这个机构或科室的统计。需要时请联系安全管理员调整角色的范围。")
    })
}

pub(super) fn reaches(right: &Right, unit: &Unit) -> bool {
    right.covers(&Site {
        institution: Some(unit.institution.as_str()).filter(|code| !code.is_empty()),
        department: Some(unit.department.as_str()).filter(|code| !code.is_empty()),
        ..Site::default()
    })
}

impl Asked {
    pub(super) fn span(&self) -> Span {
        Span { from: day_of(self.from), until: day_of(self.until) }
    }

    pub(super) fn months(&self) -> (i64, i64) {
        (month_of(self.from), month_of(self.until))
    }

    pub(super) fn days(&self) -> i64 {
        (self.until - self.from).num_days() + 1
    }

    /// As a form writes it: dates and unit are said, also where they were left out.
    pub(super) fn said(&self) -> Ask {
        Ask {
            from: self.from.to_string(),
            until: self.until.to_string(),
            institution: self.unit.institution.clone(),
            department: self.unit.department.clone(),
            ..self.ask.clone()
        }
    }

    /// Address of a page about the same days.
    pub(super) fn address(&self, page: &str, change: impl FnOnce(&mut Ask)) -> String {
        let mut ask = self.said();
        change(&mut ask);
        let pairs = [
            ("from", &ask.from),
            ("until", &ask.until),
            ("step", &ask.step),
            ("institution", &ask.institution),
            ("department", &ask.department),
            ("name", &ask.name),
            ("template", &ask.template),
            ("version", &ask.version),
        ];
        let said: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        format!("{page}?{}", serde_html_form::to_string(said).unwrap_or_default())
    }
}
