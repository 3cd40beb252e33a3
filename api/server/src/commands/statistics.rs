use std::process::ExitCode;

use axum::extract::FromRef;
use clap::Subcommand;
use knowledge::service::Started;

use super::say;
use crate::{router::preconsult_of, start};

#[derive(Debug, Subcommand)]
pub(super) enum Statistics {
    /// 清空全部计数，从每一次预问诊重新数过（SQLite 请先停止服务）
    Rebuild,
}

pub(super) async fn run(command: &Statistics) -> anyhow::Result<ExitCode> {
    let Statistics::Rebuild = command;
    let app = start::app(start::config()?).await?;
    let Started { releases, .. } = start::releases(&app).await?;
    let service = preconsult::Service::from_ref(&preconsult_of(&app, &releases));
    let all = preconsult::statistics::rebuild(&service, |_| {}).await?;
    say(&format!("已重新计数：{all} 次预问诊。"))?;
    app.db.close().await;
    Ok(ExitCode::SUCCESS)
}
