//! Counting: how often the cases of a disease mention a symptom, and what follows from it.

use nlp::Status;

use super::cases::Coded;
use super::state::{Fact, State};
use super::{add_scaled, log_softmax, real};

/// Naive Bayes with likelihoods for yes, no and "asked in vain". Tables are symptom-major.
#[derive(Debug, Clone)]
pub(super) struct Bayes {
    diseases: usize,
    log_prior: Vec<f32>,
    /// Logarithms of P(yes), P(no), P(unsure) being told, given the disease.
    log_told: [Vec<f32>; 3],
    /// P(reply | disease) for yes, no and silence, and the logarithms.
    reply: [Vec<f32>; 3],
    log_reply: [Vec<f32>; 3],
    /// Logarithm of P(not mentioned at all | disease), and its sum over the symptoms.
    log_absent: Vec<f32>,
    absent_sum: Vec<f32>,
    /// P(asking finds the symptom | disease).
    findable: Vec<f32>,
    /// P(asking finds b | a is mentioned), a-major.
    pull: Vec<f32>,
}

/// Two readings of the same findings; both logarithms of probabilities.
pub(super) struct Posterior {
    /// Nothing is concluded from what was not talked about.
    pub(super) open: Vec<f32>,
    /// What was not talked about is taken as absent.
    pub(super) closed: Vec<f32>,
}

/// Cases that a prior rate counts for, towards the rate over all diseases.
const SHARED: f32 = 1.0;
/// Cases added to yes and to no, so that nothing is impossible.
const FLAT: f32 = 0.05;
/// Cases that the overall rate counts for beside a symptom's companions.
const COMPANIONS: f32 = 2.0;

impl Bayes {
    pub(super) fn learn(cases: &[&Coded], symptoms: usize, diseases: usize) -> Self {
        let mut sizes = vec![0.0f32; diseases];
        let table = || vec![0.0f32; symptoms * diseases];
        let mut said = [table(), table(), table()];
        let (mut any, mut sought) = (table(), table());
        for case in cases {
            sizes[case.disease] += 1.0;
            for (symptom, status) in case.mentioned() {
                said[status as usize][symptom * diseases + case.disease] += 1.0;
                any[symptom * diseases + case.disease] += 1.0;
            }
            for (symptom, _) in &case.implicit {
                sought[symptom * diseases + case.disease] += 1.0;
            }
        }
        let total: f32 = sizes.iter().sum();
        let rates = |counts: &[f32]| smoothed(counts, &sizes);
        let log = |rates: &[f32]| rates.iter().map(|rate| rate.ln()).collect::<Vec<f32>>();
        let without = |rates: &[f32]| rates.iter().map(|rate| 1.0 - rate.min(0.98)).collect::<Vec<f32>>();
        let [yes, no, unsure] = [rates(&said[0]), rates(&said[1]), rates(&said[2])];
        let findable = rates(&sought);
        let silent = without(&findable);
        let log_absent = log(&without(&rates(&any)));
        let mut absent_sum = vec![0.0; diseases];
        for row in log_absent.chunks(diseases.max(1)) {
            add_scaled(1.0, row, &mut absent_sum);
        }
        Self {
            diseases,
            log_prior: sizes.iter().map(|size| ((size + 1.0) / (total + real(diseases))).ln()).collect(),
            log_told: [log(&yes), log(&no), log(&unsure)],
            log_reply: [log(&yes), log(&no), log(&silent)],
            reply: [yes, no, silent],
            log_absent,
            absent_sum,
            findable,
            pull: companions(cases, symptoms),
        }
    }

    fn row<'a>(&self, table: &'a [f32], symptom: usize) -> &'a [f32] {
        &table[symptom * self.diseases..(symptom + 1) * self.diseases]
    }

    pub(super) fn posterior(&self, state: &State) -> Posterior {
        let mut open = self.log_prior.clone();
        let mut closed = self.absent_sum.clone();
        add_scaled(1.0, &self.log_prior, &mut closed);
        for (symptom, fact) in &state.facts {
            let table = match fact {
                Fact::Told(status) => &self.log_told[*status as usize],
                Fact::Replied(status) => &self.log_reply[*status as usize],
            };
            add_scaled(1.0, self.row(table, *symptom), &mut open);
            if is_named(*fact) {
                add_scaled(1.0, self.row(table, *symptom), &mut closed);
                add_scaled(-1.0, self.row(&self.log_absent, *symptom), &mut closed);
            }
        }
        log_softmax(&mut open);
        log_softmax(&mut closed);
        Posterior { open, closed }
    }

    /// P(asking finds the symptom) for each symptom, under probabilities of the diseases.
    pub(super) fn expected(&self, p: &[f32]) -> Vec<f32> {
        let dot = |row: &[f32]| row.iter().zip(p).map(|(rate, p)| rate * p).sum();
        self.findable.chunks(self.diseases.max(1)).map(dot).collect()
    }

    /// For each symptom how often it is found beside a mentioned one, on average over the mentioned ones.
    pub(super) fn pulled(&self, state: &State) -> Vec<f32> {
        let symptoms = state.known.len();
        let named: Vec<usize> =
            state.facts.iter().filter(|(_, fact)| is_named(*fact)).map(|(symptom, _)| *symptom).collect();
        let share = 1.0 / real(named.len().max(1));
        let mut pulled = vec![0.0; symptoms];
        for symptom in named {
            add_scaled(share, &self.pull[symptom * symptoms..(symptom + 1) * symptoms], &mut pulled);
        }
        pulled
    }

    /// Uncertainty about the disease, in nats, that a question is expected to take away.
    pub(super) fn gain(&self, symptom: usize, p: &[f32]) -> f32 {
        let mut gain = 0.0;
        for (rates, logs) in self.reply.iter().zip(&self.log_reply) {
            let (mut sum, mut spread) = (0.0f32, 0.0f32);
            for ((p, rate), log) in p.iter().zip(self.row(rates, symptom)).zip(self.row(logs, symptom)) {
                sum += p * rate;
                spread += p * rate * log;
            }
            gain += spread - sum * sum.max(1e-9).ln();
        }
        gain
    }
}

/// Whether the case itself names the symptom.
fn is_named(fact: Fact) -> bool {
    !matches!(fact, Fact::Replied(Status::Unsure))
}

/// Rates by disease, drawn towards the rate over all diseases and away from zero.
fn smoothed(counts: &[f32], sizes: &[f32]) -> Vec<f32> {
    let total: f32 = sizes.iter().sum();
    let mut rates = Vec::with_capacity(counts.len());
    for row in counts.chunks(sizes.len().max(1)) {
        let share = (row.iter().sum::<f32>() + 0.1) / (total + 1.0);
        rates.extend(
            row.iter()
                .zip(sizes)
                .map(|(count, size)| (count + SHARED * share + FLAT) / (size + SHARED + 2.0 * FLAT)),
        );
    }
    rates
}

fn companions(cases: &[&Coded], symptoms: usize) -> Vec<f32> {
    let mut together = vec![0.0f32; symptoms * symptoms];
    let (mut mentioned, mut sought) = (vec![0.0f32; symptoms], vec![0.0f32; symptoms]);
    for case in cases {
        for (other, _) in &case.implicit {
            sought[*other] += 1.0;
        }
        for (symptom, _) in case.mentioned() {
            mentioned[symptom] += 1.0;
            for (other, _) in case.implicit.iter().filter(|(other, _)| *other != symptom) {
                together[symptom * symptoms + other] += 1.0;
            }
        }
    }
    let total = real(cases.len().max(1));
    for (row, count) in together.chunks_mut(symptoms.max(1)).zip(&mentioned) {
        for (cell, other) in row.iter_mut().zip(&sought) {
            *cell = (*cell + COMPANIONS * other / total) / (count + COMPANIONS);
        }
    }
    together
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Disease 0 has symptom 0 told and 1 found, disease 1 has 2 found; 3 is in neither.
    fn bayes() -> Bayes {
        let one = Coded {
            disease: 0,
            explicit: vec![(0, Status::Yes)],
            implicit: vec![(1, Status::Yes)],
            aside: vec![],
        };
        let two = Coded { disease: 1, explicit: vec![], implicit: vec![(2, Status::No)], aside: vec![] };
        Bayes::learn(&[&one, &one, &one, &two, &two, &two], 4, 2)
    }

    #[test]
    fn a_reply_moves_the_posterior() {
        let bayes = bayes();
        let mut state = State::new(4);
        let before = bayes.posterior(&state).open;
        assert!((before[0] - before[1]).abs() < 1e-6);
        state.add(1, Fact::Replied(Status::Unsure), &mut Vec::new());
        let after = bayes.posterior(&state);
        assert!(after.open[1] > after.open[0]);
        state.add(2, Fact::Replied(Status::No), &mut Vec::new());
        assert!(bayes.posterior(&state).open[1] > after.open[1]);
    }

    #[test]
    fn the_question_that_tells_diseases_apart_gains_most() {
        let bayes = bayes();
        let even = [0.5, 0.5];
        assert!(bayes.gain(1, &even) > 0.2);
        assert!(bayes.gain(3, &even).abs() < 1e-3);
        assert!(bayes.gain(1, &[1.0, 0.0]).abs() < 1e-4);
        let expected = bayes.expected(&even);
        assert!(expected[1] > expected[3] && expected[1] < 0.6);
    }

    #[test]
    fn companions_pull() {
        let bayes = bayes();
        let mut state = State::new(4);
        state.add(0, Fact::Told(Status::Yes), &mut Vec::new());
        let pulled = bayes.pulled(&state);
        assert!(pulled[1] > 2.0 * pulled[2]);
    }
}
