//! The interface for service companies: what was dispatched to them, and what they did with it. Signed like a hospital's,
//! with the company's code as the account.

use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use platform::{
    Problem,
    http::{Json, Path, Query},
    rights::{Route, Who},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{answered, body::View};
use crate::{
    HerbalError, Service, Shared,
    gate::CompanyCall,
    model::{Detail, Document, Event, Order},
    service::{self, Answer, Proof},
};

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/api/herbal/company/orders", Who::Public),
    Route::get("/api/herbal/company/orders/{id}", Who::Public),
    Route::post("/api/herbal/company/orders/{id}/steps", Who::Public),
];

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(read)).routes(routes!(step))
}

/// Longest text of a step, in characters.
const LONGEST: usize = 200;

#[derive(Deserialize, IntoParams)]
struct Asked {
    /// Also what is over, newest first, instead of what is to be done, oldest first.
    #[serde(default)]
    is_done: bool,
}

/// What was dispatched to the company, at most 200.
#[derive(Serialize, ToSchema)]
struct List {
    items: Vec<Listed>,
}

#[derive(Serialize, ToSchema)]
struct Listed {
    id: Uuid,
    /// Code of the hospital, and its number of the prescription.
    institution: String,
    number: String,
    #[schema(example = "dispatched")]
    state: &'static str,
    state_text: &'static str,
    is_decocted: bool,
    is_home: bool,
    dispatched_at: Option<DateTime<Utc>>,
    changed_at: DateTime<Utc>,
    /// What the company may tell next.
    next: Vec<&'static str>,
}

/// An order with what is to be made and where it goes.
#[derive(Serialize, ToSchema)]
struct Full {
    id: Uuid,
    institution: String,
    /// As prescribed, with the delivery in force.
    document: Document,
    order: View,
}

/// Something the company did.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Told {
    /// `accepted`, `declined`, `dispensed`, `checked`, `soaked`, `decocted`, `packed`, `shipped`, `ready`, `bounced`,
    /// `received` or `picked_up`.
    #[schema(example = "dispensed")]
    event: String,
    /// Name of who did it.
    #[serde(default)]
    by: String,
    /// Why it was declined or not delivered.
    #[serde(default)]
    reason: String,
    /// Who brings it (`shipped`), or where it is fetched (`ready`).
    #[serde(default)]
    place: String,
    /// Number of the parcel (`shipped`).
    #[serde(default)]
    parcel: String,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000)]
    weight_g: Option<f64>,
    #[serde(default)]
    #[schema(minimum = -50, maximum = 200)]
    temperature_c: Option<f64>,
    /// What the patient showed (`picked_up`).
    #[serde(default)]
    proof: Option<Shown>,
}

/// What a patient shows when fetching the medicine.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    name: String,
    /// The last four characters of the ID number, of the card where there is none, else of the phone.
    #[schema(min_length = 4, max_length = 4)]
    tail: String,
    receipt: String,
}

/// 派给本企业的订单：待处理的从旧到新，或已完成的从新到旧，至多 200 单。
#[utoipa::path(get, path = "/api/herbal/company/orders", tag = "herbal-company", params(Asked),
    responses(
        (status = 200, description = "订单", body = List),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "签名不被接受"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "不是服务企业")))]
async fn list(
    State(service): State<Service>,
    Query(asked): Query<Asked>,
    call: CompanyCall,
) -> Result<Json<List>, Problem> {
    let orders = service::list_orders(&service, call.company(), !asked.is_done).await?;
    Ok(Json(List { items: orders.into_iter().map(listed).collect() }))
}

fn listed(order: Order) -> Listed {
    Listed {
        id: order.id,
        state: order.state.name(),
        state_text: order.state.text(),
        is_decocted: order.is_decocted,
        is_home: order.is_home,
        dispatched_at: order.dispatched_at,
        changed_at: order.changed_at,
        next: service::possible(&order).into_iter().map(Event::name).collect(),
        institution: order.institution,
        number: order.number,
    }
}

/// 一单的处方、配送和经过；查看记入审计。
#[utoipa::path(get, path = "/api/herbal/company/orders/{id}", tag = "herbal-company", params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "处方和经过", body = Full),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "签名不被接受"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "不是服务企业"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有派给本企业的这一单")))]
async fn read(
    State(service): State<Service>,
    Path(id): Path<Uuid>,
    call: CompanyCall,
) -> Result<Json<Full>, Problem> {
    let reader = (call.actor(), call.call().request());
    let whole = service::open_order(&service, reader, call.company(), id).await?;
    Ok(Json(Full {
        id,
        institution: whole.order.institution.clone(),
        document: whole.version.document.clone(),
        order: View::of(whole),
    }))
}

/// 告知做到哪一步：接单、拒单、调配、复核、浸泡、煎煮、包装、寄出、到店、未送到、签收、自提。状态随即传回医院。
#[utoipa::path(post, path = "/api/herbal/company/orders/{id}/steps", tag = "herbal-company", request_body = Told,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, description = "现在的状态", body = Answer),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "缺少幂等键，或 JSON 读不懂"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "签名不被接受"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "不是服务企业"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有派给本企业的这一单"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "现在的状态不能这样做"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "内容有误，或核对不符")))]
async fn step(
    State(service): State<Service>,
    Path(id): Path<Uuid>,
    call: CompanyCall,
) -> Result<Response, Problem> {
    let told: Told = call.call().read()?;
    let (event, detail) = told.checked()?;
    let shown = |pick: fn(&Shown) -> &str| told.proof.as_ref().map(pick).unwrap_or_default();
    let proof = Proof {
        name: shown(|shown| &shown.name),
        tail: shown(|shown| &shown.tail),
        receipt: shown(|shown| &shown.receipt),
    };
    let once = call.call().once()?;
    let hand = call.hand(told.by.trim());
    Ok(answered(service::process_told(&service, &hand, &once, id, (event, &detail), &proof).await?))
}

impl Told {
    /// The step with what was told of it, where all of it can be.
    fn checked(&self) -> Result<(Event, Detail), HerbalError> {
        let mut faults = Vec::new();
        let event = Event::named(&self.event).filter(|event| service::OF_COMPANY.contains(event));
        if event.is_none() {
            faults.push(("/event".to_owned(), "没有这一步，或不由企业告知"));
        }
        let texts = [
            ("/by", &self.by),
            ("/reason", &self.reason),
            ("/place", &self.place),
            ("/parcel", &self.parcel),
        ];
        for (pointer, _) in texts.iter().filter(|(_, text)| text.chars().count() > LONGEST) {
            faults.push(((*pointer).to_owned(), "最多 200 个字"));
        }
        let is_within = |value: Option<f64>, least: f64, most: f64| {
            value.is_none_or(|value| (least..=most).contains(&value))
        };
        if !is_within(self.weight_g, 0.0, 1_000_000.0) {
            faults.push(("/weight_g".to_owned(), "克数为 0 到 1000000"));
        }
        if !is_within(self.temperature_c, -50.0, 200.0) {
            faults.push(("/temperature_c".to_owned(), "温度为 -50 到 200"));
        }
        let receipt = match (&self.proof, event) {
            (Some(proof), Some(Event::PickedUp)) => &proof.receipt,
            _ => &self.parcel,
        };
        let cut = |text: &str| text.trim().to_owned();
        let detail = Detail {
            reason: cut(&self.reason),
            place: cut(&self.place),
            receipt: cut(receipt),
            weight_g: self.weight_g,
            temperature_c: self.temperature_c,
            delivery: None,
        };
        match event {
            Some(event) if faults.is_empty() => Ok((event, detail)),
            _ => Err(HerbalError::Faults(faults)),
        }
    }
}
