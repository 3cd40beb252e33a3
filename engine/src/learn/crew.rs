//! Several models that learnt from different shares of the cases, followed through one consultation.

use super::bayes::Bayes;
use super::cases::Coded;
use super::net::{Net, Sums};
use super::state::{Fact, State};
use super::{add_scaled, log_softmax, logit, real};

/// One learner: counting and a net, from the same cases.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) bayes: Bayes,
    pub(super) net: Net,
}

/// Kinds of evidence that asking finds a symptom, and kinds of opinion about the disease.
pub(super) const CLUES: usize = 3;
pub(super) const OPINIONS: usize = 3;

/// The members' view of one situation, averaged.
#[derive(Debug, Clone)]
pub(super) struct View {
    /// Logits, each for all symptoms: from the net, from the diseases' rates, from companions.
    clues: [Vec<f32>; CLUES],
    /// Log probabilities of the diseases: from the net, from what was talked about, from what was not as well.
    pub(super) opinions: Vec<Vec<f32>>,
}

impl View {
    /// Inputs from which the chance to find a symptom is computed; the last is constant.
    pub(super) fn clues(&self, symptom: usize) -> [f32; CLUES + 1] {
        let [net, rates, companions] = &self.clues;
        [net[symptom], rates[symptom], companions[symptom], 1.0]
    }
}

/// A consultation as some members follow it.
#[derive(Debug, Clone)]
pub(super) struct Follower<'a> {
    pub(super) state: State,
    fresh: Vec<usize>,
    crew: Vec<(&'a Member, Sums)>,
}

impl<'a> Follower<'a> {
    pub(super) fn new(symptoms: usize, crew: impl IntoIterator<Item = &'a Member>) -> Self {
        let state = State::new(symptoms);
        let fresh = vec![state.bias()];
        Self { state, fresh, crew: crew.into_iter().map(|member| (member, member.net.sums())).collect() }
    }

    /// A follower that has been told what the case tells unasked.
    pub(super) fn of_case(symptoms: usize, crew: impl IntoIterator<Item = &'a Member>, case: &Coded) -> Self {
        let mut follower = Self::new(symptoms, crew);
        for (symptom, status) in &case.explicit {
            follower.add(*symptom, Fact::Told(*status));
        }
        follower
    }

    pub(super) fn add(&mut self, symptom: usize, fact: Fact) {
        self.state.add(symptom, fact, &mut self.fresh);
    }

    pub(super) fn view(&mut self) -> View {
        let symptoms = self.state.known.len();
        let share = 1.0 / real(self.crew.len().max(1));
        let mut clues: [Vec<f32>; CLUES] = std::array::from_fn(|_| vec![0.0; symptoms]);
        let mut opinions: Vec<Vec<f32>> = vec![Vec::new(); OPINIONS];
        for (member, sums) in &mut self.crew {
            member.net.switch_on(sums, &self.fresh);
            let response = member.net.respond(sums);
            let (asks, diseases) = response.out.split_at(symptoms);
            let mut by_net = diseases.to_vec();
            log_softmax(&mut by_net);
            let by_count = member.bayes.posterior(&self.state);
            let mut mixed: Vec<f32> = by_net.iter().zip(&by_count.open).map(|(a, b)| 0.5 * (a + b)).collect();
            log_softmax(&mut mixed);
            let p: Vec<f32> = mixed.iter().map(|log| log.exp()).collect();
            let parts = [asks.to_vec(), member.bayes.expected(&p), member.bayes.pulled(&self.state)];
            for (clue, part) in clues.iter_mut().zip(&parts) {
                add_scaled(share, part, clue);
            }
            for (opinion, part) in opinions.iter_mut().zip([&by_net, &by_count.open, &by_count.closed]) {
                opinion.resize(part.len(), 0.0);
                add_scaled(share, part, opinion);
            }
        }
        self.fresh.clear();
        for clue in &mut clues[1..] {
            for p in clue {
                *p = logit(*p);
            }
        }
        for opinion in &mut opinions {
            log_softmax(opinion);
        }
        View { clues, opinions }
    }
}
