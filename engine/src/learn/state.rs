//! What is known so far about one case, and how the net sees it.

use nlp::Status;

/// One finding and how it came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fact {
    /// The patient said so unasked.
    Told(Status),
    /// The patient replied so; unsure also stands for silence.
    Replied(Status),
}

/// Everything known so far.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) facts: Vec<(usize, Fact)>,
    /// For each symptom: told or asked already.
    pub(super) known: Vec<bool>,
    pub(super) asks: usize,
    pub(super) told: usize,
    found: usize,
}

/// Switches of one symptom: yes, no, told unsure, asked in vain, told yes, told no.
const SWITCHES: usize = 6;
/// A switch goes on, and stays on, when the count gets there.
const ASKS: [usize; 7] = [1, 3, 6, 9, 12, 16, 20];
const TOLD: [usize; 7] = [1, 2, 3, 4, 6, 8, 11];
const FOUND: [usize; 5] = [1, 2, 4, 6, 9];

impl State {
    pub(super) fn new(symptoms: usize) -> Self {
        Self { facts: Vec::new(), known: vec![false; symptoms], asks: 0, told: 0, found: 0 }
    }

    /// Number of switches for so many symptoms.
    pub(super) fn switches(symptoms: usize) -> usize {
        symptoms * SWITCHES + 1 + ASKS.len() + TOLD.len() + FOUND.len()
    }

    /// The switch that is always on.
    pub(super) fn bias(&self) -> usize {
        self.known.len() * SWITCHES
    }

    /// Adds a finding and pushes the switches it turns on.
    pub(super) fn add(&mut self, symptom: usize, fact: Fact, on: &mut Vec<usize>) {
        let base = symptom * SWITCHES;
        match fact {
            Fact::Told(Status::Yes) => on.extend([base, base + 4]),
            Fact::Told(Status::No) => on.extend([base + 1, base + 5]),
            Fact::Told(Status::Unsure) => on.push(base + 2),
            Fact::Replied(Status::Yes) => on.push(base),
            Fact::Replied(Status::No) => on.push(base + 1),
            Fact::Replied(Status::Unsure) => on.push(base + 3),
        }
        let counts = self.bias() + 1;
        let mut count = |at: &mut usize, steps: &[usize], offset: usize| {
            *at += 1;
            on.extend(steps.iter().position(|step| step == at).map(|step| counts + offset + step));
        };
        match fact {
            Fact::Told(_) => count(&mut self.told, &TOLD, ASKS.len()),
            Fact::Replied(status) => {
                count(&mut self.asks, &ASKS, 0);
                if status != Status::Unsure {
                    count(&mut self.found, &FOUND, ASKS.len() + TOLD.len());
                }
            }
        }
        if let Some(known) = self.known.get_mut(symptom) {
            *known = true;
        }
        self.facts.push((symptom, fact));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_distinct_and_within_bounds() {
        let mut state = State::new(12);
        let mut on = vec![state.bias()];
        for symptom in 0..12 {
            let status = [Status::Yes, Status::No, Status::Unsure][symptom % 3];
            let fact = if symptom < 4 { Fact::Told(status) } else { Fact::Replied(status) };
            state.add(symptom, fact, &mut on);
        }
        let total = on.len();
        on.sort_unstable();
        on.dedup();
        assert_eq!(on.len(), total);
        assert!(on.iter().all(|switch| *switch < State::switches(12)));
        assert_eq!((state.told, state.asks), (4, 8));
        assert!(state.known.iter().all(|known| *known));
    }
}
