use std::process::ExitCode;

use clap::Subcommand;
use platform::audit::{Verdict, verify};

use super::say;
use crate::start;

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// 核对整条审计链，指出第一处被改动的记录
    Verify,
}

/// Fails (exit code 1) when the chain is broken, so that a job can watch it.
pub(super) async fn run(command: &Audit) -> anyhow::Result<ExitCode> {
    let Audit::Verify = command;
    let app = start::app(start::config()?).await?;
    match verify(&app.db).await? {
        Verdict::Intact { rows } => {
            say(&format!("审计链完整，共 {rows} 条记录。"))?;
            Ok(ExitCode::SUCCESS)
        }
        Verdict::Broken { seq, fault } => {
            say(&format!("审计链在第 {seq} 条处断裂：{fault}。"))?;
            Ok(ExitCode::FAILURE)
        }
    }
}
