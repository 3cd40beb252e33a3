use std::{collections::BTreeMap, net::SocketAddr};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, header},
    middleware::from_fn_with_state,
};
use http_body_util::BodyExt;
use platform::{
    App, http,
    rights::{self, Gate},
    session::{COOKIE, csrf_token, guard_changes},
};
use tower::ServiceExt;

/// A browser at one node.
#[derive(Clone)]
pub(super) struct Client {
    router: Router,
    pub(super) cookies: BTreeMap<String, String>,
    address: SocketAddr,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) location: String,
    pub(super) retry_after: Option<String>,
    pub(super) body: String,
}

impl Client {
    pub(super) fn new(app: &App) -> Self {
        let draw: http::ErrorPage = ui::error_page;
        let (plain, _) = crate::routes().split_for_parts();
        let router = plain
            .layer(from_fn_with_state(Gate::new(app.clone(), crate::ACCESS), rights::guard))
            .layer(from_fn_with_state(app.clone(), guard_changes))
            .layer(from_fn_with_state(draw, http::finish_problems))
            .with_state(app.clone());
        Self { router, cookies: BTreeMap::new(), address: "10.0.0.1:4000".parse().unwrap() }
    }

    pub(super) fn at(mut self, address: &str) -> Self {
        self.address = format!("{address}:4000").parse().unwrap();
        self
    }

    pub(super) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, String::new(), "").await
    }

    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_from(path, fields, "").await
    }

    /// A form that stands on another page than the one it is sent to.
    pub(super) async fn post_from(&mut self, path: &str, fields: &[(&str, &str)], page: &str) -> Answer {
        let csrf = self.cookies.get(COOKIE).map(|cookie| csrf_token(cookie)).unwrap_or_default();
        let fields: Vec<_> = fields.iter().copied().chain([("_csrf", csrf.as_str())]).collect();
        self.send(Method::POST, path, serde_html_form::to_string(fields).unwrap(), page).await
    }

    /// User name and password.
    pub(super) async fn sign_in(&mut self, user_name: &str, password: &str) -> Answer {
        self.post("/sign-in", &[("user_name", user_name), ("password", password)]).await
    }

    /// Whether the session, if there is one, opens anything.
    pub(super) async fn is_in(&mut self) -> bool {
        self.get("/account").await.status == 200
    }

    async fn send(&mut self, method: Method, path: &str, body: String, page: &str) -> Answer {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ACCEPT, "text/html")
            .header(header::USER_AGENT, "Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Edg/120.0")
            .header(header::COOKIE, cookies.join("; "))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if !page.is_empty() {
            request = request.header(header::REFERER, format!("http://jiuyi.example{page}"));
        }
        let mut request = request.body(Body::from(body)).unwrap();
        request.extensions_mut().insert(ConnectInfo(self.address));
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let (pair, rest) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            assert!(rest.contains("HttpOnly") || rest.contains("Max-Age=0"), "{rest}");
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.into(), value.into());
            }
        }
        let text = |name| parts.headers.get(name).and_then(|v: &header::HeaderValue| v.to_str().ok());
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status.as_u16(),
            location: text("location").unwrap_or_default().into(),
            retry_after: text("retry-after").map(Into::into),
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }
}

impl Answer {
    /// The first text inside an element with this class.
    pub(super) fn inside(&self, class: &str) -> String {
        let (_, rest) = self.body.split_once(&format!("class=\"{class}\">")).expect(class);
        rest.split('<').next().unwrap().to_owned()
    }
}
