//! From a draft to a form that runs: names, slots, conditions, jumps, and an order of evaluation.

use std::cell::Cell;
use std::sync::Arc;

use kb::Fault;

use super::draft::{Draft, Kind as ItemKind, Place, Written};
use super::graph::{Graph, Node, count};
use super::layout::Source;
use super::names::Names;
use super::record::{Piece, Template};
use super::session::{Patient, Session};
use super::slots::{Formula, Guard, Plan, Role, UnitKind};
use crate::expr::{Expr, ExprError, Kind, Truth, nearest};

/// The concepts of the disease graph that a form may refer to.
pub trait Concepts {
    /// Whether there is one of that name.
    fn find(&self, name: &str) -> bool;
    /// All names, for suggestions.
    fn names(&self) -> Vec<String>;
}

/// Every name is a concept: for forms checked without the graph.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoConcepts;

impl Concepts for NoConcepts {
    fn find(&self, _: &str) -> bool {
        true
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A questionnaire that runs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Form {
    plan: Arc<Plan>,
}

impl Form {
    /// Checks a draft and makes it run; refused with everything that is wrong: `FM201` names, `FM202` structure,
    /// `FM203` values of properties, `FM205` unknown concept, `FM206` and `FM207` jumps, `FM208` quotes, `FM209`
    /// order of jumps, `FM210` cycle, `FM211` initial value, `FM212` bands, `FM213` formula, and the codes of
    /// expressions.
    pub fn compile(file: &str, draft: &Draft, concepts: &dyn Concepts) -> Result<Self, Vec<Fault>> {
        let mut compiler = Compiler {
            plan: Plan {
                file: file.to_owned(),
                id: draft.id.text.clone(),
                title: draft.title.text.clone(),
                coverage: 1.0,
                ..Plan::default()
            },
            faults: Vec::new(),
            sources: Vec::new(),
            asked: Cell::new(0),
            full: false,
            concepts,
        };
        compiler.lay_out(&draft.items);
        if compiler.full {
            return Err(compiler.faults);
        }
        compiler.properties(draft);
        compiler.rank();
        let Compiler { plan, mut faults, .. } = compiler;
        if faults.is_empty() {
            Ok(Self { plan: Arc::new(plan) })
        } else {
            faults.sort_by_key(|fault| (fault.line, fault.column));
            Err(faults)
        }
    }

    /// What it consists of.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Whether it is meant for a patient; yes when it does not say.
    pub fn applies(&self, patient: &Patient) -> Truth {
        match &self.plan.applies {
            None => Truth::Yes,
            Some(guard) => self.open(patient).test(&guard.expr),
        }
    }

    /// Begins to answer it.
    pub fn open(&self, patient: &Patient) -> Session {
        Session::open(Arc::clone(&self.plan), patient)
    }
}

/// A form while it is compiled.
pub(super) struct Compiler<'d> {
    pub(super) plan: Plan,
    pub(super) faults: Vec<Fault>,
    pub(super) sources: Vec<Source<'d>>,
    pub(super) asked: Cell<u32>,
    pub(super) full: bool,
    pub(super) concepts: &'d dyn Concepts,
}

impl Compiler<'_> {
    pub(super) fn guard(&mut self, written: &Written, group: Option<u32>) -> Option<Guard> {
        self.guard_of(&written.text, &written.text, written.place, group)
    }

    /// A condition; `spelled` is what is compiled in place of what was written.
    pub(super) fn guard_of(
        &mut self,
        text: &str,
        spelled: &str,
        place: Place,
        group: Option<u32>,
    ) -> Option<Guard> {
        match Expr::compile(spelled, &Names::new(&self.plan, group, &self.asked)) {
            Ok(expr) => Some(Guard { text: text.to_owned(), place, expr }),
            Err(errors) => {
                self.refuse(place, errors);
                None
            }
        }
    }

    pub(super) fn patient_guard(&mut self, written: &Written) -> Option<Guard> {
        match Expr::compile(&written.text, &Names::of_patient(&self.plan, &self.asked)) {
            Ok(expr) => Some(Guard { text: written.text.clone(), place: written.place, expr }),
            Err(errors) => {
                self.refuse(written.place, errors);
                None
            }
        }
    }

    pub(super) fn formula(
        &self,
        text: &str,
        place: Place,
        group: Option<u32>,
    ) -> Result<Formula, Vec<ExprError>> {
        let (expr, kind) = Expr::compute(text, &Names::new(&self.plan, group, &self.asked))?;
        Ok(Formula { text: text.to_owned(), place, expr, kind })
    }

    pub(super) fn refuse(&mut self, place: Place, errors: Vec<ExprError>) {
        let (lines, columns) = (place.line.saturating_sub(1), place.column.saturating_sub(1));
        let faults = errors.into_iter().map(|error| error.into_fault(&self.plan.file, lines, columns));
        self.faults.extend(faults);
    }

    /// A text with quotes in braces; `{{` is a brace.
    pub(super) fn template(&mut self, text: &str, place: Place, group: Option<u32>) -> Template {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, after) = rest.split_at(at);
            plain.push_str(before);
            if let Some(brace) =
                after.strip_prefix("{{").map(|_| '{').or(after.strip_prefix("}}").map(|_| '}'))
            {
                plain.push(brace);
                rest = &after[2..];
                continue;
            }
            let column = place.column + count(text[..text.len() - after.len()].chars().count());
            let here = Place { column, ..place };
            let Some(end) = after.strip_prefix('{').and_then(|inner| inner.find('}')) else {
                self.fault(here, "FM208", "花括号没有配对；引用写成“{题名}”，要写花括号本身就写两遍");
                return Template { pieces };
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            let quote = after[1..=end].trim();
            if let Some(piece) = self.quote(quote, Place { column: column + 1, ..place }, group) {
                pieces.push(piece);
            }
            rest = &after[end + 2..];
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Template { pieces }
    }

    fn quote(&mut self, quote: &str, place: Place, group: Option<u32>) -> Option<Piece> {
        let names = Names::new(&self.plan, group, &self.asked);
        if let Some((slot, false, _)) = names.slot(quote)
            && !matches!(self.plan.slot(slot).role, Role::Rows(..))
        {
            return Some(Piece::Slot(slot));
        }
        match self.formula(quote, place, group) {
            Ok(formula) => Some(Piece::Formula(Box::new(formula))),
            Err(errors) => {
                if errors.iter().any(|error| error.code == "EX002") {
                    let near = nearest(quote, self.plan.names.keys().map(String::as_str));
                    let hint = near.map_or(String::new(), |near| format!("，是不是“{near}”？"));
                    self.fault(place, "FM208", format!("引用的“{quote}”不是这份问卷里的题{hint}"));
                } else {
                    self.refuse(place, errors);
                }
                None
            }
        }
    }

    /// The order of evaluation, or the cycle that forbids one.
    fn rank(&mut self) {
        match Graph::of(&self.plan) {
            Ok(graph) => self.plan.graph = graph,
            Err(cycle) => self.circular(&cycle),
        }
    }

    fn circular(&mut self, cycle: &[u32]) {
        let graph = Graph {
            units: count(self.plan.units.len()),
            slots: count(self.plan.slots.len()),
            ..Graph::default()
        };
        let mut steps: Vec<(String, Place, &'static str)> = Vec::new();
        for node in cycle {
            let (unit, how) = match graph.node(*node) {
                Node::Visible(unit) => (Some(unit), "显示"),
                Node::Jump(unit) => (Some(unit), "跳转"),
                Node::Value(slot) => (self.plan.slot(slot).unit, self.how(slot)),
                Node::Span => (None, ""),
            };
            let Some(unit) = unit else { continue };
            let (path, place) = (self.plan.unit(unit).path.clone(), self.plan.unit(unit).place);
            match steps.last_mut() {
                // The answer of a question waits for the question itself: its show-when is what goes round.
                Some((last, _, kept)) if *last == path => {
                    if how != "回答" {
                        *kept = how;
                    }
                }
                _ => steps.push((path, place, how)),
            }
        }
        if steps.len() > 1 && steps.first().map(|step| &step.0) == steps.last().map(|step| &step.0) {
            let last = steps.pop();
            if let (Some((_, _, how)), Some(first)) = (last, steps.first_mut())
                && first.2 == "回答"
            {
                first.2 = how;
            }
        }
        let Some((first, place, _)) = steps.iter().min_by_key(|(_, place, _)| *place).cloned() else {
            return;
        };
        let start = steps.iter().position(|(path, ..)| *path == first).unwrap_or(0);
        steps.rotate_left(start);
        let mut route: Vec<String> =
            steps.iter().map(|(path, place, how)| format!("{path}（第 {} 行，{how}）", place.line)).collect();
        route.push(first.clone());
        let message = format!("循环：{}，每一项都要等前一项先定下来", route.join(" → "));
        let fault = Fault::error(&self.plan.file, place.line, "FM210", message)
            .at_column(place.column)
            .with_hint("让其中一项的条件、跳转、公式或初值不再用到这一圈里的题");
        self.faults.push(fault);
    }

    fn how(&self, slot: u32) -> &'static str {
        match &self.plan.slot(slot).role {
            Role::Computed(_) | Role::Total(_) | Role::Band { .. } => "公式",
            Role::Answer(domain) if domain.initial.is_some() => "初值",
            Role::Answer(domain) if domain.options.iter().any(|option| option.show.is_some()) => "选项的显示",
            _ => "回答",
        }
    }

    /// Whether a unit is a computed value.
    pub(super) fn is_computed(&self, unit: usize) -> bool {
        self.plan.units[unit].kind == UnitKind::Item(ItemKind::Computed)
    }

    /// Formulas of all computed values. A formula may use a later one whose type is not known before: they are
    /// compiled again until no type changes, which it does at most once along each chain.
    pub(super) fn formulas(&mut self) {
        for round in 0..8 {
            let mut changed = false;
            let faults = self.faults.len();
            for unit in 0..self.plan.units.len() {
                if self.is_computed(unit) {
                    changed |= self.compute(unit);
                }
            }
            if !changed || round == 7 {
                return;
            }
            self.faults.truncate(faults);
        }
    }

    fn compute(&mut self, unit: usize) -> bool {
        let (Source::Item(item), Some(slot)) = (self.sources[unit], self.plan.units[unit].slot) else {
            return false;
        };
        let group = self.plan.units[unit].group;
        let Some(property) = item.first("公式") else {
            self.fault(item.id.place, "FM213", "计算没有公式；公式写成“公式: 甲.分 + 乙.分”");
            return false;
        };
        let formula = match self.formula(&property.value.text, property.value.place, group) {
            Ok(formula) => formula,
            Err(errors) => {
                self.refuse(property.value.place, errors);
                return false;
            }
        };
        let own = &self.plan.slot(slot).kind;
        let kind = match (&formula.kind, own) {
            (Kind::Truth, _) => Kind::Truth,
            (Kind::Date, _) => Kind::Date,
            (Kind::Number { unit: Some(of) }, Kind::Number { unit: Some(wanted) }) if of != wanted => {
                let message = format!("公式得出的单位是{of}，这里写的是{wanted}；请改成一样的单位");
                self.fault(property.value.place, "FM213", message);
                return false;
            }
            (Kind::Number { unit: of }, Kind::Number { unit: wanted }) => {
                Kind::Number { unit: wanted.or(*of) }
            }
            (Kind::Number { .. }, _) => formula.kind.clone(),
            _ => {
                self.fault(property.value.place, "FM213", "公式要得出数字、日期或者是否");
                return false;
            }
        };
        let slot = &mut self.plan.slots[slot as usize];
        let changed = slot.kind != kind;
        if let (Kind::Number { unit: Some(unit) }, None) = (&kind, &slot.unit_text) {
            slot.unit_text = Some((*unit).to_owned());
        }
        slot.kind = kind;
        slot.role = Role::Computed(Some(formula));
        changed
    }
}
