//! `jiuyi form`: try a questionnaire, run its cases, carry it to another format.

mod trial;

use std::{
    ffi::OsStr,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use rules::{
    exchange::{Loss, fhir, xlsform},
    form::{case_text::print_cases, cases, draft::Draft, json, paths::paths, print::print, read::read},
};

use super::{check, say};

#[derive(Debug, Subcommand)]
pub(super) enum Form {
    /// 在终端里像患者一样答一份问卷，最后看写出的病历
    Try(trial::Try),
    /// 跑问卷旁边的用例，列出没有走到的分支
    Cases(Cases),
    /// 在问卷文本、设计器 JSON、FHIR 和 XLSForm 之间转换
    Convert(Convert),
}

#[derive(Debug, Args)]
pub(super) struct Cases {
    /// 问卷文件（.form）
    file: PathBuf,
    /// 写出能走遍所有分支的一组用例，可以接在 .cases 文件后面
    #[arg(long)]
    generate: bool,
}

#[derive(Debug, Args)]
pub(super) struct Convert {
    /// 要转换的文件：.form、.json（设计器或 FHIR）、.xlsx（XLSForm）
    file: PathBuf,
    /// 转成什么
    #[arg(long, value_enum, default_value_t = Format::Text)]
    to: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// 问卷文本
    Text,
    /// 设计器的 JSON
    Json,
    /// FHIR R4 Questionnaire
    Fhir,
}

/// Runs one of the subcommands.
pub(super) fn run(command: &Form) -> anyhow::Result<ExitCode> {
    match command {
        Form::Try(command) => trial::run(command),
        Form::Cases(command) => run_cases(command),
        Form::Convert(command) => convert(command),
    }
}

fn run_cases(command: &Cases) -> anyhow::Result<ExitCode> {
    let questionnaire = match check::open(&command.file)? {
        Ok(questionnaire) => questionnaire,
        Err(faults) => return check::refused(&faults),
    };
    if command.generate {
        let found = paths(&questionnaire.form);
        let missing = cases::run(&questionnaire.form, "", &found);
        say(print_cases(&found).trim_end())?;
        let share = 100.0 * missing.coverage.share();
        writeln!(std::io::stderr(), "{} 个用例，走到 {share:.0}% 的分支。", found.len())?;
        return Ok(ExitCode::SUCCESS);
    }
    let report = questionnaire.run_cases();
    check::list(&report.faults)?;
    let n_cases = questionnaire.cases.as_ref().map_or(0, |(_, cases)| cases.len());
    let share = 100.0 * report.coverage.share();
    say(&format!(
        "用例 {n_cases} 个，通过 {} 个；分支 {} 个，走到 {share:.0}%。",
        report.passed,
        report.coverage.branches().len()
    ))?;
    Ok(if report.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn convert(command: &Convert) -> anyhow::Result<ExitCode> {
    let name = command.file.display().to_string();
    let bytes = fs::read(&command.file).with_context(|| format!("读不了文件 {name}"))?;
    let (draft, mut losses) = match imported(&name, &bytes)? {
        Ok(imported) => imported,
        Err(faults) => return check::refused(&faults),
    };
    let text = match command.to {
        Format::Text => print(&draft),
        Format::Json => json::to_json(&draft)?,
        Format::Fhir => {
            let publication =
                fhir::Publication { base: "urn:jiuyi".to_owned(), ..fhir::Publication::default() };
            let (document, more) = fhir::export(&draft, &publication);
            losses.extend(more);
            serde_json::to_string_pretty(&document)?
        }
    };
    say(text.trim_end())?;
    for loss in &losses {
        writeln!(
            std::io::stderr(),
            "没有带过来：{} {}：{}（{}）",
            loss.code,
            loss.place,
            loss.what,
            loss.why
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

type Imported = Result<(Draft, Vec<Loss>), Vec<kb::Fault>>;

/// A questionnaire from a file, by its ending and, for JSON, by what it says it is.
fn imported(name: &str, bytes: &[u8]) -> anyhow::Result<Imported> {
    let ending = Path::new(name).extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
    if ending == "xlsx" {
        return Ok(xlsform::import(name, bytes));
    }
    let text = std::str::from_utf8(bytes).with_context(|| format!("{name} 不是 UTF-8 文本"))?;
    let own = |draft| (draft, Vec::new());
    match ending.as_str() {
        "form" => Ok(read(name, text).map(own)),
        "json" if text.contains("\"resourceType\"") => Ok(fhir::import(name, text)),
        "json" => Ok(json::from_json(name, text).map(own)),
        _ => bail!("不认识 {name}：要 .form、.json 或 .xlsx"),
    }
}
