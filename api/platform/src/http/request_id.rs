use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderName, HeaderValue, request::Parts},
    middleware::Next,
    response::Response,
};
use tracing::Instrument;

use crate::{
    App, Problem,
    audit::{Origin, with_origin},
    session::Device,
};

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The name of one request in the log, in problems and in the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

/// Middleware: takes the caller's `x-request-id` when it is short and plain, or makes one; opens the log span of
/// the request; answers with the id; writes one line per answer. Path values and queries are never logged.
pub async fn request_id(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = given(request.headers().get(HEADER)).unwrap_or_else(|| app.new_id().to_string());
    request.extensions_mut().insert(RequestId(id.clone()));
    let route = request.extensions().get::<axum::extract::MatchedPath>().map_or("-", |path| path.as_str());
    let span = tracing::info_span!("http", request_id = %id, method = %request.method(), route);
    let begun = tokio::time::Instant::now();
    let (mut parts, body) = request.into_parts();
    let Ok(device) = Device::from_request_parts(&mut parts, &app).await;
    let request = Request::from_parts(parts, body);
    async move {
        let mut response = with_origin(Origin::from(device), next.run(request)).await;
        let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(status = response.status().as_u16(), millis, "answered");
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(HEADER, id);
        }
        response
    }
    .instrument(span)
    .await
}

fn given(header: Option<&HeaderValue>) -> Option<String> {
    let id = header?.to_str().ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    ((8..=64).contains(&id.len()) && id.chars().all(plain)).then(|| id.to_owned())
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self("-".into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_plain_ids_are_taken_over() {
        let taken = |text: &str| given(Some(&HeaderValue::from_str(text).unwrap()));
        assert_eq!(taken("01912345-aaaa").as_deref(), Some("01912345-aaaa"));
        assert_eq!(taken("short"), None);
        assert_eq!(taken("with space and more"), None);
        assert_eq!(taken(&"a".repeat(65)), None);
    }
}
