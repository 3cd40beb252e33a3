//! `jiuyi consult`: the same dialogue in the terminal, live or from recorded answers.

mod replay;

use std::{
    io::{self, BufRead, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use engine::{Dialogue, Engine, Outcome, Profile, Question, Sex, State};

use super::say;
use crate::start;

#[derive(Debug, Args)]
pub(super) struct Consult {
    /// 年龄，例如 35、3岁、8月
    #[arg(long, default_value = "35岁", value_parser = age_months)]
    age: u32,
    /// 性别：女 或 男
    #[arg(long, value_parser = sex)]
    sex: Option<Sex>,
    /// 用录下的回答驱动对话：每行一个 JSON，见 README
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// 最多回放几条
    #[arg(long, requires = "replay")]
    limit: Option<usize>,
    /// 回放时写出全部病历
    #[arg(long, requires = "replay")]
    records: bool,
    /// 知识文件夹（默认用配置里的 data）
    #[arg(long)]
    data: Option<PathBuf>,
}

/// Asks in the terminal until the record is done; `撤回` takes the last answer back, `退出` leaves.
pub(super) fn run(command: &Consult) -> anyhow::Result<ExitCode> {
    let data = match &command.data {
        Some(data) => data.clone(),
        None => start::config()?.data_dir.clone(),
    };
    let engine = start::engine(&data)?;
    let profile = Profile { age_months: command.age, sex: command.sex };
    match &command.replay {
        Some(file) => replay::run(&engine, file, &profile, command.limit, command.records),
        None => talk(&engine, &profile),
    }
}

fn talk(engine: &Engine, profile: &Profile) -> anyhow::Result<ExitCode> {
    say("（知识内容未经临床审核，仅供试用。输入“撤回”改上一个回答，“退出”离开。）")?;
    let mut dialogue = engine.open(profile.clone());
    let mut lines = io::stdin().lock().lines();
    while let Some(question) = dialogue.pending() {
        say(&format!("\n【{}】{}", question.section, question.text))?;
        offer(question)?;
        let Some(line) = lines.next().transpose()? else { break };
        match line.trim() {
            "退出" => break,
            "撤回" => {
                let mut turns = dialogue.turns().to_vec();
                turns.pop();
                dialogue = engine.resume(profile.clone(), turns);
            }
            text => {
                let answer = chosen(question, text);
                for note in notes(engine.answer(&mut dialogue, &answer)) {
                    say(&format!("（{note}）"))?;
                }
            }
        }
    }
    finish(engine, &dialogue)?;
    Ok(ExitCode::SUCCESS)
}

fn offer(question: &Question) -> io::Result<()> {
    let options: Vec<String> =
        (1..).zip(&question.options).map(|(n, option)| format!("{n} {option}")).collect();
    if !options.is_empty() {
        say(&format!("  {}", options.join("  ")))?;
    }
    write!(io::stdout(), "> ")?;
    io::stdout().flush()
}

/// `1` or `1 3` chooses options by number, where the question does not ask for a number.
fn chosen(question: &Question, text: &str) -> String {
    let picked: Option<Vec<&str>> = text
        .split([' ', ',', '，', '、'])
        .map(|part| {
            part.parse::<usize>()
                .ok()?
                .checked_sub(1)
                .and_then(|at| question.options.get(at))
                .map(String::as_str)
        })
        .collect();
    picked.map_or_else(|| text.to_owned(), |picked| picked.join("、"))
}

pub(super) fn notes(outcome: Outcome) -> Vec<String> {
    match outcome {
        Outcome::Next { notes } | Outcome::Finished { notes } => notes,
        Outcome::Again { note } => vec![note],
    }
}

fn finish(engine: &Engine, dialogue: &Dialogue) -> anyhow::Result<()> {
    if dialogue.state() == State::Emergency {
        say("\n请马上去最近的急诊，或拨打 120。下面的记录可以给接诊医生看。")?;
    }
    let record = engine.record(dialogue);
    say(&format!("\n主诉：{}", record.chief_complaint.text))?;
    for section in &record.sections {
        say(&format!("{}：{}", section.title, section.text()))?;
    }
    for sentence in &record.contradictions {
        say(&format!("注意：{}", sentence.text))?;
    }
    let triage = engine.triage(dialogue);
    say(&format!("\n以下供医生参考，不是诊断。\n分级：{}（{}）", triage.label, triage.reason))?;
    for suspect in engine.differential(dialogue) {
        let reasons =
            |list: &[engine::Reason]| list.iter().map(|r| r.label.as_str()).collect::<Vec<_>>().join("、");
        say(&format!(
            "  {:>5.1}%  {}（{}）  支持：{}  不支持：{}  未问：{}",
            suspect.probability * 100.0,
            suspect.label,
            suspect.departments.join("、"),
            reasons(&suspect.supporting),
            reasons(&suspect.conflicting),
            reasons(&suspect.unasked),
        ))?;
    }
    Ok(())
}

fn age_months(text: &str) -> Result<u32, String> {
    let (number, months) =
        match (text.strip_suffix("个月").or(text.strip_suffix('月')), text.strip_suffix('岁')) {
            (Some(number), _) => (number, 1),
            (None, Some(number)) => (number, 12),
            (None, None) => (text, 12),
        };
    let number: u32 =
        number.trim().parse().map_err(|_| format!("看不懂年龄“{text}”，请写成 35、3岁 或 8月"))?;
    if number * months > 12 * 130 {
        return Err(format!("年龄“{text}”太大"));
    }
    Ok(number * months)
}

pub(super) fn sex(text: &str) -> Result<Sex, String> {
    match text {
        "女" => Ok(Sex::Female),
        "男" => Ok(Sex::Male),
        _ => Err("性别请写 女 或 男".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read_in_years_or_months() {
        assert_eq!(age_months("35"), Ok(420));
        assert_eq!(age_months("3岁"), Ok(36));
        assert_eq!(age_months("8个月"), Ok(8));
        assert!(age_months("很大").is_err());
        assert!(age_months("999岁").is_err());
    }
}
