//! `jiuyi chart`: a flow or a life cycle as a drawing.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;
use engine::{Engine, library};
use kb::{Fault, Source};
use rules::chart::{Chart, diff::Diff, svg::Drawing};

use super::{check, say};
use crate::start;

#[derive(Debug, Args)]
pub(super) struct Draw {
    /// 流程图或生命周期图（.mmd）
    file: PathBuf,
    /// 和这一版比：新增画绿、删除画红、改动画黄
    #[arg(long, value_name = "旧版文件")]
    against: Option<PathBuf>,
    /// 写到这个文件；不写就输出到屏幕
    #[arg(long, short, value_name = "SVG 文件")]
    out: Option<PathBuf>,
}

/// Draws the chart, or what changed in it.
pub(super) fn run(command: &Draw) -> anyhow::Result<ExitCode> {
    let engine = start::engine(&start::config()?.data_dir)?;
    let new = match read(&command.file, &engine)? {
        Ok(chart) => chart,
        Err(faults) => return check::refused(&faults),
    };
    let svg = match command.against.as_ref().map(|old| read(old, &engine)).transpose()? {
        None => new.svg(&Drawing::default()),
        Some(Ok(old)) => Diff::of(&old, &new).svg(),
        Some(Err(faults)) => return check::refused(&faults),
    };
    match &command.out {
        None => say(&svg)?,
        Some(out) => {
            fs::write(out, svg).with_context(|| format!("写不了文件 {}", out.display()))?;
            say(&format!("画好了：{}", out.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path, engine: &Engine) -> anyhow::Result<Result<Chart, Vec<Fault>>> {
    let source = Source { name: path.display().to_string(), text: kb::text(path)? };
    Ok(library::chart(&source, engine.kb()))
}
