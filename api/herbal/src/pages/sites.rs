//! How each institution's prescriptions are audited, and the secret of its interface.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};
use people::staff_frame;
use platform::{
    Problem,
    http::{Form, Path, RequestId, page},
    rights::{Right, Site as Place},
};
use serde::Deserialize;
use ui::Frame;

use crate::{HerbalError, Service, catalogue, service, store};

#[derive(Template)]
#[template(path = "herbal/sites.html")]
struct SitesPage {
    frame: Frame,
    note: Option<&'static str>,
    rows: Vec<RowView>,
    /// Code and name of a company, and whether it has a secret.
    companies: Vec<(String, String, bool)>,
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
    /// Code and name of a company, and its parts.
    shares: Vec<(String, String, i64)>,
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
    drawn(&service, &right, frame, None, None).await
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

/// Codes and parts of the companies, one after the other.
#[derive(Deserialize)]
pub(super) struct Shares {
    #[serde(default)]
    company: Vec<String>,
    #[serde(default)]
    parts: Vec<i64>,
}

pub(super) async fn share(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    mut frame: Frame,
    Path(institution): Path<String>,
    Form(told): Form<Shares>,
) -> Result<Response, Problem> {
    within(&right, &institution)?;
    if told.company.len() != told.parts.len() {
        return Err(Problem::invalid_input().fault("/parts", "每家企业一个份数"));
    }
    let shares: Vec<(String, i64)> = told.company.into_iter().zip(told.parts).collect();
    let by = (right.actor(), &request);
    let Err(error) = service::set_shares(&service.app, by, &institution, &shares).await else {
        return Ok(Redirect::to(&format!("/herbal/sites#{institution}")).into_response());
    };
    let Some(note) = error.note() else { return Err(error.into()) };
    frame.here = "/herbal/sites".into();
    let shown = drawn(&service, &right, frame, None, Some(note)).await?;
    Ok((Problem::from(error).status(), shown).into_response())
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
    drawn(&service, &right, frame, Some((institution, secret)), None).await
}

async fn drawn(
    service: &Service,
    right: &Right,
    frame: Frame,
    made: Option<(String, String)>,
    note: Option<&'static str>,
) -> Result<Html<String>, Problem> {
    let frame = staff_frame(&service.app, right, frame).await?;
    let sites = store::list_sites(&service.app).await.map_err(HerbalError::from)?;
    let companies = catalogue::list_companies(&service.app).await.map_err(HerbalError::from)?;
    let shares = store::list_shares(&service.app.db).await.map_err(HerbalError::from)?;
    let parts_of = |institution: &str, company: &str| {
        let known = shares.iter().find(|(place, code, _)| place == institution && code == company);
        known.map_or(0, |(.., parts)| *parts)
    };
    let rows = sites
        .into_iter()
        .filter(|(institution, ..)| within(right, institution).is_ok())
        .map(|(institution, name, seconds, holds_signed, has_secret)| RowView {
            shares: companies
                .iter()
                .filter(|one| one.is_active)
                .map(|one| (one.code.clone(), one.name.clone(), parts_of(&institution, &one.code)))
                .collect(),
            institution,
            name,
            seconds,
            holds_signed,
            has_secret,
        })
        .collect();
    let mut companies = store::list_company_secrets(&service.app).await.map_err(HerbalError::from)?;
    companies.retain(|(code, ..)| within(right, code).is_ok());
    page(SitesPage { frame, note, rows, companies, made, address: service.app.config.site() }.render())
}

fn within(right: &Right, institution: &str) -> Result<(), HerbalError> {
    let place = Place { institution: Some(institution), ..Place::default() };
    if right.covers(&place) { Ok(()) } else { Err(HerbalError::NotFound) }
}
