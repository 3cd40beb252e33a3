//! RFC 9457 problem details: the one shape of every error answer.

use std::{error::Error, sync::Arc};

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// Body of every 4xx and 5xx answer, sent as `application/problem+json`; browsers get the same as a page.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Stable name of the kind of problem, for programs.
    #[serde(rename = "type")]
    #[schema(example = "/problems/session/sign-in-required")]
    pub kind: &'static str,
    /// The same for every occurrence of this kind.
    pub title: &'static str,
    /// The HTTP status code.
    pub status: u16,
    /// What went wrong this time and what to do next, safe to show to the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Path of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The id under which the log speaks of this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Faults of the input, each with its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
    /// For the log only; never sent.
    #[serde(skip)]
    #[schema(ignore)]
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// One fault of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// JSON pointer into the body, or `/name` of a path, query or form field.
    #[schema(example = "/answers/0/value")]
    pub pointer: String,
    /// What is wrong there.
    pub detail: String,
}

impl Problem {
    /// `kind` is `/problems/<crate>/<what>`, `title` Chinese and the same for every occurrence.
    pub fn new(status: StatusCode, kind: &'static str, title: &'static str) -> Self {
        Self {
            kind,
            title,
            status: status.as_u16(),
            detail: None,
            instance: None,
            request_id: None,
            errors: Vec::new(),
            source: None,
        }
    }

    /// A fault of ours: the caller gets a bare 500, the log the whole chain of causes.
    pub fn internal(error: impl Error + Send + Sync + 'static) -> Self {
        let mut problem = Self::unexplained();
        problem.source = Some(Arc::new(error));
        problem
    }

    /// A 500 whose cause is already in the log, as after a panic.
    pub fn unexplained() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "about:blank", "系统出了点问题")
            .detail("您填写的内容没有问题，请稍后再试；若一直如此，请把请求编号告诉工作人员。")
    }

    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "/problems/malformed-request", "请求格式不正确").detail(detail)
    }

    /// Well-formed, but not acceptable; add the places with [`Problem::fault`].
    pub fn invalid_input() -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "/problems/invalid-input", "填写的内容需要修改")
    }

    /// Also the answer where the caller may not know whether something exists.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "/problems/not-found", "没有找到您要的内容")
            .detail("链接可能已失效，或内容不存在。请返回首页重新进入。")
    }

    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "/problems/forbidden", "没有权限").detail(detail)
    }

    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn fault(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(Fault { pointer: pointer.into(), detail: detail.into() });
        self
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The causes of a fault of ours, outermost first, joined by `: `; for the log.
    pub fn causes(&self) -> Option<String> {
        let source = self.source.as_deref()?;
        let mut causes = source.to_string();
        let mut next = source.source();
        while let Some(cause) = next {
            causes = format!("{causes}: {cause}");
            next = cause.source();
        }
        Some(causes)
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::internal(error)
    }
}

/// The problem also stands in the extensions of the response, where [`crate::http::finish_problems`] completes it
/// with path and request id, logs it and turns it into a page for browsers.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response =
            (self.status(), [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot save the visit")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn causes_go_to_the_log_and_not_to_the_caller() {
        let problem = Problem::internal(Outer(std::io::Error::other("disk full")));
        assert_eq!(problem.causes().as_deref(), Some("cannot save the visit: disk full"));
        let sent = serde_json::to_string(&problem).unwrap();
        assert!(!sent.contains("disk"), "{sent}");
        assert!(sent.contains(r#""status":500"#), "{sent}");
    }

    #[test]
    fn faults_name_their_place() {
        let problem = Problem::invalid_input().fault("/age", "年龄应在 0 到 130 之间");
        let sent = serde_json::to_value(&problem).unwrap();
        assert_eq!(sent["errors"][0]["pointer"], "/age");
        assert_eq!(sent["type"], "/problems/invalid-input");
        assert_eq!(problem.into_response().headers()["content-type"], "application/problem+json");
    }
}
