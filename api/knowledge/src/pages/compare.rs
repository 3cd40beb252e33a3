//! What changed between two releases.

use askama::Template;
use axum::{extract::State, response::Html};
use kb::diff::{Change, Diff, FileChange, Item, SubjectChange, Topic};
use platform::{
    Problem,
    http::{Query, page},
    rights::Right,
};
use serde::Deserialize;
use ui::Frame;

use super::staff_frame;
use crate::{
    Releases,
    model::{Release, short},
    service,
};

/// Concepts and files drawn on one page; JSON and the command line give all.
const N_SHOWN: usize = 300;

#[derive(Template)]
#[template(path = "knowledge/diff.html")]
struct DiffPage {
    frame: Frame,
    releases: Vec<Choice>,
    from: String,
    to: String,
    counts: Vec<(&'static str, [usize; 3])>,
    subjects: Vec<SubjectView>,
    files: Vec<FileChange>,
    reformatted: Vec<String>,
    n_more: usize,
    is_asked: bool,
}

struct Choice {
    hash: String,
    text: String,
}

struct SubjectView {
    subject: SubjectChange,
    tone: &'static str,
    lines: Vec<LineView>,
}

struct LineView {
    item: Item,
    tone: &'static str,
}

#[derive(Deserialize)]
pub(super) struct Between {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

pub(super) async fn show(
    State(releases): State<Releases>,
    who: Right,
    frame: Frame,
    Query(between): Query<Between>,
) -> Result<Html<String>, Problem> {
    let known = service::list(&releases).await?;
    let is_asked = !between.from.is_empty() && !between.to.is_empty();
    let diff =
        if is_asked { service::diff(&releases, &between.from, &between.to).await? } else { Diff::default() };
    let counts = counts(&diff);
    let n_all = diff.subjects.len();
    let subjects = diff.subjects.into_iter().take(N_SHOWN).map(subject).collect();
    page(
        DiffPage {
            frame: staff_frame(&releases, &who, frame).await?,
            releases: known.iter().map(choice).collect(),
            from: between.from,
            to: between.to,
            counts,
            subjects,
            files: diff.files,
            reformatted: diff.reformatted,
            n_more: n_all.saturating_sub(N_SHOWN),
            is_asked,
        }
        .render(),
    )
}

fn choice(release: &Release) -> Choice {
    let text = format!("{} {}（{}）", short(&release.hash), release.note, release.state.text());
    Choice { hash: release.hash.clone(), text }
}

fn counts(diff: &Diff) -> Vec<(&'static str, [usize; 3])> {
    let changes = [Change::Added, Change::Removed, Change::Changed];
    let mut counts = vec![("概念", changes.map(|change| diff.count_subjects(change)))];
    counts.extend(Topic::ALL.map(|topic| (topic.label(), changes.map(|change| diff.count(topic, change)))));
    let files = changes.map(|change| diff.files.iter().filter(|file| file.change == change).count());
    counts.push(("其他文件", files));
    counts
}

fn subject(mut subject: SubjectChange) -> SubjectView {
    let items = std::mem::take(&mut subject.items);
    let line = |item: Item| LineView { tone: tone(item.change()), item };
    SubjectView { tone: tone(subject.change), lines: items.into_iter().map(line).collect(), subject }
}

fn tone(change: Change) -> &'static str {
    match change {
        Change::Added => "ok",
        Change::Removed => "danger",
        Change::Changed => "warn",
    }
}
