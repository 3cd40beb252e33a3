use askama::Template;
use axum::{extract::State, response::Html, routing::get};
use platform::{
    App, Problem,
    http::{Form, page},
    rights::{Route, Who},
    session::Csrf,
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;

use super::{Organisation, Position, distance_text, service};

pub(crate) const ACCESS: &[Route] =
    &[Route::get("/organisations", Who::Public), Route::post("/organisations", Who::Public)];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().route("/organisations", get(list).post(list_from))
}

#[derive(Template)]
#[template(path = "organisation/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    has_position: bool,
    fault: String,
}

struct Row {
    one: Organisation,
    /// Metres; None without a position on both sides.
    metres: Option<f64>,
}

impl Row {
    fn distance(&self) -> String {
        self.metres.map(distance_text).unwrap_or_default()
    }
}

/// Where the reader is; sent in a body, because an address would be kept in histories and logs.
#[derive(Deserialize)]
struct Here {
    #[serde(default)]
    longitude: String,
    #[serde(default)]
    latitude: String,
}

async fn list(State(app): State<App>, Csrf(csrf): Csrf, frame: Frame) -> Result<Html<String>, Problem> {
    drawn(&app, frame.with_csrf(csrf), None, "").await
}

async fn list_from(
    State(app): State<App>,
    Csrf(csrf): Csrf,
    frame: Frame,
    Form(here): Form<Here>,
) -> Result<Html<String>, Problem> {
    let given = here.longitude.trim().parse().ok().zip(here.latitude.trim().parse().ok());
    let here = given.and_then(|(longitude, latitude)| Position::on_earth(longitude, latitude));
    let fault = if here.is_none() {
        "没有得到您的位置，下面按名称排列。可在系统设置中允许定位后重试。"
    } else {
        ""
    };
    drawn(&app, frame.with_csrf(csrf), here, fault).await
}

async fn drawn(
    app: &App,
    frame: Frame,
    here: Option<Position>,
    fault: &str,
) -> Result<Html<String>, Problem> {
    let row = |one: Organisation| Row {
        metres: one.position.zip(here).map(|(there, here)| here.distance(there)),
        one,
    };
    let mut rows: Vec<Row> = service::list(app).await?.into_iter().map(row).collect();
    rows.sort_by(|a, b| {
        let far = |row: &Row| row.metres.unwrap_or(f64::INFINITY);
        far(a).total_cmp(&far(b)).then_with(|| {
            if here.is_some() { std::cmp::Ordering::Equal } else { a.one.name.cmp(&b.one.name) }
        })
    });
    page(ListPage { frame, rows, has_position: here.is_some(), fault: fault.into() }.render())
}
