use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use platform::{
    App, Problem,
    http::{Form, Path, RequestId, page},
    rights::{Permission, Route, Who},
    session::SignedInStaff,
};
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Organisation,
    service::{self, ChangeError, LEVELS, OrganisationForm},
};
use crate::{PeopleError, realname::fields::FieldFault};

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/admin/organisations", Who::Staff(Permission::OrganisationManage)),
    Route::get("/admin/organisations/{code}", Who::Staff(Permission::OrganisationManage)),
    Route::post("/admin/organisations/{code}", Who::Staff(Permission::OrganisationManage)),
];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .route("/admin/organisations", get(list))
        .route("/admin/organisations/{code}", get(edit).post(save))
}

#[derive(Template)]
#[template(path = "organisation/admin_list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Organisation>,
}

#[derive(Template)]
#[template(path = "organisation/admin_edit.html")]
struct EditPage {
    frame: Frame,
    one: Organisation,
    form: OrganisationForm,
    faults: Vec<FieldFault>,
}

impl EditPage {
    fn fault(&self, field: &str) -> &str {
        self.faults.iter().find(|(name, _)| *name == field).map_or("", |(_, fault)| fault.as_str())
    }
}

async fn list(State(app): State<App>, me: SignedInStaff, frame: Frame) -> Result<Html<String>, Problem> {
    let rows = service::list(&app).await?;
    page(ListPage { frame: signed(&app, frame, &me).await?, rows }.render())
}

async fn edit(
    State(app): State<App>,
    me: SignedInStaff,
    Path(code): Path<String>,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let one = service::find(&app, &code).await?;
    let form = OrganisationForm::from(&one);
    page(EditPage { frame: signed(&app, frame, &me).await?, one, form, faults: Vec::new() }.render())
}

async fn save(
    State(app): State<App>,
    request: RequestId,
    me: SignedInStaff,
    Path(code): Path<String>,
    frame: Frame,
    Form(form): Form<OrganisationForm>,
) -> Result<Response, Problem> {
    match service::change(&app, &request, &me.session.principal, &code, &form).await {
        Ok(()) => Ok(Redirect::to("/admin/organisations").into_response()),
        Err(ChangeError::Faults(faults)) => {
            let one = service::find(&app, &code).await?;
            let page = page(EditPage { frame: signed(&app, frame, &me).await?, one, form, faults }.render())?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(ChangeError::Other(error)) => Err(error.into()),
    }
}

async fn signed(app: &App, frame: Frame, me: &SignedInStaff) -> Result<Frame, PeopleError> {
    let name = crate::service::find_staff(app, me.id).await?.map(|staff| staff.name).unwrap_or_default();
    Ok(frame.with_csrf(&me.session.csrf).with_name(name))
}
