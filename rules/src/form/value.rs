//! Values of properties: ranges, counts, units, statuses and the like.

use crate::expr::nearest;

use super::{
    check::{Findings, one_line},
    draft::{Choice, Kind, Place, Property, Written},
    words::{self, Key, Sort},
};

/// Longest unit, in characters.
const MAX_UNIT: usize = 16;
/// Most decimals.
const MAX_DECIMALS: u32 = 6;

/// The two sides of the first `=>` outside of quotes, with their places: `条件 => 题`, `0~4 => 轻度`.
pub fn arrow(written: &Written) -> Option<(Written, Written)> {
    let is_inside = |at: usize| written.text[..at].matches('"').count() % 2 == 1;
    let at = written.text.match_indices("=>").map(|(at, _)| at).take(64).find(|at| !is_inside(*at))?;
    let part = |from: usize, to: usize| {
        let text = &written.text[from..to];
        let blanks = text.len() - text.trim_start().len();
        let before = written.text[..from + blanks].chars().count();
        let column = written.place.column + u32::try_from(before).unwrap_or(0);
        Written { text: text.trim().to_owned(), place: Place { line: written.place.line, column } }
    };
    Some((part(0, at), part(at + 2, written.text.len())))
}

/// The two ends of `a~b`; an end left out is open.
pub fn range(text: &str) -> Option<(Option<&str>, Option<&str>)> {
    let (from, to) = text.split_once('~')?;
    let end = |text| Some(str::trim(text)).filter(|end| !end.is_empty());
    let ends = (end(from), end(to));
    (ends != (None, None)).then_some(ends)
}

/// A list with Chinese or ASCII commas, each with its place; what has commas itself stands in `「…」`.
pub fn list(written: &Written) -> Vec<Written> {
    let mut found = Vec::new();
    let mut column = written.place.column;
    let mut quoted = false;
    let mut is_comma = |c: char| {
        quoted = match c {
            '「' => true,
            '」' => false,
            _ => quoted,
        };
        !quoted && matches!(c, ',' | '，' | '、')
    };
    for piece in written.text.split(&mut is_comma) {
        let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(0);
        let blanks = count(piece) - count(piece.trim_start());
        let place = Place { line: written.place.line, column: column + blanks };
        column += count(piece) + 1;
        if !piece.trim().is_empty() {
            let piece = piece.trim();
            let inside = piece.strip_prefix('「').and_then(|rest| rest.strip_suffix('」'));
            let text = inside.filter(|inside| !inside.is_empty() && !inside.contains(['「', '」']));
            found.push(Written { text: text.unwrap_or(piece).to_owned(), place });
        }
    }
    found
}

pub(super) fn check(
    findings: &mut Findings<'_>,
    key: &Key,
    property: &Property,
    kind: Option<Kind>,
    pointer: &str,
) {
    let value = &property.value;
    let at = format!("{pointer}/value");
    if value.text.is_empty() {
        findings.add(value, &at, "FM009", format!("{} 后面没有写内容", key.name), example(key, kind));
        return;
    }
    if key.sort != Sort::Text {
        one_line(findings, value, &at);
    }
    let text = value.text.as_str();
    match key.sort {
        Sort::Text | Sort::Expression => {}
        Sort::Arrow => check_arrow(findings, key, value, &at),
        Sort::Band => check_band(findings, value, &at),
        Sort::Count => ranged(findings, key, value, &at, kind, |end| end.parse::<u32>().ok().map(f64::from)),
        Sort::Range if kind == Some(Kind::Date) => {
            ranged(findings, key, value, &at, kind, date);
        }
        Sort::Range => ranged(findings, key, value, &at, kind, number),
        Sort::Unit => check_unit(findings, value, kind, &at),
        Sort::Decimals => {
            if !text.parse::<u32>().is_ok_and(|decimals| decimals <= MAX_DECIMALS) {
                let message = format!("小数 {text} 应是 0 到 {MAX_DECIMALS} 的整数");
                findings.add(value, &at, "FM010", message, example(key, kind));
            }
        }
        Sort::Pattern => {
            if let Err(error) = regex::RegexBuilder::new(text).size_limit(1 << 18).build() {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().to_owned();
                findings.add(
                    value,
                    &at,
                    "FM015",
                    format!("格式不是正则表达式：{reason}"),
                    "例如 格式: 1[0-9]{10}",
                );
            }
        }
        Sort::Code => check_code(findings, value, &at),
        Sort::Version => {
            if !text.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit())) {
                findings.add(value, &at, "FM009", format!("版本 {text} 应是数字"), example(key, kind));
            }
        }
        Sort::Status => {
            if !words::STATUSES.iter().any(|status| status.0 == text) {
                let names = words::STATUSES.iter().flat_map(|status| [status.0, status.1]);
                let hint = nearest(text, names).map(|meant| format!("是不是 {meant}？"));
                let message = format!("没有状态 {text}：应是 草稿、待审、已发布 或 停用");
                findings.add(value, &at, "FM012", message, hint.as_deref().unwrap_or("写成 状态: 草稿"));
            }
        }
        Sort::Percent => {
            let percent = text.strip_suffix('%').and_then(|digits| number(digits.trim()));
            if !percent.is_some_and(|percent| (0.0..=100.0).contains(&percent)) {
                findings.add(value, &at, "FM009", format!("覆盖 {text} 应是 0% 到 100%"), example(key, kind));
            }
        }
    }
}

pub(super) fn check_choice(findings: &mut Findings<'_>, choice: &Choice, pointer: &str) {
    check_optional(findings, choice.reads.as_ref(), "=>", &format!("{pointer}/reads"));
    check_optional(findings, choice.when.as_ref(), "显示", &format!("{pointer}/when"));
    check_optional(findings, choice.concept.as_ref(), "概念", &format!("{pointer}/concept"));
    if let Some(score) = choice.score.as_ref().filter(|score| number(&score.text).is_none()) {
        let message = format!("分 {} 应是一个数", score.text);
        findings.add(score, &format!("{pointer}/score"), "FM014", message, "例如 ; 分 2");
    }
    if let Some(code) = &choice.code {
        check_code(findings, code, &format!("{pointer}/code"));
    }
}

pub(super) fn check_optional(
    findings: &mut Findings<'_>,
    value: Option<&Written>,
    word: &str,
    pointer: &str,
) {
    if let Some(value) = value.filter(|value| value.text.is_empty()) {
        findings.add(
            value,
            pointer,
            "FM004",
            format!("{word} 后面没有写内容"),
            &format!("补上内容，或去掉 {word}"),
        );
    }
}

fn check_arrow(findings: &mut Findings<'_>, key: &Key, value: &Written, at: &str) {
    let right = if key.name == "跳转" { "题的名称" } else { "给病人的话" };
    let hint = if key.name == "跳转" {
        "写成 跳转: 突发 = 是 => 急诊提示"
    } else {
        "写成 约束: 头痛时长 <= 3天 => 请核对"
    };
    match arrow(value) {
        None => {
            let message = format!("{} 里没有 =>：左边是条件，右边是{right}", key.name);
            findings.add(value, at, "FM013", message, hint);
        }
        Some((left, _)) if left.text.is_empty() => {
            findings.add(value, at, "FM013", "=> 左边没有条件".to_owned(), hint);
        }
        Some((_, target)) if target.text.is_empty() => {
            findings.add(&target, at, "FM013", format!("=> 右边没有{right}"), hint);
        }
        Some(_) => {}
    }
}

fn check_band(findings: &mut Findings<'_>, value: &Written, at: &str) {
    let hint = "例如 分级: 0~4 => 无明显焦虑";
    match arrow(value) {
        Some((left, right)) if !left.text.is_empty() && !right.text.is_empty() => {
            if let Some(message) = wrong_range("分级", &left.text, number) {
                findings.add(&left, at, "FM010", message, hint);
            }
        }
        _ => findings.add(value, at, "FM013", "分级 应是 范围 => 名称".to_owned(), hint),
    }
}

fn check_unit(findings: &mut Findings<'_>, value: &Written, kind: Option<Kind>, at: &str) {
    let text = value.text.as_str();
    if kind == Some(Kind::Duration) && !words::DURATIONS.contains(&text) {
        let message = format!("时长的单位不能是 {text}：应是 {}", words::DURATIONS.join("、"));
        findings.add(value, at, "FM011", message, "写成 单位: 天");
    } else if text.chars().count() > MAX_UNIT || text.contains(char::is_whitespace) || number(text).is_some()
    {
        findings.add(
            value,
            at,
            "FM011",
            format!("单位 {text} 应是一个词，例如 ℃、mmHg、次/分"),
            "只写单位，不写数字和空格",
        );
    }
}

fn check_code(findings: &mut Findings<'_>, value: &Written, at: &str) {
    let is_code = value
        .text
        .split_once('|')
        .is_some_and(|(system, code)| !system.trim().is_empty() && !code.trim().is_empty());
    if !is_code {
        let message = format!("编码 {} 应是 系统|代码", value.text);
        findings.add(value, at, "FM009", message, "例如 编码 ICD-10|R51");
    }
}

fn ranged(
    findings: &mut Findings<'_>,
    key: &Key,
    value: &Written,
    at: &str,
    kind: Option<Kind>,
    read: impl Fn(&str) -> Option<f64>,
) {
    if let Some(message) = wrong_range(key.name, &value.text, read) {
        let hint = if value.text.contains('~') {
            example(key, kind).to_owned()
        } else {
            format!("只有一个值时写成 {0}~{0}", value.text)
        };
        findings.add(value, at, "FM010", message, &hint);
    }
}

/// Why a text is no range.
fn wrong_range(name: &str, text: &str, read: impl Fn(&str) -> Option<f64>) -> Option<String> {
    let Some((low, high)) = range(text) else {
        return Some(format!("{name} {text} 应是 下限~上限，一边可以空着"));
    };
    for end in [low, high].into_iter().flatten() {
        if read(end).is_none() {
            return Some(format!("{name} {text} 里的 {end} 不对"));
        }
    }
    let (low, high) = (low.and_then(&read)?, high.and_then(&read)?);
    (low > high).then(|| format!("{name} {text} 的下限比上限大"))
}

/// A plain decimal number.
fn number(text: &str) -> Option<f64> {
    let is_plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    text.parse().ok().filter(|number: &f64| is_plain && number.is_finite())
}

/// A date as a number that grows with it; `今天` and days around it compare with nothing.
fn date(text: &str) -> Option<f64> {
    if let Some(rest) = text.strip_prefix("今天") {
        let rest = rest.trim();
        let offset = rest.strip_prefix(['+', '-']).map(str::trim);
        let digits = offset.map(|offset| offset.trim_end_matches(['天', '周', '月', '年']));
        let is_good = rest.is_empty() || digits.is_some_and(|digits| digits.trim().parse::<u16>().is_ok());
        return is_good.then_some(f64::NAN);
    }
    let text = text.replace(['年', '月'], "-").replace('日', "");
    let mut parts = text.split('-').map(|part| part.trim().parse::<u32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let is_date = parts.next().is_none()
        && (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days).contains(&day);
    is_date.then(|| f64::from(year * 372 + month * 31 + day))
}

fn example(key: &Key, kind: Option<Kind>) -> &'static str {
    match (key.name, kind) {
        ("版本", _) => "例如 版本: 1",
        ("状态", _) => "写成 状态: 草稿",
        ("覆盖", _) => "例如 覆盖: 100%",
        ("范围", Some(Kind::Date)) => "例如 范围: 1900-01-01~今天",
        ("范围", _) => "例如 范围: 34~43",
        ("小数", _) => "例如 小数: 1",
        ("长度", _) => "例如 长度: 0~200",
        ("个数", _) => "例如 个数: 1~3",
        ("次数", _) => "例如 次数: 0~10",
        ("单位", _) => "例如 单位: 天",
        ("分级", _) => "例如 分级: 0~4 => 无明显焦虑",
        ("跳转", _) => "例如 跳转: 突发 = 是 => 急诊提示",
        ("编码", _) => "例如 编码: ICD-10|R51",
        _ => "补上内容，或删掉这一行",
    }
}
