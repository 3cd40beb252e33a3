//! Numbers and periods as a record writes them.

use nlp::Period;

/// `3.0` → `3`, `38.6` → `38.6`.
pub(crate) fn number(value: f32) -> String {
    if (value - value.round()).abs() < 0.05 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// A period in the largest unit that fits: 30分钟, 8小时, 3天, 2周, 5个月, 2年.
pub(crate) fn period(period: &Period) -> String {
    let hours = period.hours;
    let days = hours / 24.0;
    if hours < 0.9 {
        format!("{}分钟", number((hours * 60.0).round().max(1.0)))
    } else if hours < 23.5 {
        format!("{}小时", number(hours.round()))
    } else if days < 13.5 {
        format!("{}天", number(days.round()))
    } else if (days - 15.0).abs() < 0.6 {
        "半月".to_owned()
    } else if days < 28.0 {
        format!("{}周", number((days / 7.0).round()))
    } else if days < 360.0 {
        let months = days / 30.0;
        format!("{}月", number(months.round().max(1.0)))
    } else {
        format!("{}年", number((days / 365.0).round().max(1.0)))
    }
}

/// Number of characters, as the writing norm counts them.
pub(crate) fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use nlp::Span;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0.5, "30分钟")]
    #[case(8.0, "8小时")]
    #[case(24.0, "1天")]
    #[case(72.0, "3天")]
    #[case(168.0, "7天")]
    #[case(336.0, "2周")]
    #[case(360.0, "半月")]
    #[case(720.0, "1月")]
    #[case(8760.0, "1年")]
    #[case(17520.0, "2年")]
    fn periods(#[case] hours: f32, #[case] expected: &str) {
        let span = Span { start: 0, end: 0 };
        assert_eq!(period(&Period { hours, is_point: false, span }), expected);
    }
}
