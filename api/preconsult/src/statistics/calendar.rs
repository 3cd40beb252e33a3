//! Days, hours and months as they pass in China (UTC+8, no summer time), and which days people work.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc, Weekday};

/// Seconds China is ahead.
const EAST: i64 = 8 * 3600;

/// What sort of day it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DayKind {
    /// 工作日, also one that was moved to a weekend.
    Workday,
    Weekend,
    /// 法定节假日, the days moved to it among them.
    Holiday,
}

/// Public holidays and moved working days, by day; a year without any is not known.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    days: BTreeMap<NaiveDate, bool>,
    years: BTreeSet<i32>,
}

impl DayKind {
    pub(super) const ALL: [Self; 3] = [Self::Workday, Self::Weekend, Self::Holiday];

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Workday => "工作日",
            Self::Weekend => "周末",
            Self::Holiday => "法定节假日",
        }
    }
}

impl Calendar {
    /// Reads `data/calendar/holidays.tsv`; a fault names its line.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut calendar = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            if line.is_empty() || line.starts_with('#') || line.starts_with("from\t") {
                continue;
            }
            let fault = |what: &str| format!("calendar/holidays.tsv:{number}:1：{what}");
            let cells: Vec<&str> = line.split('\t').collect();
            let [from, until, kind, _name] = cells[..] else { return Err(fault("应有四列")) };
            let day = |cell: &str| cell.parse().map_err(|_| fault(&format!("{cell} 不是日期")));
            let (from, until): (NaiveDate, NaiveDate) = (day(from)?, day(until)?);
            let is_off = match kind {
                "off" => true,
                "work" => false,
                other => return Err(fault(&format!("类别应为 off 或 work，不是 {other}"))),
            };
            if until < from || (until - from).num_days() > 31 {
                return Err(fault("止日应不早于起日，且不超过一个月"));
            }
            for day in from.iter_days().take_while(|day| *day <= until) {
                if calendar.days.insert(day, is_off).is_some() {
                    return Err(fault(&format!("{day} 写了两次")));
                }
                calendar.years.insert(day.year());
            }
        }
        Ok(calendar)
    }

    pub(super) fn kind(&self, day: NaiveDate) -> DayKind {
        match self.days.get(&day) {
            Some(true) => DayKind::Holiday,
            None if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) => DayKind::Weekend,
            Some(false) | None => DayKind::Workday,
        }
    }

    /// Years of a span whose holidays are not known.
    pub(super) fn unknown_years(&self, from: NaiveDate, until: NaiveDate) -> Vec<i32> {
        (from.year()..=until.year()).filter(|year| !self.years.contains(year)).collect()
    }
}

/// The day, in days since 1970-01-01, and the hour of a moment.
pub(super) fn day_and_hour(at: DateTime<Utc>) -> (i64, i64) {
    let seconds = at.timestamp() + EAST;
    (seconds.div_euclid(86_400), seconds.rem_euclid(86_400) / 3600)
}

pub(super) fn day_of(date: NaiveDate) -> i64 {
    (date - NaiveDate::default()).num_days()
}

pub(super) fn date_of(day: i64) -> NaiveDate {
    NaiveDate::default().checked_add_signed(TimeDelta::days(day)).unwrap_or(NaiveDate::MAX)
}

/// 12 times the year and the number of the month from 0.
pub(super) fn month_of(date: NaiveDate) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month0())
}

/// The Monday of a day's week.
pub(super) fn monday_of(date: NaiveDate) -> NaiveDate {
    date - TimeDelta::days(i64::from(date.weekday().num_days_from_monday()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const SHIPPED: &str = include_str!("../../../../data/calendar/holidays.tsv");

    #[rstest]
    #[case("2026-03-01T15:59:59Z", "2026-03-01", 23)]
    #[case("2026-03-01T16:00:00Z", "2026-03-02", 0)]
    #[case("2026-03-02T15:59:59.999999Z", "2026-03-02", 23)]
    #[case("2025-12-31T16:00:00Z", "2026-01-01", 0)]
    // Where Shanghai had summer time last, and where Europe changes its clocks today: nothing jumps.
    #[case("1991-07-01T16:00:00Z", "1991-07-02", 0)]
    #[case("2026-03-29T01:00:00Z", "2026-03-29", 9)]
    #[case("1969-12-31T15:59:59Z", "1969-12-31", 23)]
    fn a_day_begins_at_midnight_in_shanghai(#[case] at: &str, #[case] date: &str, #[case] hour: i64) {
        let (day, found) = day_and_hour(at.parse().unwrap());
        assert_eq!((date_of(day).to_string().as_str(), found), (date, hour));
        assert_eq!(day_of(date_of(day)), day);
    }

    #[rstest]
    #[case("2026-02-14", DayKind::Workday)] // Saturday, moved
    #[case("2026-02-15", DayKind::Holiday)] // Sunday of the Spring Festival
    #[case("2026-02-23", DayKind::Holiday)] // Monday
    #[case("2026-02-24", DayKind::Workday)]
    #[case("2026-02-22", DayKind::Holiday)]
    #[case("2026-03-07", DayKind::Weekend)]
    #[case("2025-10-08", DayKind::Holiday)]
    #[case("2025-10-11", DayKind::Workday)]
    #[case("2024-05-11", DayKind::Workday)]
    #[case("2030-10-01", DayKind::Workday)] // not known yet
    fn holidays_and_moved_days_are_what_they_are(#[case] day: &str, #[case] kind: DayKind) {
        assert_eq!(Calendar::read(SHIPPED).unwrap().kind(day.parse().unwrap()), kind);
    }

    #[test]
    fn moved_days_are_weekends_and_each_year_has_its_days_off() {
        let calendar = Calendar::read(SHIPPED).unwrap();
        for (day, is_off) in &calendar.days {
            let is_weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
            assert!(*is_off || is_weekend, "{day} is a working day anyway");
        }
        // 11 days by law until 2024, 13 from 2025 on, and the weekends and moved days around them.
        for (year, n_off) in [(2024, 28), (2025, 28), (2026, 33)] {
            let off = calendar.days.iter().filter(|(day, is_off)| day.year() == year && **is_off).count();
            assert_eq!(off, n_off, "{year}");
        }
        let span =
            |from: &str, until: &str| calendar.unknown_years(from.parse().unwrap(), until.parse().unwrap());
        assert_eq!(span("2026-12-01", "2027-01-02"), [2027]);
        assert_eq!(span("2024-01-01", "2026-12-31"), [0_i32; 0]);
    }

    #[rstest]
    #[case("2026-01-01\t2026-01-03\toff", "holidays.tsv:1:1：应有四列")]
    #[case("2026-01-01\t2026-01-03\tfree\t元旦", "类别应为 off 或 work")]
    #[case("2026-01-03\t2026-01-01\toff\t元旦", "止日应不早于起日")]
    #[case("2026-13-01\t2026-13-01\toff\t元旦", "2026-13-01 不是日期")]
    #[case(
        "2026-01-01\t2026-01-02\toff\t元旦\n2026-01-02\t2026-01-02\twork\t元旦",
        "holidays.tsv:2:1：2026-01-02 写了两次"
    )]
    fn a_fault_names_its_line(#[case] text: &str, #[case] expected: &str) {
        let fault = Calendar::read(text).unwrap_err();
        assert!(fault.contains(expected), "{fault}");
    }

    #[test]
    fn weeks_begin_on_monday_and_months_are_counted() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(monday_of(day("2026-03-01")), day("2026-02-23"));
        assert_eq!(monday_of(day("2026-03-02")), day("2026-03-02"));
        assert_eq!(month_of(day("2026-01-31")) + 1, month_of(day("2026-02-01")));
        assert_eq!(month_of(day("2025-12-31")) + 1, month_of(day("2026-01-01")));
    }
}
