use std::collections::BTreeMap;

use axum::{
    Router,
    body::Body,
    http::{Method, Request, header, request::Builder},
};
use http_body_util::BodyExt;
use platform::session::csrf_token;
use serde_json::Value;
use tower::ServiceExt;

use crate::{Answer, TestApp};

/// Sends requests to the program in memory and keeps cookies, as a browser does; does not follow redirects.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new(router: Router) -> Self {
        Self { router, cookies: BTreeMap::new() }
    }

    /// Goes on with the same cookies at another node, or at the same one after it was started again.
    pub fn move_to(&mut self, app: &TestApp<'_>) {
        self.router = app.router();
    }

    /// Signs in as a resident or member of staff of the demo, by key.
    pub async fn sign_in(&mut self, kind: &str, key: &str) {
        let who = people::demo::demo_id(kind, key).to_string();
        let answer = self.post_form("/sign-in", &[("who", &who)]).await;
        assert_eq!(answer.status, 303, "{kind} {key} signs in: {}", answer.body);
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path, "text/html");
        self.send(request, Body::empty()).await
    }

    /// Sends a form of a page, with the token of the session.
    pub async fn post_form(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf();
        let fields: Vec<_> = fields.iter().copied().chain([("_csrf", csrf.as_str())]).collect();
        let body = serde_html_form::to_string(fields).expect("fields are text");
        let request = self.request(Method::POST, path, "text/html");
        self.send(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), Body::from(body))
            .await
    }

    /// Sends a form with one file, the token of the session first.
    pub async fn post_file(&mut self, path: &str, name: &str, file: &[u8]) -> Answer {
        let head = format!(
            "--b\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{}\r\n--b\r\n\
             Content-Disposition: form-data; name=\"{name}\"; filename=\"photo.jpg\"\r\n\
             Content-Type: image/jpeg\r\n\r\n",
            self.csrf()
        );
        let body = [head.as_bytes(), file, b"\r\n--b--\r\n"].concat();
        let request = self.request(Method::POST, path, "text/html");
        self.send(request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=b"), Body::from(body))
            .await
    }

    /// Asks for data.
    pub async fn get_json(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path, "application/json");
        self.send(request, Body::empty()).await
    }

    /// Sends data, with the token of the session.
    pub async fn post_json(&mut self, path: &str, body: &Value) -> Answer {
        self.send_json(Method::POST, path, body, &[]).await
    }

    /// Sends data with further headers, as `idempotency-key`.
    pub async fn send_json(
        &mut self,
        method: Method,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Answer {
        let request = self.request(method, path, "application/json").header("x-csrf-token", self.csrf());
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request, Body::from(body.to_string())).await
    }

    /// Sends a request made by hand.
    pub async fn send(&mut self, request: Builder, body: Body) -> Answer {
        let request = request.body(body).expect("a request");
        let (parts, body) = self.router.clone().oneshot(request).await.expect("an answer").into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            self.keep(cookie.to_str().expect("a plain cookie"));
        }
        let bytes = body.collect().await.expect("a whole body").to_bytes();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// A request with the cookies of this browser.
    pub fn request(&self, method: Method, path: &str, accept: &str) -> Builder {
        let request = Request::builder().method(method).uri(path).header(header::ACCEPT, accept);
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if cookies.is_empty() { request } else { request.header(header::COOKIE, cookies.join("; ")) }
    }

    /// A cookie, as one that was copied from elsewhere.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.into(), value.into());
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// The headers by which another program speaks as this browser: its cookies and its token.
    pub fn proof(&self) -> [(&'static str, String); 2] {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        [("cookie", cookies.join("; ")), ("x-csrf-token", self.csrf())]
    }

    fn csrf(&self) -> String {
        self.cookie(platform::session::COOKIE).map(csrf_token).unwrap_or_default()
    }

    fn keep(&mut self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').expect("name=value");
        if attributes.to_ascii_lowercase().contains("max-age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.into(), value.into());
        }
    }
}
