use axum::{extract::State, http::StatusCode};
use platform::{
    App, Problem,
    rights::{Route, Who},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) const ACCESS: &[&[Route]] =
    &[&[Route::get("/healthz", Who::Public), Route::get("/readyz", Who::Public)]];

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(live)).routes(routes!(ready))
}

/// 程序在运行。
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = 200, description = "在运行")))]
async fn live() -> &'static str {
    "ok"
}

/// 数据库可用，可以接收请求。
#[utoipa::path(get, path = "/readyz", tag = "operations",
    responses(
        (status = 200, description = "可以接收请求"),
        (status = 503, description = "数据库不可用", body = Problem, content_type = "application/problem+json")))]
async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    match app.db.ping().await {
        Ok(()) => Ok("ok"),
        Err(error) => {
            tracing::error!(%error, "database does not answer");
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "/problems/not-ready", "系统暂不可用")
                .detail("数据库没有应答，请稍后再试。"))
        }
    }
}
