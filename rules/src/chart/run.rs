//! How a life cycle moves: events go from the innermost state outwards.

use super::{Chart, EdgeId, Guard, NodeId, Shape, Step};
use crate::expr::{Facts, Truth};

/// What a life cycle did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The state it rests in, never a composite one: being in it is being in those around it too.
    pub node: NodeId,
    /// The edges taken, in order; empty when nothing listens to the event here.
    pub edges: Vec<EdgeId>,
    /// The states left, in order, from the inside.
    pub left: Vec<NodeId>,
    /// The states entered, in order, from the outside.
    pub entered: Vec<NodeId>,
}

impl Chart {
    /// The event that says a simple state's own work is done; it takes edges without event.
    pub const DONE: &str = "";

    /// Begins a life cycle.
    pub fn open<F: Facts + ?Sized>(&self, facts: &F) -> Move {
        let mut moved =
            Move { node: self.start, edges: Vec::new(), left: Vec::new(), entered: vec![self.start] };
        self.settle(&mut moved, facts);
        moved
    }

    /// What an event does in a state: the innermost state with an edge for it whose guard is yes moves; 否则 moves
    /// when no other edge for the event does.
    pub fn fire<F: Facts + ?Sized>(&self, state: NodeId, event: &str, facts: &F) -> Move {
        let mut moved = Move { node: state, edges: Vec::new(), left: Vec::new(), entered: Vec::new() };
        let event = (event != Self::DONE).then_some(event);
        // That a state is done says nothing of those around it.
        let n_asked = if event.is_some() { usize::MAX } else { 1 };
        let found = std::iter::once(state)
            .chain(self.parents(state))
            .take(n_asked)
            .find_map(|holder| self.chosen(holder, event, facts));
        if let Some(edge) = found {
            self.cross(&mut moved, edge);
            self.settle(&mut moved, facts);
        }
        moved
    }

    /// Events that do something in a state if their guard allows, in file order from the innermost state.
    pub fn events(&self, state: NodeId) -> Vec<&str> {
        let mut events: Vec<&str> = Vec::new();
        for holder in std::iter::once(state).chain(self.parents(state)) {
            for event in self.outgoing(holder).iter().filter_map(|edge| self.edge(*edge).event.as_deref()) {
                if !events.contains(&event) {
                    events.push(event);
                }
            }
        }
        events
    }

    /// The state and the composite states it lies in, from the inside.
    pub fn configuration(&self, state: NodeId) -> Vec<NodeId> {
        std::iter::once(state).chain(self.parents(state)).collect()
    }

    fn chosen<F: Facts + ?Sized>(&self, holder: NodeId, event: Option<&str>, facts: &F) -> Option<EdgeId> {
        let mut otherwise = None;
        for id in self.outgoing(holder) {
            let edge = self.edge(*id);
            if edge.event.as_deref() != event {
                continue;
            }
            match &edge.guard {
                Guard::Always => return Some(*id),
                Guard::When(expr) if expr.eval(facts) == Truth::Yes => return Some(*id),
                Guard::When(_) => {}
                Guard::Otherwise => otherwise = Some(*id),
            }
        }
        otherwise
    }

    /// Goes on until a state waits. A checked chart has no way that goes on for ever; the bound holds for any.
    fn settle<F: Facts + ?Sized>(&self, moved: &mut Move, facts: &F) {
        for _ in 0..=2 * self.nodes.len() {
            let at = self.node(moved.node);
            let next = match at.shape {
                Shape::Composite => match self.dot(Some(moved.node), Shape::Start) {
                    Some(dot) => {
                        moved.node = dot;
                        moved.entered.push(dot);
                        continue;
                    }
                    None => return,
                },
                Shape::Start | Shape::Choice => self.next(moved.node, facts),
                Shape::End => {
                    at.parent.map_or(Step { node: moved.node, edge: None }, |parent| self.next(parent, facts))
                }
                _ => return,
            };
            let Some(edge) = next.edge else { return };
            self.cross(moved, edge);
        }
    }

    /// Takes an edge: leaves every state up to the one that holds both its ends, and enters those around its target.
    fn cross(&self, moved: &mut Move, id: EdgeId) {
        let edge = self.edge(id);
        let around_source: Vec<NodeId> = self.parents(edge.from).collect();
        let around_target: Vec<NodeId> = self.parents(edge.to).collect();
        let common = around_source.iter().find(|outer| around_target.contains(outer)).copied();
        moved.left.extend(self.configuration(moved.node).into_iter().take_while(|at| Some(*at) != common));
        let mut entered: Vec<NodeId> =
            around_target.into_iter().take_while(|at| Some(*at) != common).collect();
        entered.reverse();
        moved.entered.extend(entered);
        moved.entered.push(edge.to);
        moved.edges.push(id);
        moved.node = edge.to;
    }
}
