//! What doctors read. Nothing is handed out before its audit row is committed.

use chrono::{Days, NaiveDate};
use people::{Department, PeopleError, Resident};
use platform::{
    Problem, audit,
    rights::{Field, Fields, Permission, Reveal},
};
use rules::quality::{Finding, Point};
use uuid::Uuid;

use super::{dialogue, entry, revise};
use crate::{
    PreconsultError, Service,
    model::{Assessment, Consultation, Doctor, StoredRecord, StoredTurn, Visit},
    store,
};

/// Most rows of a day's list; a department sees fewer patients a day.
const MAX_LISTED: u32 = 300;

/// A row of the list.
#[derive(Debug, Clone)]
pub struct Listed {
    pub consultation: Consultation,
    /// With the name masked where the right does not show it.
    pub resident: Resident,
}

/// What everybody who may read sees of one consultation, also where what the patient suffers from is not shown.
#[derive(Debug, Clone)]
pub struct Outline {
    /// Without the complaint.
    pub consultation: Consultation,
    pub resident: Resident,
    pub department: Department,
    /// Fields that are masked in it.
    pub hidden: Fields,
}

/// One consultation, as far as it is shown.
#[derive(Debug, Clone)]
pub enum Seen {
    Whole(Box<Reading>),
    Outline(Box<Outline>),
}

/// Everything of one consultation.
#[derive(Debug, Clone)]
pub struct Reading {
    pub consultation: Consultation,
    pub resident: Resident,
    pub department: Department,
    /// The registration it belongs to.
    pub visit: Option<Visit>,
    pub turns: Vec<StoredTurn>,
    pub record: StoredRecord,
    pub assessment: Assessment,
    /// What the quality rules find in it, gravest first.
    pub hints: Vec<Finding>,
    /// Fields that are masked in it.
    pub hidden: Fields,
}

/// The consultations within reach last changed on a day in China, most urgent first.
pub async fn list(
    service: &Service,
    who: Doctor<'_>,
    day: NaiveDate,
    state: Option<&str>,
) -> Result<Vec<Listed>, PreconsultError> {
    let app = &service.app;
    let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
    let span = (ui::format::start_of(day), ui::format::start_of(next));
    let reach = who.right.predicate(&store::COLUMNS);
    let found = store::list_within(app, reach, span, state, MAX_LISTED).await?;
    let mut listed = Vec::with_capacity(found.len());
    for mut consultation in found {
        let hidden = hidden(&who, &consultation, &Fields::new());
        if !consultation.state.is_for_doctor() || hidden.contains(&Field::Diagnosis) {
            // Until it is sent, the doctor sees that somebody is filling in and how urgent it is, not what.
            consultation.chief_complaint = None;
        }
        let resident = masked(find_resident(service, consultation.resident).await?, &hidden);
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

/// A consultation that was sent, as far as it is shown.
#[derive(Debug, Clone)]
pub struct Sent {
    pub consultation: Consultation,
    /// With the name masked where the right does not show it.
    pub resident: Resident,
    /// Where it was asked for and what the patient suffers from is shown.
    pub record: Option<StoredRecord>,
}

/// Those of these consultations that are within reach, in the same order, each with its record where `with_record`.
pub async fn list_sent(
    service: &Service,
    who: &Doctor<'_>,
    ids: &[Uuid],
    with_record: bool,
) -> Result<Vec<Sent>, PreconsultError> {
    let app = &service.app;
    let mut sent = Vec::new();
    for &id in ids {
        let Some(mut consultation) = store::find_consultation(app, id).await? else { continue };
        if !who.right.covers(&consultation.site()) || !consultation.state.is_for_doctor() {
            continue;
        }
        let hidden = hidden(who, &consultation, &Fields::new());
        let is_hidden = hidden.contains(&Field::Diagnosis);
        if is_hidden {
            consultation.chief_complaint = None;
        }
        let record = if with_record && !is_hidden { store::find_record(app, id).await? } else { None };
        let resident = masked(find_resident(service, consultation.resident).await?, &hidden);
        sent.push(Sent { consultation, resident, record });
    }
    Ok(sent)
}

/// Leaves an audit row for each consultation before it is handed out.
pub async fn note_sent(
    service: &Service,
    who: &Doctor<'_>,
    action: &'static str,
    sent: &[Sent],
) -> Result<(), PreconsultError> {
    let app = &service.app;
    let mut tx = app.db.begin().await?;
    for Sent { consultation: Consultation { id, resident, .. }, .. } in sent {
        audit::append(&mut tx, entry(app, who.actor(), action, *resident, *id, who.request)).await?;
    }
    Ok(tx.commit().await?)
}

/// The whole of one consultation within reach that was sent or ended in an emergency; refused as
/// [`PreconsultError::Hidden`] where what the patient suffers from is not shown.
pub async fn read(service: &Service, who: Doctor<'_>, id: Uuid) -> Result<Reading, PreconsultError> {
    let consultation = find_within(service, &who, id).await?;
    let hidden = hidden(&who, &consultation, &Fields::new());
    if hidden.contains(&Field::Diagnosis) {
        return Err(PreconsultError::Hidden);
    }
    whole(service, &who, consultation, hidden).await
}

/// One consultation as far as the right shows it.
pub async fn see(service: &Service, who: Doctor<'_>, id: Uuid) -> Result<Seen, PreconsultError> {
    let consultation = find_within(service, &who, id).await?;
    seen(service, &who, consultation, &Fields::new()).await
}

/// The same with one masked field in full, once the look behind the mask is in the audit trail with its reason.
pub async fn reveal(
    service: &Service,
    who: Doctor<'_>,
    id: Uuid,
    field: Field,
    reason: &str,
) -> Result<Seen, Problem> {
    // To look behind a mask one needs the right to read and the right to reveal, both over this patient.
    let revealing = who.right.under(Permission::FieldReveal);
    let who = Doctor { right: who.right.under(Permission::ConsultationRead), request: who.request };
    let consultation = find_within(service, &who, id).await?;
    if !revealing.covers(&consultation.site()) {
        denied(service, &who, &consultation).await?;
        return Err(PreconsultError::NotFound.into());
    }
    let look = Reveal {
        patient: consultation.resident,
        object: format!("consultation/{id}"),
        field,
        reason,
        request_id: &who.request.0,
    };
    platform::rights::reveal(&service.app, &revealing, look).await?;
    Ok(seen(service, &who, consultation, &[field].into()).await?)
}

/// A consultation within reach; whoever looks further leaves an audit row.
pub(crate) async fn find_within(
    service: &Service,
    who: &Doctor<'_>,
    id: Uuid,
) -> Result<Consultation, PreconsultError> {
    let consultation = store::find_consultation(&service.app, id).await?.ok_or(PreconsultError::NotFound)?;
    if who.right.covers(&consultation.site()) && consultation.state.is_for_doctor() {
        return Ok(consultation);
    }
    denied(service, who, &consultation).await?;
    Err(PreconsultError::NotFound)
}

pub(crate) async fn denied(
    service: &Service,
    who: &Doctor<'_>,
    consultation: &Consultation,
) -> Result<(), PreconsultError> {
    let app = &service.app;
    let mut tx = app.db.begin().await?;
    let Consultation { id, resident, .. } = consultation;
    let entry = entry(app, who.actor(), "consultation.read", *resident, *id, who.request);
    audit::append(&mut tx, audit::Entry { outcome: audit::Outcome::Denied, ..entry }).await?;
    Ok(tx.commit().await?)
}

async fn seen(
    service: &Service,
    who: &Doctor<'_>,
    mut consultation: Consultation,
    revealed: &Fields,
) -> Result<Seen, PreconsultError> {
    let hidden = hidden(who, &consultation, revealed);
    if !hidden.contains(&Field::Diagnosis) {
        return Ok(Seen::Whole(Box::new(whole(service, who, consultation, hidden).await?)));
    }
    consultation.chief_complaint = None;
    let resident = masked(find_resident(service, consultation.resident).await?, &hidden);
    let department = department(service, &consultation).await?;
    read_row(service, who, &consultation, "查看概况").await?;
    Ok(Seen::Outline(Box::new(Outline { consultation, resident, department, hidden })))
}

async fn whole(
    service: &Service,
    who: &Doctor<'_>,
    consultation: Consultation,
    hidden: Fields,
) -> Result<Reading, PreconsultError> {
    let app = &service.app;
    let resident = masked(find_resident(service, consultation.resident).await?, &hidden);
    let department = department(service, &consultation).await?;
    let turns = store::list_turns(app, consultation.id).await?;
    let record = store::find_record(app, consultation.id).await?.ok_or(PreconsultError::NotFound)?;
    let assessment = store::find_assessment(app, record.id).await?;
    let visit = match consultation.visit {
        Some(visit) => store::find_visit(app, visit).await?,
        None => None,
    };
    let interview = dialogue::resumed(service, &consultation, &turns).await?;
    let hints = revise::findings(service, &consultation, &interview, &record, Point::Reception);
    read_row(service, who, &consultation, "接诊").await?;
    Ok(Reading { consultation, resident, department, visit, turns, record, assessment, hints, hidden })
}

async fn department(service: &Service, consultation: &Consultation) -> Result<Department, PreconsultError> {
    let departments = people::service::list_departments(&service.app).await?;
    departments
        .into_iter()
        .find(|known| known.institution == consultation.institution && known.code == consultation.department)
        .ok_or(PreconsultError::NoSuchDepartment)
}

async fn read_row(
    service: &Service,
    who: &Doctor<'_>,
    consultation: &Consultation,
    reason: &str,
) -> Result<(), PreconsultError> {
    let app = &service.app;
    let mut tx = app.db.begin().await?;
    let Consultation { id, resident, .. } = consultation;
    let entry = entry(app, who.actor(), "consultation.read", *resident, *id, who.request);
    audit::append(&mut tx, audit::Entry { reason: Some(reason), ..entry }).await?;
    Ok(tx.commit().await?)
}

/// The fields of a consultation that are masked for somebody.
fn hidden(who: &Doctor<'_>, consultation: &Consultation, revealed: &Fields) -> Fields {
    let site = consultation.site();
    [Field::Name, Field::Diagnosis]
        .into_iter()
        .filter(|field| !revealed.contains(field) && !who.right.shows(*field, &site))
        .collect()
}

fn masked(resident: Resident, hidden: &Fields) -> Resident {
    let is_hidden = hidden.contains(&Field::Name);
    let name = if is_hidden { ui::mask::name(&resident.name) } else { resident.name };
    Resident { name, ..resident }
}

async fn find_resident(service: &Service, id: Uuid) -> Result<Resident, PreconsultError> {
    Ok(people::service::find_resident(&service.app, id).await?.ok_or(PeopleError::NotFound)?)
}
