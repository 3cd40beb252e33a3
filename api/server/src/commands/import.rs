//! `jiuyi import`: an outside table as drafts in a staging folder, with a report.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::Args;
use kb::import::{Mapping, Outcome, Table, import};

use super::{check, say};
use crate::start;

#[derive(Debug, Args)]
pub(super) struct Import {
    /// 映射文件（TOML）：每一列是什么意思
    #[arg(long)]
    mapping: PathBuf,
    /// 外部表格：CSV（有表头），或每行一个 JSON 对象
    table: PathBuf,
    /// 暂存文件夹；不能是已有内容的文件夹
    #[arg(long)]
    out: PathBuf,
}

/// Fails (exit code 1) when mapping or table cannot be read.
pub(super) fn run(command: &Import) -> anyhow::Result<ExitCode> {
    if fs::read_dir(&command.out).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} 里已经有文件；请换一个空文件夹，免得混在一起", command.out.display());
    }
    let engine = start::engine(&start::config()?.data_dir)?;
    let name = command.mapping.display().to_string();
    let mapping = match Mapping::read(&name, &kb::text(&command.mapping)?, engine.kb()) {
        Ok(mapping) => mapping,
        Err(faults) => return refused(&faults),
    };
    let name = command.table.display().to_string();
    let table = match Table::read(&name, &kb::text(&command.table)?, mapping.format) {
        Ok(table) => table,
        Err(faults) => return refused(&faults),
    };
    let import = import(engine.kb(), &mapping, &table);
    for file in &import.files {
        let path = command.out.join(&file.name);
        let folder = path.parent().unwrap_or(&command.out);
        fs::create_dir_all(folder).with_context(|| format!("建不了文件夹 {}", folder.display()))?;
        fs::write(&path, &file.text).with_context(|| format!("写不了文件 {}", path.display()))?;
    }
    let (complete, incomplete, additions) = import.n_diseases;
    say(&format!(
        "{} 行：新疾病 {complete}，资料不足 {incomplete}，已有疾病得到补充 {additions}，新症状 {}",
        import.n_rows, import.n_symptoms
    ))?;
    let counts = import.counts();
    for (outcome, _, label) in Outcome::NAMES {
        say(&format!("  {label} {}", counts.get(&outcome).copied().unwrap_or(0)))?;
    }
    say(&format!("草稿和报告在 {}，先看 report.md。", command.out.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn refused(faults: &[kb::Fault]) -> anyhow::Result<ExitCode> {
    check::list(faults)?;
    say(&format!("共 {} 处问题，没有导入。", faults.len()))?;
    Ok(ExitCode::FAILURE)
}
