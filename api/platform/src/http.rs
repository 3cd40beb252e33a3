//! What every HTTP answer has in common: request id, log line, problems, security headers, limits.

mod extract;
mod finish;
mod headers;
mod request_id;
mod whole;

pub(crate) use extract::too_large;
pub use extract::{Form, Json, Path, Query, body, read_json};
pub use finish::{ErrorPage, finish_problems, method_not_allowed, no_method, no_route, panicked, time_limit};
pub use headers::security_headers;
pub use request_id::{RequestId, request_id};
pub use whole::whole;

use axum::{http::HeaderMap, http::header, response::Html};

use crate::Problem;

/// A rendered page, or the fault of its template.
pub fn page<E>(rendered: Result<String, E>) -> Result<Html<String>, Problem>
where
    E: std::error::Error + Send + Sync + 'static,
{
    rendered.map(Html).map_err(Problem::internal)
}

/// Whether the caller is a browser that wants a page rather than data.
pub fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| {
        let place = |kind| accept.find(kind).unwrap_or(usize::MAX);
        place("text/html") < place("application/json").min(place("application/problem+json"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_want_pages_and_programs_do_not() {
        let wants = |accept: &str| {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);
            wants_page(&headers)
        };
        assert!(wants("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(!wants("application/json, text/html"));
        assert!(!wants("*/*"));
        assert!(!wants_page(&HeaderMap::new()));
    }
}
