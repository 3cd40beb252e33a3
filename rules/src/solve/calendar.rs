//! The calendar of expressions over numbers that may lie anywhere.

use crate::expr::calendar;
use crate::expr::typed::DatePart;

/// Days beyond these are cut off; some 2,700 years to either side.
const FAR: f64 = 1e6;
/// Months beyond these are cut off.
const FAR_MONTHS: f64 = 30_000.0;

/// The day that a number falls on.
#[expect(clippy::cast_possible_truncation, reason = "cut off at FAR")]
fn whole(day: f64) -> i32 {
    day.clamp(-FAR, FAR).floor() as i32
}

/// `2026-11-23`
pub(super) fn written(day: f64) -> String {
    calendar::written(whole(day))
}

/// The first and the last day of a year, which may lie beyond the calendar.
pub(super) fn year(year: i32) -> (f64, f64) {
    let ends = (calendar::days(year, 1, 1), calendar::days(year, 12, 31));
    let far = if year < 1 { -FAR } else { FAR };
    (ends.0.map_or(far, f64::from), ends.1.map_or(far, f64::from))
}

/// A part of a day.
pub(super) fn part(of: f64, part: DatePart) -> f64 {
    let (year, month, day) = calendar::date(whole(of));
    match part {
        DatePart::Year => f64::from(year),
        DatePart::Month => f64::from(month),
        DatePart::Day => f64::from(day),
        DatePart::Weekday => f64::from((whole(of) + 3).rem_euclid(7) + 1),
    }
}

/// So many months later; beyond the calendar as far as numbers of days go.
pub(super) fn add_months(from: f64, months: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, reason = "cut off")]
    let count = months.round().clamp(-FAR_MONTHS, FAR_MONTHS) as i32;
    let beyond = if f64::from(whole(from)) + f64::from(count) * 30.4 < 0.0 { -FAR } else { FAR };
    calendar::add_months(whole(from), count).map_or(beyond, f64::from)
}

/// Whole months from one day to another.
pub(super) fn months(from: f64, to: f64) -> f64 {
    f64::from(calendar::months_between(whole(from), whole(to)))
}

/// Whole years from one day to another.
pub(super) fn years(from: f64, to: f64) -> f64 {
    f64::from(calendar::months_between(whole(from), whole(to)).div_euclid(12))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_like_days() {
        let day = |year, month, day| f64::from(calendar::days(year, month, day).unwrap());
        assert_eq!(written(day(2026, 11, 23) + 0.5), "2026-11-23");
        assert_eq!(written(add_months(day(2026, 1, 31), 1.0)), "2026-02-28");
        assert!((months(day(2026, 1, 31), day(2026, 2, 28)) - 1.0).abs() < 0.5);
        assert!((years(day(2000, 11, 24), day(2026, 11, 23)) - 25.0).abs() < 0.5);
        assert!((part(day(2026, 11, 23), DatePart::Weekday) - 1.0).abs() < 0.5);
        assert!(add_months(f64::INFINITY, 1.0).is_finite() && part(f64::NEG_INFINITY, DatePart::Year) < 0.0);
    }
}
