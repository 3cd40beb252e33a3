//! How each institution's prescriptions are audited, and the secret of its interface.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, Redirect},
};
use people::staff_frame;
use platform::{
    Problem,
    http::{Form, Path, RequestId, page},
    rights::{Right, Site as Place},
};
use serde::Deserialize;
use ui::Frame;

use crate::{HerbalError, Service, service, store};

#[derive(Template)]
#[template(path = "herbal/sites.html")]
struct SitesPage {
    frame: Frame,
    rows: Vec<RowView>,
    /// Institution and secret made just now.
    made: Option<(String, String)>,
    address: String,
}

struct RowView {
    institution: String,
    name: String,
    seconds: i64,
    holds_signed: bool,
    has_secret: bool,
}

#[derive(Deserialize)]
pub(super) struct Settings {
    seconds: i64,
    #[serde(default)]
    holds_signed: Option<String>,
}

pub(super) async fn list(
    State(service): State<Service>,
    right: Right,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    drawn(&service, &right, frame, None).await
}

pub(super) async fn save(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    Path(institution): Path<String>,
    Form(settings): Form<Settings>,
) -> Result<Redirect, Problem> {
    within(&right, &institution)?;
    let wanted = (settings.seconds, settings.holds_signed.is_some());
    service::set_site(&service.app, (right.actor(), &request), &institution, wanted).await?;
    Ok(Redirect::to(&format!("/herbal/sites#{institution}")))
}

pub(super) async fn renew_secret(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    mut frame: Frame,
    Path(institution): Path<String>,
) -> Result<Html<String>, Problem> {
    within(&right, &institution)?;
    let secret = service::renew_secret(&service.app, (right.actor(), &request), &institution).await?;
    frame.here = "/herbal/sites".into();
    drawn(&service, &right, frame, Some((institution, secret))).await
}

async fn drawn(
    service: &Service,
    right: &Right,
    frame: Frame,
    made: Option<(String, String)>,
) -> Result<Html<String>, Problem> {
    let frame = staff_frame(&service.app, right, frame).await?;
    let sites = store::list_sites(&service.app).await.map_err(HerbalError::from)?;
    let rows = sites
        .into_iter()
        .filter(|(institution, ..)| within(right, institution).is_ok())
        .map(|(institution, name, seconds, holds_signed, has_secret)| RowView {
            institution,
            name,
            seconds,
            holds_signed,
            has_secret,
        })
        .collect();
    page(SitesPage { frame, rows, made, address: service.app.config.site() }.render())
}

fn within(right: &Right, institution: &str) -> Result<(), HerbalError> {
    let place = Place { institution: Some(institution), ..Place::default() };
    if right.covers(&place) { Ok(()) } else { Err(HerbalError::NotFound) }
}
