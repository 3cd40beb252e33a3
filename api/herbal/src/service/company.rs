//! From payment to the patient's hands: which company gets a prescription, and what it does.

use platform::{App, Tx, audit};
use uuid::Uuid;

use super::{
    advance, entry,
    hospital::{Whole, whole},
};
use crate::{
    HerbalError, Service,
    model::{Detail, Event, Order, Pharmacist, State, Step},
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

/// What a patient shows when fetching the medicine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Proof<'a> {
    pub(crate) name: &'a str,
    /// The last four characters of the ID number.
    pub(crate) tail: &'a str,
    /// Number of the receipt.
    pub(crate) receipt: &'a str,
}

/// Gives a paid prescription to the company that has had least of its share; to none where none may have it.
pub(crate) async fn dispatch(app: &App, tx: &mut Tx, order: &mut Order) -> Result<(), HerbalError> {
    let candidates = store::list_candidates(tx, &order.institution, order.id).await?;
    // The one with the fewest for each of its parts; of equal ones the first by code.
    let least = candidates
        .into_iter()
        .reduce(|best, one| if one.n * best.parts < best.n * one.parts { one } else { best });
    let Some(chosen) = least else { return Ok(()) };
    order.company = Some(chosen.company);
    let detail = Detail { place: chosen.name, ..Detail::default() };
    advance(app, tx, order, Event::Dispatched, ("dispatch", "系统派单"), &detail).await
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
    who: &Pharmacist<'_>,
    company: &Company,
    id: Uuid,
) -> Result<Whole, HerbalError> {
    let app = &service.app;
    let found = store::find_order(&app.db, id).await?;
    let order = of_company(found, company)?;
    let whole = whole(service, order).await?;
    let mut tx = app.db.begin().await?;
    let entry = entry(app, who.right.actor(), "prescription.process_read", &whole.order, who.request);
    audit::append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(whole)
}

/// What the company may do next.
pub(crate) fn choices(order: &Order) -> Vec<Event> {
    let own = [Event::Accepted, Event::Declined, Event::Bounced, Event::Received, Event::PickedUp];
    let all = own.into_iter().chain(Step::ALL.map(Event::Did));
    all.filter(|event| order.state.after(*event).is_ok() && fits(order, *event)).collect()
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

/// The company did something with a prescription; the hospital hears of it.
pub(crate) async fn process(
    service: &Service,
    who: &Pharmacist<'_>,
    (id, seen): (Uuid, i64),
    (event, detail): (Event, &Detail),
    proof: &Proof<'_>,
) -> Result<(), HerbalError> {
    let app = &service.app;
    let company = company_of(service, who).await?;
    if event == Event::PickedUp {
        check_proof(service, &company, id, proof).await?;
    }
    if event == Event::Declined && detail.reason.trim().chars().count() < 2 {
        return Err(HerbalError::Refused("拒单要写明原因，平台会派给别的企业。"));
    }
    let staff = people::service::find_staff(app, who.right.id()).await?;
    let name = format!("{} {}", company.name, staff.map(|staff| staff.name).unwrap_or_default());
    let mut tx = app.db.begin().await?;
    let mut order = of_company(store::lock_order(&mut tx, id).await?, &company)?;
    // A second tap, or a colleague: the step was done already.
    if order.n_events != seen {
        return Err(HerbalError::Outdated);
    }
    if !choices(&order).contains(&event) {
        return Err(HerbalError::WrongState { state: order.state, event });
    }
    if event == Event::Declined {
        order.company = None;
    }
    advance(app, &mut tx, &mut order, event, (&company.code, &name), detail).await?;
    if event == Event::Declined {
        dispatch(app, &mut tx, &mut order).await?;
    }
    let mut entry = entry(app, who.right.actor(), "prescription.process", &order, who.request);
    entry.reason = Some(event.text());
    audit::append(&mut tx, entry).await?;
    Ok(tx.commit().await?)
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
    let number = patient.id_number.as_deref().or(patient.card.as_deref()).unwrap_or("").to_ascii_uppercase();
    if tail.len() != 4 || !number.ends_with(&tail) {
        return Err(HerbalError::Refused("证件号（或社保卡号）后四位与处方不符，请核对证件，不能发药。"));
    }
    let paid = whole.steps.iter().rev().find(|step| step.event == Event::Paid);
    let receipt = paid.map(|step| step.detail.receipt.as_str()).unwrap_or_default();
    if !receipt.is_empty() && receipt != proof.receipt.trim() {
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
