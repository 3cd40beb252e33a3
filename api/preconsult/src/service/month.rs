//! What rules were asked of the consultations of a span, without the persons.

use chrono::{DateTime, Days, NaiveDate, Utc};
use people::Department;
use platform::rights::{Reach, Scope};
use rules::matching::{Matcher, Visit};
use uuid::Uuid;

use super::matching::{Occasion, doctor, facts};
use crate::{PreconsultError, Service, store};

/// Consultations opened at a time.
const N_AT_ONCE: u32 = 500;

/// Which consultations: begun in a span, within somebody's reach.
#[derive(Debug, Clone, Copy)]
pub struct Within<'a> {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub scope: Scope,
    pub reach: &'a Reach,
}

/// What rules are given of a consultation that was.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Names for people.
    pub institution: String,
    pub department: String,
    /// For one set of rules and for another.
    pub given: [Visit; 2],
}

/// How many there are.
pub async fn count_asked(service: &Service, within: Within<'_>) -> Result<i64, PreconsultError> {
    let reach = within.scope.predicate(within.reach, &store::COLUMNS);
    store::count_begun(&service.app, reach, (within.from, within.until)).await
}

/// The next ones after `after`, with the last of them; None when these are the last. The caller audits the reading.
pub async fn list_asked(
    service: &Service,
    within: Within<'_>,
    after: Option<Uuid>,
    rules: [&Matcher; 2],
) -> Result<(Vec<Asked>, Option<Uuid>), PreconsultError> {
    let reach = within.scope.predicate(within.reach, &store::COLUMNS);
    let span = (within.from, within.until);
    let found = store::list_begun(&service.app, reach, span, after, N_AT_ONCE).await?;
    let departments = people::service::list_departments(&service.app).await?;
    let mut asked = Vec::with_capacity(found.len());
    for consultation in &found {
        let is_it = |known: &&Department| {
            known.institution == consultation.institution && known.code == consultation.department
        };
        let department = departments.iter().find(is_it).ok_or(PreconsultError::NoSuchDepartment)?;
        let days = consultation.plan.today.and_then(|days| u64::try_from(days).ok());
        let today = days.and_then(|days| NaiveDate::default().checked_add_days(Days::new(days)));
        let mut given = [Visit::default(), Visit::default()];
        for (given, matcher) in given.iter_mut().zip(rules) {
            let doctor = doctor(service, matcher, consultation.visit).await?;
            let about = Occasion {
                department,
                profile: &consultation.profile,
                intake: &consultation.plan.intake,
                today: today.unwrap_or_else(|| consultation.created_at.date_naive()),
                doctor: doctor.as_deref(),
            };
            *given = facts(matcher, &about);
        }
        asked.push(Asked {
            institution: department.institution_name.clone(),
            department: department.name.clone(),
            given,
        });
    }
    let is_full = found.len() == N_AT_ONCE as usize;
    Ok((asked, found.last().map(|last| last.id).filter(|_| is_full)))
}
