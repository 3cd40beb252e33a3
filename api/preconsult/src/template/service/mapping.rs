//! Which questionnaires a department uses, in which order.

use std::collections::{BTreeMap, BTreeSet};

use platform::audit;
use uuid::Uuid;

use super::{entry, places};
use crate::{
    Service,
    template::{
        TemplateError,
        model::{Desk, Template, Use, UseKind},
        store,
    },
};

/// A questionnaire a department may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) kind: UseKind,
    /// Code or id.
    pub(crate) name: String,
    pub(crate) title: String,
    /// What it is for, as its file says or as it was set.
    pub(crate) about: String,
    /// The own template, to be opened.
    pub(crate) template: Option<Uuid>,
    pub(crate) is_on: bool,
    /// Whether the department decided so, or it follows from the questionnaire.
    pub(crate) is_decided: bool,
}

/// What a form says of one offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arranged {
    pub(crate) kind: UseKind,
    pub(crate) name: String,
    pub(crate) is_on: bool,
    /// Smaller first.
    pub(crate) rank: i64,
}

/// What the departments of an institution decided, by department and position. A questionnaire without a row is used
/// as it says itself: an own one by its department, a generic one by those it names.
pub(crate) async fn uses(service: &Service, institution: &str) -> sqlx::Result<Vec<Use>> {
    store::list_uses(&service.app.db, institution).await
}

/// Everything a department may use: what it decided in its order, then the rest. What an own template in use takes the
/// place of is off unless the department decided otherwise.
pub(crate) async fn offers(
    service: &Service,
    (institution, department): (&str, &str),
) -> Result<Vec<Offer>, TemplateError> {
    let db = &service.app.db;
    let decided: BTreeMap<(UseKind, String), (i64, bool)> = uses(service, institution)
        .await?
        .into_iter()
        .filter(|one| one.department == department)
        .map(|one| ((one.kind, one.name), (one.position, one.is_on)))
        .collect();
    let department_name = places(service).await?.department(institution, Some(department));
    let own: Vec<Template> =
        store::list_published(db, institution).await?.into_iter().map(|(template, _)| template).collect();
    let mut found = Vec::new();
    let mut replaced = BTreeSet::new();
    for template in own {
        let is_here = template.department.as_deref().is_none_or(|own| own == department);
        let is_used =
            decided.get(&(UseKind::Own, template.code.clone())).map_or(is_here, |(_, is_on)| *is_on);
        replaced.extend(template.replaces.clone().filter(|_| is_used));
        let about = template.disease.clone().unwrap_or_default();
        found.push((UseKind::Own, template.code.clone(), template.title, about, Some(template.id), is_here));
    }
    for (id, questionnaire) in &service.engine.library().forms {
        let property = |key: &str| {
            let properties = &questionnaire.draft.properties;
            let found = properties.iter().find(|property| property.key.text == key);
            found.map(|property| property.value.text.clone()).unwrap_or_default()
        };
        let departments = property("科室");
        let is_named = departments.split([',', '，', '、']).any(|name| {
            let name = name.trim();
            !name.is_empty() && (name == department_name || name.contains(&department_name))
        });
        let title = questionnaire.draft.title.text.clone();
        let is_used = is_named && !replaced.contains(id);
        found.push((UseKind::Generic, id.clone(), title, departments, None, is_used));
    }
    let mut offers: Vec<(i64, Offer)> = found
        .into_iter()
        .map(|(kind, name, title, about, template, default)| {
            let decision = decided.get(&(kind, name.clone())).copied();
            let (position, is_on) = decision.unwrap_or((i64::MAX, default));
            (position, Offer { kind, name, title, about, template, is_on, is_decided: decision.is_some() })
        })
        .collect();
    offers.sort_by(|(a, one), (b, other)| {
        (!one.is_on, a, one.kind, &one.name).cmp(&(!other.is_on, b, other.kind, &other.name))
    });
    Ok(offers.into_iter().map(|(_, offer)| offer).collect())
}

/// Decides what a department uses.
pub(crate) async fn arrange(
    service: &Service,
    desk: &Desk<'_>,
    (institution, department): (&str, &str),
    mut arranged: Vec<Arranged>,
) -> Result<(), TemplateError> {
    if !desk.arranges(institution, department) {
        return Err(TemplateError::NotAllowed);
    }
    let known = offers(service, (institution, department)).await?;
    arranged.retain(|one| known.iter().any(|offer| offer.kind == one.kind && offer.name == one.name));
    arranged.sort_by(|a, b| (a.rank, a.kind, &a.name).cmp(&(b.rank, b.kind, &b.name)));
    arranged.dedup_by(|a, b| a.kind == b.kind && a.name == b.name);
    let uses: Vec<Use> = (1..)
        .zip(arranged)
        .map(|(position, one)| Use {
            institution: institution.to_owned(),
            department: department.to_owned(),
            kind: one.kind,
            name: one.name,
            position,
            is_on: one.is_on,
        })
        .collect();
    let app = &service.app;
    let mut tx = app.db.begin().await?;
    store::save_uses(&mut tx, (institution, department), &uses).await?;
    let object = Some(format!("template-use/{institution}/{department}"));
    let entry = audit::Entry { object, ..entry(service, desk, "template.map", Uuid::nil(), None) };
    audit::append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// One look or two; for the institution to say.
pub(crate) async fn set_policy(
    service: &Service,
    desk: &Desk<'_>,
    institution: &str,
    is_two_step: bool,
) -> Result<(), TemplateError> {
    let whole =
        platform::rights::Site { institution: Some(institution), ..platform::rights::Site::default() };
    if !desk.review.covers(&whole) {
        return Err(TemplateError::NotAllowed);
    }
    let mut tx = service.app.db.begin().await?;
    store::save_policy(&mut tx, institution, is_two_step).await?;
    let object = Some(format!("template-policy/{institution}"));
    let reason = Some(if is_two_step { "两步" } else { "一步" });
    let entry = audit::Entry { object, reason, ..entry(service, desk, "template.policy", Uuid::nil(), None) };
    audit::append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}
