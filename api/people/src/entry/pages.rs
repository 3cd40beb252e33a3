use askama::Template;
use axum::{
    Extension,
    body::Bytes,
    extract::State,
    http::HeaderMap,
    response::{Html, Redirect},
    routing::get,
};
use gateways::{Gateways, signature};
use platform::{
    App, Problem,
    http::{Form, Json, Path, Query, RequestId, page},
    rights::{Route, Who},
    session::{Csrf, MaybeSignedIn, Principal, SignedInResident},
};
use serde::Deserialize;
use ui::Frame;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    Partner, Service,
    model::Visit,
    service::{self, Link, Redeemed, Signed, Step},
};
use crate::{
    family::{self, service::Known},
    resident::{self, Identity},
};

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/entry/{service}", Who::Public),
    Route::get("/entry/visits/{token}", Who::Public),
    Route::post("/entry/visits/{token}", Who::Resident),
    Route::get("/entry/visits/{token}/leave", Who::Resident),
    Route::post("/v1/entry/redeem", Who::Public),
];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .route("/entry/{service}", get(enter))
        .route("/entry/visits/{token}", get(visit).post(choose))
        .route("/entry/visits/{token}/leave", get(leave))
        .routes(routes!(redeem))
}

#[derive(Template)]
#[template(path = "entry/visit.html")]
struct VisitPage {
    frame: Frame,
    visit: Visit,
    partner: Partner,
    step: Step,
    token: String,
    me: Option<Identity>,
    family: Vec<Known>,
    current: Uuid,
}

impl VisitPage {
    /// Places of the step in the list of three: done, now or still to come.
    fn mark(&self, place: u8) -> &'static str {
        let now = match self.step {
            Step::SignIn | Step::Follow | Step::Unknown => 1,
            Step::RealName => 2,
            Step::Patient => 3,
            Step::Ready => 4,
        };
        match place.cmp(&now) {
            std::cmp::Ordering::Less => "ok",
            std::cmp::Ordering::Equal => "warn",
            std::cmp::Ordering::Greater => "quiet",
        }
    }
}

#[derive(Deserialize)]
struct Chosen {
    patient: Uuid,
}

/// What a partner sends; the call is signed in its headers.
#[derive(Debug, Deserialize, ToSchema)]
struct Ticket {
    ticket: String,
}

async fn enter(
    State(app): State<App>,
    request: RequestId,
    Path(service): Path<String>,
    Query(link): Query<Link>,
) -> Result<Redirect, Problem> {
    let service = Service::named(&service).ok_or_else(Problem::not_found)?;
    let token = service::enter(&app, &request, service, &link).await?;
    Ok(Redirect::to(&format!("/entry/visits/{token}")))
}

async fn visit(
    State(app): State<App>,
    Extension(gateways): Extension<Gateways>,
    Path(token): Path<String>,
    MaybeSignedIn(session): MaybeSignedIn,
    Csrf(csrf): Csrf,
    frame: Frame,
) -> Result<Html<String>, Problem> {
    let (visit, partner) = service::find_visit(&app, &token).await?;
    let me = session.and_then(|session| match session.principal {
        Principal::Resident { id } => Some(id),
        Principal::Staff { .. } => None,
    });
    let step = service::step(&app, &gateways, &visit, me).await?;
    let (mut who, mut family, mut current) = (None, Vec::new(), Uuid::nil());
    if let Some(id) = me {
        who = Some(resident::find(&app, id).await?);
        family = family::service::list(&app, id).await?.0;
        current = visit.patient.unwrap_or(family::current_patient(&app, id).await?);
    }
    let frame = frame.with_csrf(csrf);
    page(VisitPage { frame, visit, partner, step, token, me: who, family, current }.render())
}

async fn choose(
    State(app): State<App>,
    Extension(gateways): Extension<Gateways>,
    me: SignedInResident,
    Path(token): Path<String>,
    Form(chosen): Form<Chosen>,
) -> Result<Redirect, Problem> {
    service::choose(&app, &gateways, &token, me.id, chosen.patient).await?;
    Ok(Redirect::to(&format!("/entry/visits/{token}")))
}

async fn leave(
    State(app): State<App>,
    Extension(gateways): Extension<Gateways>,
    request: RequestId,
    me: SignedInResident,
    Path(token): Path<String>,
) -> Result<Redirect, Problem> {
    Ok(Redirect::to(&service::leave(&app, &gateways, &request, &token, me.id).await?))
}

/// 合作方用一次性票据换取约定的字段；调用须按请求头 x-account、x-timestamp、x-nonce、x-signature 签名（HMAC-SM3）。
#[utoipa::path(post, path = "/v1/entry/redeem", tag = "people", request_body = Ticket,
    responses(
        (status = 200, description = "约定的字段", body = Redeemed),
        (status = 409, description = "签名、时间、随机串或票据不被接受", body = Problem, content_type = "application/problem+json")))]
async fn redeem(
    State(app): State<App>,
    request: RequestId,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Redeemed>, Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let given: Ticket =
        serde_json::from_slice(&body).map_err(|_| Problem::bad_request("请求体应为 {\"ticket\": \"…\"}"))?;
    let signed = Signed {
        account: text(signature::ACCOUNT),
        timestamp: text(signature::TIMESTAMP),
        nonce: text(signature::NONCE),
        signature: text(signature::SIGNATURE),
    };
    Ok(Json(service::redeem(&app, &request, &signed, "/v1/entry/redeem", &body, &given.ticket).await?))
}
