use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use people::account::service::{By, end_recovery_codes};
use platform::{
    App,
    crypto::{count_by_version, reindex, reseal},
    integrity,
};

use super::say;
use crate::start;

#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// 列出密钥版本，以及各加密了多少数据
    List,
    /// 加入一把新密钥，暂不启用：先把密钥文件复制到所有节点，再执行 rotate
    New {
        /// 盲索引的密钥（按证件号、手机号查找时用）
        #[arg(long)]
        index: bool,
    },
    /// 启用最新的密钥，并把全部数据改用它加密；中断后可再次执行，服务不必停止
    Rotate {
        /// 改用新的盲索引密钥，逐行重算盲索引
        #[arg(long)]
        index: bool,
    },
    /// 删除一把不再使用的旧密钥
    Retire {
        /// 加密密钥的版本
        #[arg(required_unless_present = "index")]
        version: Option<u16>,
        /// 旧的盲索引密钥；以前的恢复码随之作废
        #[arg(long, conflicts_with = "version")]
        index: bool,
    },
}

pub(super) async fn run(command: &Key) -> anyhow::Result<ExitCode> {
    let app = start::app(start::config()?).await?;
    match command {
        Key::List => list(&app).await?,
        Key::New { index: true } => {
            app.keyring.add_index_key(&*app.ids)?;
            say(
                "已加入新的盲索引密钥，尚未启用。请把密钥文件复制到所有节点，再执行 jiuyi key rotate --index。",
            )?;
        }
        Key::New { index: false } => {
            let version = app.keyring.add_key(&*app.ids, &app.db).await?;
            say(&format!(
                "已加入密钥版本 {version}，尚未启用。请把密钥文件复制到所有节点，再执行 jiuyi key rotate。"
            ))?;
        }
        Key::Rotate { index: true } => rotate_index(&app).await?,
        Key::Rotate { index: false } => rotate(&app).await?,
        Key::Retire { version: None, .. } => retire_index(&app).await?,
        Key::Retire { version: Some(version), .. } => {
            app.keyring.retire(&app.db, &start::sealed_columns(), *version).await?;
            say(&format!("已删除密钥版本 {version}。在此之前的备份仍需要它：请与那些备份一起另行保存。"))?;
        }
    }
    app.db.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn list(app: &App) -> anyhow::Result<()> {
    let counts = count_by_version(&app.db, &start::sealed_columns()).await?;
    for version in app.keyring.versions() {
        let mark = if version == app.keyring.current() { "（当前）" } else { "" };
        let n = counts.get(&version).copied().unwrap_or_default();
        say(&format!("版本 {version}{mark}：{n} 个数据"))?;
    }
    Ok(())
}

async fn rotate_index(app: &App) -> anyhow::Result<()> {
    let is_new = app.keyring.use_next_index(&app.db).await?;
    let mut failed = Ok(());
    let n = reindex(app, &start::indexed_columns(), |column, n| {
        if n > 0 && failed.is_ok() {
            failed = say(&format!("{}.{}：{n}", column.table, column.index));
        }
    })
    .await?;
    failed?;
    let told = if is_new { "已启用新的盲索引密钥" } else { "盲索引密钥没有更换" };
    say(&format!("{told}，重算 {n} 个盲索引。再次执行直到重算 0 个，再执行 jiuyi key retire --index。"))?;
    Ok(())
}

async fn retire_index(app: &App) -> anyhow::Result<()> {
    if !app.keyring.retire_index(app, &start::indexed_columns()).await? {
        bail!("没有旧的盲索引密钥");
    }
    let n = end_recovery_codes(app, &By::operator()).await?;
    say(&format!(
        "已删除旧的盲索引密钥。{n} 人以前的恢复码已作废，请他们在“我的账号”里重新生成。此前的备份仍需要旧的密钥文件。"
    ))?;
    Ok(())
}

async fn rotate(app: &App) -> anyhow::Result<()> {
    let Some(newest) = app.keyring.versions().last().copied() else { bail!("密钥文件中没有密钥") };
    app.keyring.make_current(newest)?;
    let columns = start::sealed_columns();
    let mut failed = Ok(());
    let n = reseal(app, &columns, |column, n| {
        if n > 0 && failed.is_ok() {
            failed = say(&format!("{}.{}：{n}", column.table, column.column));
        }
    })
    .await?;
    failed?;
    let n_macs = integrity::restamp(app, &start::guarded_tables()).await?;
    say(&format!("校验码改用新密钥：{n_macs} 行"))?;
    let counts = count_by_version(&app.db, &columns).await?;
    let left: i64 = counts.iter().filter(|(version, _)| **version != newest).map(|(_, n)| n).sum();
    say(&format!("当前密钥为版本 {newest}，改用它加密的数据 {n} 个。"))?;
    if left > 0 {
        bail!("还有 {left} 个数据使用其他密钥：请稍后再次执行；若数目不变，请执行 jiuyi verify 查看");
    }
    Ok(())
}
