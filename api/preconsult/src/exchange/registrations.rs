//! Registrations are taken over from each hospital's HIS, so that patients are asked before the visit (PI-01).

use std::collections::BTreeSet;

use gateways::{
    GatewayError, Gateways, Person,
    his::{His, Registration, RegistrationState, VisitKind},
};
use people::{PeopleError, identity::IdNumber};
use platform::App;
use uuid::Uuid;

use super::store::registrations as store;
use crate::{
    PreconsultError, Service,
    model::{EntryKind, Intake, Visit, VisitState},
    service::{self, Registered},
};

/// Most pages of one institution in one look, so that a long list holds nobody else up.
const MOST_PAGES: usize = 50;

/// What one look brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Synced {
    pub n_new: usize,
    pub n_changed: usize,
    /// Of people who are not with the platform, or for a department that is not known.
    pub n_left: usize,
}

/// Takes over what changed in every hospital since the last look. A hospital that does not answer is left for the next
/// look; the others go on.
pub async fn sync(service: &Service, gateways: &Gateways) -> Result<Synced, PreconsultError> {
    let Some(his) = &gateways.his else { return Ok(Synced::default()) };
    let departments = people::service::list_departments(&service.app).await?;
    let institutions: BTreeSet<&str> =
        departments.iter().map(|department| department.institution.as_str()).collect();
    let mut synced = Synced::default();
    for institution in institutions {
        match sync_one(service, his.as_ref(), institution, &mut synced).await {
            Ok(()) | Err(Fault::Outside(GatewayError::NotConfigured { .. })) => {}
            Err(Fault::Outside(error)) => {
                tracing::warn!(institution, %error, "the HIS does not tell its registrations");
                store::note_fault(&service.app, institution, &error.to_string()).await?;
            }
            Err(Fault::Inside(error)) => return Err(error),
        }
    }
    Ok(synced)
}

enum Fault {
    Outside(GatewayError),
    Inside(PreconsultError),
}

impl<E: Into<PreconsultError>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::Inside(error.into())
    }
}

async fn sync_one(
    service: &Service,
    his: &dyn His,
    institution: &str,
    synced: &mut Synced,
) -> Result<(), Fault> {
    let app = &service.app;
    let mut cursor = store::find(app, institution).await?.and_then(|progress| progress.cursor);
    for _ in 0..MOST_PAGES {
        let page = his.list_registrations(institution, cursor.as_deref()).await.map_err(Fault::Outside)?;
        for registration in &page.items {
            match visit_of(service, registration).await? {
                None => synced.n_left += 1,
                Some(visit) => match service::register(service, &visit).await {
                    Ok(Registered::New) => synced.n_new += 1,
                    Ok(Registered::Changed) => synced.n_changed += 1,
                    Ok(Registered::Known) => {}
                    Err(PreconsultError::NoSuchDepartment) => {
                        let department = registration.department.as_str();
                        tracing::warn!(institution, department, "a registration for an unknown department");
                        synced.n_left += 1;
                    }
                    Err(error) => return Err(error.into()),
                },
            }
        }
        // The page is taken; what comes again after a crash is known by its number.
        store::save(app, institution, &page.next).await?;
        let is_over = !page.has_more || cursor.as_ref() == Some(&page.next);
        cursor = Some(page.next);
        if is_over {
            break;
        }
    }
    Ok(())
}

async fn visit_of(service: &Service, of: &Registration) -> Result<Option<Visit>, PreconsultError> {
    let Some(resident) = resident(&service.app, &of.person).await? else { return Ok(None) };
    let complaint = of.complaint.as_deref().and_then(|words| service::complaint_of(&service.engine, words));
    let is_first = Some(of.kind == VisitKind::First);
    Ok(Some(Visit {
        id: service.app.new_id(),
        resident,
        institution: of.institution.clone(),
        department: of.department.clone(),
        doctor: doctor(&service.app, of.doctor.as_deref()).await?,
        number: of.number.clone(),
        intake: Intake { complaint, is_first, ..Intake::default() },
        scheduled_at: of.scheduled_at,
        entry: EntryKind::Registration,
        state: match of.state {
            RegistrationState::Registered => VisitState::Registered,
            RegistrationState::Cancelled => VisitState::Cancelled,
            RegistrationState::Attended => VisitState::Attended,
        },
    }))
}

/// Who it is here: by the district's number, else by the ID number.
async fn resident(app: &App, person: &Person) -> Result<Option<Uuid>, PreconsultError> {
    if let Some(id) = person.index.as_deref().and_then(|index| index.parse().ok())
        && people::service::find_resident(app, id).await?.is_some()
    {
        return Ok(Some(id));
    }
    match person.id_number.as_deref().and_then(|number| IdNumber::parse(number).ok()) {
        Some(number) => Ok(people::service::find_by_id_number(app, &number).await?),
        None => Ok(None),
    }
}

async fn doctor(app: &App, number: Option<&str>) -> Result<Option<Uuid>, PeopleError> {
    match number.and_then(|number| number.parse().ok()) {
        Some(id) => Ok(people::service::find_staff(app, id).await?.map(|doctor| doctor.id)),
        None => Ok(None),
    }
}
