//! A form of 1,000 questions, each shown by two earlier ones: reading and compiling it, and from an answer to the next
//! question.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench reports, and its form is sound")]

use std::fmt::Write;
use std::time::{Duration, Instant};

use divan::Bencher;
use rules::form::{Answer, Form, NoConcepts, Patient, Session, draft::Draft, read::read};

const QUESTIONS: usize = 1_000;

/// Each question has two earlier ones in its condition: the one before it or near it, and one far back.
fn text() -> String {
    let mut text = String::from("问卷 large 一千题\n版本: 1\n\n");
    for at in 0..QUESTIONS {
        let _ = writeln!(text, "单选 题{at} 第 {at} 题怎么样？\n- 没有\n- 有\n- 说不清");
        if at >= 2 {
            let (near, far) = (at - 1 - at % 2, at / 2);
            let _ = writeln!(text, "显示: 题{near} ≠ 说不清 或 题{far} = 有");
        }
    }
    text
}

fn draft() -> Draft {
    read("large.form", &text()).expect("reads")
}

fn form() -> Form {
    Form::compile("large.form", &draft(), &NoConcepts).expect("compiles")
}

/// Whether the answer was taken: the question may be hidden just then.
fn answer(session: &mut Session, at: usize, turn: usize) -> bool {
    let label = ["没有", "有", "说不清"][(at * 7 + turn) % 3];
    session.answer(&format!("题{at}"), Answer::Choice(label.to_owned())).is_ok()
}

/// Every question answered three times over, each followed by the next question: those that were taken, sorted.
fn latencies() -> Vec<Duration> {
    let mut session = form().open(&Patient::default());
    let mut all = Vec::with_capacity(QUESTIONS * 3);
    for turn in 0..3 {
        for at in 0..QUESTIONS {
            let begun = Instant::now();
            let taken = answer(&mut session, at, turn);
            divan::black_box(session.next());
            let needed = begun.elapsed();
            if taken {
                all.push(needed);
            }
        }
    }
    all.sort_unstable();
    all
}

fn main() {
    let all = latencies();
    let at = |share: usize| all[(all.len() * share / 100).min(all.len() - 1)];
    println!("answer → next, {} answers: p50 {:?}, p99 {:?}, max {:?}", all.len(), at(50), at(99), at(100));
    divan::main();
}

#[divan::bench]
fn read_text(bencher: Bencher<'_, '_>) {
    let text = text();
    bencher.bench(|| read("large.form", divan::black_box(&text)));
}

#[divan::bench]
fn compile(bencher: Bencher<'_, '_>) {
    let draft = draft();
    bencher.bench(|| Form::compile("large.form", divan::black_box(&draft), &NoConcepts));
}

#[divan::bench]
fn open(bencher: Bencher<'_, '_>) {
    let form = form();
    bencher.bench(|| form.open(&Patient::default()));
}

#[divan::bench]
fn answer_and_next(bencher: Bencher<'_, '_>) {
    let mut session = form().open(&Patient::default());
    let mut at = 0;
    bencher.bench_local(move || {
        at += 1;
        answer(&mut session, at % QUESTIONS, at / QUESTIONS);
        session.next()
    });
}
