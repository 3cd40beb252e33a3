//! Importing pieces and stock: choose a file, look at what it would change, take it over.

use askama::Template;
use axum::{
    extract::{Multipart, State},
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use people::staff_frame;
use platform::{
    Problem,
    http::{Form, Path, RequestId, page},
    rights::Right,
};
use serde::Deserialize;
use ui::Frame;
use uuid::Uuid;

use super::noted;
use crate::{
    Service,
    catalogue::{
        CatalogueError,
        form::Upload,
        import::{Difference, PIECE_HEADINGS, STOCK_HEADINGS},
        service::{self, Desk, Preview},
        sheet::Refusal,
        store,
    },
};

/// Differences that are shown.
const MOST_SHOWN: usize = 500;

#[derive(Template)]
#[template(path = "catalogue/import.html")]
struct ImportPage {
    frame: Frame,
    is_stock: bool,
    headings: String,
    /// Companies whose stock may be imported.
    companies: Vec<(String, String)>,
    chosen: String,
    note: String,
    faults: Vec<String>,
    n_faults: usize,
}

#[derive(Template)]
#[template(path = "catalogue/draft.html")]
struct DraftPage {
    frame: Frame,
    is_stock: bool,
    preview: Preview,
    shown: Vec<Difference>,
    n_more: usize,
    company: String,
    note: String,
}

#[derive(Deserialize)]
pub(super) struct Take {
    version: i64,
}

fn kind(is_stock: bool) -> &'static str {
    if is_stock { "stock" } else { "pieces" }
}

async fn import_page(
    service: &Service,
    right: &Right,
    frame: Frame,
    (is_stock, chosen): (bool, &str),
    refused: Option<(String, Refusal)>,
) -> Result<ImportPage, Problem> {
    let request = RequestId(String::new());
    let desk = Desk { right: right.clone(), request: &request };
    let mut companies = store::list_companies(&service.app.db).await.map_err(CatalogueError::from)?;
    companies.retain(|one| one.is_active && desk.covers(&one.code));
    let (note, refusal) = refused.unwrap_or_default();
    let headings = if is_stock { STOCK_HEADINGS.join("、") } else { PIECE_HEADINGS.join("、") };
    Ok(ImportPage {
        frame: staff_frame(&service.app, right, frame).await?,
        is_stock,
        headings,
        companies: companies.into_iter().map(|one| (one.code, one.name)).collect(),
        chosen: chosen.to_owned(),
        note,
        faults: refusal.cells.iter().map(ToString::to_string).collect(),
        n_faults: refusal.n_cells,
    })
}

pub(super) async fn pieces_form(
    State(service): State<Service>,
    right: Right,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    page(import_page(&service, &right, frame, (false, ""), None).await?.render())
}

pub(super) async fn stock_form(
    State(service): State<Service>,
    right: Right,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let own = right.reach.institution.clone();
    page(import_page(&service, &right, frame, (true, &own), None).await?.render())
}

pub(super) async fn read_pieces(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    form: Multipart,
) -> Result<Response, Problem> {
    read(&service, (right, &request, frame), false, Upload::read(form).await).await
}

pub(super) async fn read_stock(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    form: Multipart,
) -> Result<Response, Problem> {
    read(&service, (right, &request, frame), true, Upload::read(form).await).await
}

async fn read(
    service: &Service,
    (right, request, frame): (Right, &RequestId, Frame),
    is_stock: bool,
    upload: Upload,
) -> Result<Response, Problem> {
    let desk = Desk { right: right.clone(), request };
    let company = upload.field("company").to_owned();
    let (name, bytes) = (upload.file_name, upload.bytes);
    let read = if is_stock {
        service::read_stock(&service.app, &desk, &company, (&name, bytes)).await
    } else {
        service::read_pieces(&service.app, &desk, (&name, bytes)).await
    };
    match read {
        Ok(id) => {
            let place = if is_stock { "stock" } else { "catalogue" };
            Ok(Redirect::to(&format!("/herbal/{place}/drafts/{id}")).into_response())
        }
        Err(error) => {
            let refusal = match &error {
                CatalogueError::File(refusal) => refusal.clone(),
                _ => Refusal::default(),
            };
            let (status, note) = noted(error)?;
            let refused = Some((note, refusal));
            let shown = import_page(service, &right, frame, (is_stock, &company), refused).await?;
            Ok((status, page(shown.render())?).into_response())
        }
    }
}

async fn draft_page(
    service: &Service,
    (right, request, frame): (&Right, &RequestId, Frame),
    (id, is_stock): (Uuid, bool),
    note: String,
) -> Result<DraftPage, Problem> {
    let desk = Desk { right: right.clone(), request };
    let mut preview = service::preview(&service.app, &service.engine, &desk, (id, kind(is_stock))).await?;
    let mut shown = std::mem::take(&mut preview.differences);
    let n_more = shown.len().saturating_sub(MOST_SHOWN);
    shown.truncate(MOST_SHOWN);
    let companies = store::list_companies(&service.app.db).await.map_err(CatalogueError::from)?;
    let company = companies.into_iter().find(|one| Some(&one.code) == preview.draft.company.as_ref());
    Ok(DraftPage {
        frame: staff_frame(&service.app, right, frame).await?,
        is_stock,
        preview,
        shown,
        n_more,
        company: company.map(|one| one.name).unwrap_or_default(),
        note,
    })
}

pub(super) async fn pieces_draft(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Html<String>, Problem> {
    page(draft_page(&service, (&right, &request, frame), (id, false), String::new()).await?.render())
}

pub(super) async fn stock_draft(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Html<String>, Problem> {
    page(draft_page(&service, (&right, &request, frame), (id, true), String::new()).await?.render())
}

pub(super) async fn take_pieces(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(form): Form<Take>,
) -> Result<Response, Problem> {
    take(&service, (right, &request, frame), (id, false), form.version).await
}

pub(super) async fn take_stock(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(form): Form<Take>,
) -> Result<Response, Problem> {
    take(&service, (right, &request, frame), (id, true), form.version).await
}

async fn take(
    service: &Service,
    (right, request, frame): (Right, &RequestId, Frame),
    (id, is_stock): (Uuid, bool),
    version: i64,
) -> Result<Response, Problem> {
    let desk = Desk { right: right.clone(), request };
    let taken = (id, kind(is_stock));
    match service::take_over(&service.app, &service.engine, &desk, taken, version).await {
        Ok(_) => Ok(Redirect::to("/herbal/catalogue").into_response()),
        Err(error) => {
            let (status, note): (StatusCode, String) = noted(error)?;
            let shown = draft_page(service, (&right, request, frame), (id, is_stock), note).await?;
            Ok((status, page(shown.render())?).into_response())
        }
    }
}
