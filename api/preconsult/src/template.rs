//! Questionnaires of the institutions: written in text or in the designer, checked, tried, reviewed, published.
//!
//! Life cycle of a version: `data/flows/template.mmd`, checked against [`model::State`] line by line.
//!
//! * The district's own questionnaires come with the knowledge release and are only read and copied here.
//! * A draft may be broken: nothing typed is lost. To review it must compile, the proofs must hold, its cases must
//!   pass and take every branch.
//! * What is published does not change: editing begins a new version, publishing it retires the one before.
//! * Every change needs the row version it is based on, and every change of a draft can be taken back.

mod check;
mod diff;
mod edit;
mod error;
mod http;
pub(crate) mod model;
mod pages;
mod preview;
pub(crate) mod service;
mod sheet;
mod store;
#[cfg(test)]
pub(crate) mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use platform::rights::Route;
use rules::form::{Form, NoConcepts, read::read};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

pub(crate) use error::TemplateError;

use crate::{PreconsultError, Service, Shared};
use model::{Template, Version};

pub(crate) const ACCESS: &[Route] = pages::ACCESS;
pub(crate) const API_ACCESS: &[Route] = http::ACCESS;

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    http::routes().merge(pages::routes())
}

/// A version that may be filled in.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    pub version: Uuid,
    pub template: Uuid,
    /// Of the version, counted from 1.
    pub number: i64,
    pub code: String,
    pub title: String,
    pub department: Option<String>,
    pub disease: Option<String>,
    /// Id of the library's questionnaire it takes the place of.
    pub replaces: Option<String>,
    pub form: Arc<Form>,
}

/// Forms of published texts; by version, with the text they came from.
static FORMS: LazyLock<RwLock<Forms>> = LazyLock::new(RwLock::default);
type Forms = HashMap<Uuid, (String, Arc<Form>)>;
/// More are not remembered.
const MAX_FORMS: usize = 2_000;

/// What patients of an institution may fill in, by code.
pub(crate) async fn published(
    service: &Service,
    institution: &str,
) -> Result<Vec<Arc<Compiled>>, PreconsultError> {
    let found = store::list_published(&service.app.db, institution).await?;
    let mut all = Vec::new();
    for (template, version) in found {
        match runnable(&template, &version) {
            Ok(compiled) => all.push(compiled),
            // The others go on being asked; who runs the house sees why this one is not.
            Err(error) => {
                tracing::error!(template = %template.code, %error, "a published template does not run");
            }
        }
    }
    Ok(all)
}

/// A version that was reviewed, also a retired one that somebody is still filling in.
pub(crate) async fn compiled(service: &Service, version: Uuid) -> Result<Arc<Compiled>, PreconsultError> {
    let db = &service.app.db;
    let version = store::find_version(db, version).await?;
    let version = version
        .filter(|version| matches!(version.state, model::State::Published | model::State::Retired))
        .ok_or(PreconsultError::NotFound)?;
    let template = store::find_template(db, version.template).await?.ok_or(PreconsultError::NotFound)?;
    runnable(&template, &version)
}

fn runnable(template: &Template, version: &Version) -> Result<Arc<Compiled>, PreconsultError> {
    Ok(Arc::new(Compiled {
        version: version.id,
        template: template.id,
        number: version.number,
        code: template.code.clone(),
        title: template.title.clone(),
        department: template.department.clone(),
        disease: template.disease.clone(),
        replaces: template.replaces.clone(),
        form: form_of(version)?,
    }))
}

/// Compiled once for each text. The names of the graph were checked when it was reviewed; a later release may drop one
/// without stopping patients.
fn form_of(version: &Version) -> Result<Arc<Form>, PreconsultError> {
    let kept = FORMS.read().unwrap_or_else(PoisonError::into_inner).get(&version.id).cloned();
    if let Some((_, form)) = kept.filter(|(text, _)| *text == version.text) {
        return Ok(form);
    }
    let file = format!("{}.form", version.id);
    let form = read(&file, &version.text).and_then(|draft| Form::compile(&file, &draft, &NoConcepts));
    let form = Arc::new(form.map_err(|faults| {
        PreconsultError::Unrunnable(faults.first().map(ToString::to_string).unwrap_or_default())
    })?);
    let mut forms = FORMS.write().unwrap_or_else(PoisonError::into_inner);
    if forms.len() >= MAX_FORMS {
        forms.clear();
    }
    forms.insert(version.id, (version.text.clone(), Arc::clone(&form)));
    Ok(form)
}
