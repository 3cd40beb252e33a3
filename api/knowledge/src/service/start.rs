//! Which release a node begins with.

use std::{path::Path, sync::Arc};

use engine::{Current, Engine, release};
use kb::Fault;
use platform::App;
use tokio::task::spawn_blocking;

use super::{activate, publish_files};
use crate::{
    KnowledgeError, Releases,
    model::{Author, short},
    store,
};

/// A node that has its release.
pub struct Started {
    pub releases: Releases,
    /// What the operator should know, one sentence each.
    pub notes: Vec<String>,
}

/// Begins with the activated release. Where there is none yet, the data folder is published and activated. In a demo
/// a data folder that was never published is published too, so that an edit shows after a restart; else an operator
/// decides (`jiuyi release publish --activate`). An activated release that does not compile in this version of the
/// program is replaced by the data folder on this node only.
pub async fn start(app: App, data: &Path) -> Result<Started, KnowledgeError> {
    let folder = data.to_owned();
    let read = spawn_blocking(move || release::sources(&folder)).await?;
    let Some(head) = store::find_head(&app.db).await? else {
        let sources = read.map_err(KnowledgeError::Refused)?;
        let copy = sources.clone();
        let engine =
            spawn_blocking(move || Engine::compile(&copy)).await?.map_err(KnowledgeError::Refused)?;
        let releases = Releases::new(app, Current::new(Arc::new(engine)));
        let author = Author::operator("首次启动");
        let published = publish_files(&releases, sources, &author, "首次启动，来自数据文件夹").await?;
        activate(&releases, &published.release, &author).await?;
        return Ok(Started { releases, notes: Vec::new() });
    };
    let mut notes = Vec::new();
    let stored = store::find_sources(&app.db, &head.release).await?;
    let compiled = match stored.filter(|sources| sources.hash() == head.release) {
        Some(sources) => spawn_blocking(move || Engine::compile(&sources)).await?,
        None => Err(vec![Fault::error(&head.release, 0, "RL001", "库里存的文件与版本号不符")]),
    };
    let engine = match (compiled, read.clone()) {
        (Ok(engine), _) => engine,
        (Err(faults), Ok(sources)) => {
            notes.push(not_usable(&head.release, &faults));
            spawn_blocking(move || Engine::compile(&sources)).await?.map_err(KnowledgeError::Refused)?
        }
        (Err(_), Err(faults)) => return Err(KnowledgeError::Refused(faults)),
    };
    let releases = Releases::new(app, Current::new(Arc::new(engine)));
    if let Ok(sources) = read {
        let hash = sources.hash();
        let is_known = !store::list_hashes(&releases.app().db, &hash).await?.is_empty();
        if releases.app().config.demo && !is_known {
            let author = Author::operator("启动");
            notes.push(
                match publish_files(&releases, sources, &author, "数据文件夹有改动（演示模式自动发布）").await
                {
                    Ok(published) => {
                        activate(&releases, &published.release, &author).await?;
                        format!("数据文件夹有改动，已发布并启用 {}。", short(&hash))
                    }
                    Err(KnowledgeError::Refused(faults)) => not_published(&faults),
                    Err(error) => return Err(error),
                },
            );
        } else if hash != head.release {
            notes.push(format!(
                "数据文件夹（{}）不是正在使用的版本（{}）；要启用它：jiuyi release publish --activate --note 说明",
                short(&hash),
                short(&head.release)
            ));
        }
    }
    Ok(Started { releases, notes })
}

fn not_usable(release: &str, faults: &[Fault]) -> String {
    let first = faults.first().map(ToString::to_string).unwrap_or_default();
    format!("正在使用的版本 {} 在这个程序里不能用，本机改用数据文件夹：{first}", short(release))
}

fn not_published(faults: &[Fault]) -> String {
    let first = faults.first().map(ToString::to_string).unwrap_or_default();
    format!("数据文件夹有 {} 处问题，没有发布，继续用上一个好的版本。第一处：{first}", faults.len())
}
