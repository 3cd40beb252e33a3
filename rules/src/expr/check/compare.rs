//! Comparisons: both sides of one type and one unit.

use super::{
    super::{
        error::At,
        tree::{Node, Order, Tree},
        typed::{Cond, Num, TextTest},
        unit,
        vocabulary::Kind,
    },
    Checker, Measure, Refused, Typed, label_text, negated_if,
};

impl Checker<'_> {
    pub(super) fn comparison(&mut self, at: At, left: &Tree, order: Order, right: &Tree) -> Option<Cond> {
        if let Some(cond) = self.against_label(left, order, right).ok()? {
            return Some(cond);
        }
        if let Some(cond) = self.against_label(right, order.mirrored(), left).ok()? {
            return Some(cond);
        }
        let first = self.typed(left);
        if first.is_none() && matches!(right.node, Node::Name(_)) {
            // It may be a choice of the unknown name: only the first error is certain.
            return None;
        }
        let second = self.typed(right);
        match (first?, second?) {
            (Typed::Num(one, measure), Typed::Num(two, other)) => {
                self.numbers(at, (left, one, measure), order, (right, two, other))
            }
            (Typed::Cond(Cond::Const(_)), Typed::Cond(Cond::Const(_))) => {
                self.refuse(at, "EX003", "比较的两边至少要有一个名称")
            }
            (Typed::Cond(Cond::Const(value)), Typed::Cond(of))
            | (Typed::Cond(of), Typed::Cond(Cond::Const(value))) => {
                self.equality(at, order, negated_if(!value, of))
            }
            (Typed::Cond(one), Typed::Cond(two)) => {
                self.equality(at, order, Cond::Same(Box::new(one), Box::new(two)))
            }
            (Typed::Text(..), Typed::Text(..)) => self.refuse(at, "EX003", "两处文字不能互相比较"),
            (Typed::List(..), _) => self.condition(left),
            (_, Typed::List(..)) => self.condition(right),
            _ => self.refuse(at, "EX003", "比较的两边不是同一类：是否、数值、取值不能互相比较"),
        }
    }

    /// A choice, a set or a text against what is written on the other side; none when `of` is no such name.
    fn against_label(&mut self, of: &Tree, order: Order, other: &Tree) -> Result<Option<Cond>, Refused> {
        let Some(name) = Self::single_name(of) else { return Ok(None) };
        let Some(variable) = self.vocabulary.resolve(&name) else { return Ok(None) };
        let typed = self.of_kind(name, variable.slot, variable.kind);
        if !matches!(typed, Typed::Choice(..) | Typed::Set(..) | Typed::Text(..)) {
            return Ok(None);
        }
        self.typed(of).ok_or(Refused)?;
        self.against(&typed, order, other).map(Some).ok_or(Refused)
    }

    fn against(&mut self, typed: &Typed, order: Order, other: &Tree) -> Option<Cond> {
        let written = label_text(other);
        let is_equality = matches!(order, Order::Equal | Order::Unequal);
        let same = match typed {
            Typed::Choice(name, slot, labels) => {
                let is_name =
                    Self::single_name(other).is_some_and(|name| self.vocabulary.resolve(&name).is_some());
                if is_name && !labels.contains(&written) {
                    let message = format!("“{name}”是取值，“{written}”不是它的取值，不能互相比较");
                    return self.refuse(other.at, "EX003", message);
                }
                let label = self.label(other.at, name, labels, &written)?;
                if !is_equality {
                    return self.refuse(other.at, "EX003", format!("“{name}”的取值不分大小，只能用 = 或 ≠"));
                }
                Cond::In(*slot, vec![label])
            }
            Typed::Text(name, slot) => {
                if !is_equality {
                    return self.refuse(other.at, "EX003", format!("“{name}”是文字，只能用 =、≠、含、匹配"));
                }
                Cond::Text(*slot, TextTest::Equals(self.text(other)?))
            }
            Typed::Set(name, ..) => {
                let message = format!("“{name}”可以选几项，不能用 {}，写 {name} 含 {written}", order.sign());
                return self.refuse(other.at, "EX003", message);
            }
            _ => return None,
        };
        Some(negated_if(order == Order::Unequal, same))
    }

    /// A text as written; a number would lose its zeros, a text variable would be taken for its name.
    pub(super) fn text(&mut self, tree: &Tree) -> Option<String> {
        match &tree.node {
            Node::Name(parts) => {
                let text = super::full_name(parts);
                let is_text = self.vocabulary.resolve(&text).is_some_and(|variable| match variable.kind {
                    Kind::Item { of, .. } => *of == Kind::Text,
                    kind => kind == Kind::Text,
                });
                if is_text {
                    return self.refuse(tree.at, "EX003", "两处文字不能互相比较");
                }
                Some(text)
            }
            Node::Literal(_) => Some(tree.to_string()),
            _ => self.refuse(tree.at, "EX003", "这里要文字；数字和符号要加引号，例如 \"0102\""),
        }
    }

    fn equality(&mut self, at: At, order: Order, same: Cond) -> Option<Cond> {
        match order {
            Order::Equal => Some(same),
            Order::Unequal => Some(Cond::Not(Box::new(same))),
            _ => self.refuse(at, "EX003", "是与否不分大小，只能用 = 或 ≠"),
        }
    }

    fn numbers(
        &mut self,
        at: At,
        (left, one, measure): (&Tree, Num, Measure),
        order: Order,
        (right, two, other): (&Tree, Num, Measure),
    ) -> Option<Cond> {
        if measure == Measure::Bare && other == Measure::Bare {
            return self.refuse(at, "EX003", "比较的两边至少要有一个名称");
        }
        if one == two {
            return self.refuse(at, "EX003", format!("“{left}”与自己比较，结果总是一样"));
        }
        if let Some(cond) = self.counted(at, &one, order, right).ok()? {
            return Some(cond);
        }
        if let Some(cond) = self.counted(at, &two, order.mirrored(), left).ok()? {
            return Some(cond);
        }
        let (one, two) = self.agree(at, (left, one, measure), (right, two, other))?;
        Some(Cond::Compare(one, order, two))
    }

    /// A count against a whole number is settled early; none when it is something else.
    fn counted(&mut self, at: At, num: &Num, order: Order, other: &Tree) -> Result<Option<Cond>, Refused> {
        let (Num::Count(of), Node::Number(value, unit)) = (num, &other.node) else { return Ok(None) };
        if let Some(unit) = unit.as_deref().filter(|unit| !unit::is_counting(unit)) {
            return self.refuse(at, "EX005", format!("计数没有单位，不能写“{unit}”")).ok_or(Refused);
        }
        let whole = (0..=1000i32).find(|n| (f64::from(*n) - value).abs() < 1e-9);
        let n = whole.or_else(|| self.refuse(at, "EX003", "计数要与 0 到 1000 的整数比较")).ok_or(Refused)?;
        Ok(Some(Cond::Count(of.clone(), order, i64::from(n))))
    }

    pub(super) fn between(&mut self, of: &Tree, least: &Tree, most: &Tree) -> Option<Cond> {
        let from = self.comparison(of.at, of, Order::AtLeast, least);
        let to = self.comparison(of.at, of, Order::AtMost, most);
        if let (Node::Number(low, unit), Node::Number(high, other)) = (&least.node, &most.node)
            && unit == other
            && low > high
        {
            return self.refuse(least.at, "EX003", "“介于”先写小的，再写大的");
        }
        Some(Cond::And(vec![from?, to?]))
    }
}
