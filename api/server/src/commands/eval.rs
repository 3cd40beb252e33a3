//! `jiuyi eval`: speaks the protocol of the benchmarks on standard input and output.

use std::{io, process::ExitCode};

use clap::Subcommand;

use crate::eval;

#[derive(Debug, Subcommand)]
pub(super) enum Eval {
    /// 从对话中抽取症状及其状态
    Extract(eval::ExtractArgs),
    /// 追问症状并给出疾病排序
    Inquire(eval::InquireArgs),
    /// 找出回答一个问题的文档
    Search(eval::SearchArgs),
    /// 给一个问题的各个标题打分
    Rerank(eval::RerankArgs),
}

pub(super) fn run(command: &Eval) -> anyhow::Result<ExitCode> {
    let (input, output) = (io::stdin().lock(), io::stdout().lock());
    match command {
        Eval::Extract(args) => eval::extract(args, input, output)?,
        Eval::Inquire(args) => eval::inquire(args, input, output)?,
        Eval::Search(args) => eval::search(args, input, output)?,
        Eval::Rerank(args) => eval::rerank(args, input, output)?,
    }
    Ok(ExitCode::SUCCESS)
}
