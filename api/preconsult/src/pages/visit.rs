//! Ways in: one's registrations, and the code on the wall of a waiting room.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};
use people::{Department, PeopleError};
use platform::{
    Problem,
    http::{Path, RequestId, page},
    session::SignedInResident,
};
use ui::Frame;
use uuid::Uuid;

use super::patient::wish;
use crate::{
    PreconsultError, Service,
    model::{Consultation, Patient, Visit},
    service::{self, Wish},
};

#[derive(Template)]
#[template(path = "preconsult/visit.html")]
struct VisitPage {
    frame: Frame,
    id: Uuid,
    card: VisitCard,
    number: String,
    doctor: Option<String>,
}

#[derive(Template)]
#[template(path = "preconsult/start.html")]
struct StartPage {
    frame: Frame,
    department: Department,
    wish: Option<Wish>,
}

/// A registration on the home page.
pub(super) struct VisitCard {
    pub(super) href: String,
    pub(super) department: String,
    pub(super) when: String,
    pub(super) todo: &'static str,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
}

/// The coming registrations of a resident.
pub(super) async fn cards(
    service: &Service,
    resident: Uuid,
    departments: &[Department],
) -> Result<Vec<VisitCard>, PreconsultError> {
    let visits = service::list_own_visits(service, resident).await?;
    Ok(visits.iter().map(|(visit, begun)| card(service, visit, begun.as_ref(), departments)).collect())
}

fn card(
    service: &Service,
    visit: &Visit,
    begun: Option<&Consultation>,
    departments: &[Department],
) -> VisitCard {
    let known = departments
        .iter()
        .find(|known| known.institution == visit.institution && known.code == visit.department);
    let (todo, state, tone) = match begun {
        None => ("请先填预问诊", "待填写", "warn"),
        Some(begun) if begun.state.is_open() => ("预问诊还没有填完", "填写中", "warn"),
        Some(_) => ("病情已发给医生", "已填好", "ok"),
    };
    VisitCard {
        href: begun
            .map_or_else(|| format!("/visits/{}", visit.id), |begun| format!("/consultations/{}", begun.id)),
        department: known.map_or_else(String::new, |d| format!("{} {}", d.institution_name, d.name)),
        when: ui::format::moment(visit.scheduled_at, service.app.clock.today()),
        todo,
        state,
        tone,
    }
}

/// Where the push leads: the registration, or its consultation once it was begun.
pub(super) async fn show(
    State(service): State<Service>,
    who: SignedInResident,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let (visit, begun) = service::find_own_visit(&service, who.id, id).await?;
    let departments = people::service::list_departments(&service.app).await?;
    let card = card(&service, &visit, begun.as_ref(), &departments);
    if begun.is_some() {
        return Ok(Redirect::to(&card.href).into_response());
    }
    service::must_stand(&visit)?;
    let doctor = match visit.doctor {
        Some(doctor) => people::service::find_staff(&service.app, doctor).await?.map(|doctor| doctor.name),
        None => None,
    };
    let frame = frame.with_csrf(who.session.csrf);
    Ok(page(VisitPage { frame, id, card, number: visit.number, doctor }.render())?.into_response())
}

pub(super) async fn open(
    State(service): State<Service>,
    who: SignedInResident,
    request: RequestId,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    let begun = service::open_visit(&service, Patient::new(&who, &request), id).await?;
    Ok(Redirect::to(&format!("/consultations/{}", begun.id)))
}

pub(super) async fn start(
    State(service): State<Service>,
    who: SignedInResident,
    frame: Frame,
    Path((institution, code)): Path<(String, String)>,
) -> Result<Html<String>, Problem> {
    let departments = people::service::list_departments(&service.app).await?;
    let is_it = |known: &Department| known.institution == institution && known.code == code;
    let department = departments.into_iter().find(is_it).ok_or_else(|| {
        Problem::not_found()
            .detail("这个二维码里的科室现在没有了。请向导诊台要新的二维码，或回到首页自己选科室。")
    })?;
    let resident =
        people::service::find_resident(&service.app, who.id).await?.ok_or(PeopleError::NotFound)?;
    let wish = wish(&service, &resident);
    page(StartPage { frame: frame.with_csrf(who.session.csrf), department, wish }.render())
}
