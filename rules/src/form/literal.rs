//! Small things written in properties: numbers with units, ranges, labels, names nearly right.

use super::slots::Bound;
use crate::expr::{Expr, Facts, Kind, Value, Variable, Vocabulary, calendar};

/// A vocabulary of the one name `x`, which is zero: what a literal is worth in its unit.
struct Zero(Option<&'static str>);

impl Vocabulary for Zero {
    fn resolve(&self, name: &str) -> Option<Variable> {
        (name == "x").then_some(Variable { slot: 0, kind: Kind::Number { unit: self.0 } })
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Facts for Zero {
    fn value(&self, _: u32) -> Value<'_> {
        Value::Number(0.0)
    }
}

/// A number as written, in a unit of expressions, or in `own`, a unit they do not know.
pub(super) fn number(text: &str, unit: Option<&'static str>, own: Option<&str>) -> Option<f64> {
    let text = text.trim();
    let bare = own.and_then(|own| text.strip_suffix(own)).unwrap_or(text).trim();
    if let Ok(number) = bare.parse::<f64>()
        && bare.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'))
    {
        return Some(number);
    }
    let odd = |c: char| !(c.is_alphanumeric() || "℃°%％/.．-－ ".contains(c));
    if text.is_empty() || text.contains(odd) {
        return None;
    }
    let zero = Zero(unit);
    let (expr, _) = Expr::compute(&format!("x + ({text})"), &zero).ok()?;
    expr.number(&zero).filter(|number| number.is_finite())
}

/// A date as written: `2026-11-23`, `2026年11月23日`.
pub(super) fn date(text: &str) -> Option<i32> {
    let mut parts =
        text.trim().split(['-', '/', '年', '月', '日', '.']).map(str::trim).filter(|part| !part.is_empty());
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    calendar::days(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// Both ends of a range as written.
pub(super) fn ends(text: &str) -> Option<(&str, &str)> {
    let (from, to) = text.split_once(['~', '～', '〜'])?;
    Some((from.trim(), to.trim()))
}

/// Counts, both inside: `1~3`, `2~`, `3`.
pub(super) fn counts(text: &str) -> Option<(usize, Option<usize>)> {
    let Some((from, to)) = ends(text) else {
        let exact = text.trim().parse().ok()?;
        return Some((exact, Some(exact)));
    };
    let least = if from.is_empty() { 0 } else { from.parse().ok()? };
    let most = if to.is_empty() { None } else { Some(to.parse().ok()?) };
    most.is_none_or(|most| least <= most).then_some((least, most))
}

/// A bound of a date.
pub(super) fn day_bound(text: &str) -> Option<Bound> {
    if let Some(rest) = text.strip_prefix("今天").or_else(|| text.strip_prefix("today")) {
        let rest = rest.trim();
        if rest.is_empty() {
            return Some(Bound::Today { months: 0, days: 0 });
        }
        let (sign, rest) =
            rest.strip_prefix('-').map_or((1, rest.strip_prefix('+')), |rest| (-1, Some(rest)));
        let rest = rest?.trim();
        let digits = rest.trim_end_matches(|c: char| !c.is_ascii_digit());
        let number = i32::from(digits.parse::<u16>().ok()?) * sign;
        return match &rest[digits.len()..] {
            "" | "天" => Some(Bound::Today { months: 0, days: number }),
            "周" => Some(Bound::Today { months: 0, days: number * 7 }),
            "月" | "个月" => Some(Bound::Today { months: number, days: 0 }),
            "年" => Some(Bound::Today { months: number * 12, days: 0 }),
            _ => None,
        };
    }
    date(text).map(|day| Bound::Fixed(f64::from(day)))
}

/// What stands before and after the first arrow outside quotes, and how many characters stand before the second
/// part.
pub(super) fn arrow(text: &str) -> Option<(&str, &str, u32)> {
    let mut quoted = None;
    for (at, c) in text.char_indices() {
        match (quoted, c) {
            (None, '"') => quoted = Some('"'),
            (None, '“') => quoted = Some('”'),
            (None, '「') => quoted = Some('」'),
            (Some(end), c) if c == end => quoted = None,
            (None, '=' | '＝' | '⇒') => {
                let rest = &text[at..];
                let Some(len) = ["=>", "=＞", "＝>", "＝＞", "⇒"]
                    .iter()
                    .find_map(|mark| rest.starts_with(mark).then_some(mark.len()))
                else {
                    continue;
                };
                let after = &rest[len..];
                let target = after.trim_start();
                let before = text.chars().count() - target.chars().count();
                return Some((text[..at].trim_end(), target, super::graph::count(before)));
            }
            _ => {}
        }
    }
    None
}

/// Labels of a list: `前额, 颞部`.
pub(super) fn list(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |sign: char| {
        quoted = (quoted || sign == '「') && sign != '」';
        !quoted && matches!(sign, ',' | '，' | '、')
    })
    .map(|part| part.trim().trim_matches(['「', '」']))
    .filter(|part| !part.is_empty())
}

/// A name as expressions take it: in quotes when it has other characters than letters, digits, `_`, `-` and `·`,
/// or is a word of the language.
pub(super) fn quoted(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '·'))
        && name.chars().next().is_some_and(|c| !c.is_numeric() && c != '-')
        && !matches!(
            name,
            "且" | "或" | "非" | "是" | "否" | "含" | "不含" | "属于" | "匹配" | "介于" | "和"
        )
        && !name.is_ascii();
    if plain { name.to_owned() } else { format!("「{name}」") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_stand_outside_quotes() {
        assert_eq!(arrow("突发 = 是 => 急诊提示"), Some(("突发 = 是", "急诊提示", 10)));
        assert_eq!(arrow("甲 含 \"a=>b\" ＝＞ 乙"), Some(("甲 含 \"a=>b\"", "乙", 14)));
        assert_eq!(arrow("体温 >= 38℃"), None);
    }

    #[test]
    fn dates_exist() {
        assert_eq!(date("1970-01-01"), Some(0));
        assert_eq!(date("2024年2月29日"), Some(19_782));
        assert_eq!(date("2023-02-29"), None);
        assert_eq!(date("23-02-01"), None);
    }

    #[test]
    fn bounds_move_with_today() {
        assert_eq!(day_bound("今天 - 2周"), Some(Bound::Today { months: 0, days: -14 }));
        assert_eq!(day_bound("今天+1月"), Some(Bound::Today { months: 1, days: 0 }));
        assert_eq!(day_bound("今天 明天"), None);
    }

    #[test]
    fn counts_are_ranges() {
        assert_eq!(counts("1~3"), Some((1, Some(3))));
        assert_eq!(counts("2～"), Some((2, None)));
        assert_eq!(counts("3"), Some((3, Some(3))));
        assert_eq!(counts("3~1"), None);
        assert_eq!(counts("多"), None);
    }

    #[test]
    fn numbers_convert_into_the_unit_asked_for() {
        assert_eq!(number("3650", Some("天"), None), Some(3650.0));
        assert_eq!(number("2小时", Some("小时"), None), Some(2.0));
        assert_eq!(number("2周", Some("天"), None), Some(14.0));
        assert_eq!(number("3 杯", None, Some("杯")), Some(3.0));
        assert_eq!(number("3 或 x", None, None), None);
    }
}
