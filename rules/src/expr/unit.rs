//! Units of numbers, and what converts into what.

/// Spellings and the unit they mean.
const SPELLINGS: [(&str, &str); 10] = [
    ("个小时", "小时"),
    ("个月", "月"),
    ("个星期", "周"),
    ("星期", "周"),
    ("日", "天"),
    ("周岁", "岁"),
    ("°C", "℃"),
    ("度", "℃"),
    ("％", "%"),
    ("mL", "ml"),
];
/// Durations in minutes; a month counts 30 days and a year 365.
const MINUTES: [(&str, f64); 7] = [
    ("分钟", 1.0),
    ("小时", 60.0),
    ("天", 1440.0),
    ("周", 10_080.0),
    ("月", 43_200.0),
    ("年", 525_600.0),
    ("岁", 525_600.0),
];
/// Units counted by the calendar, in months: variables in them hold whole numbers.
const MONTHS: [(&str, f64); 3] = [("月", 1.0), ("年", 12.0), ("岁", 12.0)];

/// Units that only count: a number without unit is one of them.
const COUNTING: [&str; 4] = ["分", "次", "个", "项"];
/// Every unit a number may have.
const KNOWN: [&str; 28] = [
    "小时", "分钟", "月", "周", "天", "年", "岁", "℃", "mmHg", "mmol/L", "次/分", "kg", "cm", "mg", "μg",
    "ml", "g", "分", "次", "片", "粒", "支", "袋", "个", "项", "杯", "%", "级",
];

/// The unit as it is kept, by any of its spellings.
pub fn known(spelling: &str) -> Option<&'static str> {
    let unit = canonical(spelling);
    KNOWN.iter().find(|known| **known == unit).copied()
}

/// Every unit a number may have.
pub fn all() -> &'static [&'static str] {
    &KNOWN
}

/// Whether a unit only counts.
pub(super) fn is_counting(unit: &str) -> bool {
    COUNTING.contains(&unit)
}

/// Minutes of a unit of time whose length does not depend on the calendar.
pub(super) fn minutes(unit: &str) -> Option<f64> {
    MINUTES[..4].iter().find(|(name, _)| *name == unit).map(|(_, size)| *size)
}

/// The unit a spelling means, or the spelling itself.
pub(super) fn canonical(spelling: &str) -> &str {
    SPELLINGS.iter().find(|(other, _)| *other == spelling).map_or(spelling, |(_, unit)| unit)
}

/// Why a number does not convert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// The units measure different things.
    Family,
    /// The variable counts whole months or years, and the number is not one.
    Whole,
}

/// `value` in `from` as a number in `to`.
pub(super) fn convert(value: f64, from: &str, to: &str) -> Result<f64, Mismatch> {
    let (from, to) = (canonical(from), canonical(to));
    if from == to {
        return Ok(value);
    }
    let size = |units: &[(&str, f64)], name: &str| {
        units.iter().find(|(unit, _)| *unit == name).map(|(_, size)| *size)
    };
    if let Some(to_months) = size(&MONTHS, to) {
        let converted = match size(&MONTHS, from) {
            Some(months) => value * months / to_months,
            None => {
                value * size(&MINUTES, from).ok_or(Mismatch::Family)?
                    / size(&MINUTES, to).ok_or(Mismatch::Family)?
            }
        };
        return if converted.fract() == 0.0 { Ok(converted) } else { Err(Mismatch::Whole) };
    }
    match (size(&MINUTES, from), size(&MINUTES, to)) {
        (Some(from), Some(to)) => Ok(value * from / to),
        _ => Err(Mismatch::Family),
    }
}

/// A number with its unit; a broken number of days reads in hours or minutes when it is a whole one of those.
pub fn written(number: f64, unit: &str) -> String {
    let finer: &[(&str, f64)] = match unit {
        "周" => &[("天", 7.0), ("小时", 168.0), ("分钟", 10_080.0)],
        "天" => &[("小时", 24.0), ("分钟", 1440.0)],
        "小时" => &[("分钟", 60.0)],
        _ => &[],
    };
    let whole = |value: f64| (value - value.round()).abs() < 1e-6;
    if !whole(number) {
        for (name, factor) in finer {
            let value = number * factor;
            if whole(value) {
                return format!("{}{name}", value.round());
            }
        }
    }
    format!("{}{unit}", (number * 1e6).round() / 1e6)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(2.0, "周", "天", Ok(14.0))]
    #[case(12.0, "小时", "天", Ok(0.5))]
    #[case(90.0, "分钟", "小时", Ok(1.5))]
    #[case(3.0, "个月", "天", Ok(90.0))]
    #[case(2.0, "岁", "月", Ok(24.0))]
    #[case(36.0, "月", "岁", Ok(3.0))]
    #[case(38.5, "度", "℃", Ok(38.5))]
    #[case(6.0, "月", "岁", Err(Mismatch::Whole))]
    #[case(28.0, "天", "月", Err(Mismatch::Whole))]
    #[case(3.0, "天", "℃", Err(Mismatch::Family))]
    #[case(3.0, "℃", "岁", Err(Mismatch::Family))]
    #[case(140.0, "mmHg", "mmHg", Ok(140.0))]
    fn numbers_convert_within_a_family(
        #[case] value: f64,
        #[case] from: &str,
        #[case] to: &str,
        #[case] expected: Result<f64, Mismatch>,
    ) {
        assert_eq!(convert(value, from, to), expected);
    }

    #[test]
    fn numbers_read_as_people_say_them() {
        assert_eq!(written(2.0 / 24.0, "天"), "2小时");
        assert_eq!(written(3.0, "天"), "3天");
        assert_eq!(written(1.5, "周"), "252小时");
        assert_eq!(written(38.5, "℃"), "38.5℃");
        assert_eq!(written(20.0 / 1440.0, "天"), "20分钟");
    }
}
