//! Days and dates of the Gregorian calendar, without a clock.

/// Days since 1970-01-01 of a date; none when there is no such day.
pub(crate) fn days(year: i32, month: u32, day: u32) -> Option<i32> {
    if !(1..=12).contains(&month) || day == 0 || day > length(year, month) || !(1..=9999).contains(&year) {
        return None;
    }
    // Years begin in March, so that the leap day is the last one.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let month = i32::try_from((month + 9) % 12).ok()?;
    let day_of_year = (153 * month + 2) / 5 + i32::try_from(day).ok()? - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468)
}

/// Year, month and day of a number of days since 1970-01-01.
pub(crate) fn date(days: i32) -> (i32, u32, u32) {
    let days = i64::from(days) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let small = |n: i64| u32::try_from(n).unwrap_or(1);
    (i32::try_from(year).unwrap_or(0), small(month), small(day))
}

/// `2026-11-23`
pub(crate) fn written(days: i32) -> String {
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The same day some months later; the last one of a shorter month.
pub(crate) fn add_months(from: i32, months: i32) -> Option<i32> {
    let (year, month, day) = date(from);
    let count = year.checked_mul(12)?.checked_add(i32::try_from(month).ok()? - 1)?.checked_add(months)?;
    let (year, month) = (count.div_euclid(12), u32::try_from(count.rem_euclid(12)).ok()? + 1);
    days(year, month, day.min(length(year, month)))
}

/// Whole months from one day to another, rounded down: −1 when it lies less than a month before.
pub(crate) fn months_between(from: i32, to: i32) -> i32 {
    let ((year, month, day), (to_year, to_month, to_day)) = (date(from), date(to));
    let months = (to_year - year) * 12 + to_month.cast_signed() - month.cast_signed();
    // A month ends on the last day when there is no such day in it.
    months - i32::from(to_day < day && to_day < length(to_year, to_month))
}

fn length(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        assert_eq!(days(1970, 1, 1), Some(0));
        assert_eq!(days(2026, 11, 23), Some(20_780));
        assert_eq!(days(2026, 2, 29), None);
        assert_eq!(days(2024, 2, 29).map(date), Some((2024, 2, 29)));
        for day in (-700_000..2_900_000).step_by(997) {
            let (year, month, of_month) = date(day);
            assert_eq!(days(year, month, of_month), Some(day));
        }
    }

    #[test]
    fn months_are_counted_by_the_calendar() {
        let day = |y, m, d| days(y, m, d).unwrap();
        assert_eq!(add_months(day(2026, 1, 31), 1), Some(day(2026, 2, 28)));
        assert_eq!(add_months(day(2026, 1, 31), -2), Some(day(2025, 11, 30)));
        assert_eq!(months_between(day(2026, 1, 31), day(2026, 2, 28)), 1);
        assert_eq!(months_between(day(2020, 3, 15), day(2026, 3, 14)), 71);
        assert_eq!(months_between(day(2026, 3, 15), day(2020, 3, 15)), -72);
        assert_eq!(months_between(day(2026, 3, 15), day(2026, 3, 14)), -1);
    }
}
