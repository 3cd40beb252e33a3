use axum::extract::State;
use chrono::NaiveDate;
use platform::{
    Problem,
    http::{Json, Path, Query, RequestId},
    rights::Right,
};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::doctor_body::{DoctorConsultation, DoctorList, Replayed};
use crate::{Service, model::Doctor, service};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Day in China; today when absent.
    date: Option<NaiveDate>,
    /// One of `asking`, `awaiting_confirmation`, `submitted`, `emergency`.
    state: Option<String>,
}

/// 医生工作站：本科室某一天的预问诊，按分级从急到缓。每次读取都留下审计记录。
#[utoipa::path(get, path = "/api/preconsult/consultations", tag = "preconsult", params(Filter),
    responses(
        (status = 200, description = "列表，至多 300 份", body = DoctorList),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "未登录"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "不是医生")))]
pub(super) async fn list_consultations(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    Query(filter): Query<Filter>,
) -> Result<Json<DoctorList>, Problem> {
    let day = filter.date.unwrap_or_else(|| service.app.clock.today());
    let state = filter.state.as_deref().filter(|state| !state.is_empty());
    let listed = service::list(&service, Doctor { right, request: &request }, day, state).await?;
    Ok(Json(DoctorList { items: listed.into_iter().map(Into::into).collect() }))
}

/// 医生工作站：一份预问诊的原始应答和组织后的病历。读取留下审计记录。
#[utoipa::path(get, path = "/api/preconsult/consultations/{id}", tag = "preconsult", params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "原始应答、病历、分级与鉴别参考", body = DoctorConsultation),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "不是医生"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有，或不属于本科室")))]
pub(super) async fn read_consultation(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    Path(id): Path<Uuid>,
) -> Result<Json<DoctorConsultation>, Problem> {
    let reading = service::read(&service, Doctor { right, request: &request }, id).await?;
    Ok(Json(reading.into()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Under {
    /// Whole hash of a knowledge release; that of the stored record when absent.
    release: Option<String>,
}

/// 医生工作站：用当日（或指定）的知识版本，从原始应答重新组织一次，并指出与存档的差别。不改动存档。
#[utoipa::path(get, path = "/api/preconsult/consultations/{id}/replay", tag = "preconsult",
    params(("id" = Uuid, Path), Under),
    responses(
        (status = 200, description = "重新组织的病历、分级与鉴别参考", body = Replayed),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有，或没有保存该版本")))]
pub(super) async fn replay_consultation(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    Path(id): Path<Uuid>,
    Query(under): Query<Under>,
) -> Result<Json<Replayed>, Problem> {
    let replay =
        service::replay(&service, Doctor { right, request: &request }, id, under.release.as_deref()).await?;
    Ok(Json(replay.into()))
}
