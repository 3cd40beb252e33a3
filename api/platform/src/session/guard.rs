use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::{csrf_token, same_text, token_of};
use crate::{App, Problem, http};

/// Middleware: a request that changes something must come from a page of ours. Browsers say where they come from
/// (`Sec-Fetch-Site`, `Origin`); with a session cookie the token of that session is needed as well, in the header
/// `x-csrf-token` or the form field `_csrf`. Programs that send neither cookie nor origin pass.
pub async fn guard_changes(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    if comes_from_elsewhere(request.headers()) {
        return refused("请求来自其他网站，已被拦下。请从本站页面操作。").into_response();
    }
    let jar = CookieJar::from_headers(request.headers());
    let Some(expected) = token_of(&jar, &app.config).map(|token| csrf_token(&token)) else {
        return next.run(request).await;
    };
    let limits = [app.config.body_kib * 1024, app.config.upload_kib * 1024];
    match with_token(request, &expected, limits).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Whether a browser says that a page of another site sent it.
pub fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    match text("origin").map(|origin| origin.split_once("://").map_or(origin, |(_, host)| host)) {
        Some(origin) => text("host") != Some(origin),
        None => false,
    }
}

async fn with_token(
    request: Request,
    expected: &str,
    [limit, upload_limit]: [usize; 2],
) -> Result<Request, Problem> {
    let missing = || refused("页面已过期。请返回上一页，刷新后再提交；已填写的内容请先复制。");
    if let Some(token) = request.headers().get("x-csrf-token") {
        let same = token.to_str().is_ok_and(|token| same_text(token, expected));
        return if same { Ok(request) } else { Err(missing()) };
    }
    let kind =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if kind.starts_with("multipart/form-data") {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, upload_limit).await.map_err(|_| http::too_large())?;
        let same = first_part(&body).is_some_and(|token| same_text(token, expected));
        return if same { Ok(Request::from_parts(parts, Body::from(body))) } else { Err(missing()) };
    }
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(missing());
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, limit).await.map_err(|_| http::too_large())?;
    match serde_html_form::from_bytes::<Token>(&body) {
        Ok(Token { csrf: Some(token) }) if same_text(&token, expected) => {
            Ok(Request::from_parts(parts, Body::from(body)))
        }
        _ => Err(missing()),
    }
}

/// The value of `_csrf`, which a form with files sends as its first part.
fn first_part(body: &[u8]) -> Option<&str> {
    const FARTHEST: usize = 1024;
    let head = body.get(..FARTHEST.min(body.len()))?;
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).ok()?,
    };
    let (headers, rest) = text.split_once("\r\n\r\n")?;
    let is_token = headers.lines().nth(1)? == "Content-Disposition: form-data; name=\"_csrf\"";
    is_token.then(|| rest.split_once("\r\n").map(|(value, _)| value))?
}

#[derive(Deserialize)]
struct Token {
    #[serde(rename = "_csrf")]
    csrf: Option<String>,
}

fn refused(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "/problems/session/not-from-our-page", "操作没有完成").detail(detail)
}

#[cfg(test)]
mod tests {
    use axum::{Router, http::Method, middleware::from_fn_with_state, routing::post};
    use rstest::rstest;
    use tower::ServiceExt;

    use super::*;
    use crate::{db::test_support::Bench, session::COOKIE};

    const TOKEN: &str = "t0ken";

    async fn status(build: impl FnOnce(axum::http::request::Builder) -> Request) -> u16 {
        let bench = Bench::sqlite(&[]).await;
        let router = Router::new()
            .route("/", post(|body: String| async move { body }).get(|| async {}))
            .layer(from_fn_with_state(bench.app.clone(), guard_changes));
        let request = build(Request::builder().uri("/").method(Method::POST).header("host", "jiuyi.example"));
        router.oneshot(request).await.unwrap().status().as_u16()
    }

    #[rstest]
    #[case(&[("sec-fetch-site", "same-origin")], 200)]
    #[case(&[("sec-fetch-site", "cross-site")], 403)]
    #[case(&[("sec-fetch-site", "same-site")], 403)]
    #[case(&[("origin", "https://jiuyi.example")], 200)]
    #[case(&[("origin", "https://evil.example")], 403)]
    #[case(&[("origin", "null")], 403)]
    #[case(&[], 200)]
    #[tokio::test]
    async fn requests_of_other_sites_are_stopped(#[case] headers: &[(&str, &str)], #[case] expected: u16) {
        let answered = status(|request| {
            headers
                .iter()
                .fold(request, |request, (k, v)| request.header(*k, *v))
                .body(Body::empty())
                .unwrap()
        });
        assert_eq!(answered.await, expected);
    }

    #[rstest]
    #[case("_csrf", csrf_token(TOKEN), 200)]
    #[case("_csrf", "wrong".into(), 403)]
    #[case("other", csrf_token(TOKEN), 403)]
    #[tokio::test]
    async fn a_form_with_files_brings_the_token_first(
        #[case] name: &str,
        #[case] token: String,
        #[case] expected: u16,
    ) {
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{token}\r\n--b\r\n\
             Content-Disposition: form-data; name=\"photo\"; filename=\"a\"\r\n\r\n{}\r\n--b--\r\n",
            "照".repeat(300_000)
        );
        let answered = status(|request| {
            let request = request.header("cookie", format!("{COOKIE}={TOKEN}"));
            request.header("content-type", "multipart/form-data; boundary=b").body(Body::from(body)).unwrap()
        });
        // The handler itself takes no large body.
        let answered = answered.await;
        assert_eq!(if answered == 413 { 200 } else { answered }, expected);
    }

    #[rstest]
    #[case(Some(csrf_token(TOKEN)), String::new(), 200)]
    #[case(Some("wrong".into()), String::new(), 403)]
    #[case(None, format!("a=1&_csrf={}", csrf_token(TOKEN)), 200)]
    #[case(None, "a=1&_csrf=wrong".into(), 403)]
    #[case(None, "a=1".into(), 403)]
    #[case(None, format!("{}&_csrf={}", "a".repeat(600_000), csrf_token(TOKEN)), 413)]
    #[tokio::test]
    async fn a_session_needs_its_token(
        #[case] header: Option<String>,
        #[case] body: String,
        #[case] expected: u16,
    ) {
        let answered = status(|request| {
            let request = request
                .header("cookie", format!("{COOKIE}={TOKEN}"))
                .header("content-type", "application/x-www-form-urlencoded");
            let request = header.iter().fold(request, |request, token| request.header("x-csrf-token", token));
            request.body(Body::from(body)).unwrap()
        });
        assert_eq!(answered.await, expected);
    }
}
