//! A questionnaire answered in the terminal.

use std::{
    io::{self, BufRead},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use engine::Sex;
use rules::form::{Answer, Next, Patient, Session, prove::prove, record::sections};

use super::super::{check, consult::sex, say};

#[derive(Debug, Args)]
pub(in super::super) struct Try {
    /// 问卷文件（.form）
    file: PathBuf,
    /// 年龄（岁）
    #[arg(long)]
    age: Option<f64>,
    /// 性别：女 或 男
    #[arg(long, value_parser = sex)]
    sex: Option<Sex>,
    /// 正在怀孕
    #[arg(long)]
    pregnant: bool,
    /// 复诊（不写则是初诊）
    #[arg(long)]
    again: bool,
    /// 今天的日期，例如 2026-11-23
    #[arg(long)]
    today: Option<String>,
}

const HELP: &str = "选项可以写序号，多选用逗号隔开；“撤回”改上一题，“跳过”先不答，“为什么 题名”看它为何（不）显示，“病历”看已写出的，“退出”离开。";

/// Asks question by question until nothing is left, then shows the record.
pub(in super::super) fn run(command: &Try) -> anyhow::Result<ExitCode> {
    let questionnaire = match check::open(&command.file)? {
        Ok(questionnaire) => questionnaire,
        Err(faults) => return check::refused(&faults),
    };
    check::list(&prove(&questionnaire.form))?;
    let patient = Patient {
        age: command.age,
        months: command.age.map(|years| years * 12.0),
        male: command.sex.map(|sex| sex == Sex::Male),
        today: None,
        pregnant: Some(command.pregnant),
        first_visit: Some(!command.again),
    };
    let mut session = questionnaire.form.open(&patient);
    if let Some(today) = &command.today {
        match session.answer_of("今天", today)? {
            Some(date) => session.set_patient("今天", &date)?,
            None => anyhow::bail!("“{today}”不是日期，写成 2026-11-23"),
        }
    }
    say(&format!("【{}】草稿，未经临床审核。{HELP}", questionnaire.draft.title.text))?;
    talk(&mut session)?;
    show(&session)?;
    Ok(ExitCode::SUCCESS)
}

fn talk(session: &mut Session) -> anyhow::Result<()> {
    let mut lines = io::stdin().lock().lines();
    let mut answered: Vec<String> = Vec::new();
    while let Some(question) = session.next() {
        ask(session, &question)?;
        let Some(line) = lines.next().transpose()? else { break };
        let line = line.trim();
        match line.split_once(' ').unwrap_or((line, "")) {
            ("退出", _) => break,
            ("病历", _) => show(session)?,
            ("为什么", path) => match session.explain(path.trim()) {
                Ok(explanation) => say(&explanation.to_string())?,
                Err(refusal) => say(&refusal.message)?,
            },
            ("撤回", _) => match answered.pop() {
                Some(last) => session.clear(&last)?,
                None => say("还没有可以撤回的回答。")?,
            },
            ("跳过", _) => {
                if let Err(refusal) = session.skip(&question.path) {
                    say(&refusal.message)?;
                }
            }
            _ => match answer(session, &question, line) {
                Ok(()) => answered.push(question.path),
                Err(message) => say(&message)?,
            },
        }
        for finding in session.findings() {
            say(&format!("请再看看“{}”：{}", finding.path, finding.message))?;
        }
    }
    Ok(())
}

fn ask(session: &Session, question: &Next) -> anyhow::Result<()> {
    let progress = session.progress();
    let mark = if question.required { "" } else { "（可跳过）" };
    say(&format!("\n{}/{} {}{mark}", progress.answered + 1, progress.visible, question.text))?;
    for (number, label) in (1..).zip(session.options(&question.path)) {
        say(&format!("  {number} {label}"))?;
    }
    Ok(())
}

fn answer(session: &mut Session, question: &Next, line: &str) -> Result<(), String> {
    let options: Vec<String> = session.options(&question.path).into_iter().map(str::to_owned).collect();
    let label = |word: &str| -> String {
        let number = word.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        number.and_then(|index| options.get(index).cloned()).unwrap_or_else(|| word.to_owned())
    };
    let meant = session.answer_of(&question.path, line).map_err(|refusal| refusal.message)?;
    let meant = match meant {
        Some(Answer::Choice(word)) => Answer::Choice(label(&word)),
        Some(Answer::Set(words)) => Answer::Set(words.iter().map(|word| label(word)).collect()),
        Some(other) => other,
        None => return Err("没看懂。数字写数，日期写 2026-11-23，是否题写“是”或“否”。".to_owned()),
    };
    session.answer(&question.path, meant).map_err(|refusal| refusal.message)
}

fn show(session: &Session) -> anyhow::Result<()> {
    say("\n—— 病历 ——")?;
    for (section, text) in sections(&session.record()) {
        say(&format!("{section}：{text}"))?;
    }
    Ok(())
}
