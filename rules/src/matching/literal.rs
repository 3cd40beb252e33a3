//! Values as they stand in cells: lists, ends of a range, numbers with units, dates.

use crate::expr::{Expr, ExprError, Vocabulary, typed};

/// The parts of a list, each with the characters before it; commas inside brackets or quotes do not part.
pub(super) fn list(text: &str) -> Vec<(usize, String)> {
    let mut parts = Vec::new();
    let (mut part, mut start, mut depth, mut quote) = (String::new(), 0, 0i32, None);
    let mut finish = |part: &mut String, start: usize| {
        let gap = part.chars().take_while(|sign| sign.is_whitespace()).count();
        if !part.trim().is_empty() {
            parts.push((start + gap, part.trim().to_owned()));
        }
        part.clear();
    };
    for (at, sign) in text.chars().enumerate() {
        match (quote, sign) {
            (Some(end), _) => quote = quote.filter(|_| sign != end),
            (None, '"') => quote = Some('"'),
            (None, '“') => quote = Some('”'),
            (None, '「') => quote = Some('」'),
            (None, '(' | '（' | '[' | '［') => depth += 1,
            (None, ')' | '）' | ']' | '］') => depth -= 1,
            (None, ',' | '，' | '、') if depth <= 0 => {
                finish(&mut part, start);
                start = at + 1;
                continue;
            }
            _ => {}
        }
        part.push(sign);
    }
    finish(&mut part, start);
    parts
}

/// The two ends of `3~5`, `3～5`, `3..5`, `3~`, `~5`.
pub(super) fn ends(text: &str) -> Option<(&str, &str)> {
    let (low, high) = ["..", "…", "~", "～"].iter().find_map(|sign| text.split_once(sign))?;
    let (low, high) = (low.trim(), high.trim());
    (!(low.is_empty() && high.is_empty())).then_some((low, high))
}

/// 是 or 否.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "是" | "yes" | "true" | "有" => Some(true),
        "否" | "no" | "false" | "没有" => Some(false),
        _ => None,
    }
}

/// Without the quotes around it.
pub(super) fn unquoted(text: &str) -> &str {
    let quotes = [('"', '"'), ('“', '”'), ('「', '」')];
    quotes.iter().find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close)).unwrap_or(text)
}

/// A number or date as one side of a comparison with `operand`, in its unit.
pub(super) fn constant(operand: &str, text: &str, names: &dyn Vocabulary) -> Result<f64, ExprError> {
    if let Ok(number) = text.parse::<f64>()
        && number.is_finite()
        && text.chars().all(|sign| sign.is_ascii_digit() || matches!(sign, '.' | '-'))
        && !is_date(operand, names)
    {
        return Ok(number);
    }
    let before = format!("{} >= ", quoted(operand));
    let shift = u32::try_from(before.chars().count()).unwrap_or(0);
    let expr = Expr::compile(&format!("{before}{text}"), names).map_err(|errors| {
        let mut error = errors.into_iter().next().unwrap_or_else(|| plain(format!("“{text}”读不懂")));
        error.column = if error.line == 1 { error.column.saturating_sub(shift).max(1) } else { 1 };
        error.line = 1;
        error
    })?;
    match expr.cond() {
        Some(typed::Cond::Compare(_, _, typed::Num::Const(number))) if number.is_finite() => Ok(*number),
        _ => Err(plain(format!("“{text}”不是一个固定的值"))),
    }
}

fn is_date(operand: &str, names: &dyn Vocabulary) -> bool {
    names.resolve(operand).is_some_and(|variable| variable.kind == crate::expr::Kind::Date)
}

fn plain(message: String) -> ExprError {
    ExprError { line: 1, column: 1, code: "EX003", message }
}

/// A name as an expression spells it; other operands in brackets.
pub(super) fn quoted(operand: &str) -> String {
    let is_plain = |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '-' | '·' | '.' | '「' | '」');
    if operand.chars().all(is_plain) { operand.to_owned() } else { format!("({operand})") }
}

/// A whole number of days.
pub(super) fn day(days: f64) -> Option<i32> {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
    (days.fract() == 0.0 && days.abs() < 10_000_000.0).then_some(days as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_part_at_commas_outside_brackets_and_quotes() {
        let parts = list("甲, [1,2]，“乙、丙”、 丁");
        let parts: Vec<(usize, &str)> = parts.iter().map(|(at, part)| (*at, part.as_str())).collect();
        assert_eq!(parts, [(0, "甲"), (3, "[1,2]"), (9, "“乙、丙”"), (16, "丁")]);
        assert!(list(" ，").is_empty());
    }
}
