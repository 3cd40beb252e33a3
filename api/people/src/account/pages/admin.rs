//! The system administrator's screens.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use platform::{
    App, Problem,
    http::{Form, Path, Query, RequestId, page},
    session::{self, Role, SignedInStaff},
};
use serde::Deserialize;
use ui::Frame;
use uuid::Uuid;

use super::{framed, refused_page};
use crate::{
    Department, Staff,
    account::{
        AccountError, Filter,
        model::{Account, AccountState, Initial, NewAccount},
        service::{self, By, Creation, may_manage_second_factor},
    },
};

/// Rows of a page of the list.
const ROWS: usize = 20;

#[derive(Template)]
#[template(path = "account/list.html")]
struct ListPage {
    frame: Frame,
    role: Role,
    filter: Filter,
    roles: Vec<Role>,
    rows: Vec<Row>,
    /// Address of the following page; empty on the last.
    following: String,
}

struct Row {
    account: Account,
    state: AccountState,
    /// Its first password was not used in time.
    is_late: bool,
    locked: String,
    last: String,
}

#[derive(Template)]
#[template(path = "account/new.html")]
struct NewPage {
    frame: Frame,
    role: Role,
    roles: Vec<Role>,
    departments: Vec<Department>,
    staff: Vec<Staff>,
    form: NewForm,
    faults: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "account/one.html")]
struct OnePage {
    frame: Frame,
    role: Role,
    row: Row,
    created: String,
    set_at: String,
    factor_since: String,
    n_sessions: usize,
    is_self: bool,
    may_reset_factor: bool,
    done: &'static str,
}

#[derive(Template)]
#[template(path = "account/initial.html")]
struct InitialPage {
    frame: Frame,
    role: Role,
    initial: Initial,
    id: Uuid,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    text: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    after: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct NewForm {
    /// Somebody of the staff without an account; empty for a new person.
    #[serde(default)]
    staff: String,
    #[serde(default)]
    user_name: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    role: String,
    /// `institution/department`.
    #[serde(default)]
    department: String,
}

#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

impl NewPage {
    fn is_chosen(&self, department: &Department) -> bool {
        self.form.department == format!("{}/{}", department.institution, department.code)
    }

    /// What is wrong with a field; empty when nothing is.
    fn fault(&self, field: &str) -> &str {
        self.faults.iter().find(|(own, _)| *own == field).map_or("", |(_, fault)| fault.as_str())
    }
}

pub(super) async fn list(
    State(app): State<App>,
    who: SignedInStaff,
    Query(asked): Query<Asked>,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let filter = Filter { text: asked.text, role: asked.role, state: asked.state, after: asked.after };
    let mut found = service::list(&app, &filter, i64::try_from(ROWS + 1).unwrap_or(i64::MAX)).await?;
    let has_more = found.len() > ROWS;
    found.truncate(ROWS);
    let following = match found.last().filter(|_| has_more) {
        Some(last) => following(&filter, &last.user_name),
        None => String::new(),
    };
    let mut rows = Vec::new();
    for account in found {
        rows.push(row(&app, account).await?);
    }
    let frame = framed(&app, frame, &who.session).await?;
    page(ListPage { frame, role: who.role, filter, roles: Role::ALL.into(), rows, following }.render())
}

pub(super) async fn new(
    State(app): State<App>,
    who: SignedInStaff,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    page(new_page(&app, &who, frame, NewForm::default(), Vec::new()).await?.render())
}

pub(super) async fn create(
    State(app): State<App>,
    who: SignedInStaff,
    request: RequestId,
    frame: Frame,
    Form(form): Form<NewForm>,
) -> Result<Response, Problem> {
    session::require_recent_proof(&app, &who.session)?;
    let mut shown = new_page(&app, &who, frame, form, Vec::new()).await?;
    let (new, known) = match person(&app, &shown) {
        Ok(new) => new,
        Err(faults) => {
            shown.faults = faults;
            return Ok(refused_page(page(shown.render())?, None, app.now()));
        }
    };
    match service::create(&app, &By::session(&who.session, &request), &new, known).await? {
        Creation::Done(initial) => {
            let made = InitialPage { frame: shown.frame, role: who.role, initial, id: new.staff.id };
            Ok((StatusCode::CREATED, page(made.render())?).into_response())
        }
        Creation::Faults(faults) => {
            shown.faults = faults;
            Ok(refused_page(page(shown.render())?, None, app.now()))
        }
    }
}

pub(super) async fn show(
    State(app): State<App>,
    who: SignedInStaff,
    Path(id): Path<Uuid>,
    Query(query): Query<Done>,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let account = service::find(&app, id).await?.ok_or(AccountError::NotFound)?;
    let today = app.clock.today();
    let n_sessions = session::list_open(&app, id).await?.len();
    let shown = OnePage {
        frame: framed(&app, frame, &who.session).await?,
        role: who.role,
        created: ui::format::moment(account.created_at, today),
        set_at: ui::format::moment(account.password_set_at, today),
        factor_since: account.totp_since.map(|at| ui::format::moment(at, today)).unwrap_or_default(),
        n_sessions,
        is_self: who.session.principal.id() == id,
        may_reset_factor: may_manage_second_factor(&account),
        done: match query.done.as_str() {
            "disable" => "账号已停用，登录已全部结束。",
            "enable" => "账号已启用。",
            "unlock" => "锁定已解除。",
            "factor" => "二次验证已重置，本人下次登录时重新设置。",
            "sessions" => "登录已全部结束。",
            _ => "",
        },
        row: row(&app, account).await?,
    };
    page(shown.render())
}

/// Buttons of the page of one account.
pub(super) async fn act(
    State(app): State<App>,
    who: SignedInStaff,
    request: RequestId,
    Path((id, deed)): Path<(Uuid, String)>,
    frame: Frame,
) -> Result<Response, Problem> {
    session::require_recent_proof(&app, &who.session)?;
    let account = service::find(&app, id).await?.ok_or(AccountError::NotFound)?;
    let by = By::session(&who.session, &request);
    if who.session.principal.id() == id {
        return Err(Problem::forbidden("不能在这里改动自己的账号。修改密码和二次验证请到“我的账号”。"));
    }
    match deed.as_str() {
        "disable" => service::disable(&app, &by, &account).await?,
        "enable" => service::enable(&app, &by, &account).await?,
        "unlock" => service::unlock(&app, &by, &account).await?,
        "sessions" => service::close_by_force(&app, &by, &account).await.map(drop)?,
        "factor" if may_manage_second_factor(&account) => {
            service::reset_second_factor(&app, &by, &account).await?;
        }
        "reset" => {
            let initial = service::reset_password(&app, &by, &account).await?;
            let frame = framed(&app, frame, &who.session).await?;
            let shown = InitialPage { frame, role: who.role, initial, id };
            return Ok(page(shown.render())?.into_response());
        }
        _ => return Err(Problem::not_found()),
    }
    Ok(Redirect::to(&format!("/admin/accounts/{id}?done={deed}")).into_response())
}

fn following(filter: &Filter, after: &str) -> String {
    let fields =
        [("text", &*filter.text), ("role", &filter.role), ("state", &filter.state), ("after", after)];
    format!("/admin/accounts?{}", serde_html_form::to_string(fields).unwrap_or_default())
}

async fn row(app: &App, account: Account) -> Result<Row, Problem> {
    let locked = service::locked_until(app, &account).await?.map(ui::format::time).unwrap_or_default();
    let today = app.clock.today();
    let last = account.last_sign_in_at.map_or_else(|| "从未".into(), |at| ui::format::moment(at, today));
    let now = app.now();
    Ok(Row {
        state: account.state(&app.config, now),
        is_late: account.first_password_is_over(now),
        account,
        locked,
        last,
    })
}

async fn new_page(
    app: &App,
    who: &SignedInStaff,
    frame: Frame,
    form: NewForm,
    faults: Vec<(&'static str, String)>,
) -> Result<NewPage, Problem> {
    Ok(NewPage {
        frame: framed(app, frame, &who.session).await?,
        role: who.role,
        // The three administrators are made at the set-up or by an operator at the server, not by one of them.
        roles: Role::ALL.into_iter().filter(|role| !role.is_administrator()).collect(),
        departments: crate::service::list_all_departments(app).await?,
        staff: service::list_staff_without(app)
            .await?
            .into_iter()
            .filter(|s| !s.role.is_administrator())
            .collect(),
        form,
        faults,
    })
}

/// The person of a form and whether they are known; or what is wrong with it.
fn person(app: &App, page: &NewPage) -> Result<(NewAccount, bool), Vec<(&'static str, String)>> {
    let form = &page.form;
    let user_name = form.user_name.clone();
    if !form.staff.is_empty() {
        let known = page.staff.iter().find(|staff| staff.id.to_string() == form.staff);
        let staff = known.ok_or_else(|| vec![("staff", "此人已有账号或不存在，请重新选择。".to_owned())])?;
        return Ok((NewAccount { staff: staff.clone(), user_name }, true));
    }
    let role = page.roles.iter().find(|role| role.name() == form.role);
    let department = page
        .departments
        .iter()
        .find(|department| format!("{}/{}", department.institution, department.code) == form.department);
    let mut faults = service::faults(&form.user_name, &form.name);
    if form.title.chars().count() > 40 {
        faults.push(("title", "职称最多 40 个字。".to_owned()));
    }
    if role.is_none() {
        faults.push(("role", "请选择角色。".to_owned()));
    }
    if department.is_none() {
        faults.push(("department", "请选择科室。".to_owned()));
    }
    match (role, department) {
        (Some(role), Some(department)) if faults.is_empty() => {
            let staff = Staff {
                id: app.new_id(),
                name: form.name.trim().to_owned(),
                role: *role,
                title: form.title.trim().to_owned(),
                department: department.clone(),
            };
            Ok((NewAccount { staff, user_name }, false))
        }
        _ => Err(faults),
    }
}
