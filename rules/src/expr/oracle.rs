//! Expressions with numbers, dates, sets, scores, texts and groups: how they are written, and a second reading of
//! them, for clearness and not for speed.

use std::fmt;

use super::{
    Order, Value, calendar,
    clinic::{ALLERGENS, PAINS, Row, SORTS, Visitor},
};

pub(super) const JOBS: [&str; 3] = ["教师", "小学教师", "医生"];

#[derive(Debug, Clone)]
pub(super) enum Number {
    Literal(i32),
    Pain,
    Allergies,
    AllergyScore,
    Medicines,
    MedicinesWhere(RowTest),
    Characters,
    Month(Day),
    DaysBetween(Day, Day),
    Sum(Box<Number>, bool, Box<Number>),
    Product(Box<Number>, bool, Box<Number>),
    Negative(Box<Number>),
    Extreme(bool, Vec<Number>),
    If(Box<Test>, Box<Number>, Box<Number>),
    Count(Vec<Test>),
}

#[derive(Debug, Clone)]
pub(super) enum Day {
    Today,
    Menses,
    Literal(i32),
    Later(Box<Day>, i32, bool),
}

/// What a row is tested for.
#[derive(Debug, Clone)]
pub(super) enum RowTest {
    Dose(Order, i32),
    Sort(usize),
    OnTime,
    Fever,
    Before(Day),
    Not(Box<RowTest>),
    Both(Box<RowTest>, Box<RowTest>),
}

#[derive(Debug, Clone)]
pub(super) enum Test {
    Fever,
    Has(bool, usize),
    HasSome(bool, Vec<usize>),
    Pain(bool, Vec<usize>),
    Job(usize),
    Compare(Number, Order, Number),
    Between(Number, i32, i32),
    Days(Day, Order, Day),
    Duration(Order, i32),
    Dose(bool, Order, i32),
    Medicines(bool, RowTest),
    Not(Box<Test>),
    Join(bool, Vec<Test>),
}

struct List<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&written.join("，"))
    }
}

fn named<'a>(labels: &'a [&'a str], chosen: &[usize]) -> Vec<&'a str> {
    chosen.iter().map(|label| labels[*label]).collect()
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(value) => write!(f, "{value}"),
            Self::Pain => f.write_str("疼痛.分"),
            Self::Allergies => f.write_str("count(过敏史)"),
            Self::AllergyScore => f.write_str("过敏史.分"),
            Self::Medicines => f.write_str("计数(用药)"),
            Self::MedicinesWhere(row) => write!(f, "计数(用药, {row})"),
            Self::Characters => f.write_str("长度(职业)"),
            Self::Month(day) => write!(f, "月({day})"),
            Self::DaysBetween(from, to) => write!(f, "天数({from}, {to}) / 1天"),
            Self::Sum(one, minus, two) => write!(f, "({one} {} {two})", if *minus { "-" } else { "+" }),
            Self::Product(one, over, two) => write!(f, "({one}) {} ({two})", if *over { "÷" } else { "×" }),
            Self::Negative(of) => write!(f, "-({of})"),
            Self::Extreme(most, of) => write!(f, "{}({})", if *most { "max" } else { "最小" }, List(of)),
            Self::If(test, yes, no) => write!(f, "如果({test}, {yes}, {no})"),
            Self::Count(of) => write!(f, "计数({})", List(of)),
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Today => f.write_str("今天"),
            Self::Menses => f.write_str("末次月经"),
            Self::Literal(day) => f.write_str(&calendar::written(*day)),
            Self::Later(of, n, months) => write!(f, "{of} + {n}{}", if *months { "个月" } else { "周" }),
        }
    }
}

impl fmt::Display for RowTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dose(order, dose) => write!(f, "用药.剂量 {} {dose}mg", order.sign()),
            Self::Sort(sort) => write!(f, "用药.种类 = {}", SORTS[*sort]),
            Self::OnTime => f.write_str("用药.按时"),
            Self::Fever => f.write_str("发热"),
            Self::Before(day) => write!(f, "用药.开始 < {day}"),
            Self::Not(of) => write!(f, "非 ({of})"),
            Self::Both(one, two) => write!(f, "({one}) 且 ({two})"),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fever => f.write_str("发热"),
            Self::Has(not, one) => {
                write!(f, "过敏史 {} {}", if *not { "不含" } else { "含" }, ALLERGENS[*one])
            }
            Self::HasSome(all, of) => {
                let word = if *all { "含全部" } else { "含任一" };
                write!(f, "过敏史 {word} ({})", List(&named(&ALLERGENS, of)))
            }
            Self::Pain(not, of) => {
                let word = if *not { "不属于" } else { "属于" };
                write!(f, "疼痛 {word} ({})", List(&named(&PAINS, of)))
            }
            Self::Job(job) => write!(f, "职业 含 \"{}\"", JOBS[*job]),
            Self::Compare(one, order, two) => write!(f, "计数(用药) * 0 + {one} {} {two}", order.sign()),
            Self::Between(of, least, most) => write!(f, "计数(用药) * 0 + {of} 介于 {least} 和 {most}"),
            Self::Days(one, order, two) => write!(f, "{one} {} {two} + 0天", order.sign()),
            Self::Duration(order, hours) => write!(f, "时长 + 发作 {} {hours}小时", order.sign()),
            Self::Dose(most, order, dose) => {
                write!(f, "{}(用药.剂量) {} {dose}mg", if *most { "最大" } else { "求和" }, order.sign())
            }
            Self::Medicines(all, row) => write!(f, "{}(用药, {row})", if *all { "全部" } else { "任一" }),
            Self::Not(of) => write!(f, "非 ({of})"),
            Self::Join(or, of) => {
                let parts: Vec<String> = of.iter().map(|part| format!("({part})")).collect();
                f.write_str(&parts.join(if *or { " 或 " } else { " 且 " }))
            }
        }
    }
}

fn ordered(left: f64, order: Order, right: f64) -> bool {
    let is_near = (left - right).abs() <= 1e-6 * left.abs().max(right.abs()).max(1.0);
    match order {
        Order::Equal => is_near,
        Order::Unequal => !is_near,
        Order::Greater => left > right && !is_near,
        Order::AtLeast => left > right || is_near,
        Order::Less => left < right && !is_near,
        Order::AtMost => left < right || is_near,
    }
}

fn some(of: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let all: Vec<Option<bool>> = of.collect();
    if all.contains(&Some(true)) {
        Some(true)
    } else {
        all.into_iter().collect::<Option<Vec<_>>>().map(|_| false)
    }
}

fn each(of: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    some(of.map(|part| part.map(|part| !part))).map(|part| !part)
}

impl Visitor {
    fn truth(&self, slot: usize) -> Option<bool> {
        match self.values[slot] {
            Value::Truth(value) => Some(value),
            _ => None,
        }
    }

    fn real(&self, slot: usize) -> Option<f64> {
        if let Value::Number(value) = self.values[slot] { Some(value) } else { None }
    }

    fn pain(&self) -> Option<usize> {
        if let Value::Choice(label) = self.values[6] { Some(usize::from(label)) } else { None }
    }

    fn allergies(&self) -> Option<Vec<usize>> {
        let Value::Set(words) = self.values[7] else { return None };
        Some((0..3).filter(|label| words[0] >> label & 1 == 1).collect())
    }

    fn job(&self) -> Option<&'static str> {
        if let Value::Text(text) = self.values[8] { Some(text) } else { None }
    }

    fn doses(&self) -> Option<Vec<f64>> {
        self.rows.iter().map(|row| if let Value::Number(dose) = row[0] { Some(dose) } else { None }).collect()
    }
}

impl Day {
    pub(super) fn read(&self, of: &Visitor) -> Option<i32> {
        let day = |slot: usize| if let Value::Date(day) = of.values[slot] { Some(day) } else { None };
        match self {
            Self::Today => day(16),
            Self::Menses => day(9),
            Self::Literal(day) => Some(*day),
            Self::Later(from, n, false) => Some(from.read(of)? + n * 7),
            Self::Later(from, n, true) => calendar::add_months(from.read(of)?, *n),
        }
    }
}

impl RowTest {
    pub(super) fn read(&self, row: &Row, of: &Visitor) -> Option<bool> {
        match (self, row) {
            (Self::Dose(order, dose), [Value::Number(value), ..]) => {
                Some(ordered(*value, *order, f64::from(*dose)))
            }
            (Self::Before(day), [_, _, Value::Date(start), ..]) => Some(*start < day.read(of)?),
            (Self::Sort(sort), [.., Value::Choice(label), _]) => Some(usize::from(*label) == *sort),
            (Self::OnTime, [.., Value::Truth(value)]) => Some(*value),
            (Self::Fever, _) => of.truth(0),
            (Self::Not(test), _) => test.read(row, of).map(|value| !value),
            (Self::Both(one, two), _) => each([one, two].into_iter().map(|test| test.read(row, of))),
            _ => None,
        }
    }
}

impl Number {
    pub(super) fn read(&self, of: &Visitor) -> Option<f64> {
        let count = |n: usize| f64::from(u32::try_from(n).unwrap());
        let value = match self {
            Self::Literal(value) => f64::from(*value),
            Self::Pain => [0.0, 1.0, 3.0][of.pain()?],
            Self::Allergies => count(of.allergies()?.len()),
            Self::AllergyScore => of.allergies()?.into_iter().map(|label| [4.0, 2.0, 1.0][label]).sum(),
            Self::Medicines => count(of.rows.len()),
            Self::MedicinesWhere(test) => {
                let rows: Option<Vec<bool>> = of.rows.iter().map(|row| test.read(row, of)).collect();
                count(rows?.into_iter().filter(|holds| *holds).count())
            }
            Self::Characters => count(of.job()?.chars().count()),
            Self::Month(day) => f64::from(calendar::date(day.read(of)?).1),
            Self::DaysBetween(from, to) => f64::from(to.read(of)? - from.read(of)?),
            Self::Sum(one, minus, two) => one.read(of)? + two.read(of)? * if *minus { -1.0 } else { 1.0 },
            Self::Product(one, false, two) => one.read(of)? * two.read(of)?,
            Self::Product(one, true, two) => one.read(of)? / two.read(of)?,
            Self::Negative(number) => -number.read(of)?,
            Self::Extreme(most, numbers) => {
                let numbers: Option<Vec<f64>> = numbers.iter().map(|number| number.read(of)).collect();
                numbers?.into_iter().reduce(if *most { f64::max } else { f64::min })?
            }
            Self::If(test, yes, no) => {
                if test.read(of)? {
                    yes.read(of)?
                } else {
                    no.read(of)?
                }
            }
            Self::Count(tests) => {
                let tests: Option<Vec<bool>> = tests.iter().map(|test| test.read(of)).collect();
                count(tests?.into_iter().filter(|holds| *holds).count())
            }
        };
        value.is_finite().then_some(value)
    }
}

impl Test {
    pub(super) fn read(&self, of: &Visitor) -> Option<bool> {
        Some(match self {
            Self::Fever => of.truth(0)?,
            Self::Has(not, one) => of.allergies()?.contains(one) != *not,
            Self::HasSome(is_all, wanted) => {
                let known = of.allergies()?;
                let mut found = wanted.iter().map(|one| known.contains(one));
                if *is_all { found.all(|has| has) } else { found.any(|has| has) }
            }
            Self::Pain(not, wanted) => wanted.contains(&of.pain()?) != *not,
            Self::Job(job) => of.job()?.contains(JOBS[*job]),
            Self::Compare(one, order, two) => ordered(one.read(of)?, *order, two.read(of)?),
            Self::Between(number, least, most) => {
                let value = number.read(of)?;
                ordered(value, Order::AtLeast, f64::from(*least))
                    && ordered(value, Order::AtMost, f64::from(*most))
            }
            Self::Days(one, order, two) => ordered(one.read(of)?.into(), *order, two.read(of)?.into()),
            Self::Duration(order, hours) => {
                ordered(of.real(4)? * 24.0 + of.real(5)?, *order, f64::from(*hours))
            }
            Self::Dose(true, order, dose) => {
                ordered(of.doses()?.into_iter().reduce(f64::max)?, *order, f64::from(*dose))
            }
            Self::Dose(false, order, dose) => {
                ordered(of.doses()?.into_iter().sum(), *order, f64::from(*dose))
            }
            Self::Medicines(true, test) => each(of.rows.iter().map(|row| test.read(row, of)))?,
            Self::Medicines(false, test) => some(of.rows.iter().map(|row| test.read(row, of)))?,
            Self::Not(test) => !test.read(of)?,
            Self::Join(true, tests) => some(tests.iter().map(|test| test.read(of)))?,
            Self::Join(false, tests) => each(tests.iter().map(|test| test.read(of)))?,
        })
    }
}
