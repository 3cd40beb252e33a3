use std::collections::BTreeSet;

use askama::Template;
use axum::{
    Extension,
    extract::State,
    response::{Html, Redirect},
    routing::{get, post},
};
use gateways::Gateways;
use platform::{
    App, Problem,
    http::{Form, Path, Query, RequestId, page},
    rights::Right,
    session::Role,
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;

use super::{
    service,
    store::{self, Person},
};
use crate::desk::staff_frame;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .route("/admin/directory", get(show))
        .route("/admin/directory/sync", post(sync))
        .route("/admin/directory/roles", post(map_role))
        .route("/admin/directory/{subject}/join", post(join))
}

#[derive(Template)]
#[template(path = "directory/list.html")]
struct DirectoryPage {
    frame: Frame,
    is_there: bool,
    asked: bool,
    hours: u32,
    /// Tone, state and text of the last reading.
    reading: (&'static str, &'static str, String),
    n_taken: i64,
    n_all: i64,
    conflicts: Vec<ConflictView>,
    roles: Vec<RoleView>,
    choices: Vec<Role>,
}

struct ConflictView {
    subject: String,
    name: String,
    user_name: String,
    place: String,
    roles: String,
    told: &'static str,
    may_join: bool,
}

struct RoleView {
    outside: String,
    role: String,
}

impl RoleView {
    fn is(&self, role: &str) -> bool {
        self.role == role
    }
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    asked: bool,
}

#[derive(Deserialize)]
struct Mapped {
    outside: String,
    #[serde(default)]
    role: String,
}

async fn show(
    State(app): State<App>,
    Extension(gateways): Extension<Gateways>,
    right: Right,
    frame: Frame,
    Query(query): Query<Shown>,
) -> Result<Html<String>, Problem> {
    let (n_taken, n_all) = store::count_people(&app.db).await?;
    let mapped = store::list_roles(&app.db).await?;
    let mut outside: BTreeSet<String> = mapped.iter().map(|(name, _)| name.clone()).collect();
    for roles in store::list_outside_roles(&app.db).await? {
        outside.extend(roles.split('、').map(str::to_owned));
    }
    let role_of =
        |name: &str| mapped.iter().find(|(outside, _)| outside == name).map(|(_, role)| role.clone());
    let roles =
        outside.into_iter().map(|name| RoleView { role: role_of(&name).unwrap_or_default(), outside: name });
    let conflicts = store::list_conflicts(&app.db).await?;
    let shown = DirectoryPage {
        frame: staff_frame(&app, &right, frame).await?,
        is_there: gateways.support.is_some(),
        asked: query.asked,
        hours: app.config.support_sync_hours,
        reading: reading(&app).await?,
        n_taken,
        n_all,
        conflicts: conflicts.into_iter().map(view).collect(),
        roles: roles.collect(),
        choices: Role::ALL.into_iter().filter(|role| !role.is_administrator()).collect(),
    };
    page(shown.render())
}

async fn sync(State(app): State<App>, _: Right) -> Result<Redirect, Problem> {
    service::ask(&app).await?;
    Ok(Redirect::to("/admin/directory?asked=true"))
}

async fn map_role(
    State(app): State<App>,
    right: Right,
    request: RequestId,
    Form(form): Form<Mapped>,
) -> Result<Redirect, Problem> {
    let role = Role::named(&form.role);
    service::map_role(&app, &right.actor(), &request.0, &form.outside, role).await?;
    Ok(Redirect::to("/admin/directory"))
}

async fn join(
    State(app): State<App>,
    right: Right,
    request: RequestId,
    Path(subject): Path<String>,
) -> Result<Redirect, Problem> {
    service::join(&app, &right.actor(), &request.0, &subject).await?;
    Ok(Redirect::to("/admin/directory"))
}

async fn reading(app: &App) -> Result<(&'static str, &'static str, String), Problem> {
    let Some(last) = store::find_reading(&app.db).await? else {
        return Ok(("quiet", "还没有同步过", String::new()));
    };
    let when = ui::format::moment(last.begun_at, app.clock.today());
    Ok(match (last.fault, last.ended_at) {
        (Some(fault), _) => ("danger", "上次同步失败", format!("{when}：{fault}")),
        (None, None) => ("info", "正在同步", format!("{when} 开始")),
        (None, Some(_)) => ("ok", "上次同步成功", format!("{when}，变动 {} 人", last.n_changed)),
    })
}

fn view(person: Person) -> ConflictView {
    let conflict = person.conflict.unwrap_or_default();
    let told = match conflict.as_str() {
        service::NO_ROLE => "没有对应的角色：请在下面的角色对照里选一个本系统的角色。",
        service::NO_DEPARTMENT => {
            "机构或科室代码本系统没有：请由对方系统改成本系统的机构和科室代码，改好后会自动建立账号。"
        }
        service::USER_NAME => {
            "本系统已有同名账号：姓名相同且确认是同一人时点“是同一人”，否则请任一方改账号名。"
        }
        service::BAD_USER_NAME => {
            "账号名不合规则（4 到 32 个小写字母、数字和 . _ -，以字母开头）：请由对方系统改正。"
        }
        service::ADMINISTRATOR => "此人是系统、安全或审计管理员，不随目录变动：请在账号页处理。",
        _ => "未知原因，请查看运行日志。",
    };
    ConflictView {
        may_join: conflict == service::USER_NAME,
        subject: person.subject,
        name: person.name,
        user_name: person.user_name,
        place: format!("{} / {}", person.institution, person.department),
        roles: person.roles,
        told,
    }
}
