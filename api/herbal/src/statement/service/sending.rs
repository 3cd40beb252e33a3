//! To the sunshine platform (阳光平台), by a job: the other side may be slow, and takes a statement once by its number.

use std::sync::Arc;

use gateways::{GatewayError, Gateways, Verdict, sunshine};
use platform::{
    App,
    audit::{self, Actor, Outcome},
    jobs::{self, HandlerFault, Job, MOST_TRIES},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Base, begin, store};
use crate::statement::{
    StatementError,
    model::{Desk, Event, Side, State, Statement},
};

/// Kind of the job.
pub(crate) const SEND: &str = "herbal.statement.send";

#[derive(Serialize, Deserialize)]
struct Task {
    statement: Uuid,
}

/// The hospital sends it, or the company it entrusted.
pub(crate) async fn send(app: &App, desk: &Desk<'_>, base: Base) -> Result<(), StatementError> {
    let (mut tx, mut one, side) = begin(app, desk, base).await?;
    if side == Side::District {
        return Err(StatementError::NotYours("医院，或受医院委托的企业"));
    }
    one.fault = None;
    let task = Task { statement: one.id };
    one.state.after(Event::SendAsked)?;
    jobs::publish(app, &mut tx, SEND, &one.id.to_string(), &task).await?;
    super::save(app, tx, &mut one, (Event::SendAsked, side), (desk, "statement.send", "上传阳光平台")).await
}

/// Fills in and confirms the order there; what the other side refuses goes back to both sides with its reason.
pub(crate) async fn deliver(app: &App, gateways: &Gateways, job: &Job) -> Result<(), HandlerFault> {
    let task: Task = job.read()?;
    let Some(one) = store::find(&app.db, task.statement).await?.filter(|one| one.state == State::Sending)
    else {
        return Ok(());
    };
    let hash = {
        let mut tx = app.db.begin().await?;
        let hash = store::find_hash(&mut tx, one.id, one.upload).await?.unwrap_or_default();
        tx.rollback().await?;
        hash
    };
    let order = sunshine::Order {
        number: format!("JY{}", one.id.simple()).to_uppercase(),
        institution: one.institution.clone(),
        company: one.company.clone(),
        month: one.month.clone(),
        n_lines: one.n_billed,
        amount_fen: one.matched_fen,
        sm3: hash,
    };
    let answer = match &gateways.sunshine {
        Some(sunshine) => Arc::clone(sunshine).submit(&order).await,
        None => Err(GatewayError::NotConfigured { system: "the sunshine platform" }),
    };
    let outcome = match answer {
        Ok(Verdict::Accepted { receipt } | Verdict::Duplicate { receipt }) => Ok(receipt),
        Ok(Verdict::Refused { reason }) => Err(format!("阳光平台不收：{reason}")),
        Ok(Verdict::Busy) if job.tries < MOST_TRIES => return Err("the sunshine platform is busy".into()),
        Err(error) if error.is_temporary() && job.tries < MOST_TRIES => return Err(error.into()),
        Ok(Verdict::Busy) | Err(_) => Err("阳光平台没有正常回应，请稍后重新上传。".to_owned()),
    };
    Ok(end(app, &one, outcome).await?)
}

async fn end(app: &App, sent: &Statement, outcome: Result<String, String>) -> Result<(), StatementError> {
    let mut tx = app.db.begin().await?;
    let mut one = store::lock(&mut tx, sent.id).await?;
    if one.version != sent.version || one.state != State::Sending {
        return Ok(());
    }
    let (event, note, done) = match outcome {
        Ok(receipt) => {
            let note = format!("回执 {receipt}");
            one.receipt = Some(receipt);
            (Event::Taken, note, Outcome::Done)
        }
        Err(fault) => {
            one.fault = Some(fault.clone());
            (Event::Refused, fault, Outcome::Failed)
        }
    };
    one.state = one.state.after(event)?;
    store::update(app, &mut tx, &one).await?;
    store::insert_step(app, &mut tx, &one, (event.text(), "sunshine", "system", &note)).await?;
    let entry = audit::Entry {
        at: app.now(),
        actor: Actor::system("sunshine"),
        action: "statement.send_end",
        patient: None,
        object: Some(format!("statement/{}", one.id)),
        reason: Some(&note),
        outcome: done,
        request_id: "",
    };
    audit::append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(())
}
