//! The list of templates, and beginning a new one.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use platform::{
    Problem,
    http::{Form, Query, RequestId, page},
    rights::{Permission, Right, Scope},
};
use serde::Deserialize;
use ui::Frame;
use uuid::Uuid;

use super::{at_desk, filled, noted};
use crate::{
    Service,
    template::{
        model::{self, Desk, Origin},
        service::{self, Base, New, Places},
        store::Filter,
    },
};

#[derive(Template)]
#[template(path = "preconsult/template_list.html")]
struct ListPage {
    frame: Frame,
    query: Search,
    may_edit: bool,
    may_review: bool,
    /// Departments of one's institution.
    departments: Vec<(String, String)>,
    diseases: Vec<String>,
    rows: Vec<Row>,
    library: Vec<LibraryRow>,
    shows_own: bool,
}

struct Row {
    id: Uuid,
    title: String,
    code: String,
    origin: &'static str,
    place: String,
    disease: String,
    owner: String,
    state: model::State,
    time: String,
}

struct LibraryRow {
    id: String,
    title: String,
    departments: String,
    diseases: String,
    n_questions: usize,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct Search {
    /// `mine`, `department`, `institution` or nothing.
    who: String,
    department: String,
    origin: String,
    state: String,
    disease: String,
    q: String,
}

#[derive(Template)]
#[template(path = "preconsult/template_new.html")]
struct NewPage {
    frame: Frame,
    note: String,
    draft: NewForm,
    may_whole: bool,
    departments: Vec<(String, String)>,
    library: Vec<(String, String)>,
    templates: Vec<(String, String)>,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct NewForm {
    title: String,
    code: String,
    department: String,
    disease: String,
    /// `blank`, `library:<id>` or `template:<id>`.
    from: String,
}

pub(super) async fn list(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Query(query): Query<Search>,
) -> Result<Html<String>, Problem> {
    let (desk, frame) = at_desk(&service, &right, &request, frame).await?;
    let places = service::places(&service).await?;
    let own = |wanted: &str, value: &str| (query.who == wanted).then(|| value.to_owned());
    let filter = Filter {
        owner: (query.who == "mine").then(|| desk.id()),
        institution: own("institution", desk.institution()).or_else(|| own("department", desk.institution())),
        department: own("department", desk.department()).or_else(|| filled(&query.department)),
        origin: Origin::named(&query.origin),
        state: model::State::named(&query.state),
        disease: filled(&query.disease),
        words: filled(&query.q),
    };
    let shows_own = query.origin != "library";
    let found = if shows_own { service::list(&service, &desk, &filter).await? } else { Vec::new() };
    let today = service.app.clock.today();
    let mut rows = Vec::new();
    for template in found {
        rows.push(Row {
            place: place(&places, &desk, &template),
            owner: service::name_of(&service, template.owner).await?,
            time: ui::format::moment(template.updated_at, today),
            id: template.id,
            title: template.title,
            code: template.code,
            origin: template.origin.text(),
            disease: template.disease.unwrap_or_default(),
            state: template.state,
        });
    }
    // The library is nobody's own and of no state.
    let is_narrowed = !query.who.is_empty() || !query.state.is_empty() || !query.department.is_empty();
    let shows_library = matches!(query.origin.as_str(), "" | "library") && !is_narrowed;
    let library = if shows_library { library(&service, &query) } else { Vec::new() };
    let shown = ListPage {
        frame,
        may_edit: right.may(Permission::TemplateEdit),
        may_review: right.may(Permission::TemplateReview),
        departments: places.of(desk.institution()),
        diseases: diseases(&service),
        rows,
        library,
        shows_own,
        query,
    };
    page(shown.render())
}

fn place(places: &Places, desk: &Desk<'_>, template: &model::Template) -> String {
    let department = places.department(&template.institution, template.department.as_deref());
    if template.institution == desk.institution() {
        department
    } else {
        format!("{} {department}", places.institution(&template.institution))
    }
}

fn property<'d>(draft: &'d rules::form::draft::Draft, key: &str) -> &'d str {
    let found = draft.properties.iter().find(|property| property.key.text == key);
    found.map_or("", |property| property.value.text.as_str())
}

fn library(service: &Service, query: &Search) -> Vec<LibraryRow> {
    let forms = &service.engine.library().forms;
    let rows = forms.iter().map(|(id, questionnaire)| LibraryRow {
        id: id.clone(),
        title: questionnaire.draft.title.text.clone(),
        departments: property(&questionnaire.draft, "科室").to_owned(),
        diseases: property(&questionnaire.draft, "病种").to_owned(),
        n_questions: questionnaire.form.plan().units.iter().filter(|unit| unit.is_question()).count(),
    });
    let (words, disease) = (query.q.trim(), query.disease.trim());
    rows.filter(|row| words.is_empty() || row.title.contains(words) || row.id.contains(words))
        .filter(|row| {
            disease.is_empty() || row.diseases.split([',', '，', '、']).any(|one| one.trim() == disease)
        })
        .collect()
}

/// What the library's questionnaires are for, to choose from.
fn diseases(service: &Service) -> Vec<String> {
    let forms = service.engine.library().forms.values();
    let mut found: Vec<String> = forms
        .flat_map(|one| {
            property(&one.draft, "病种").split([',', '，', '、']).map(|name| name.trim().to_owned())
        })
        .filter(|name| !name.is_empty())
        .collect();
    found.sort();
    found.dedup();
    found
}

pub(super) async fn new(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Query(draft): Query<NewForm>,
) -> Result<Html<String>, Problem> {
    let (desk, frame) = at_desk(&service, &right, &request, frame).await?;
    let mut draft = draft;
    if draft.department.is_empty() {
        desk.department().clone_into(&mut draft.department);
    }
    if let Some(found) =
        draft.from.strip_prefix("library:").and_then(|id| service.engine.library().forms.get(id))
        && draft.title.is_empty()
    {
        draft.title = found.draft.title.text.clone();
    }
    page(new_page(&service, &desk, frame, draft, String::new()).await?.render())
}

async fn new_page(
    service: &Service,
    desk: &Desk<'_>,
    frame: Frame,
    draft: NewForm,
    note: String,
) -> Result<NewPage, Problem> {
    let places = service::places(service).await?;
    let may_whole = desk.edit.scope() >= Some(Scope::Institution);
    let mut departments = places.of(desk.institution());
    if !may_whole {
        departments.retain(|(code, _)| code == desk.department());
    }
    let forms = service.engine.library().forms.iter();
    let library = forms.map(|(id, one)| (format!("library:{id}"), one.draft.title.text.clone())).collect();
    let templates = service::list(service, desk, &Filter::default()).await?;
    let templates = templates
        .into_iter()
        .map(|one| (format!("template:{}", one.id), format!("{}（{}）", one.title, one.code)))
        .collect();
    Ok(NewPage { frame, note, draft, may_whole, departments, library, templates })
}

pub(super) async fn create(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Form(form): Form<NewForm>,
) -> Result<Response, Problem> {
    let (desk, frame) = at_desk(&service, &right, &request, frame).await?;
    let from = match form.from.split_once(':') {
        Some(("library", id)) => Base::Library(id.to_owned()),
        Some(("template", id)) => id.parse().map_or(Base::Blank, Base::Template),
        _ => Base::Blank,
    };
    let new = New {
        code: form.code.clone(),
        title: form.title.clone(),
        department: filled(&form.department),
        disease: filled(&form.disease),
        from,
    };
    match service::create(&service, &desk, new).await {
        Ok(id) => Ok(Redirect::to(&format!("/staff/templates/{id}")).into_response()),
        Err(error) => {
            let (status, note): (StatusCode, String) = noted(error)?;
            let shown = new_page(&service, &desk, frame, form, note).await?;
            Ok((status, page(shown.render())?).into_response())
        }
    }
}
