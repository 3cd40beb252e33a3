use askama::Template;
use axum::{
    extract::State,
    response::{Html, Redirect},
};
use kb::Fault;
use platform::{
    Problem,
    http::{Form, Path, RequestId, page},
    rights::Right,
};
use serde::Deserialize;
use ui::Frame;

use super::{super::staff_frame, Head, Topic, opened};
use crate::{Releases, http, service::draft};

#[derive(Template)]
#[template(path = "knowledge/file/text.html")]
struct TextPage {
    frame: Frame,
    head: Head,
    faults: Vec<Fault>,
    version: i64,
}

pub(crate) async fn text(
    State(releases): State<Releases>,
    who: Right,
    frame: Frame,
    topic: Topic,
    Path(name): Path<String>,
) -> Result<Html<String>, Problem> {
    let (head, faults) = opened(&releases, &who, topic, &name).await?;
    let frame = staff_frame(&releases, &who, frame).await?;
    page(TextPage { frame, version: head.opened.version(), head, faults }.render())
}

#[derive(Deserialize)]
pub(crate) struct Written {
    version: i64,
    #[serde(default)]
    text: String,
}

pub(crate) async fn save(
    State(releases): State<Releases>,
    who: Right,
    request: RequestId,
    topic: Topic,
    Path(name): Path<String>,
    Form(form): Form<Written>,
) -> Result<Redirect, Problem> {
    let author = http::author(&releases, &who, &request).await?;
    let file = topic.file(&name)?;
    // Who begins a draft of a file must know it.
    let opened = draft::open(&releases, &file).await?;
    // Browsers send line ends as CR LF whatever the file has.
    let mut text = form.text.replace("\r\n", "\n");
    if opened.text.contains("\r\n") {
        text = text.replace('\n', "\r\n");
    }
    if text != opened.text {
        draft::save(&releases, &author, &file, (form.version, &text)).await?;
    }
    Ok(Redirect::to(&format!("{}/text", topic.base(&name))))
}
