//! What is done on the designer's pages.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};
use platform::{
    Problem,
    http::{Form, Path, RequestId, page},
    rights::Right,
};
use rules::form::{draft::Item, print::print, read::read, words};
use serde::Deserialize;
use ui::Frame;
use uuid::Uuid;

use super::{
    at_desk,
    designer::{Refused, drawn},
    filled, noted,
    view::Panel,
};
use crate::{
    Service,
    template::{
        TemplateError,
        check::{examine, file_names},
        edit::{Step, find, place, place_text},
        model::Desk,
        service::{self, Settings},
        sheet::{self, Pairs, first},
    },
};

#[derive(Template)]
#[template(path = "preconsult/template_findings.html")]
struct Fragment {
    panel: Panel,
}

#[derive(Deserialize)]
pub(super) struct Based {
    version: i64,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
pub(super) struct Changed {
    version: i64,
    #[serde(default)]
    department: String,
    #[serde(default)]
    disease: String,
    #[serde(default)]
    replaces: String,
}

/// The row version a form is based on.
fn based(pairs: &Pairs) -> Result<i64, TemplateError> {
    first(pairs, "version").parse().map_err(|_| TemplateError::VersionMissing)
}

/// The step a form asks for, and the card it fills in.
fn asked(pairs: &Pairs, text: &str, code: &str) -> Result<(Step, Option<Item>), TemplateError> {
    let at = || place(first(pairs, "at"));
    let step = match first(pairs, "step") {
        "add" => {
            let kind = words::find_kind(first(pairs, "kind"));
            let kind = kind.ok_or_else(|| TemplateError::input("/kind", "请选一种组件。"))?;
            Step::Add { at: at()?, kind }
        }
        "delete" => Step::Delete { at: at()? },
        "up" => Step::Up { at: at()? },
        "down" => Step::Down { at: at()? },
        "copy" => Step::Copy { at: at()? },
        "move" => Step::Move { at: at()?, to: place(first(pairs, "to"))? },
        other => {
            let draft = read(&file_names(code).0, text).map_err(|_| TemplateError::Unreadable)?;
            if other == "head" {
                let (title, properties) = sheet::head(pairs, &draft.properties);
                return Ok((Step::Head { title, properties }, None));
            }
            let at = at()?;
            let item = sheet::item(pairs, find(&draft, &at)?);
            return Ok((Step::Change { at, item: Box::new(item.clone()) }, Some(item)));
        }
    };
    Ok((step, None))
}

/// What would be wrong if the form were saved; for the panel while somebody types.
pub(super) async fn check(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    Path(id): Path<Uuid>,
    Form(pairs): Form<Pairs>,
) -> Result<Html<String>, Problem> {
    let desk = Desk::new(&right, &request)?;
    let reading = service::read(&service, &desk, id).await?;
    let (code, newest) = (&reading.template.code, reading.newest()?);
    let typed = |name: &str, old: &str| {
        let found = pairs.iter().find(|(key, _)| key == name);
        found.map_or_else(|| old.to_owned(), |(_, value)| value.replace("\r\n", "\n"))
    };
    let (mut text, mut cases) = (newest.text.clone(), newest.cases.clone());
    let mut faults = Vec::new();
    if first(&pairs, "step").is_empty() {
        (text, cases) = (typed("text", &text), typed("cases", &cases));
    } else if let Ok(draft) = read(&file_names(code).0, &text) {
        match asked(&pairs, &text, code).and_then(|(step, _)| step.apply(&draft)) {
            Ok((draft, _)) => text = print(&draft),
            Err(TemplateError::Refused(found)) => faults = found,
            Err(error) => return Err(error.into()),
        }
    }
    let mut findings = examine(&service.engine, code, &text, &cases).await?;
    if !faults.is_empty() {
        // The form cannot be saved as it is; what the saved text lacks would only distract.
        findings.faults = faults;
    }
    page(Fragment { panel: Panel::of(id, &findings) }.render())
}

pub(super) async fn step(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Problem> {
    let (desk, frame) = at_desk(&service, &right, &request, frame).await?;
    let reading = service::read(&service, &desk, id).await?;
    let at = first(&pairs, "at").to_owned();
    let mut item = None;
    let made = async {
        let (step, described) = asked(&pairs, &reading.newest()?.text, &reading.template.code)?;
        item = described;
        let (_, now_at) = service::apply(&service, &desk, (id, based(&pairs)?), &step).await?;
        Ok((step, now_at))
    };
    let error = match made.await {
        Ok((step, now_at)) => {
            let place = now_at.map(|at| place_text(&at)).unwrap_or_default();
            let open = matches!(step, Step::Add { .. } | Step::Copy { .. });
            let query = if open { format!("?at={place}") } else { String::new() };
            let anchor = if place.is_empty() { "head".to_owned() } else { format!("q-{place}") };
            return Ok(Redirect::to(&format!("/staff/templates/{id}{query}#{anchor}")).into_response());
        }
        Err(error) => error,
    };
    let is_outdated = matches!(error, TemplateError::OutdatedVersion);
    let (status, note) = noted(error)?;
    let refused = Refused {
        status,
        note,
        // Another form of the questionnaire may have another question there.
        at: Some(at).filter(|_| item.is_some() && !is_outdated),
        item: item.filter(|_| !is_outdated),
        tab: "design",
        ..Refused::default()
    };
    drawn(&service, &desk, frame, id, refused).await
}

pub(super) async fn save_text(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Problem> {
    let (desk, frame) = at_desk(&service, &right, &request, frame).await?;
    let reading = service::read(&service, &desk, id).await?;
    let newest = reading.newest()?;
    let has = |name: &str| pairs.iter().any(|(key, _)| key == name);
    let tab = if has("cases") && !has("text") { "cases" } else { "text" };
    let text = if has("text") { first(&pairs, "text").to_owned() } else { newest.text.clone() };
    let cases = if has("cases") { first(&pairs, "cases").to_owned() } else { newest.cases.clone() };
    let saved = async { service::save_text(&service, &desk, (id, based(&pairs)?), (&text, &cases)).await };
    match saved.await {
        Ok(_) => Ok(Redirect::to(&format!("/staff/templates/{id}?tab={tab}")).into_response()),
        Err(error) => {
            let (status, note) = noted(error)?;
            let refused = Refused { status, note, tab, text: Some((text, cases)), ..Refused::default() };
            drawn(&service, &desk, frame, id, refused).await
        }
    }
}

/// Goes on to a page, or shows the designer again with what stood in the way.
async fn settled<T>(
    service: &Service,
    (desk, frame): (Desk<'_>, Frame),
    id: Uuid,
    (done, tab, to): (Result<T, TemplateError>, &'static str, &str),
) -> Result<Response, Problem> {
    match done {
        Ok(_) => Ok(Redirect::to(&format!("/staff/templates/{id}{to}")).into_response()),
        Err(error) => {
            let (status, note) = noted(error)?;
            drawn(service, &desk, frame, id, Refused { status, note, tab, ..Refused::default() }).await
        }
    }
}

pub(super) async fn generate(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(form): Form<Based>,
) -> Result<Response, Problem> {
    let at = at_desk(&service, &right, &request, frame).await?;
    let done = service::generate_cases(&service, &at.0, (id, form.version)).await;
    settled(&service, at, id, (done, "cases", "?tab=cases")).await
}

pub(super) async fn undo(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(form): Form<Based>,
) -> Result<Response, Problem> {
    let at = at_desk(&service, &right, &request, frame).await?;
    let done = service::undo(&service, &at.0, (id, form.version)).await;
    settled(&service, at, id, (done, "design", "")).await
}

pub(super) async fn settings(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(form): Form<Changed>,
) -> Result<Response, Problem> {
    let at = at_desk(&service, &right, &request, frame).await?;
    let settings = Settings {
        department: filled(&form.department),
        disease: filled(&form.disease),
        replaces: filled(&form.replaces),
    };
    let done = service::change_settings(&service, &at.0, (id, form.version), settings).await;
    settled(&service, at, id, (done, "design", "")).await
}

pub(super) async fn submit(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(form): Form<Based>,
) -> Result<Response, Problem> {
    let at = at_desk(&service, &right, &request, frame).await?;
    let done = service::submit(&service, &at.0, (id, form.version)).await;
    settled(&service, at, id, (done, "design", "")).await
}

pub(super) async fn withdraw(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(form): Form<Based>,
) -> Result<Response, Problem> {
    let at = at_desk(&service, &right, &request, frame).await?;
    let done = service::withdraw(&service, &at.0, (id, form.version)).await;
    settled(&service, at, id, (done, "design", "")).await
}

pub(super) async fn begin(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(form): Form<Based>,
) -> Result<Response, Problem> {
    let at = at_desk(&service, &right, &request, frame).await?;
    let done = service::begin_version(&service, &at.0, (id, form.version)).await;
    settled(&service, at, id, (done, "design", "")).await
}

pub(super) async fn retire(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(form): Form<Based>,
) -> Result<Response, Problem> {
    let at = at_desk(&service, &right, &request, frame).await?;
    let done = service::retire(&service, &at.0, (id, form.version), &form.reason).await;
    settled(&service, at, id, (done, "design", "")).await
}
