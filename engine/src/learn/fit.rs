//! Learning as a whole: the members, then how far to trust what they say.

use super::blend::{Blend, Lookback, logistic};
use super::cases::{Case, Coded, Names};
use super::chance::Chance;
use super::crew::{CLUES, Follower, Member, View};
use super::state::{Fact, State};
use super::train::{Effort, train};
use super::{bayes::Bayes, sigmoid};

/// What training cases have taught.
#[derive(Debug, Clone)]
pub struct Learned {
    pub(super) names: Names,
    pub(super) members: Vec<Member>,
    /// Symptoms that asking has ever found.
    askable: Vec<bool>,
    clue_weights: Vec<f32>,
    blends: Vec<Blend>,
    /// Nine cases in ten tell no more symptoms than this unasked.
    plain: usize,
}

/// A question and what it is worth: the chance to find something, and what it is expected to settle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    pub(super) symptom: usize,
    pub(super) worth: f32,
}

/// What a nat of certainty about the disease is worth, in found symptoms.
const GAIN: f32 = 0.4;
/// Only the questions likeliest to find something are weighed further.
const SHORT_LIST: usize = 40;
/// Questions asked while looking back at the cases left out.
const LOOK_BACK: usize = 20;
/// Cases looked back at, at most; enough for a handful of weights.
const MOST_CASES: usize = 2000;
/// Stages of a consultation, each with its own weights.
const STAGES: usize = 7;
const START: [f32; CLUES + 1] = [0.6, 0.3, 0.2, 0.0];

/// Which member leaves out which fold of the cases.
#[derive(Debug, Clone, Copy)]
struct Split {
    folds: usize,
    left_out: usize,
}

impl Split {
    fn leaves_out(self, member: usize, fold: usize) -> bool {
        (fold + self.folds - member) % self.folds < self.left_out
    }
}

impl Learned {
    /// Learns anew from solved cases; some seconds for thousands of them. No case teaches nothing: the model
    /// then asks nothing and ranks nothing.
    pub fn from_cases(cases: &[Case]) -> Self {
        let names = Names::of(cases);
        let coded: Vec<Coded> = cases.iter().filter_map(|case| names.code(case)).collect();
        // Few cases: more members, cheap here and steadier; many cases: fewer rounds, as each brings more.
        let few = coded.len() < 1000;
        let split = if few { Split { folds: 10, left_out: 2 } } else { Split { folds: 5, left_out: 1 } };
        let effort = Effort { hidden: 48, epochs: (30_000 / coded.len().max(1)).clamp(5, 16) };
        let folds = folds(&coded, split.folds);
        let members = (0..split.folds).zip(1..).map(|(member, seed)| {
            let part: Vec<&Coded> = coded
                .iter()
                .zip(&folds)
                .filter_map(|(case, fold)| (!split.leaves_out(member, *fold)).then_some(case))
                .collect();
            let (symptoms, diseases) = (names.symptoms.len(), names.diseases.len());
            Member {
                bayes: Bayes::learn(&part, symptoms, diseases),
                net: train(&part, symptoms, diseases, effort, seed),
            }
        });
        let mut askable = vec![false; names.symptoms.len()];
        for (symptom, _) in coded.iter().flat_map(|case| &case.implicit) {
            askable[*symptom] = true;
        }
        let mut counts: Vec<usize> = coded.iter().map(|case| case.explicit.len()).collect();
        counts.sort_unstable();
        let mut learned = Self {
            members: members.collect(),
            askable,
            clue_weights: START.to_vec(),
            blends: vec![Blend::new(&[0.6, 0.3, 0.0]); STAGES],
            plain: counts.get(counts.len().saturating_sub(1) * 9 / 10).copied().unwrap_or_default(),
            names,
        };
        let judged: Vec<(&Coded, usize)> = coded.iter().zip(folds).collect();
        learned.clue_weights = learned.fitted_clue_weights(&judged, split);
        learned.blends = learned.fitted_blends(&judged, split);
        learned
    }

    /// Logits that asking finds each symptom; minus infinity where there is nothing to ask.
    fn scores(&self, state: &State, view: &View) -> Vec<f32> {
        let score = |symptom: usize| -> f32 {
            view.clues(symptom).iter().zip(&self.clue_weights).map(|(clue, weight)| clue * weight).sum()
        };
        (0..state.known.len())
            .map(|symptom| {
                let open = self.askable[symptom] && !state.known[symptom];
                if open { score(symptom) } else { f32::NEG_INFINITY }
            })
            .collect()
    }

    /// The best next question; `None` when nothing is left to ask.
    pub(super) fn choice(&self, state: &State, view: &View) -> Option<Choice> {
        let scores = self.scores(state, view);
        let mut short: Vec<usize> =
            (0..scores.len()).filter(|symptom| scores[*symptom].is_finite()).collect();
        short.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
        short.truncate(SHORT_LIST);
        let p: Vec<f32> = self.log_posterior(state, view).iter().map(|log| log.exp()).collect();
        let counts = self.members.first()?;
        let weigh = |symptom: usize| {
            let worth = sigmoid(scores[symptom]) + GAIN * counts.bayes.gain(symptom, &p);
            Choice { symptom, worth }
        };
        short.into_iter().map(weigh).reduce(|best, next| if next.worth > best.worth { next } else { best })
    }

    /// Log probabilities of the diseases, all members and kinds of opinion joined.
    pub(super) fn log_posterior(&self, state: &State, view: &View) -> Vec<f32> {
        self.blends[self.stage(state)].join(&view.opinions)
    }

    fn stage(&self, state: &State) -> usize {
        match state.asks {
            0 if state.told <= self.plain => 0,
            0 => 1,
            1..=4 => 2,
            5..=8 => 3,
            9..=12 => 4,
            13..=17 => 5,
            _ => 6,
        }
    }

    /// Members that have not learnt from a fold.
    fn strangers(&self, split: Split, fold: usize) -> impl Iterator<Item = &Member> {
        let left_out = move |member: usize| split.leaves_out(member, fold);
        self.members.iter().enumerate().filter_map(move |(at, member)| left_out(at).then_some(member))
    }

    /// Asks left-out cases and compares clues with what was there to find.
    fn fitted_clue_weights(&self, cases: &[(&Coded, usize)], split: Split) -> Vec<f32> {
        let mut rows = Vec::new();
        for (case, fold) in cases.iter().step_by(cases.len().div_ceil(MOST_CASES / 2).max(1)) {
            let mut follower = Follower::of_case(self.askable.len(), self.strangers(split, *fold), case);
            for turn in 0..16 {
                let view = follower.view();
                let scores = self.scores(&follower.state, &view);
                if turn % 3 == 0 {
                    let worth_a_look = (0..scores.len()).filter(|symptom| scores[*symptom] > -4.5);
                    rows.extend(worth_a_look.map(|s| (view.clues(s).to_vec(), case.seeks(s))));
                }
                let best = (0..scores.len())
                    .filter(|symptom| scores[*symptom].is_finite())
                    .max_by(|a, b| scores[*a].total_cmp(&scores[*b]).then(b.cmp(a)));
                let Some(symptom) = best else { break };
                follower.add(symptom, Fact::Replied(case.reply(symptom)));
            }
        }
        logistic(&rows, &self.clue_weights, 1.0)
    }

    /// Asks left-out cases and compares opinions with the true disease, stage by stage.
    fn fitted_blends(&self, cases: &[(&Coded, usize)], split: Split) -> Vec<Blend> {
        let mut stages: Vec<Vec<Lookback>> = (0..STAGES).map(|_| Vec::new()).collect();
        for (case, fold) in cases.iter().step_by(cases.len().div_ceil(MOST_CASES).max(1)) {
            let told_all = Coded { explicit: case.mentioned().collect(), ..(*case).clone() };
            let mut follower = Follower::of_case(self.askable.len(), self.strangers(split, *fold), &told_all);
            if follower.state.told > self.plain {
                let opinions = follower.view().opinions;
                stages[1].push(Lookback { opinions, truth: case.disease });
            }
            let mut follower = Follower::of_case(self.askable.len(), self.strangers(split, *fold), case);
            for turn in 0..=LOOK_BACK {
                let view = follower.view();
                let choice = self.choice(&follower.state, &view);
                if turn % 2 == 0 {
                    let lookback = Lookback { opinions: view.opinions, truth: case.disease };
                    stages[self.stage(&follower.state)].push(lookback);
                }
                let Some(Choice { symptom, .. }) = choice else { break };
                follower.add(symptom, Fact::Replied(case.reply(symptom)));
            }
        }
        self.blends.iter().zip(&stages).map(|(blend, lookbacks)| blend.fit(lookbacks, 5.0)).collect()
    }
}

/// A fold for each case; every disease is spread evenly over the folds.
fn folds(cases: &[Coded], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..cases.len()).collect();
    Chance::new(5).shuffle(&mut order);
    order.sort_by_key(|case| cases[*case].disease);
    let mut folds = vec![0; cases.len()];
    for (place, case) in order.into_iter().enumerate() {
        folds[case] = place % count;
    }
    folds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fold_is_left_out_by_as_many_members() {
        let split = Split { folds: 10, left_out: 2 };
        for fold in 0..10 {
            assert_eq!((0..10).filter(|member| split.leaves_out(*member, fold)).count(), 2);
        }
    }

    #[test]
    fn folds_spread_each_disease() {
        let case = |disease| Coded { disease, explicit: vec![], implicit: vec![], aside: vec![] };
        let cases: Vec<Coded> = (0..20).map(|i| case(i % 2)).collect();
        let folds = folds(&cases, 5);
        for fold in 0..5 {
            let here: Vec<usize> = (0..20).filter(|i| folds[*i] == fold).map(|i| i % 2).collect();
            assert_eq!(here.iter().sum::<usize>(), 2, "{folds:?}");
            assert_eq!(here.len(), 4);
        }
    }
}
