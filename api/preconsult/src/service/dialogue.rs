//! Answering and taking back.

use engine::{Dialogue, Outcome};
use platform::{Tx, audit, db::retry};
use uuid::Uuid;

use super::{entry, find_own};
use crate::{
    PreconsultError, Service,
    model::{Answer, Assessment, Consultation, Event, MAX_ANSWER, Patient, State, StoredTurn, cleaned},
    store::{self, Change, NewTurn},
};

/// What became of an answer or of taking one back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Done by this request.
    Now,
    /// Done before by the same request.
    Before,
}

/// Takes the answer to the waiting question.
pub async fn answer(
    service: &Service,
    who: Patient<'_>,
    id: Uuid,
    answer: &Answer,
) -> Result<Taken, PreconsultError> {
    let text = cleaned(&answer.text);
    let length = text.chars().count();
    if length > MAX_ANSWER {
        return Err(PreconsultError::TooLong { length });
    }
    retry(|| answer_once(service, who, id, answer, &text)).await
}

async fn answer_once(
    service: &Service,
    who: Patient<'_>,
    id: Uuid,
    answer: &Answer,
    text: &str,
) -> Result<Taken, PreconsultError> {
    let app = &service.app;
    let consultation = find_own(service, who.id, id).await?;
    let turns = store::list_turns(app, id).await?;
    if let Some(known) = turns.iter().find(|turn| turn.request_key == answer.request_key) {
        let same = known.ordinal == answer.turn && known.turn.answer == text;
        return if same { Ok(Taken::Before) } else { Err(PreconsultError::OutdatedTurn) };
    }
    // A second tab may have gone past the questions altogether.
    let mut dialogue = resumed(service, &consultation, &turns);
    let waiting = dialogue.pending().map(|question| question.key.clone());
    let is_current = consultation.state == State::Asking
        && answer.turn == dialogue.turns().len()
        && answer.question.as_ref().is_none_or(|key| Some(key) == waiting.as_ref());
    if !is_current {
        return Err(PreconsultError::OutdatedTurn);
    }
    let notes = match service.engine.answer(&mut dialogue, text) {
        Outcome::Again { note } => return Err(PreconsultError::NothingSaid { note }),
        Outcome::Next { notes } | Outcome::Finished { notes } => notes,
    };
    let Some(turn) = dialogue.turns().last() else { return Err(PreconsultError::OutdatedTurn) };

    let mut tx = app.db.begin().await?;
    let event = conclude(service, &mut tx, &consultation, &dialogue).await?;
    let new = NewTurn {
        consultation: id,
        ordinal: answer.turn,
        turn,
        notes: &notes,
        request_key: &answer.request_key,
    };
    store::insert_turn(app, &mut tx, new).await?;
    if event == Event::SoughtHelp {
        audit::append(&mut tx, entry(app, who.actor(), "consultation.emergency", who.id, id, who.request))
            .await?;
    }
    tx.commit().await?;
    Ok(Taken::Now)
}

/// Takes back the last of `seen` answers; a page that saw another number of them has nothing to take back.
pub async fn undo(
    service: &Service,
    who: Patient<'_>,
    id: Uuid,
    seen: usize,
) -> Result<Taken, PreconsultError> {
    retry(|| undo_once(service, who, id, seen)).await
}

async fn undo_once(
    service: &Service,
    who: Patient<'_>,
    id: Uuid,
    seen: usize,
) -> Result<Taken, PreconsultError> {
    let app = &service.app;
    let consultation = find_own(service, who.id, id).await?;
    let turns = store::list_turns(app, id).await?;
    let valid = turns.iter().filter(|turn| turn.voided.is_none()).count();
    if seen == 0 || valid + 1 == seen {
        return Ok(Taken::Before);
    }
    if valid != seen {
        return Err(PreconsultError::OutdatedTurn);
    }
    let state = consultation.state.after(Event::Undone, app.now())?;
    let before: Vec<_> = valid_turns(&turns).take(seen - 1).collect();
    let dialogue = service.engine.resume(consultation.profile.clone(), before);
    let triage = service.engine.triage(&dialogue);
    let change = Change { triage: Some((triage.level, triage.flags.len())), chief_complaint: None };

    let mut tx = app.db.begin().await?;
    store::update_consultation(app, &mut tx, &consultation, state, change).await?;
    store::update_voided(app, &mut tx, id, seen - 1, "本人撤回").await?;
    audit::append(&mut tx, entry(app, who.actor(), "consultation.undo", who.id, id, who.request)).await?;
    tx.commit().await?;
    Ok(Taken::Now)
}

/// The dialogue as its valid turns make it.
pub(super) fn resumed(service: &Service, consultation: &Consultation, turns: &[StoredTurn]) -> Dialogue {
    service.engine.resume(consultation.profile.clone(), valid_turns(turns).collect())
}

pub(super) fn valid_turns(turns: &[StoredTurn]) -> impl Iterator<Item = engine::Turn> {
    turns.iter().filter(|turn| turn.voided.is_none()).map(|turn| turn.turn.clone())
}

/// Writes where a dialogue has come to; at its end also the record and what the doctor reads with it.
pub(super) async fn conclude(
    service: &Service,
    tx: &mut Tx,
    consultation: &Consultation,
    dialogue: &Dialogue,
) -> Result<Event, PreconsultError> {
    let app = &service.app;
    let event = match dialogue.state() {
        engine::State::Asking => Event::Answered,
        engine::State::AwaitingConfirmation => Event::Completed,
        engine::State::Emergency => Event::SoughtHelp,
    };
    let state = consultation.state.after(event, app.now())?;
    let triage = service.engine.triage(dialogue);
    let counts = Some((triage.level, triage.flags.len()));
    if event == Event::Answered {
        let change = Change { triage: counts, chief_complaint: None };
        store::update_consultation(app, tx, consultation, state, change).await?;
        return Ok(event);
    }
    let record = service.engine.record(dialogue);
    let change = Change { triage: counts, chief_complaint: Some(&record.chief_complaint.text) };
    store::update_consultation(app, tx, consultation, state, change).await?;
    let assessment = Assessment { triage, suspects: service.engine.differential(dialogue) };
    store::insert_record(app, tx, consultation.id, &record, &assessment).await?;
    Ok(event)
}
