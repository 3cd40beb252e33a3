use std::{io, net::SocketAddr, process::ExitCode};

use anyhow::Context;
use knowledge::service::Started;
use people::account::Initial;
use platform::App;
use tokio::net::TcpListener;

use super::say;
use crate::{router::router, start, work::Work};

/// Serves until ctrl-c or SIGTERM, then finishes the requests that are open.
pub(super) async fn run() -> anyhow::Result<ExitCode> {
    let mut config = start::config()?;
    let _log = platform::log::start(&config)?;
    tracing::info!(?config, "starting");
    let listener = listen(config.listen).await?;
    config.listen = listener.local_addr()?;
    let simulators = start::simulate(&mut config).await?;
    let app = start::app(config).await?;
    start::seed(&app).await?;
    people::demo::furnish(&app, &simulators).context("模拟系统的演示数据导入失败")?;
    let opened = start::demo_accounts(&app).await?;
    let set_up = people::account::service::begin_set_up(&app).await?;
    let Started { releases, notes } = start::releases(&app).await?;
    for note in &notes {
        tracing::warn!(note, "release at the start");
        say(note)?;
    }
    let (rows, hash) = platform::audit::find_head(&app.db).await?;
    tracing::info!(rows, hash, "the audit trail ends here");
    let work = Work::begin(&app, &releases).await?;
    let stop = told_to_stop()?;
    greet_people(&opened, set_up.as_deref(), listener.local_addr()?)?;
    greet(&app, listener.local_addr()?)?;
    let service = router(app.clone(), releases).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop).await?;
    work.finish().await?;
    drop(simulators);
    app.db.close().await;
    say("已停止。")?;
    Ok(ExitCode::SUCCESS)
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let advice = match error.kind() {
            io::ErrorKind::AddrInUse => format!(
                "端口 {} 已被占用：可能已有一个 jiuyi 在运行，请先停止它；或换一个端口，例如 JIUYI_LISTEN=127.0.0.1:{} jiuyi serve",
                address.port(),
                address.port().wrapping_add(1)
            ),
            _ => format!("无法在 {address} 上监听，请检查 JIUYI_LISTEN"),
        };
        anyhow::Error::new(error).context(advice)
    })
}

fn greet(app: &App, address: SocketAddr) -> anyhow::Result<()> {
    let demo = if app.config.demo {
        format!(
            "演示模式：人员为虚构，外部系统为模拟：{}（JIUYI_DEMO=false 关闭）\n",
            app.config.simulated.join("、")
        )
    } else {
        String::new()
    };
    say(&format!(
        "便捷就医已启动\n  居民端  http://{address}/\n  工作端  http://{address}/desk\n  接口文档 http://{address}/docs/\n{demo}按 Ctrl-C 停止"
    ))?;
    Ok(())
}

/// Passwords and the code of the first set-up are told here and nowhere else: not in the log, not in the database.
fn greet_people(opened: &[Initial], set_up: Option<&str>, address: SocketAddr) -> anyhow::Result<()> {
    if !opened.is_empty() {
        say("演示账号（密码随机，只在首次启动时显示这一回；忘记可用 jiuyi account reset）：")?;
    }
    for one in opened {
        say(&format!("  {}  {}  {}  {}", one.user_name, one.password, one.role.text(), one.name))?;
    }
    if let Some(code) = set_up {
        say(&format!(
            "还没有管理员。请在 24 小时内打开下面的地址，建立三位管理员（也可用 jiuyi account create）：\n  初始设置 http://{address}/set-up\n  设置码   {code}"
        ))?;
    }
    Ok(())
}

/// Listens for signals from now on, not only when the answer is first waited for.
#[cfg(unix)]
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot wait for ctrl-c");
        }
    })
}
