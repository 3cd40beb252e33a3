//! The demands of a question as one graph: equal parts are one node, children come before parents.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::expr::Order;
use crate::expr::typed::{Cond, DatePart, Num, Rounding, TextTest};

use super::cone::Cone;
use super::linear;
use super::model::{Definition, Demand, Domain, Problem, Verdicts};
use super::span::Span;
use super::state::{Chosen, KNOWN, NO, State, UNKNOWN, YES};
use super::texts;
use super::words;

pub(super) type Id = u32;

/// What a node computes of its children.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Constant(bool),
    /// A yes/no variable.
    Truth(u32),
    /// A verdict nothing is known of.
    AnyTruth,
    Not(Id),
    And(Vec<Id>),
    Or(Vec<Id>),
    Same(Id, Id),
    Sure(Id),
    Count(Vec<Id>, Order, i64),
    In(Id, u128),
    Has(Id, u128),
    Known(Id),
    Compare(Id, Order, f64),
    /// A test of a text variable.
    Text(Id),
    Number(f64),
    /// A number variable and its step.
    Numeric(u32, Option<f64>),
    /// A number nothing is known of.
    AnyNumber,
    Score(Id, Vec<f64>),
    /// Multiples of nodes and a constant; unknown when one of `needs` is.
    Linear {
        terms: Vec<(Id, f64)>,
        constant: f64,
        needs: Vec<Id>,
    },
    Product(Id, Id),
    Quotient(Id, Id),
    Least(Vec<Id>),
    Greatest(Vec<Id>),
    Absolute(Id),
    Round(Id, Rounding),
    If(Id, Id, Id),
    HowMany(Vec<Id>),
    Size(Id),
    Part(Id, DatePart),
    AddMonths(Id, Id),
    Years(Id, Id),
    Months(Id, Id),
    /// A choice variable.
    Labels(u32),
    /// A set variable and its exclusive labels.
    Set(u32, u128),
}

/// A node whose verdict is demanded.
#[derive(Debug, Clone)]
pub(super) struct Root {
    pub(super) id: Id,
    pub(super) mask: u8,
    /// How it reads in a proof; a fact that needs no words when left out.
    pub(super) words: Option<String>,
}

/// The graph of a question.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) first: Vec<State>,
    pub(super) parents: Vec<Vec<Id>>,
    /// Numbers that are always whole.
    pub(super) whole: Vec<bool>,
    pub(super) roots: Vec<Root>,
    /// Variables and their nodes.
    pub(super) variables: BTreeMap<u32, Id>,
    /// A variable has more labels than are modelled.
    pub(super) beyond: bool,
    slots: BTreeMap<u32, Id>,
    index: HashMap<u64, Vec<Id>>,
    /// Tests of each text variable.
    pub(super) tests: BTreeMap<u32, Vec<(TextTest, Id)>>,
    /// Text variables.
    pub(super) text_slots: BTreeSet<u32>,
}

impl Graph {
    pub(super) fn of(problem: &Problem, demands: &[&Demand], cone: &Cone) -> Self {
        let mut graph = Self::default();
        for &slot in &cone.slots {
            graph.slot(problem, slot, cone.cut.contains(&slot));
        }
        for demand in demands.iter().copied().chain(cone.rules.iter().map(|&rule| &problem.rules[rule])) {
            graph.demand(problem, demand);
        }
        graph.texts();
        graph.ranges(problem);
        graph
    }

    pub(super) fn children(&self, id: Id) -> Vec<Id> {
        match &self.nodes[id as usize] {
            Node::Constant(_)
            | Node::Truth(_)
            | Node::AnyTruth
            | Node::Number(_)
            | Node::Numeric(..)
            | Node::AnyNumber
            | Node::Labels(_)
            | Node::Set(..) => Vec::new(),
            Node::Not(a)
            | Node::Sure(a)
            | Node::In(a, _)
            | Node::Has(a, _)
            | Node::Known(a)
            | Node::Compare(a, ..)
            | Node::Text(a)
            | Node::Score(a, _)
            | Node::Absolute(a)
            | Node::Round(a, _)
            | Node::Size(a)
            | Node::Part(a, _) => vec![*a],
            Node::And(of) | Node::Or(of) | Node::Count(of, ..) | Node::Least(of) | Node::Greatest(of) => {
                of.clone()
            }
            Node::HowMany(of) => of.clone(),
            Node::Same(a, b)
            | Node::Product(a, b)
            | Node::Quotient(a, b)
            | Node::AddMonths(a, b)
            | Node::Years(a, b)
            | Node::Months(a, b) => vec![*a, *b],
            Node::If(c, a, b) => vec![*c, *a, *b],
            Node::Linear { terms, needs, .. } => {
                terms.iter().map(|term| term.0).chain(needs.iter().copied()).collect()
            }
        }
    }

    /// The node, made once.
    pub(super) fn node(&mut self, node: Node) -> Id {
        let key = super::key::of(&node);
        let same = self.index.get(&key).into_iter().flatten().find(|&&id| self.nodes[id as usize] == node);
        if let (false, Some(&id)) = (matches!(node, Node::AnyTruth | Node::AnyNumber), same) {
            return id;
        }
        let state = match &node {
            Node::Number(value) => State::Number(Span::point(*value), KNOWN),
            Node::Constant(value) => State::Truth(if *value { YES } else { NO }),
            Node::Known(_) | Node::Sure(_) => State::Truth(YES | NO),
            Node::Score(..)
            | Node::Linear { .. }
            | Node::Product(..)
            | Node::Quotient(..)
            | Node::Least(_)
            | Node::Greatest(_)
            | Node::Absolute(_)
            | Node::Round(..)
            | Node::If(..)
            | Node::HowMany(_)
            | Node::Size(_)
            | Node::Part(..)
            | Node::AddMonths(..)
            | Node::Years(..)
            | Node::Months(..)
            | Node::AnyNumber => State::Number(Span::ALL, KNOWN | UNKNOWN),
            _ => State::Truth(YES | NO | UNKNOWN),
        };
        let id = self.push(node, state);
        self.index.entry(key).or_default().push(id);
        id
    }

    fn push(&mut self, node: Node, state: State) -> Id {
        let whole = self.is_whole(&node);
        let id = Id::try_from(self.nodes.len()).unwrap_or(Id::MAX);
        self.nodes.push(node);
        self.first.push(state);
        self.whole.push(whole);
        self.parents.push(Vec::new());
        for child in self.children(id) {
            self.parents[child as usize].push(id);
        }
        id
    }

    fn is_whole(&self, node: &Node) -> bool {
        let whole = |id: &Id| self.whole[*id as usize];
        match node {
            Node::Number(value) => value.fract() == 0.0,
            Node::Numeric(_, step) => step.is_some_and(|step| step.fract() == 0.0),
            Node::Score(_, points) => points.iter().all(|points| points.fract() == 0.0),
            Node::Linear { terms, constant, .. } => {
                constant.fract() == 0.0 && terms.iter().all(|(id, factor)| factor.fract() == 0.0 && whole(id))
            }
            Node::Least(of) | Node::Greatest(of) => of.iter().all(whole),
            Node::Absolute(a) => whole(a),
            Node::Product(a, b) | Node::If(_, a, b) => whole(a) && whole(b),
            Node::Round(..)
            | Node::HowMany(_)
            | Node::Size(_)
            | Node::Part(..)
            | Node::AddMonths(..)
            | Node::Years(..)
            | Node::Months(..) => true,
            _ => false,
        }
    }

    fn slot(&mut self, problem: &Problem, slot: u32, cut: bool) {
        let id = match (problem.definitions.get(&slot), problem.variables.get(&slot)) {
            (Some(Definition::Truth(cond)), _) if !cut => self.cond(cond),
            (Some(Definition::Sure(cond)), _) if !cut => {
                let of = self.cond(cond);
                self.node(Node::Sure(of))
            }
            (Some(Definition::Number(num)), _) if !cut => self.num(num),
            (Some(Definition::Sure(_)), _) => {
                let of = self.node(Node::AnyTruth);
                self.node(Node::Sure(of))
            }
            (Some(Definition::Truth(_)), _) => self.node(Node::AnyTruth),
            (Some(Definition::Number(_)), _) => self.node(Node::AnyNumber),
            (None, Some(variable)) => {
                let id = self.variable(slot, &variable.domain);
                self.variables.insert(slot, id);
                if !cut {
                    self.presence(problem, slot, id);
                }
                id
            }
            (None, None) => return,
        };
        self.slots.insert(slot, id);
    }

    fn variable(&mut self, slot: u32, domain: &Domain) -> Id {
        if matches!(domain, Domain::Text { .. }) {
            self.text_slots.insert(slot);
        }
        let both = KNOWN | UNKNOWN;
        let numeric = |low: f64, high: f64| State::Number(Span::closed(low, high), both);
        let (node, state) = match domain {
            Domain::Truth => (Node::Truth(slot), State::Truth(YES | NO | UNKNOWN)),
            Domain::Choice(labels) => {
                self.beyond |= *labels > 128;
                (Node::Labels(slot), State::Labels(lowest(*labels), both))
            }
            Domain::Set { labels, exclusive, least, most } => {
                self.beyond |= *labels > 128;
                let exclusive = exclusive.iter().fold(0, |bits, label| bits | bit(*label));
                let chosen = Chosen {
                    must: 0,
                    may: lowest(*labels),
                    least: *least,
                    most: (*most).min(*labels),
                    exclusive,
                };
                (Node::Set(slot, exclusive), State::Set(chosen, both))
            }
            // The ends are roots of their own, so that a proof can name them; these are wide enough.
            Domain::Number { step, .. } => {
                (Node::Numeric(slot, *step), numeric(f64::NEG_INFINITY, f64::INFINITY))
            }
            Domain::Date { .. } => (Node::Numeric(slot, Some(1.0)), numeric(-1e6, 1e6)),
            Domain::Text { least, most } | Domain::Rows { least, most } => {
                (Node::Numeric(slot, Some(1.0)), numeric(f64::from(*least), f64::from(*most)))
            }
        };
        self.push(node, state)
    }

    /// A variable is known only when its condition holds, and then it is unless it is optional.
    fn presence(&mut self, problem: &Problem, slot: u32, id: Id) {
        let Some(variable) = problem.variables.get(&slot) else { return };
        let known = self.node(Node::Known(id));
        match &variable.when {
            None if !variable.optional => {
                let words = words::answered(problem, slot);
                self.roots.push(Root { id: known, mask: YES, words: Some(words) });
            }
            None => {}
            Some(when) => {
                let of = self.cond(when);
                let sure = self.node(Node::Sure(of));
                let hidden = self.node(Node::Not(known));
                let id = self.node(Node::Or(vec![hidden, sure]));
                self.roots.push(Root { id, mask: YES, words: Some(words::shown_when(problem, slot, when)) });
                if !variable.optional {
                    let not = self.node(Node::Not(sure));
                    let id = self.node(Node::Or(vec![not, known]));
                    self.roots.push(Root { id, mask: YES, words: Some(words::answered(problem, slot)) });
                }
            }
        }
    }

    /// Ends of the numbers, as roots.
    fn ranges(&mut self, problem: &Problem) {
        for (slot, id) in self.variables.clone() {
            let (low, high) = match problem.variables.get(&slot).map(|variable| &variable.domain) {
                Some(Domain::Number { low, high, .. }) => (*low, *high),
                Some(Domain::Date { low, high }) => (f64::from(*low), f64::from(*high)),
                _ => continue,
            };
            for (order, end) in [(Order::AtLeast, low), (Order::AtMost, high)] {
                if end.is_finite() {
                    let id = self.node(Node::Compare(id, order, end));
                    let words = Some(words::range(problem, slot, order, end));
                    self.roots.push(Root { id, mask: YES | UNKNOWN, words });
                }
            }
        }
    }

    fn demand(&mut self, problem: &Problem, demand: &Demand) {
        match &demand.cond {
            Cond::And(parts) if demand.words.is_none() && demand.verdicts == Verdicts::YES => {
                for part in parts {
                    let demand = Demand { cond: part.clone(), verdicts: Verdicts::YES, words: None };
                    self.demand(problem, &demand);
                }
            }
            Cond::Or(parts) if demand.words.is_none() && demand.verdicts == Verdicts::NO => {
                for part in parts {
                    let demand = Demand { cond: part.clone(), verdicts: Verdicts::NO, words: None };
                    self.demand(problem, &demand);
                }
            }
            cond => {
                let id = self.cond(cond);
                let words =
                    demand.words.clone().unwrap_or_else(|| words::demand(problem, cond, demand.verdicts));
                self.roots.push(Root { id, mask: demand.verdicts.0, words: Some(words) });
            }
        }
    }

    fn conds(&mut self, parts: &[Cond]) -> Vec<Id> {
        parts.iter().map(|part| self.cond(part)).collect()
    }

    fn cond(&mut self, cond: &Cond) -> Id {
        let node = match cond {
            Cond::Const(value) => Node::Constant(*value),
            Cond::Truth(slot) => {
                return self.slots.get(slot).copied().unwrap_or_else(|| self.node(Node::AnyTruth));
            }
            Cond::Not(of) => Node::Not(self.cond(of)),
            Cond::And(parts) => Node::And(self.conds(parts)),
            Cond::Or(parts) => Node::Or(self.conds(parts)),
            Cond::Same(a, b) => Node::Same(self.cond(a), self.cond(b)),
            Cond::Count(parts, order, n) => Node::Count(self.conds(parts), *order, *n),
            Cond::In(slot, labels) => match self.slots.get(slot) {
                Some(&id) => Node::In(id, labels.iter().fold(0, |bits, label| bits | bit(*label))),
                None => Node::AnyTruth,
            },
            Cond::Has(slot, label) => match self.slots.get(slot) {
                Some(&id) => Node::Has(id, bit(*label)),
                None => Node::AnyTruth,
            },
            Cond::Known(slot) => {
                if let Some(&id) = self.slots.get(slot) {
                    Node::Known(id)
                } else {
                    let of = self.node(Node::AnyTruth);
                    Node::Sure(of)
                }
            }
            Cond::Compare(a, order, b) => return linear::compare(self, a, *order, b),
            Cond::Text(slot, test) => return self.text(*slot, test),
            Cond::Rows { .. } => Node::AnyTruth,
        };
        self.node(node)
    }

    fn text(&mut self, slot: u32, test: &TextTest) -> Id {
        let Some(&of) = self.slots.get(&slot) else { return self.node(Node::AnyTruth) };
        let tests = self.tests.entry(slot).or_default();
        if let Some((_, id)) = tests.iter().find(|(seen, _)| seen == test) {
            return *id;
        }
        let id = self.push(Node::Text(of), State::Truth(YES | NO | UNKNOWN));
        self.tests.entry(slot).or_default().push((test.clone(), id));
        id
    }

    /// What tests of one text say of each other and of its length.
    fn texts(&mut self) {
        for (slot, tests) in self.tests.clone() {
            for (a, a_id) in &tests {
                let (Some(length), Some(&of)) = (texts::least_length(a), self.slots.get(&slot)) else {
                    continue;
                };
                let order = if matches!(a, TextTest::Equals(_)) { Order::Equal } else { Order::AtLeast };
                let long = self.node(Node::Compare(of, order, length));
                self.implies(*a_id, long, true);
                for (b, b_id) in tests.iter().filter(|(b, _)| b != a) {
                    if let Some(holds) = texts::implied(a, b) {
                        self.implies(*a_id, *b_id, holds);
                    }
                }
            }
        }
    }

    fn implies(&mut self, a: Id, b: Id, holds: bool) {
        let not = self.node(Node::Not(a));
        let then = if holds { b } else { self.node(Node::Not(b)) };
        let id = self.node(Node::Or(vec![not, then]));
        self.roots.push(Root { id, mask: YES | UNKNOWN, words: None });
    }

    pub(super) fn slot_node(&self, slot: u32) -> Option<Id> {
        self.slots.get(&slot).copied()
    }

    pub(super) fn if_node(&mut self, cond: &Cond, a: &Num, b: &Num) -> Id {
        let node = Node::If(self.cond(cond), self.num(a), self.num(b));
        self.node(node)
    }

    pub(super) fn how_many(&mut self, parts: &[Cond]) -> Id {
        let node = Node::HowMany(self.conds(parts));
        self.node(node)
    }

    fn num(&mut self, num: &Num) -> Id {
        linear::num(self, num)
    }
}

/// The bit of a label; none beyond 128.
pub(super) fn bit(label: u16) -> u128 {
    1_u128.checked_shl(u32::from(label)).unwrap_or(0)
}

fn lowest(labels: u16) -> u128 {
    if labels >= 128 { u128::MAX } else { bit(labels) - 1 }
}
