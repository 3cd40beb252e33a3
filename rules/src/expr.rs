//! Expressions over a case in three-valued logic: `发热 且 (体温 >= 38.5℃ 或 计数(咳嗽, 咳痰, 气短) >= 2)`,
//! `体重 / (身高 / 100 * 身高 / 100)`, `过敏史 含任一 (青霉素, 头孢)`, `今天 - 末次月经 > 40天`, `任一(用药, 用药.剂量 > 5mg)`.
//!
//! Keywords are `且` `and` `&&`, `或` `or` `||`, `非` `not` `!`, `是` `yes`, `否` `no`; comparisons `=` `≠` `>` `>=`
//! `<` `<=` and their other spellings, `介于 … 和 …`, `含` `不含` `含任一` `含全部` `属于` `不属于` `匹配`; functions
//! `计数` `任一` `全部` `已知` `求和` `最大` `最小` `平均` `绝对值` `四舍五入` `向下取整` `向上取整` `如果` `年龄` `月龄` `天数` `年`
//! `月` `日` `星期` `长度`. Products bind closest, then sums, comparisons, `非`, `且`, `或`. Names with other characters
//! than letters, digits, `_`, `-` and `·` are quoted: `「腹痛（右下）」.程度`. What was not answered is unknown, and a
//! verdict is unknown unless the known answers settle it.

pub(crate) mod calendar;
mod check;
mod error;
mod eval;
mod explain;
mod parse;
mod suggest;
mod tree;
mod truth;
pub mod typed;
pub mod unit;
mod vocabulary;
mod walk;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod clinic;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod ward;
#[cfg(test)]
mod wide_cases;
#[cfg(test)]
mod wide_laws;

use std::fmt;

use regex::Regex;

pub use error::ExprError;
pub(crate) use suggest::nearest;
pub use tree::Order;
pub use truth::Truth;
pub use vocabulary::{Facts, Kind, Value, Variable, Vocabulary};

use check::{Checked, Measure, Typed};
use eval::Scene;
use tree::Tree;
use typed::{Cond, Num};

/// A compiled expression.
#[derive(Debug, Clone)]
pub struct Expr {
    tree: Tree,
    meaning: Meaning,
    patterns: Vec<(String, Regex)>,
    variables: Vec<(u32, Kind)>,
    slots: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq)]
enum Meaning {
    Cond(Cond),
    Num(Num),
    /// A variable of another type by itself.
    Slot(u32),
}

/// Two expressions are equal that mean the same part by part, however they are spelt.
impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.meaning == other.meaning
    }
}

impl Expr {
    /// Reads and checks a condition; refused with everything that is wrong with it.
    pub fn compile(text: &str, vocabulary: &dyn Vocabulary) -> Result<Self, Vec<ExprError>> {
        let tree = parse::parse(text).map_err(|error| vec![error])?;
        let checked = check::condition(&tree, vocabulary)?;
        Ok(Self::of(tree, checked).0)
    }

    /// Reads and checks an expression of any type, and says which it is.
    pub fn compute(text: &str, vocabulary: &dyn Vocabulary) -> Result<(Self, Kind), Vec<ExprError>> {
        let tree = parse::parse(text).map_err(|error| vec![error])?;
        let checked = check::expression(&tree, vocabulary)?;
        if matches!(checked.typed, Typed::List(..)) {
            return Err(vec![
                tree.at.error("EX003", "这是组里的一项，有几行就有几个值，要用 求和、最大、最小、计数"),
            ]);
        }
        Ok(Self::of(tree, checked))
    }

    fn of(tree: Tree, checked: Checked) -> (Self, Kind) {
        let Checked { typed, patterns, variables } = checked;
        let (meaning, kind) = match typed {
            Typed::Cond(cond) => (Meaning::Cond(cond), Kind::Truth),
            Typed::Num(num, Measure::Date) => (Meaning::Num(num), Kind::Date),
            Typed::Num(num, Measure::Of(unit)) => (Meaning::Num(num), Kind::Number { unit }),
            Typed::Num(num, Measure::Bare) => (Meaning::Num(num), Kind::Number { unit: None }),
            Typed::Choice(_, slot, labels) => (Meaning::Slot(slot), Kind::Choice(labels)),
            Typed::Set(_, slot, labels) => (Meaning::Slot(slot), Kind::Set(labels)),
            Typed::Text(_, slot) => (Meaning::Slot(slot), Kind::Text),
            Typed::Rows(_, slot) => (Meaning::Slot(slot), Kind::Rows),
            Typed::List(group, _) => (Meaning::Slot(group), Kind::Rows),
        };
        let mut slots = Vec::new();
        match &meaning {
            Meaning::Cond(cond) => walk::slots_of(cond, &mut slots),
            Meaning::Num(num) => walk::slots_of_number(num, &mut slots),
            Meaning::Slot(slot) => slots.push(*slot),
        }
        let slots = walk::distinct(slots);
        (Self { tree, meaning, patterns, variables, slots }, kind)
    }

    /// Whether it holds, as far as the facts say; unknown for what is no condition. Allocates nothing.
    #[inline]
    pub fn eval<F: Facts + ?Sized>(&self, facts: &F) -> Truth {
        match &self.meaning {
            Meaning::Cond(cond) => Scene::new(facts, &self.patterns).truth(cond),
            Meaning::Num(_) | Meaning::Slot(_) => Truth::Unknown,
        }
    }

    /// The number it gives (a date as days since 1970-01-01), as far as the facts say. Allocates nothing.
    #[inline]
    pub fn number<F: Facts + ?Sized>(&self, facts: &F) -> Option<f64> {
        match &self.meaning {
            Meaning::Num(num) => Scene::new(facts, &self.patterns).number(num),
            Meaning::Cond(_) | Meaning::Slot(_) => None,
        }
    }

    /// The condition it means, where it is one.
    pub fn cond(&self) -> Option<&Cond> {
        match &self.meaning {
            Meaning::Cond(cond) => Some(cond),
            Meaning::Num(_) | Meaning::Slot(_) => None,
        }
    }

    /// The number it means, where it is one.
    pub fn num(&self) -> Option<&Num> {
        match &self.meaning {
            Meaning::Num(num) => Some(num),
            Meaning::Cond(_) | Meaning::Slot(_) => None,
        }
    }

    /// All variables, in order of first appearance.
    pub fn slots(&self) -> &[u32] {
        &self.slots
    }

    /// The unknown variables that can still change an unknown verdict, or that a number waits for, in order of
    /// appearance; empty when the result is settled.
    pub fn missing<F: Facts + ?Sized>(&self, facts: &F) -> Vec<u32> {
        let scene = Scene::new(facts, &self.patterns);
        match &self.meaning {
            Meaning::Cond(cond) => explain::missing(cond, &self.variables, &scene),
            Meaning::Num(num) => explain::missing_for(num, &scene),
            Meaning::Slot(slot) => scene.is_unknown(*slot).then_some(*slot).into_iter().collect(),
        }
    }

    /// The variables that make it hold, or that a number is made of, in order of appearance: of an `或` those that
    /// hold, of an `且` all, of a 如果 the branch taken; empty unless it holds or has a value.
    pub fn reasons<F: Facts + ?Sized>(&self, facts: &F) -> Vec<u32> {
        let scene = Scene::new(facts, &self.patterns);
        match &self.meaning {
            Meaning::Cond(cond) => explain::reasons(cond, &scene),
            Meaning::Num(num) => explain::reasons_of(num, &scene),
            Meaning::Slot(slot) => (!scene.is_unknown(*slot)).then_some(*slot).into_iter().collect(),
        }
    }
}

/// The canonical spelling; compiles to the same expression.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tree.fmt(f)
    }
}

/// The tree of a text in canonical spelling, without a vocabulary; for tools that carry expressions over.
pub fn canonical(text: &str) -> Result<String, ExprError> {
    parse::parse(text).map(|tree| tree.to_string())
}
