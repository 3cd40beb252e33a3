//! What can be done with prescriptions; one function per use case.
//!
//! A use case locks the prescription, decides, writes state, event, what the hospital has to hear and the audit row in
//! one transaction.

mod audit_desk;
mod charge;
mod clock;
mod company;
mod desk;
mod dispatch;
mod hospital;
mod patient;
mod site;
mod told;
mod upload;

use chrono::TimeDelta;
use platform::{
    App, Tx,
    audit::{self, Actor, Outcome},
    http::RequestId,
    jobs,
};
use uuid::Uuid;

pub use audit_desk::{Opened, Queued, Seen, Unreviewed};
pub(crate) use audit_desk::{count_unreviewed, decide, mark, queue, reveal, review_later, see, unreviewed};
pub use clock::{run as run_clock, tick};
pub(crate) use company::{
    Company, Hand, OF_COMPANY, Proof, company_of, list_orders, open_order, possible, process, process_told,
    trace,
};
pub(crate) use desk::{
    Asked, Groups, Look, Phase, Shown, Survey, assign, is_late, look_at, name_patients, price, redirect,
    survey,
};
pub(crate) use dispatch::{ASSIGN, Choice, choices, dispatch, try_again};
pub(crate) use hospital::{Whole, act, read};
pub(crate) use patient::{is_known, list_of_doctor, list_own, read_own};
pub use site::{renew_secret, set_shares, set_site};
pub(crate) use upload::{Answer, Once, amend, check, sign, upload};

use crate::{
    HerbalError, Service,
    model::{Decision, Detail, Document, Event, Found, Gravity, Order, Site, State, Verdict},
    store,
};

/// Kind of the jobs that tell a hospital what became of a prescription.
pub(crate) const TELL: &str = "herbal.tell";

/// Who did something: id, and the name as patients and hospitals read it.
pub(crate) type By<'a> = (&'a str, &'a str);

/// Moves a prescription on and leaves the event, and what the hospital has to hear of it.
pub(crate) async fn advance(
    app: &App,
    tx: &mut Tx,
    order: &mut Order,
    event: Event,
    by: By<'_>,
    detail: &Detail,
) -> Result<(), HerbalError> {
    order.state = order.state.after(event)?;
    order.n_events += 1;
    order.changed_at = app.now();
    if order.state != State::Waiting {
        order.deadline = None;
        order.claim = None;
    }
    store::update_order(tx, order).await?;
    let id = store::insert_event(app, tx, order, event, by, detail).await?;
    if event.is_told() {
        store::insert_notice(tx, id, order).await?;
        wake(app, tx, order.id, TimeDelta::zero()).await?;
    }
    told::tell_patient(app, tx, order, event, detail).await?;
    charge::settle(app, tx, order, event).await
}

/// Writes the job that tells the hospital what waits of a prescription.
pub(crate) async fn wake(app: &App, tx: &mut Tx, order: Uuid, wait: TimeDelta) -> sqlx::Result<()> {
    let lane = order.to_string();
    let new = jobs::New { kind: TELL, lane: Some(&lane), unique_key: None, due_at: app.now() + wait };
    jobs::write(app, tx, new, &order).await.map(drop)
}

/// Gives a version its one verdict; outdated when it has one.
pub(crate) async fn give_verdict(
    app: &App,
    tx: &mut Tx,
    (order, version): (&mut Order, Uuid),
    verdict: &Verdict,
    by: By<'_>,
) -> Result<(), HerbalError> {
    if !store::insert_verdict(app, tx, version, verdict).await? {
        return Err(HerbalError::Outdated);
    }
    let mut reason: Vec<&str> = verdict.reasons.iter().map(|code| crate::model::reason_text(code)).collect();
    reason.extend(Some(verdict.note.as_str()).filter(|note| !note.is_empty()));
    let detail = Detail { reason: reason.join("；"), ..Detail::default() };
    advance(app, tx, order, verdict.decision.event(), by, &detail).await
}

/// What the rules of the release in use find, with an institution's settings.
pub(crate) fn findings(
    service: &Service,
    site: &Site,
    document: &Document,
) -> Result<Vec<Found>, HerbalError> {
    let book = service.engine.library().prescription.as_ref().ok_or(HerbalError::NoRules)?;
    let department = Some(document.department.code.as_str()).filter(|code| !code.is_empty());
    let policy = rules::prescription::Policy::of(book, &site.rules, department);
    let order = document.to_review(service.app.clock.today());
    let report = rules::prescription::review(book, &order, &policy);
    Ok(report.findings.into_iter().map(Found::from).collect())
}

/// A prescription enters the queue: until when a pharmacist has time.
fn set_deadline(app: &App, site: &Site, order: &mut Order, findings: &[Found]) {
    order.gravity = Gravity::of(findings);
    let is_held = site.holds_signed && order.gravity == Gravity::Signed;
    order.deadline = (!is_held).then(|| app.now() + TimeDelta::seconds(site.audit_seconds));
}

/// A deed on a prescription, for the audit trail.
pub(crate) fn entry<'a>(
    app: &App,
    actor: Actor,
    action: &'static str,
    order: &Order,
    request: &'a RequestId,
) -> audit::Entry<'a> {
    audit::Entry {
        at: app.now(),
        actor,
        action,
        patient: order.resident,
        object: Some(format!("prescription/{}", order.id)),
        reason: None,
        outcome: Outcome::Done,
        request_id: &request.0,
    }
}

/// The verdict of the clock.
fn of_clock(app: &App) -> Verdict {
    Verdict {
        decision: Decision::TimedOut,
        auditor: None,
        reasons: Vec::new(),
        note: String::new(),
        decided_at: app.now(),
        review: None,
    }
}
