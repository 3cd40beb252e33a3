//! Beginning, going on with and looking at one's own consultations.

use engine::{Interview, Profile, Sex, Step};
use people::{Department, PeopleError, Resident};
use platform::{audit, db::retry};
use uuid::Uuid;

use super::{dialogue, entry, find_own, matching};
use crate::{
    PreconsultError, Service,
    model::{Consultation, Event, Opening, Patient, State, StoredRecord, StoredTurn},
    store::{self, Change},
};

/// Most consultations shown in a history.
const HISTORY: i64 = 100;

/// A consultation to go on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun {
    pub id: Uuid,
    /// False when the resident had an open one.
    pub is_new: bool,
}

/// Everything a resident may see of one's own consultation; no suspects.
#[derive(Debug, Clone)]
pub struct Own {
    pub consultation: Consultation,
    /// In the order they were answered, voided ones among them.
    pub turns: Vec<StoredTurn>,
    /// As the valid turns make it.
    pub interview: Interview,
    /// From the end of the questions on.
    pub record: Option<StoredRecord>,
}

/// Goes on with the consultation of the registration, or with the open one, or begins one: the rules choose what it
/// asks.
pub async fn begin(service: &Service, who: Patient<'_>, opening: &Opening) -> Result<Begun, PreconsultError> {
    retry(|| begin_once(service, who, opening)).await
}

async fn begin_once(
    service: &Service,
    who: Patient<'_>,
    opening: &Opening,
) -> Result<Begun, PreconsultError> {
    let app = &service.app;
    let known = match opening.visit {
        Some(visit) => store::find_of_visit(app, visit).await?,
        None => store::find_open_without_visit(app, who.id).await?,
    };
    if let Some(known) = known {
        return Ok(Begun { id: known.id, is_new: false });
    }
    let departments = people::service::list_departments(app).await?;
    let is_it =
        |known: &&Department| known.institution == opening.institution && known.code == opening.department;
    let department = departments.iter().find(is_it).ok_or(PreconsultError::NoSuchDepartment)?;
    let resident = people::service::find_resident(app, who.id).await?.ok_or(PeopleError::NotFound)?;
    let now = app.now();
    let profile = profile(service, &resident)?;
    let consultation = Consultation {
        id: app.new_id(),
        resident: who.id,
        institution: opening.institution.clone(),
        department: opening.department.clone(),
        visit: opening.visit,
        entry: opening.entry,
        plan: matching::plan(service, department, &profile, (&opening.intake, opening.visit)).await?,
        state: State::Asking,
        version: 1,
        profile,
        triage_level: None,
        n_flags: 0,
        chief_complaint: None,
        created_at: now,
        updated_at: now,
    };
    let mut tx = app.db.begin().await?;
    if !store::insert_consultation(app, &mut tx, &consultation, &service.engine.kb().release).await? {
        // Two taps on “start” met; the other one was first.
        return Err(PreconsultError::Raced);
    }
    audit::append(
        &mut tx,
        entry(app, who.actor(), "consultation.begin", who.id, consultation.id, who.request),
    )
    .await?;
    tx.commit().await?;
    Ok(Begun { id: consultation.id, is_new: true })
}

/// Gives the open consultation up; its answers stay stored, out of the resident's lists and the doctor's.
pub async fn restart(service: &Service, who: Patient<'_>, id: Uuid) -> Result<(), PreconsultError> {
    retry(|| restart_once(service, who, id)).await
}

async fn restart_once(service: &Service, who: Patient<'_>, id: Uuid) -> Result<(), PreconsultError> {
    let app = &service.app;
    let consultation = find_own(service, who.id, id).await?;
    if matches!(consultation.state, State::Abandoned { .. }) {
        return Ok(());
    }
    let state = consultation.state.after(Event::Restarted, app.now())?;
    let mut tx = app.db.begin().await?;
    store::update_consultation(app, &mut tx, &consultation, state, Change::default()).await?;
    audit::append(&mut tx, entry(app, who.actor(), "consultation.restart", who.id, id, who.request)).await?;
    tx.commit().await?;
    Ok(())
}

/// The consultation the resident can go on with.
pub async fn find_open(service: &Service, resident: Uuid) -> Result<Option<Consultation>, PreconsultError> {
    store::find_open(&service.app, resident).await
}

/// The resident's consultations, newest first.
pub async fn list_own(service: &Service, resident: Uuid) -> Result<Vec<Consultation>, PreconsultError> {
    store::list_of_resident(&service.app, resident, HISTORY).await
}

/// One's own consultation as it stands.
///
/// A dialogue that has nothing more to ask under a newer release of the knowledge is brought to its end here.
pub async fn read_own(service: &Service, resident: Uuid, id: Uuid) -> Result<Own, PreconsultError> {
    retry(|| read_own_once(service, resident, id)).await
}

async fn read_own_once(service: &Service, resident: Uuid, id: Uuid) -> Result<Own, PreconsultError> {
    let app = &service.app;
    let mut consultation = find_own(service, resident, id).await?;
    let turns = store::list_turns(app, id).await?;
    let interview = dialogue::resumed(service, &consultation, &turns).await?;
    if consultation.state == State::Asking && matches!(interview.step(), Step::Emergency | Step::Done) {
        let mut tx = app.db.begin().await?;
        (_, consultation) = dialogue::conclude(service, &mut tx, &consultation, &interview).await?;
        tx.commit().await?;
    }
    let record = match consultation.state {
        State::Asking => None,
        _ => store::find_record(app, id).await?,
    };
    Ok(Own { consultation, turns, interview, record })
}

/// The same by id.
pub(super) async fn profile_of(service: &Service, resident: Uuid) -> Result<Profile, PreconsultError> {
    let resident =
        people::service::find_resident(&service.app, resident).await?.ok_or(PeopleError::NotFound)?;
    profile(service, &resident)
}

/// A resident as decisions need them.
pub fn profile(service: &Service, resident: &Resident) -> Result<Profile, PreconsultError> {
    let age_months = resident.age_in_months(service.app.clock.today()).ok_or(PreconsultError::Unborn)?;
    let sex = match resident.sex {
        people::Sex::Female => Some(Sex::Female),
        people::Sex::Male => Some(Sex::Male),
        people::Sex::Unknown => None,
    };
    Ok(Profile { age_months, sex })
}
