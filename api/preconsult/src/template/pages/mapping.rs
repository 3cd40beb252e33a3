//! Which questionnaires a department uses, in which order.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};
use platform::{
    Problem,
    http::{Form, Query, RequestId, page},
    rights::Right,
};
use serde::Deserialize;
use ui::Frame;

use super::at_desk;
use crate::{
    Service,
    template::{
        TemplateError,
        model::{Desk, UseKind},
        service::{self, Arranged, Offer, Places},
        sheet::{Pairs, first},
    },
};

#[derive(Template)]
#[template(path = "preconsult/template_mapping.html")]
struct MappingPage {
    frame: Frame,
    institution: String,
    institution_name: String,
    department: String,
    department_name: String,
    departments: Vec<(String, String)>,
    institutions: Vec<(String, String)>,
    offers: Vec<Offer>,
    n_on: usize,
    may_arrange: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Which {
    institution: String,
    department: String,
}

/// The place asked for, where it is within reach; one's own otherwise.
fn chosen(desk: &Desk<'_>, places: &Places, which: &Which) -> Result<(String, String), TemplateError> {
    let or = |given: &str, own: &str| if given.is_empty() { own.to_owned() } else { given.to_owned() };
    let institution = or(&which.institution, desk.institution());
    let departments = places.of(&institution);
    let first = departments.first().map(|(code, _)| code.clone()).unwrap_or_default();
    let own = if institution == desk.institution() { desk.department().to_owned() } else { first };
    let department = or(&which.department, &own);
    let is_known = departments.iter().any(|(code, _)| *code == department);
    let is_own = institution == desk.institution() && department == desk.department();
    if is_known && (is_own || desk.arranges(&institution, &department)) {
        return Ok((institution, department));
    }
    Err(TemplateError::NotFound)
}

pub(super) async fn show(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Query(which): Query<Which>,
) -> Result<Html<String>, Problem> {
    let (desk, frame) = at_desk(&service, &right, &request, frame).await?;
    let places = service::places(&service).await?;
    let (institution, department) = chosen(&desk, &places, &which)?;
    let offers = service::offers(&service, (&institution, &department)).await?;
    let reached = |one: &str, other: &str| {
        desk.arranges(one, other) || (one == desk.institution() && other == desk.department())
    };
    let departments: Vec<(String, String)> =
        places.of(&institution).into_iter().filter(|(code, _)| reached(&institution, code)).collect();
    let institutions = places
        .institutions
        .iter()
        .filter(|(code, _)| places.of(code).iter().any(|(department, _)| reached(code, department)))
        .map(|(code, name)| (code.clone(), name.clone()))
        .collect();
    let shown = MappingPage {
        frame,
        institution_name: places.institution(&institution),
        department_name: places.department(&institution, Some(&department)),
        departments,
        institutions,
        n_on: offers.iter().filter(|offer| offer.is_on).count(),
        may_arrange: desk.arranges(&institution, &department),
        offers,
        institution,
        department,
    };
    page(shown.render())
}

pub(super) async fn save(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Problem> {
    let (desk, _) = at_desk(&service, &right, &request, frame).await?;
    let places = service::places(&service).await?;
    let which = Which {
        institution: first(&pairs, "institution").to_owned(),
        department: first(&pairs, "department").to_owned(),
    };
    let (institution, department) = chosen(&desk, &places, &which)?;
    // One `rank.<kind>:<name>` for each line, and `on` for those that are ticked.
    let is_on = |key: &str| pairs.iter().any(|(name, value)| name == "on" && value == key);
    let arranged = pairs.iter().filter_map(|(name, rank)| {
        let key = name.strip_prefix("rank.")?;
        let (kind, name) = key.split_once(':')?;
        let kind = UseKind::named(kind)?;
        let rank = rank.trim().parse().unwrap_or(i64::MAX);
        Some(Arranged { kind, name: name.to_owned(), is_on: is_on(key), rank })
    });
    service::arrange(&service, &desk, (&institution, &department), arranged.collect()).await?;
    let to = format!("/staff/templates/mapping?institution={institution}&department={department}");
    Ok(Redirect::to(&to).into_response())
}
