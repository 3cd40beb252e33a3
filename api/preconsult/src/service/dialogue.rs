//! Answering and taking back.

use engine::{Act, Interview, Outcome, Step};
use platform::{Tx, audit, db::retry};
use uuid::Uuid;

use super::{
    entry, find_own, matching,
    patient::{Own, read_own},
};
use crate::{
    PreconsultError, Service, exchange,
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
    let taken = take(service, who, id, answer).await?;
    Ok(if taken.is_some() { Taken::Now } else { Taken::Before })
}

/// The same, and the consultation as it then stands.
pub async fn answered(
    service: &Service,
    who: Patient<'_>,
    id: Uuid,
    answer: &Answer,
) -> Result<Own, PreconsultError> {
    match take(service, who, id, answer).await? {
        // All that is to be shown is at hand; read again it would be the same.
        Some(own) if own.consultation.state == State::Asking => Ok(own),
        Some(_) | None => read_own(service, who.id, id).await,
    }
}

/// None when the same request was taken before. What comes with a consultation that has ended is left out.
async fn take(
    service: &Service,
    who: Patient<'_>,
    id: Uuid,
    answer: &Answer,
) -> Result<Option<Own>, PreconsultError> {
    let text = cleaned(&answer.text);
    let length = text.chars().count();
    if length > MAX_ANSWER {
        return Err(PreconsultError::TooLong { length });
    }
    retry(|| take_once(service, who, id, answer, &text)).await
}

async fn take_once(
    service: &Service,
    who: Patient<'_>,
    id: Uuid,
    answer: &Answer,
    text: &str,
) -> Result<Option<Own>, PreconsultError> {
    let app = &service.app;
    let consultation = find_own(service, who.id, id).await?;
    let mut turns = store::list_turns(app, id).await?;
    if let Some(known) = turns.iter().find(|turn| turn.request_key == answer.request_key) {
        let same = known.ordinal == answer.turn && known.turn.answer == text;
        return if same { Ok(None) } else { Err(PreconsultError::OutdatedTurn) };
    }
    // A second tab may have gone past the questions altogether.
    let mut interview = resumed(service, &consultation, &turns).await?;
    let waiting = match interview.step() {
        Step::Ask(question) => Some(question.key),
        Step::Page(..) | Step::Emergency | Step::Done => None,
    };
    let is_current = consultation.state == State::Asking
        && waiting.is_some()
        && answer.turn == interview.dialogue().turns().len()
        && answer.question.as_ref().is_none_or(|key| Some(key) == waiting.as_ref());
    if !is_current {
        return Err(PreconsultError::OutdatedTurn);
    }
    let notes = match service.engine.reply(&mut interview, text) {
        Outcome::Again { note } => return Err(PreconsultError::NothingSaid { note }),
        Outcome::Next { notes } | Outcome::Finished { notes } => notes,
    };
    let Some(turn) = interview.dialogue().turns().last() else {
        return Err(PreconsultError::OutdatedTurn);
    };

    let mut tx = app.db.begin().await?;
    let (event, consultation) = conclude(service, &mut tx, &consultation, &interview).await?;
    let new = NewTurn {
        consultation: id,
        ordinal: answer.turn,
        turn,
        notes: &notes,
        request_key: &answer.request_key,
    };
    turns.push(store::insert_turn(app, &mut tx, new).await?);
    if event == Event::SoughtHelp {
        audit::append(&mut tx, entry(app, who.actor(), "consultation.emergency", who.id, id, who.request))
            .await?;
    }
    tx.commit().await?;
    Ok(Some(Own { consultation, turns, interview, record: None }))
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
    if valid_turns(&turns).nth(seen - 1).is_some_and(|turn| matches!(turn.question.act, Act::Item { .. })) {
        // Answers of a page are changed on the page.
        return Err(PreconsultError::OutdatedTurn);
    }
    let interview = interview_of(service, &consultation, before).await?;
    let triage = service.engine.triage(interview.dialogue());
    let change = Change { triage: Some((triage.level, triage.flags.len())), chief_complaint: None };

    let mut tx = app.db.begin().await?;
    store::update_consultation(app, &mut tx, &consultation, state, change).await?;
    store::update_voided(app, &mut tx, id, seen - 1, "本人撤回").await?;
    if matches!(consultation.state, State::Emergency { .. }) {
        exchange::on_taken_back(app, &mut tx, &consultation).await?;
    }
    audit::append(&mut tx, entry(app, who.actor(), "consultation.undo", who.id, id, who.request)).await?;
    tx.commit().await?;
    Ok(Taken::Now)
}

/// The interview as its valid turns make it.
pub(super) async fn resumed(
    service: &Service,
    consultation: &Consultation,
    turns: &[StoredTurn],
) -> Result<Interview, PreconsultError> {
    interview_of(service, consultation, valid_turns(turns).collect()).await
}

pub(crate) async fn interview_of(
    service: &Service,
    consultation: &Consultation,
    turns: Vec<engine::Turn>,
) -> Result<Interview, PreconsultError> {
    let plan = &consultation.plan;
    let questionnaires = matching::questionnaires(service, &service.engine, plan).await?;
    Ok(service.engine.interview(consultation.profile.clone(), plan.about(), questionnaires, turns))
}

pub(crate) fn valid_turns(turns: &[StoredTurn]) -> impl Iterator<Item = engine::Turn> {
    turns.iter().filter(|turn| turn.voided.is_none()).map(|turn| turn.turn.clone())
}

/// Writes where an interview has come to, and gives the consultation as it then is; at its end it also writes the record
/// and what the doctor reads with it.
pub(super) async fn conclude(
    service: &Service,
    tx: &mut Tx,
    consultation: &Consultation,
    interview: &Interview,
) -> Result<(Event, Consultation), PreconsultError> {
    let app = &service.app;
    let event = match interview.step() {
        Step::Page(..) | Step::Ask(_) => Event::Answered,
        Step::Done => Event::Completed,
        Step::Emergency => Event::SoughtHelp,
    };
    let state = consultation.state.after(event, app.now())?;
    let triage = service.engine.triage(interview.dialogue());
    let counts = Some((triage.level, triage.flags.len()));
    if event == Event::Answered {
        let change = Change { triage: counts, chief_complaint: None };
        return Ok((event, store::update_consultation(app, tx, consultation, state, change).await?));
    }
    let record = service.engine.record_of(interview);
    let change = Change { triage: counts, chief_complaint: Some(&record.chief_complaint.text) };
    let concluded = store::update_consultation(app, tx, consultation, state, change).await?;
    let assessment = Assessment { triage, suspects: service.engine.differential(interview.dialogue()) };
    store::insert_record(app, tx, consultation.id, &record, &assessment).await?;
    if event == Event::SoughtHelp {
        exchange::on_emergency(app, tx, consultation).await?;
    }
    Ok((event, concluded))
}
