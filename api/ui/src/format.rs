//! Times, ages and durations as Chinese readers expect them; moments are shown in China's time (UTC+8).

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, TimeDelta, Utc};

/// Weekdays from Monday.
const WEEKDAYS: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];

/// `2026-03-02`.
pub fn date(moment: DateTime<Utc>) -> String {
    local(moment).format("%Y-%m-%d").to_string()
}

/// `10:05`.
pub fn time(moment: DateTime<Utc>) -> String {
    local(moment).format("%H:%M").to_string()
}

/// `3月2日 10:05`; with the year when it is not `today`'s.
pub fn moment(moment: DateTime<Utc>, today: NaiveDate) -> String {
    let local = local(moment);
    let year = if local.year() == today.year() { String::new() } else { format!("{}年", local.year()) };
    format!("{year}{}月{}日 {}", local.month(), local.day(), local.format("%H:%M"))
}

/// `2026年3月2日 周一`.
pub fn day(day: NaiveDate) -> String {
    let weekday = WEEKDAYS[day.weekday().num_days_from_monday() as usize];
    format!("{}年{}月{}日 {weekday}", day.year(), day.month(), day.day())
}

/// The first moment of a day in China.
pub fn start_of(day: NaiveDate) -> DateTime<Utc> {
    DateTime::from_naive_utc_and_offset(day.and_time(chrono::NaiveTime::MIN) - TimeDelta::hours(8), Utc)
}

/// `3岁2个月` below 7 years, `8个月` below one, `不足1个月` below one month, then `45岁`.
pub fn age(months: u32) -> String {
    match (months / 12, months % 12) {
        (0, 0) => "不足1个月".into(),
        (0, months) => format!("{months}个月"),
        (years, 0) => format!("{years}岁"),
        (years, months) if years < 7 => format!("{years}岁{months}个月"),
        (years, _) => format!("{years}岁"),
    }
}

/// The two largest units: `3天4小时`, `5分钟`, `不到1分钟`.
pub fn duration(span: TimeDelta) -> String {
    let minutes = span.num_minutes();
    let units = [(minutes / 1440, "天"), (minutes / 60 % 24, "小时"), (minutes % 60, "分钟")];
    let Some(first) = units.iter().position(|(n, _)| *n > 0) else { return "不到1分钟".into() };
    let parts = units[first..].iter().take(2).filter(|(n, _)| *n > 0);
    parts.map(|(n, unit)| format!("{n}{unit}")).collect::<Vec<_>>().concat()
}

fn local(moment: DateTime<Utc>) -> DateTime<FixedOffset> {
    const HOURS_EAST: i32 = 8;
    FixedOffset::east_opt(HOURS_EAST * 3600)
        .map_or_else(|| moment.fixed_offset(), |zone| moment.with_timezone(&zone))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "不足1个月")]
    #[case(8, "8个月")]
    #[case(38, "3岁2个月")]
    #[case(36, "3岁")]
    #[case(85, "7岁")]
    #[case(547, "45岁")]
    fn ages(#[case] months: u32, #[case] shown: &str) {
        assert_eq!(age(months), shown);
    }

    #[rstest]
    #[case(30, "不到1分钟")]
    #[case(300, "5分钟")]
    #[case(3600, "1小时")]
    #[case(3 * 86400 + 4 * 3600 + 60, "3天4小时")]
    #[case(2 * 86400 + 60, "2天")]
    fn durations(#[case] seconds: i64, #[case] shown: &str) {
        assert_eq!(duration(TimeDelta::seconds(seconds)), shown);
    }

    #[test]
    fn days_change_at_midnight_in_china() {
        let late: DateTime<Utc> = "2026-03-01T16:30:00Z".parse().unwrap();
        assert_eq!((date(late).as_str(), time(late).as_str()), ("2026-03-02", "00:30"));
        let today = "2026-03-02".parse().unwrap();
        assert_eq!(moment(late, today), "3月2日 00:30");
        assert_eq!(moment(late - TimeDelta::days(90), today), "2025年12月2日 00:30");
        assert_eq!(day(today), "2026年3月2日 周一");
        assert_eq!(start_of(today), "2026-03-01T16:00:00Z".parse::<DateTime<Utc>>().unwrap());
    }
}
