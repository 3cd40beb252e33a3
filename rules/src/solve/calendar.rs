//! Days since 1970-01-01 and the calendar.

use crate::expr::typed::DatePart;

/// Days beyond these are cut off; some 2,700 years to either side.
const FAR: f64 = 1e6;

/// Year, month and day of a day.
pub(super) fn civil(day: f64) -> (i64, i64, i64) {
    #[expect(clippy::cast_possible_truncation, reason = "cut off at FAR")]
    let z = day.clamp(-FAR, FAR).floor() as i64 + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}

/// The day of a date; the month may be any number.
#[expect(clippy::cast_precision_loss, reason = "cut off at FAR")]
pub(super) fn day(year: i64, month: i64, day: i64) -> f64 {
    let (year, month) = (year + (month - 1).div_euclid(12), (month - 1).rem_euclid(12) + 1);
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    (era * 146_097 + doe - 719_468) as f64
}

/// A part of a day.
#[expect(clippy::cast_precision_loss, reason = "cut off at FAR")]
pub(super) fn part(of: f64, part: DatePart) -> f64 {
    let (year, month, day) = civil(of);
    match part {
        DatePart::Year => year as f64,
        DatePart::Month => month as f64,
        DatePart::Day => day as f64,
        DatePart::Weekday => (of.clamp(-FAR, FAR).floor() + 3.0).rem_euclid(7.0) + 1.0,
    }
}

/// So many months later; the 31st becomes the last of a shorter month.
pub(super) fn add_months(from: f64, months: f64) -> f64 {
    let (year, month, of_month) = civil(from);
    #[expect(clippy::cast_possible_truncation, reason = "clamped")]
    let month = month + months.round().clamp(-30_000.0, 30_000.0) as i64;
    let first = day(year, month, 1);
    let last = day(year, month + 1, 1) - 1.0;
    day(year, month, of_month).max(first).min(last)
}

/// Whole months from one day to a later one.
#[expect(clippy::cast_precision_loss, reason = "cut off at FAR")]
pub(super) fn months(from: f64, to: f64) -> f64 {
    let (a, b) = (civil(from), civil(to));
    ((b.0 - a.0) * 12 + b.1 - a.1 - i64::from(b.2 < a.2)) as f64
}

/// Whole years from one day to a later one.
#[expect(clippy::cast_precision_loss, reason = "cut off at FAR")]
pub(super) fn years(from: f64, to: f64) -> f64 {
    let (a, b) = (civil(from), civil(to));
    (b.0 - a.0 - i64::from((b.1, b.2) < (a.1, a.2))) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        assert_eq!(civil(0.0), (1970, 1, 1));
        assert_eq!(civil(20_780.0), (2026, 11, 23));
        assert!((day(2026, 11, 23) - 20_780.0).abs() < 0.5);
        assert_eq!(civil(add_months(day(2026, 1, 31), 1.0)), (2026, 2, 28));
        assert!((years(day(2000, 11, 24), day(2026, 11, 23)) - 25.0).abs() < 0.5);
        assert!((part(day(2026, 11, 23), DatePart::Weekday) - 1.0).abs() < 0.5);
    }
}
