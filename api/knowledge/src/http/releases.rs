use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use kb::export::Format;
use platform::{
    Problem,
    http::{Json, Path, Query, RequestId},
    rights::Right,
};
use serde::Deserialize;
use tokio::task::spawn_blocking;
use utoipa::IntoParams;

use super::{
    author,
    body::{Comparison, Publish, PublishedRelease, ReleaseList},
};
use crate::{
    KnowledgeError, Releases, Statistics,
    model::{Activation, Release, short},
    service,
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Hash of a release or the beginning of it; the one in use when absent.
    pub(super) release: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Between {
    /// Hash of a release or the beginning of it.
    from: String,
    /// Hash of a release or the beginning of it.
    to: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Export {
    /// `turtle`, `nquads` or `jsonld`.
    #[param(pattern = "^(turtle|nquads|jsonld)$")]
    format: String,
    /// Hash of a release or the beginning of it; the one in use when absent.
    release: Option<String>,
}

/// 知识版本和启用记录。
#[utoipa::path(get, path = "/api/knowledge/releases", tag = "knowledge",
    responses(
        (status = 200, description = "版本和启用记录，新的在前", body = ReleaseList),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "不是医务人员")))]
pub(super) async fn list_releases(State(releases): State<Releases>) -> Result<Json<ReleaseList>, Problem> {
    let items = service::list(&releases).await?;
    Ok(Json(ReleaseList { items, activations: service::list_activations(&releases).await? }))
}

/// 检查服务器上的数据文件夹，没有错误就存成一个版本。知识编辑和管理员可用。
#[utoipa::path(post, path = "/api/knowledge/releases", tag = "knowledge", request_body = Publish,
    responses(
        (status = 201, description = "已发布", body = PublishedRelease),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "没有权限"),
        (status = 422, body = Problem, content_type = "application/problem+json",
            description = "知识文件有问题，每处给出 文件:行:列；正在使用的版本不受影响")))]
pub(super) async fn publish_release(
    State(releases): State<Releases>,
    who: Right,
    request: RequestId,
    Json(body): Json<Publish>,
) -> Result<(StatusCode, Json<PublishedRelease>), Problem> {
    let author = author(&releases, &who, &request).await?;
    let data = releases.app().config.data_dir.clone();
    let service::Published { release, is_new } =
        service::publish(&releases, &data, &author, &body.note).await?;
    let activation =
        if body.activate { Some(service::activate(&releases, &release, &author).await?) } else { None };
    Ok((StatusCode::CREATED, Json(PublishedRelease { release, is_new, activation })))
}

/// 一个知识版本。
#[utoipa::path(get, path = "/api/knowledge/releases/{release}", tag = "knowledge", params(("release" = String, Path)),
    responses(
        (status = 200, body = Release, description = "版本"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有")))]
pub(super) async fn read_release(
    State(releases): State<Releases>,
    Path(release): Path<String>,
) -> Result<Json<Release>, Problem> {
    Ok(Json(service::read(&releases, &release).await?))
}

/// 启用一个版本，所有节点在一秒内跟上；不能编译的版本会被拒绝。知识编辑和管理员可用。
#[utoipa::path(post, path = "/api/knowledge/releases/{release}/activate", tag = "knowledge",
    params(("release" = String, Path)),
    responses(
        (status = 200, body = Activation, description = "已启用"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "没有权限"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有")))]
pub(super) async fn activate_release(
    State(releases): State<Releases>,
    who: Right,
    request: RequestId,
    Path(release): Path<String>,
) -> Result<Json<Activation>, Problem> {
    let author = author(&releases, &who, &request).await?;
    Ok(Json(service::activate(&releases, &release, &author).await?))
}

/// 两个版本的差别：概念、名称、关系、频率，以及图之外的文件。
#[utoipa::path(get, path = "/api/knowledge/diff", tag = "knowledge", params(Between),
    responses(
        (status = 200, body = Comparison, description = "差别"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有其中一个版本")))]
pub(super) async fn compare_releases(
    State(releases): State<Releases>,
    Query(between): Query<Between>,
) -> Result<Json<Comparison>, Problem> {
    Ok(Json(service::diff(&releases, &between.from, &between.to).await?.into()))
}

/// 一个版本里有什么、各科室覆盖多少、哪些未经审核。
#[utoipa::path(get, path = "/api/knowledge/statistics", tag = "knowledge", params(Which),
    responses(
        (status = 200, body = Statistics, description = "统计"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有这个版本")))]
pub(super) async fn read_statistics(
    State(releases): State<Releases>,
    Query(which): Query<Which>,
) -> Result<Json<Statistics>, Problem> {
    let engine = service::engine(&releases, which.release.as_deref()).await?;
    let statistics = spawn_blocking(move || Statistics::of(&engine)).await.map_err(KnowledgeError::from)?;
    Ok(Json(statistics))
}

/// 整个图谱，供别的系统读取。
#[utoipa::path(get, path = "/api/knowledge/export", tag = "knowledge", params(Export),
    responses(
        (status = 200, description = "Turtle、N-Quads 或 JSON-LD", content(
            (String = "text/turtle"), (String = "application/n-quads"), (Vec<serde_json::Value> = "application/ld+json"))),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有这个版本"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "格式不认识")))]
pub(super) async fn export_graph(
    State(releases): State<Releases>,
    who: Right,
    request: RequestId,
    Query(wanted): Query<Export>,
) -> Result<Response, Problem> {
    let format = Format::from_name(&wanted.format).ok_or_else(|| {
        let known = Format::NAMES.map(|(name, _)| name).join("、");
        Problem::invalid_input().fault("/format", format!("可用：{known}"))
    })?;
    let engine = service::engine(&releases, wanted.release.as_deref()).await?;
    let author = author(&releases, &who, &request).await?;
    service::record_export(&releases, &author, &engine.kb().release, format.extension()).await?;
    let name =
        format!("attachment; filename=\"jiuyi-{}.{}\"", short(&engine.kb().release), format.extension());
    let bytes = spawn_blocking(move || engine.kb().export(format)).await.map_err(KnowledgeError::from)?;
    let headers =
        [(header::CONTENT_TYPE, format.media_type().to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, bytes.map_err(KnowledgeError::from)?).into_response())
}
