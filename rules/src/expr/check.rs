//! Tree → checked logic: names resolved, types and units agreed.

use super::{
    error::{At, ExprError},
    logic::{Bound, Logic, Test},
    suggest::nearest,
    tree::{Function, Node, Order, Tree, full_name},
    unit::{self, Mismatch},
    vocabulary::{Kind, Variable, Vocabulary},
};

/// The logic of a tree, or everything that is wrong with it.
pub(super) fn check(tree: &Tree, vocabulary: &dyn Vocabulary) -> Result<Logic, Vec<ExprError>> {
    let mut checker = Checker { vocabulary, errors: Vec::new() };
    match checker.condition(tree) {
        Some(logic) if checker.errors.is_empty() => Ok(logic),
        _ => Err(checker.errors),
    }
}

struct Checker<'a> {
    vocabulary: &'a dyn Vocabulary,
    errors: Vec<ExprError>,
}

/// One side of a comparison.
enum Side {
    Condition(Logic),
    Literal(bool),
    Variable(String, u32, Option<&'static str>),
    Number(f64, Option<String>),
    Choice,
    Count(Vec<Logic>),
}

impl Checker<'_> {
    fn refuse<T>(&mut self, at: At, code: &'static str, message: impl Into<String>) -> Option<T> {
        self.errors.push(at.error(code, message));
        None
    }

    fn condition(&mut self, tree: &Tree) -> Option<Logic> {
        match &tree.node {
            Node::Literal(value) => Some(Logic::Test(Test::Constant(*value))),
            Node::Name(parts) => {
                let name = full_name(parts);
                let Variable { slot, kind } = self.variable(tree.at, &name)?;
                match kind {
                    Kind::Truth => Some(Logic::Test(Test::Is(slot))),
                    Kind::Number { .. } => {
                        self.refuse(tree.at, "EX003", format!("“{name}”是数值，要写比较，例如 {name} >= 1"))
                    }
                    Kind::Choice(labels) => {
                        let label = labels.first().cloned().unwrap_or_default();
                        self.refuse(
                            tree.at,
                            "EX003",
                            format!("“{name}”有几种取值，要写明是哪一种，例如 {name} = {label}"),
                        )
                    }
                }
            }
            Node::Number(value, _) => self.refuse(tree.at, "EX003", format!("{value} 是数值，不是条件")),
            Node::Not(of) => Some(Logic::Not(Box::new(self.condition(of)?))),
            Node::And(of) | Node::Call(Function::All, of) => Some(Logic::And(self.conditions(of)?)),
            Node::Or(of) | Node::Call(Function::Any, of) => Some(Logic::Or(self.conditions(of)?)),
            Node::Call(Function::Count, _) => {
                self.refuse(tree.at, "EX003", "计数的结果是数值，要写比较，例如 计数(…) >= 2")
            }
            Node::Call(Function::Known, of) => self.known(tree.at, of),
            Node::Compare(left, order, right) => self.comparison(tree.at, left, *order, right),
        }
    }

    /// All operands, so that every error in them is found.
    fn conditions(&mut self, trees: &[Tree]) -> Option<Vec<Logic>> {
        let conditions: Vec<Option<Logic>> = trees.iter().map(|tree| self.condition(tree)).collect();
        conditions.into_iter().collect()
    }

    fn known(&mut self, at: At, of: &[Tree]) -> Option<Logic> {
        let [Tree { at, node: Node::Name(parts) }] = of else {
            return self.refuse(at, "EX003", "已知(…) 的括号里只写一个名称");
        };
        let variable = self.variable(*at, &full_name(parts))?;
        Some(Logic::Test(Test::Known(variable.slot)))
    }

    fn variable(&mut self, at: At, name: &str) -> Option<Variable> {
        let variable = self.vocabulary.resolve(name);
        if variable.is_none() {
            let message = self.unknown(name);
            self.errors.push(at.error("EX002", message));
        }
        variable
    }

    fn unknown(&self, name: &str) -> String {
        if let Some(spaced) = self.spaced(name) {
            return format!("没有“{name}”这个名称；关键词两边要空格：{spaced}");
        }
        let names = self.vocabulary.names();
        let suggestion = match name.split_once('.') {
            Some((concept, attribute)) if self.vocabulary.resolve(concept).is_some() => {
                let own: Vec<String> =
                    names.iter().filter(|other| other.starts_with(&format!("{concept}."))).cloned().collect();
                match nearest(name, &own).or_else(|| own.first().cloned()) {
                    None => return format!("“{concept}”没有“{attribute}”这一项"),
                    found => found,
                }
            }
            Some((concept, attribute)) => nearest(concept, &names)
                .map(|concept| format!("{concept}.{attribute}"))
                .filter(|full| self.vocabulary.resolve(full).is_some())
                .or_else(|| nearest(name, &names)),
            None => nearest(name, &names),
        };
        let suggestion = suggestion.map_or_else(String::new, |other| format!("；是不是“{other}”？"));
        format!("没有“{name}”这个名称{suggestion}")
    }

    /// `发热且咳嗽` was meant as two names.
    fn spaced(&self, name: &str) -> Option<String> {
        if let Some(rest) = name.strip_prefix('非').filter(|rest| self.vocabulary.resolve(rest).is_some()) {
            return Some(format!("非 {rest}"));
        }
        name.char_indices().filter(|(_, c)| matches!(c, '且' | '或')).find_map(|(index, sign)| {
            let (left, right) = (&name[..index], &name[index + sign.len_utf8()..]);
            let is_known = |part| self.vocabulary.resolve(part).is_some();
            (is_known(left) && is_known(right)).then(|| format!("{left} {sign} {right}"))
        })
    }

    fn comparison(&mut self, at: At, left: &Tree, order: Order, right: &Tree) -> Option<Logic> {
        if let Some((name, slot, labels)) = self.choice(left) {
            return self.choice_test(&name, slot, &labels, order, right);
        }
        if let Some((name, slot, labels)) = self.choice(right) {
            return self.choice_test(&name, slot, &labels, order.mirrored(), left);
        }
        let first = self.side(left);
        if first.is_none() && matches!(right.node, Node::Name(_)) {
            // It may be a choice of the unknown name: only the first error is certain.
            return None;
        }
        let second = self.side(right);
        self.pair(at, first?, order, second?)
    }

    fn choice(&self, tree: &Tree) -> Option<(String, u32, Vec<String>)> {
        let Node::Name(parts) = &tree.node else { return None };
        let name = full_name(parts);
        match self.vocabulary.resolve(&name)? {
            Variable { slot, kind: Kind::Choice(labels) } => Some((name, slot, labels)),
            _ => None,
        }
    }

    fn choice_test(
        &mut self,
        name: &str,
        slot: u32,
        labels: &[String],
        order: Order,
        other: &Tree,
    ) -> Option<Logic> {
        let label = match &other.node {
            Node::Name(parts) => full_name(parts),
            Node::Literal(value) => if *value { "是" } else { "否" }.to_owned(),
            Node::Number(value, unit) => format!("{value}{}", unit.as_deref().unwrap_or_default()),
            _ => {
                return self.refuse(
                    other.at,
                    "EX003",
                    format!("“{name}”要与它的一种取值比较：{}", labels.join("、")),
                );
            }
        };
        let found =
            labels.iter().position(|known| *known == label).and_then(|index| u16::try_from(index).ok());
        let (Some(index), Ok(n)) = (found, u16::try_from(labels.len())) else {
            let hint = nearest(&label, labels).map_or_else(String::new, |near| format!("；是不是“{near}”？"));
            let message = format!("“{name}”没有“{label}”这种取值，可用：{}{hint}", labels.join("、"));
            return self.refuse(other.at, "EX004", message);
        };
        let test = Logic::Test(Test::Choice { slot, index, n });
        match order {
            Order::Equal => Some(test),
            Order::Unequal => Some(Logic::Not(Box::new(test))),
            _ => self.refuse(other.at, "EX003", format!("“{name}”的取值不分大小，只能用 = 或 ≠")),
        }
    }

    fn side(&mut self, tree: &Tree) -> Option<Side> {
        match &tree.node {
            Node::Number(value, unit) => Some(Side::Number(*value, unit.clone())),
            Node::Literal(value) => Some(Side::Literal(*value)),
            Node::Call(Function::Count, of) => Some(Side::Count(self.conditions(of)?)),
            Node::Name(parts) => {
                let name = full_name(parts);
                let Variable { slot, kind } = self.variable(tree.at, &name)?;
                Some(match kind {
                    Kind::Truth => Side::Condition(Logic::Test(Test::Is(slot))),
                    Kind::Number { unit } => Side::Variable(name, slot, unit),
                    Kind::Choice(_) => Side::Choice,
                })
            }
            _ => Some(Side::Condition(self.condition(tree)?)),
        }
    }

    fn pair(&mut self, at: At, left: Side, order: Order, right: Side) -> Option<Logic> {
        match (left, right) {
            (Side::Variable(name, slot, unit), Side::Number(value, given)) => {
                let value = self.converted(at, &name, unit, value, given.as_deref())?;
                Some(Logic::Test(Test::Number { slot, order, value }))
            }
            (Side::Count(of), Side::Number(value, unit)) => self.count(at, of, order, value, unit.as_deref()),
            (left @ Side::Number(..), right @ (Side::Variable(..) | Side::Count(_))) => {
                self.pair(at, right, order.mirrored(), left)
            }
            (Side::Variable(name, left, unit), Side::Variable(other, right, other_unit)) => {
                if left == right {
                    return self.refuse(at, "EX003", format!("“{name}”与自己比较，结果总是一样"));
                }
                if unit.map(unit::canonical) != other_unit.map(unit::canonical) {
                    return self.refuse(at, "EX005", format!("“{name}”与“{other}”的单位不同，不能直接比较"));
                }
                Some(Logic::Test(Test::Numbers { left, order, right }))
            }
            (Side::Condition(left), Side::Literal(value)) => {
                self.equality(at, left, order, Logic::Test(Test::Constant(value)))
            }
            (Side::Literal(value), Side::Condition(right)) => {
                self.equality(at, right, order, Logic::Test(Test::Constant(value)))
            }
            (Side::Condition(left), Side::Condition(right)) => self.equality(at, left, order, right),
            (Side::Number(..) | Side::Literal(_), Side::Number(..) | Side::Literal(_)) => {
                self.refuse(at, "EX003", "比较的两边至少要有一个名称")
            }
            _ => self.refuse(at, "EX003", "比较的两边不是同一类：是否、数值、取值不能互相比较"),
        }
    }

    fn equality(&mut self, at: At, left: Logic, order: Order, right: Logic) -> Option<Logic> {
        let same = match right {
            Logic::Test(Test::Constant(true)) => left,
            Logic::Test(Test::Constant(false)) => Logic::Not(Box::new(left)),
            right => Logic::Same(Box::new(left), Box::new(right)),
        };
        match order {
            Order::Equal => Some(same),
            Order::Unequal => Some(Logic::Not(Box::new(same))),
            _ => self.refuse(at, "EX003", "是与否不分大小，只能用 = 或 ≠"),
        }
    }

    fn count(
        &mut self,
        at: At,
        of: Vec<Logic>,
        order: Order,
        value: f64,
        unit: Option<&str>,
    ) -> Option<Logic> {
        let wanted = (0..=1000u32).find(|n| f64::from(*n).to_bits() == value.abs().to_bits() && value >= 0.0);
        match (wanted, unit) {
            (Some(n), None) => Some(Logic::Count(of, Bound { order, n })),
            (_, Some(unit)) => self.refuse(at, "EX005", format!("计数没有单位，不能写“{unit}”")),
            (None, None) => self.refuse(at, "EX003", "计数要与 0 到 1000 的整数比较"),
        }
    }

    fn converted(
        &mut self,
        at: At,
        name: &str,
        unit: Option<&'static str>,
        value: f64,
        given: Option<&str>,
    ) -> Option<f64> {
        let Some(given) = given else { return Some(value) };
        let Some(unit) = unit else {
            return self.refuse(at, "EX005", format!("“{name}”没有单位，不能写“{given}”"));
        };
        match unit::convert(value, given, unit) {
            Ok(value) => Some(value),
            Err(Mismatch::Family) => {
                self.refuse(at, "EX005", format!("“{name}”的单位是{unit}，不能与“{given}”比较"))
            }
            Err(Mismatch::Whole) => {
                self.refuse(at, "EX005", format!("“{name}”按整{unit}计，{value}{given}不是整{unit}"))
            }
        }
    }
}
