//! Matching rules: which questionnaire for which visit, in four ways of inference with one trace.
//!
//! A file is a Markdown page ([`crate::page`]): front matter, the sections `输入` (a table `名称 | 类型 | 取值/范围 |
//! 单位`), `推导` (optional, `- 名称 := 表达式`), `规则` (a table) and `例` (examples: `编号 | 给出 | => 结果`, or one
//! column for each input). All other text is prose. Keys of the front matter: 编号 名称 种类（匹配） 方式 来源 状态
//! must be there; 版本 否则 结果（问卷、文字、数字） 命中 次序 取 门槛 邻数 最低相似 说明 may.
//!
//! - 方式 `依次`: `编号 | 条件 | 结果 | 理由`, optionally `优先`; the first that holds, with 取 `全部` all of them.
//! - 方式 `决策表`: columns of tests and `=> 结果`; 命中 唯一, 首条, 优先, 任意, 收集 (`收集 +`, `<`, `>`, `#`), 列出,
//!   排序 mean what they mean in DMN. `优先` and `排序` take the order of results from 次序.
//! - 方式 `加权`: `编号 | 候选 | 条件 | 分 | 理由`; the candidate with most points from 门槛 on.
//! - 方式 `近例`: `编号 | 输入… | => 结果`, optionally a row `权重`; the 邻数 nearest with 最低相似 vote.
//!
//! A row of `规则` whose 编号 is struck through (`~~胸痛~~`) is out of use and keeps its place.
//!
//! Unknown values leave a row open: it does not count, and [`Trace::open`] names the inputs that could change the
//! results. Codes: `MT001` front matter, `MT002` unknown key, section or column, `MT003` missing section or column,
//! `MT004` input, `MT005` derived value, `MT006` cycle of derived values, `MT007` no such questionnaire, `MT008` id,
//! `MT009` cell, `MT010` result of the hit policy, `MT011` number, `MT012` example; findings `MT020` gap, `MT021`
//! overlap, `MT022` conflict, `MT023` masked, `MT024` redundant, `MT025` mergeable, `MT026` misleading, `MT027` never
//! hit, `MT028` idle column, `MT029` search given up, `MT030` threshold out of reach, `MT032` unused input; `MT040`
//! an example fails, `MT041` no example hits the row. `rules/codes/MT.md` tells them with examples.

mod analysis;
mod compile;
mod condition;
mod datum;
mod examples;
mod grid;
mod input;
mod literal;
mod nearest;
mod ordered;
pub mod outline;
mod read;
mod scope;
mod space;
mod table;
mod trace;
mod unary;
mod weighted;
mod whatif;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod laws;

use kb::Fault;

pub use datum::{Datum, Visit};
pub use examples::Checked;
pub use input::Input;
pub use trace::{Decision, Known, Step, Trace};
pub use whatif::{Change, Differences, Move, what_if};

use examples::Example;
use nearest::Nearest;
use ordered::Ordered;
use scope::Scope;
use table::Table;
use trace::Outcome;
use weighted::Weighted;

/// The questionnaires rules may name.
pub trait Targets {
    /// Whether there is one with this id.
    fn has(&self, id: &str) -> bool;
    /// All ids, for suggestions.
    fn names(&self) -> Vec<String>;
}

/// Where a file of rules stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 草稿
    Draft,
    /// 待审
    Review,
    /// 已发布
    Published,
    /// 停用
    Retired,
}

/// A compiled file of matching rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Matcher {
    /// Id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Version as written.
    pub version: String,
    /// Where it comes from.
    pub source: String,
    /// Where it stands.
    pub status: Status,
    file: String,
    scope: Scope,
    body: Body,
    otherwise: Vec<String>,
    has_otherwise: bool,
    examples: Vec<Example>,
}

#[derive(Debug, Clone, PartialEq)]
enum Body {
    Ordered(Ordered),
    Table(Table),
    Weighted(Weighted),
    Nearest(Nearest),
}

impl Matcher {
    /// Reads and checks a file; refused with every fault, in order of place.
    pub fn compile(file: &str, text: &str, targets: &dyn Targets) -> Result<Self, Vec<Fault>> {
        compile::compile(file, text, targets)
    }

    /// The names it asks for.
    pub fn inputs(&self) -> &[Input] {
        &self.scope.inputs
    }

    /// What it says of a visit, and why. The same visit always gets the same decision.
    pub fn decide(&self, visit: &Visit) -> Decision {
        let (bound, refused) = self.scope.bind(visit);
        let (mode, outcome): (&'static str, Outcome) = match &self.body {
            Body::Ordered(rules) => ("依次", rules.decide(&self.scope, &bound)),
            Body::Table(table) => ("决策表", table.decide(&self.scope, &bound)),
            Body::Weighted(factors) => ("加权", factors.decide(&self.scope, &bound)),
            Body::Nearest(cases) => ("近例", cases.decide(&self.scope, &bound)),
        };
        let open = self.scope.unknown_inputs(outcome.open, &bound);
        let slots = 0..u32::try_from(bound.0.len()).unwrap_or(u32::MAX);
        let is_known =
            |slot: &u32| bound.0.get(*slot as usize).is_some_and(|held| *held != datum::Held::Unknown);
        let by_default = !outcome.applied;
        let results = if by_default { self.otherwise.clone() } else { outcome.results };
        let trace = Trace {
            rules: self.id.clone(),
            mode,
            known: slots.filter(is_known).map(|slot| self.scope.known(slot, &bound)).collect(),
            refused,
            steps: outcome.steps,
            by_default,
            problem: outcome.problem,
            open: open.into_iter().map(|slot| self.scope.name(slot).to_owned()).collect(),
        };
        Decision { results, outputs: outcome.outputs, trace }
    }

    /// What an editor should look at: proofs over the rules, each with a witness. Errors keep the file from being
    /// published.
    pub fn findings(&self) -> Vec<Fault> {
        let mut faults = match &self.body {
            Body::Ordered(rules) => rules.findings(&self.file),
            Body::Table(table) => analysis::findings(table, &self.scope, &self.file, self.has_otherwise),
            Body::Weighted(factors) => factors.findings(&self.file),
            Body::Nearest(_) => Vec::new(),
        };
        faults.extend(self.unused());
        faults.sort_by_key(|fault| (fault.line, fault.column, fault.code));
        faults
    }

    /// Runs its examples, and lists the rows that none of them hits.
    pub fn check_examples(&self) -> Checked {
        examples::check(self)
    }

    fn unused(&self) -> Vec<Fault> {
        let mut used = match &self.body {
            Body::Ordered(rules) => rules.slots(),
            Body::Table(table) => table.slots(),
            Body::Weighted(factors) => factors.slots(),
            Body::Nearest(cases) => cases.slots(),
        };
        used.extend(self.scope.derived.iter().flat_map(|derived| derived.expr.slots().iter().copied()));
        let unused = (0u32..).zip(&self.scope.inputs).filter(|(slot, _)| !used.contains(slot));
        unused
            .map(|(_, input)| {
                let mut fault =
                    input.fault(&self.file, "MT032", format!("输入“{}”没有一条规则用到", input.name));
                fault.severity = kb::Severity::Warning;
                fault
            })
            .collect()
    }

    fn labels(&self) -> Vec<&condition::Label> {
        match &self.body {
            Body::Ordered(rules) => rules.rows().collect(),
            Body::Table(table) => table.rows.iter().map(|row| &row.label).collect(),
            Body::Weighted(factors) => factors.rows().collect(),
            Body::Nearest(cases) => cases.rows().collect(),
        }
    }
}
