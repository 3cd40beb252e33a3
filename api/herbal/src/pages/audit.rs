//! The pharmacist's queue and one prescription of it.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};
use chrono::NaiveDate;
use people::staff_frame;
use platform::{
    App, Problem,
    http::{Form, Path, Query, RequestId, page},
    rights::{Field, Permission, Right},
};
use serde::Deserialize;
use ui::Frame;
use uuid::Uuid;

use super::parts::{self, HitView, Left, LineView, hit, named, person};
use crate::{
    Service,
    model::{Decision, Order, Pharmacist, REASONS, State as OrderState, Version, reason_text},
    service::{self, Queued, Seen},
};

/// Rules named in a row of the queue.
const MOST_NAMED: usize = 3;

#[derive(Template)]
#[template(path = "herbal/queue.html")]
struct QueuePage {
    frame: Frame,
    rows: Vec<RowView>,
    n_urgent: usize,
    n_later: usize,
    /// State of the prescription decided just before.
    done: &'static str,
}

struct RowView {
    id: Uuid,
    left: Left,
    gravity: Option<(&'static str, &'static str)>,
    patient: String,
    number: String,
    place: String,
    n_lines: usize,
    /// Tone and name of the gravest findings.
    named: Vec<(&'static str, String)>,
    n_more: usize,
    is_taken: bool,
}

#[derive(Template)]
#[template(path = "herbal/prescription.html")]
struct PrescriptionPage {
    frame: Frame,
    note: Option<&'static str>,
    id: Uuid,
    number: String,
    version: i64,
    state: &'static str,
    tone: &'static str,
    left: Left,
    is_waiting: bool,
    is_mine: bool,
    gravity: Option<(&'static str, &'static str)>,
    name: String,
    person: String,
    is_pregnant: &'static str,
    hidden: Vec<(&'static str, &'static str)>,
    may_reveal: bool,
    reveal_at: String,
    id_number: String,
    phone: String,
    place: String,
    doctor: String,
    issued: String,
    diagnoses: String,
    syndromes: String,
    doses: u32,
    usage: String,
    form: String,
    reason: String,
    lines: Vec<LineView>,
    whole: Vec<HitView>,
    verdict: Option<String>,
    steps: Vec<(String, &'static str, String, String)>,
    earlier: Vec<EarlierView>,
    reasons: &'static [(&'static str, &'static str)],
    chosen: Vec<String>,
    written: String,
    release: String,
}

struct EarlierView {
    id: Uuid,
    when: String,
    tone: &'static str,
    state: &'static str,
    diagnoses: String,
    lines: String,
    hits: Vec<HitView>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    done: String,
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    version: i64,
    decision: String,
    #[serde(default)]
    reason: Vec<String>,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
pub(super) struct Look {
    field: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn queue(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let who = Pharmacist { right: right.clone(), request: &request };
    let rows: Vec<_> =
        service::queue(&service, &who).await?.iter().map(|one| row(&service.app, one)).collect();
    let n_later = service::count_unreviewed(&service, &who).await?;
    let drawn = QueuePage {
        frame: staff_frame(&service.app, &right, frame).await?,
        n_urgent: rows.iter().filter(|row| row.left.is_urgent).count(),
        rows,
        n_later,
        done: match asked.done.as_str() {
            "passed" => "已通过",
            "rejected" => "已退回医生",
            _ => "",
        },
    };
    page(drawn.render())
}

fn row(app: &App, queued: &Queued) -> RowView {
    let order = &queued.order;
    let named = queued.findings.iter().take(MOST_NAMED);
    RowView {
        id: order.id,
        left: Left::of(order.deadline, app.now()),
        gravity: parts::gravity(order),
        patient: queued.patient.clone(),
        number: order.number.clone(),
        place: format!("{} {}", order.department.name, order.doctor.name),
        n_lines: queued.n_lines,
        named: named.map(|found| (parts::tone_of(found.level), found.name.clone())).collect(),
        n_more: queued.findings.len().saturating_sub(MOST_NAMED),
        is_taken: queued.is_taken,
    }
}

pub(super) async fn show(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Html<String>, Problem> {
    let who = Pharmacist { right: right.clone(), request: &request };
    let seen = service::see(&service, &who, id).await?;
    drawn(&service, &right, frame, seen, Refused::default()).await
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
    let field = Field::named(&look.field);
    let field = field.ok_or_else(|| Problem::invalid_input().fault("/field", "没有这项内容"))?;
    let who = Pharmacist { right: right.clone(), request: &request };
    let seen = service::reveal(&service, &who, id, (field, &look.reason)).await?;
    drawn(&service, &right, frame, seen, Refused::default()).await
}

/// Passes or rejects, and goes on to the next of the queue.
pub(super) async fn decide(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Problem> {
    let decision = match chosen.decision.as_str() {
        "passed" => Decision::Passed,
        "rejected" => Decision::Rejected,
        _ => return Err(Problem::invalid_input().fault("/decision", "请选择通过或不通过")),
    };
    let who = Pharmacist { right: right.clone(), request: &request };
    let told = (decision, chosen.reason.as_slice(), chosen.note.as_str());
    let Err(error) = service::decide(&service, &who, (id, chosen.version), told).await else {
        let rest = service::queue(&service, &who).await?;
        let next = rest.iter().find(|one| !one.is_taken);
        let next = match next {
            Some(next) => format!("/herbal/audit/{}", next.order.id),
            None => format!("/herbal/audit?done={}", decision.name()),
        };
        return Ok(Redirect::to(&next).into_response());
    };
    let Some(note) = error.note() else { return Err(error.into()) };
    let seen = service::see(&service, &who, id).await?;
    let refused = Refused { note: Some(note), chosen: chosen.reason, written: chosen.note };
    let shown = drawn(&service, &right, frame, seen, refused).await?;
    let status = Problem::from(error).status();
    Ok((status, shown).into_response())
}

/// What was chosen in a form that was refused.
#[derive(Default)]
struct Refused {
    note: Option<&'static str>,
    chosen: Vec<String>,
    written: String,
}

async fn drawn(
    service: &Service,
    right: &Right,
    frame: Frame,
    seen: Seen,
    refused: Refused,
) -> Result<Html<String>, Problem> {
    let app = &service.app;
    let frame = staff_frame(app, right, frame).await?;
    let auditor = match seen.opened.verdict.as_ref().and_then(|verdict| verdict.auditor) {
        Some(id) => people::service::find_staff(app, id).await?.map(|staff| staff.name),
        None => None,
    };
    let may_reveal = right.may(Permission::FieldReveal);
    page(view(app, frame, seen, (may_reveal, auditor), refused).render())
}

fn view(
    app: &App,
    frame: Frame,
    Seen { opened, is_mine }: Seen,
    (may_reveal, auditor): (bool, Option<String>),
    refused: Refused,
) -> PrescriptionPage {
    let (order, version, today) = (&opened.order, &opened.version, app.clock.today());
    let document = &version.document;
    let reveals = [
        (Field::Name, document.patient.name.is_empty()),
        (Field::IdNumber, document.patient.id_number.is_none()),
        (Field::Phone, document.patient.phone.is_none()),
        (Field::Diagnosis, false),
    ];
    let is_hidden = |(field, is_empty): &(Field, bool)| !is_empty && opened.hidden.contains(field);
    let words = |verdict: &crate::model::Verdict| {
        let reasons: Vec<&str> = verdict.reasons.iter().map(|code| reason_text(code)).collect();
        let who = auditor.clone().unwrap_or_else(|| "系统（超时）".into());
        let parts = [order_text(verdict.decision).to_owned(), who, reasons.join("、"), verdict.note.clone()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    };
    PrescriptionPage {
        frame,
        note: refused.note,
        id: order.id,
        number: order.number.clone(),
        version: order.version,
        state: order.state.text(),
        tone: order.state.tone(),
        left: Left::of(order.deadline, app.now()),
        is_waiting: order.state == OrderState::Waiting,
        is_mine,
        gravity: parts::gravity(order),
        name: document.patient.name.clone(),
        person: person(document, today),
        is_pregnant: match document.patient.pregnant {
            Some(true) => "妊娠",
            Some(false) => "未妊娠",
            None if document.patient.sex == people::Sex::Male => "",
            None => "妊娠未知",
        },
        hidden: reveals
            .iter()
            .filter(|one| is_hidden(one))
            .map(|(field, _)| (field.name(), field.title()))
            .collect(),
        may_reveal,
        reveal_at: format!("/herbal/audit/{}/reveal", order.id),
        id_number: document.patient.id_number.clone().unwrap_or_default(),
        phone: document.patient.phone.clone().unwrap_or_default(),
        place: document.department.name.clone(),
        doctor: document.doctor.name.clone(),
        issued: ui::format::moment(document.issued_at, today),
        diagnoses: named(&document.diagnoses),
        syndromes: named(&document.syndromes),
        doses: document.doses,
        usage: document.usage.clone(),
        form: format!(
            "{} · {}",
            document.form.as_deref().unwrap_or("汤剂"),
            if document.decocted { "代煎" } else { "自煎" }
        ),
        reason: document.reason.clone(),
        lines: parts::lines(document, &version.findings),
        whole: parts::of_whole(&version.findings),
        verdict: opened.verdict.as_ref().map(words),
        steps: opened
            .steps
            .iter()
            .map(|step| {
                let at = ui::format::moment(step.at, today);
                (at, step.event.text(), step.actor_name.clone(), step.detail.reason.clone())
            })
            .collect(),
        earlier: opened.earlier.iter().map(|(order, version)| earlier(order, version, today)).collect(),
        reasons: &REASONS,
        chosen: refused.chosen,
        written: refused.written,
        release: version.release.chars().take(12).collect(),
    }
}

fn earlier(order: &Order, version: &Version, today: NaiveDate) -> EarlierView {
    let document = &version.document;
    let line = |line: &crate::model::Line| format!("{}{}{}", line.name, line.dose, line.unit);
    let graver = version.findings.iter().filter(|found| found.level != rules::quality::Level::Hint);
    EarlierView {
        id: order.id,
        when: ui::format::moment(document.issued_at, today),
        tone: order.state.tone(),
        state: order.state.text(),
        diagnoses: named(&document.diagnoses),
        lines: document.lines.iter().map(line).collect::<Vec<_>>().join("、"),
        hits: graver.map(|found| hit(found, None)).collect(),
    }
}

fn order_text(decision: Decision) -> &'static str {
    match decision {
        Decision::Passed => "通过",
        Decision::Rejected => "不通过",
        Decision::TimedOut => "超时通过",
    }
}

impl PrescriptionPage {
    fn is_chosen(&self, code: &str) -> bool {
        self.chosen.iter().any(|chosen| chosen == code)
    }
}
