//! The catalogue for hospitals that fetch: the whole of it, or what changed since a version.
//!
//! Calls are signed by the hospital's secret as [`gateways::signature`] says, with its account as configured. Nothing
//! personal is in it and nothing is changed, so that a call that is sent again does no harm.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use chrono::NaiveDate;
use gateways::signature;
use platform::{
    App, Problem,
    config::ALL_OTHERS,
    http::{Json, Path, Query},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    CatalogueError,
    model::{Piece, Price},
    store,
};
use crate::Shared;

/// Versions of one answer.
const MOST_VERSIONS: i64 = 20;

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(read_all)).routes(routes!(read_changes))
}

/// Everything that is in use.
#[derive(Debug, Serialize, ToSchema)]
struct Catalogue {
    version: i64,
    pieces: Vec<CataloguePiece>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CataloguePiece {
    /// 医保统编代码
    code: String,
    name: String,
    spec: String,
    unit: String,
    is_active: bool,
    /// Prices, the latest day first.
    prices: Vec<CataloguePrice>,
    stock: Vec<CatalogueStock>,
}

/// So many fen for so many units, from a day on.
#[derive(Debug, Serialize, ToSchema)]
struct CataloguePrice {
    version: i64,
    valid_from: NaiveDate,
    fen: i64,
    per: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct CatalogueStock {
    company: String,
    /// Thousandths of the unit.
    thousandths: i64,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Since {
    /// The version known; from the beginning when absent.
    #[serde(default)]
    #[param(minimum = -9_007_199_254_740_991_i64, maximum = 9_007_199_254_740_991_i64)]
    after: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct CatalogueChanges {
    items: Vec<CatalogueChange>,
    /// Where the next answer begins.
    next: i64,
    has_more: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct CatalogueChange {
    version: i64,
    /// `piece`, `price` or `stock`.
    kind: String,
    piece: String,
    company: Option<String>,
    /// As it is after the change.
    after: serde_json::Value,
}

/// 饮片目录、价格和库存的全部内容。用 ETag（目录版本）判断有无变化。
#[utoipa::path(get, path = "/api/herbal/hospitals/{institution}/catalogue", tag = "herbal",
    params(("institution" = String, Path)),
    responses(
        (status = 200, description = "目录", body = Catalogue),
        (status = 304, description = "没有变化（If-None-Match）"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "签名不被接受")))]
async fn read_all(
    State(app): State<App>,
    Path(institution): Path<String>,
    (method, uri, headers): (Method, Uri, HeaderMap),
) -> Result<Response, Problem> {
    admit(&app, &institution, (&method, &uri, &headers))?;
    let version = store::find_version(&app.db).await.map_err(CatalogueError::from)?;
    let tag = format!("\"catalogue-{version}\"");
    if is_known(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, head(&tag)).into_response());
    }
    let pieces = whole(&app).await.map_err(CatalogueError::from)?;
    Ok((head(&tag), Json(Catalogue { version, pieces })).into_response())
}

async fn whole(app: &App) -> sqlx::Result<Vec<CataloguePiece>> {
    let mut prices: BTreeMap<String, Vec<CataloguePrice>> = BTreeMap::new();
    for (piece, price) in store::list_prices(&app.db, "").await? {
        let Price { version, valid_from, fen, per } = price;
        prices.entry(piece).or_default().push(CataloguePrice { version, valid_from, fen, per });
    }
    let mut stock: BTreeMap<String, Vec<CatalogueStock>> = BTreeMap::new();
    for one in store::list_stock(&app.db, "").await? {
        let of_company = CatalogueStock { company: one.company, thousandths: one.quantity };
        stock.entry(one.piece).or_default().push(of_company);
    }
    let pieces = store::search(&app.db, ("", false, None), i64::MAX).await?;
    let piece = |Piece { code, name, spec, unit, is_active, .. }: Piece| CataloguePiece {
        prices: prices.remove(&code).unwrap_or_default(),
        stock: stock.remove(&code).unwrap_or_default(),
        code,
        name,
        spec,
        unit,
        is_active,
    };
    Ok(pieces.into_iter().map(piece).collect())
}

/// 某个版本之后的变化，按先后排列；一次最多 20 个版本。
#[utoipa::path(get, path = "/api/herbal/hospitals/{institution}/catalogue/changes", tag = "herbal",
    params(("institution" = String, Path), Since),
    responses(
        (status = 200, description = "变化", body = CatalogueChanges),
        (status = 304, description = "没有变化（If-None-Match）"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "签名不被接受")))]
async fn read_changes(
    State(app): State<App>,
    Path(institution): Path<String>,
    Query(since): Query<Since>,
    (method, uri, headers): (Method, Uri, HeaderMap),
) -> Result<Response, Problem> {
    admit(&app, &institution, (&method, &uri, &headers))?;
    let after = since.after.max(0);
    let version = store::find_version(&app.db).await.map_err(CatalogueError::from)?;
    let next = version.min(after.saturating_add(MOST_VERSIONS)).max(after);
    let tag = format!("\"changes-{after}-{next}\"");
    if is_known(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, head(&tag)).into_response());
    }
    let found = store::list_changes(&app.db, after, next - after).await.map_err(CatalogueError::from)?;
    let change = |one: store::Change| {
        let after = serde_json::from_str(&one.after)?;
        let store::Change { version, kind, piece, company, .. } = one;
        Ok(CatalogueChange { version, kind, piece, company, after })
    };
    let items: Result<Vec<_>, serde_json::Error> = found.into_iter().map(change).collect();
    let items = items.map_err(CatalogueError::from)?;
    Ok((head(&tag), Json(CatalogueChanges { items, next, has_more: next < version })).into_response())
}

fn head(tag: &str) -> [(header::HeaderName, String); 2] {
    [(header::ETAG, tag.to_owned()), (header::CACHE_CONTROL, "private, no-cache".into())]
}

fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes())
}

/// Who signs as the hospital.
fn admit(
    app: &App,
    institution: &str,
    (method, uri, headers): (&Method, &Uri, &HeaderMap),
) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let hospitals = &app.config.hospitals;
    let hospital = hospitals.get(institution).or_else(|| hospitals.get(ALL_OTHERS));
    let timestamp: i64 = text(signature::TIMESTAMP).parse().unwrap_or(0);
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let is_admitted = hospital.filter(|hospital| !hospital.secret.is_empty()).is_some_and(|hospital| {
        let nonce = text(signature::NONCE);
        let expected =
            signature::of_request(&hospital.secret, method.as_str(), target, timestamp, nonce, b"");
        text(signature::ACCOUNT) == hospital.account
            && signature::is_fresh(timestamp, app.now())
            && signature::same(&expected, text(signature::SIGNATURE))
    });
    if is_admitted {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNAUTHORIZED, "/problems/herbal/signature", "签名不被接受")
        .detail("请核对机构的账号、密钥、时间（相差不超过 5 分钟）和签名的写法。"))
}
