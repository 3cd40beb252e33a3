//! Checking the record: changing a section, sending it.

use engine::Interview;
use people::message::{self, Notice};
use platform::{audit, db::retry};
use rules::quality::{Finding, Level, Point};
use uuid::Uuid;

use super::{Taken, dialogue, entry, find_own};
use crate::{
    PreconsultError, Service, exchange,
    model::{Amendment, Consultation, Event, MAX_ANSWER, Part, Patient, State, StoredRecord, cleaned},
    store::{self, Change},
};

/// Changes a section of the record, based on the consultation's `version`; the text before is kept.
pub async fn amend(
    service: &Service,
    who: Patient<'_>,
    id: Uuid,
    (part, version): (Part, i64),
    text: &str,
) -> Result<Taken, PreconsultError> {
    let text = cleaned(text);
    let length = text.chars().count();
    if length > MAX_ANSWER {
        return Err(PreconsultError::TooLong { length });
    }
    if text.is_empty() {
        let note = "这一部分不能空着。如果没有相关情况，请写“没有”；不清楚请写“不清楚”。".into();
        return Err(PreconsultError::NothingSaid { note });
    }
    retry(|| amend_once(service, who, id, (part, version), &text)).await
}

async fn amend_once(
    service: &Service,
    who: Patient<'_>,
    id: Uuid,
    (part, version): (Part, i64),
    text: &str,
) -> Result<Taken, PreconsultError> {
    let app = &service.app;
    let consultation = find_own(service, who.id, id).await?;
    let state = consultation.state.after(Event::Amended, app.now())?;
    let record = store::find_record(app, id).await?.ok_or(PreconsultError::NotFound)?;
    let before = record.text(part);
    if before == text {
        return Ok(Taken::Before);
    }
    if consultation.version != version {
        return Err(PreconsultError::OutdatedVersion);
    }
    let amendment = Amendment { part, before, after: text.to_owned(), by: who.id, at: app.now() };
    let chief_complaint = (part == Part::ChiefComplaint).then_some(text);
    let mut tx = app.db.begin().await?;
    let change = Change { triage: None, chief_complaint };
    store::update_consultation(app, &mut tx, &consultation, state, change).await?;
    store::insert_amendment(app, &mut tx, record.id, &amendment).await?;
    audit::append(&mut tx, entry(app, who.actor(), "consultation.amend", who.id, id, who.request)).await?;
    tx.commit().await?;
    Ok(Taken::Now)
}

/// What the quality rules find in the record as it stands, gravest first.
pub async fn hints(service: &Service, who: Patient<'_>, id: Uuid) -> Result<Vec<Finding>, PreconsultError> {
    let consultation = find_own(service, who.id, id).await?;
    let turns = store::list_turns(&service.app, id).await?;
    let interview = dialogue::resumed(service, &consultation, &turns).await?;
    let record = store::find_record(&service.app, id).await?.ok_or(PreconsultError::NotFound)?;
    Ok(findings(service, &consultation, &interview, &record, Point::Submission))
}

/// What was read from a patient's free words may be misread: it is only a remark there, so that nobody is locked out.
/// What was ticked and typed into a questionnaire has to be put right.
pub(super) fn findings(
    service: &Service,
    consultation: &Consultation,
    interview: &Interview,
    record: &StoredRecord,
    point: Point,
) -> Vec<Finding> {
    let texts: Vec<_> = Part::all().map(|part| (part.title(), record.text(part))).collect();
    let about = consultation.plan.about();
    let mut found = service.engine.control(interview, about, &texts, point, true);
    if consultation.plan.questionnaires.is_empty() {
        for finding in &mut found {
            finding.level = finding.level.max(Level::Warn);
        }
    }
    found
}

/// Sends the record to the doctor, in the `version` the resident has seen; refused while a rule blocks it.
pub async fn confirm(
    service: &Service,
    who: Patient<'_>,
    id: Uuid,
    version: i64,
) -> Result<Taken, PreconsultError> {
    retry(|| confirm_once(service, who, id, version)).await
}

async fn confirm_once(
    service: &Service,
    who: Patient<'_>,
    id: Uuid,
    version: i64,
) -> Result<Taken, PreconsultError> {
    let app = &service.app;
    let consultation = find_own(service, who.id, id).await?;
    if matches!(consultation.state, State::Submitted { .. }) {
        return Ok(Taken::Before);
    }
    let state = consultation.state.after(Event::Confirmed, app.now())?;
    if consultation.version != version {
        return Err(PreconsultError::OutdatedVersion);
    }
    let mut blocking = hints(service, who, id).await?;
    blocking.retain(|finding| finding.level == Level::Block);
    if !blocking.is_empty() {
        return Err(PreconsultError::Blocked(blocking));
    }
    let mut tx = app.db.begin().await?;
    store::update_consultation(app, &mut tx, &consultation, state, Change::default()).await?;
    exchange::on_confirmed(app, &mut tx, &consultation).await?;
    audit::append(&mut tx, entry(app, who.actor(), "consultation.confirm", who.id, id, who.request)).await?;
    let dedup = format!("preconsult.submitted/{id}");
    let notice = Notice {
        resident: who.id,
        template: "preconsult.submitted",
        values: &[],
        link: "/health",
        dedup: &dedup,
    };
    message::notify(app, &mut tx, notice).await?;
    tx.commit().await?;
    Ok(Taken::Now)
}
