use std::process::ExitCode;

use platform::{
    audit::{self, Verdict},
    crypto::find_broken,
    integrity,
};

use super::say;
use crate::start;

/// Checks the audit chain, opens every sealed value and compares the rows of accounts and rights with their MACs; fails (exit code 1) when anything was changed.
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
    let guarded = start::guarded_tables();
    let changed = integrity::find_broken(&app, &guarded).await?;
    for row in &changed {
        sound = false;
        say(&row.to_string())?;
    }
    if changed.is_empty() {
        say(&format!("账号、权限、机构等 {} 张表的校验码全部相符。", guarded.len()))?;
    }
    app.db.close().await;
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
