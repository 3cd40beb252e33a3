//! Where the staff begin: the places open to them.

use askama::Template;
use axum::{extract::State, response::Html, routing::get};
use platform::{
    App, Problem,
    http::page,
    rights::{Right, Route, Who},
    session::{Principal, Role},
};
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;

use crate::service;

pub(crate) const ACCESS: [Route; 1] = [Route::get("/desk", Who::AnyStaff)];

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().route("/desk", get(show))
}

#[derive(Template)]
#[template(path = "people/desk.html")]
struct DeskPage {
    frame: Frame,
    roles: String,
}

async fn show(State(app): State<App>, right: Right, frame: Frame) -> Result<Html<String>, Problem> {
    let roles = right.roles().join("、");
    page(DeskPage { frame: staff_frame(&app, &right, frame).await?, roles }.render())
}

/// The frame of a page for staff, with who is signed in.
pub async fn staff_frame(app: &App, right: &Right, frame: Frame) -> Result<Frame, Problem> {
    let staff = service::find_staff(app, right.id()).await?;
    let name = staff.map(|staff| format!("{} {}", staff.name, staff.title)).unwrap_or_default();
    Ok(frame.with_csrf(right.csrf.clone()).with_name(name))
}

/// Where somebody begins after signing in.
pub(crate) fn home_of(principal: &Principal) -> &'static str {
    match principal {
        Principal::Resident { .. } => "/",
        Principal::Staff { role, .. } => match role {
            Role::Doctor => "/doctor",
            Role::Editor | Role::Admin => "/knowledge",
            Role::SecurityAdmin => "/admin/roles",
            Role::AuditAdmin => "/admin/audit",
            Role::SystemAdmin => "/admin/accounts",
            Role::Reviewer => "/staff/realname",
            Role::Service => "/staff/feedback",
            Role::Pharmacist => "/desk",
            Role::HerbalCompany => "/herbal/statements",
        },
    }
}
