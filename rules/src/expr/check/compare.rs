//! Comparisons: both sides of one type and one unit.

use super::{
    super::{
        error::At,
        tree::{Node, Order, Tree},
        typed::{Cond, Num, TextTest},
    },
    Checker, Measure, Typed, label_text, negated_if,
};

impl Checker<'_> {
    pub(super) fn comparison(&mut self, at: At, left: &Tree, order: Order, right: &Tree) -> Option<Cond> {
        if let Some(test) = self.against_label(left, order, right) {
            return test;
        }
        if let Some(test) = self.against_label(right, order.mirrored(), left) {
            return test;
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
    fn against_label(&mut self, of: &Tree, order: Order, other: &Tree) -> Option<Option<Cond>> {
        let Node::Name(parts) = &of.node else { return None };
        let name = super::full_name(parts);
        let variable = self.vocabulary.resolve(&name)?;
        let typed = self.of_kind(name, variable.slot, variable.kind);
        if !matches!(typed, Typed::Choice(..) | Typed::Set(..) | Typed::Text(..)) {
            return None;
        }
        self.typed(of)?;
        let text = label_text(other);
        let is_equality = matches!(order, Order::Equal | Order::Unequal);
        let test = match typed {
            Typed::Choice(name, slot, labels) => {
                if let Node::Name(parts) = &other.node
                    && !labels.contains(&text)
                    && self.vocabulary.resolve(&super::full_name(parts)).is_some()
                {
                    let message = format!("“{name}”是取值，“{text}”不是它的取值，不能互相比较");
                    return Some(self.refuse(other.at, "EX003", message));
                }
                let Some(label) = self.label(other.at, &name, &labels, &text) else { return Some(None) };
                if !is_equality {
                    let message = format!("“{name}”的取值不分大小，只能用 = 或 ≠");
                    return Some(self.refuse(other.at, "EX003", message));
                }
                Cond::In(slot, vec![label])
            }
            Typed::Set(name, ..) => {
                let message = format!("“{name}”可以选几项，不能用 {}，写 {name} 含 {text}", order.sign());
                return Some(self.refuse(other.at, "EX003", message));
            }
            Typed::Text(name, slot) => {
                if !is_equality {
                    let message = format!("“{name}”是文字，只能用 =、≠、含、匹配");
                    return Some(self.refuse(other.at, "EX003", message));
                }
                Cond::Text(slot, TextTest::Equals(text))
            }
            _ => return None,
        };
        Some(Some(negated_if(order == Order::Unequal, test)))
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
        if let Some(test) = self.counted(at, &one, order, right) {
            return test;
        }
        if let Some(test) = self.counted(at, &two, order.mirrored(), left) {
            return test;
        }
        let (one, two) = self.agree(at, (left, one, measure), (right, two, other))?;
        Some(Cond::Compare(one, order, two))
    }

    /// A count against a whole number is settled early.
    fn counted(&mut self, at: At, num: &Num, order: Order, other: &Tree) -> Option<Option<Cond>> {
        let (Num::Count(of), Node::Number(value, unit)) = (num, &other.node) else { return None };
        if let Some(unit) = unit.as_deref().filter(|unit| !super::super::unit::is_counting(unit)) {
            return Some(self.refuse(at, "EX005", format!("计数没有单位，不能写“{unit}”")));
        }
        let n = (0..=1000i32).find(|n| (f64::from(*n) - value).abs() < 1e-9);
        let Some(n) = n else {
            return Some(self.refuse(at, "EX003", "计数要与 0 到 1000 的整数比较"));
        };
        Some(Some(Cond::Count(of.clone(), order, i64::from(n))))
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
