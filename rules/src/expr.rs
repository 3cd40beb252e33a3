//! Conditions over a case in three-valued logic: `发热 且 (体温 >= 38.5℃ 或 计数(咳嗽, 咳痰, 气短) >= 2)`.
//!
//! Keywords are `且` `and` `&&`, `或` `or` `||`, `非` `not` `!`, `是` `yes`, `否` `no`; comparisons `=` `≠` `>` `>=`
//! `<` `<=` and their other spellings; functions `计数` `任一` `全部` `已知`. A comparison binds closer than `非`, which
//! binds closer than `且`, then `或`. Names with other characters than letters, digits, `_`, `-` and `·` are quoted:
//! `「腹痛（右下）」.程度`. What was not answered is unknown, and a verdict is unknown unless the known answers settle it.

mod check;
mod code;
mod error;
mod explain;
mod logic;
mod parse;
mod suggest;
mod tree;
mod truth;
pub mod typed;
mod unit;
mod vocabulary;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod ward;

use std::fmt;

pub use error::ExprError;
pub use tree::Order;
pub use truth::Truth;
pub use vocabulary::{Facts, Kind, Value, Variable, Vocabulary};

use code::Code;
use logic::Logic;
use tree::Tree;

/// A compiled condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    tree: Tree,
    logic: Logic,
    code: Code,
    slots: Vec<u32>,
}

impl Expr {
    /// Reads and checks a condition; refused with everything that is wrong with it.
    pub fn compile(text: &str, vocabulary: &dyn Vocabulary) -> Result<Self, Vec<ExprError>> {
        let tree = parse::parse(text).map_err(|error| vec![error])?;
        let logic = check::check(&tree, vocabulary)?;
        let Some(code) = Code::of(&logic) else {
            return Err(vec![tree.at.error("EX006", "条件套得太深，或一个计数里超过 64 项，请拆开写")]);
        };
        let slots = explain::distinct(logic.tests().into_iter().flat_map(logic::Test::slots));
        Ok(Self { tree, logic, code, slots })
    }

    /// Whether it holds, as far as the facts say. Allocates nothing.
    #[inline]
    pub fn eval<F: Facts + ?Sized>(&self, facts: &F) -> Truth {
        self.code.eval(facts)
    }

    /// All variables, in order of first appearance.
    pub fn slots(&self) -> &[u32] {
        &self.slots
    }

    /// The unknown variables that can still change an unknown verdict, in order of appearance; empty when the
    /// verdict is settled.
    pub fn missing<F: Facts + ?Sized>(&self, facts: &F) -> Vec<u32> {
        explain::missing(&self.logic, &self.code, facts)
    }

    /// The variables that make it hold, in order of appearance: of an `或` those that hold, of an `且` all; empty
    /// unless it holds.
    pub fn reasons<F: Facts + ?Sized>(&self, facts: &F) -> Vec<u32> {
        explain::reasons(&self.logic, facts)
    }
}

/// The canonical spelling; compiles to the same condition.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tree.fmt(f)
    }
}
