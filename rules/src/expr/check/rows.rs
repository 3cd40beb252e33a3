//! Functions, and what they mean over the rows of a repeating group.

use super::{
    super::{
        error::At,
        tree::{Function, Node, Tree},
        typed::{Cond, DatePart, Fold, Num, Rounding},
    },
    Checker, Measure, Typed,
};

/// Most conditions a count looks at.
const MAX_COUNTED: usize = 64;

impl Checker<'_> {
    pub(super) fn call(&mut self, at: At, function: Function, of: &[Tree]) -> Option<Typed> {
        match function {
            Function::Any | Function::All => self.quantified(at, function, of).map(Typed::Cond),
            Function::Count => self.count(at, of),
            Function::Known => self.known(at, of).map(Typed::Cond),
            Function::Sum | Function::Greatest | Function::Least | Function::Mean => {
                self.fold(at, function, of)
            }
            Function::Absolute => {
                let (num, measure) = self.only(at, function, of)?;
                Some(Typed::Num(Num::Absolute(Box::new(num)), measure))
            }
            Function::Round if of.len() == 2 => {
                let (num, measure) = self.only(at, function, &of[..1])?;
                let Node::Number(places, None) = of[1].node else {
                    return self.refuse(of[1].at, "EX007", "四舍五入的第二个数是小数位数，写 0 到 6");
                };
                if !(0.0..=6.0).contains(&places) || places.fract() != 0.0 {
                    return self.refuse(of[1].at, "EX007", "四舍五入的小数位数写 0 到 6");
                }
                let scale = Num::Const(10_f64.powf(places));
                let scaled = Num::Product(vec![num, scale.clone()]);
                let rounded = Num::Round(Box::new(scaled), Rounding::Nearest);
                Some(Typed::Num(Num::Quotient(Box::new(rounded), Box::new(scale)), measure))
            }
            Function::Round | Function::Floor | Function::Ceiling => {
                let (num, measure) = self.only(at, function, of)?;
                let rounding = match function {
                    Function::Floor => Rounding::Floor,
                    Function::Ceiling => Rounding::Ceiling,
                    _ => Rounding::Nearest,
                };
                Some(Typed::Num(Num::Round(Box::new(num), rounding), measure))
            }
            Function::If => self.either(at, of),
            Function::Age | Function::AgeInMonths => self.age(at, function, of),
            Function::Days => {
                let [from, to] = of else { return self.wrong_number(at, function, "两个日期") };
                let (from, to) = (self.date(from), self.date(to));
                let days = Num::Sum(vec![to?, Num::Negative(Box::new(from?))]);
                Some(Typed::Num(days, Measure::Of(Some("天"))))
            }
            Function::Year | Function::Month | Function::Day | Function::Weekday => {
                let [of] = of else { return self.wrong_number(at, function, "一个日期") };
                let part = match function {
                    Function::Year => DatePart::Year,
                    Function::Month => DatePart::Month,
                    Function::Day => DatePart::Day,
                    _ => DatePart::Weekday,
                };
                Some(Typed::Num(Num::Part(Box::new(self.date(of)?), part), Measure::Of(None)))
            }
            Function::Length => {
                let [of] = of else { return self.wrong_number(at, function, "一处文字") };
                match self.typed(of)? {
                    Typed::Text(_, slot) => Some(Typed::Num(Num::Size(slot), Measure::Of(None))),
                    _ => self.refuse(of.at, "EX003", "长度(…) 的括号里要是文字"),
                }
            }
        }
    }

    fn wrong_number<T>(&mut self, at: At, function: Function, wanted: &str) -> Option<T> {
        self.refuse(at, "EX007", format!("{}(…) 的括号里要写{wanted}", function.name()))
    }

    fn only(&mut self, at: At, function: Function, of: &[Tree]) -> Option<(Num, Measure)> {
        let [of] = of else { return self.wrong_number(at, function, "一个数") };
        let (num, measure) = self.number(of)?;
        if measure == Measure::Date {
            return self.refuse(of.at, "EX003", format!("{}(…) 的括号里要一个数，不是日期", function.name()));
        }
        Some((num, measure))
    }

    fn known(&mut self, at: At, of: &[Tree]) -> Option<Cond> {
        let [tree] = of else { return self.wrong_number(at, Function::Known, "一个名称") };
        let Some(name) = Self::single_name(tree) else {
            return self.refuse(at, "EX003", "已知(…) 的括号里只写一个名称");
        };
        let variable = self.variable(tree.at, &name)?;
        if let Typed::List(..) = self.of_kind(name, variable.slot, variable.kind) {
            self.condition(tree);
            return None;
        }
        Some(Cond::Known(variable.slot))
    }

    /// The group a call is about, when its first operand is one.
    fn group_of(&self, of: &[Tree]) -> Option<u32> {
        let name = Self::single_name(of.first()?)?;
        let variable = self.vocabulary.resolve(&name)?;
        matches!(variable.kind, super::Kind::Rows).then_some(variable.slot)
    }

    /// Reads operands as they stand in a row of a group.
    fn within<T>(&mut self, at: At, group: u32, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.group.is_some() {
            return self.refuse(at, "EX003", "组的函数里不能再套组的函数");
        }
        self.group = Some(group);
        let result = read(self);
        self.group = None;
        result
    }

    fn quantified(&mut self, at: At, function: Function, of: &[Tree]) -> Option<Cond> {
        let is_every = function == Function::All;
        if let Some(group) = self.group_of(of) {
            self.typed(&of[0]);
            let [_, cond] = of else { return self.wrong_number(at, function, "组名和一个条件") };
            let cond = self.within(at, group, |checker| checker.condition(cond))?;
            return Some(Cond::Rows { group, every: is_every, of: Box::new(cond) });
        }
        let of = self.conditions(of)?;
        Some(if is_every { Cond::And(of) } else { Cond::Or(of) })
    }

    fn count(&mut self, at: At, of: &[Tree]) -> Option<Typed> {
        let plain = |num| Some(Typed::Num(num, Measure::Of(None)));
        if let Some(group) = self.group_of(of) {
            self.typed(&of[0]);
            return match of {
                [_] => {
                    plain(Num::Rows { group, fold: Fold::Count, when: None, of: Box::new(Num::Const(1.0)) })
                }
                [_, cond] => {
                    let when = self.within(at, group, |checker| checker.condition(cond))?;
                    let of = Box::new(Num::Const(1.0));
                    plain(Num::Rows { group, fold: Fold::Count, when: Some(Box::new(when)), of })
                }
                _ => self.wrong_number(at, Function::Count, "组名，或组名和一个条件"),
            };
        }
        if let [single] = of
            && Self::single_name(single).is_some()
        {
            match self.typed(single)? {
                Typed::Set(_, slot, _) => return plain(Num::Size(slot)),
                Typed::Cond(cond) => return plain(Num::Count(vec![cond])),
                _ => {}
            }
        }
        if of.len() > MAX_COUNTED {
            return self.refuse(at, "EX006", "条件套得太深，或一个计数里超过 64 项，请拆开写");
        }
        plain(Num::Count(self.conditions(of)?))
    }

    fn fold(&mut self, at: At, function: Function, of: &[Tree]) -> Option<Typed> {
        if let [single] = of
            && let Some(Typed::List(group, _)) = Self::single_name(single)
                .and_then(|name| self.vocabulary.resolve(&name).map(|variable| (name, variable)))
                .map(|(name, variable)| self.of_kind(name, variable.slot, variable.kind))
        {
            let (num, measure) = self.within(at, group, |checker| checker.number(single))?;
            let fold = match function {
                Function::Greatest => Fold::Greatest,
                Function::Least => Fold::Least,
                Function::Mean => Fold::Mean,
                _ => Fold::Sum,
            };
            return Some(Typed::Num(Num::Rows { group, fold, when: None, of: Box::new(num) }, measure));
        }
        let (numbers, measure) = self.alike(of)?;
        if measure == Measure::Date && matches!(function, Function::Sum | Function::Mean) {
            return self.refuse(at, "EX003", "日期不能求和、求平均");
        }
        let count = of.iter().fold(0.0, |count, _| count + 1.0);
        let num = match function {
            Function::Greatest => Num::Greatest(numbers),
            Function::Least => Num::Least(numbers),
            Function::Mean => Num::Quotient(Box::new(Num::Sum(numbers)), Box::new(Num::Const(count))),
            _ => Num::Sum(numbers),
        };
        Some(Typed::Num(num, measure))
    }

    fn either(&mut self, at: At, of: &[Tree]) -> Option<Typed> {
        let [cond, yes, no] = of else {
            return self.wrong_number(at, Function::If, "条件、成立时的数、不成立时的数");
        };
        let cond = self.condition(cond);
        let (mut numbers, measure) =
            self.alike(std::slice::from_ref(yes)).and_then(|_| self.alike(&[yes.clone(), no.clone()]))?;
        let no = numbers.pop()?;
        let yes = numbers.pop()?;
        Some(Typed::Num(Num::If(Box::new(cond?), Box::new(yes), Box::new(no)), measure))
    }

    fn date(&mut self, tree: &Tree) -> Option<Num> {
        match self.number(tree)? {
            (num, Measure::Date) => Some(num),
            _ => self.refuse(tree.at, "EX003", format!("这里要一个日期，“{tree}”不是日期")),
        }
    }

    fn age(&mut self, at: At, function: Function, of: &[Tree]) -> Option<Typed> {
        let (from, to) = match of {
            [from] => (self.date(from)?, Num::Var(self.variable(at, "今天")?.slot)),
            [from, to] => (self.date(from)?, self.date(to)?),
            _ => return self.wrong_number(at, function, "出生日期，或出生日期和到哪天"),
        };
        let (from, to) = (Box::new(from), Box::new(to));
        Some(if function == Function::Age {
            Typed::Num(Num::YearsBetween(from, to), Measure::Of(Some("岁")))
        } else {
            Typed::Num(Num::MonthsBetween(from, to), Measure::Of(Some("月")))
        })
    }
}
