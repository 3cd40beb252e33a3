//! Companies with their people, and what hospitals have been told.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use people::staff_frame;
use platform::{
    Problem,
    http::{Form, Path, RequestId, page},
    rights::Right,
};
use serde::Deserialize;
use ui::Frame;

use super::noted;
use crate::{
    Service,
    catalogue::{
        CatalogueError,
        model::{Company, DISTRICTS, POSTS, Person},
        push,
        service::{self, Desk},
        store,
    },
};

#[derive(Template)]
#[template(path = "catalogue/companies.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Company>,
    draft: CompanyForm,
    note: String,
}

#[derive(Template)]
#[template(path = "catalogue/company.html")]
struct CompanyPage {
    frame: Frame,
    one: Company,
    people: Vec<Person>,
    draft: PersonForm,
    note: String,
}

#[derive(Template)]
#[template(path = "catalogue/pushes.html")]
struct PushesPage {
    frame: Frame,
    version: i64,
    rows: Vec<PushRow>,
}

struct PushRow {
    code: String,
    name: String,
    sent: i64,
    receipt: String,
    fault: String,
    time: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct CompanyForm {
    code: String,
    name: String,
    areas: String,
    daily_capacity: String,
    phone: String,
    is_active: Option<String>,
    version: i64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct PersonForm {
    number: String,
    name: String,
    post: String,
    licence: String,
    is_active: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Again {
    from_start: Option<String>,
}

pub(super) async fn list(
    State(service): State<Service>,
    right: Right,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let draft = CompanyForm { is_active: Some("yes".into()), ..CompanyForm::default() };
    page(list_page(&service, &right, frame, draft, String::new()).await?.render())
}

async fn list_page(
    service: &Service,
    right: &Right,
    frame: Frame,
    draft: CompanyForm,
    note: String,
) -> Result<ListPage, Problem> {
    let rows = store::list_companies(&service.app.db).await.map_err(CatalogueError::from)?;
    Ok(ListPage { frame: staff_frame(&service.app, right, frame).await?, rows, draft, note })
}

pub(super) async fn save(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Form(form): Form<CompanyForm>,
) -> Result<Response, Problem> {
    let desk = Desk { right: right.clone(), request: &request };
    let company = Company {
        code: form.code.clone(),
        name: form.name.clone(),
        areas: form.areas.clone(),
        daily_capacity: form
            .daily_capacity
            .trim()
            .parse()
            .unwrap_or(if form.daily_capacity.trim().is_empty() { 0 } else { -1 }),
        phone: form.phone.clone(),
        is_active: form.is_active.is_some(),
        version: form.version,
    };
    match service::save_company(&service.app, &desk, company).await {
        Ok(()) => Ok(Redirect::to(&format!("/herbal/companies/{}", form.code.trim())).into_response()),
        Err(error) => {
            let (status, note): (StatusCode, String) = noted(error)?;
            let shown = list_page(&service, &right, frame, form, note).await?;
            Ok((status, page(shown.render())?).into_response())
        }
    }
}

pub(super) async fn show(
    State(service): State<Service>,
    right: Right,
    frame: Frame,
    Path(code): Path<String>,
) -> Result<Html<String>, Problem> {
    let draft = PersonForm { is_active: Some("yes".into()), ..PersonForm::default() };
    page(company_page(&service, &right, frame, (&code, draft, String::new())).await?.render())
}

async fn company_page(
    service: &Service,
    right: &Right,
    frame: Frame,
    (code, draft, note): (&str, PersonForm, String),
) -> Result<CompanyPage, Problem> {
    let db = &service.app.db;
    let all = store::list_companies(db).await.map_err(CatalogueError::from)?;
    let one = all.into_iter().find(|one| one.code == code).ok_or(CatalogueError::NotFound)?;
    let people = store::list_people(db, code).await.map_err(CatalogueError::from)?;
    Ok(CompanyPage { frame: staff_frame(&service.app, right, frame).await?, one, people, draft, note })
}

pub(super) async fn save_person(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(code): Path<String>,
    Form(form): Form<PersonForm>,
) -> Result<Response, Problem> {
    let desk = Desk { right: right.clone(), request: &request };
    let person = Person {
        number: form.number.clone(),
        name: form.name.clone(),
        post: form.post.clone(),
        licence: form.licence.clone(),
        is_active: form.is_active.is_some(),
    };
    match service::save_person(&service.app, &desk, &code, person).await {
        Ok(()) => Ok(Redirect::to(&format!("/herbal/companies/{code}")).into_response()),
        Err(error) => {
            let (status, note): (StatusCode, String) = noted(error)?;
            let shown = company_page(&service, &right, frame, (&code, form, note)).await?;
            Ok((status, page(shown.render())?).into_response())
        }
    }
}

pub(super) async fn pushes(
    State(service): State<Service>,
    right: Right,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let app = &service.app;
    let version = store::find_version(&app.db).await.map_err(CatalogueError::from)?;
    let told = store::list_told(&app.db).await.map_err(CatalogueError::from)?;
    let today = app.clock.today();
    let row = |(code, name): (String, String)| {
        let told = told.iter().find(|told| told.institution == code);
        PushRow {
            sent: told.map_or(0, |told| told.sent_version),
            receipt: told.and_then(|told| told.receipt.clone()).unwrap_or_default(),
            fault: told.and_then(|told| told.fault.clone()).unwrap_or_default(),
            time: told
                .and_then(|told| told.pushed_at)
                .map(|at| ui::format::moment(at, today))
                .unwrap_or_default(),
            code,
            name,
        }
    };
    let receivers = push::list_receivers(app).await.map_err(CatalogueError::from)?;
    let rows = receivers.into_iter().map(row).collect();
    page(PushesPage { frame: staff_frame(app, &right, frame).await?, version, rows }.render())
}

pub(super) async fn push_again(
    State(service): State<Service>,
    Path(institution): Path<String>,
    Form(form): Form<Again>,
) -> Result<Response, Problem> {
    push::again(&service.app, &institution, form.from_start.is_some()).await?;
    Ok(Redirect::to("/herbal/catalogue/pushes").into_response())
}
