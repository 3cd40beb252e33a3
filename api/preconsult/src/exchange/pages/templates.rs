use askama::Template;
use axum::{
    Extension,
    extract::State,
    response::{Html, Redirect},
    routing::{get, post},
};
use gateways::Gateways;
use people::staff_frame;
use platform::{
    Problem,
    http::{Form, Path, Query, RequestId, page},
    rights::{Permission, Right},
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use crate::{
    PreconsultError, Service, Shared,
    exchange::{
        model::reason_text,
        site,
        templates::{self, Foreign, SHENKANG, Upload},
    },
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .route("/staff/outside-templates", get(list))
        .route("/staff/outside-templates/sync", post(sync))
        .route("/staff/outside-templates/{id}", get(show).post(decide))
}

#[derive(Template)]
#[template(path = "preconsult/outside_templates.html")]
struct ListPage {
    frame: Frame,
    state: String,
    may_change: bool,
    rows: Vec<Row>,
    syncs: Vec<SyncRow>,
    uploads: Vec<UploadRow>,
    dictionaries: Vec<(String, String, String, usize)>,
}

struct Row {
    template: Foreign,
    source: String,
    state: (&'static str, &'static str),
    received: String,
}

struct SyncRow {
    source: String,
    way: &'static str,
    at: String,
    counts: [i64; 4],
    fault: &'static str,
}

struct UploadRow {
    upload: Upload,
    state: (&'static str, &'static str),
    reason: &'static str,
    at: String,
}

#[derive(Template)]
#[template(path = "preconsult/outside_template.html")]
struct TemplatePage {
    frame: Frame,
    may_change: bool,
    row: Row,
    others: Vec<Row>,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
}

#[derive(Deserialize)]
struct Decision {
    decision: String,
}

/// Names of the sources.
struct Sources(Vec<(String, String)>);

impl Sources {
    async fn of(service: &Service) -> Result<Self, PreconsultError> {
        let sites = site::list(&service.app).await?;
        Ok(Self(sites.into_iter().map(|site| (site.institution, site.name)).collect()))
    }

    fn name(&self, source: &str) -> String {
        if source == SHENKANG {
            return "申康".into();
        }
        let found = self.0.iter().find(|(code, _)| code == source);
        found.map_or_else(|| source.to_owned(), |(_, name)| name.clone())
    }
}

fn state_of(name: &str) -> (&'static str, &'static str) {
    match name {
        "new" => ("info", "新到"),
        "taken" => ("ok", "已采用"),
        "conflict" => ("danger", "有冲突"),
        _ => ("quiet", "不采用"),
    }
}

fn row(service: &Service, sources: &Sources, template: Foreign) -> Row {
    Row {
        source: sources.name(&template.source),
        state: state_of(&template.state),
        received: ui::format::moment(template.received_at, service.app.clock.today()),
        template,
    }
}

async fn list(
    State(service): State<Service>,
    right: Right,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let (app, sources) = (&service.app, Sources::of(&service).await?);
    let today = app.clock.today();
    let rows = templates::list(app, &asked.state).await?;
    let rows = rows.into_iter().map(|template| row(&service, &sources, template)).collect();
    let syncs = templates::list_syncs(app).await?.into_iter().map(|sync| SyncRow {
        source: sources.name(&sync.source),
        way: match (sync.source.as_str(), sync.by_staff) {
            (SHENKANG, None) => "定时下载",
            (SHENKANG, Some(_)) => "手动下载",
            _ => "医院批量提交",
        },
        at: ui::format::moment(sync.started_at, today),
        counts: [sync.n_new, sync.n_conflicts, sync.n_same, sync.n_dictionaries],
        fault: sync.fault.as_deref().map(reason_text).unwrap_or_default(),
    });
    let syncs = syncs.collect();
    let uploads = templates::list_uploads(app).await?.into_iter().map(|upload| UploadRow {
        state: match upload.state.as_str() {
            "delivered" => ("ok", "已收下"),
            "refused" => ("danger", "被退回"),
            _ => ("warn", "待上传"),
        },
        reason: upload.reason.as_deref().map(reason_text).unwrap_or_default(),
        at: ui::format::moment(upload.changed_at, today),
        upload,
    });
    let uploads = uploads.collect();
    let dictionaries = templates::list_dictionaries(app).await?;
    let dictionaries = dictionaries
        .into_iter()
        .map(|(source, name, version, count)| (sources.name(&source), name, version, count))
        .collect();
    let may_change = right.may(Permission::KnowledgePublish);
    let frame = staff_frame(app, &right, frame).await?;
    page(ListPage { frame, state: asked.state, may_change, rows, syncs, uploads, dictionaries }.render())
}

async fn show(
    State(service): State<Service>,
    right: Right,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Html<String>, Problem> {
    let sources = Sources::of(&service).await?;
    let template = templates::find(&service.app, id).await?.ok_or(PreconsultError::NotFound)?;
    let others = templates::list_others(&service.app, &template).await?;
    let others = others.into_iter().map(|other| row(&service, &sources, other)).collect();
    let frame = staff_frame(&service.app, &right, frame).await?;
    let may_change = right.may(Permission::KnowledgePublish);
    page(TemplatePage { frame, may_change, row: row(&service, &sources, template), others }.render())
}

async fn decide(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    Path(id): Path<Uuid>,
    Form(given): Form<Decision>,
) -> Result<Redirect, Problem> {
    let is_taken = match given.decision.as_str() {
        "take" => true,
        "drop" => false,
        _ => return Err(Problem::bad_request("请用页面上的按钮提交。")),
    };
    templates::decide(&service.app, (&right.actor(), &request), right.id(), id, is_taken).await?;
    Ok(Redirect::to(&format!("/staff/outside-templates/{id}")))
}

/// A failed exchange is no error page: it stands in the list with its reason.
async fn sync(
    State(service): State<Service>,
    Extension(gateways): Extension<Gateways>,
    right: Right,
) -> Result<Redirect, Problem> {
    match templates::pull(&service.app, &gateways, Some(right.id())).await {
        Ok(_) | Err(PreconsultError::Gateway(_)) => Ok(Redirect::to("/staff/outside-templates#syncs")),
        Err(error) => Err(error.into()),
    }
}
