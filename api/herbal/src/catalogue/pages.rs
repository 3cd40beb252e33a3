//! The screens of the base data.

mod company;
mod import;

use askama::Template;
use axum::{
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use people::staff_frame;
use platform::{
    Problem,
    http::{Form, Path, Query, RequestId, page},
    rights::{Permission, Right},
};
use serde::Deserialize;
use ui::Frame;
use utoipa_axum::router::OpenApiRouter;

use super::{
    CatalogueError,
    import::{PieceRow, day},
    model::{Piece, Price, quantity_text},
    service::{self, Desk},
    sheet, store,
};
use crate::{Service, Shared};

/// Most rows of a list.
const MOST: i64 = 300;

pub(super) fn routes() -> OpenApiRouter<Shared> {
    let files = OpenApiRouter::new()
        .route("/herbal/catalogue/import", get(import::pieces_form).post(import::read_pieces))
        .route("/herbal/stock/import", get(import::stock_form).post(import::read_stock))
        .layer(DefaultBodyLimit::max(sheet::LARGEST_FILE));
    OpenApiRouter::new()
        .route("/herbal/catalogue", get(list))
        .route("/herbal/catalogue/pieces/{code}", get(show).post(change))
        .route("/herbal/catalogue/drafts/{id}", get(import::pieces_draft).post(import::take_pieces))
        .route("/herbal/stock/drafts/{id}", get(import::stock_draft).post(import::take_stock))
        .route("/herbal/companies", get(company::list).post(company::save))
        .route("/herbal/companies/{code}", get(company::show))
        .route("/herbal/companies/{code}/people", post(company::save_person))
        .route("/herbal/catalogue/pushes", get(company::pushes))
        .route("/herbal/catalogue/pushes/{institution}", post(company::push_again))
        .merge(files)
}

#[derive(Template)]
#[template(path = "catalogue/list.html")]
struct ListPage {
    frame: Frame,
    asked: Asked,
    version: i64,
    n_active: i64,
    n_matched: i64,
    rows: Vec<Row>,
    has_more: bool,
    may_edit: bool,
    may_stock: bool,
}

struct Row {
    piece: Piece,
    price: String,
    stock: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    q: String,
    /// `unmatched`, `retired` or nothing.
    only: String,
}

#[derive(Template)]
#[template(path = "catalogue/piece.html")]
struct PiecePage {
    frame: Frame,
    piece: Piece,
    draft: PieceForm,
    note: String,
    version: i64,
    concept: String,
    prices: Vec<(String, String, i64)>,
    stock: Vec<(String, String, String)>,
    history: Vec<Step>,
    may_edit: bool,
}

struct Step {
    version: i64,
    time: String,
    what: String,
    before: String,
    after: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PieceForm {
    name: String,
    spec: String,
    unit: String,
    is_active: Option<String>,
    yuan: String,
    per: String,
    valid_from: String,
    version: i64,
}

/// The note beside a form that was refused, with its status; what is no matter of a form goes on as a problem.
fn noted(error: CatalogueError) -> Result<(StatusCode, String), Problem> {
    match error.note() {
        Some(note) => Ok((Problem::from(error).status(), note)),
        None => Err(error.into()),
    }
}

async fn list(
    State(service): State<Service>,
    right: Right,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let db = &service.app.db;
    let version = store::find_version(db).await.map_err(CatalogueError::from)?;
    let (n_active, n_matched) = store::count_pieces(db).await.map_err(CatalogueError::from)?;
    let is_active = (asked.only != "retired").then_some(true).or(Some(false));
    let filter = (asked.q.as_str(), asked.only == "unmatched", is_active);
    let mut found = store::search(db, filter, MOST + 1).await.map_err(CatalogueError::from)?;
    let has_more = found.len() > usize::try_from(MOST).unwrap_or(usize::MAX);
    found.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
    let prices = store::list_prices(db, "").await.map_err(CatalogueError::from)?;
    let stock = store::list_stock(db, "").await.map_err(CatalogueError::from)?;
    let today = service.app.clock.today();
    let mut holds: std::collections::HashMap<&str, &Price> = std::collections::HashMap::new();
    // The latest day comes first.
    for (code, price) in prices.iter().filter(|(_, price)| price.valid_from <= today) {
        holds.entry(code.as_str()).or_insert(price);
    }
    let mut sums: std::collections::HashMap<&str, i64> = std::collections::HashMap::new();
    for one in &stock {
        *sums.entry(one.piece.as_str()).or_insert(0) += one.quantity;
    }
    let row = |piece: Piece| Row {
        price: holds.get(piece.code.as_str()).map(|price| price.text(&piece.unit)).unwrap_or_default(),
        stock: sums.get(piece.code.as_str()).map(|sum| quantity_text(*sum)).unwrap_or_default(),
        piece,
    };
    let rows = found.into_iter().map(row).collect();
    let (may_edit, may_stock) = (right.may(Permission::HerbalCatalogue), right.may(Permission::HerbalStock));
    let frame = staff_frame(&service.app, &right, frame).await?;
    page(
        ListPage { frame, asked, version, n_active, n_matched, rows, has_more, may_edit, may_stock }.render(),
    )
}

async fn show(
    State(service): State<Service>,
    right: Right,
    frame: Frame,
    Path(code): Path<String>,
) -> Result<Html<String>, Problem> {
    page(piece_page(&service, &right, frame, (&code, None, String::new())).await?.render())
}

async fn piece_page(
    service: &Service,
    right: &Right,
    frame: Frame,
    (code, draft, note): (&str, Option<PieceForm>, String),
) -> Result<PiecePage, Problem> {
    let db = &service.app.db;
    let piece = store::find_piece(db, code).await.map_err(CatalogueError::from)?;
    let piece = piece.ok_or(CatalogueError::NotFound)?;
    let version = store::find_version(db).await.map_err(CatalogueError::from)?;
    let today = service.app.clock.today();
    let price = |(_, price): (String, Price)| {
        (price.text(&piece.unit), ui::format::day(price.valid_from), price.version)
    };
    let prices = store::list_prices(db, code).await.map_err(CatalogueError::from)?;
    let names = store::list_companies(db).await.map_err(CatalogueError::from)?;
    let name = |code: &str| {
        names.iter().find(|one| one.code == code).map_or_else(|| code.to_owned(), |one| one.name.clone())
    };
    let stock = store::list_stock(db, code).await.map_err(CatalogueError::from)?;
    let history = store::list_history(db, code).await.map_err(CatalogueError::from)?;
    let concept = piece.concept.as_deref().and_then(|key| {
        let kb = service.engine.kb();
        kb.herb_id(key).map(|id| kb.herb(id).label.clone())
    });
    let fresh = PieceForm {
        name: piece.name.clone(),
        spec: piece.spec.clone(),
        unit: piece.unit.clone(),
        is_active: piece.is_active.then(|| "yes".into()),
        per: "1".into(),
        ..PieceForm::default()
    };
    Ok(PiecePage {
        frame: staff_frame(&service.app, right, frame).await?,
        draft: draft.unwrap_or(fresh),
        note,
        version,
        concept: concept.unwrap_or_default(),
        prices: prices.into_iter().map(price).collect(),
        stock: stock
            .into_iter()
            .map(|one| {
                let quantity = format!("{} {}", quantity_text(one.quantity), piece.unit);
                (name(&one.company), quantity, ui::format::moment(one.updated_at, today))
            })
            .collect(),
        history: history.into_iter().map(|change| step(&change, &piece, &name, today)).collect(),
        may_edit: right.may(Permission::HerbalCatalogue),
        piece,
    })
}

fn step(
    change: &store::Change,
    piece: &Piece,
    name: &impl Fn(&str) -> String,
    today: chrono::NaiveDate,
) -> Step {
    let text = |json: &str| match change.kind.as_str() {
        "piece" => serde_json::from_str::<Piece>(json).map(|one| {
            let state = if one.is_active { "启用" } else { "停用" };
            [one.name.as_str(), &one.spec, &one.unit, state].join(" ").replace("  ", " ")
        }),
        "price" => serde_json::from_str::<Price>(json)
            .map(|price| format!("{}，{} 起", price.text(&piece.unit), price.valid_from)),
        _ => serde_json::from_str::<serde_json::Value>(json).map(|value| {
            let thousandths = value.get("thousandths").and_then(serde_json::Value::as_i64).unwrap_or(0);
            format!("{} {}", quantity_text(thousandths), piece.unit)
        }),
    };
    let shown = |json: &str| text(json).unwrap_or_else(|_| json.to_owned());
    let what = match (change.kind.as_str(), &change.company) {
        ("piece", _) => "饮片".to_owned(),
        ("price", _) => "价格".to_owned(),
        (_, company) => format!("库存 {}", company.as_deref().map(name).unwrap_or_default()),
    };
    Step {
        version: change.version,
        time: ui::format::moment(change.at, today),
        what,
        before: change.before.as_deref().map(shown).unwrap_or_default(),
        after: shown(&change.after),
    }
}

async fn change(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    Path(code): Path<String>,
    frame: Frame,
    Form(form): Form<PieceForm>,
) -> Result<Response, Problem> {
    let desk = Desk { right: right.clone(), request: &request };
    let changed = match row(&code, &form, service.app.clock.today()) {
        Ok(row) => service::change_piece(&service.app, &service.engine, &desk, row, form.version).await,
        Err(why) => Err(CatalogueError::Refused(why)),
    };
    match changed {
        Ok(_) => Ok(Redirect::to(&format!("/herbal/catalogue/pieces/{code}")).into_response()),
        Err(error) => {
            let (status, note) = noted(error)?;
            let shown = piece_page(&service, &right, frame, (&code, Some(form), note)).await?;
            Ok((status, page(shown.render())?).into_response())
        }
    }
}

fn row(code: &str, form: &PieceForm, today: chrono::NaiveDate) -> Result<PieceRow, String> {
    let text = |label: &str, text: &str, most: usize, may_be_empty: bool| {
        let text = text.trim();
        let n = text.chars().count();
        if n > most || n == 0 && !may_be_empty {
            return Err(format!("{label}应为 1 到 {most} 个字。"));
        }
        Ok(text.to_owned())
    };
    let piece = Piece {
        code: code.to_owned(),
        name: text("品名", &form.name, 60, false)?,
        spec: text("规格", &form.spec, 60, true)?,
        unit: text("单位", &form.unit, 10, false)?,
        concept: None,
        is_active: form.is_active.is_some(),
    };
    let price = if form.yuan.trim().is_empty() {
        None
    } else {
        let per = form.per.trim().parse::<i64>().map_err(|_| "计价数量应为整数。".to_owned())?;
        let from = day(form.valid_from.trim(), today)?;
        let price = Price::parsed(form.yuan.trim(), per, from);
        Some(price.ok_or("单价应为元，最多六位小数；计价数量应大于 0。")?)
    };
    Ok(PieceRow { piece, price })
}
