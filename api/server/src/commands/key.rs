use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use platform::{
    App,
    crypto::{count_by_version, reseal},
    integrity,
};

use super::say;
use crate::start;

#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// 列出密钥版本，以及各加密了多少数据
    List,
    /// 加入一把新密钥，暂不启用：先把密钥文件复制到所有节点，再执行 rotate
    New,
    /// 启用最新的密钥，并把全部数据改用它加密；中断后可再次执行，服务不必停止
    Rotate,
    /// 删除一把不再使用的旧密钥
    Retire { version: u16 },
}

pub(super) async fn run(command: &Key) -> anyhow::Result<ExitCode> {
    let app = start::app(start::config()?).await?;
    match command {
        Key::List => list(&app).await?,
        Key::New => {
            let version = app.keyring.add_key(&*app.ids, &app.db).await?;
            say(&format!(
                "已加入密钥版本 {version}，尚未启用。请把密钥文件复制到所有节点，再执行 jiuyi key rotate。"
            ))?;
        }
        Key::Rotate => rotate(&app).await?,
        Key::Retire { version } => {
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
