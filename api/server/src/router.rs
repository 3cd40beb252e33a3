//! The table of contents: every crate's routes, and what each request passes through.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, FromRef},
    middleware::from_fn_with_state,
};
use gateways::Gateways;
use knowledge::{Batch, Later, Month, PastVisit, Releases, Span};
use platform::{
    App, http,
    rights::{self, Gate, Refusals, Route, Who},
    session,
};
use preconsult::service::{FoundRelease, Past, Within};
use rules::matching::Matcher;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};
use utoipa::{OpenApi as _, openapi::OpenApi};
use utoipa_swagger_ui::SwaggerUi;
use uuid::Uuid;

use crate::{
    health,
    openapi::{Head, complete},
};

/// Who may call what: the lists that stand next to the routes. What is not listed is refused.
const ACCESS: [&[&[Route]]; 7] = [
    health::ACCESS,
    people::ACCESS,
    preconsult::ACCESS,
    knowledge::ACCESS,
    herbal::ACCESS,
    ui::ACCESS,
    DOCUMENTS,
];

const DOCUMENTS: &[&[Route]] = &[&[
    Route::get("/openapi.json", Who::Public),
    Route::get("/docs", Who::Public),
    Route::get("/docs/", Who::Public),
    Route::get("/docs/{*rest}", Who::Public),
]];

/// Every route of the program with who may call it.
pub fn access() -> Vec<Route> {
    rights::Table::of(&ACCESS.concat()).routes().collect()
}

/// What the pre-consultation works with.
pub fn preconsult_of(app: &App, releases: &Releases) -> preconsult::Shared {
    preconsult::Shared {
        app: app.clone(),
        engine: releases.current().clone(),
        past: Arc::new(Kept(releases.clone())),
    }
}

/// What herbal prescriptions are handled with.
pub(crate) fn herbal_of(app: &App, releases: &Releases) -> herbal::Shared {
    herbal::Shared { app: app.clone(), engine: releases.current().clone() }
}

/// The whole program as one service; what is put into use in `releases` serves the next request.
pub fn router(app: App, releases: Releases) -> Router {
    let (preconsult, _) = preconsult::routes().with_state(preconsult_of(&app, &releases)).split_for_parts();
    let (herbal, _) = herbal::routes().with_state(herbal_of(&app, &releases)).split_for_parts();
    let (knowledge, _) = knowledge::routes().with_state(releases).split_for_parts();
    let routes = Router::new()
        .merge(preconsult)
        .merge(knowledge)
        .merge(herbal)
        .merge(health::routes())
        .merge(people::routes())
        .merge(ui::routes(&app.config))
        .merge(SwaggerUi::new("/docs").url("/openapi.json", documented()))
        .layer(Extension(Gateways::of(&app)))
        .method_not_allowed_fallback(http::no_method)
        .fallback(http::no_route);
    #[cfg(feature = "ocr")]
    let routes = routes.layer(Extension(crate::recognise::recogniser()));
    around(routes, &app, &ACCESS.concat()).with_state(app)
}

/// The releases of the editors' workspace, for the replays of consultations.
struct Kept(Releases);

impl Past for Kept {
    fn find<'a>(&'a self, release: &'a str) -> FoundRelease<'a> {
        Box::pin(async { self.0.find(release).await.map_err(Into::into) })
    }
}

/// The consultations of the last month, for trying the rules of the editors' workspace.
pub struct Consultations(pub preconsult::Shared);

impl Month for Consultations {
    fn count<'a>(&'a self, span: &'a Span) -> Later<'a, i64> {
        let service = preconsult::Service::from_ref(&self.0);
        Box::pin(async move { Ok(preconsult::service::count_asked(&service, within(span)).await?) })
    }

    fn visits<'a>(
        &'a self,
        span: &'a Span,
        after: Option<Uuid>,
        rules: [&'a Matcher; 2],
    ) -> Later<'a, Batch> {
        let service = preconsult::Service::from_ref(&self.0);
        Box::pin(async move {
            let (asked, next) = preconsult::service::list_asked(&service, within(span), after, rules).await?;
            let visit = |asked: preconsult::service::Asked| PastVisit {
                institution: asked.institution,
                department: asked.department,
                given: asked.given,
            };
            Ok(Batch { visits: asked.into_iter().map(visit).collect(), next })
        })
    }
}

fn within(span: &Span) -> Within<'_> {
    Within { from: span.from, until: span.until, scope: span.scope, reach: &span.reach }
}

/// The JSON operations of every crate.
pub(crate) fn documented() -> OpenApi {
    let mut document = Head::openapi();
    document.merge(health::routes().into_openapi());
    document.merge(people::routes().into_openapi());
    document.merge(preconsult::routes().into_openapi());
    document.merge(knowledge::routes().into_openapi());
    document.merge(herbal::routes().into_openapi());
    complete(document)
}

/// What every request passes through; the last line is the outermost.
fn around(routes: Router<App>, app: &App, access: &[&[Route]]) -> Router<App> {
    let draw: http::ErrorPage = if app.config.demo { ui::demo_error_page } else { ui::error_page };
    routes
        .layer(DefaultBodyLimit::max(app.config.body_kib * 1024))
        .layer(from_fn_with_state(Gate::new(app.clone(), access), rights::guard))
        .layer(from_fn_with_state(app.clone(), session::guard_changes))
        .layer(from_fn_with_state(Refusals::new(app.clone()), rights::keep_refusals))
        .layer(CatchPanicLayer::custom(http::panicked))
        .layer(from_fn_with_state(app.clone(), http::time_limit))
        .layer(from_fn_with_state(draw, http::finish_problems))
        .layer(from_fn_with_state(app.clone(), http::request_id))
        .layer(from_fn_with_state(app.clone(), http::security_headers))
        .layer(CompressionLayer::new())
}

#[cfg(test)]
mod reading;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::{
        body::Body,
        http::{Method, Request, StatusCode},
        response::Response,
        routing::{get, post},
    };
    use http_body_util::BodyExt;
    use platform::{
        Problem,
        db::test_support::Bench,
        http::{Json, Path, Query},
    };
    use serde::{Deserialize, Serialize};
    use tower::ServiceExt;

    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    struct Number {
        n: u8,
    }

    async fn faulty() -> Problem {
        Problem::internal(std::io::Error::other("secret cause"))
    }

    async fn panics() -> &'static str {
        panic!("the patient wrote: 头痛")
    }

    async fn sleeps() {
        tokio::time::sleep(Duration::from_hours(1)).await;
    }

    fn bench_router(app: &App) -> Router {
        let routes = Router::new()
            .route("/faulty", get(faulty))
            .route("/panics", get(panics))
            .route("/sleeps", get(sleeps))
            .route("/json", post(|Json(body): Json<Number>| async move { Json(body) }))
            .route("/number/{n}", get(|Path(n): Path<u8>| async move { n.to_string() }))
            .route("/query", get(|Query(body): Query<Number>| async move { body.n.to_string() }))
            .method_not_allowed_fallback(http::no_method)
            .fallback(http::no_route);
        let access = ["/faulty", "/panics", "/sleeps", "/number/{n}", "/query"]
            .map(|path| Route::get(path, Who::Public));
        around(routes, app, &[&access, &[Route::post("/json", Who::Public)]]).with_state(app.clone())
    }

    async fn ask(method: Method, path: &str, accept: &str, body: String) -> (StatusCode, Response, String) {
        let bench = Bench::sqlite(&crate::start::MIGRATIONS[1..]).await;
        let request = Request::builder().method(method).uri(path).header("accept", accept);
        let request = request.header("content-type", "application/json").body(Body::from(body)).unwrap();
        let (parts, body) = bench_router(&bench.app).oneshot(request).await.unwrap().into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        (parts.status, Response::from_parts(parts, Body::empty()), text)
    }

    #[tokio::test]
    async fn every_fault_is_a_problem_for_programs_and_a_page_for_people() {
        let cases = [
            (Method::GET, "/nowhere", "", 404),
            (Method::DELETE, "/faulty", "", 405),
            (Method::GET, "/faulty", "", 500),
            (Method::GET, "/panics", "", 500),
            (Method::GET, "/number/x", "", 400),
            (Method::GET, "/query?n=x", "", 422),
            (Method::POST, "/json", "{", 400),
            (Method::POST, "/json", r#"{"n":300}"#, 422),
            (Method::POST, "/json", &"1".repeat(600_000), 413),
        ];
        for (method, path, body, status) in cases {
            let (given, answer, text) = ask(method.clone(), path, "*/*", body.to_owned()).await;
            assert_eq!(given.as_u16(), status, "{path}");
            assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
            let problem: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(problem["status"], status, "{path}");
            assert_eq!(problem["request_id"], answer.headers()["x-request-id"].to_str().unwrap(), "{path}");
            assert_eq!(problem["instance"], path.split('?').next().unwrap());
            assert!(!text.contains("secret") && !text.contains("头痛"), "{text}");
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{path}");

            let (given, answer, text) = ask(method, path, "text/html", body.to_owned()).await;
            assert_eq!(given.as_u16(), status, "{path}");
            assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8", "{path}");
            assert!(text.contains(problem["title"].as_str().unwrap()), "{text}");
            assert!(text.contains(answer.headers()["x-request-id"].to_str().unwrap()), "{path}");
        }
    }

    #[tokio::test]
    async fn behind_tls_browsers_come_back_by_https_only() {
        let bench = Bench::sqlite(&[]).await;
        for secure_cookies in [false, true] {
            let config = platform::Config { secure_cookies, ..(*bench.config).clone() };
            let app = App { config: Arc::new(config), ..bench.app.clone() };
            let request = Request::get("/nowhere").body(Body::empty()).unwrap();
            let answer = bench_router(&app).oneshot(request).await.unwrap();
            let told = answer.headers().get("strict-transport-security").map(|value| value.to_str().unwrap());
            assert_eq!(told, secure_cookies.then_some("max-age=31536000; includeSubDomains"));
        }
    }

    #[tokio::test]
    async fn the_callers_request_id_is_kept() {
        let bench = Bench::sqlite(&[]).await;
        let request =
            Request::get("/nowhere").header("x-request-id", "his-2026-000001").body(Body::empty()).unwrap();
        let answer = bench_router(&bench.app).oneshot(request).await.unwrap();
        assert_eq!(answer.headers()["x-request-id"], "his-2026-000001");
    }

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_given_up() {
        let bench = Bench::sqlite(&[]).await;
        tokio::time::pause();
        let request = Request::get("/sleeps").body(Body::empty()).unwrap();
        let answer = bench_router(&bench.app).oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()["retry-after"], "5");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
}
