//! Which company gets a paid prescription: by the shares its hospital set, or by hand.

use chrono::TimeDelta;
use platform::{App, Tx, db, jobs};
use uuid::Uuid;

use super::{advance, hospital::delivered_as};
use crate::{
    HerbalError, catalogue,
    model::{Detail, Document, Event, Order, State, Way},
    store::{self, Candidate},
};

/// Kind of the job that tries again where no company could have a prescription.
pub(crate) const ASSIGN: &str = "herbal.assign";
/// Until then a company may have been added, or a new day begun.
const WAIT: TimeDelta = TimeDelta::minutes(5);

/// A company in use, and why it does not get a prescription by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) company: String,
    pub(crate) name: String,
    /// Parts of the hospital's prescriptions it is to have; 0 where the hospital did not choose it.
    parts: i64,
    /// How many of them it has had.
    n: i64,
    pub(crate) obstacle: Option<&'static str>,
}

/// Gives a paid prescription to the company that has had least of its share. Where none may have it, it stays paid and
/// is tried again; the desk shows it meanwhile.
pub(crate) async fn dispatch(
    app: &App,
    tx: &mut Tx,
    order: &mut Order,
    document: &Document,
) -> Result<(), HerbalError> {
    let all = choices(app, tx, (order, document)).await?;
    let free = all.into_iter().filter(|one| one.obstacle.is_none());
    // The one with the fewest for each of its parts; of equal ones the first by code.
    let least = free.reduce(|best, one| if one.n * best.parts < best.n * one.parts { one } else { best });
    if let Some(chosen) = least {
        return give(app, tx, order, &chosen, ("dispatch", "系统派单")).await;
    }
    let new = jobs::New { kind: ASSIGN, lane: None, unique_key: None, due_at: app.now() + WAIT };
    jobs::write(app, tx, new, &order.id).await?;
    Ok(())
}

/// Gives a paid prescription to a company.
pub(super) async fn give(
    app: &App,
    tx: &mut Tx,
    order: &mut Order,
    chosen: &Choice,
    by: super::By<'_>,
) -> Result<(), HerbalError> {
    order.company = Some(chosen.company.clone());
    order.dispatched_at = Some(app.now());
    let detail = Detail { place: chosen.name.clone(), ..Detail::default() };
    advance(app, tx, order, Event::Dispatched, by, &detail).await
}

/// Tries again with a prescription no company could have, unless somebody has dispatched or refunded it meanwhile.
pub(crate) async fn try_again(app: &App, id: Uuid) -> Result<(), HerbalError> {
    db::retry(|| async move {
        let known = store::find_order(&app.db, id).await?.ok_or(HerbalError::NotFound)?;
        let document = document_of(app, &known).await?;
        let mut tx = app.db.begin().await?;
        let mut order = store::lock_order(&mut tx, id).await?.ok_or(HerbalError::NotFound)?;
        if order.state == State::Paid {
            dispatch(app, &mut tx, &mut order, &document).await?;
        }
        Ok(tx.commit().await?)
    })
    .await
}

/// What is to be made and how it is delivered. Read before the transaction begins: one that holds a connection waits for
/// no second one.
pub(super) async fn document_of(app: &App, order: &Order) -> Result<Document, HerbalError> {
    let mut document = store::find_version(app, &app.db, order.id, order.version).await?.document;
    delivered_as(&mut document, &store::list_events(app, &app.db, order.id).await?);
    Ok(document)
}

/// The companies in use, by code, each with what keeps it from getting this prescription by itself.
pub(crate) async fn choices(
    app: &App,
    tx: &mut Tx,
    (order, document): (&Order, &Document),
) -> Result<Vec<Choice>, HerbalError> {
    let lines = document.lines.iter().map(|line| (line.code.as_str(), line.name.as_str(), line.dose));
    let needs = catalogue::needs(tx, lines, i64::from(document.doses)).await?;
    let today = ui::format::start_of(app.clock.today());
    let mut choices = Vec::new();
    for one in store::list_candidates(tx, (&order.institution, order.id), today).await? {
        let is_short = catalogue::is_short(tx, &one.company, &needs).await?;
        let obstacle = obstacle(&one, document).or(is_short.then_some("库存不够"));
        let Candidate { company, name, parts, n, .. } = one;
        choices.push(Choice { company, name, parts, n, obstacle });
    }
    Ok(choices)
}

fn obstacle(one: &Candidate, document: &Document) -> Option<&'static str> {
    let delivery = &document.delivery;
    let goes_to = || {
        let district = catalogue::district_of(&delivery.address);
        one.areas.is_empty() || district.is_none_or(|known| one.areas.split(',').any(|area| area == known))
    };
    if one.parts == 0 {
        Some("医院没有选这家")
    } else if one.has_declined {
        Some("拒过这一单")
    } else if one.daily_capacity > 0 && one.n_today >= one.daily_capacity {
        Some("今天已满")
    } else if delivery.way == Way::Home && !goes_to() {
        Some("不送到这个区")
    } else {
        None
    }
}
