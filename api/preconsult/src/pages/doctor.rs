//! The doctor's list and the record with what it rests on.

use askama::Template;
use axum::{extract::State, response::Html};
use chrono::NaiveDate;
use engine::{Flag, Reason, Suspect};
use people::staff_frame;
use platform::{
    Problem,
    http::{Form, Path, Query, RequestId, page},
    rights::{Field, Permission, Right},
};
use rules::quality::{Finding, Level};
use serde::Deserialize;
use ui::Frame;
use uuid::Uuid;

use super::{Diff, Said, said, turn_numbers};
use crate::{
    Service,
    exchange::{self, desk::DeskView},
    model::{self, Doctor, Part},
    service::{self, Listed, Outline, Reading, Seen},
};

/// Levels up to this one should be seen the same day.
const LEAST_URGENT: u8 = 3;

#[derive(Template)]
#[template(path = "preconsult/doctor_list.html")]
struct ListPage {
    frame: Frame,
    day: NaiveDate,
    day_text: String,
    state: String,
    rows: Vec<RowView>,
    n_sent: usize,
    n_urgent: usize,
}

struct RowView {
    id: Uuid,
    is_readable: bool,
    name: String,
    person: String,
    complaint: String,
    /// Tone and text of the level's badge.
    level: Option<(&'static str, &'static str)>,
    is_urgent: bool,
    n_flags: usize,
    state: &'static str,
    tone: &'static str,
    time: String,
}

#[derive(Template)]
#[template(path = "preconsult/doctor_record.html")]
struct RecordPage {
    frame: Frame,
    /// Where a masked field is asked for.
    reveal_at: String,
    name: String,
    is_name_hidden: bool,
    may_reveal: bool,
    person: String,
    department: String,
    state: &'static str,
    is_emergency: bool,
    ended: String,
    spent: String,
    level_tone: &'static str,
    triage: engine::Triage,
    flags: Vec<FlagView>,
    parts: Vec<PartView>,
    vital_signs: Vec<Said>,
    contradictions: Vec<Said>,
    suspects: Vec<SuspectView>,
    other_percent: String,
    turns: Vec<TurnView>,
    n_voided: usize,
    release: String,
    consultation: Uuid,
    desk: DeskView,
    /// How the patient came, and why these questions were asked.
    entry: &'static str,
    visit: Option<String>,
    questionnaires: String,
    reasons: Vec<String>,
    open: String,
    hints: Vec<Finding>,
}

/// What is seen where the record itself is hidden.
#[derive(Template)]
#[template(path = "preconsult/doctor_outline.html")]
struct OutlinePage {
    frame: Frame,
    /// Where a masked field is asked for.
    reveal_at: String,
    name: String,
    is_name_hidden: bool,
    may_reveal: bool,
    person: String,
    department: String,
    state: &'static str,
    ended: String,
    level: Option<(&'static str, &'static str)>,
}

struct PartView {
    title: &'static str,
    sentences: Vec<Said>,
    archive: String,
    diff: Option<Diff>,
}

struct FlagView {
    flag: Flag,
    turns: Vec<usize>,
}

struct SuspectView {
    suspect: Suspect,
    percent: String,
    bar: u8,
    reasons: [(&'static str, Vec<ReasonView>); 3],
}

struct ReasonView {
    reason: Reason,
    weight: String,
    turns: Vec<usize>,
}

struct TurnView {
    number: Option<usize>,
    question: String,
    answer: String,
    voided: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Filter {
    date: Option<NaiveDate>,
    #[serde(default)]
    state: String,
}

#[derive(Deserialize)]
pub(super) struct Look {
    field: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn list(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Query(filter): Query<Filter>,
) -> Result<Html<String>, Problem> {
    let day = filter.date.unwrap_or_else(|| service.app.clock.today());
    let state = Some(filter.state.as_str()).filter(|state| !state.is_empty());
    let listed =
        service::list(&service, Doctor { right: right.clone(), request: &request }, day, state).await?;
    let rows: Vec<_> = listed.into_iter().map(row).collect();
    let list = ListPage {
        frame: staff_frame(&service.app, &right, frame).await?,
        day,
        day_text: ui::format::day(day),
        n_sent: rows.iter().filter(|row| row.is_readable).count(),
        n_urgent: rows.iter().filter(|row| row.is_urgent).count(),
        rows,
        state: filter.state,
    };
    page(list.render())
}

pub(super) async fn show(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Html<String>, Problem> {
    let who = Doctor { right: right.clone(), request: &request };
    let seen = service::see(&service, who, id).await?;
    drawn(&service, &right, frame, seen).await
}

/// One masked field in full, on the same page.
pub(super) async fn reveal(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(look): Form<Look>,
) -> Result<Html<String>, Problem> {
    let field = Field::named(&look.field).filter(|field| matches!(field, Field::Name | Field::Diagnosis));
    let field = field.ok_or_else(|| Problem::invalid_input().fault("/field", "没有这项内容"))?;
    let who = Doctor { right: right.clone(), request: &request };
    let seen = service::reveal(&service, who, id, field, &look.reason).await?;
    drawn(&service, &right, frame, seen).await
}

async fn drawn(service: &Service, right: &Right, frame: Frame, seen: Seen) -> Result<Html<String>, Problem> {
    let frame = staff_frame(&service.app, right, frame).await?;
    let (today, may_reveal) = (service.app.clock.today(), right.may(Permission::FieldReveal));
    match seen {
        Seen::Whole(reading) => {
            let desk = exchange::desk::view(&service.app, reading.consultation.id).await?;
            page(record_page(frame, *reading, desk, (may_reveal, today)).render())
        }
        Seen::Outline(outline) => page(outline_page(frame, *outline, may_reveal, today).render()),
    }
}

fn reveal_at(id: Uuid) -> String {
    format!("/doctor/consultations/{id}/reveal")
}

fn outline_page(frame: Frame, outline: Outline, may_reveal: bool, today: NaiveDate) -> OutlinePage {
    let Outline { consultation, resident, department, hidden } = outline;
    let ended = consultation.state.ended_at().unwrap_or(consultation.updated_at);
    OutlinePage {
        frame,
        reveal_at: reveal_at(consultation.id),
        name: resident.name,
        is_name_hidden: hidden.contains(&Field::Name),
        may_reveal,
        person: person(resident.sex, consultation.profile.age_months),
        department: format!("{} {}", department.institution_name, department.name),
        state: consultation.state.text(),
        ended: ui::format::moment(ended, today),
        level: consultation.triage_level.map(|level| (tone_of(level), roman(level))),
    }
}

fn row(Listed { consultation, resident }: Listed) -> RowView {
    RowView {
        id: consultation.id,
        is_readable: consultation.state.is_for_doctor(),
        name: resident.name,
        person: person(resident.sex, consultation.profile.age_months),
        complaint: consultation.chief_complaint.unwrap_or_default(),
        level: consultation.triage_level.map(|level| (tone_of(level), roman(level))),
        is_urgent: consultation.triage_level.is_some_and(|level| level <= LEAST_URGENT),
        n_flags: consultation.n_flags,
        state: consultation.state.text(),
        tone: match consultation.state {
            model::State::Emergency { .. } => "danger",
            model::State::Submitted { .. } => "ok",
            _ => "quiet",
        },
        time: ui::format::time(consultation.updated_at),
    }
}

fn record_page(
    frame: Frame,
    reading: Reading,
    desk: DeskView,
    (may_reveal, today): (bool, NaiveDate),
) -> RecordPage {
    let Reading { consultation, resident, department, visit, turns, record, assessment, hints, hidden } =
        reading;
    let ended = consultation.state.ended_at().unwrap_or(consultation.updated_at);
    let known: f32 = assessment.suspects.iter().map(|suspect| suspect.probability).sum();
    let part = |part: Part| PartView {
        title: part.title(),
        sentences: part.sentences(&record.record).iter().map(said).collect(),
        archive: record.from_archive(part).unwrap_or_default().to_owned(),
        diff: record.is_amended(part).then(|| Diff::of(&part.composed(&record.record), &record.text(part))),
    };
    let titles: Vec<_> = consultation.plan.questionnaires.iter().map(|one| one.title.as_str()).collect();
    RecordPage {
        frame,
        entry: consultation.entry.title(),
        visit: visit
            .map(|visit| format!("{} {}", visit.number, ui::format::moment(visit.scheduled_at, today))),
        questionnaires: if titles.is_empty() { "AI 预问诊".into() } else { titles.join("、") },
        reasons: consultation.plan.reasons.clone(),
        open: consultation.plan.open.join("、"),
        hints,
        reveal_at: reveal_at(consultation.id),
        is_name_hidden: hidden.contains(&Field::Name),
        may_reveal,
        name: resident.name,
        person: person(resident.sex, consultation.profile.age_months),
        department: format!("{} {}", department.institution_name, department.name),
        state: consultation.state.text(),
        is_emergency: matches!(consultation.state, model::State::Emergency { .. }),
        ended: ui::format::moment(ended, today),
        spent: ui::format::duration(ended - consultation.created_at),
        flags: assessment.triage.flags.iter().map(flag_view).collect(),
        level_tone: tone_of(assessment.triage.level),
        triage: assessment.triage,
        parts: Part::all().map(part).filter(|part| !part.sentences.is_empty()).collect(),
        vital_signs: record.record.vital_signs.iter().map(said).collect(),
        contradictions: record.contradictions().iter().map(said).collect(),
        suspects: assessment.suspects.into_iter().map(suspect_view).collect(),
        other_percent: percent(1.0 - known),
        n_voided: turns.iter().filter(|turn| turn.voided.is_some()).count(),
        turns: turns.into_iter().map(turn_view).collect(),
        release: record.record.release.chars().take(12).collect(),
        consultation: consultation.id,
        desk,
    }
}

fn flag_view(flag: &Flag) -> FlagView {
    FlagView { turns: turn_numbers(&flag.evidence), flag: flag.clone() }
}

fn suspect_view(mut suspect: Suspect) -> SuspectView {
    let view = |reasons: Vec<Reason>| reasons.into_iter().map(reason_view).collect();
    SuspectView {
        percent: percent(suspect.probability),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share lies between 0 and 100"
        )]
        bar: (suspect.probability.clamp(0.0, 1.0) * 100.0).round() as u8,
        reasons: [
            ("支持", view(std::mem::take(&mut suspect.supporting))),
            ("不符", view(std::mem::take(&mut suspect.conflicting))),
            ("尚未询问", view(std::mem::take(&mut suspect.unasked))),
        ],
        suspect,
    }
}

fn reason_view(reason: Reason) -> ReasonView {
    let turns = turn_numbers(&reason.evidence);
    let weight = if turns.is_empty() { String::new() } else { format!("{:+.1}", reason.weight) };
    ReasonView { reason, weight, turns }
}

fn turn_view(stored: model::StoredTurn) -> TurnView {
    TurnView {
        number: stored.voided.is_none().then_some(stored.ordinal + 1),
        question: stored.turn.question.text,
        answer: stored.turn.answer,
        voided: stored.voided.map(|voided| format!("{} {}", ui::format::time(voided.at), voided.reason)),
    }
}

fn person(sex: people::Sex, age_months: u32) -> String {
    format!("{} {}", sex.text(), ui::format::age(age_months))
}

fn percent(share: f32) -> String {
    let percent = share.clamp(0.0, 1.0) * 100.0;
    if percent < 1.0 { "<1%".into() } else { format!("{percent:.0}%") }
}

fn roman(level: u8) -> &'static str {
    ["Ⅰ级", "Ⅱ级", "Ⅲ级", "Ⅳ级", "Ⅴ级"].get(usize::from(level).wrapping_sub(1)).copied().unwrap_or("—")
}

fn tone_of(level: u8) -> &'static str {
    match level {
        1 | 2 => "danger",
        3 => "warn",
        4 => "info",
        _ => "quiet",
    }
}
