//! One consultation of one's own. The same address shows the dialogue, the record to be checked, the emergency advice
//! or what was sent, as its state is.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use engine::{Act, Question, Step};
use platform::{
    Problem,
    http::{Form, Path, Query, RequestId, page},
    session::SignedInResident,
};
use rules::quality::{Finding, Level};
use serde::Deserialize;
use ui::Frame;
use uuid::Uuid;

use super::{
    Diff,
    history::{department_name, department_of},
    questionnaire::{self, Returned},
};
use crate::{
    PreconsultError, Service,
    exchange::{self, archive::ArchiveView, verification},
    model::{self, Answer, Part, Patient, StoredRecord, StoredTurn},
    service::{self, Own},
};

#[derive(Template)]
#[template(path = "preconsult/talk.html")]
struct TalkPage {
    frame: Frame,
    id: Uuid,
    department: String,
    turns: Vec<StoredTurn>,
    can_undo: bool,
    /// The last page of the questionnaires, to change something there.
    back: Option<String>,
    question: Question,
    is_warning: bool,
    progress: u8,
    request_key: Uuid,
    refused: Refused,
}

#[derive(Template)]
#[template(path = "preconsult/check.html")]
struct CheckPage {
    frame: Frame,
    id: Uuid,
    department: String,
    version: i64,
    n_turns: usize,
    parts: Vec<PartView>,
    /// What the quality rules found, gravest first.
    hints: Vec<Finding>,
    /// What the health archive told; none before the consent.
    archive: Option<ArchiveView>,
    /// Parts that were denied, although the archive was confirmed.
    conflicts: Vec<&'static str>,
    refused: Refused,
}

#[derive(Template)]
#[template(path = "preconsult/emergency.html")]
struct EmergencyPage {
    frame: Frame,
    id: Uuid,
    messages: Vec<String>,
    ended: String,
    turns: Vec<StoredTurn>,
    refused: Refused,
}

#[derive(Template)]
#[template(path = "preconsult/sent.html")]
struct SentPage {
    frame: Frame,
    department: String,
    sent: String,
    is_sent: bool,
    parts: Vec<PartView>,
    turns: Vec<StoredTurn>,
    /// For the desk, until it was checked.
    code: Option<CodeView>,
    verified: Option<String>,
}

/// The code to be shown at the desk.
struct CodeView {
    picture: String,
    typed: String,
    until: String,
}

/// A part of the record with what the patient changed.
struct PartView {
    part: Part,
    text: String,
    diff: Option<Diff>,
    is_editing: bool,
}

/// What was not taken, and why; shown again so that nothing has to be typed twice.
#[derive(Default)]
struct Refused {
    note: Option<String>,
    text: String,
    part: Option<Part>,
}

#[derive(Deserialize)]
pub(super) struct AnswerForm {
    turn: usize,
    question: Option<String>,
    request_key: String,
    #[serde(default)]
    choice: Vec<String>,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
pub(super) struct UndoForm {
    turn: usize,
}

#[derive(Deserialize)]
pub(super) struct AmendForm {
    version: i64,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
pub(super) struct ConfirmForm {
    version: i64,
}

/// The address may name a page of a questionnaire that was filled in before.
#[derive(Deserialize)]
pub(super) struct At {
    at: Option<String>,
}

pub(super) async fn show(
    State(service): State<Service>,
    who: SignedInResident,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(At { at }): Query<At>,
) -> Result<Response, Problem> {
    if let Some(place) = at.as_deref().and_then(questionnaire::place_of) {
        let own = service::read_own(&service, who.id, id).await?;
        if own.consultation.state == model::State::Asking && own.interview.may_fill(place) {
            return questionnaire::draw(&service, &who, frame, &own, place, Returned::default()).await;
        }
    }
    drawn(&service, &who, frame, id, Refused::default()).await
}

pub(super) async fn answer(
    State(service): State<Service>,
    who: SignedInResident,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(form): Form<AnswerForm>,
) -> Result<Response, Problem> {
    let ticked = form.choice.iter().map(String::as_str);
    let written = Some(form.text.trim()).filter(|text| !text.is_empty());
    let text = ticked.chain(written).collect::<Vec<_>>().join("、");
    let answer = Answer { turn: form.turn, question: form.question, text, request_key: form.request_key };
    let taken = service::answer(&service, Patient::new(&who, &request), id, &answer).await;
    let kept = Refused { text: form.text, ..Refused::default() };
    finished(&service, &who, frame, id, taken.map(drop), kept).await
}

pub(super) async fn undo(
    State(service): State<Service>,
    who: SignedInResident,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(form): Form<UndoForm>,
) -> Result<Response, Problem> {
    let taken = service::undo(&service, Patient::new(&who, &request), id, form.turn).await;
    finished(&service, &who, frame, id, taken.map(drop), Refused::default()).await
}

pub(super) async fn amend(
    State(service): State<Service>,
    who: SignedInResident,
    request: RequestId,
    frame: Frame,
    Path((id, section)): Path<(Uuid, String)>,
    Form(form): Form<AmendForm>,
) -> Result<Response, Problem> {
    let part = Part::named(&section).ok_or(PreconsultError::NoSuchSection)?;
    let who_acts = Patient::new(&who, &request);
    let taken = service::amend(&service, who_acts, id, (part, form.version), &form.text).await;
    let kept = Refused { text: form.text, part: Some(part), note: None };
    finished(&service, &who, frame, id, taken.map(drop), kept).await
}

pub(super) async fn confirm(
    State(service): State<Service>,
    who: SignedInResident,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(form): Form<ConfirmForm>,
) -> Result<Response, Problem> {
    let taken = service::confirm(&service, Patient::new(&who, &request), id, form.version).await;
    finished(&service, &who, frame, id, taken.map(drop), Refused::default()).await
}

/// Back to the page when it was taken; the page with a note when it was not.
async fn finished(
    service: &Service,
    who: &SignedInResident,
    frame: Frame,
    id: Uuid,
    taken: Result<(), PreconsultError>,
    mut refused: Refused,
) -> Result<Response, Problem> {
    let Err(error) = taken else {
        let place = refused.part.map_or_else(|| "now".into(), |part| format!("part-{}", part.name()));
        return Ok(back_to(id, &place));
    };
    refused.note = error.note();
    if refused.note.is_none() {
        return Err(error.into());
    }
    if matches!(error, PreconsultError::OutdatedTurn) {
        // The words belong to another question.
        refused.text.clear();
    }
    let mut frame = frame;
    frame.here = format!("/consultations/{id}");
    let page = drawn(service, who, frame, id, refused).await?;
    Ok((StatusCode::from_u16(Problem::from(error).status).unwrap_or(StatusCode::CONFLICT), page)
        .into_response())
}

/// The page of the consultation, at one of its places.
pub(super) fn back_to(id: Uuid, place: &str) -> Response {
    Redirect::to(&format!("/consultations/{id}#{place}")).into_response()
}

/// The page as it stands with a note, for an error a patient can do something about.
pub(super) async fn noted(
    service: &Service,
    who: &SignedInResident,
    frame: Frame,
    id: Uuid,
    error: PreconsultError,
) -> Result<Response, Problem> {
    finished(service, who, frame, id, Err(error), Refused::default()).await
}

async fn drawn(
    service: &Service,
    who: &SignedInResident,
    frame: Frame,
    id: Uuid,
    refused: Refused,
) -> Result<Response, Problem> {
    let own = service::read_own(service, who.id, id).await?;
    let step = own.interview.step();
    if let (model::State::Asking, Step::Page(form, page)) = (own.consultation.state, &step) {
        let returned = Returned { note: refused.note, ..Returned::default() };
        return questionnaire::draw(service, who, frame, &own, (*form, *page), returned).await;
    }
    let departments = people::service::list_departments(&service.app).await?;
    let frame = frame.with_csrf(&who.session.csrf);
    let department = department_name(&departments, &own.consultation);
    let parts = parts(&own, &refused);
    let hints = match own.consultation.state {
        model::State::AwaitingConfirmation => {
            let request = RequestId(String::new());
            service::hints(service, Patient::new(who, &request), id).await?
        }
        _ => Vec::new(),
    };
    let conflicts =
        own.record.iter().flat_map(StoredRecord::denied_and_confirmed).map(|known| known.part.title());
    let conflicts = conflicts.collect();
    let Own { consultation, turns, interview, .. } = own;
    let turns: Vec<_> = turns.into_iter().filter(|turn| turn.voided.is_none()).collect();
    let ended = consultation.state.ended_at().unwrap_or(consultation.updated_at);
    let ended = ui::format::moment(ended, service.app.clock.today());
    let rendered = match (consultation.state, step) {
        (model::State::Asking, Step::Ask(question)) => {
            let is_warning = matches!(question.act, Act::Warn { .. });
            let (progress, request_key) = (interview.progress(), service.app.new_id());
            let department =
                department_of(&departments, &consultation).map_or(department, |known| known.name.clone());
            let is_item = |turn: &StoredTurn| matches!(turn.turn.question.act, Act::Item { .. });
            let page = TalkPage {
                frame,
                id,
                department,
                can_undo: turns.last().is_some_and(|turn| !is_item(turn)),
                back: interview.page_before((usize::MAX, 0)).map(questionnaire::address),
                turns,
                question: *question,
                is_warning,
                progress,
                request_key,
                refused,
            };
            page.render()
        }
        (model::State::AwaitingConfirmation, _) => {
            let (version, n_turns) = (consultation.version, turns.len());
            let archive = exchange::archive::view(&service.app, id).await?;
            let page = CheckPage {
                frame,
                id,
                department,
                version,
                n_turns,
                parts,
                hints,
                archive,
                conflicts,
                refused,
            };
            page.render()
        }
        (model::State::Emergency { .. }, _) => {
            let flags = service.engine.triage(interview.dialogue()).flags;
            let messages = flags.into_iter().map(|flag| flag.message).collect();
            EmergencyPage { frame, id, messages, ended, turns, refused }.render()
        }
        (state, _) => {
            let is_sent = state.is_for_doctor();
            let (code, verified) = if is_sent { code(service, id).await? } else { (None, None) };
            SentPage { frame, department, sent: ended, is_sent, parts, turns, code, verified }.render()
        }
    };
    Ok(page(rendered)?.into_response())
}

/// The code for the desk, or when it was checked there.
async fn code(service: &Service, id: Uuid) -> Result<(Option<CodeView>, Option<String>), PreconsultError> {
    let app = &service.app;
    if let Some(verified) = verification::find(app, id).await? {
        return Ok((None, Some(ui::format::moment(verified.at, app.clock.today()))));
    }
    let code = verification::code(app, id);
    let until = ui::format::time(code.until);
    Ok((Some(CodeView { picture: code.picture, typed: code.typed, until }), None))
}

fn parts(own: &Own, refused: &Refused) -> Vec<PartView> {
    let Some(record) = &own.record else { return Vec::new() };
    let view = |part: Part| {
        let text = record.text(part);
        let diff = record.is_amended(part).then(|| Diff::of(&part.composed(&record.record), &text));
        PartView { part, text, diff, is_editing: refused.part == Some(part) }
    };
    Part::all().map(view).filter(|part| !part.text.is_empty()).collect()
}
