use askama::Template;
use axum::{
    extract::State,
    response::{Html, Redirect},
};
use platform::{
    Problem,
    http::{Path, RequestId, page},
    rights::Right,
};
use ui::Frame;

use super::super::{
    file::{Head, Topic, opened},
    staff_frame,
};
use crate::{
    Releases, http,
    model::{Moved, Trial, TrialState},
    service::trial,
};

/// Departments listed.
const N_PLACES: usize = 60;

#[derive(Template)]
#[template(path = "knowledge/matching/month.html")]
struct MonthPage {
    frame: Frame,
    head: Head,
    trial: Option<TrialView>,
}

struct TrialView {
    trial: Trial,
    asked: String,
    percent: i64,
    is_running: bool,
    is_failed: bool,
    /// The draft changed after it.
    is_old: bool,
    moved: Vec<MovedView>,
    n_more: usize,
}

struct MovedView {
    before: String,
    after: String,
    moved: Moved,
}

pub(crate) async fn show(
    State(releases): State<Releases>,
    who: Right,
    frame: Frame,
    Path(name): Path<String>,
) -> Result<Html<String>, Problem> {
    let (head, _) = opened(&releases, &who, Topic::Matching, &name).await?;
    let trial = trial::find_last(&releases, &head.opened.file).await?;
    let today = releases.app().clock.today();
    let trial = trial.map(|trial| TrialView {
        asked: ui::format::moment(trial.asked_at, today),
        percent: if trial.n_all > 0 { trial.n_done * 100 / trial.n_all } else { 0 },
        is_running: !trial.state.is_over(),
        is_failed: trial.state == TrialState::Failed,
        is_old: trial.text != head.opened.text,
        moved: trial.effect.moved.iter().map(moved).collect(),
        n_more: trial.effect.places.len().saturating_sub(N_PLACES),
        trial: {
            let mut trial = trial;
            trial.effect.places.truncate(N_PLACES);
            trial
        },
    });
    let frame = staff_frame(&releases, &who, frame).await?;
    page(MonthPage { frame, head, trial }.render())
}

pub(crate) async fn ask(
    State(releases): State<Releases>,
    who: Right,
    request: RequestId,
    Path(name): Path<String>,
) -> Result<Redirect, Problem> {
    let author = http::author(&releases, &who, &request).await?;
    trial::ask(&releases, &author, &who, &Topic::Matching.file(&name)?).await?;
    Ok(Redirect::to(&format!("/knowledge/matching/{name}/month")))
}

fn moved(moved: &Moved) -> MovedView {
    let shown = |results: &[String]| if results.is_empty() { "无".to_owned() } else { results.join("、") };
    MovedView { before: shown(&moved.before), after: shown(&moved.after), moved: moved.clone() }
}
