//! SPARQL 1.1 Protocol, queries only. A browser gets a page, a program SPARQL 1.1 JSON results or Turtle.

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use kb::sparql::Answer;
use platform::{
    Problem,
    http::{Query, wants_page},
    rights::Right,
};
use serde::Deserialize;
use ui::Frame;
use utoipa::IntoParams;

use crate::{KnowledgeError, Releases, pages, service};

/// Says that a result has more rows than were sent.
const CUT: &str = "x-jiuyi-cut";

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// The query; prefixes of the graph (`jy:`, `dis:`, `sym:`, `skos:` …) need not be declared.
    #[param(required = true, nullable = false)]
    pub(crate) query: Option<String>,
    /// Hash of a release or the beginning of it; the one in use when absent.
    pub(crate) release: Option<String>,
    /// Not supported: everything is in the default graph.
    #[serde(rename = "default-graph-uri")]
    default_graph: Option<String>,
    /// Not supported: everything is in the default graph.
    #[serde(rename = "named-graph-uri")]
    named_graph: Option<String>,
}

/// SPARQL 查询（只读）。至多 5 秒、5,000 行；超出的行不返回，并在响应头 x-jiuyi-cut 中说明。
#[utoipa::path(get, path = "/knowledge/sparql", tag = "knowledge", params(Question),
    responses(
        (status = 200, description = "SELECT、ASK：SPARQL 1.1 JSON 结果；CONSTRUCT、DESCRIBE：Turtle",
            content_type = "application/sparql-results+json", body = String),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "语法错误，给出行和列"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "修改，或 SERVICE"),
        (status = 408, body = Problem, content_type = "application/problem+json", description = "超过时间上限")))]
pub(super) async fn get_query(
    State(releases): State<Releases>,
    who: Right,
    frame: Frame,
    headers: HeaderMap,
    Query(question): Query<Question>,
) -> Result<Response, Problem> {
    reply(&releases, &who, frame, &headers, question).await
}

/// 同上，查询写在请求体里（表单字段 query，或 application/sparql-query）。
#[utoipa::path(post, path = "/knowledge/sparql", tag = "knowledge",
    request_body(content = String, content_type = "application/sparql-query"),
    responses(
        (status = 200, description = "同 GET", content_type = "application/sparql-results+json", body = String),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "语法错误，给出行和列"),
        (status = 415, body = Problem, content_type = "application/problem+json", description = "请求内容的类型不对")))]
pub(super) async fn post_query(
    State(releases): State<Releases>,
    who: Right,
    frame: Frame,
    headers: HeaderMap,
    Query(beside): Query<Question>,
    body: Bytes,
) -> Result<Response, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let question = match kind.split(';').next().unwrap_or_default().trim() {
        "application/sparql-query" => {
            let query = String::from_utf8(body.to_vec())
                .map_err(|_| Problem::bad_request("查询不是 UTF-8 文字。"))?;
            Question { query: Some(query), ..beside }
        }
        "application/x-www-form-urlencoded" => pages::form(&body)?,
        "application/sparql-update" => {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "/problems/knowledge/sparql-forbidden",
                "不允许这样查询",
            )
            .detail("这里只能查询，不能修改。"));
        }
        _ => {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "/problems/unsupported-media-type",
                "请求内容的类型不对",
            )
            .detail("这里需要 application/sparql-query 或表单。"));
        }
    };
    reply(&releases, &who, frame, &headers, question).await
}

async fn reply(
    releases: &Releases,
    who: &Right,
    frame: Frame,
    headers: &HeaderMap,
    question: Question,
) -> Result<Response, Problem> {
    if question.default_graph.is_some() || question.named_graph.is_some() {
        return Err(Problem::bad_request("这里没有命名图，请去掉 default-graph-uri 和 named-graph-uri。"));
    }
    if wants_page(headers) {
        return pages::query(releases, who, frame, question).await;
    }
    let query = question.query.ok_or_else(|| Problem::bad_request("缺少参数 query。"))?;
    let engine = service::engine(releases, question.release.as_deref()).await?;
    let answer = service::ask(releases, engine, query).await?;
    Ok(sent(&answer)?)
}

fn sent(answer: &Answer) -> Result<Response, KnowledgeError> {
    let mut response = ([(header::CONTENT_TYPE, answer.media_type())], answer.serialize()?).into_response();
    if answer.is_cut() {
        response.headers_mut().insert(CUT, header::HeaderValue::from_static("true"));
    }
    Ok(response)
}
