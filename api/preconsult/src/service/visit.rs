//! Registrations: taken over from an HIS, and the one pre-consultation of each.

use chrono::TimeDelta;
use people::message::{self, Notice};
use platform::db::retry;
use uuid::Uuid;

use super::{Begun, begin};
use crate::{
    PreconsultError, Service,
    model::{Consultation, Opening, Patient, Visit, VisitState},
    store,
};

/// Most registrations shown.
const MOST: i64 = 20;

/// What became of a registration that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    New,
    Changed,
    Known,
}

/// Takes over a registration, or what has changed in it; a new one is pushed to the patient once. The id of a known one
/// stays.
pub async fn register(service: &Service, visit: &Visit) -> Result<Registered, PreconsultError> {
    retry(|| register_once(service, visit)).await
}

async fn register_once(service: &Service, visit: &Visit) -> Result<Registered, PreconsultError> {
    let app = &service.app;
    if let Some(known) = store::find_visit_numbered(app, &visit.institution, &visit.number).await? {
        let now = Visit { id: known.id, resident: known.resident, entry: known.entry, ..visit.clone() };
        if now == known {
            return Ok(Registered::Known);
        }
        let mut tx = app.db.begin().await?;
        store::update_visit(app, &mut tx, &now).await?;
        tx.commit().await?;
        return Ok(Registered::Changed);
    }
    let departments = people::service::list_departments(app).await?;
    let department = departments
        .iter()
        .find(|known| known.institution == visit.institution && known.code == visit.department)
        .ok_or(PreconsultError::NoSuchDepartment)?;
    let mut tx = app.db.begin().await?;
    if !store::insert_visit(app, &mut tx, visit).await? {
        return Err(PreconsultError::Raced);
    }
    if visit.state == VisitState::Registered {
        let when = ui::format::moment(visit.scheduled_at, app.clock.today());
        let (dedup, link) = (format!("preconsult.invite/{}", visit.id), format!("/visits/{}", visit.id));
        let notice = Notice {
            resident: visit.resident,
            template: "preconsult.invite",
            values: &[("机构", &department.institution_name), ("科室", &department.name), ("时间", &when)],
            link: &link,
            dedup: &dedup,
        };
        message::notify(app, &mut tx, notice).await?;
    }
    tx.commit().await?;
    Ok(Registered::New)
}

/// A resident's coming registrations, each with its consultation once it was begun; those of the last day stay in view.
pub async fn list_own_visits(
    service: &Service,
    resident: Uuid,
) -> Result<Vec<(Visit, Option<Consultation>)>, PreconsultError> {
    let app = &service.app;
    let visits = store::list_visits(app, resident, app.now() - TimeDelta::days(1), MOST).await?;
    let mut listed = Vec::with_capacity(visits.len());
    for visit in visits {
        let consultation = store::find_of_visit(app, visit.id).await?;
        listed.push((visit, consultation));
    }
    Ok(listed)
}

/// One's own registration, with its consultation once it was begun.
pub async fn find_own_visit(
    service: &Service,
    resident: Uuid,
    id: Uuid,
) -> Result<(Visit, Option<Consultation>), PreconsultError> {
    let visit = store::find_visit(&service.app, id).await?;
    let visit = visit.filter(|visit| visit.resident == resident).ok_or(PreconsultError::NotFound)?;
    let begun = store::find_of_visit(&service.app, id).await?;
    Ok((visit, begun))
}

/// Refused when there is nothing to prepare any more.
pub fn must_stand(visit: &Visit) -> Result<(), PreconsultError> {
    match visit.state {
        VisitState::Registered => Ok(()),
        VisitState::Cancelled => Err(PreconsultError::VisitCancelled),
        VisitState::Attended => Err(PreconsultError::VisitOver),
    }
}

/// Goes on with the pre-consultation of one's own registration, or begins it.
pub async fn open_visit(service: &Service, who: Patient<'_>, id: Uuid) -> Result<Begun, PreconsultError> {
    let (visit, begun) = find_own_visit(service, who.id, id).await?;
    if let Some(known) = begun {
        return Ok(Begun { id: known.id, is_new: false });
    }
    must_stand(&visit)?;
    let opening = Opening {
        institution: visit.institution,
        department: visit.department,
        visit: Some(id),
        entry: visit.entry,
        intake: visit.intake,
    };
    begin(service, who, &opening).await
}
