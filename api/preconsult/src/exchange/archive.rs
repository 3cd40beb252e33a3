//! History from the district's health archive, under the resident's consent.
//!
//! Nothing of it goes into the record by itself: the resident says of each entry that it is so, how it really is, or that
//! it is to stay out. What was not looked at stays out as well, and what the archive does not hold is unknown, not denied.

mod pages;
mod store;

use gateways::{
    GatewayError, Gateways, Person,
    archive::{Ask, Item},
};
use platform::{App, audit, db::retry};
use uuid::Uuid;

use crate::{
    PreconsultError, Service,
    model::{FromArchive, MAX_ANSWER, Part, Patient, cleaned},
    service::{entry, find_own},
};

pub(super) use pages::routes;
pub(crate) use pages::{ArchiveView, view};
pub(crate) use store::{Kept, find};

use store::{Choice, State, insert, update};

/// Why the archive is asked, for the archive.
const PURPOSE: &str = "preconsult";

/// What each part of a record takes from the archive.
pub(crate) async fn sentences(app: &App, consultation: Uuid) -> Result<Vec<FromArchive>, PreconsultError> {
    let Some(kept) = find(app, consultation).await? else { return Ok(Vec::new()) };
    Ok(Part::all().filter_map(|part| kept.sentence(part)).collect())
}

/// Takes the consent and asks the archive; a failure is kept as such, and may be asked again.
pub(crate) async fn fetch(
    service: &Service,
    gateways: &Gateways,
    who: Patient<'_>,
    id: Uuid,
) -> Result<(), PreconsultError> {
    let app = &service.app;
    let kept = retry(|| consent(service, who, id)).await?;
    if kept.state != State::Asking {
        return Ok(());
    }
    let answer = ask(app, gateways, &kept, who.id).await;
    let (state, items) = match answer {
        Ok(Some(history)) => (State::Fetched, history),
        Ok(None) => (State::None, Vec::new()),
        Err(error) => {
            tracing::warn!(%error, "the health archive gave no history");
            (State::Failed, Vec::new())
        }
    };
    let items = items.into_iter().map(store::undecided).collect();
    let outcome = if state == State::Failed { audit::Outcome::Failed } else { audit::Outcome::Done };
    let mut tx = app.db.begin().await?;
    update(app, &mut tx, &Kept { state, items, ..kept }).await?;
    let entry = entry(app, who.actor(), "archive.fetch", who.id, id, who.request);
    audit::append(&mut tx, audit::Entry { outcome, ..entry }).await?;
    tx.commit().await?;
    Ok(())
}

/// The row of this consultation, to be filled: a new one, or the one whose last try failed.
async fn consent(service: &Service, who: Patient<'_>, id: Uuid) -> Result<Kept, PreconsultError> {
    let app = &service.app;
    let consultation = find_own(service, who.id, id).await?;
    if !consultation.state.is_open() {
        return Err(PreconsultError::Exchange("这份预问诊已经提交，不能再取健康档案。"));
    }
    let before = find(app, id).await?;
    if let Some(kept) = &before
        && matches!(kept.state, State::Fetched | State::None)
    {
        return Ok(kept.clone());
    }
    let mut tx = app.db.begin().await?;
    let kept = match before {
        Some(kept) => {
            update(app, &mut tx, &Kept { state: State::Asking, ..kept.clone() }).await?;
            Kept { state: State::Asking, version: kept.version + 1, ..kept }
        }
        None => insert(app, &mut tx, id).await?,
    };
    audit::append(&mut tx, entry(app, who.actor(), "archive.consent", who.id, id, who.request)).await?;
    tx.commit().await?;
    Ok(kept)
}

async fn ask(
    app: &App,
    gateways: &Gateways,
    kept: &Kept,
    resident: Uuid,
) -> Result<Option<Vec<Item>>, GatewayError> {
    const SYSTEM: &str = "the health archive";
    let archive = gateways.archive.clone().ok_or(GatewayError::NotConfigured { system: SYSTEM })?;
    let identity = people::resident::find(app, resident)
        .await
        .map_err(|error| GatewayError::Unreadable { system: SYSTEM, fault: error.to_string() })?;
    let person = Person {
        index: Some(resident.to_string()),
        id_number: identity.id_number.map(|number| number.as_str().to_owned()),
        name: identity.name,
        phone: None,
    };
    let ask = Ask {
        person,
        purpose: PURPOSE.into(),
        consent: kept.id.to_string(),
        consented_at: kept.consented_at,
    };
    Ok(archive.find_history(&ask).await?.map(|history| history.items))
}

/// What the resident says to the entries, by their place; those not named stay as they are.
pub(crate) async fn decide(
    service: &Service,
    who: Patient<'_>,
    id: Uuid,
    version: i64,
    said: &[(usize, String, String)],
) -> Result<(), PreconsultError> {
    let app = &service.app;
    let consultation = find_own(service, who.id, id).await?;
    if !consultation.state.is_open() {
        return Err(PreconsultError::Exchange(
            "这份预问诊已经提交，健康档案的内容不能再改。就诊时可以当面告诉医生。",
        ));
    }
    let mut kept = find(app, id).await?.ok_or(PreconsultError::NotFound)?;
    if kept.version != version {
        return Err(PreconsultError::OutdatedVersion);
    }
    for (place, choice, text) in said {
        let item = kept.items.get_mut(*place).ok_or(PreconsultError::NotFound)?;
        let text = cleaned(text);
        item.choice = match choice.as_str() {
            "confirmed" => Choice::Confirmed,
            "corrected" if text.chars().count() > MAX_ANSWER => {
                return Err(PreconsultError::TooLong { length: text.chars().count() });
            }
            "corrected" if text.is_empty() => {
                let note = "选了“有出入”的，请写上实际情况。".into();
                return Err(PreconsultError::NothingSaid { note });
            }
            "corrected" => Choice::Corrected { text },
            "left_out" => Choice::LeftOut,
            _ => Choice::Undecided,
        };
    }
    let mut tx = app.db.begin().await?;
    update(app, &mut tx, &kept).await?;
    audit::append(&mut tx, entry(app, who.actor(), "archive.decide", who.id, id, who.request)).await?;
    tx.commit().await?;
    Ok(())
}
