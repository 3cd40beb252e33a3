//! Search, export and check, for the audit administrator.

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::NaiveDate;
use platform::{
    App, Problem,
    audit::Record,
    http::{Form, Query, RequestId, page},
    rights::{Permission, Right},
    session::{self, SignedIn},
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;

use super::{
    check,
    service::{self, Asked, EXPORTED, Names, PAGE},
    store::{self, Check},
    words,
};
use crate::desk::staff_frame;

/// Checks shown.
const CHECKS: i64 = 20;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .route("/admin/audit", get(search))
        .route("/admin/audit/export", post(export))
        .route("/admin/audit/checks", get(checks).post(begin_check))
}

#[derive(Template)]
#[template(path = "audit/search.html")]
struct SearchPage {
    frame: Frame,
    asked: Asked,
    rows: Vec<RowView>,
    /// Address of the page with older rows.
    older: Option<String>,
    is_first: bool,
    may_export: bool,
    refusal: Option<String>,
    reason: String,
}

struct RowView {
    seq: i64,
    time: String,
    who: String,
    role: String,
    deed: String,
    action: String,
    /// Id and masked name.
    patient: Option<(String, String)>,
    object: String,
    reason: String,
    outcome: (&'static str, &'static str),
    origin: String,
    request: String,
}

#[derive(Template)]
#[template(path = "audit/checks.html")]
struct ChecksPage {
    frame: Frame,
    checks: Vec<CheckView>,
    is_running: bool,
    n_rows: i64,
    head: String,
}

struct CheckView {
    begun: String,
    who: String,
    tone: &'static str,
    state: String,
    percent: i64,
    is_running: bool,
    told: String,
}

#[derive(Deserialize)]
struct Searched {
    #[serde(flatten)]
    asked: Asked,
    before: Option<String>,
}

#[derive(Deserialize)]
struct Export {
    #[serde(flatten)]
    asked: Asked,
    #[serde(default)]
    reason: String,
}

async fn search(
    State(app): State<App>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Query(query): Query<Searched>,
) -> Result<Response, Problem> {
    let before = query.before.as_deref().and_then(|text| text.parse().ok());
    match service::search(&app, &right, &request, &query.asked, before).await {
        Ok(rows) => {
            let shown = search_page(&app, &right, frame, query.asked, rows).await?;
            let shown = SearchPage { is_first: before.is_none(), ..shown };
            Ok(page(shown.render())?.into_response())
        }
        Err(problem) if problem.status == 422 => {
            let shown = search_page(&app, &right, frame, query.asked, Vec::new()).await?;
            refused(shown, problem, String::new())
        }
        Err(problem) => Err(problem),
    }
}

async fn export(
    State(app): State<App>,
    right: Right,
    request: RequestId,
    SignedIn(session): SignedIn,
    frame: Frame,
    Form(form): Form<Export>,
) -> Result<Response, Problem> {
    session::require_recent_proof(&app, &session)?;
    match service::export(&app, &right, &request, &form.asked, &form.reason).await {
        Ok(file) => {
            let name = format!("attachment; filename=\"audit-{}.csv\"", app.now().format("%Y%m%dT%H%M%SZ"));
            let headers = [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
                (header::CONTENT_DISPOSITION, name),
            ];
            Ok((headers, file).into_response())
        }
        Err(problem) if problem.status == 422 => {
            let shown = search_page(&app, &right, frame, form.asked, Vec::new()).await?;
            refused(shown, problem, form.reason)
        }
        Err(problem) => Err(problem),
    }
}

fn refused(shown: SearchPage, problem: Problem, reason: String) -> Result<Response, Problem> {
    let shown = SearchPage { refusal: problem.detail, reason, ..shown };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(shown.render())?).into_response())
}

async fn search_page(
    app: &App,
    right: &Right,
    frame: Frame,
    asked: Asked,
    mut rows: Vec<Record>,
) -> Result<SearchPage, Problem> {
    let has_more = rows.len() > PAGE as usize;
    rows.truncate(PAGE as usize);
    let older = rows.last().filter(|_| has_more).map(|last| address(&asked, last.seq));
    let (names, today) = (service::names(app, &rows).await?, app.clock.today());
    Ok(SearchPage {
        frame: staff_frame(app, right, frame).await?,
        rows: rows.into_iter().map(|row| view(row, &names, today)).collect(),
        older,
        is_first: true,
        may_export: right.may(Permission::AuditExport),
        asked,
        refusal: None,
        reason: String::new(),
    })
}

fn address(asked: &Asked, before: i64) -> String {
    let before = before.to_string();
    let mut pairs = asked.pairs();
    pairs.push(("before", &before));
    format!("/admin/audit?{}", serde_html_form::to_string(pairs).unwrap_or_default())
}

fn view(row: Record, names: &Names, today: NaiveDate) -> RowView {
    let patient = row.patient.map(|id| id.to_string());
    let name_of = |id: &String| names.get(id).cloned().unwrap_or_else(|| short(id));
    let origin: Vec<String> = [row.address, row.device].into_iter().flatten().collect();
    RowView {
        seq: row.seq,
        time: ui::format::moment(row.at, today),
        who: name_of(&row.actor),
        role: words::role(&row.role).to_owned(),
        deed: words::title(&row.action).to_owned(),
        action: row.action,
        patient: patient.map(|id| (id.clone(), name_of(&id))),
        object: row.object.unwrap_or_default(),
        reason: row.reason.unwrap_or_default(),
        outcome: words::outcome(&row.outcome),
        origin: origin.join(" · "),
        request: row.request_id,
    }
}

/// Enough of an id to tell it from others on a page.
fn short(id: &str) -> String {
    if id.len() > 13 { format!("…{}", &id[id.len() - 6..]) } else { id.to_owned() }
}

async fn checks(State(app): State<App>, right: Right, frame: Frame) -> Result<Html<String>, Problem> {
    let checks = store::list_checks(&app.db, CHECKS).await?;
    let (n_rows, head) = platform::audit::find_head(&app.db).await?;
    let is_running = checks.first().is_some_and(|one| check::is_running(&app, one));
    let mut views = Vec::with_capacity(checks.len());
    for one in checks {
        views.push(check_view(&app, one).await?);
    }
    let frame = staff_frame(&app, &right, frame).await?;
    page(ChecksPage { frame, checks: views, is_running, n_rows, head }.render())
}

async fn begin_check(State(app): State<App>, right: Right, request: RequestId) -> Result<Redirect, Problem> {
    check::begin(&app, &right, &request).await?;
    Ok(Redirect::to("/admin/audit/checks"))
}

async fn check_view(app: &App, one: Check) -> Result<CheckView, Problem> {
    let is_running = check::is_running(app, &one);
    let (tone, state, told) = match (one.ended_at, one.broken_at, &one.fault) {
        (_, Some(seq), Some(fault)) => {
            let told = format!("第 {seq} 条：{fault}。此前 {} 条完整。", seq - 1);
            ("danger", "断裂", format!("{told}请立即通知安全管理员，保留数据库，与运行日志中的链尾核对。"))
        }
        (Some(_), ..) => ("ok", "完整", format!("共 {} 条，逐条核对无误", one.rows_checked)),
        (None, ..) if is_running => ("info", "核对中", format!("{} / {} 条", one.rows_checked, one.rows_all)),
        (None, ..) => ("warn", "已中断", "没有核对完（可能程序重启过），请重新核对".to_owned()),
    };
    let by = one.begun_by.parse().ok();
    let staff = match by {
        Some(id) => crate::service::find_staff(app, id).await?,
        None => None,
    };
    Ok(CheckView {
        begun: ui::format::moment(one.begun_at, app.clock.today()),
        who: staff.map_or(one.begun_by, |staff| staff.name),
        tone,
        state: state.to_owned(),
        percent: if one.rows_all > 0 { one.rows_checked * 100 / one.rows_all } else { 100 },
        is_running,
        told,
    })
}
