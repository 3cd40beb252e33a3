use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::App;

/// Scripts, styles, images and connections come from this server only; nothing is inline; nobody may frame a page.
const POLICY: &str = "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; \
                      form-action 'self'; img-src 'self' data:";
/// Swagger UI writes its styles inline.
const POLICY_OF_DOCS: &str = "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; \
                              style-src 'self' 'unsafe-inline'; img-src 'self' data:";

const FIXED: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(self), microphone=(self)"),
];

/// Middleware: the headers that keep a browser from helping an attacker. What a handler set itself stays; answers
/// are not stored unless a handler says so, because nearly all of them are personal.
///
/// Behind TLS (secure cookies) browsers are told to come back by HTTPS only.
pub async fn security_headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let policy = if request.uri().path().starts_with("/docs") { POLICY_OF_DOCS } else { POLICY };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if app.config.secure_cookies {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(policy));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
