//! From a draft to patients and out of use again.

use platform::audit;
use uuid::Uuid;

use super::{draft_of, entry, find, own_newest, read, worded};
use crate::{
    Service, exchange,
    template::{
        TemplateError,
        check::examine,
        model::{Desk, Event, State, Template, Version},
        store::{self, Filter},
    },
};

/// What a reviewer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Approve,
    Return,
}

/// A version that waits for review.
pub(crate) struct Queued {
    pub(crate) template: Template,
    pub(crate) version: Version,
    /// Whether the department has let it pass and the institution is to look.
    pub(crate) is_second_look: bool,
    /// Why this reader may not decide; None when they may.
    pub(crate) obstacle: Option<String>,
}

/// Sends a draft to review: it compiles, the proofs hold, its cases pass and take every branch.
pub(crate) async fn submit(
    service: &Service,
    desk: &Desk<'_>,
    (id, seen): (Uuid, i64),
) -> Result<(), TemplateError> {
    let (mut template, before) = own_newest(service, desk, id, seen).await?;
    let state = before.state.after(Event::Submitted)?;
    let findings = examine(&service.engine, &template.code, &before.text, &before.cases).await?;
    let stops = findings.stops();
    if !stops.is_empty() {
        return Err(TemplateError::Refused(stops));
    }
    let app = &service.app;
    let now = Version {
        state,
        submitted_at: Some(app.now()),
        department_reviewer: None,
        review_note: None,
        ..before
    };
    save(service, desk, &mut template, &now, ("template.submit", None)).await
}

/// Takes it back before the review is done.
pub(crate) async fn withdraw(
    service: &Service,
    desk: &Desk<'_>,
    (id, seen): (Uuid, i64),
) -> Result<(), TemplateError> {
    let (mut template, before) = own_newest(service, desk, id, seen).await?;
    let state = before.state.after(Event::Withdrawn)?;
    let now = Version { state, submitted_at: None, department_reviewer: None, ..before };
    save(service, desk, &mut template, &now, ("template.withdraw", None)).await
}

/// Lets it pass or sends it back. Where the institution wants two looks, the first passes it for the department.
pub(crate) async fn decide(
    service: &Service,
    desk: &Desk<'_>,
    (id, seen): (Uuid, i64),
    decision: Decision,
    note: &str,
) -> Result<State, TemplateError> {
    let app = &service.app;
    let mut template = find(service, desk, id).await?;
    if !desk.reviews(&template) {
        return Err(TemplateError::NotAllowed);
    }
    let versions = store::list_versions(&app.db, id).await?;
    let before = versions.first().cloned().ok_or(TemplateError::NotFound)?;
    if before.revision != seen {
        return Err(TemplateError::OutdatedVersion);
    }
    let is_two_step = store::find_policy(&app.db, &template.institution).await?;
    if let Some(obstacle) = obstacle(service, desk, &template, &before, is_two_step).await? {
        // A state that does not allow it is said first.
        before.state.after(if decision == Decision::Approve { Event::Approved } else { Event::Returned })?;
        return Err(obstacle);
    }
    let me = Some(desk.id());
    if decision == Decision::Return {
        let note = worded(note, 2, "/note")?;
        let state = before.state.after(Event::Returned)?;
        let now = Version { state, review_note: Some(note.clone()), department_reviewer: None, ..before };
        save(service, desk, &mut template, &now, ("template.return", Some(&note))).await?;
        return Ok(state);
    }
    let note = Some(worded(note, 0, "/note")?).filter(|note| !note.is_empty());
    let reason = note.as_deref();
    if is_two_step && before.department_reviewer.is_none() {
        let state = before.state.after(Event::Passed)?;
        let now = Version { state, department_reviewer: me, review_note: note.clone(), ..before };
        save(service, desk, &mut template, &now, ("template.pass", reason)).await?;
        return Ok(state);
    }
    let state = before.state.after(Event::Approved)?;
    // What was clean when it was sent may not be clean under the knowledge of today.
    let findings = examine(&service.engine, &template.code, &before.text, &before.cases).await?;
    let stops = findings.stops();
    if !stops.is_empty() {
        return Err(TemplateError::Refused(stops));
    }
    let at = app.now();
    let now = Version { state, reviewer: me, published_at: Some(at), review_note: note.clone(), ..before };
    let mut tx = app.db.begin().await?;
    for old in versions.into_iter().filter(|old| old.state == State::Published) {
        let reason = format!("被第 {} 版取代", now.number);
        let state = old.state.after(Event::Replaced)?;
        let old = Version { state, retired_at: Some(at), retire_reason: Some(reason), ..old };
        store::update_version(app, &mut tx, &old).await?;
    }
    store::update_version(app, &mut tx, &now).await?;
    template.state = state;
    template.updated_at = at;
    store::update_template(&mut tx, &template).await?;
    let number = now.number.to_string();
    // A code is one within its institution only.
    let code = format!("{}/{}", template.institution, template.code);
    exchange::upload(app, &mut tx, (&code, &number, &template.title), &now.text)
        .await
        .map_err(|error| TemplateError::Upload(Box::new(error)))?;
    audit::append(&mut tx, entry(service, desk, "template.publish", id, reason)).await?;
    tx.commit().await?;
    Ok(state)
}

/// What keeps somebody who reviews here from deciding on this one: their own work, or the wrong of two looks.
async fn obstacle(
    service: &Service,
    desk: &Desk<'_>,
    template: &Template,
    version: &Version,
    is_two_step: bool,
) -> Result<Option<TemplateError>, TemplateError> {
    let me = desk.id();
    let is_second = is_two_step && version.department_reviewer.is_some();
    if version.author == me || store::has_written(&service.app.db, version.id, me).await? {
        return Ok(Some(TemplateError::OwnWork));
    }
    if is_second && version.department_reviewer == Some(me) {
        return Ok(Some(TemplateError::OwnWork));
    }
    let is_for_institution = is_second || template.department.is_none();
    Ok((is_for_institution && !desk.reviews_for_institution(template))
        .then_some(TemplateError::NotForInstitution))
}

/// Takes what patients fill in out of use.
pub(crate) async fn retire(
    service: &Service,
    desk: &Desk<'_>,
    (id, seen): (Uuid, i64),
    reason: &str,
) -> Result<(), TemplateError> {
    let reading = read(service, desk, id).await?;
    if !reading.may_edit && !desk.reviews_for_institution(&reading.template) {
        return Err(TemplateError::NotOwn);
    }
    let newest = reading.newest()?;
    if newest.revision != seen {
        return Err(TemplateError::OutdatedVersion);
    }
    let published = reading.versions.iter().find(|version| version.state == State::Published);
    let before = published.unwrap_or(newest).clone();
    let state = before.state.after(Event::Retired)?;
    let reason = worded(reason, 2, "/reason")?;
    let is_newest = before.id == newest.id;
    let now =
        Version { state, retired_at: Some(service.app.now()), retire_reason: Some(reason.clone()), ..before };
    let mut template = reading.template.clone();
    let newest_state = if is_newest { state } else { newest.state };
    save_as(service, desk, &mut template, &now, newest_state, ("template.retire", Some(&reason))).await
}

/// Begins the next version with what the newest says.
pub(crate) async fn begin_version(
    service: &Service,
    desk: &Desk<'_>,
    (id, seen): (Uuid, i64),
) -> Result<(), TemplateError> {
    let (mut template, newest) = own_newest(service, desk, id, seen).await?;
    if matches!(newest.state, State::Draft | State::InReview) {
        return Err(TemplateError::WrongState { state: newest.state, event: Event::Edited });
    }
    let app = &service.app;
    let version = draft_of(service, desk, id, newest.number + 1, newest.text.clone(), newest.cases.clone());
    template.state = State::Draft;
    template.updated_at = app.now();
    let mut tx = app.db.begin().await?;
    if !store::insert_version(&mut tx, &version).await? {
        return Err(TemplateError::OutdatedVersion);
    }
    store::update_template(&mut tx, &template).await?;
    audit::append(&mut tx, entry(service, desk, "template.edit", id, None)).await?;
    tx.commit().await?;
    Ok(())
}

/// What waits for somebody who reviews, longest waiting first.
pub(crate) async fn queue(service: &Service, desk: &Desk<'_>) -> Result<Vec<Queued>, TemplateError> {
    let filter = Filter { state: Some(State::InReview), ..Filter::default() };
    let mut queued = Vec::new();
    for template in super::list(service, desk, &filter).await? {
        if !desk.reviews(&template) {
            continue;
        }
        let versions = store::list_versions(&service.app.db, template.id).await?;
        let Some(version) = versions.into_iter().find(|version| version.state == State::InReview) else {
            continue;
        };
        let is_two_step = store::find_policy(&service.app.db, &template.institution).await?;
        let obstacle = obstacle(service, desk, &template, &version, is_two_step).await?;
        queued.push(Queued {
            is_second_look: is_two_step && version.department_reviewer.is_some(),
            obstacle: obstacle.and_then(|obstacle| obstacle.note()),
            template,
            version,
        });
    }
    queued.sort_by_key(|queued| (queued.version.submitted_at, queued.version.id));
    Ok(queued)
}

async fn save(
    service: &Service,
    desk: &Desk<'_>,
    template: &mut Template,
    now: &Version,
    deed: (&'static str, Option<&str>),
) -> Result<(), TemplateError> {
    save_as(service, desk, template, now, now.state, deed).await
}

async fn save_as(
    service: &Service,
    desk: &Desk<'_>,
    template: &mut Template,
    now: &Version,
    newest: State,
    (action, reason): (&'static str, Option<&str>),
) -> Result<(), TemplateError> {
    let app = &service.app;
    template.state = newest;
    template.updated_at = app.now();
    let mut tx = app.db.begin().await?;
    store::update_version(app, &mut tx, now).await?;
    store::update_template(&mut tx, template).await?;
    let entry = audit::Entry { reason, ..entry(service, desk, action, template.id, None) };
    audit::append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}
