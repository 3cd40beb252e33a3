//! The list of roles, one role as a matrix, the confirmation of what changes, and who holds it.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use platform::{
    App, Problem,
    http::{Form, Path, RequestId, page},
    rights::{Field, Grant, Group, Permission, Right, RightsError, RoleRecord, Scope, roles},
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::{
    change::{Change, changes, words},
    form::{Filled, filled, hidden},
    service::{self, Admin, Refusal},
    store::{self, Colleague},
};
use crate::desk::staff_frame;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .route("/admin/roles", get(list).post(create))
        .route("/admin/roles/{role}", get(show).post(change))
        .route("/admin/roles/{role}/holders", post(change_holder))
}

#[derive(Template)]
#[template(path = "rights/roles.html")]
struct RolesPage {
    frame: Frame,
    roles: Vec<RoleView>,
    /// What was refused, and what was written.
    refusal: Option<String>,
    made: NewRole,
}

struct RoleView {
    role: RoleRecord,
    gives: Vec<String>,
}

#[derive(Template)]
#[template(path = "rights/role.html")]
struct RolePage {
    frame: Frame,
    role: RoleRecord,
    groups: Vec<GroupView>,
    holders: Vec<Colleague>,
    others: Vec<Colleague>,
    refusal: Option<String>,
}

struct GroupView {
    title: &'static str,
    rows: Vec<PermissionView>,
}

struct PermissionView {
    permission: Permission,
    is_given: bool,
    scopes: Vec<(Scope, bool)>,
    fields: Vec<(Field, bool)>,
}

#[derive(Template)]
#[template(path = "rights/confirm.html")]
struct ConfirmPage {
    frame: Frame,
    role: RoleRecord,
    changes: Vec<Change>,
    hidden: Vec<(String, &'static str)>,
    reason: String,
    refusal: Option<String>,
}

#[derive(Default, Deserialize)]
struct NewRole {
    #[serde(default)]
    key: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
struct Holding {
    staff: Uuid,
    deed: Deed,
    #[serde(default)]
    reason: String,
}

#[derive(PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Deed {
    Give,
    Take,
}

async fn list(State(app): State<App>, right: Right, frame: Frame) -> Result<Html<String>, Problem> {
    page(roles_page(&app, &right, frame, None, NewRole::default()).await?.render())
}

async fn create(
    State(app): State<App>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Form(form): Form<NewRole>,
) -> Result<Response, Problem> {
    let admin = Admin { app: &app, right: &right, request: &request };
    let (key, name) = (form.key.trim(), form.name.trim());
    match service::create_role(admin, key, name, &form.reason).await {
        Ok(()) => Ok(Redirect::to(&format!("/admin/roles/{key}")).into_response()),
        Err(refusal) => {
            let note = noted(refusal)?;
            Ok(refused(page(roles_page(&app, &right, frame, Some(note), form).await?.render())?))
        }
    }
}

async fn show(
    State(app): State<App>,
    right: Right,
    frame: Frame,
    Path(key): Path<String>,
) -> Result<Html<String>, Problem> {
    let role = found(&app, &key).await?;
    page(role_page(&app, &right, frame, role, None).await?.render())
}

async fn change(
    State(app): State<App>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(key): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let role = found(&app, &key).await?;
    let Filled { version, is_confirmed, reason, grants } = filled(&pairs)?;
    let changed = changes(&role.grants, &grants);
    let refusal = if role.is_fixed() {
        Some(Refusal::from(RightsError::Fixed))
    } else if role.version != version {
        Some(RightsError::Outdated.into())
    } else if changed.is_empty() {
        Some(Refusal::Unchanged)
    } else {
        None
    };
    if let Some(refusal) = refusal {
        let shown = role_page(&app, &right, frame, role, Some(noted(refusal)?)).await?;
        return Ok(refused(page(shown.render())?));
    }
    let mut note = None;
    if is_confirmed {
        let admin = Admin { app: &app, right: &right, request: &request };
        match service::change_role(admin, &role, version, &grants, &reason).await {
            Ok(()) => return Ok(Redirect::to(&format!("/admin/roles/{key}")).into_response()),
            Err(refusal) => note = Some(noted(refusal)?),
        }
    }
    let is_refused = note.is_some();
    let frame = staff_frame(&app, &right, frame).await?;
    let confirm =
        ConfirmPage { frame, hidden: hidden(&grants), role, changes: changed, reason, refusal: note };
    let shown = page(confirm.render())?;
    Ok(if is_refused { refused(shown) } else { shown.into_response() })
}

async fn change_holder(
    State(app): State<App>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(key): Path<String>,
    Form(form): Form<Holding>,
) -> Result<Response, Problem> {
    let role = found(&app, &key).await?;
    let admin = Admin { app: &app, right: &right, request: &request };
    let which = (form.staff, form.deed == Deed::Give);
    match service::change_holder(admin, &role, which, &form.reason).await {
        Ok(()) => Ok(Redirect::to(&format!("/admin/roles/{key}#holders")).into_response()),
        Err(refusal) => {
            let note = noted(refusal)?;
            Ok(refused(page(role_page(&app, &right, frame, role, Some(note)).await?.render())?))
        }
    }
}

/// A note for the page, or the problem where there is none.
fn noted(refusal: Refusal) -> Result<String, Problem> {
    refusal.note().ok_or_else(|| refusal.into())
}

fn refused(shown: Html<String>) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, shown).into_response()
}

async fn found(app: &App, key: &str) -> Result<RoleRecord, Problem> {
    roles::find_role(&app.db, key).await?.ok_or_else(|| RightsError::NoRole.into())
}

async fn roles_page(
    app: &App,
    right: &Right,
    frame: Frame,
    refusal: Option<String>,
    made: NewRole,
) -> Result<RolesPage, Problem> {
    let gives = |grant: &Grant| format!("{}（{}）", grant.permission.title(), words(grant));
    let view = |role: RoleRecord| RoleView { gives: role.grants.iter().map(gives).collect(), role };
    Ok(RolesPage {
        frame: staff_frame(app, right, frame).await?,
        roles: roles::list_roles(&app.db).await?.into_iter().map(view).collect(),
        refusal,
        made,
    })
}

async fn role_page(
    app: &App,
    right: &Right,
    frame: Frame,
    role: RoleRecord,
    refusal: Option<String>,
) -> Result<RolePage, Problem> {
    let ids = roles::list_holders(&app.db, &role.key).await?;
    let holders = store::list_colleagues_of(&app.db, &ids).await?;
    let everybody = store::list_colleagues(&app.db).await?;
    let others = everybody.into_iter().filter(|one| !ids.contains(&one.id) && one.id != right.id()).collect();
    Ok(RolePage {
        frame: staff_frame(app, right, frame).await?,
        groups: groups(&role),
        role,
        holders,
        others,
        refusal,
    })
}

/// The permissions a role of this kind can have.
fn groups(role: &RoleRecord) -> Vec<GroupView> {
    let row = |permission: Permission| {
        let grant = role.grant(permission);
        PermissionView {
            permission,
            is_given: grant.is_some(),
            scopes: Scope::ALL.map(|scope| (scope, grant.is_some_and(|grant| grant.scope == scope))).to_vec(),
            fields: Field::ALL
                .map(|field| (field, grant.is_some_and(|grant| grant.fields.contains(&field))))
                .to_vec(),
        }
    };
    Group::ALL
        .into_iter()
        .map(|group| GroupView {
            title: group.title(),
            rows: group.permissions().filter(|one| one.duty() == role.duty).map(row).collect(),
        })
        .filter(|group| !group.rows.is_empty())
        .collect()
}
