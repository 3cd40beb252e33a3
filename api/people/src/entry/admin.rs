use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use platform::{
    App, Problem,
    audit::Actor,
    http::{Form, Path, RequestId, page},
    rights::{Permission, Route, Who},
    session::SignedInStaff,
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;

use super::{Field, Partner, Service, service};
use crate::PeopleError;

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/admin/partners", Who::Staff(Permission::EntryManage)),
    Route::post("/admin/partners", Who::Staff(Permission::EntryManage)),
    Route::post("/admin/partners/{key}/active", Who::Staff(Permission::EntryManage)),
];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .route("/admin/partners", get(list).post(register))
        .route("/admin/partners/{key}/active", post(set_active))
}

#[derive(Template)]
#[template(path = "entry/partners.html")]
struct PartnersPage {
    frame: Frame,
    rows: Vec<Partner>,
    form: PartnerForm,
    fault: String,
    /// Key and secret of a partner registered just now.
    made: Option<(String, String)>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PartnerForm {
    key: String,
    name: String,
    return_address: String,
    services: Vec<String>,
    fields: Vec<String>,
}

impl PartnerForm {
    fn has(&self, name: &str) -> bool {
        self.services.iter().chain(&self.fields).any(|ticked| ticked == name)
    }
}

#[derive(Deserialize)]
struct Switch {
    active: bool,
}

async fn list(State(app): State<App>, me: SignedInStaff, frame: Frame) -> Result<Html<String>, Problem> {
    drawn(&app, &me, frame, PartnerForm::default(), "", None).await
}

async fn register(
    State(app): State<App>,
    request: RequestId,
    me: SignedInStaff,
    frame: Frame,
    Form(form): Form<PartnerForm>,
) -> Result<Response, Problem> {
    let partner = Partner {
        id: app.new_id(),
        key: form.key.trim().into(),
        name: form.name.trim().into(),
        return_address: form.return_address.trim().into(),
        services: form.services.iter().filter_map(|name| Service::named(name)).collect(),
        fields: form.fields.iter().filter_map(|name| Field::named(name)).collect(),
        is_active: true,
    };
    let key = partner.key.clone();
    match service::register(&app, &request, Actor::from(&me.session.principal), partner).await {
        Ok(secret) => {
            let page = drawn(&app, &me, frame, PartnerForm::default(), "", Some((key, secret))).await?;
            Ok(page.into_response())
        }
        Err(PeopleError::Field(_, fault)) => {
            let page = drawn(&app, &me, frame, form, fault, None).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn set_active(
    State(app): State<App>,
    request: RequestId,
    me: SignedInStaff,
    Path(key): Path<String>,
    Form(switch): Form<Switch>,
) -> Result<Redirect, Problem> {
    let by = Actor::from(&me.session.principal);
    service::set_active(&app, &request, by, &key, switch.active).await?;
    Ok(Redirect::to("/admin/partners"))
}

async fn drawn(
    app: &App,
    me: &SignedInStaff,
    frame: Frame,
    form: PartnerForm,
    fault: &str,
    made: Option<(String, String)>,
) -> Result<Html<String>, Problem> {
    let name = crate::service::find_staff(app, me.id).await?.map(|staff| staff.name).unwrap_or_default();
    let frame = frame.with_csrf(&me.session.csrf).with_name(name);
    let rows = service::list_partners(app).await?;
    page(PartnersPage { frame, rows, form, fault: fault.into(), made }.render())
}
