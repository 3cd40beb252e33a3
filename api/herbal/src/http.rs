//! The interface for the HIS of hospitals (中药饮片处方). Every call is signed; every change carries `Idempotency-Key`.

mod body;
pub(crate) mod company;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use platform::{
    Problem,
    http::{Json, Path},
    idempotency::SavedAnswer,
    rights::{Route, Who},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::body::{Checked, Decided, Paid, Reason, Signatures, View};
use crate::{
    Service, Shared,
    gate::Call,
    model::{Detail, Document, Event},
    service::{self, Answer},
};

pub(crate) const ACCESS: &[Route] = &[
    Route::post("/api/herbal/check", Who::Public),
    Route::post("/api/herbal/prescriptions", Who::Public),
    Route::get("/api/herbal/prescriptions/{number}", Who::Public),
    Route::put("/api/herbal/prescriptions/{number}", Who::Public),
    Route::post("/api/herbal/prescriptions/{number}/signatures", Who::Public),
    Route::post("/api/herbal/prescriptions/{number}/cancellation", Who::Public),
    Route::post("/api/herbal/prescriptions/{number}/payment", Who::Public),
    Route::post("/api/herbal/prescriptions/{number}/refund-request", Who::Public),
    Route::post("/api/herbal/prescriptions/{number}/refund-decision", Who::Public),
    Route::post("/api/herbal/prescriptions/{number}/refund", Who::Public),
];

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(check))
        .routes(routes!(upload))
        .routes(routes!(read, amend))
        .routes(routes!(sign))
        .routes(routes!(cancel))
        .routes(routes!(pay))
        .routes(routes!(ask_refund))
        .routes(routes!(decide_refund))
        .routes(routes!(refund))
        .merge(company::routes())
}

/// 开方时审查一张处方，不留存：十八反、十九畏、重味、用量、妊娠、煎服等规则命中什么、在哪几味、怎么改。
#[utoipa::path(post, path = "/api/herbal/check", tag = "herbal", request_body = Document,
    responses(
        (status = 200, description = "发现，从重到轻", body = Checked),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "签名不被接受"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "内容有误，逐处指出"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "缺少幂等键，或 JSON 读不懂")))]
async fn check(State(service): State<Service>, call: Call) -> Result<Json<Checked>, Problem> {
    let findings = service::check(&service, call.institution(), &call.read()?).await?;
    Ok(Json(Checked { findings }))
}

/// 上传一张处方。有未签字的阻断时退回医生（returned），否则进入审方队列（waiting）。
#[utoipa::path(post, path = "/api/herbal/prescriptions", tag = "herbal", request_body = Document,
    params(("Idempotency-Key" = String, Header)),
    responses(
        (status = 201, description = "已收下", body = Answer),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "签名不被接受"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "处方号已有"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "内容有误，逐处指出"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "缺少幂等键，或 JSON 读不懂")))]
async fn upload(State(service): State<Service>, call: Call) -> Result<Response, Problem> {
    let saved = service::upload(&service, call.hospital(), &call.once()?, &call.read()?).await?;
    Ok(answered(saved))
}

/// 处方的状态、审方结论（含是否超时通过）、规则发现，和调配、煎煮、配送的每一步。
#[utoipa::path(get, path = "/api/herbal/prescriptions/{number}", tag = "herbal",
    params(("number" = String, Path)),
    responses(
        (status = 200, description = "现在的状态", body = View),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "本院没有这张处方"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "签名不被接受")))]
async fn read(
    State(service): State<Service>,
    Path(number): Path<String>,
    call: Call,
) -> Result<Json<View>, Problem> {
    let whole = service::read(&service, call.hospital(), &number).await?;
    Ok(Json(View::of(whole)))
}

/// 修改未付费的处方：成为新的一版，重新审方。
#[utoipa::path(put, path = "/api/herbal/prescriptions/{number}", tag = "herbal", request_body = Document,
    params(("number" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, description = "新的一版", body = Answer),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "已付费，不能再改"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "缺少幂等键，或 JSON 读不懂"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "签名不被接受"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "本院没有这张处方"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "内容有误，逐处指出；或幂等键已用于另一个请求")))]
async fn amend(
    State(service): State<Service>,
    Path(number): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let document: Document = call.read()?;
    let changed = (number.as_str(), &document);
    Ok(answered(service::amend(&service, call.hospital(), &call.once()?, changed).await?))
}

/// 医生对阻断再次签名并写明理由（双签字）；全部签过后进入审方队列。
#[utoipa::path(post, path = "/api/herbal/prescriptions/{number}/signatures", tag = "herbal",
    request_body = Signatures, params(("number" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, description = "签字后的状态", body = Answer),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "没有要签的，或版本已变"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "这条规则不能签"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "缺少幂等键，或 JSON 读不懂"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "签名不被接受"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "本院没有这张处方")))]
async fn sign(
    State(service): State<Service>,
    Path(number): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let body: Signatures = call.read()?;
    let faults = body.faults();
    if !faults.is_empty() {
        return Err(crate::HerbalError::Faults(faults).into());
    }
    let signed = (number.as_str(), body.version, body.signatures.as_slice());
    Ok(answered(service::sign(&service, call.hospital(), &call.once()?, signed).await?))
}

/// 取消未付费的处方。
#[utoipa::path(post, path = "/api/herbal/prescriptions/{number}/cancellation", tag = "herbal",
    request_body = Reason, params(("number" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, description = "已取消", body = Answer),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "已付费，请退费"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "缺少幂等键，或 JSON 读不懂"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "签名不被接受"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "本院没有这张处方"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "内容有误，逐处指出；或幂等键已用于另一个请求")))]
async fn cancel(
    State(service): State<Service>,
    Path(number): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    told(&service, &call, &number, Event::Cancelled).await
}

/// 患者已付费。审方通过（或超时通过）以前不能付费。
#[utoipa::path(post, path = "/api/herbal/prescriptions/{number}/payment", tag = "herbal",
    request_body = Paid, params(("number" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, description = "已付费", body = Answer),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "审方还没有通过"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "缺少幂等键，或 JSON 读不懂"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "签名不被接受"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "本院没有这张处方"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "内容有误，逐处指出；或幂等键已用于另一个请求")))]
async fn pay(
    State(service): State<Service>,
    Path(number): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let paid: Paid = call.read()?;
    let charged = paid.charged()?;
    let detail = Detail { receipt: paid.receipt, ..Detail::default() };
    let done = (Event::Paid, paid.by.as_str(), &detail);
    let once = call.once()?;
    Ok(answered(service::act(&service, call.hospital(), &once, &number, done, charged.as_ref()).await?))
}

/// 调配开始以后要退费：先申请。
#[utoipa::path(post, path = "/api/herbal/prescriptions/{number}/refund-request", tag = "herbal",
    request_body = Reason, params(("number" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, description = "待决定", body = Answer),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "现在的状态不用或不能申请"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "缺少幂等键，或 JSON 读不懂"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "签名不被接受"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "本院没有这张处方"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "内容有误，逐处指出；或幂等键已用于另一个请求")))]
async fn ask_refund(
    State(service): State<Service>,
    Path(number): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    told(&service, &call, &number, Event::RefundRequested).await
}

/// 医院看过加工和配送的进度后，决定是否准许退费。
#[utoipa::path(post, path = "/api/herbal/prescriptions/{number}/refund-decision", tag = "herbal",
    request_body = Decided, params(("number" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, description = "决定后的状态", body = Answer),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "没有待定的申请"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "缺少幂等键，或 JSON 读不懂"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "签名不被接受"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "本院没有这张处方"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "内容有误，逐处指出；或幂等键已用于另一个请求")))]
async fn decide_refund(
    State(service): State<Service>,
    Path(number): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let decided: Decided = call.read()?;
    let event = if decided.is_agreed { Event::RefundAgreed } else { Event::RefundRefused };
    let detail = Reason::checked(&decided.reason)?;
    let done = (event, decided.by.as_str(), &detail);
    Ok(answered(service::act(&service, call.hospital(), &call.once()?, &number, done, None).await?))
}

/// 退费已完成，写明原因；处方成为“已退费”。
#[utoipa::path(post, path = "/api/herbal/prescriptions/{number}/refund", tag = "herbal",
    request_body = Reason, params(("number" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, description = "已退费", body = Answer),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "已开始调配而未准许退费，或未付费"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "缺少幂等键，或 JSON 读不懂"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "签名不被接受"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "本院没有这张处方"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "内容有误，逐处指出；或幂等键已用于另一个请求")))]
async fn refund(
    State(service): State<Service>,
    Path(number): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    told(&service, &call, &number, Event::Refunded).await
}

/// Something the hospital did, with its reason.
async fn told(service: &Service, call: &Call, number: &str, event: Event) -> Result<Response, Problem> {
    let reason: Reason = call.read()?;
    let detail = Reason::checked(&reason.reason)?;
    let done = (event, reason.by.as_str(), &detail);
    Ok(answered(service::act(service, call.hospital(), &call.once()?, number, done, None).await?))
}

fn answered(saved: SavedAnswer) -> Response {
    let status = StatusCode::from_u16(saved.status).unwrap_or(StatusCode::OK);
    (status, Json(saved.body)).into_response()
}
