//! Dialogues driven by recorded answers, one JSON object a line.
//!
//! `{"id", "age_months"?, "sex"?, "text", "answers"?: [..], "implicit"?: {"咳嗽": "yes"}}`: `text` answers the first
//! question; then either `answers` in order, or each question about symptoms from `implicit`; whatever is not
//! recorded is answered 不清楚.

use std::{
    collections::BTreeMap,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use engine::{Act, Dialogue, Engine, Outcome, Profile, Question, Sex, State};
use nlp::Speaker;
use serde::Deserialize;

use super::super::say;
use crate::eval::read_jsonl;

/// Answer where nothing is recorded.
const UNKNOWN: &str = "不清楚";
/// A dialogue that is not over by then is a fault of the chart.
const MAX_TURNS: usize = 60;

#[derive(Debug, Deserialize)]
struct Recording {
    id: String,
    age_months: Option<u32>,
    sex: Option<Sex>,
    text: String,
    #[serde(default)]
    answers: Vec<String>,
    #[serde(default)]
    implicit: BTreeMap<String, String>,
}

pub(super) fn run(
    engine: &Engine,
    file: &Path,
    profile: &Profile,
    limit: Option<usize>,
    records: bool,
) -> anyhow::Result<ExitCode> {
    let recordings: Vec<Recording> = read_jsonl(file)?;
    let (mut n_failed, mut n_turns, mut slowest) = (0usize, 0usize, Duration::ZERO);
    let mut total = Duration::ZERO;
    let n_recordings = recordings.len().min(limit.unwrap_or(usize::MAX));
    for recording in recordings.iter().take(n_recordings) {
        let own = Profile {
            age_months: recording.age_months.unwrap_or_else(|| guessed_age(profile, &recording.text)),
            sex: recording.sex.or(profile.sex),
        };
        let mut dialogue = engine.open(own);
        let mut spoken = recording.answers.iter();
        let mut failure = None;
        while let Some(question) = dialogue.pending() {
            if dialogue.turns().len() >= MAX_TURNS {
                failure = Some("问了太多问题还没有结束".to_owned());
                break;
            }
            let answer = reply(engine, recording, question, dialogue.turns().is_empty(), &mut spoken);
            let begun = Instant::now();
            let outcome = engine.answer(&mut dialogue, &answer);
            let took = begun.elapsed();
            (total, slowest) = (total + took, slowest.max(took));
            if let Outcome::Again { note } = outcome {
                failure = Some(note);
                break;
            }
        }
        n_turns += dialogue.turns().len();
        failure = failure.or_else(|| fault(engine, &dialogue));
        if let Some(reason) = &failure {
            n_failed += 1;
            say(&format!("{}  失败：{reason}", recording.id))?;
        }
        if failure.is_none() {
            show(engine, recording, &dialogue, records)?;
        }
    }
    let mean = total.checked_div(u32::try_from(n_turns).unwrap_or(u32::MAX)).unwrap_or_default();
    say(&format!(
        "共 {n_recordings} 段对话，{n_turns} 个回合，失败 {n_failed} 段；每回合平均 {mean:.1?}，最慢 {slowest:.1?}。"
    ))?;
    Ok(if n_failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What must hold of every finished dialogue.
fn fault(engine: &Engine, dialogue: &Dialogue) -> Option<String> {
    let record = engine.record(dialogue);
    let mut keys: Vec<&str> = dialogue.turns().iter().map(|turn| turn.question.key.as_str()).collect();
    let n_asked = keys.len();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() < n_asked {
        return Some("同一个问题问了两次".to_owned());
    }
    if record.chief_complaint.text.chars().count() > 20 {
        return Some(format!("主诉超过 20 字：{}", record.chief_complaint.text));
    }
    if record.sections.iter().any(|section| section.sentences.is_empty()) {
        return Some("有一节病史是空的".to_owned());
    }
    (dialogue.state() == State::Asking).then(|| "对话没有结束".to_owned())
}

fn show(engine: &Engine, recording: &Recording, dialogue: &Dialogue, records: bool) -> anyhow::Result<()> {
    let record = engine.record(dialogue);
    let triage = engine.triage(dialogue);
    let suspects: Vec<String> = engine
        .differential(dialogue)
        .iter()
        .take(3)
        .map(|suspect| format!("{} {:.0}%", suspect.label, suspect.probability * 100.0))
        .collect();
    say(&format!(
        "{}  {} 问  {}  主诉：{}  供医生参考：{}",
        recording.id,
        dialogue.turns().len(),
        triage.label,
        record.chief_complaint.text,
        suspects.join("、")
    ))?;
    if records {
        for turn in dialogue.turns() {
            say(&format!("    问：{}\n    答：{}", turn.question.text, turn.answer))?;
        }
        for section in &record.sections {
            say(&format!("    {}：{}", section.title, section.text()))?;
        }
    }
    Ok(())
}

fn reply<'a>(
    engine: &Engine,
    recording: &'a Recording,
    question: &Question,
    is_first: bool,
    spoken: &mut impl Iterator<Item = &'a String>,
) -> String {
    if is_first {
        return recording.text.clone();
    }
    if let Some(answer) = spoken.next() {
        return answer.clone();
    }
    match &question.act {
        Act::Warn { .. } => question.options.last().cloned().unwrap_or_default(),
        Act::Concept { concept } => word(recorded(engine, recording, concept)).to_owned(),
        Act::Checklist { concepts } => {
            let there = |key: &String| recorded(engine, recording, key) == Some("yes");
            let named: Vec<&str> = concepts
                .iter()
                .zip(&question.options)
                .filter(|(key, _)| there(key))
                .map(|(_, option)| option.as_str())
                .collect();
            if named.is_empty() { UNKNOWN.to_owned() } else { named.join("、") }
        }
        _ => UNKNOWN.to_owned(),
    }
}

/// Status of a concept among the recorded symptoms, whose names are read like any text.
fn recorded<'a>(engine: &Engine, recording: &'a Recording, key: &str) -> Option<&'a str> {
    let wanted = engine.kb().id(key)?;
    recording.implicit.iter().find_map(|(name, status)| {
        let found = engine.extractor().extract(name, Speaker::Patient);
        found.findings.iter().any(|finding| finding.concept == wanted).then_some(status.as_str())
    })
}

fn word(status: Option<&str>) -> &'static str {
    match status {
        Some("yes") => "有",
        Some("no") => "没有",
        _ => UNKNOWN,
    }
}

/// A self-report that speaks of 孩子 or 宝宝 is a parent's.
fn guessed_age(profile: &Profile, text: &str) -> u32 {
    let speaks_of_child = [
        "宝宝",
        "宝贝",
        "孩子",
        "小孩",
        "男宝",
        "女宝",
        "男童",
        "女童",
        "儿子",
        "女儿",
        "患儿",
        "个月大",
        "岁半",
    ]
    .iter()
    .any(|word| text.contains(word));
    if speaks_of_child { 36 } else { profile.age_months }
}
