//! What is in the release in use.

use askama::Template;
use axum::{extract::State, response::Html};
use platform::{
    Problem,
    http::{Query, page},
    rights::Right,
};
use serde::Deserialize;
use tokio::task::spawn_blocking;
use ui::Frame;

use super::staff_frame;
use crate::{KnowledgeError, Releases, Statistics, model::short, service};

/// Names listed of what lacks something; the rest is a number.
const N_LISTED: usize = 60;

#[derive(Template)]
#[template(path = "knowledge/statistics.html")]
struct StatisticsPage {
    frame: Frame,
    release: String,
    is_current: bool,
    statistics: Statistics,
    lacks: Vec<Lack>,
}

/// What lacks something, with the first of it.
struct Lack {
    title: &'static str,
    advice: &'static str,
    names: Vec<String>,
    n_more: usize,
    n_all: usize,
}

#[derive(Deserialize)]
pub(super) struct Which {
    release: Option<String>,
}

pub(super) async fn show(
    State(releases): State<Releases>,
    who: Right,
    frame: Frame,
    Query(which): Query<Which>,
) -> Result<Html<String>, Problem> {
    let engine = service::engine(&releases, which.release.as_deref().filter(|text| !text.is_empty())).await?;
    let is_current = engine.kb().release == releases.current().load().kb().release;
    let statistics = spawn_blocking(move || Statistics::of(&engine)).await.map_err(KnowledgeError::from)?;
    let lacks = vec![
        lack("还没有健康文章的疾病", "在 data/articles 里各写一篇。", &statistics.without_article),
        lack("症状少于 5 个或没有鉴别的疾病", "补上症状和鉴别要点，鉴别才可靠。", &statistics.thin),
    ];
    page(
        StatisticsPage {
            frame: staff_frame(&releases, &who, frame).await?,
            release: short(&statistics.release).to_owned(),
            is_current,
            lacks,
            statistics,
        }
        .render(),
    )
}

fn lack(title: &'static str, advice: &'static str, all: &[crate::statistics::Named]) -> Lack {
    Lack {
        title,
        advice,
        names: all.iter().take(N_LISTED).map(|named| named.label.clone()).collect(),
        n_more: all.len().saturating_sub(N_LISTED),
        n_all: all.len(),
    }
}
