//! Filling in the pages of questionnaires.

use platform::db::retry;
use uuid::Uuid;

use super::{Taken, dialogue, entry, find_own};
use crate::{
    PreconsultError, Service,
    model::{Event, Filled, MAX_ANSWER, Patient, State},
    store::{self, NewTurn},
};

/// Most questions a page is taken with.
const MOST: usize = 500;

/// Takes a page: all of it, or nothing with what has to be put right. An answer that was changed voids the one before.
pub async fn fill(
    service: &Service,
    who: Patient<'_>,
    id: Uuid,
    filled: &Filled,
) -> Result<Taken, PreconsultError> {
    let longest = filled.given.iter().flat_map(|(_, words)| words).map(|word| word.chars().count()).max();
    if let Some(length) = longest.filter(|length| *length > MAX_ANSWER) {
        return Err(PreconsultError::TooLong { length });
    }
    if filled.given.len() > MOST {
        return Err(PreconsultError::TooLong { length: filled.given.len() });
    }
    retry(|| fill_once(service, who, id, filled)).await
}

async fn fill_once(
    service: &Service,
    who: Patient<'_>,
    id: Uuid,
    filled: &Filled,
) -> Result<Taken, PreconsultError> {
    let app = &service.app;
    let consultation = find_own(service, who.id, id).await?;
    let turns = store::list_turns(app, id).await?;
    let is_of_request = |key: &str| key.rsplit_once('/').is_some_and(|(key, _)| key == filled.request_key);
    if turns.iter().any(|turn| is_of_request(&turn.request_key)) {
        return Ok(Taken::Before);
    }
    let interview = dialogue::resumed(service, &consultation, &turns).await?;
    let place = (filled.form, filled.page);
    if consultation.state != State::Asking || !interview.may_fill(place) {
        return Err(PreconsultError::OutdatedTurn);
    }
    let changed =
        service.engine.fill(&interview, place, &filled.given).map_err(PreconsultError::PageRefused)?;
    if changed.is_empty() {
        return Ok(Taken::Before);
    }
    let mut after = interview.dialogue().turns().to_vec();
    let mut places = Vec::with_capacity(changed.len());
    for (before, turn) in changed {
        places.push((before.is_some(), before.unwrap_or(after.len())));
        match before {
            Some(position) => after[position] = turn,
            None => after.push(turn),
        }
    }
    let interview = dialogue::interview_of(service, &consultation, after).await?;

    let mut tx = app.db.begin().await?;
    let (event, _) = dialogue::conclude(service, &mut tx, &consultation, &interview).await?;
    for (number, (replaces, ordinal)) in places.into_iter().enumerate() {
        if replaces {
            store::update_voided(app, &mut tx, id, ordinal, "本人修改").await?;
        }
        let request_key = format!("{}/{number}", filled.request_key);
        let turn = &interview.dialogue().turns()[ordinal];
        let new = NewTurn { consultation: id, ordinal, turn, notes: &[], request_key: &request_key };
        store::insert_turn(app, &mut tx, new).await?;
    }
    if event == Event::SoughtHelp {
        let row = entry(app, who.actor(), "consultation.emergency", who.id, id, who.request);
        platform::audit::append(&mut tx, row).await?;
    }
    tx.commit().await?;
    Ok(Taken::Now)
}
