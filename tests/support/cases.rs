//! Case files: Markdown whose fenced blocks are inputs and expected outputs.

use std::fmt::Write;

use engine::{Dialogue, Engine, Outcome, Profile, Sex, State};
use nlp::{Speaker, Status, Whose};

/// Rewrites every output block of `text` with what the program answers now.
///
/// A block whose role is in `outputs` is an output. 抽取 and 文章 take the nearest block above as input; the others
/// take their own body. A file without an output block, or with a role nobody knows, is refused.
pub fn replay(
    text: &str,
    outputs: &[&str],
    mut run: impl FnMut(&str, &str) -> String,
) -> Result<String, String> {
    let (mut out, mut input, mut n_outputs) = (String::new(), String::new(), 0);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(role) = line.strip_prefix("```") else { continue };
        let mut body = String::new();
        for line in lines.by_ref().take_while(|line| *line != "```") {
            body.push_str(line);
            body.push('\n');
        }
        if outputs.contains(&role) {
            n_outputs += 1;
            out.push_str(&run(role, if matches!(role, "抽取" | "文章") { &input } else { &body }));
        } else if role == "原文" {
            out.push_str(&body);
            input = body;
        } else {
            return Err(format!("不认识的代码块“{role}”"));
        }
        out.push_str("```\n");
    }
    if n_outputs == 0 { Err("没有要核对的代码块".to_owned()) } else { Ok(out) }
}

/// The first articles for each question, a line each: what was asked, then ids and titles.
pub fn articles(engine: &Engine, questions: &str) -> String {
    let mut out = String::new();
    for text in questions.lines() {
        let answer =
            engine.search(&engine::search::Query { text, department: None, audience: None, limit: 3 });
        line_of(&mut out, format_args!("- {text}"));
        for hit in &answer.hits {
            let article = &engine.kb().articles()[hit.article];
            line_of(&mut out, format_args!("  - {}（{}）", article.title, article.id));
        }
        if answer.is_loose {
            let names: Vec<&str> = answer.near.iter().map(|near| near.name.as_str()).collect();
            let ways: Vec<String> = answer.ways.iter().map(|way| way.text(engine.kb())).collect();
            line_of(&mut out, format_args!("  （没有完全对得上的；是不是要找 {}）", names.join("、")));
            line_of(&mut out, format_args!("  （{}）", ways.join("；")));
        }
    }
    out
}

/// One finding a line, for each line of the text: `- 咳嗽〔有〕3天 ← “咳嗽三天”`.
pub fn findings(engine: &Engine, text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let (speaker, said) = match line.strip_prefix("家长：") {
            Some(said) => (Speaker::Parent, said),
            None => (Speaker::Patient, line),
        };
        let extraction = engine.extractor().extract(said, speaker);
        for finding in &extraction.findings {
            let status = match finding.status {
                Status::Yes => "有",
                Status::No => "无",
                Status::Unsure => "不确定",
            };
            let whose = match finding.whose {
                Whose::Patient => String::new(),
                Whose::Kin(kin) => format!("{}：", kin.label()),
            };
            let mut details = Vec::new();
            details.extend(finding.since.map(|since| format!("{}", Hours(since.hours))));
            details.extend(finding.severity.map(|severity| severity.label().to_owned()));
            details.extend(finding.rate_span.map(|span| span.of(said).to_owned()));
            details.extend(finding.side.map(|side| side.label().to_owned()));
            details.extend(finding.onset.map(|onset| onset.label().to_owned()));
            details.extend(finding.is_past.then(|| "既往".to_owned()));
            let label = &engine.kb().concept(finding.concept).label;
            let details =
                if details.is_empty() { String::new() } else { format!(" {}", details.join("，")) };
            line_of(
                &mut out,
                format_args!("- {whose}{label}〔{status}〕{details} ← “{}”", finding.span.of(said)),
            );
        }
        for measure in &extraction.measures {
            let (kind, unit) = (measure.kind.label(), measure.kind.unit());
            line_of(&mut out, format_args!("- {kind} {}{unit} ← “{}”", measure.value, measure.span.of(said)));
        }
        if extraction.findings.is_empty() && extraction.measures.is_empty() {
            out.push_str("- （没有）\n");
        }
    }
    out
}

struct Hours(f32);

impl std::fmt::Display for Hours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 < 24.0 { write!(f, "{}小时", self.0) } else { write!(f, "{}天", self.0 / 24.0) }
    }
}

/// Recomputes the `系统：` lines of a transcript.
///
/// `就诊人：女 32岁` opens it; `患者：` lines are answers, `撤回` takes one back, `其余：没有` answers all that is left
/// with the option that holds those words, else as not known.
pub fn converse(engine: &Engine, transcript: &str) -> (String, Dialogue) {
    let person = transcript
        .lines()
        .find_map(|line| line.strip_prefix("就诊人："))
        .expect("a transcript names its person");
    let profile = profile(person);
    let mut dialogue = engine.open(profile.clone());
    let mut out = format!("就诊人：{person}\n");
    ask(&mut out, &dialogue);
    for line in transcript.lines() {
        if let Some(said) = line.strip_prefix("患者：") {
            line_of(&mut out, format_args!("患者：{said}"));
            let outcome = engine.answer(&mut dialogue, said);
            note(&mut out, outcome);
            ask(&mut out, &dialogue);
        } else if line == "撤回" {
            out.push_str("撤回\n");
            let mut turns = dialogue.turns().to_vec();
            turns.pop();
            dialogue = engine.resume(profile.clone(), turns);
            ask(&mut out, &dialogue);
        } else if let Some(words) = line.strip_prefix("其余：") {
            line_of(&mut out, format_args!("其余：{words}"));
            while let Some(question) = dialogue.pending() {
                let with = |wanted: &str| question.options.iter().find(|option| option.contains(wanted));
                let fitting = [words, "说不清", "不清楚", "没发现"].into_iter().find_map(with);
                let answer = fitting.cloned().unwrap_or_else(|| "不清楚".to_owned());
                engine.answer(&mut dialogue, &answer);
            }
            ask(&mut out, &dialogue);
        }
    }
    (out, dialogue)
}

fn ask(out: &mut String, dialogue: &Dialogue) {
    match (dialogue.pending(), dialogue.state()) {
        (Some(question), _) => {
            let options = if question.options.is_empty() {
                String::new()
            } else {
                format!("〔{}〕", question.options.join("｜"))
            };
            line_of(out, format_args!("系统：{}{options}", question.text));
        }
        (None, State::Emergency) => out.push_str("系统：（停止提问，请马上就医）\n"),
        (None, _) => out.push_str("系统：（请核对病历）\n"),
    }
}

fn note(out: &mut String, outcome: Outcome) {
    match outcome {
        Outcome::Again { note } => line_of(out, format_args!("系统：（{note}）")),
        Outcome::Next { notes } | Outcome::Finished { notes } => {
            for note in notes {
                line_of(out, format_args!("系统：（{note}）"));
            }
        }
    }
}

fn profile(person: &str) -> Profile {
    let (sex, age) = person.split_once(' ').expect("sex and age, e.g. 女 32岁");
    let months = match age.strip_suffix("个月") {
        Some(months) => months.parse::<u32>().expect("months"),
        None => age.strip_suffix('岁').and_then(|years| years.parse::<u32>().ok()).expect("years") * 12,
    };
    Profile { age_months: months, sex: Some(if sex == "女" { Sex::Female } else { Sex::Male }) }
}

/// The record as the doctor reads it.
pub fn record(engine: &Engine, dialogue: &Dialogue) -> String {
    let record = engine.record(dialogue);
    let mut out = format!("主诉：{}\n", record.chief_complaint.text);
    for section in &record.sections {
        line_of(&mut out, format_args!("{}：{}", section.title, section.text()));
    }
    for sentence in &record.contradictions {
        line_of(&mut out, format_args!("注意：{}", sentence.text));
    }
    out
}

/// Triage, red flags and the first suspects with what speaks for and against them.
pub fn for_doctor(engine: &Engine, dialogue: &Dialogue) -> String {
    let triage = engine.triage(dialogue);
    let mut out = format!("分级：{}（{}）\n", triage.label, triage.reason);
    for flag in &triage.flags {
        line_of(&mut out, format_args!("红旗：{}（{}）", flag.label, flag.note));
    }
    for suspect in engine.differential(dialogue).iter().take(3) {
        let list = |reasons: &[engine::Reason]| {
            reasons.iter().map(|r| r.label.as_str()).collect::<Vec<_>>().join("、")
        };
        line_of(
            &mut out,
            format_args!(
                "{}：支持 {}；不支持 {}",
                suspect.label,
                list(&suspect.supporting),
                list(&suspect.conflicting)
            ),
        );
    }
    out
}

fn line_of(out: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(out, "{line}").expect("writing to a string does not fail");
}
