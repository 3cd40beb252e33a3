//! What an XForms expression says, in our language.
//!
//! XPath has two values: `${x} != 'a'` holds without an answer, `${x} > 3` does not. Conditions come back as ones
//! that are Yes exactly when the expression is true (or, asked for the opposite, false).

use crate::expr::{Kind, Order};

use super::super::{
    logic::{denied, needed, tidy},
    names::{Directory, Entry},
    phrase::{Dialect, Phrase, Step, parse},
    term::{Term, date_days, mirrored, opposite},
};

type Result<T> = std::result::Result<T, String>;

/// Translates the expressions of one question.
#[derive(Debug, Clone, Copy)]
pub(super) struct XPath<'a> {
    pub(super) directory: &'a Directory,
    /// The question `.` stands for.
    pub(super) here: Option<u32>,
    /// The repeat it is in.
    pub(super) group: Option<u32>,
}

impl<'a> XPath<'a> {
    /// Yes exactly when an expression is true.
    pub(super) fn shown(&self, text: &str) -> Result<Term> {
        Ok(tidy(self.condition(&parse(text, Dialect::XPath)?, true, false)?))
    }

    /// No exactly when there is an answer and the expression is false.
    pub(super) fn kept(&self, text: &str) -> Result<Term> {
        let broken = self.condition(&parse(text, Dialect::XPath)?, false, false)?;
        let answered = self.here.map(|here| self.known(here)).transpose()?;
        Ok(denied(&tidy(Term::and(answered.into_iter().chain([broken])))))
    }

    /// The value of an expression.
    pub(super) fn value(&self, text: &str) -> Result<Term> {
        let phrase = parse(text, Dialect::XPath)?;
        self.number(&phrase).or_else(|why| self.condition(&phrase, true, true).map_err(|_| why))
    }

    fn entry(&self, slot: u32) -> Result<&'a Entry> {
        self.directory.entry(slot).ok_or_else(|| "没有这一题".to_owned())
    }

    fn known(&self, slot: u32) -> Result<Term> {
        Ok(Term::known(Term::name(&self.entry(slot)?.name)))
    }

    /// The question a phrase names.
    fn question(&self, phrase: &Phrase) -> Result<Option<u32>> {
        match phrase {
            Phrase::This => Ok(self.here),
            Phrase::Variable(name) => {
                let slot = self.directory.slot(name).ok_or_else(|| format!("没有名为“{name}”的题"))?;
                let group = self.entry(slot)?.group;
                if group.is_some() && group != self.group {
                    return Err(format!("“{name}”在重复的组里，不知道指哪一行"));
                }
                Ok(Some(slot))
            }
            _ => Ok(None),
        }
    }

    fn condition(&self, phrase: &Phrase, holds: bool, exact: bool) -> Result<Term> {
        match phrase {
            Phrase::Run(first, rest) => {
                let signs: Vec<&str> = rest.iter().map(|(sign, _)| *sign).collect();
                if signs.iter().all(|sign| *sign == "and") || signs.iter().all(|sign| *sign == "or") {
                    let parts = std::iter::once(first.as_ref()).chain(rest.iter().map(|(_, phrase)| phrase));
                    let parts: Result<Vec<Term>> =
                        parts.map(|part| self.condition(part, holds, exact)).collect();
                    let is_all = signs.contains(&"and") == holds;
                    return Ok(if is_all { Term::and(parts?) } else { Term::or(parts?) });
                }
                let [(sign, right)] = rest.as_slice() else { return Err("比较不能连写".to_owned()) };
                let order = order(sign).ok_or("不是条件")?;
                self.comparison(first, order, right, holds, exact)
            }
            Phrase::Steps(base, steps) if **base == Phrase::This => match steps.as_slice() {
                [step] => self.call(step, holds, exact),
                _ => Err("不是条件".to_owned()),
            },
            other => match self.question(other)? {
                Some(slot) if self.entry(slot)?.kind == Kind::Truth => {
                    self.atom(slot, Term::name(&self.entry(slot)?.name), holds, exact)
                }
                _ => Err("不是条件".to_owned()),
            },
        }
    }

    /// A test that is false without an answer.
    fn atom(&self, slot: u32, atom: Term, holds: bool, exact: bool) -> Result<Term> {
        let known = self.known(slot)?;
        Ok(match (holds, exact) {
            (true, false) => atom,
            (true, true) => Term::and([known, atom]),
            (false, _) => Term::or([known.not(), atom.not()]),
        })
    }

    fn call(&self, step: &Step, holds: bool, exact: bool) -> Result<Term> {
        let arguments = step.arguments.as_deref().ok_or("不是条件")?;
        match (step.name.as_str(), arguments) {
            ("true", []) => Ok(Term::Truth(holds)),
            ("false", []) => Ok(Term::Truth(!holds)),
            ("not", [of]) => self.condition(of, !holds, exact),
            ("boolean", [of]) => self.condition(of, holds, exact),
            ("selected", [question, Phrase::Text(name)]) => {
                let slot = self.question(question)?.ok_or("selected() 里应是一道题")?;
                let atom = self.is_choice(slot, name)?;
                self.atom(slot, atom, holds, exact)
            }
            ("regex", [question, Phrase::Text(pattern)]) => {
                let slot = self.question(question)?.ok_or("regex() 里应是一道题")?;
                let entry = self.entry(slot)?;
                if entry.kind != Kind::Text {
                    return Err("regex() 只查文字题".to_owned());
                }
                self.atom(
                    slot,
                    Term::Matches(Box::new(Term::name(&entry.name)), pattern.clone()),
                    holds,
                    exact,
                )
            }
            ("contains", [question, Phrase::Text(part)]) => {
                let slot = self.question(question)?.ok_or("contains() 里应是一道题")?;
                let entry = self.entry(slot)?;
                if entry.kind != Kind::Text {
                    return Err("contains() 只查文字题".to_owned());
                }
                let atom = Term::Has(Box::new(Term::name(&entry.name)), Box::new(Term::Text(part.clone())));
                self.atom(slot, atom, holds, exact)
            }
            (name, _) => Err(format!("{name}() 没有对应的写法")),
        }
    }

    fn is_choice(&self, slot: u32, name: &str) -> Result<Term> {
        let entry = self.entry(slot)?;
        let index = entry.codes.iter().position(|(_, code)| code == name);
        let label = index.and_then(|index| entry.labels().get(index));
        let label = Term::Label(label.ok_or_else(|| format!("没有选项“{name}”"))?.clone());
        Ok(match entry.kind {
            Kind::Set(_) => Term::Has(Box::new(Term::name(&entry.name)), Box::new(label)),
            _ => Term::compare(Term::name(&entry.name), Order::Equal, label),
        })
    }

    fn comparison(
        &self,
        left: &Phrase,
        order: Order,
        right: &Phrase,
        holds: bool,
        exact: bool,
    ) -> Result<Term> {
        if matches!(left, Phrase::Text(_)) && !matches!(right, Phrase::Text(_)) {
            return self.comparison(right, mirrored(order), left, holds, exact);
        }
        let equal = matches!(order, Order::Equal | Order::Unequal);
        // "!=" is the opposite of "=", also without an answer.
        let (wanted, holds) = if order == Order::Unequal { (Order::Equal, !holds) } else { (order, holds) };
        if let (Phrase::Text(text), Some(slot)) = (right, self.question(left)?) {
            let entry = self.entry(slot)?;
            if !equal {
                return Err("文字不分大小".to_owned());
            }
            if text.is_empty() {
                let known = self.known(slot)?;
                return Ok(if holds { known.not() } else { known });
            }
            let name = Term::name(&entry.name);
            return match &entry.kind {
                Kind::Text => {
                    self.atom(slot, Term::compare(name, Order::Equal, Term::Text(text.clone())), holds, exact)
                }
                Kind::Choice(_) => self.atom(slot, self.is_choice(slot, text)?, holds, exact),
                Kind::Set(_) => {
                    let mut parts = Vec::new();
                    let words: Vec<&str> = text.split_whitespace().collect();
                    for word in &words {
                        parts.push(self.is_choice(slot, word)?);
                    }
                    if words.len() > 1 {
                        return Err("多选题的答案有先后，不能整串比较，请用 selected()".to_owned());
                    }
                    let count = Term::Call("计数", vec![name]);
                    parts.push(Term::compare(count, Order::Equal, Term::Number(1.0, None)));
                    let all = Term::and(parts);
                    let known = self.known(slot)?;
                    Ok(match (holds, exact) {
                        (true, false) => all,
                        (true, true) => Term::and([known, all]),
                        (false, _) => Term::or([known.not(), denied(&all)]),
                    })
                }
                Kind::Truth if matches!(text.as_str(), "OK" | "yes" | "true") => {
                    self.atom(slot, name, holds, exact)
                }
                Kind::Number { .. } if text.parse::<f64>().is_ok() => {
                    let number = Phrase::Number(text.parse().unwrap_or_default());
                    self.comparison(
                        left,
                        order,
                        &number,
                        if order == Order::Unequal { !holds } else { holds },
                        exact,
                    )
                }
                _ => Err("题的类型与文字对不上".to_owned()),
            };
        }
        let compared = Term::compare(self.number(left)?, wanted, self.number(right)?);
        let names = needed(&compared).ok_or("说不清什么时候算不出来")?;
        let known = names.into_iter().map(Term::known);
        Ok(match (holds, exact) {
            (true, false) => compared,
            (true, true) => Term::and(known.chain([compared])),
            (false, _) => match compared {
                Term::Compare(a, order, b) => {
                    Term::or(known.map(Term::not).chain([Term::Compare(a, opposite(order), b)]))
                }
                other => other.not(),
            },
        })
    }

    fn number(&self, phrase: &Phrase) -> Result<Term> {
        match phrase {
            Phrase::Number(value) => Ok(Term::Number(*value, None)),
            Phrase::Negative(of) => Ok(Term::arithmetic(Term::Number(0.0, None), '-', self.number(of)?)),
            Phrase::Run(first, rest) => {
                let mut sum = self.number(first)?;
                for (sign, right) in rest {
                    let sign = match *sign {
                        "+" => '+',
                        "-" => '-',
                        "*" => '*',
                        "div" => '/',
                        other => return Err(format!("“{other}”没有对应的算法")),
                    };
                    sum = Term::arithmetic(sum, sign, self.number(right)?);
                }
                Ok(sum)
            }
            Phrase::Steps(base, steps) if **base == Phrase::This => match steps.as_slice() {
                [Step { name, arguments: Some(arguments) }] => self.function(name, arguments),
                _ => Err("不是数".to_owned()),
            },
            other => {
                let slot = self.question(other)?.ok_or("不是数")?;
                let entry = self.entry(slot)?;
                match entry.kind {
                    Kind::Number { .. } | Kind::Date => Ok(Term::name(&entry.name)),
                    _ => Err("不是数字题或日期题".to_owned()),
                }
            }
        }
    }

    fn function(&self, name: &str, arguments: &[Phrase]) -> Result<Term> {
        let zero = || Term::Number(0.0, None);
        let one =
            |phrase: &Phrase, function: &'static str| Ok(Term::Call(function, vec![self.number(phrase)?]));
        match (name, arguments) {
            ("number" | "once" | "date", [of]) if name != "date" || !matches!(of, Phrase::Text(_)) => {
                self.number(of)
            }
            ("abs", [of]) => one(of, "绝对值"),
            ("round", [of]) => one(of, "四舍五入"),
            ("round", [of, Phrase::Number(places)]) if *places == 0.0 => one(of, "四舍五入"),
            ("floor", [of]) => one(of, "向下取整"),
            ("ceiling", [of]) => one(of, "向上取整"),
            ("int", [of]) => {
                // Towards zero.
                let value = self.number(of)?;
                let is_positive = Term::compare(value.clone(), Order::AtLeast, zero());
                let up = Term::Call("向上取整", vec![value.clone()]);
                Ok(Term::Call("如果", vec![is_positive, Term::Call("向下取整", vec![value]), up]))
            }
            ("min", of) if of.len() > 1 => {
                Ok(Term::Call("最小", of.iter().map(|of| self.number(of)).collect::<Result<_>>()?))
            }
            ("max", of) if of.len() > 1 => {
                Ok(Term::Call("最大", of.iter().map(|of| self.number(of)).collect::<Result<_>>()?))
            }
            ("if", [cond, yes, no]) => {
                let cond = self.condition(cond, true, true)?;
                Ok(Term::Call("如果", vec![cond, self.number(yes)?, self.number(no)?]))
            }
            ("coalesce", [a, b]) => {
                let slot = self.question(a)?.ok_or("coalesce() 的第一项应是一道题")?;
                Ok(Term::Call("如果", vec![self.known(slot)?, self.number(a)?, self.number(b)?]))
            }
            ("count-selected", [question]) => {
                let slot = self.question(question)?.ok_or("count-selected() 里应是一道题")?;
                let entry = self.entry(slot)?;
                if !matches!(entry.kind, Kind::Set(_)) {
                    return Err("count-selected() 只数多选题".to_owned());
                }
                let count = Term::Call("计数", vec![Term::name(&entry.name)]);
                Ok(Term::Call("如果", vec![self.known(slot)?, count, zero()]))
            }
            ("string-length", [question]) => {
                let slot = self.question(question)?.ok_or("string-length() 里应是一道题")?;
                let entry = self.entry(slot)?;
                if entry.kind != Kind::Text {
                    return Err("string-length() 只数文字题".to_owned());
                }
                let length = Term::Call("长度", vec![Term::name(&entry.name)]);
                Ok(Term::Call("如果", vec![self.known(slot)?, length, zero()]))
            }
            ("count", [Phrase::Variable(group)]) => {
                let slot = self.directory.slot(group).ok_or_else(|| format!("没有名为“{group}”的组"))?;
                let entry = self.entry(slot)?;
                if entry.kind != Kind::Rows {
                    return Err("count() 只数重复的组".to_owned());
                }
                Ok(Term::Call("计数", vec![Term::name(&entry.name)]))
            }
            ("today", []) => Ok(Term::Name(vec!["今天".to_owned()])),
            ("date", [Phrase::Text(text)]) => {
                Ok(Term::Date(date_days(text).ok_or_else(|| format!("“{text}”不是日期"))?))
            }
            (name, _) => Err(format!("{name}() 没有对应的写法")),
        }
    }
}

fn order(sign: &str) -> Option<Order> {
    Some(match sign {
        "=" => Order::Equal,
        "!=" => Order::Unequal,
        ">" => Order::Greater,
        ">=" => Order::AtLeast,
        "<" => Order::Less,
        "<=" => Order::AtMost,
        _ => return None,
    })
}
