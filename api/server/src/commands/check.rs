//! `jiuyi check`: every fault of the knowledge files with its place.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::Args;
use engine::{
    Engine,
    library::{EXTENSIONS, FOLDERS, GraphNames, Library, Questionnaire},
};
use kb::{ConceptKind, Fault, Severity, Source, Sources};
use rules::form::prove::prove;

use super::{layout, say};
use crate::start;

#[derive(Debug, Args)]
pub(super) struct Check {
    /// 知识文件夹，或单个文件：问卷（.form）、流程图（.mmd）、匹配、质控或处方规则（.md）；默认用配置里的 data
    path: Option<PathBuf>,
    /// 先把图谱和饮片文件（Turtle）排成规范写法，再检查
    #[arg(long)]
    fix: bool,
}

/// Fails (exit code 1) when the release would be refused.
pub(super) fn run(command: &Check) -> anyhow::Result<ExitCode> {
    if command.fix {
        let config = start::config()?;
        let faults = layout::fix(command.path.as_ref().unwrap_or(&config.data_dir))?;
        if !faults.is_empty() {
            return refused(&faults);
        }
        // A single Turtle file says nothing without the rest of the graph.
        if command.path.as_ref().is_some_and(|path| path.extension().is_some_and(|ending| ending == "ttl")) {
            return Ok(ExitCode::SUCCESS);
        }
    }
    match &command.path {
        Some(path) if path.is_file() && path.extension().is_some_and(|ending| ending == "form") => one(path),
        Some(path) if path.is_file() => among_others(path),
        Some(path) => all(path),
        None => all(&start::config()?.data_dir.clone()),
    }
}

fn all(data: &Path) -> anyhow::Result<ExitCode> {
    let engine = match Engine::load(data) {
        Ok(engine) => engine,
        Err(faults) => return refused(&faults),
    };
    let library = engine.library();
    list(&engine.kb().warnings)?;
    list(&layout::reminders(data)?)?;
    list(&library.warnings)?;
    let faults = library.examine();
    if faults.iter().any(|fault| fault.severity == Severity::Error) {
        return refused(&faults);
    }
    list(&faults)?;
    say(&summary(&engine, library))?;
    Ok(ExitCode::SUCCESS)
}

/// One questionnaire, against the graph of the configured data folder.
fn one(path: &Path) -> anyhow::Result<ExitCode> {
    let questionnaire = match open(path)? {
        Ok(questionnaire) => questionnaire,
        Err(faults) => return refused(&faults),
    };
    let report = questionnaire.run_cases();
    let mut faults = prove(&questionnaire.form);
    if questionnaire.cases.is_some() {
        faults.extend(report.faults);
    }
    faults.sort();
    if faults.iter().any(|fault| fault.severity == Severity::Error) {
        return refused(&faults);
    }
    list(&faults)?;
    let cases = questionnaire.cases.as_ref().map_or_else(
        || "旁边还没有用例（.cases）。".to_owned(),
        |(_, cases)| format!("用例 {} 个，分支覆盖 {:.0}%。", cases.len(), 100.0 * report.coverage.share()),
    );
    say(&format!("{}：没有错误。{cases}", path.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// A flow or a rule, as part of the data folder it lies in, or else of the configured one: it may name
/// questionnaires, rules and flows there.
fn among_others(path: &Path) -> anyhow::Result<ExitCode> {
    let full = path.canonicalize().with_context(|| format!("读不了文件 {}", path.display()))?;
    let home = full.ancestors().find(|folder| folder.join("graph").is_dir());
    let data =
        home.map_or_else(|| start::config().map(|config| config.data_dir), |home| Ok(home.to_owned()))?;
    let text = kb::text(&full)?;
    let name = match home.and_then(|home| full.strip_prefix(home).ok()) {
        Some(inside) => inside.display().to_string(),
        None => place_for(path, &text)?,
    };
    let engine = start::engine(&data)?;
    let sources = Sources::read(&data, &FOLDERS, &EXTENSIONS)
        .with_context(|| format!("读不到知识文件夹 {}", data.display()))?;
    let mut files: Vec<Source> = sources.files().iter().filter(|file| file.name != name).cloned().collect();
    files.push(Source { name: name.clone(), text });
    let mut faults = match Library::compile(&Sources::from_files(files), engine.kb()) {
        Ok(library) => [library.warnings.clone(), library.examine()].concat(),
        Err(faults) => faults,
    };
    faults.retain(|fault| fault.file == name);
    for fault in &mut faults {
        fault.file = path.display().to_string();
    }
    if faults.iter().any(|fault| fault.severity == Severity::Error) {
        return refused(&faults);
    }
    list(&faults)?;
    say(&format!("{}：没有错误。", path.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Where a file from elsewhere would lie in the data folder.
fn place_for(path: &Path, text: &str) -> anyhow::Result<String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is =
        |kind: &str| text.lines().any(|line| line.trim_start().starts_with("种类") && line.contains(kind));
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("mmd") => Ok(format!("flows/{name}")),
        Some("md") if is("质控") => Ok(format!("rules/quality/{name}")),
        Some("md") if is("处方") => Ok(format!("rules/prescription/{name}")),
        Some("md") if is("匹配") => Ok(format!("rules/{name}")),
        _ => bail!(
            "不认识 {}：要 .form、.mmd，或文件头写了“种类: 匹配”“种类: 质控”“种类: 处方”的 .md",
            path.display()
        ),
    }
}

/// Reads a questionnaire and the cases beside it.
pub(super) fn open(path: &Path) -> anyhow::Result<Result<Questionnaire, Vec<Fault>>> {
    let source = |path: &Path| -> anyhow::Result<Source> {
        let text = kb::text(path)?;
        Ok(Source { name: path.display().to_string(), text })
    };
    let beside = path.with_extension("cases");
    let cases = beside.is_file().then(|| source(&beside)).transpose()?;
    let engine = start::engine(&start::config()?.data_dir)?;
    Ok(Questionnaire::compile(&source(path)?, cases.as_ref(), &GraphNames(engine.kb())))
}

pub(super) fn refused(faults: &[Fault]) -> anyhow::Result<ExitCode> {
    list(faults)?;
    say(&format!("共 {} 处问题，这一版不能发布。请按上面的 文件:行:列 修改后再检查。", faults.len()))?;
    Ok(ExitCode::FAILURE)
}

pub(super) fn list(faults: &[Fault]) -> anyhow::Result<()> {
    for fault in faults {
        say(&fault.to_string())?;
    }
    Ok(())
}

fn summary(engine: &Engine, library: &Library) -> String {
    let kb = engine.kb();
    let symptoms = kb.concepts.iter().filter(|concept| concept.kind == ConceptKind::Symptom);
    let n_names: usize = symptoms.map(|concept| concept.names.len()).sum();
    let n_cases: usize =
        library.forms.values().filter_map(|form| form.cases.as_ref()).map(|(_, cases)| cases.len()).sum();
    format!(
        "知识版本 {}\n  疾病 {}  症状 {}（口语名称 {n_names}）  关系 {}  红旗 {}  科室 {}\n  检查 {}  人群 {}  \
         中医疾病 {}  证候 {}  饮片 {}  配伍禁忌 {}\n  问卷 {}（用例 {n_cases}）  \
         流程 {}  匹配规则 {}  质控规则 {}  处方规则 {}\n没有错误。内容未经临床审核。",
        &kb.release[..12],
        kb.diseases.len(),
        kb.symptoms.len(),
        kb.edges.len(),
        kb.red_flags.len(),
        kb.departments.len(),
        kb.examinations.len(),
        kb.populations.len(),
        kb.tcm_diseases.len(),
        kb.tcm_syndromes.len(),
        kb.herbs().len(),
        kb.incompatibilities().len(),
        library.forms.len(),
        library.flows.len(),
        library.matchers.len(),
        library.quality.as_ref().map_or(0, |book| book.rules().len()),
        library.prescription.as_ref().map_or(0, |book| book.rules().len()),
    )
}
