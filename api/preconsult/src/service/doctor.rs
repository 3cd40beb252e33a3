//! What doctors read. Nothing is handed out before its audit row is committed.

use chrono::{Days, NaiveDate};
use people::{Department, PeopleError, Resident};
use platform::audit;
use uuid::Uuid;

use super::entry;
use crate::{
    PreconsultError, Service,
    model::{Assessment, Consultation, Doctor, StoredRecord, StoredTurn},
    store,
};

/// Most rows of a day's list; a department sees fewer patients a day.
const MAX_LISTED: i64 = 300;

/// A row of the list.
#[derive(Debug, Clone)]
pub struct Listed {
    pub consultation: Consultation,
    pub resident: Resident,
}

/// Everything of one consultation.
#[derive(Debug, Clone)]
pub struct Reading {
    pub consultation: Consultation,
    pub resident: Resident,
    pub department: Department,
    pub turns: Vec<StoredTurn>,
    pub record: StoredRecord,
    pub assessment: Assessment,
}

/// The consultations of the doctor's department last changed on a day in China, most urgent first.
pub async fn list(
    service: &Service,
    who: Doctor<'_>,
    day: NaiveDate,
    state: Option<&str>,
) -> Result<Vec<Listed>, PreconsultError> {
    let app = &service.app;
    let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
    let span = (ui::format::start_of(day), ui::format::start_of(next));
    let found =
        store::list_of_department(app, (who.institution, who.department), span, state, MAX_LISTED).await?;
    let mut listed = Vec::with_capacity(found.len());
    for mut consultation in found {
        if !consultation.state.is_for_doctor() {
            // Until it is sent, the doctor sees that somebody is filling in and how urgent it is, not what.
            consultation.chief_complaint = None;
        }
        let resident = find_resident(service, consultation.resident).await?;
        listed.push(Listed { consultation, resident });
    }
    if listed.is_empty() {
        return Ok(listed);
    }
    let mut tx = app.db.begin().await?;
    for row in &listed {
        let Listed { consultation: Consultation { id, resident, .. }, .. } = row;
        audit::append(&mut tx, entry(app, who.actor(), "consultation.list", *resident, *id, who.request))
            .await?;
    }
    tx.commit().await?;
    Ok(listed)
}

/// One consultation of the doctor's department that was sent or ended in an emergency.
pub async fn read(service: &Service, who: Doctor<'_>, id: Uuid) -> Result<Reading, PreconsultError> {
    let app = &service.app;
    let consultation = store::find_consultation(app, id).await?.ok_or(PreconsultError::NotFound)?;
    let is_own = consultation.institution == who.institution && consultation.department == who.department;
    if !is_own || !consultation.state.is_for_doctor() {
        let mut tx = app.db.begin().await?;
        let entry = entry(app, who.actor(), "consultation.read", consultation.resident, id, who.request);
        audit::append(&mut tx, audit::Entry { outcome: audit::Outcome::Denied, ..entry }).await?;
        tx.commit().await?;
        return Err(PreconsultError::NotFound);
    }
    let resident = find_resident(service, consultation.resident).await?;
    let departments = people::service::list_departments(app).await?;
    let department = departments
        .into_iter()
        .find(|known| known.institution == consultation.institution && known.code == consultation.department)
        .ok_or(PreconsultError::NoSuchDepartment)?;
    let turns = store::list_turns(app, id).await?;
    let record = store::find_record(app, id).await?.ok_or(PreconsultError::NotFound)?;
    let assessment = store::find_assessment(app, record.id).await?;

    let mut tx = app.db.begin().await?;
    let entry = entry(app, who.actor(), "consultation.read", resident.id, id, who.request);
    audit::append(&mut tx, audit::Entry { reason: Some("接诊"), ..entry }).await?;
    tx.commit().await?;
    Ok(Reading { consultation, resident, department, turns, record, assessment })
}

async fn find_resident(service: &Service, id: Uuid) -> Result<Resident, PreconsultError> {
    Ok(people::service::find_resident(&service.app, id).await?.ok_or(PeopleError::NotFound)?)
}
