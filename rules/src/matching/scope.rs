//! The names of a file of rules: its inputs, and values derived from them in order of dependency.

use std::{cell::RefCell, collections::BTreeSet};

use kb::Fault;

use super::{
    datum::{Bound, Held, Visit},
    input::{Input, show},
    literal,
    trace::Known,
};
use crate::expr::{Expr, Kind, Truth, Variable, Vocabulary};

/// Inputs and derived values; slots count the inputs first.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Scope {
    pub(super) inputs: Vec<Input>,
    pub(super) derived: Vec<Derived>,
}

/// `名称 := 表达式`
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Derived {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) expr: Expr,
}

/// A line of the section 推导.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) line: u32,
    /// Column of the expression.
    pub(super) column: u32,
}

/// Derived values at most.
const MAX_DERIVED: usize = 200;

impl Vocabulary for Scope {
    fn resolve(&self, name: &str) -> Option<Variable> {
        let inputs = self.inputs.iter().map(|input| (&input.name, &input.kind));
        let derived = self.derived.iter().map(|derived| (&derived.name, &derived.kind));
        let (slot, (_, kind)) = (0u32..).zip(inputs.chain(derived)).find(|(_, (known, _))| *known == name)?;
        Some(Variable { slot, kind: kind.clone() })
    }

    fn names(&self) -> Vec<String> {
        let inputs = self.inputs.iter().map(|input| input.name.clone());
        inputs.chain(self.derived.iter().map(|derived| derived.name.clone())).collect()
    }
}

impl Scope {
    /// Compiles the definitions, each after those it uses.
    pub(super) fn derive(&mut self, file: &str, definitions: Vec<Definition>) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Some(definition) = definitions.get(MAX_DERIVED) {
            faults.push(Fault::error(file, definition.line, "MT005", format!("推导最多 {MAX_DERIVED} 条")));
            return faults;
        }
        let mut open: Vec<(Definition, String)> =
            definitions.into_iter().map(|definition| (definition, String::new())).collect();
        loop {
            let names: BTreeSet<String> =
                open.iter().map(|(definition, _)| definition.name.clone()).collect();
            let mut waiting: Vec<(Definition, String)> = Vec::new();
            let before = open.len();
            for (definition, needed) in open {
                if !needed.is_empty() && self.resolve(&needed).is_none() && names.contains(&needed) {
                    waiting.push((definition, needed));
                    continue;
                }
                match self.compile(file, &definition, &names) {
                    Ok(Ok(derived)) => self.derived.push(derived),
                    Ok(Err(needed)) => waiting.push((definition, needed)),
                    Err(found) => faults.extend(found),
                }
            }
            if waiting.len() == before {
                faults.extend(cycle(file, &waiting));
                return faults;
            }
            open = waiting;
        }
    }

    /// The derived value, or the name of one that is still to be compiled.
    fn compile(
        &self,
        file: &str,
        definition: &Definition,
        open: &BTreeSet<String>,
    ) -> Result<Result<Derived, String>, Vec<Fault>> {
        let names = Waiting { scope: self, open, needed: RefCell::default() };
        let compiled = Expr::compute(&definition.text, &names);
        // A name compiled in this round is known by now, so only a lasting need counts.
        if let Some(needed) = names.needed.into_inner() {
            return Ok(Err(needed));
        }
        let place = |error: crate::expr::ExprError| {
            error.into_fault(file, definition.line.saturating_sub(1), definition.column.saturating_sub(1))
        };
        let (expr, kind) =
            compiled.map_err(|errors| errors.into_iter().map(place).collect::<Vec<Fault>>())?;
        match kind {
            Kind::Truth | Kind::Number { .. } | Kind::Date => {
                Ok(Ok(Derived { name: definition.name.clone(), kind, expr }))
            }
            _ => Err(vec![
                Fault::error(
                    file,
                    definition.line,
                    "MT005",
                    format!("“{}”推导出来的要是是否、数字或日期", definition.name),
                )
                .at_column(definition.column),
            ]),
        }
    }

    /// The visit by slot, and what of it does not fit.
    pub(super) fn bind(&self, visit: &Visit) -> (Bound, Vec<Known>) {
        let mut bound = Bound::default();
        let mut refused = Vec::new();
        for input in &self.inputs {
            let held = visit.0.get(&input.name).map_or(Ok(Held::Unknown), |datum| input.hold(datum));
            bound.0.push(held.unwrap_or_else(|why| {
                refused.push(Known { name: input.name.clone(), value: why });
                Held::Unknown
            }));
        }
        self.complete(&mut bound);
        (bound, refused)
    }

    /// Adds the derived values to the inputs.
    pub(super) fn complete(&self, bound: &mut Bound) {
        for derived in &self.derived {
            let held = match derived.kind {
                Kind::Truth => match derived.expr.eval(&*bound) {
                    Truth::Yes => Held::Truth(true),
                    Truth::No => Held::Truth(false),
                    Truth::Unknown => Held::Unknown,
                },
                Kind::Date => {
                    derived.expr.number(&*bound).and_then(literal::day).map_or(Held::Unknown, Held::Date)
                }
                _ => derived
                    .expr
                    .number(&*bound)
                    .filter(|number| number.is_finite())
                    .map_or(Held::Unknown, Held::Number),
            };
            bound.0.push(held);
        }
    }

    pub(super) fn name(&self, slot: u32) -> &str {
        let slot = slot as usize;
        match self.inputs.get(slot) {
            Some(input) => &input.name,
            None => {
                self.derived.get(slot.saturating_sub(self.inputs.len())).map_or("", |derived| &derived.name)
            }
        }
    }

    /// A slot with its value, for people.
    pub(super) fn known(&self, slot: u32, bound: &Bound) -> Known {
        let held = bound.0.get(slot as usize).unwrap_or(&Held::Unknown);
        let index = slot as usize;
        let value = if let Some(input) = self.inputs.get(index) {
            input.show(held)
        } else {
            let derived = self.derived.get(index.saturating_sub(self.inputs.len()));
            derived.map_or_else(String::new, |derived| show(&derived.kind, held))
        };
        Known { name: self.name(slot).to_owned(), value }
    }

    /// The unknown inputs behind unknown slots, in order of the inputs.
    pub(super) fn unknown_inputs(
        &self,
        slots: impl IntoIterator<Item = u32>,
        bound: &Bound,
    ) -> BTreeSet<u32> {
        let mut open: Vec<u32> = slots.into_iter().collect();
        let mut seen = BTreeSet::new();
        let mut inputs = BTreeSet::new();
        while let Some(slot) = open.pop() {
            if !seen.insert(slot) {
                continue;
            }
            match (slot as usize).checked_sub(self.inputs.len()) {
                None if bound.0.get(slot as usize) == Some(&Held::Unknown) => {
                    inputs.insert(slot);
                }
                None => {}
                Some(index) => {
                    let behind = self.derived.get(index).map(|derived| match derived.kind {
                        Kind::Truth => derived.expr.missing(bound),
                        _ => derived.expr.slots().to_vec(),
                    });
                    open.extend(behind.unwrap_or_default());
                }
            }
        }
        inputs
    }
}

/// The scope while definitions wait for others.
struct Waiting<'a> {
    scope: &'a Scope,
    open: &'a BTreeSet<String>,
    needed: RefCell<Option<String>>,
}

impl Vocabulary for Waiting<'_> {
    fn resolve(&self, name: &str) -> Option<Variable> {
        let known = self.scope.resolve(name);
        if known.is_none() && self.open.contains(name) {
            self.needed.borrow_mut().get_or_insert_with(|| name.to_owned());
        }
        known
    }

    fn names(&self) -> Vec<String> {
        self.scope.names()
    }
}

/// Names the first cycle among definitions that wait for each other.
fn cycle(file: &str, waiting: &[(Definition, String)]) -> Option<Fault> {
    let mut at = &waiting.first()?.0;
    let mut path: Vec<&Definition> = Vec::new();
    while !path.iter().any(|seen| seen.name == at.name) {
        path.push(at);
        let needed = &waiting.iter().find(|(definition, _)| definition.name == at.name)?.1;
        at = &waiting.iter().find(|(definition, _)| definition.name == *needed)?.0;
    }
    let start = path.iter().position(|seen| seen.name == at.name)?;
    let names: Vec<&str> =
        path[start..].iter().copied().chain([at]).map(|definition| definition.name.as_str()).collect();
    let message = format!("推导绕成了圈：{}", names.join(" → "));
    Some(
        Fault::error(file, at.line, "MT006", message)
            .at_column(at.column)
            .with_hint("把其中一个改成只用输入的值"),
    )
}
