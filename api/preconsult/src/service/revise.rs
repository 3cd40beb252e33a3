//! Checking the record: changing a section, sending it.

use people::message::{self, Notice};
use platform::{audit, db::retry};
use uuid::Uuid;

use super::{Taken, entry, find_own};
use crate::{
    PreconsultError, Service, exchange,
    model::{Amendment, Event, MAX_ANSWER, Part, Patient, State, cleaned},
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

/// Sends the record to the doctor, in the `version` the resident has seen.
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
