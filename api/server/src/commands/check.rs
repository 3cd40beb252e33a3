//! `jiuyi check`: every fault of the knowledge files with its place.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use engine::Engine;
use kb::{ConceptKind, Fault};

use super::say;
use crate::start;

#[derive(Debug, Args)]
pub(super) struct Check {
    /// 知识文件夹（默认用配置里的 data）
    data: Option<PathBuf>,
}

/// Fails (exit code 1) when the release would be refused.
pub(super) fn run(command: &Check) -> anyhow::Result<ExitCode> {
    let data = match &command.data {
        Some(data) => data.clone(),
        None => start::config()?.data_dir.clone(),
    };
    match Engine::load(&data) {
        Ok(engine) => {
            list(&engine.kb().warnings)?;
            say(&summary(&engine))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(faults) => {
            list(&faults)?;
            say(&format!(
                "共 {} 处问题，这一版不能发布。请按上面的 文件:行:列 修改后再检查。",
                faults.len()
            ))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn list(faults: &[Fault]) -> anyhow::Result<()> {
    for fault in faults {
        say(&fault.to_string())?;
    }
    Ok(())
}

fn summary(engine: &Engine) -> String {
    let kb = engine.kb();
    let symptoms = kb.concepts.iter().filter(|concept| concept.kind == ConceptKind::Symptom);
    let n_names: usize = symptoms.map(|concept| concept.names.len()).sum();
    format!(
        "知识版本 {}\n  疾病 {}  症状 {}（口语名称 {n_names}）  关系 {}  红旗 {}  科室 {}\n没有错误。内容未经临床审核。",
        &kb.release[..12],
        kb.diseases.len(),
        kb.symptoms.len(),
        kb.edges.len(),
        kb.red_flags.len(),
        kb.departments.len(),
    )
}
