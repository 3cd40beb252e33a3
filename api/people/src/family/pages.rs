use askama::Template;
use axum::{
    Extension,
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gateways::Gateways;
use platform::{
    App, Problem,
    http::{Form, Path, RequestId, page},
    rights::{Route, Who},
    session::{SignedInResident, local_path},
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::{
    Proof, Relation,
    service::{self, AddError, CONSENT, Known, MemberForm},
};
use crate::{
    realname::fields::FieldFault,
    resident::{self, Identity},
};

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/family", Who::Resident),
    Route::get("/family/new", Who::Resident),
    Route::post("/family/new", Who::Resident),
    Route::post("/family/switch", Who::Resident),
    Route::post("/family/{id}/revoke", Who::Resident),
];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .route("/family", get(list))
        .route("/family/new", get(form).post(add))
        .route("/family/switch", post(switch))
        .route("/family/{id}/revoke", post(revoke))
}

#[derive(Template)]
#[template(path = "family/list.html")]
struct ListPage {
    frame: Frame,
    me: Identity,
    current: Uuid,
    mine: Vec<Known>,
    others: Vec<Known>,
    limit: usize,
}

#[derive(Template)]
#[template(path = "family/form.html")]
struct FormPage {
    frame: Frame,
    form: MemberForm,
    faults: Vec<FieldFault>,
    is_sent: bool,
    telephone: Option<String>,
}

impl FormPage {
    fn fault(&self, field: &str) -> &str {
        self.faults.iter().find(|(name, _)| *name == field).map_or("", |(_, fault)| fault.as_str())
    }
}

#[derive(Deserialize)]
struct Chosen {
    patient: Uuid,
    #[serde(default)]
    back: String,
}

#[derive(Deserialize)]
struct Sent {
    #[serde(default)]
    act: String,
    #[serde(flatten)]
    form: MemberForm,
}

async fn list(State(app): State<App>, me: SignedInResident, frame: Frame) -> Result<Html<String>, Problem> {
    let (mine, others) = service::list(&app, me.id).await?;
    let current = service::current_patient(&app, me.id).await?;
    let limit = usize::try_from(app.config.family_limit).unwrap_or(0);
    let frame = frame.with_csrf(me.session.csrf);
    let me = resident::find(&app, me.id).await?;
    page(ListPage { frame, me, current, mine, others, limit }.render())
}

async fn form(State(app): State<App>, me: SignedInResident, frame: Frame) -> Result<Response, Problem> {
    if !resident::find(&app, me.id).await?.is_vouched() {
        return Ok(Redirect::to("/realname").into_response());
    }
    let frame = frame.with_csrf(me.session.csrf);
    Ok(drawn(&app, frame, MemberForm::default(), Vec::new(), false)?.into_response())
}

async fn add(
    State(app): State<App>,
    Extension(gateways): Extension<Gateways>,
    request: RequestId,
    me: SignedInResident,
    frame: Frame,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let frame = frame.with_csrf(me.session.csrf);
    let wants_code = sent.act == "code";
    let done = if wants_code {
        service::send_code(&app, &gateways, me.id, &sent.form).await
    } else {
        service::add(&app, &request, me.id, &sent.form).await
    };
    match done {
        Ok(()) if wants_code => Ok(drawn(&app, frame, sent.form, Vec::new(), true)?.into_response()),
        Ok(()) => Ok(Redirect::to("/family").into_response()),
        Err(AddError::Faults(faults)) => {
            let page = drawn(&app, frame, sent.form, faults, false)?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(AddError::Other(error)) => Err(error.into()),
    }
}

async fn switch(
    State(app): State<App>,
    request: RequestId,
    me: SignedInResident,
    Form(chosen): Form<Chosen>,
) -> Result<Redirect, Problem> {
    service::switch(&app, &request, me.id, chosen.patient).await?;
    let back = if chosen.back.is_empty() { "/family" } else { local_path(&chosen.back) };
    Ok(Redirect::to(back))
}

async fn revoke(
    State(app): State<App>,
    request: RequestId,
    me: SignedInResident,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Problem> {
    service::revoke(&app, &request, me.id, id).await?;
    Ok(Redirect::to("/family"))
}

fn drawn(
    app: &App,
    frame: Frame,
    form: MemberForm,
    faults: Vec<FieldFault>,
    is_sent: bool,
) -> Result<Html<String>, Problem> {
    let telephone = app.config.simulated.contains(&"短信").then(|| app.config.sms_address.clone());
    page(FormPage { frame, form, faults, is_sent, telephone }.render())
}
