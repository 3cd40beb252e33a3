//! One dialogue turn in process: read the answer, update, choose the next question, compose the record.
//!
//! Prints percentiles over every turn of some dialogues, beside the floor of the same run: reading the answer alone.
#![expect(clippy::panic, reason = "a bench without its data cannot go on")]

use std::{
    hint::black_box,
    io::{self, Write},
    path::Path,
    time::{Duration, Instant},
};

use engine::{Dialogue, Engine, Profile, Sex};
use nlp::Speaker;

const ROUNDS: usize = 300;
const OPENINGS: [(u32, Sex, &str); 6] = [
    (40, Sex::Female, "孩子咳嗽三天了，晚上厉害，昨天发烧38度5，有点流鼻涕"),
    (384, Sex::Female, "小肚子疼，月经推迟了一个礼拜，有点恶心"),
    (700, Sex::Male, "胸口闷，走路快了就疼，有半个月了，我有高血压"),
    (500, Sex::Male, "头疼两天了，一跳一跳的，怕光，没有发烧"),
    (860, Sex::Female, "膝盖疼了好几年，最近上下楼厉害，早上起来有点僵"),
    (260, Sex::Male, "拉肚子三天了，一天五六次，肚子绞着疼，吃了黄连素不太管用"),
];

fn main() -> io::Result<()> {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    let engine = Engine::load(data).unwrap_or_else(|faults| panic!("{faults:?}"));
    let (mut turns, mut floor) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        for (age_months, sex, opening) in OPENINGS {
            let mut dialogue = engine.open(Profile { age_months, sex: Some(sex) });
            let mut answer = opening.to_owned();
            while dialogue.pending().is_some() {
                let begun = Instant::now();
                black_box(engine.extractor().extract(black_box(&answer), Speaker::Patient));
                floor.push(begun.elapsed());
                let begun = Instant::now();
                engine.answer(&mut dialogue, black_box(&answer));
                black_box(engine.record(&dialogue));
                turns.push(begun.elapsed());
                answer = next_answer(&dialogue, round + turns.len());
            }
        }
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{} turns over {} dialogues", turns.len(), ROUNDS * OPENINGS.len())?;
    for (name, times) in [("turn", &mut turns), ("reading alone", &mut floor)] {
        times.sort_unstable();
        let at = |share: f64| percentile(times, share);
        writeln!(
            out,
            "{name:14} p50 {:>9.1?}  p90 {:>9.1?}  p99 {:>9.1?}  max {:>9.1?}",
            at(0.5),
            at(0.9),
            at(0.99),
            at(1.0)
        )?;
    }
    Ok(())
}

/// Answers vary with the round: options in turn, so that all branches are walked.
fn next_answer(dialogue: &Dialogue, n: usize) -> String {
    let Some(question) = dialogue.pending() else { return String::new() };
    let n_options = question.options.len();
    if question.key.starts_with("warn") {
        return question.options[n_options - 1].clone();
    }
    question.options.get(n % n_options.max(1)).cloned().unwrap_or_else(|| "前天开始的，有一点".to_owned())
}

fn percentile(sorted: &[Duration], share: f64) -> Duration {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index within the slice"
    )]
    let at = ((sorted.len() - 1) as f64 * share) as usize;
    sorted[at]
}
