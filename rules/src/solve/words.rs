//! Conditions, demands and values in words.

use crate::expr::typed::{Cond, DatePart, Fold, Num, Rounding, TextTest};
use crate::expr::{Order, unit};

use super::calendar;
use super::model::{Assignment, Domain, Given, Naming, Problem, Verdicts};

/// A condition as an editor would write it.
pub fn phrase(problem: &Problem, cond: &Cond) -> String {
    condition(problem, cond, false)
}

/// Values as an editor would read them; unknown ones are left out.
pub fn values(problem: &Problem, assignment: &Assignment) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (slot, given) in assignment {
        let naming = problem.names.get(slot).filter(|naming| !naming.name.is_empty());
        if let (Some(naming), false) = (naming, *given == Given::Unknown) {
            parts.push(format!("{} {}", naming.name, value(naming, given)));
        }
    }
    if parts.is_empty() { "什么都不答".to_owned() } else { parts.join("，") }
}

fn value(naming: &Naming, given: &Given) -> String {
    let label = |index: &u16| naming.labels.get(usize::from(*index)).cloned().unwrap_or_default();
    match given {
        Given::Unknown => "未答".to_owned(),
        Given::Truth(true) => "= 是".to_owned(),
        Given::Truth(false) => "= 否".to_owned(),
        Given::Number(number) => format!("= {}", amount(naming, *number)),
        Given::Choice(index) => format!("= {}", label(index)),
        Given::Set(chosen) if chosen.is_empty() => "一个也没选".to_owned(),
        Given::Set(chosen) => format!("= {}", chosen.iter().map(label).collect::<Vec<_>>().join("、")),
        Given::Text(text) => format!("= “{text}”"),
    }
}

/// A day as `2026-11-23`.
pub fn date(of: f64) -> String {
    calendar::written(of)
}

fn amount(naming: &Naming, number: f64) -> String {
    if naming.date {
        return date(number);
    }
    unit::written(super::span::tidy(number), naming.unit.as_deref().unwrap_or_default())
}

pub(super) fn demand(problem: &Problem, cond: &Cond, verdicts: Verdicts) -> String {
    let words = phrase(problem, cond);
    if verdicts == Verdicts::YES {
        words
    } else if verdicts == Verdicts::NO {
        format!("非（{words}）")
    } else if verdicts == Verdicts::UNKNOWN {
        format!("“{words}”无从判断")
    } else if verdicts == Verdicts::YES.complement() {
        format!("“{words}”不成立")
    } else if verdicts == Verdicts::NO.complement() {
        format!("“{words}”不能为否")
    } else {
        format!("“{words}”有结论")
    }
}

pub(super) fn answered(problem: &Problem, slot: u32) -> String {
    format!("{} 总有答案", name(problem, slot))
}

pub(super) fn shown_when(problem: &Problem, slot: u32, when: &Cond) -> String {
    format!("{} 只在“{}”时才有回答", name(problem, slot), phrase(problem, when))
}

pub(super) fn range(problem: &Problem, slot: u32, order: Order, end: f64) -> String {
    let naming = problem.names.get(&slot).cloned().unwrap_or_default();
    format!("{} 的范围是 {} {}", naming.name, sign(order), amount(&naming, end))
}

/// The name of a slot.
fn name(problem: &Problem, slot: u32) -> String {
    problem.names.get(&slot).map_or_else(|| format!("#{slot}"), |naming| naming.name.clone())
}

fn label(problem: &Problem, slot: u32, index: u16) -> String {
    let label = problem.names.get(&slot).and_then(|naming| naming.labels.get(usize::from(index)));
    label.cloned().unwrap_or_else(|| format!("第 {} 项", index + 1))
}

pub(super) fn sign(order: Order) -> &'static str {
    match order {
        Order::Equal => "=",
        Order::Unequal => "≠",
        Order::Greater => ">",
        Order::AtLeast => ">=",
        Order::Less => "<",
        Order::AtMost => "<=",
    }
}

fn joined(problem: &Problem, parts: &[Cond], with: &str, inside: bool) -> String {
    let words: Vec<String> = parts.iter().map(|part| condition(problem, part, true)).collect();
    let words = words.join(with);
    if inside && parts.len() > 1 { format!("（{words}）") } else { words }
}

fn condition(problem: &Problem, cond: &Cond, inside: bool) -> String {
    let name = |slot: &u32| name(problem, *slot);
    match cond {
        Cond::Const(true) => "是".to_owned(),
        Cond::Const(false) => "否".to_owned(),
        Cond::Truth(slot) if problem.variables.contains_key(slot) => format!("{} = 是", name(slot)),
        Cond::Truth(slot) => name(slot),
        Cond::Not(of) => match of.as_ref() {
            Cond::Truth(slot) if problem.variables.contains_key(slot) => format!("{} = 否", name(slot)),
            Cond::Has(slot, of) => format!("{} 不含 {}", name(slot), label(problem, *slot, *of)),
            Cond::Compare(a, order, b) => {
                let order = super::forward::opposite(*order);
                comparison(problem, a, order, b)
            }
            Cond::Known(slot) => format!("{} 没有回答", name(slot)),
            of => format!("非 {}", condition(problem, of, true)),
        },
        Cond::And(parts) => joined(problem, parts, " 且 ", inside),
        Cond::Or(parts) => joined(problem, parts, " 或 ", inside),
        Cond::Same(a, b) => {
            let text = format!("{} = {}", condition(problem, a, true), condition(problem, b, true));
            if inside { format!("（{text}）") } else { text }
        }
        Cond::Count(parts, order, n) => {
            let words: Vec<String> = parts.iter().map(|part| condition(problem, part, false)).collect();
            format!("计数({}) {} {n}", words.join("，"), sign(*order))
        }
        Cond::In(slot, labels) => match labels.as_slice() {
            [only] => format!("{} = {}", name(slot), label(problem, *slot, *only)),
            labels => {
                let labels: Vec<String> = labels.iter().map(|&of| label(problem, *slot, of)).collect();
                format!("{} 属于 ({})", name(slot), labels.join("，"))
            }
        },
        Cond::Has(slot, of) => format!("{} 含 {}", name(slot), label(problem, *slot, *of)),
        Cond::Compare(a, order, b) => comparison(problem, a, *order, b),
        Cond::Text(slot, TextTest::Equals(text)) => format!("{} = “{text}”", name(slot)),
        Cond::Text(slot, TextTest::Contains(text)) => format!("{} 含 “{text}”", name(slot)),
        Cond::Text(slot, TextTest::Matches(pattern)) => format!("{} 匹配 “{pattern}”", name(slot)),
        Cond::Known(slot) => format!("已知({})", name(slot)),
        Cond::Rows { group, every, of } => {
            let which = if *every { "全部" } else { "任一" };
            format!("{which}({}，{})", name(group), condition(problem, of, false))
        }
    }
}

/// The slot whose unit the constants of a comparison are in.
fn measure(num: &Num) -> Option<u32> {
    match num {
        Num::Var(slot) => Some(*slot),
        Num::Sum(parts) | Num::Least(parts) | Num::Greatest(parts) => parts.iter().find_map(measure),
        Num::Negative(of) | Num::Absolute(of) => measure(of),
        _ => None,
    }
}

/// Dates in a sum, those taken away counted against the others.
fn dates(problem: &Problem, num: &Num) -> i32 {
    match num {
        Num::Var(slot) => i32::from(problem.names.get(slot).is_some_and(|naming| naming.date)),
        Num::AddMonths(of, _) => dates(problem, of),
        Num::Negative(of) => -dates(problem, of),
        Num::Sum(parts) => parts.iter().map(|part| dates(problem, part)).sum(),
        _ => 0,
    }
}

fn days() -> Naming {
    Naming { unit: Some("天".to_owned()), ..Naming::default() }
}

fn comparison(problem: &Problem, a: &Num, order: Order, b: &Num) -> String {
    let of = measure(a).or_else(|| measure(b)).and_then(|slot| problem.names.get(&slot));
    let naming = match of {
        // From one date to another is a number of days.
        Some(naming) if naming.date && dates(problem, a) + dates(problem, b) == 0 => days(),
        Some(naming) => naming.clone(),
        None => Naming::default(),
    };
    format!("{} {} {}", number(problem, a, &naming), sign(order), number(problem, b, &naming))
}

fn sum(problem: &Problem, parts: &[Num], naming: &Naming) -> String {
    let dated = parts.iter().any(|part| dates(problem, part) != 0);
    let naming = if dated { &days() } else { naming };
    let mut text = String::new();
    for part in parts {
        let (sign, part) = match part {
            Num::Negative(of) => (" - ", of.as_ref()),
            part => (" + ", part),
        };
        if !text.is_empty() {
            text.push_str(sign);
        } else if sign == " - " {
            text.push('-');
        }
        text.push_str(&number(problem, part, naming));
    }
    text
}

fn number(problem: &Problem, num: &Num, naming: &Naming) -> String {
    let list = |parts: &[Num], with: &str| {
        parts.iter().map(|part| number(problem, part, naming)).collect::<Vec<_>>().join(with)
    };
    let two = |a: &Num, b: &Num| format!("{}, {}", number(problem, a, naming), number(problem, b, naming));
    match num {
        Num::Const(value) => amount(naming, *value),
        Num::Var(slot) => name(problem, *slot),
        Num::Score(slot, _) => format!("{}.分", name(problem, *slot)),
        Num::Sum(parts) => sum(problem, parts, naming),
        Num::Product(parts) => {
            let plain = Naming::default();
            parts.iter().map(|part| number(problem, part, &plain)).collect::<Vec<_>>().join(" × ")
        }
        Num::Quotient(a, b) => {
            format!("{} ÷ {}", number(problem, a, naming), number(problem, b, &Naming::default()))
        }
        Num::Negative(of) => format!("-{}", number(problem, of, naming)),
        Num::Least(parts) => format!("最小({})", list(parts, ", ")),
        Num::Greatest(parts) => format!("最大({})", list(parts, ", ")),
        Num::Absolute(of) => format!("绝对值({})", number(problem, of, naming)),
        Num::Round(of, Rounding::Nearest) => format!("四舍五入({})", number(problem, of, naming)),
        Num::Round(of, Rounding::Floor) => format!("向下取整({})", number(problem, of, naming)),
        Num::Round(of, Rounding::Ceiling) => format!("向上取整({})", number(problem, of, naming)),
        Num::If(cond, a, b) => format!("如果({}, {})", phrase(problem, cond), two(a, b)),
        Num::Count(parts) => {
            let words: Vec<String> = parts.iter().map(|part| phrase(problem, part)).collect();
            format!("计数({})", words.join("，"))
        }
        Num::Size(slot) => match problem.variables.get(slot).map(|variable| &variable.domain) {
            Some(Domain::Text { .. }) => format!("长度({})", name(problem, *slot)),
            _ => format!("计数({})", name(problem, *slot)),
        },
        Num::Part(of, part) => {
            let part = match part {
                DatePart::Year => "年",
                DatePart::Month => "月",
                DatePart::Day => "日",
                DatePart::Weekday => "星期",
            };
            format!("{part}({})", number(problem, of, naming))
        }
        Num::AddMonths(a, b) => {
            format!("{} + {}月", number(problem, a, naming), number(problem, b, &Naming::default()))
        }
        Num::YearsBetween(a, b) => format!("年龄({})", two(a, b)),
        Num::MonthsBetween(a, b) => format!("月龄({})", two(a, b)),
        Num::Rows { group, fold, .. } => {
            let fold = match fold {
                Fold::Count => "计数",
                Fold::Sum => "求和",
                Fold::Least => "最小",
                Fold::Greatest => "最大",
                Fold::Mean => "平均",
            };
            let more =
                if matches!(num, Num::Rows { fold: Fold::Count, when: None, .. }) { "" } else { "…" };
            format!("{fold}({}{more})", name(problem, *group))
        }
    }
}
