//! What waits for review, and the decision.

use askama::Template;
use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};
use platform::{
    Problem,
    http::{Form, Path, RequestId, page},
    rights::{Right, Scope},
};
use serde::Deserialize;
use ui::Frame;
use uuid::Uuid;

use super::{
    at_desk,
    designer::{Refused, drawn},
    noted,
};
use crate::{
    Service,
    template::{
        service::{self, Decision},
        store,
    },
};

#[derive(Template)]
#[template(path = "preconsult/template_review.html")]
struct QueuePage {
    frame: Frame,
    rows: Vec<Row>,
    /// Whether the reader sets how the institution reviews.
    may_set: bool,
    is_two_step: bool,
}

struct Row {
    id: Uuid,
    title: String,
    code: String,
    place: String,
    author: String,
    number: i64,
    time: String,
    is_second_look: bool,
    obstacle: String,
}

#[derive(Deserialize)]
pub(super) struct Said {
    version: i64,
    decision: String,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
pub(super) struct Policy {
    steps: String,
}

pub(super) async fn queue(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let (desk, frame) = at_desk(&service, &right, &request, frame).await?;
    let places = service::places(&service).await?;
    let today = service.app.clock.today();
    let mut rows = Vec::new();
    for queued in service::queue(&service, &desk).await? {
        let template = queued.template;
        let department = places.department(&template.institution, template.department.as_deref());
        rows.push(Row {
            id: template.id,
            place: format!("{} {department}", places.institution(&template.institution)),
            title: template.title,
            code: template.code,
            author: service::name_of(&service, queued.version.author).await?,
            number: queued.version.number,
            time: queued.version.submitted_at.map(|at| ui::format::moment(at, today)).unwrap_or_default(),
            is_second_look: queued.is_second_look,
            obstacle: queued.obstacle.unwrap_or_default(),
        });
    }
    let shown = QueuePage {
        frame,
        rows,
        may_set: desk.review.scope() >= Some(Scope::Institution),
        is_two_step: store::find_policy(&service.app.db, desk.institution()).await?,
    };
    page(shown.render())
}

pub(super) async fn set_policy(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Form(policy): Form<Policy>,
) -> Result<Redirect, Problem> {
    let (desk, _) = at_desk(&service, &right, &request, frame).await?;
    service::set_policy(&service, &desk, desk.institution(), policy.steps == "two").await?;
    Ok(Redirect::to("/staff/templates/review"))
}

pub(super) async fn decide(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(said): Form<Said>,
) -> Result<Response, Problem> {
    let (desk, frame) = at_desk(&service, &right, &request, frame).await?;
    let decision = match said.decision.as_str() {
        "approve" => Decision::Approve,
        "return" => Decision::Return,
        _ => {
            return Err(Problem::invalid_input().detail("请选通过或退回。").fault("/decision", "通过或退回"));
        }
    };
    match service::decide(&service, &desk, (id, said.version), decision, &said.note).await {
        Ok(_) => Ok(Redirect::to("/staff/templates/review").into_response()),
        Err(error) => {
            let (status, note) = noted(error)?;
            let refused = Refused { status, note, tab: "design", ..Refused::default() };
            drawn(&service, &desk, frame, id, refused).await
        }
    }
}
