//! What a prescription costs, and what of it is billed between hospital and company.

use chrono::{DateTime, Utc};
use platform::{App, Tx};

use crate::{
    HerbalError, catalogue,
    model::{Charge, Charged, Document, Event, Happened, Order, Step},
    statement::{self, Amounts, Settled},
    store,
};

/// Keeps what was charged at payment: as the hospital told it, or by the prices of the catalogue. Without either nothing
/// is kept, and the order stands in no month until somebody tells what it cost.
pub(super) async fn keep(
    app: &App,
    tx: &mut Tx,
    (order, document): (&Order, &Document),
    told: Option<&Charged>,
) -> Result<(), HerbalError> {
    let doses = i64::from(document.doses);
    let lines = document
        .lines
        .iter()
        .map(|line| (line.code.as_str(), line.name.as_str(), line.unit.as_str(), line.dose));
    let pieces = match told {
        Some(told) => Some(told.pieces_fen),
        None => catalogue::reckon(tx, lines, doses, app.clock.today()).await?,
    };
    let Some(pieces) = pieces else { return Ok(()) };
    let (decoction, delivery) = told.map_or((0, 0), |told| (told.decoction_fen, told.delivery_fen));
    let charge = Charge {
        doses,
        amounts: Amounts { pieces, decoction, delivery, refunded: 0 },
        price_version: catalogue::version(tx).await?,
    };
    Ok(store::insert_charge(app, tx, order.id, &charge).await?)
}

/// Keeps what a prescription cost that was paid without a price; one that was handed over meanwhile is billed as of then.
pub(super) async fn supply(
    app: &App,
    tx: &mut Tx,
    (order, document): (&Order, &Document),
    told: &Charged,
    steps: &[Happened],
) -> Result<(), HerbalError> {
    if store::find_charge(tx, order.id).await?.is_some() {
        return Err(HerbalError::Refused("这一单已经有费用了；要更正请在对账单里改。"));
    }
    keep(app, tx, (order, document), Some(told)).await?;
    match steps.iter().find(|step| is_handed_over(step.event)) {
        Some(step) => bill(tx, order, step.at, false).await,
        None => Ok(()),
    }
}

/// An order that is handed over is billed in the month; what is paid back afterwards is taken off.
pub(super) async fn settle(app: &App, tx: &mut Tx, order: &Order, event: Event) -> Result<(), HerbalError> {
    if is_handed_over(event) || event == Event::Refunded {
        bill(tx, order, app.now(), event == Event::Refunded).await?;
    }
    Ok(())
}

fn is_handed_over(event: Event) -> bool {
    matches!(event, Event::Did(Step::Shipped) | Event::Received | Event::PickedUp)
}

async fn bill(tx: &mut Tx, order: &Order, at: DateTime<Utc>, is_refunded: bool) -> Result<(), HerbalError> {
    let (Some(charge), Some(company)) = (store::find_charge(tx, order.id).await?, &order.company) else {
        // The desk lists what has no price.
        return Ok(());
    };
    let number = format!("{}-{}", order.institution, order.number);
    // What was paid back before anything was handed over was never billed.
    if is_refunded && !statement::is_recorded(tx, &number).await? {
        return Ok(());
    }
    let mut amounts = charge.amounts;
    if is_refunded {
        amounts.refunded = amounts.pieces + amounts.decoction + amounts.delivery;
    }
    let settled = Settled {
        order_number: &number,
        prescription_number: &order.number,
        institution: &order.institution,
        company,
        at,
        doses: charge.doses,
        amounts,
        price_version: Some(charge.price_version),
    };
    Ok(statement::record(tx, &settled).await?)
}
