//! `jiuyi release`: publish the data folder, list, show, compare and activate releases.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::{Args, Subcommand};
use engine::{Current, Engine, release};
use kb::{
    Sources,
    diff::{Change, Diff, Topic},
};
use knowledge::{
    KnowledgeError, Releases,
    model::{Author, Release, short},
    service,
};
use platform::App;

use super::{check, say};
use crate::start;

/// Word for the release in use.
const IN_USE: &str = "active";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// 检查数据文件夹，没有错误就存成一个版本
    Publish(Publish),
    /// 列出版本和启用记录
    List,
    /// 一个版本的说明和文件
    Show {
        /// 版本号（可只写开头几位），或 active
        release: String,
    },
    /// 两个版本的差别
    Diff {
        /// 版本号、active，或一个数据文件夹
        from: String,
        /// 版本号、active，或一个数据文件夹
        to: String,
    },
    /// 启用一个版本，所有节点在一秒内跟上
    Activate {
        /// 版本号（可只写开头几位）
        release: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Publish {
    /// 数据文件夹；默认用配置里的 data
    data: Option<PathBuf>,
    /// 这一版改了什么
    #[arg(long)]
    note: String,
    /// 发布后立即启用
    #[arg(long)]
    activate: bool,
}

/// Fails (exit code 1) when a release is refused.
pub(super) async fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let app = start::app(start::config()?).await?;
    let done = match command {
        Command::Publish(wanted) => publish(&app, wanted).await,
        Command::List => list(&app).await,
        Command::Show { release } => show(&app, release).await,
        Command::Diff { from, to } => compare(&app, from, to).await,
        Command::Activate { release } => activate(&app, release).await,
    };
    app.db.close().await;
    done
}

/// Releases without one in use: the command line serves nobody.
pub(super) fn releases(app: &App, engine: Engine) -> Releases {
    Releases::new(app.clone(), Current::new(Arc::new(engine)))
}

/// Releases for commands that only look at what is stored.
fn stored(app: &App) -> anyhow::Result<Releases> {
    Ok(releases(app, start::engine(&app.config.data_dir)?))
}

async fn publish(app: &App, wanted: &Publish) -> anyhow::Result<ExitCode> {
    let data = wanted.data.clone().unwrap_or_else(|| app.config.data_dir.clone());
    let sources = match release::sources(&data) {
        Ok(sources) => sources,
        Err(faults) => return check::refused(&faults),
    };
    let engine = match release::check(&sources) {
        Ok(engine) => engine,
        Err(faults) => return check::refused(&faults),
    };
    let releases = releases(app, engine);
    let author = Author::operator("命令行");
    let published = match service::publish_files(&releases, sources, &author, &wanted.note).await {
        Ok(published) => published,
        Err(error) => return Err(start::explained(error)),
    };
    let hash = short(&published.release);
    say(&if published.is_new {
        format!("已发布 {hash}")
    } else {
        format!("同样的内容已经发布过：{hash}")
    })?;
    if wanted.activate {
        service::activate(&releases, &published.release, &author).await.map_err(start::explained)?;
        say(&format!("已启用 {hash}，运行中的节点会在一秒内跟上。"))?;
    } else {
        say(&format!("启用：jiuyi release activate {hash}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(app: &App) -> anyhow::Result<ExitCode> {
    let releases = stored(app)?;
    let all = service::list(&releases).await.map_err(start::explained)?;
    if all.is_empty() {
        say("还没有发布过版本。jiuyi serve 首次启动时会发布数据文件夹。")?;
    }
    for release in &all {
        say(&row(release))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(release: &Release) -> String {
    format!(
        "{}  {}  {}  {}  {} 个文件  {}",
        short(&release.hash),
        ui::format::date(release.published_at),
        release.state.text(),
        release.published_by,
        release.n_files,
        release.note
    )
}

async fn show(app: &App, wanted: &str) -> anyhow::Result<ExitCode> {
    let releases = stored(app)?;
    let hash = named(&releases, wanted).await.map_err(start::explained)?;
    let release = service::read(&releases, &hash).await.map_err(start::explained)?;
    say(&row(&release))?;
    say(&format!("版本号 {}", release.hash))?;
    for file in service::sources(&releases, &hash).await.map_err(start::explained)?.files() {
        say(&format!("  {:>9}  {}", file.text.len(), file.name))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn activate(app: &App, wanted: &str) -> anyhow::Result<ExitCode> {
    let releases = stored(app)?;
    match service::activate(&releases, wanted, &Author::operator("命令行")).await {
        Ok(activation) => {
            say(&format!("已启用 {}，运行中的节点会在一秒内跟上。", short(&activation.release)))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(KnowledgeError::Refused(faults)) => check::refused(&faults),
        Err(error) => Err(start::explained(error)),
    }
}

async fn named(releases: &Releases, wanted: &str) -> Result<String, KnowledgeError> {
    if wanted != IN_USE {
        return service::resolve(releases, wanted).await;
    }
    let last = service::list_activations(releases).await?;
    last.into_iter().next().map(|activation| activation.release).ok_or(KnowledgeError::NotFound)
}

async fn compare(app: &App, from: &str, to: &str) -> anyhow::Result<ExitCode> {
    let releases = stored(app)?;
    let (old, new) = (side(&releases, from).await?, side(&releases, to).await?);
    let diff = Diff::of(&old, &new);
    for subject in &diff.subjects {
        say(&format!(
            "{} {} {}（{}）{} 处",
            subject.change.label(),
            subject.class,
            subject.label,
            subject.key,
            subject.items.len()
        ))?;
        // What is new or gone is one line; its parts are all of it.
        for item in subject.items.iter().filter(|_| subject.change == Change::Changed) {
            say(&format!("  {item}    {}:{}", item.place.0, item.place.1))?;
        }
    }
    for file in &diff.files {
        let title = file.title.as_deref().unwrap_or_default();
        say(&format!(
            "{} {} {} {title} +{} -{} 行",
            file.change.label(),
            file.kind.label(),
            file.name,
            file.added,
            file.removed
        ))?;
    }
    say(&summary(&diff))?;
    Ok(ExitCode::SUCCESS)
}

async fn side(releases: &Releases, wanted: &str) -> anyhow::Result<Sources> {
    let folder = Path::new(wanted);
    if folder.is_dir() {
        return release::sources(folder).map_err(|faults| start::explained(KnowledgeError::Refused(faults)));
    }
    let hash = named(releases, wanted).await.map_err(start::explained)?;
    service::sources(releases, &hash).await.map_err(start::explained)
}

fn summary(diff: &Diff) -> String {
    let changes = [Change::Added, Change::Removed, Change::Changed];
    let row = |label: &str, count: &dyn Fn(Change) -> usize| {
        let [added, removed, altered] = changes.map(count);
        format!("{label} 新增 {added} 删除 {removed} 改动 {altered}")
    };
    let mut parts = vec![row("概念", &|change| diff.count_subjects(change))];
    parts.extend(Topic::ALL.map(|topic| row(topic.label(), &|change| diff.count(topic, change))));
    parts.push(row("其他文件", &|change| diff.files.iter().filter(|file| file.change == change).count()));
    parts.push(format!("只有写法不同的图文件 {}", diff.reformatted.len()));
    parts.join("；")
}
