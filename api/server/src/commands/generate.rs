use std::process::ExitCode;

use axum::extract::FromRef;
use clap::Args;
use knowledge::service::Started;
use preconsult::generate::{Amount, generate};

use super::say;
use crate::{router::preconsult_of, start};

#[derive(Debug, Args)]
pub(super) struct Generate {
    /// 造多少次预问诊
    #[arg(long)]
    consultations: usize,
    /// 分布在最近多少天
    #[arg(long, default_value_t = 730)]
    days: i64,
    /// 每多少份问卷有一份带全部回答
    #[arg(long, default_value_t = 100)]
    answered_one_in: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// 数据库不是演示环境也造；只用于专门的压力测试环境，造出的数据混在真实数据里分不出来
    #[arg(long)]
    into_a_database_that_is_no_demo: bool,
}

pub(super) async fn run(command: &Generate) -> anyhow::Result<ExitCode> {
    let app = start::app(start::config()?).await?;
    anyhow::ensure!(
        app.config.demo || command.into_a_database_that_is_no_demo,
        "这不是演示环境（JIUYI_DEMO=false），没有造任何数据。专门的压力测试环境请加 --into-a-database-that-is-no-demo"
    );
    anyhow::ensure!((1..=3650).contains(&command.days), "--days 应为 1 到 3650");
    start::seed(&app).await?;
    let Started { releases, .. } = start::releases(&app).await?;
    let service = preconsult::Service::from_ref(&preconsult_of(&app, &releases));
    let amount = Amount {
        consultations: command.consultations,
        days: command.days,
        answered_one_in: command.answered_one_in.max(1),
        seed: command.seed,
    };
    let mut heard = 0;
    let all = generate(&service, amount, |all| {
        if all / 100_000 > heard {
            heard = all / 100_000;
            tracing::info!(all, "made");
        }
    })
    .await?;
    say(&format!("已造 {all} 次预问诊，正在计数……"))?;
    preconsult::statistics::rebuild(&service, |_| {}).await?;
    say("计数完成。")?;
    app.db.close().await;
    Ok(ExitCode::SUCCESS)
}
