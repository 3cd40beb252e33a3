//! Changes by the forms of the table.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use platform::{
    Problem,
    http::{Form, Path, RequestId},
    rights::Right,
};
use rules::matching::outline::{Edit, InputRow, Outline};
use serde::Deserialize;

use super::{super::file::Topic, table};
use crate::{KnowledgeError, Releases, http, service::draft};

/// What a form of the table sends; which fields count depends on the deed.
#[derive(Debug, Deserialize)]
pub(crate) struct Change {
    #[serde(default)]
    deed: String,
    version: i64,
    #[serde(default)]
    line: u32,
    #[serde(default)]
    cell: Vec<String>,
    #[serde(default)]
    key: String,
    #[serde(default)]
    value: String,
}

pub(crate) async fn edit(
    State(releases): State<Releases>,
    who: Right,
    request: RequestId,
    Path(name): Path<String>,
    Form(form): Form<Change>,
) -> Result<Response, Problem> {
    let file = Topic::Matching.file(&name)?;
    let opened = draft::open(&releases, &file).await?;
    if opened.version() != form.version {
        return Err(KnowledgeError::Outdated.into());
    }
    let outline = Outline::read(&file, &opened.text)
        .map_err(|_| KnowledgeError::Edit("文件的格式读不懂，请先在“文字”里改好。".to_owned()))?;
    let change = match form.deed.as_str() {
        "put" => Edit::Put(form.line, form.cell),
        "add" => Edit::Add((form.line > 0).then_some(form.line), form.cell),
        "remove" => Edit::Remove(form.line),
        "up" => Edit::Move(form.line, true),
        "down" => Edit::Move(form.line, false),
        "switch" => Edit::Switch(form.line),
        "setting" if outline.settings().iter().any(|(key, _)| *key == form.key) => {
            Edit::Front(form.key, form.value)
        }
        "input" => Edit::Input(column(&releases, &form.key).await?),
        _ => return Err(Problem::invalid_input().detail("不认识的操作，请返回重新打开页面。")),
    };
    let text = outline.edited(&opened.text, &change).map_err(KnowledgeError::Edit)?;
    let author = http::author(&releases, &who, &request).await?;
    draft::save(&releases, &author, &file, (form.version, &text)).await?;
    let line = match change {
        Edit::Add(Some(line), _) => line + 1,
        Edit::Put(line, _) | Edit::Switch(line) => line,
        _ => 0,
    };
    let anchor = if line > 0 { format!("#L{line}") } else { String::new() };
    Ok(Redirect::to(&format!("/knowledge/matching/{name}{anchor}")).into_response())
}

/// A column the platform knows of every visit.
async fn column(releases: &Releases, name: &str) -> Result<InputRow, Problem> {
    let columns = table::columns(releases).await?;
    let found = columns.into_iter().find(|column| column.name == name);
    found.ok_or_else(|| Problem::invalid_input().detail("没有这一列，请返回重新打开页面。"))
}
