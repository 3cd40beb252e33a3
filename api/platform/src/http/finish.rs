use std::any::Any;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
};

use super::{RequestId, wants_page};
use crate::{App, Problem, session};

/// Draws a problem for a person; given by whoever owns the look.
pub type ErrorPage = fn(&Problem) -> String;

/// Middleware: completes a problem with path and request id, logs faults of ours once, and answers a browser with
/// a page, or with the way to sign in where that is all that is missing.
pub async fn finish_problems(State(draw): State<ErrorPage>, request: Request, next: Next) -> Response {
    let page = wants_page(request.headers());
    let read = matches!(*request.method(), Method::GET | Method::HEAD);
    let uri = request.uri().clone();
    let came_from = request.headers().get(header::REFERER).and_then(|from| from.to_str().ok()).map(path_of);
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone());

    let mut response = next.run(request).await;
    let Some(mut problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    problem.instance = Some(uri.path().to_owned());
    problem.request_id = id;
    if problem.status >= 500 {
        let causes = problem.causes().unwrap_or_else(|| "-".into());
        tracing::error!(status = problem.status, kind = problem.kind, causes, "request failed");
    }
    if page && problem.kind == session::SIGN_IN_REQUIRED {
        let next = if read { uri.path_and_query().map_or("/", |whole| whole.as_str()) } else { "/" };
        return Redirect::to(&session::sign_in_address(next)).into_response();
    }
    if page && problem.kind == session::PROOF_REQUIRED {
        let here = uri.path_and_query().map_or("/", |whole| whole.as_str());
        let next = if read { here } else { came_from.as_deref().unwrap_or("/") };
        return Redirect::to(&session::proof_address(next)).into_response();
    }
    let mut finished =
        if page { (problem.status(), Html(draw(&problem))).into_response() } else { problem.into_response() };
    // Headers a handler put beside its problem stay, as Allow with 405.
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            finished.headers_mut().append(name, value.clone());
        }
    }
    finished
}

/// Path and query of an address; the page a form stood on.
fn path_of(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.find('/').map_or_else(|| "/".into(), |at| rest[at..].to_owned())
}

/// Fallback of the router.
pub async fn no_route() -> Problem {
    Problem::not_found()
}

/// Fallback for a path that exists under another method.
pub async fn no_method() -> Problem {
    method_not_allowed()
}

/// A path that has other methods than this.
pub fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "/problems/method-not-allowed", "不支持这种操作方式")
        .detail("请从页面上的按钮进入，不要直接修改地址。")
}

/// Answer after a panic; the panic hook of [`crate::log`] has logged where it happened.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::unexplained().into_response()
}

/// Middleware: gives a request up after the configured time.
pub async fn time_limit(State(app): State<App>, request: Request, next: Next) -> Response {
    let limit = std::time::Duration::from_secs(app.config.request_seconds);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => late(limit.as_secs()),
    }
}

fn late(seconds: u64) -> Response {
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "/problems/timeout", "系统繁忙")
        .detail(format!("等了 {seconds} 秒仍没有结果，请稍后再试。"));
    let mut response = problem.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}
