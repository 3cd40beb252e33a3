//! Training the net: each case is asked through with the net's own, blurred choice.

use super::cases::Coded;
use super::chance::Chance;
use super::net::{Moment, Net};
use super::state::{Fact, State};
use super::{log_softmax, real, sigmoid};

/// Settings that depend on how much there is to learn from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    pub(super) hidden: usize,
    pub(super) epochs: usize,
}

const BATCH: usize = 8;
const RATE: f32 = 0.004;
const DECAY: f32 = 0.02;
/// Share of the hidden units that take part.
const KEEP: f32 = 0.7;
/// Weight of the disease beside the questions.
const DISEASE: f32 = 2.0;
/// Blur of the choice of questions, so that the net meets more than its favourites.
const BLUR: f32 = 0.7;
/// Share of cases shown as if everything had been told at once.
const ALL_TOLD: f32 = 0.15;
/// Share of cases in which one thing told is held back until asked for.
const HELD_BACK: f32 = 0.3;
const MOST_ASKS: usize = 20;

/// A net whose outputs are, for each symptom, the logit that asking finds it, and then a score for each disease.
pub(super) fn train(cases: &[&Coded], symptoms: usize, diseases: usize, effort: Effort, seed: u64) -> Net {
    let mut chance = Chance::new(seed + 77);
    let mut net = Net::new(State::switches(symptoms), effort.hidden, symptoms + diseases, seed);
    let mut order: Vec<usize> = (0..cases.len()).collect();
    let steps = real(cases.len().div_ceil(BATCH) * effort.epochs);
    let mut done = 0.0;
    for _ in 0..effort.epochs {
        chance.shuffle(&mut order);
        for batch in order.chunks(BATCH) {
            for at in batch {
                let moments = ask_through(&net, cases[*at], symptoms, &mut chance);
                net.learn_from(&moments, KEEP, 1.0 / real(BATCH));
            }
            done += 1.0;
            let progress: f32 = done / steps;
            net.step(RATE * (progress * 20.0).min(1.0) * (1.0 - progress).max(0.02), DECAY);
        }
    }
    net.finish();
    net
}

/// All moments of one case, from what is told to the last question.
fn ask_through(net: &Net, case: &Coded, symptoms: usize, chance: &mut Chance) -> Vec<Moment> {
    let mut case = case.clone();
    let all_told = chance.unit() < ALL_TOLD;
    if all_told {
        case.explicit = case.mentioned().collect();
        case.implicit.clear();
    } else if chance.unit() < HELD_BACK && case.explicit.len() > 1 {
        let at = chance.below(case.explicit.len());
        case.implicit.push(case.explicit.swap_remove(at));
    }
    let mut sums = net.sums();
    let mut state = State::new(symptoms);
    let mut on = vec![state.bias()];
    for (symptom, status) in &case.explicit {
        state.add(*symptom, Fact::Told(*status), &mut on);
    }
    let mut moments = Vec::new();
    loop {
        net.switch_on(&mut sums, &on);
        let response = net.respond_thinned(&sums, KEEP, chance);
        let slopes = slopes(&response.out, &state, &case, all_told);
        // Several questions at once are cheaper, and no worse to learn from, than one at a time.
        let want = if state.asks == 0 { 1 } else { 1 + chance.below(4) };
        let over = all_told || state.asks >= MOST_ASKS;
        let asks =
            if over { Vec::new() } else { blurred_choice(&response.out, &slopes, &state, want, chance) };
        moments.push(Moment { on: std::mem::take(&mut on), response, slopes });
        if asks.is_empty() {
            return moments;
        }
        for symptom in asks {
            state.add(symptom, Fact::Replied(case.reply(symptom)), &mut on);
        }
    }
}

/// Slopes of the loss at the outputs: for open symptoms whether asking finds them, for diseases which it is.
fn slopes(out: &[f32], state: &State, case: &Coded, all_told: bool) -> Vec<f32> {
    let (asks, diseases) = out.split_at(state.known.len());
    let mut slopes: Vec<f32> = if all_told {
        vec![0.0; asks.len()]
    } else {
        asks.iter().zip(&state.known).map(|(z, known)| if *known { 0.0 } else { sigmoid(*z) }).collect()
    };
    for (symptom, _) in case.implicit.iter().filter(|(symptom, _)| !state.known[*symptom]) {
        slopes[*symptom] -= 1.0;
    }
    let mut logs = diseases.to_vec();
    log_softmax(&mut logs);
    slopes.extend(
        logs.iter().enumerate().map(|(at, log)| DISEASE * (log.exp() - f32::from(at == case.disease))),
    );
    slopes
}

/// The best open symptoms after blurring; those hardly worth a question are not drawn.
fn blurred_choice(
    out: &[f32],
    slopes: &[f32],
    state: &State,
    want: usize,
    chance: &mut Chance,
) -> Vec<usize> {
    let mut best: Vec<(f32, usize)> = Vec::with_capacity(want + 1);
    for (symptom, z) in out.iter().take(state.known.len()).enumerate() {
        // An open symptom's slope is its probability, less one where it is to be found.
        if state.known[symptom] || (0.0..0.002).contains(&slopes[symptom]) {
            continue;
        }
        let score = z.min(3.0) + BLUR * chance.gumbel();
        if best.len() < want || best.last().is_some_and(|(worst, _)| score > *worst) {
            let place = best.partition_point(|(better, _)| *better >= score);
            best.insert(place, (score, symptom));
            best.truncate(want);
        }
    }
    best.into_iter().map(|(_, symptom)| symptom).collect()
}

#[cfg(test)]
mod tests {
    use nlp::Status;

    use super::*;

    #[test]
    fn the_net_learns_what_follows_what() {
        let case = |disease, told, found| Coded {
            disease,
            explicit: vec![(told, Status::Yes)],
            implicit: vec![(found, Status::Yes)],
            aside: vec![],
        };
        let (one, two) = (case(0, 0, 1), case(1, 2, 3));
        let cases: Vec<&Coded> = [&one, &two].repeat(30);
        let net = train(&cases, 4, 2, Effort { hidden: 8, epochs: 20 }, 1);
        let mut sums = net.sums();
        let mut state = State::new(4);
        let mut on = vec![state.bias()];
        state.add(2, Fact::Told(Status::Yes), &mut on);
        net.switch_on(&mut sums, &on);
        let out = net.respond(&sums).out;
        assert!(out[3] > 0.0 && out[1] < 0.0, "{out:?}");
        assert!(out[5] > out[4] + 1.0, "{out:?}");
    }
}
