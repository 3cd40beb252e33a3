//! The screens of statements, the same for hospital, company and district: what each may do is on them.

mod detail;

use askama::Template;
use axum::{
    extract::{DefaultBodyLimit, Multipart, State as Part},
    http::header,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use people::staff_frame;
use platform::{
    Problem,
    http::{Query, RequestId, page},
    rights::{Right, Scope},
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::{
    StatementError,
    model::{Desk, Month, State},
    read::HEADINGS,
    service::{self, File},
};
use crate::{
    Service, Shared,
    catalogue::{
        self,
        form::Upload,
        sheet::{self, Refusal, yuan},
    },
};

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .route("/herbal/statements/example.csv", get(example))
        .route("/herbal/statements/{id}", get(detail::show))
        .route("/herbal/statements/{id}/differences.csv", get(detail::export))
        .route("/herbal/statements/{id}/{deed}", post(detail::act))
        .route("/herbal/statements/{id}/settle/{deed}", post(detail::settle))
        .merge(
            OpenApiRouter::new()
                .route("/herbal/statements", get(list).post(upload))
                .layer(DefaultBodyLimit::max(sheet::LARGEST_FILE)),
        )
}

#[derive(Template)]
#[template(path = "statement/list.html")]
struct ListPage {
    frame: Frame,
    asked: Asked,
    rows: Vec<Row>,
    /// Whom one settles with; empty for the district, which uploads nothing.
    others: Vec<(String, String)>,
    is_company: bool,
    month: String,
    last_month: String,
    chosen: String,
    note: String,
    faults: Vec<String>,
    n_faults: usize,
}

struct Row {
    id: Uuid,
    month: String,
    institution: String,
    company: String,
    state: State,
    n_billed: i64,
    net: String,
    n_differing: i64,
    time: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    state: String,
    month: String,
}

/// Names of hospitals and companies by code.
struct Names(Vec<(String, String)>);

impl Names {
    async fn load(service: &Service) -> Result<Self, StatementError> {
        Ok(Self(crate::store::list_names(&service.app.db).await?))
    }

    fn of(&self, code: &str) -> String {
        let found = self.0.iter().find(|(known, _)| known == code);
        found.map_or_else(|| code.to_owned(), |(_, name)| name.clone())
    }
}

async fn list(
    Part(service): Part<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    page(list_page(&service, (&right, &request, frame), asked, None).await?.render())
}

async fn list_page(
    service: &Service,
    (right, request, frame): (&Right, &RequestId, Frame),
    asked: Asked,
    refused: Option<(String, Refusal, String, String)>,
) -> Result<ListPage, Problem> {
    let app = &service.app;
    let desk = Desk { right: right.clone(), request };
    let names = Names::load(service).await?;
    let found = service::list(app, &desk, (State::named(&asked.state), &asked.month)).await?;
    let today = app.clock.today();
    let rows = found.into_iter().map(|one| Row {
        id: one.id,
        institution: names.of(&one.institution),
        company: names.of(&one.company),
        state: one.state,
        n_billed: one.n_billed,
        net: yuan(one.billed_fen),
        n_differing: one.n_differing,
        time: ui::format::moment(one.updated_at, today),
        month: one.month,
    });
    let companies = catalogue::list_companies(app).await.map_err(StatementError::from)?;
    let is_company = companies.iter().any(|one| one.code == desk.place());
    let others: Vec<(String, String)> = if right.scope() != Some(Scope::Institution) {
        Vec::new()
    } else if is_company {
        let is_hospital = |code: &str| !companies.iter().any(|one| one.code == code);
        names.0.iter().filter(|(code, _)| is_hospital(code)).cloned().collect()
    } else {
        companies.iter().filter(|one| one.is_active).map(|one| (one.code.clone(), one.name.clone())).collect()
    };
    let this_month = Month::of(app.now());
    let last = today.checked_sub_months(chrono::Months::new(1)).unwrap_or(today).format("%Y-%m").to_string();
    let (note, refusal, month, chosen) = refused.unwrap_or_default();
    Ok(ListPage {
        rows: rows.collect(),
        frame: staff_frame(app, right, frame).await?,
        asked,
        others,
        is_company,
        month: this_month.to_string(),
        last_month: if month.is_empty() { last } else { month },
        chosen,
        note,
        faults: refusal.cells.iter().map(ToString::to_string).collect(),
        n_faults: refusal.n_cells,
    })
}

async fn upload(
    Part(service): Part<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    form: Multipart,
) -> Result<Response, Problem> {
    let upload = Upload::read(form).await;
    let (other, month) = (upload.field("other").to_owned(), upload.field("month").to_owned());
    let desk = Desk { right: right.clone(), request: &request };
    let file = File { other: &other, month: &month, name: &upload.file_name, bytes: upload.bytes };
    match service::upload(&service.app, &desk, file).await {
        Ok(id) => Ok(Redirect::to(&format!("/herbal/statements/{id}")).into_response()),
        Err(error) => {
            let Some(note) = error.note() else { return Err(error.into()) };
            let refusal = match &error {
                StatementError::File(refusal) => refusal.clone(),
                _ => Refusal::default(),
            };
            let refused = Some((note, refusal, month, other));
            let shown = list_page(&service, (&right, &request, frame), Asked::default(), refused).await?;
            Ok((Problem::from(error).status(), page(shown.render())?).into_response())
        }
    }
}

/// A file to begin with.
async fn example() -> Response {
    let text = format!("\u{feff}{}\nCF20260301001,,7,123.40,21.00,0.00,0.00,,144.40\n", HEADINGS.join(","));
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"statement.csv\""),
    ];
    (head, text).into_response()
}
