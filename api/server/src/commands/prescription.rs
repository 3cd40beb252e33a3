//! `jiuyi prescription`: what the rules find in a herbal prescription.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand};
use engine::library::{EXTENSIONS, FOLDERS, Library};
use kb::Sources;
use rules::prescription::{Finding, Line, Policy, Prescription, Settings, review};

use super::{check, say};
use crate::start;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// 审查一张处方，逐条写出依据和改法
    Check(Check),
    /// 把演示处方（data/demo/prescriptions.tsv）上传若干张，进入审方队列
    Demo(Demo),
}

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// 张数；超过文件里的就从头再来
    #[arg(long, default_value_t = 12)]
    count: usize,
    /// 机构代码
    #[arg(long, default_value = "H01")]
    institution: String,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// 处方：.json，或 .tsv（每行 药名、剂量、单位、脚注；“# 性别 = 女; 剂数 = 7”写其余各项）
    file: PathBuf,
    /// 医院的设置（.json）：规则的开关和级别
    #[arg(long)]
    settings: Option<PathBuf>,
    /// 科室代码，用科室的设置
    #[arg(long)]
    department: Option<String>,
    /// 以 JSON 写出
    #[arg(long)]
    json: bool,
    /// 知识文件夹（默认用配置里的 data）
    #[arg(long)]
    data: Option<PathBuf>,
}

/// Fails (exit code 1) when something must be changed or signed.
pub(super) async fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check(command) => run_check(command),
        Command::Demo(command) => run_demo(command).await,
    }
}

async fn run_demo(command: &Demo) -> anyhow::Result<ExitCode> {
    let app = start::app(start::config()?).await?;
    if !app.config.demo {
        bail!("只有演示环境能上传演示处方（JIUYI_DEMO=true）");
    }
    start::seed(&app).await?;
    let engine = std::sync::Arc::new(start::engine(&app.config.data_dir)?);
    let service = herbal::Service { app: app.clone(), engine };
    let n = herbal::demo::upload(&service, &command.institution, command.count).await?;
    app.db.close().await;
    say(&format!("已上传 {n} 张演示处方，在 /herbal/audit 审核。"))?;
    Ok(ExitCode::SUCCESS)
}

fn run_check(command: &Check) -> anyhow::Result<ExitCode> {
    let data = match &command.data {
        Some(data) => data.clone(),
        None => start::config()?.data_dir.clone(),
    };
    let engine = start::engine(&data)?;
    let folders: Vec<&str> = FOLDERS.into_iter().filter(|folder| data.join(folder).is_dir()).collect();
    let sources = Sources::read(&data, &folders, &EXTENSIONS)
        .with_context(|| format!("读不到知识文件夹 {}", data.display()))?;
    let library = match Library::compile(&sources, engine.kb()) {
        Ok(library) => library,
        Err(faults) => return check::refused(&faults),
    };
    let Some(book) = &library.prescription else {
        bail!("{} 里没有处方规则（rules/prescription/*.md）", data.display());
    };
    let settings = match &command.settings {
        Some(path) => json(path)?,
        None => Settings::default(),
    };
    let policy = Policy::of(book, &settings, command.department.as_deref());
    for refusal in policy.refusals() {
        say(&format!("设置没有采用：{}", refusal.message))?;
    }
    let order = read(&command.file)?;
    let report = review(book, &order, &policy);
    if command.json {
        say(&serde_json::to_string_pretty(&report)?)?;
    } else {
        for finding in &report.findings {
            say(&told(finding))?;
        }
        say(&format!("{} 味，{} 条发现。", order.lines.len(), report.findings.len()))?;
    }
    Ok(if report.is_blocked() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn told(finding: &Finding) -> String {
    let lines: Vec<String> = finding.lines.iter().map(|line| format!("第{}味", line + 1)).collect();
    let sign = if finding.can_sign { "可双签" } else { "不可双签" };
    format!(
        "[{}] {}{}\n    改法：{}（{sign}）\n    依据：{} {}；{}",
        finding.level.word(),
        if lines.is_empty() { String::new() } else { format!("{}：", lines.join("、")) },
        finding.message,
        finding.remedy,
        finding.rule,
        finding.rows.join("、"),
        finding.source
    )
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("读不了文件 {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} 不合格式", path.display()))
}

fn read(path: &Path) -> anyhow::Result<Prescription> {
    if path.extension().is_some_and(|ending| ending == "json") {
        return json(path);
    }
    let text = fs::read_to_string(path).with_context(|| format!("读不了文件 {}", path.display()))?;
    table(&text).map_err(|(line, message)| anyhow!("{}:{line}: {message}", path.display()))
}

/// Reads the table; what is wrong with its line.
fn table(text: &str) -> Result<Prescription, (usize, String)> {
    let heads: Vec<(usize, &str)> =
        (1..).zip(text.lines()).filter_map(|(line, row)| Some((line, row.strip_prefix('#')?))).collect();
    for (line, head) in &heads {
        Prescription::parse(head).map_err(|message| (*line, message))?;
    }
    let all: Vec<&str> = heads.iter().map(|(_, head)| *head).collect();
    let mut order = Prescription::parse(&all.join(";")).map_err(|message| (1, message))?;
    for (line, row) in (1..).zip(text.lines()) {
        if row.starts_with('#') || row.trim().is_empty() {
            continue;
        }
        let mut cells = row.split('\t').map(str::trim);
        let mut cell = || cells.next().unwrap_or_default();
        let (name, dose, unit, notes) = (cell(), cell(), cell(), cell());
        let dose = if dose.is_empty() {
            None
        } else {
            Some(dose.parse().map_err(|_| (line, format!("剂量写成数，例如 10，不能写“{dose}”")))?)
        };
        let notes = notes.split(['、', ' ', ',']).filter(|note| !note.is_empty()).map(str::to_owned);
        order.lines.push(Line { name: name.to_owned(), dose, unit: unit.to_owned(), notes: notes.collect() });
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_line_by_line() {
        let order = table("# 性别 = 女; 剂数 = 7\n附子\t10\tg\t先煎、打碎\n\n半夏\t9\tg\n").unwrap();
        assert_eq!((order.doses, order.lines.len()), (Some(7), 2));
        assert_eq!(order.lines[0].notes, ["先煎", "打碎"]);
        assert_eq!(table("附子\t十\tg\n").unwrap_err().0, 1);
        assert_eq!(table("附子\t10\tg\n# 剂数 = 七\n").unwrap_err().0, 2);
    }
}
