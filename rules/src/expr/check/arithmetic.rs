//! Numbers: units agree, dates and durations add up.

use super::{
    super::{
        error::At,
        tree::{Node, Tree, full_name},
        typed::Num,
        unit::{self, Mismatch},
    },
    Checker, Measure, Refused, Typed,
};

/// Minutes of a day.
const DAY: f64 = 1440.0;

impl Checker<'_> {
    pub(super) fn literal(&mut self, at: At, value: f64, unit: Option<&str>) -> Option<Typed> {
        let Some(written) = unit else { return Some(Typed::Num(Num::Const(value), Measure::Bare)) };
        let Some(unit) = unit::known(written) else {
            return self.refuse(at, "EX005", format!("没有“{written}”这个单位"));
        };
        Some(Typed::Num(Num::Const(value), Measure::Of(Some(unit))))
    }

    /// A number of any measure.
    pub(super) fn number(&mut self, tree: &Tree) -> Option<(Num, Measure)> {
        match self.typed(tree)? {
            Typed::Num(num, measure) => Some((num, measure)),
            Typed::List(..) => {
                self.condition(tree);
                None
            }
            _ => self.refuse(tree.at, "EX003", format!("这里要一个数，“{tree}”不是数")),
        }
    }

    /// Both sides in one unit.
    pub(super) fn agree(
        &mut self,
        at: At,
        (left, one, measure): (&Tree, Num, Measure),
        (right, two, other): (&Tree, Num, Measure),
    ) -> Option<(Num, Num)> {
        match (measure, other) {
            (Measure::Date, Measure::Date) => Some((one, two)),
            (Measure::Date, _) | (_, Measure::Date) => {
                self.refuse(at, "EX003", "日期只能和日期比较；两个日期相减得到天数，再和天数比较")
            }
            (Measure::Bare, _) | (_, Measure::Bare) => Some((one, two)),
            (Measure::Of(unit), Measure::Of(given)) => {
                if let Some(two) = self.constant(at, left, unit, right, given).ok()? {
                    return Some((one, two));
                }
                if let Some(one) = self.constant(at, right, given, left, unit).ok()? {
                    return Some((one, two));
                }
                let scale = self.scale(at, left, unit, right, given)?;
                Some((
                    one,
                    if (scale - 1.0).abs() < 1e-12 {
                        two
                    } else {
                        Num::Product(vec![two, Num::Const(scale)])
                    },
                ))
            }
        }
    }

    /// A literal converted to the unit of the other side; none when it is no literal.
    fn constant(
        &mut self,
        at: At,
        of: &Tree,
        unit: Option<&'static str>,
        literal: &Tree,
        given: Option<&'static str>,
    ) -> Result<Option<Num>, Refused> {
        let (Node::Number(value, Some(_)), Some(given)) = (&literal.node, given) else { return Ok(None) };
        let message = match unit.map(|unit| (unit, unit::convert(*value, given, unit))) {
            None if unit::is_counting(given) => return Ok(Some(Num::Const(*value))),
            None => format!("“{of}”没有单位，不能写“{given}”"),
            Some((_, Ok(value))) => return Ok(Some(Num::Const(value))),
            Some((unit, Err(Mismatch::Family))) => format!("“{of}”的单位是{unit}，不能与“{given}”比较"),
            Some((unit, Err(Mismatch::Whole))) => {
                format!("“{of}”按整{unit}计，{value}{given}不是整{unit}")
            }
        };
        self.refuse(at, "EX005", message).ok_or(Refused)
    }

    /// What a number of unit `given` is multiplied with to be one of `unit`.
    fn scale(
        &mut self,
        at: At,
        left: &Tree,
        unit: Option<&'static str>,
        right: &Tree,
        given: Option<&'static str>,
    ) -> Option<f64> {
        let counts = |unit: Option<&str>| unit.is_none_or(unit::is_counting);
        if unit == given || counts(unit) && counts(given) {
            return Some(1.0);
        }
        let minutes = |unit: Option<&str>| unit.and_then(unit::minutes);
        if let (Some(to), Some(from)) = (minutes(unit), minutes(given)) {
            return Some(from / to);
        }
        self.refuse(at, "EX005", format!("“{left}”与“{right}”的单位不同，不能直接比较"))
    }

    pub(super) fn sum(&mut self, parts: &[(bool, Tree)]) -> Option<Typed> {
        let mut parts = parts.iter();
        let (_, first) = parts.next()?;
        let (mut total, mut measure) = self.number(first)?;
        let mut before = first;
        for (minus, tree) in parts {
            let (num, other) = self.number(tree)?;
            (total, measure) = self.added((before, total, measure), *minus, (tree, num, other))?;
            before = tree;
        }
        Some(Typed::Num(total, measure))
    }

    fn added(
        &mut self,
        (left, one, measure): (&Tree, Num, Measure),
        minus: bool,
        (right, two, other): (&Tree, Num, Measure),
    ) -> Option<(Num, Measure)> {
        let signed = |num: Num| if minus { Num::Negative(Box::new(num)) } else { num };
        match (measure, other) {
            (Measure::Date, Measure::Date) if minus => {
                Some((Num::Sum(vec![one, signed(two)]), Measure::Of(Some("天"))))
            }
            (Measure::Date, Measure::Date) => self.refuse(right.at, "EX003", "两个日期不能相加，只能相减"),
            (Measure::Date, Measure::Of(Some(given))) => {
                if let Some(minutes) = unit::minutes(given) {
                    let days = Num::Product(vec![signed(two), Num::Const(minutes / DAY)]);
                    return Some((Num::Sum(vec![one, days]), Measure::Date));
                }
                let months = match given {
                    "月" => signed(two),
                    "年" | "岁" => Num::Product(vec![signed(two), Num::Const(12.0)]),
                    _ => {
                        return self.refuse(
                            right.at,
                            "EX005",
                            format!("日期不能加减“{given}”，只能加减天、周、月、年"),
                        );
                    }
                };
                Some((Num::AddMonths(Box::new(one), Box::new(months)), Measure::Date))
            }
            (Measure::Date, _) => self.refuse(right.at, "EX005", "日期加减要写单位，例如 + 3天"),
            (_, Measure::Date) => self.refuse(right.at, "EX003", "日期写在前面，例如 末次月经 + 280天"),
            _ => {
                let result = if measure == Measure::Bare { other } else { measure };
                let (one, two) = self.agree(right.at, (left, one, measure), (right, two, other))?;
                let sum = match one {
                    Num::Sum(mut parts) => {
                        parts.push(signed(two));
                        parts
                    }
                    one => vec![one, signed(two)],
                };
                Some((Num::Sum(sum), result))
            }
        }
    }

    pub(super) fn product(&mut self, parts: &[(bool, Tree)]) -> Option<Typed> {
        let mut parts = parts.iter();
        let (_, first) = parts.next()?;
        let (mut total, mut measure) = self.number(first)?;
        for (over, tree) in
            std::iter::once((false, None)).chain(parts.map(|(over, tree)| (*over, Some(tree))))
        {
            let Some(tree) = tree else {
                if measure == Measure::Date {
                    return self.refuse(first.at, "EX003", "日期不能乘除");
                }
                continue;
            };
            let (num, other) = self.number(tree)?;
            if other == Measure::Date {
                return self.refuse(tree.at, "EX003", "日期不能乘除");
            }
            measure = match (measure, other) {
                (Measure::Bare, Measure::Bare) => Measure::Bare,
                (Measure::Of(unit), Measure::Bare) => Measure::Of(unit),
                (Measure::Bare, Measure::Of(unit)) if !over => Measure::Of(unit),
                // Compound units are not kept: their product is a plain number.
                _ => Measure::Of(None),
            };
            total = if over {
                Num::Quotient(Box::new(total), Box::new(num))
            } else {
                match total {
                    Num::Product(mut parts) => {
                        parts.push(num);
                        Num::Product(parts)
                    }
                    total => Num::Product(vec![total, num]),
                }
            };
        }
        Some(Typed::Num(total, measure))
    }

    /// Several numbers in the unit of the first that has one.
    pub(super) fn alike(&mut self, trees: &[Tree]) -> Option<(Vec<Num>, Measure)> {
        let numbers: Vec<Option<(Num, Measure)>> = trees.iter().map(|tree| self.number(tree)).collect();
        let numbers: Vec<(Num, Measure)> = numbers.into_iter().collect::<Option<_>>()?;
        let lead = numbers.iter().position(|(_, measure)| *measure != Measure::Bare).unwrap_or(0);
        let (of, measure) = numbers.get(lead).cloned()?;
        let mut alike = Vec::new();
        for ((num, other), tree) in numbers.into_iter().zip(trees) {
            let (_, num) = self.agree(tree.at, (&trees[lead], of.clone(), measure), (tree, num, other))?;
            alike.push(num);
        }
        Some((alike, measure))
    }

    /// The name of a plain variable, for messages.
    pub(super) fn single_name(tree: &Tree) -> Option<String> {
        match &tree.node {
            Node::Name(parts) => Some(full_name(parts)),
            _ => None,
        }
    }
}
