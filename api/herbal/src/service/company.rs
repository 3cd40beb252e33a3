//! From dispatch to the patient's hands: what a company does.

use axum::http::StatusCode;
use platform::{
    App, Tx,
    audit::{self, Actor},
    http::RequestId,
    idempotency::SavedAnswer,
};
use uuid::Uuid;

use super::{
    Answer, Once, advance, dispatch,
    dispatch::document_of,
    entry,
    hospital::{Whole, whole},
};
use crate::{
    HerbalError, Service,
    model::{Detail, Document, Event, Order, Pharmacist, State, Step},
    store,
};

/// Most rows of a company's list.
const MOST: i64 = 200;

/// The company somebody works for: code and name.
#[derive(Debug, Clone)]
pub(crate) struct Company {
    pub(crate) code: String,
    pub(crate) name: String,
}

/// Who acts for a company: one of its people, or its own program.
#[derive(Debug, Clone)]
pub(crate) struct Hand<'a> {
    pub(crate) company: &'a Company,
    pub(crate) actor: Actor,
    /// Name of who did it; may be empty.
    pub(crate) by: &'a str,
    pub(crate) request: &'a RequestId,
}

/// What a patient shows when fetching the medicine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Proof<'a> {
    pub(crate) name: &'a str,
    /// The last four characters of the ID number.
    pub(crate) tail: &'a str,
    /// Number of the receipt.
    pub(crate) receipt: &'a str,
}

/// The company of whoever asks; refused to who works for none.
pub(crate) async fn company_of(service: &Service, who: &Pharmacist<'_>) -> Result<Company, HerbalError> {
    let found = store::find_company_of(&service.app.db, who.right.id()).await?;
    let (code, name) =
        found.ok_or(HerbalError::Refused("您还没有登记为哪家服务企业的人员。请联系区平台管理员登记。"))?;
    Ok(Company { code, name })
}

/// What the company has to do, oldest first; or what it has done, newest first.
pub(crate) async fn list_orders(
    service: &Service,
    company: &Company,
    is_open: bool,
) -> Result<Vec<Order>, HerbalError> {
    store::list_of_company(&service.app.db, &company.code, is_open, MOST).await
}

/// One prescription of the company; its reading stands in the audit trail.
pub(crate) async fn open_order(
    service: &Service,
    (reader, request): (Actor, &RequestId),
    company: &Company,
    id: Uuid,
) -> Result<Whole, HerbalError> {
    let app = &service.app;
    let found = store::find_order(&app.db, id).await?;
    let order = of_company(found, company)?;
    let whole = whole(service, order).await?;
    let mut tx = app.db.begin().await?;
    let entry = entry(app, reader, "prescription.process_read", &whole.order, request);
    audit::append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(whole)
}

/// What a company may tell of its work.
pub(crate) const OF_COMPANY: [Event; 12] = [
    Event::Accepted,
    Event::Declined,
    Event::Bounced,
    Event::Received,
    Event::PickedUp,
    Event::Did(Step::Dispensed),
    Event::Did(Step::Checked),
    Event::Did(Step::Soaked),
    Event::Did(Step::Decocted),
    Event::Did(Step::Packed),
    Event::Did(Step::Shipped),
    Event::Did(Step::Ready),
];

/// What the company may do next.
pub(crate) fn possible(order: &Order) -> Vec<Event> {
    let can_be = |event: &Event| order.state.after(*event).is_ok() && fits(order, *event);
    OF_COMPANY.into_iter().filter(can_be).collect()
}

/// Whether a step belongs to how this prescription is made and handed over.
fn fits(order: &Order, event: Event) -> bool {
    match event {
        Event::Did(Step::Soaked | Step::Decocted) => order.is_decocted,
        // What is to be decocted is not packed before.
        Event::Did(Step::Packed) => !order.is_decocted || order.state != State::Made(Step::Checked),
        Event::Did(Step::Shipped) => order.is_home,
        Event::Did(Step::Ready) => !order.is_home,
        _ => true,
    }
}

/// Somebody at a company's screen did something with a prescription.
pub(crate) async fn process(
    service: &Service,
    who: &Pharmacist<'_>,
    (id, seen): (Uuid, i64),
    (event, detail): (Event, &Detail),
    proof: &Proof<'_>,
) -> Result<(), HerbalError> {
    let app = &service.app;
    let company = company_of(service, who).await?;
    let staff = people::service::find_staff(app, who.right.id()).await?;
    let by = staff.map(|staff| staff.name).unwrap_or_default();
    let hand = Hand { company: &company, actor: who.right.actor(), by: &by, request: who.request };
    let document = ready(service, &hand, id, (event, detail), proof).await?;
    let mut tx = app.db.begin().await?;
    take_step(app, &mut tx, &hand, (id, Some(seen)), (event, detail), &document).await?;
    Ok(tx.commit().await?)
}

/// The company's own program did something with a prescription; told twice under one key it is done once.
pub(crate) async fn process_told(
    service: &Service,
    hand: &Hand<'_>,
    once: &Once<'_>,
    id: Uuid,
    (event, detail): (Event, &Detail),
    proof: &Proof<'_>,
) -> Result<SavedAnswer, HerbalError> {
    let app = &service.app;
    let scope = format!("herbal.process/{}/{id}", hand.company.code);
    let mut tx = app.db.begin().await?;
    // What was done before is answered as before, also when the order has gone on since.
    if let Some(saved) = once.claim(service, &mut tx, &scope).await? {
        return Ok(saved);
    }
    tx.rollback().await?;
    let document = ready(service, hand, id, (event, detail), proof).await?;
    let mut tx = app.db.begin().await?;
    if let Some(saved) = once.claim(service, &mut tx, &scope).await? {
        return Ok(saved);
    }
    let order = take_step(app, &mut tx, hand, (id, None), (event, detail), &document).await?;
    let saved = once.save(&mut tx, &scope, (StatusCode::OK, &Answer::of(&order, Vec::new()))).await?;
    tx.commit().await?;
    Ok(saved)
}

/// Whether a step may be taken as far as no lock is needed to tell; gives what is to be made.
async fn ready(
    service: &Service,
    hand: &Hand<'_>,
    id: Uuid,
    (event, detail): (Event, &Detail),
    proof: &Proof<'_>,
) -> Result<Document, HerbalError> {
    let app = &service.app;
    if event == Event::PickedUp {
        check_proof(service, hand.company, id, proof).await?;
    }
    let says_why = detail.reason.trim().chars().count() >= 2;
    if event == Event::Declined && !says_why {
        return Err(HerbalError::Refused("拒单要写明原因，平台会派给别的企业。"));
    }
    if event == Event::Bounced && !says_why {
        return Err(HerbalError::Refused("没有送到要写明原因，患者和医院会看到。"));
    }
    if event == Event::Did(Step::Shipped) && detail.place.trim().is_empty() {
        return Err(HerbalError::Refused("寄出要写明由谁配送：快递公司，或“自送”和送货人电话。"));
    }
    let known = of_company(store::find_order(&app.db, id).await?, hand.company)?;
    document_of(app, &known).await
}

/// Takes a step of the company; the hospital hears of it.
async fn take_step(
    app: &App,
    tx: &mut Tx,
    hand: &Hand<'_>,
    (id, seen): (Uuid, Option<i64>),
    (event, detail): (Event, &Detail),
    document: &Document,
) -> Result<Order, HerbalError> {
    let mut order = of_company(store::lock_order(tx, id).await?, hand.company)?;
    // A second tap, or a colleague: the step was done already.
    if seen.is_some_and(|seen| order.n_events != seen) {
        return Err(HerbalError::Outdated);
    }
    if !possible(&order).contains(&event) {
        return Err(HerbalError::WrongState { state: order.state, event });
    }
    if event == Event::Declined {
        order.company = None;
    }
    let name = format!("{} {}", hand.company.name, hand.by);
    advance(app, tx, &mut order, event, (&hand.company.code, name.trim()), detail).await?;
    if event == Event::Declined {
        dispatch(app, tx, &mut order, document).await?;
    }
    let mut entry = entry(app, hand.actor.clone(), "prescription.process", &order, hand.request);
    entry.reason = Some(event.text());
    audit::append(tx, entry).await?;
    Ok(order)
}

/// Name, end of the ID number and receipt against what is known.
async fn check_proof(
    service: &Service,
    company: &Company,
    id: Uuid,
    proof: &Proof<'_>,
) -> Result<(), HerbalError> {
    let order = of_company(store::find_order(&service.app.db, id).await?, company)?;
    let whole = whole(service, order).await?;
    let patient = &whole.version.document.patient;
    if proof.name.trim() != patient.name {
        return Err(HerbalError::Refused("姓名与处方不符，请核对证件，不能发药。"));
    }
    let tail = proof.tail.trim().to_ascii_uppercase();
    // Whoever was prescribed for without a document is known by the phone alone.
    let numbers = [&patient.id_number, &patient.card, &patient.phone];
    let number = numbers.into_iter().flatten().find(|number| number.len() >= 4);
    let Some(number) = number else {
        return Err(HerbalError::Refused(
            "处方上没有证件号、社保卡号或手机号，无法核对身份。请联系开方医院补全处方后再发药。",
        ));
    };
    if tail.len() != 4 || !number.to_ascii_uppercase().ends_with(&tail) {
        return Err(HerbalError::Refused(
            "证件号（没有时为社保卡号、手机号）后四位与处方不符，请核对证件，不能发药。",
        ));
    }
    let paid = whole.steps.iter().rev().find(|step| step.event == Event::Paid);
    let receipt = paid.map(|step| step.detail.receipt.as_str()).unwrap_or_default();
    let shown = proof.receipt.trim();
    if receipt.is_empty() && shown.is_empty() {
        return Err(HerbalError::Refused("医院没有传来收据号，请核对收据并填写收据号。"));
    }
    if !receipt.is_empty() && receipt != shown {
        return Err(HerbalError::Refused("收据号与缴费记录不符，请核对收据，不能发药。"));
    }
    Ok(())
}

/// The steps of a packet for whoever scans its label: nothing of the patient, nothing of what is in it.
pub(crate) async fn trace(service: &Service, id: Uuid) -> Result<Whole, HerbalError> {
    let order = store::find_order(&service.app.db, id).await?.ok_or(HerbalError::NotFound)?;
    let is_made = matches!(
        order.state,
        State::Made(_) | State::Received | State::PickedUp | State::RefundRequested { .. }
    );
    if !is_made {
        return Err(HerbalError::NotFound);
    }
    whole(service, order).await
}

fn of_company(found: Option<Order>, company: &Company) -> Result<Order, HerbalError> {
    found.filter(|order| order.company.as_ref() == Some(&company.code)).ok_or(HerbalError::NotFound)
}
