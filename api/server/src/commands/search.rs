//! `jiuyi search`: ranked articles with their reasons, as the page shows them.

use std::{path::PathBuf, process::ExitCode};

use anyhow::bail;
use clap::Args;
use engine::{
    Engine,
    search::{Answer, Hit, How, Query, Way},
};
use kb::{Audience, Kb};

use super::say;
use crate::start;

#[derive(Debug, Args)]
pub(super) struct Search {
    /// 想问的话，例如 娃娃半夜咳得厉害怎么办；拼音、首字母也可以
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,
    /// 只看某个科室的文章：科室名称或代码，例如 儿科、03.04
    #[arg(long)]
    department: Option<String>,
    /// 只看写给某类人的文章：儿童、青少年、成人、老人、孕妇、女性、男性
    #[arg(long = "for", value_name = "AUDIENCE", value_parser = audience)]
    audience: Option<Audience>,
    /// 最多几篇
    #[arg(long, default_value_t = 10)]
    limit: usize,
    /// 只写出输入时的提示
    #[arg(long)]
    suggest: bool,
    /// 每篇之后写出相关文章
    #[arg(long)]
    related: bool,
    /// 知识文件夹（默认用配置里的 data）
    #[arg(long)]
    data: Option<PathBuf>,
}

/// Succeeds whatever is found: there is always a way on.
pub(super) fn run(command: &Search) -> anyhow::Result<ExitCode> {
    let data = match &command.data {
        Some(data) => data.clone(),
        None => start::config()?.data_dir.clone(),
    };
    let engine = start::engine(&data)?;
    let text = command.words.join(" ");
    if command.suggest {
        for suggestion in engine.suggest(&text, command.limit) {
            say(&suggestion.text)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let department = command.department.as_deref().map(|name| department(engine.kb(), name)).transpose()?;
    let query = Query { text: &text, department, audience: command.audience, limit: command.limit };
    let answer = engine.search(&query);
    understood(engine.kb(), &answer)?;
    for (number, hit) in (1..).zip(&answer.hits) {
        show(&engine, number, hit, command.related)?;
    }
    way_on(engine.kb(), &answer)?;
    Ok(ExitCode::SUCCESS)
}

fn understood(kb: &Kb, answer: &Answer) -> anyhow::Result<()> {
    let heard = answer.heard.iter().map(|heard| {
        let label = &kb.concept(heard.concept).label;
        let how = match heard.how {
            How::Name | How::Reader => "",
            How::Pinyin => "，按拼音",
            How::Sound => "，按读音",
            How::Slip => "，按相近的字",
            How::Initials => "，按首字母",
        };
        format!("{label}（{}{how}）", heard.said)
    });
    let audience = answer.audience.iter().map(|audience| format!("写给{}", audience.label()));
    let parts = answer.parts.iter().map(|part| format!("想看“{}”", part.label()));
    let all: Vec<String> = heard.chain(audience).chain(parts).collect();
    if !all.is_empty() {
        say(&format!("听懂：{}", all.join("、")))?;
    }
    if answer.is_loose {
        say("没有完全对得上的文章。")?;
    }
    Ok(())
}

fn show(engine: &Engine, number: usize, hit: &Hit, with_related: bool) -> anyhow::Result<()> {
    let kb = engine.kb();
    let article = &kb.articles()[hit.article];
    say(&format!("\n{number:>2}. {}  {:.2}  [{}]", article.title, hit.score, article.id))?;
    say(&format!("    {}：{}", hit.excerpt.part.label(), hit.excerpt.marked("【", "】")))?;
    let reasons: Vec<String> =
        hit.reasons.iter().map(|reason| format!("{} {:+.2}", reason.text(), reason.points)).collect();
    say(&format!("    理由：{}", reasons.join("；")))?;
    if with_related {
        for related in engine.related(hit.article, 3) {
            let links: Vec<String> = related.links.iter().map(|link| link.text(kb)).collect();
            say(&format!("    相关：{}（{}）", kb.articles()[related.article].title, links.join("；")))?;
        }
    }
    Ok(())
}

fn way_on(kb: &Kb, answer: &Answer) -> anyhow::Result<()> {
    if !answer.near.is_empty() {
        let names: Vec<&str> = answer.near.iter().map(|near| near.name.as_str()).collect();
        say(&format!("\n是不是要找：{}", names.join("、")))?;
    }
    let ways: Vec<String> = answer.ways.iter().map(|way: &Way| way.text(kb)).collect();
    say(&format!("\n接下来：{}", ways.join("；")))?;
    Ok(())
}

fn audience(text: &str) -> Result<Audience, String> {
    Audience::NAMES.iter().find(|(name, _)| *name == text).map(|(_, audience)| *audience).ok_or_else(|| {
        let names = Audience::NAMES.map(|(name, _)| name);
        format!("不认识“{text}”，可用：{}", names.join("、"))
    })
}

fn department<'a>(kb: &'a Kb, name: &str) -> anyhow::Result<&'a str> {
    let found = kb.departments.iter().find(|department| department.code == name || department.label == name);
    if let Some(department) = found {
        return Ok(&department.code);
    }
    let labels: Vec<&str> = kb.departments.iter().map(|department| department.label.as_str()).collect();
    bail!("没有科室“{name}”，可用：{}", labels.join("、"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audiences_are_named_in_chinese() {
        assert_eq!(audience("老人"), Ok(Audience::Elder));
        assert!(audience("elder").is_err_and(|message| message.contains("儿童")));
    }
}
