//! `jiuyi export`: the graph in the formats others read.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;
use kb::export::Format;
use knowledge::service;

use super::{release, say};
use crate::start;

#[derive(Debug, Args)]
pub(super) struct Export {
    /// 格式：turtle、nquads 或 jsonld
    #[arg(long, default_value = "turtle", value_parser = format)]
    format: Format,
    /// 已发布的版本（可只写开头几位）；不写就用数据文件夹
    #[arg(long)]
    release: Option<String>,
    /// 写到这个文件；不写就输出到屏幕
    #[arg(long, short)]
    out: Option<PathBuf>,
}

/// Writes all triples of a release.
pub(super) async fn run(command: &Export) -> anyhow::Result<ExitCode> {
    let config = start::config()?;
    let engine = start::engine(&config.data_dir)?;
    let bytes = match &command.release {
        None => engine.kb().export(command.format)?,
        Some(wanted) => {
            let app = start::app(config).await?;
            let releases = release::releases(&app, engine);
            let engine = service::engine(&releases, Some(wanted)).await.map_err(start::explained)?;
            app.db.close().await;
            engine.kb().export(command.format)?
        }
    };
    match &command.out {
        None => io::stdout().write_all(&bytes)?,
        Some(out) => {
            fs::write(out, &bytes).with_context(|| format!("写不了文件 {}", out.display()))?;
            say(&format!("已导出 {} 字节到 {}", bytes.len(), out.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn format(name: &str) -> Result<Format, String> {
    Format::from_name(name).ok_or_else(|| format!("可用：{}", Format::NAMES.map(|(name, _)| name).join("、")))
}
