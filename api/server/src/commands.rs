//! The command line; each command is one file.

mod account;
mod audit;
mod backup;
mod chart;
mod check;
mod consult;
mod eval;
mod export;
mod form;
mod generate;
mod import;
mod key;
mod layout;
mod openapi;
mod prescription;
mod release;
mod search;
mod serve;
mod statistics;
mod verify;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

/// 便捷就医平台
#[derive(Debug, Parser)]
#[command(name = "jiuyi", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 启动服务（不写命令时即为此项）
    Serve,
    /// 在终端里做一次预问诊，或用录下的回答回放
    Consult(consult::Consult),
    /// 检查知识文件，逐条指出问题的位置
    Check(check::Check),
    /// 在健康文章里检索，写出名次和理由
    Search(search::Search),
    /// 问卷：试答、跑用例、转换格式
    #[command(subcommand)]
    Form(form::Form),
    /// 草药处方：按处方规则审查
    #[command(subcommand)]
    Prescription(prescription::Command),
    /// 把流程图或生命周期图（.mmd）画成 SVG
    Chart(chart::Draw),
    /// 评测：按 bench 的约定在标准输入输出上应答
    #[command(subcommand)]
    Eval(eval::Eval),
    /// 知识版本：发布、列出、比较、启用
    #[command(subcommand)]
    Release(release::Command),
    /// 导出图谱：Turtle、N-Quads、JSON-LD
    Export(export::Export),
    /// 把外部表格变成可审核的图谱草稿
    Import(import::Import),
    /// 输出接口文档（OpenAPI）
    Openapi,
    /// 工作人员账号：列出、建立、重置密码、停用、启用、解锁
    #[command(subcommand)]
    Account(account::Account),
    /// 审计记录
    #[command(subcommand)]
    Audit(audit::Audit),
    /// 加密密钥：列出、加入、更换、停用
    #[command(subcommand)]
    Key(key::Key),
    /// 备份全部数据，服务不停；做完读回核对。也可只核对一份已有的备份
    Backup(backup::Backup),
    /// 用一份备份恢复数据库（先停止服务）
    Restore(backup::Restore),
    /// 统计：从预问诊重新计数
    #[command(subcommand)]
    Statistics(statistics::Statistics),
    /// 造一大批虚构的预问诊，供压力测试；不是演示环境时拒绝
    Generate(generate::Generate),
    /// 核对数据是否被改动：审计链、全部加密数据、账号和权限等表的校验码，指出表、列和行
    Verify,
}

/// Runs the command and shows a failure with all its causes.
pub fn run(cli: Cli) -> ExitCode {
    let done = match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => in_runtime(serve::run()),
        Command::Consult(command) => consult::run(&command),
        Command::Check(command) => check::run(&command),
        Command::Search(command) => search::run(&command),
        Command::Form(command) => form::run(&command),
        Command::Prescription(command) => prescription::run(&command),
        Command::Chart(command) => chart::run(&command),
        Command::Eval(command) => eval::run(&command),
        Command::Release(command) => in_runtime(release::run(&command)),
        Command::Export(command) => in_runtime(export::run(&command)),
        Command::Import(command) => import::run(&command),
        Command::Openapi => openapi::run(),
        Command::Account(command) => in_runtime(account::run(&command)),
        Command::Audit(command) => in_runtime(audit::run(&command)),
        Command::Key(command) => in_runtime(key::run(&command)),
        Command::Backup(command) => in_runtime(backup::run(&command)),
        Command::Restore(command) => in_runtime(backup::restore(&command)),
        Command::Statistics(command) => in_runtime(statistics::run(&command)),
        Command::Generate(command) => in_runtime(generate::run(&command)),
        Command::Verify => in_runtime(verify::run()),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            // A closed stderr leaves nobody to tell.
            let _ = writeln!(io::stderr(), "出错了：{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn in_runtime(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// Writes to the terminal or pipe the command was started in.
fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}
