use std::{path::PathBuf, process::ExitCode};

use anyhow::bail;
use clap::Args;
use people::account::service::By;
use platform::{
    App,
    backup::{self, Kind, Manifest},
};

use super::say;
use crate::start;

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// 写到哪里：.jyb 文件，或文件夹（文件名自动取）；不写时用配置的 backup_dir
    place: Option<PathBuf>,
    /// 不做备份，只把一份已有的备份从头到尾核对一遍
    #[arg(long, value_name = "FILE", conflicts_with = "place")]
    verify: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// 备份文件（.jyb）；SQLite 和 PostgreSQL 的备份可以互相恢复
    file: PathBuf,
    /// 数据库里已有数据时也恢复：原有数据先另存为一份备份
    #[arg(long)]
    force: bool,
}

/// Makes a backup while the service runs, or checks one.
pub(super) async fn run(command: &Backup) -> anyhow::Result<ExitCode> {
    let app = start::app(start::config()?).await?;
    if let Some(file) = &command.verify {
        let manifest = backup::verify(file, &app.keyring)?;
        tell(&manifest)?;
        say(&format!("{} 逐块核对无误。", file.display()))?;
    } else {
        let place = command.place.clone().unwrap_or_else(|| app.config.backups());
        let made = backup::make(&app, &place, Kind::Operator, &By::operator().actor, progress).await?;
        say(&format!(
            "已备份到 {}：{} 行，{} 字节，SM3 {}\n已从头到尾读回核对。备份里没有密钥：请把 {} 另外保存。",
            made.path.display(),
            made.manifest.rows(),
            made.bytes,
            made.sm3,
            app.config.var_dir.join("keys.toml").display()
        ))?;
    }
    app.db.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Replaces the database by a backup.
pub(super) async fn restore(command: &Restore) -> anyhow::Result<ExitCode> {
    let config = start::config()?;
    let keys = config.var_dir.join("keys.toml");
    if config.keys.is_empty() && !keys.exists() {
        // A new key file would be made here, and open nothing.
        bail!("没有密钥文件：请先把备份当时的 keys.toml 放到 {}，再执行一次", keys.display());
    }
    let app: App = start::app(config).await?;
    say("正在核对备份，然后在一个事务里恢复；中途停止不会改变任何数据。其他节点和服务必须已经停止。")?;
    let by = By::operator().actor;
    let (manifest, kept) = backup::restore(&app, &command.file, command.force, &by, progress).await?;
    if let Some(kept) = kept {
        say(&format!("原有数据已另存为 {}", kept.path.display()))?;
    }
    tell(&manifest)?;
    say("已恢复。请运行 jiuyi verify 核对全部数据，再启动服务；所有人需要重新登录。")?;
    app.db.close().await;
    Ok(ExitCode::SUCCESS)
}

fn tell(manifest: &Manifest) -> anyhow::Result<()> {
    say(&format!(
        "备份 {}，{} 所做，数据库版本 {}，{} 张表，{} 行",
        manifest.id,
        manifest.made_at.format("%F %T UTC"),
        manifest.schema,
        manifest.parts.len(),
        manifest.rows()
    ))?;
    Ok(())
}

/// A closed terminal does not stop the work.
fn progress(table: &str, rows: u64) {
    if rows > 0 {
        let _ = say(&format!("  {table}：{rows} 行"));
    }
}
