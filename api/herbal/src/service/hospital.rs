//! What a hospital asks of and tells about its prescriptions.

use axum::http::StatusCode;
use platform::{audit, idempotency::SavedAnswer};

use super::{Answer, Once, advance, charge, dispatch, dispatch::document_of, entry};
use crate::{
    HerbalError, Service,
    model::{Charged, Detail, Document, Event, Happened, Hospital, Order, Verdict, Version},
    store,
};

/// Everything of a prescription.
pub(crate) struct Whole {
    pub(crate) order: Order,
    pub(crate) version: Version,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) steps: Vec<Happened>,
}

/// Where a prescription of this hospital stands, with all its steps.
pub(crate) async fn read(service: &Service, who: Hospital<'_>, number: &str) -> Result<Whole, HerbalError> {
    let app = &service.app;
    let order = store::find_numbered(&app.db, who.institution, number).await?.ok_or(HerbalError::NotFound)?;
    let whole = whole(service, order).await?;
    let mut tx = app.db.begin().await?;
    audit::append(&mut tx, entry(app, who.actor(), "prescription.state", &whole.order, who.request)).await?;
    tx.commit().await?;
    Ok(whole)
}

pub(crate) async fn whole(service: &Service, order: Order) -> Result<Whole, HerbalError> {
    let app = &service.app;
    let mut version = store::find_version(app, &app.db, order.id, order.version).await?;
    let verdict = store::find_verdict(app, &app.db, version.id).await?;
    let steps = store::list_events(app, &app.db, order.id).await?;
    delivered_as(&mut version.document, &steps);
    Ok(Whole { order, version, verdict, steps })
}

/// Puts the delivery in force into the document: as changed after it was prescribed, where it was.
pub(super) fn delivered_as(document: &mut Document, steps: &[Happened]) {
    let newest = steps.iter().map(|step| step.version).max();
    let mut of_version = steps.iter().rev().filter(|step| Some(step.version) == newest);
    if let Some(delivery) = of_version.find_map(|step| step.detail.delivery.as_ref()) {
        document.delivery = delivery.clone();
    }
}

/// Something the hospital did or decided: paid, cancelled, a refund asked for, decided, paid back.
pub(crate) async fn act(
    service: &Service,
    who: Hospital<'_>,
    once: &Once<'_>,
    number: &str,
    (event, by, detail): (Event, &str, &Detail),
    charged: Option<&Charged>,
) -> Result<SavedAnswer, HerbalError> {
    let app = &service.app;
    let scope = format!("herbal.{}/{}/{number}", event.name(), who.institution);
    let known = store::find_numbered(&app.db, who.institution, number).await?.ok_or(HerbalError::NotFound)?;
    let document = document_of(app, &known).await?;
    let mut tx = app.db.begin().await?;
    if let Some(saved) = once.claim(service, &mut tx, &scope).await? {
        return Ok(saved);
    }
    let order = store::lock_numbered(&mut tx, who.institution, number).await?;
    let mut order = order.ok_or(HerbalError::NotFound)?;
    let by = if by.is_empty() { who.institution } else { by };
    advance(app, &mut tx, &mut order, event, (who.institution, by), detail).await?;
    if event == Event::Paid {
        if order.version != known.version {
            return Err(HerbalError::Outdated);
        }
        charge::keep(app, &mut tx, (&order, &document), charged).await?;
        dispatch(app, &mut tx, &mut order, &document).await?;
    }
    let saved = once.save(&mut tx, &scope, (StatusCode::OK, &Answer::of(&order, Vec::new()))).await?;
    audit::append(&mut tx, entry(app, who.actor(), action(event), &order, who.request)).await?;
    tx.commit().await?;
    Ok(saved)
}

fn action(event: Event) -> &'static str {
    match event {
        Event::Paid => "prescription.pay",
        Event::Cancelled => "prescription.cancel",
        Event::Refunded => "prescription.refund",
        _ => "prescription.refund_decide",
    }
}
