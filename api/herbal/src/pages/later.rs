//! What passed by time-out, to be looked at afterwards.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};
use people::staff_frame;
use platform::{
    Problem,
    http::{Form, Path, RequestId, page},
    rights::Right,
};
use serde::Deserialize;
use ui::Frame;
use uuid::Uuid;

use super::parts::{self, HitView, hit, named, person};
use crate::{
    Service,
    model::Pharmacist,
    service::{self, Unreviewed},
};

#[derive(Template)]
#[template(path = "herbal/later.html")]
struct LaterPage {
    frame: Frame,
    note: Option<&'static str>,
    rows: Vec<RowView>,
}

struct RowView {
    id: Uuid,
    version: i64,
    number: String,
    at: String,
    state: &'static str,
    tone: &'static str,
    gravity: Option<(&'static str, &'static str)>,
    patient: String,
    person: String,
    diagnoses: String,
    lines: String,
    hits: Vec<HitView>,
}

#[derive(Deserialize)]
pub(super) struct Looked {
    version: i64,
    outcome: String,
    #[serde(default)]
    note: String,
}

pub(super) async fn list(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    drawn(&service, &right, &request, frame, None).await
}

pub(super) async fn review(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    mut frame: Frame,
    Path(id): Path<Uuid>,
    Form(looked): Form<Looked>,
) -> Result<Response, Problem> {
    let is_sound = match looked.outcome.as_str() {
        "sound" => true,
        "faulty" => false,
        _ => return Err(Problem::invalid_input().fault("/outcome", "请选择“没有问题”或“有问题”")),
    };
    let who = Pharmacist { right: right.clone(), request: &request };
    let told = (is_sound, looked.note.as_str());
    let Err(error) = service::review_later(&service, &who, (id, looked.version), told).await else {
        return Ok(Redirect::to("/herbal/audit/later").into_response());
    };
    let Some(note) = error.note() else { return Err(error.into()) };
    frame.here = "/herbal/audit/later".into();
    let status = Problem::from(error).status();
    Ok((status, drawn(&service, &right, &request, frame, Some(note)).await?).into_response())
}

async fn drawn(
    service: &Service,
    right: &Right,
    request: &RequestId,
    frame: Frame,
    note: Option<&'static str>,
) -> Result<Html<String>, Problem> {
    let who = Pharmacist { right: right.clone(), request };
    let rows = service::unreviewed(service, &who).await?;
    let today = service.app.clock.today();
    let rows = rows.into_iter().map(|one| row(one, today)).collect();
    page(LaterPage { frame: staff_frame(&service.app, right, frame).await?, note, rows }.render())
}

fn row(one: Unreviewed, today: chrono::NaiveDate) -> RowView {
    let Unreviewed { order, version, at, patient } = one;
    let document = &version.document;
    let line = |line: &crate::model::Line| format!("{}{}{}", line.name, line.dose, line.unit);
    RowView {
        id: order.id,
        version: version.number,
        at: ui::format::moment(at, today),
        state: order.state.text(),
        tone: order.state.tone(),
        gravity: parts::gravity(&order),
        patient,
        person: person(document, today),
        diagnoses: named(&document.diagnoses),
        lines: document.lines.iter().map(line).collect::<Vec<_>>().join("、"),
        hits: version.findings.iter().map(|found| hit(found, None)).collect(),
        number: order.number,
    }
}
