use std::process::ExitCode;

use platform::{
    audit::{self, Verdict},
    crypto::find_broken,
};

use super::say;
use crate::start;

/// Checks the audit chain and opens every sealed value; fails (exit code 1) when anything was changed.
pub(super) async fn run() -> anyhow::Result<ExitCode> {
    let app = start::app(start::config()?).await?;
    let mut sound = true;
    match audit::verify(&app.db).await? {
        Verdict::Intact { rows } => say(&format!("审计链完整，共 {rows} 条记录。"))?,
        Verdict::Broken { seq, fault } => {
            sound = false;
            say(&format!("audit_log，行 {seq}：{fault}"))?;
        }
    }
    let columns = start::sealed_columns();
    let broken = find_broken(&app, &columns).await?;
    for one in &broken {
        sound = false;
        say(&one.to_string())?;
    }
    if broken.is_empty() {
        say(&format!("加密数据全部可以解开，共 {} 列。", columns.len()))?;
    }
    app.db.close().await;
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
