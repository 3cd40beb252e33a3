//! Answers, and what the patient is told when one can't be taken.

use super::record::plain_reading;
use super::slots::{Bound, Cell, Domain, TODAY};
use super::visible::View;
use crate::expr::{Kind, calendar, nearest};

/// Longest text.
const LONGEST: usize = 4_000;

/// An answer as it arrives.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Yes or no.
    Truth(bool),
    /// A number in the unit of the question.
    Number(f64),
    /// A label.
    Choice(String),
    /// Labels.
    Set(Vec<String>),
    /// A text; also the one an option opens (`题.填写`).
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// How many rows a repeating group has; 0 says there is none.
    Rows(usize),
}

/// Why an answer is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// What was answered: a full name.
    pub path: String,
    /// What is the matter.
    pub why: Why,
    /// What the patient is told, in plain Chinese.
    pub message: String,
}

/// Kinds of refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// There is no such question, or nothing to answer there.
    Unknown,
    /// It is not shown now.
    Hidden,
    /// It is not to be changed.
    ReadOnly,
    /// Another kind of answer is wanted.
    Kind,
    /// There is no such option, or not now.
    Option,
    /// Too small, too large, too early, too late.
    Range,
    /// Too many decimal places.
    Decimals,
    /// Too many or too few options, rows or characters.
    Count,
    /// Chosen together with one that stands alone.
    Exclusive,
    /// The text has not the form asked for.
    Format,
}

impl Refusal {
    pub(super) fn new(path: &str, why: Why, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), why, message: message.into() }
    }
}

/// The value an answer gives a slot. `offered` also refuses options that are not shown now.
pub(super) fn accept(
    view: &View<'_>,
    path: &str,
    slot: u32,
    answer: Answer,
    offered: bool,
) -> Result<Cell, Refusal> {
    let refuse = |why, message: String| Err(Refusal::new(path, why, message));
    let info = view.plan.slot(slot);
    let Some(domain) = view.plan.domain(slot) else {
        return refuse(Why::ReadOnly, "这一项是算出来的，不用填".to_owned());
    };
    let index = |label: &str| {
        option(view, domain, label, offered).map_err(|message| Refusal::new(path, Why::Option, message))
    };
    let cell = match (&info.kind, answer) {
        (Kind::Truth, Answer::Truth(truth)) => Cell::Truth(truth),
        (Kind::Number { .. }, Answer::Number(number)) => Cell::Number(number),
        (Kind::Choice(_), Answer::Choice(label)) => {
            Cell::Choice(u16::try_from(index(&label)?).unwrap_or(u16::MAX))
        }
        (Kind::Set(labels), Answer::Set(chosen)) => {
            let mut bits = vec![0_u64; labels.len().div_ceil(64)];
            for label in &chosen {
                let at = index(label)?;
                bits[at / 64] |= 1 << (at % 64);
            }
            Cell::Set(bits.into())
        }
        (Kind::Text, Answer::Text(text)) => Cell::Text(text.trim().into()),
        (Kind::Date, Answer::Date(day)) => Cell::Date(day),
        (kind, _) => return refuse(Why::Kind, wanted(kind)),
    };
    match trouble(view, domain, &cell, info.unit_text.as_deref()) {
        Some((why, message)) => refuse(why, message),
        None => Ok(cell),
    }
}

fn option(view: &View<'_>, domain: &Domain, label: &str, offered: bool) -> Result<usize, String> {
    let Some(index) = domain.options.iter().position(|option| option.label == label) else {
        let near = nearest(label, domain.options.iter().map(|option| option.label.as_str()));
        let hint = near.map_or_else(String::new, |near| format!("，您是不是想选“{near}”？"));
        return Err(format!("没有“{label}”这个选项{hint}"));
    };
    if offered && !view.offers(domain, index) {
        return Err(format!("“{label}”现在不能选，请从显示的选项里选"));
    }
    Ok(index)
}

fn wanted(kind: &Kind) -> String {
    match kind {
        Kind::Truth => "这里请回答“是”或“否”",
        Kind::Number { .. } => "这里请填一个数字",
        Kind::Choice(_) => "这里请选一个选项",
        Kind::Set(_) => "这里请选一个或几个选项",
        Kind::Date => "这里请填一个日期，例如 2026年11月23日",
        _ => "这里请用文字回答",
    }
    .to_owned()
}

/// What is wrong with a value, if anything: bounds, decimal places, counts, exclusive options, length and form.
pub(super) fn trouble(
    view: &View<'_>,
    domain: &Domain,
    cell: &Cell,
    unit: Option<&str>,
) -> Option<(Why, String)> {
    match cell {
        Cell::Number(number) => number_trouble(view, domain, *number, unit),
        Cell::Date(day) => range_trouble(view, domain, f64::from(*day), &|day| {
            plain_reading(&Cell::Date(whole_day(day)), None).unwrap_or_default()
        }),
        Cell::Set(_) => set_trouble(domain, cell),
        Cell::Text(text) => text_trouble(domain, text),
        Cell::Unknown | Cell::Truth(_) | Cell::Choice(_) => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "`as` saturates; days come from dates")]
fn whole_day(day: f64) -> i32 {
    day as i32
}

fn number_trouble(
    view: &View<'_>,
    domain: &Domain,
    number: f64,
    unit: Option<&str>,
) -> Option<(Why, String)> {
    if !number.is_finite() {
        return Some((Why::Range, "这个数字太大了，请检查一下".to_owned()));
    }
    let shown = |number: f64| format!("{number}{}", unit.unwrap_or_default());
    if let Some(trouble) = range_trouble(view, domain, number, &shown) {
        return Some(trouble);
    }
    let places = domain.decimals?;
    let scaled = number * 10_f64.powi(i32::try_from(places).unwrap_or(0));
    if (scaled - scaled.round()).abs() <= 1e-6 * scaled.abs().max(1.0) {
        return None;
    }
    let message = if places == 0 {
        "这里请填整数".to_owned()
    } else {
        format!("小数点后最多 {places} 位")
    };
    Some((Why::Decimals, message))
}

fn range_trouble(
    view: &View<'_>,
    domain: &Domain,
    value: f64,
    shown: &dyn Fn(f64) -> String,
) -> Option<(Why, String)> {
    let bound = |bound: Option<Bound>| match bound? {
        Bound::Fixed(value) => Some(value),
        Bound::Today { months, days } => match view.cell(TODAY) {
            Cell::Date(today) => {
                calendar::add_months(*today, months).map(|day| f64::from(day) + f64::from(days))
            }
            _ => None,
        },
    };
    let (least, most) = (bound(domain.range.0), bound(domain.range.1));
    if least.is_none_or(|least| value >= least) && most.is_none_or(|most| value <= most) {
        return None;
    }
    let message = match (least, most) {
        (Some(least), Some(most)) => {
            format!("请填 {} 到 {} 之间的，您填的是 {}", shown(least), shown(most), shown(value))
        }
        (Some(least), None) => format!("不能小于 {}，您填的是 {}", shown(least), shown(value)),
        (None, Some(most)) => format!("不能大于 {}，您填的是 {}", shown(most), shown(value)),
        (None, None) => return None,
    };
    Some((Why::Range, format!("{message}，请再看一下")))
}

fn set_trouble(domain: &Domain, cell: &Cell) -> Option<(Why, String)> {
    let chosen = cell.chosen();
    let alone =
        (0..domain.options.len()).find(|index| domain.options[*index].exclusive && cell.chooses(*index));
    if let Some(alone) = alone.filter(|_| chosen > 1) {
        let message = format!("选了“{}”就不能再选别的，请去掉一边", domain.options[alone].label);
        return Some((Why::Exclusive, message));
    }
    let (least, most) = domain.count;
    if chosen < least && alone.is_none() {
        return Some((Why::Count, format!("请至少选 {least} 项")));
    }
    most.filter(|most| chosen > *most).map(|most| (Why::Count, format!("最多选 {most} 项，请去掉几个")))
}

fn text_trouble(domain: &Domain, text: &str) -> Option<(Why, String)> {
    let length = text.chars().count();
    let (least, most) = (domain.count.0.max(1), domain.count.1.unwrap_or(LONGEST).min(LONGEST));
    if length < least {
        let message =
            if least == 1 { "请写几个字".to_owned() } else { format!("请至少写 {least} 个字") };
        return Some((Why::Count, message));
    }
    if length > most {
        return Some((Why::Count, format!("太长了，最多 {most} 个字")));
    }
    let format = domain.format.as_ref()?;
    (!format.is_match(text)).then(|| (Why::Format, "写法不对，请按提示的格式再填一次".to_owned()))
}
