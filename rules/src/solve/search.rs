//! Propagation and branching until a witness or nothing is left.

use std::collections::VecDeque;

use crate::expr::typed::TextTest;

use super::backward::backward;
use super::cycle;
use super::forward::forward;
use super::graph::{Graph, Id, Node, bit};
use super::model::{Assignment, Given};
use super::span::{Span, multiple};
use super::state::{Chosen, KNOWN, NO, State, UNKNOWN, YES};
use super::texts::sample;

/// How a search ended.
#[derive(Debug)]
pub(super) enum Outcome {
    Found(Assignment),
    Clash,
    GivenUp,
}

/// A node narrowed so often in one go is left alone: its span creeps.
const CREEP: u16 = 24;

struct Clash;

struct Search<'a> {
    graph: &'a Graph,
    states: Vec<State>,
    /// What was there before a change.
    trail: Vec<(Id, State)>,
    queue: VecDeque<Id>,
    queued: Vec<bool>,
    bumps: Vec<u16>,
    narrow: Vec<(Id, State)>,
    /// Comparisons that may run in a circle.
    orders: Vec<(Id, Id, Id)>,
    /// Steps left.
    steps: &'a mut u32,
}

/// A choice made, and what is still to be tried.
struct Branch {
    trail: usize,
    checked: usize,
    id: Id,
    rest: Vec<State>,
}

/// Looks for values under which the roots hold; `accepts` has the last word on them.
pub(super) fn search(
    graph: &Graph,
    roots: &[usize],
    steps: &mut u32,
    accepts: &mut dyn FnMut(&Assignment) -> bool,
) -> Outcome {
    Search::of(graph, steps).run(roots, accepts)
}

/// What a number can be with all roots, by propagation alone.
pub(super) fn span(graph: &Graph, id: Id) -> Option<Span> {
    let mut steps = 20_000;
    let mut search = Search::of(graph, &mut steps);
    (0..graph.nodes.len()).for_each(|id| search.enqueue(Id::try_from(id).unwrap_or(Id::MAX)));
    for root in &graph.roots {
        search.narrow_to(root.id, State::Truth(root.mask)).ok()?;
    }
    search.propagate().ok()?;
    match search.states[id as usize] {
        State::Number(span, _) => Some(span),
        _ => None,
    }
}

impl<'a> Search<'a> {
    fn of(graph: &'a Graph, steps: &'a mut u32) -> Self {
        let n = graph.nodes.len();
        Self {
            graph,
            states: graph.first.clone(),
            trail: Vec::new(),
            queue: VecDeque::new(),
            queued: vec![false; n],
            bumps: vec![0; n],
            narrow: Vec::new(),
            orders: cycle::orders(graph),
            steps,
        }
    }

    fn run(&mut self, roots: &[usize], accepts: &mut dyn FnMut(&Assignment) -> bool) -> Outcome {
        for id in 0..self.graph.nodes.len() {
            self.enqueue(Id::try_from(id).unwrap_or(Id::MAX));
        }
        for &root in roots {
            let root = &self.graph.roots[root];
            if self.narrow_to(root.id, State::Truth(root.mask)).is_err() {
                return Outcome::Clash;
            }
        }
        let mut branches: Vec<Branch> = Vec::new();
        let mut checked = 0;
        let mut doubtful = false;
        let mut clash = self.propagate().is_err();
        loop {
            if *self.steps == 0 {
                return Outcome::GivenUp;
            }
            if !clash {
                if let Some((id, mut alternatives)) = self.next(&mut checked) {
                    let first = alternatives.remove(0);
                    branches.push(Branch { trail: self.trail.len(), checked, id, rest: alternatives });
                    clash = self.narrow_to(id, first).is_err() || self.propagate().is_err();
                    continue;
                }
                let found = self.assignment();
                if accepts(&found) {
                    return Outcome::Found(found);
                }
                doubtful = true;
            }
            // Back to the last choice with something left to try.
            loop {
                let Some(branch) = branches.last_mut() else {
                    return if doubtful { Outcome::GivenUp } else { Outcome::Clash };
                };
                let (trail, id) = (branch.trail, branch.id);
                checked = branch.checked;
                if branch.rest.is_empty() {
                    branches.pop();
                    self.undo(trail);
                    continue;
                }
                let next = branch.rest.remove(0);
                self.undo(trail);
                clash = self.narrow_to(id, next).is_err() || self.propagate().is_err();
                break;
            }
        }
    }

    fn undo(&mut self, to: usize) {
        while self.trail.len() > to {
            if let Some((id, state)) = self.trail.pop() {
                self.states[id as usize] = state;
            }
        }
    }

    fn enqueue(&mut self, id: Id) {
        if !std::mem::replace(&mut self.queued[id as usize], true) {
            self.queue.push_back(id);
        }
    }

    fn narrow_to(&mut self, id: Id, by: State) -> Result<(), Clash> {
        let index = id as usize;
        let old = self.states[index];
        let mut new = old.meet(by).ok_or(Clash)?;
        if let State::Number(span, known) = new {
            let step = match self.graph.nodes[index] {
                Node::Numeric(_, step) => step,
                _ if self.graph.whole[index] => Some(1.0),
                _ => None,
            };
            if let Some(step) = step {
                let span = span.on_grid(step);
                new = State::Number(span, known).meet(State::Number(Span::ALL, known)).ok_or(Clash)?;
            }
        }
        if new == old || new.presence() == UNKNOWN && old.presence() == UNKNOWN {
            return Ok(());
        }
        if matches!(new, State::Number(..)) && new.presence() == old.presence() {
            if self.bumps[index] > CREEP {
                return Ok(());
            }
            self.bumps[index] += 1;
        }
        self.trail.push((id, old));
        self.states[index] = new;
        self.enqueue(id);
        for k in 0..self.graph.parents[index].len() {
            self.enqueue(self.graph.parents[index][k]);
        }
        Ok(())
    }

    fn propagate(&mut self) -> Result<(), Clash> {
        let mut result = Ok(());
        while let Some(id) = self.queue.pop_front() {
            self.queued[id as usize] = false;
            if result.is_err() {
                continue;
            }
            *self.steps = self.steps.saturating_sub(1);
            if *self.steps == 0 {
                self.queue.iter().for_each(|&id| self.queued[id as usize] = false);
                self.queue.clear();
                break;
            }
            result = self.visit(id);
        }
        self.bumps.fill(0);
        if result.is_ok() && cycle::has_cycle(self.graph, &self.orders, &self.states) {
            return Err(Clash);
        }
        result
    }

    fn visit(&mut self, id: Id) -> Result<(), Clash> {
        let graph = self.graph;
        let node = &graph.nodes[id as usize];
        if let Some(state) = forward(node, &self.states) {
            self.narrow_to(id, state)?;
        }
        let mut narrow = std::mem::take(&mut self.narrow);
        narrow.clear();
        backward(node, id, &self.states, &mut narrow);
        let result = narrow.iter().try_for_each(|&(child, state)| self.narrow_to(child, state));
        self.narrow = narrow;
        result
    }

    /// The first node whose children do not yet guarantee it, and what to try.
    fn next(&self, checked: &mut usize) -> Option<(Id, Vec<State>)> {
        while let Some(&(id, _)) = self.trail.get(*checked) {
            if let Some(found) = self.open(id) {
                return Some(found);
            }
            *checked += 1;
        }
        None
    }

    /// What to try below a node that its children do not yet guarantee.
    fn open(&self, id: Id) -> Option<(Id, Vec<State>)> {
        let state = self.states[id as usize];
        let mut id = id;
        let mut wanted = state;
        loop {
            let node = &self.graph.nodes[id as usize];
            // A test of a text is settled when the witness is made.
            if matches!(node, Node::Text(_))
                || forward(node, &self.states).is_none_or(|state| state.is_within(wanted))
            {
                return None;
            }
            let children = self.graph.children(id);
            let open = |child: &&Id| !self.states[**child as usize].is_single();
            let truths = children
                .iter()
                .find(|child| open(child) && matches!(self.states[**child as usize], State::Truth(_)));
            if let Some(&child) = truths {
                return Some((child, alternatives(self.states[child as usize], None)));
            }
            let child = *children.iter().find(open)?;
            let node = &self.graph.nodes[child as usize];
            let step = match node {
                Node::Numeric(_, step) => *step,
                Node::Labels(_) | Node::Set(..) | Node::AnyNumber => None,
                _ => {
                    id = child;
                    // Its own value is not settled: anything below that is open will do.
                    wanted = State::Truth(0);
                    continue;
                }
            };
            return Some((child, alternatives(self.states[child as usize], step)));
        }
    }

    fn assignment(&self) -> Assignment {
        let given = |id: &Id| {
            let step = match self.graph.nodes[*id as usize] {
                Node::Numeric(_, step) => step,
                _ => None,
            };
            value(self.states[*id as usize], step)
        };
        let of = |(&slot, id): (&u32, &Id)| {
            if self.graph.text_slots.contains(&slot) {
                (slot, self.text(slot, *id))
            } else {
                (slot, given(id))
            }
        };
        self.graph.variables.iter().map(of).collect()
    }

    /// A text that passes the tests it has to.
    fn text(&self, slot: u32, id: Id) -> Given {
        let State::Number(span, known) = self.states[id as usize] else { return Given::Unknown };
        if known & KNOWN == 0 {
            return Given::Unknown;
        }
        let tests: Vec<(&TextTest, bool)> = self
            .graph
            .tests
            .get(&slot)
            .into_iter()
            .flatten()
            .filter_map(|(test, id)| match self.states[*id as usize] {
                State::Truth(YES) => Some((test, true)),
                State::Truth(NO) => Some((test, false)),
                _ => None,
            })
            .collect();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let length = |end: f64| end.clamp(0.0, 1e6) as usize;
        sample(&tests, length(span.low).max(1), length(span.high)).map_or(Given::Unknown, Given::Text)
    }
}

/// A value of a state; known if it may be.
fn value(state: State, step: Option<f64>) -> Given {
    match state {
        State::Truth(mask) if mask & YES != 0 => Given::Truth(true),
        State::Truth(mask) if mask & NO != 0 => Given::Truth(false),
        State::Number(span, known) if known & KNOWN != 0 => Given::Number(middle(span, step)),
        State::Labels(may, known) if known & KNOWN != 0 => {
            Given::Choice(u16::try_from(may.trailing_zeros()).unwrap_or(0))
        }
        State::Set(chosen, known) if known & KNOWN != 0 => Given::Set(some(chosen)),
        _ => Given::Unknown,
    }
}

fn some(chosen: Chosen) -> Vec<u16> {
    let labels = |bits: u128| (0..128_u16).filter(move |&label| bits & bit(label) != 0);
    let mut taken: Vec<u16> = labels(chosen.must).collect();
    if chosen.must & chosen.exclusive == 0 {
        for label in labels(chosen.may & !chosen.must & !chosen.exclusive) {
            if taken.len() >= usize::from(chosen.least) {
                break;
            }
            taken.push(label);
        }
    }
    if taken.len() < usize::from(chosen.least)
        && chosen.must == 0
        && let Some(alone) = labels(chosen.may & chosen.exclusive).next()
    {
        taken = vec![alone];
    }
    taken.sort_unstable();
    taken
}

/// A number in the span that is easy to read.
pub(super) fn middle(span: Span, step: Option<f64>) -> f64 {
    let fits = |value: &f64| {
        span.contains(*value)
            && step.is_none_or(|step| super::span::near((*value / step).round() * step, *value))
    };
    let (low, high) = (span.low, span.high);
    if let Some(single) = span.single() {
        return single;
    }
    let inner = match (low.is_finite(), high.is_finite()) {
        (true, true) => f64::midpoint(low, high),
        (true, false) => low + 1.0,
        (false, true) => high - 1.0,
        (false, false) => 0.0,
    };
    if let Some(step) = step {
        let snapped = multiple((inner / step).round(), step);
        if fits(&snapped) {
            return snapped;
        }
    }
    let tens = [1.0, 0.1, 0.01, 0.001, 1e-4, 1e-5];
    tens.into_iter().map(|unit| multiple((inner / unit).round(), unit)).find(fits).unwrap_or(inner)
}

/// The parts a state falls into; the first is tried first.
fn alternatives(state: State, step: Option<f64>) -> Vec<State> {
    let presence = state.presence();
    if presence == KNOWN | UNKNOWN && !matches!(state, State::Truth(_)) {
        return vec![state.with_presence(KNOWN), state.with_presence(UNKNOWN)];
    }
    match state {
        State::Truth(mask) => {
            [YES, NO, UNKNOWN].into_iter().filter(|bit| mask & bit != 0).map(State::Truth).collect()
        }
        State::Number(span, known) => {
            let at = middle(span, step);
            let below = Span { high: at, high_open: true, ..span };
            let above = Span { low: at, low_open: true, ..span };
            let parts = [Span::point(at), below, above];
            parts.into_iter().filter(|part| !part.is_empty()).map(|part| State::Number(part, known)).collect()
        }
        State::Labels(may, known) => {
            let first = may & may.wrapping_neg();
            vec![State::Labels(first, known), State::Labels(may & !first, known)]
        }
        State::Set(chosen, known) => {
            let open = chosen.may & !chosen.must;
            let first = open & open.wrapping_neg();
            let out = Chosen { may: chosen.may & !first, ..chosen };
            let with = Chosen { must: chosen.must | first, ..chosen };
            vec![State::Set(out, known), State::Set(with, known)]
        }
    }
}
