//! What can be done with templates; one function per use case.

pub(crate) mod mapping;
mod review;
mod write;

use std::collections::BTreeMap;

use people::service::list_departments;
use platform::audit::{self, Outcome};
use uuid::Uuid;

pub(crate) use mapping::{Arranged, Offer, arrange, offers, set_policy};
pub(crate) use review::{Decision, begin_version, decide, queue, retire, submit, withdraw};
pub(crate) use write::{
    Base, New, Settings, apply, change_settings, create, generate_cases, save_text, undo,
};

use super::{
    TemplateError,
    model::{Desk, State, Template, Version},
    store::{self, Edit, Filter},
};
use crate::Service;

/// Most templates on one page.
const N_LISTED: u32 = 300;
/// Longest note or reason, in characters.
pub(crate) const MAX_NOTE: usize = 500;

/// A template with everything there is of it.
pub(crate) struct Reading {
    pub(crate) template: Template,
    /// Newest first; never empty.
    pub(crate) versions: Vec<Version>,
    /// Steps back of the newest version, newest first.
    pub(crate) edits: Vec<Edit>,
    pub(crate) may_edit: bool,
}

impl Reading {
    pub(crate) fn newest(&self) -> Result<&Version, TemplateError> {
        self.versions.first().ok_or(TemplateError::NotFound)
    }

    pub(crate) fn numbered(&self, number: i64) -> Option<&Version> {
        self.versions.iter().find(|version| version.number == number)
    }

    /// Steps that can still be taken back.
    pub(crate) fn n_undoable(&self) -> usize {
        self.edits.iter().filter(|edit| !edit.is_undone).count()
    }
}

/// Those within reach.
pub(crate) async fn list(
    service: &Service,
    desk: &Desk<'_>,
    filter: &Filter,
) -> Result<Vec<Template>, TemplateError> {
    Ok(store::list_within(&service.app.db, store::within(desk), filter, N_LISTED).await?)
}

/// One within reach; another is as good as none.
pub(crate) async fn find(service: &Service, desk: &Desk<'_>, id: Uuid) -> Result<Template, TemplateError> {
    let found = store::find_template(&service.app.db, id).await?;
    found.filter(|template| desk.sees(template)).ok_or(TemplateError::NotFound)
}

pub(crate) async fn read(service: &Service, desk: &Desk<'_>, id: Uuid) -> Result<Reading, TemplateError> {
    let template = find(service, desk, id).await?;
    let versions = store::list_versions(&service.app.db, id).await?;
    let newest = versions.first().ok_or(TemplateError::NotFound)?;
    let edits = store::list_edits(&service.app.db, newest.id).await?;
    let may_edit = desk.edits(&template);
    Ok(Reading { template, versions, edits, may_edit })
}

/// The newest version, to be changed by somebody who may, at the row version they saw.
async fn own_newest(
    service: &Service,
    desk: &Desk<'_>,
    id: Uuid,
    seen: i64,
) -> Result<(Template, Version), TemplateError> {
    let reading = read(service, desk, id).await?;
    if !reading.may_edit {
        return Err(TemplateError::NotOwn);
    }
    let newest = reading.newest()?.clone();
    if newest.revision != seen {
        return Err(TemplateError::OutdatedVersion);
    }
    Ok((reading.template, newest))
}

fn entry<'a>(
    service: &Service,
    desk: &Desk<'a>,
    action: &'static str,
    template: Uuid,
    reason: Option<&'a str>,
) -> audit::Entry<'a> {
    audit::Entry {
        at: service.app.now(),
        actor: desk.actor(),
        action,
        patient: None,
        object: Some(format!("template/{template}")),
        reason,
        outcome: Outcome::Done,
        request_id: &desk.request.0,
    }
}

/// Names of departments by institution and code, and of institutions by code.
pub(crate) struct Places {
    pub(crate) departments: BTreeMap<(String, String), String>,
    pub(crate) institutions: BTreeMap<String, String>,
}

impl Places {
    pub(crate) fn department(&self, institution: &str, code: Option<&str>) -> String {
        let Some(code) = code else { return "全院".into() };
        let key = (institution.to_owned(), code.to_owned());
        self.departments.get(&key).cloned().unwrap_or_else(|| code.to_owned())
    }

    pub(crate) fn institution(&self, code: &str) -> String {
        self.institutions.get(code).cloned().unwrap_or_else(|| code.to_owned())
    }

    /// Departments of an institution, code and name.
    pub(crate) fn of(&self, institution: &str) -> Vec<(String, String)> {
        let of_institution = self.departments.iter().filter(|((own, _), _)| own == institution);
        of_institution.map(|((_, code), name)| (code.clone(), name.clone())).collect()
    }
}

pub(crate) async fn places(service: &Service) -> Result<Places, TemplateError> {
    let all = list_departments(&service.app).await?;
    let institutions =
        all.iter().map(|one| (one.institution.clone(), one.institution_name.clone())).collect();
    let departments = all.into_iter().map(|one| ((one.institution, one.code), one.name)).collect();
    Ok(Places { departments, institutions })
}

/// Who somebody is, to be shown beside what they did.
pub(crate) async fn name_of(service: &Service, staff: Uuid) -> Result<String, TemplateError> {
    let found = people::service::find_staff(&service.app, staff).await?;
    Ok(found.map_or_else(|| "（已离开）".to_owned(), |staff| staff.name))
}

/// A note or reason that says something, without blanks around it.
fn worded(text: &str, least: usize, pointer: &'static str) -> Result<String, TemplateError> {
    let text = text.trim();
    let length = text.chars().count();
    if length < least {
        return Err(TemplateError::input(pointer, "请写明理由，作者会看到。"));
    }
    if length > MAX_NOTE {
        return Err(TemplateError::input(pointer, format!("写了 {length} 个字，最多 {MAX_NOTE} 个字。")));
    }
    Ok(text.to_owned())
}

/// A version at the beginning of its life.
fn draft_of(
    service: &Service,
    desk: &Desk<'_>,
    template: Uuid,
    number: i64,
    text: String,
    cases: String,
) -> Version {
    let now = service.app.now();
    Version {
        id: service.app.new_id(),
        template,
        number,
        text,
        cases,
        state: State::Draft,
        revision: 1,
        author: desk.id(),
        department_reviewer: None,
        reviewer: None,
        review_note: None,
        retire_reason: None,
        created_at: now,
        updated_at: now,
        submitted_at: None,
        published_at: None,
        retired_at: None,
    }
}
