use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode},
};
use platform::{
    Problem,
    http::{Json, Path, RequestId},
    idempotency::IdempotencyKey,
    session::SignedInResident,
};
use uuid::Uuid;

use super::{
    etag,
    patient_body::{AnswerBody, Begin, OwnConsultation, OwnList, SectionText, UndoBody},
    version,
};
use crate::{
    PreconsultError, Service,
    model::{Answer, Opening, Part, Patient},
    service::{self, Own},
};

/// The consultation with its version as ETag.
type Answered = ([(HeaderName, String); 1], Json<OwnConsultation>);

/// 开始预问诊；已有未完成的则返回那一份。
#[utoipa::path(post, path = "/api/preconsult/consultations", tag = "preconsult", request_body = Begin,
    responses(
        (status = 201, description = "已开始", body = OwnConsultation),
        (status = 200, description = "继续未完成的一份", body = OwnConsultation),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "未登录"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "出生日期有误"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "没有这个科室")))]
pub(super) async fn begin_consultation(
    State(service): State<Service>,
    who: SignedInResident,
    request: RequestId,
    Json(body): Json<Begin>,
) -> Result<(StatusCode, Answered), Problem> {
    let opening = Opening::at(&body.institution, &body.department);
    let begun = service::begin(&service, Patient::new(&who, &request), &opening).await?;
    let status = if begun.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, own(&service, who.id, begun.id).await?))
}

/// 回答当前问题。同一个 Idempotency-Key 只算一次。
#[utoipa::path(post, path = "/api/preconsult/consultations/{id}/answers", tag = "preconsult", request_body = AnswerBody,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, description = "8–128 个可见字符，重试时不变", pattern = "^[!-~]{8,128}$")),
    responses(
        (status = 200, description = "回答之后的状态", body = OwnConsultation),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "缺少幂等键"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有这份预问诊"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "这一题已经回答过"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "没有文字或太长")))]
pub(super) async fn answer_question(
    State(service): State<Service>,
    who: SignedInResident,
    request: RequestId,
    Path(id): Path<Uuid>,
    key: IdempotencyKey,
    Json(body): Json<AnswerBody>,
) -> Result<Answered, Problem> {
    let answer = Answer { turn: body.turn, question: None, text: body.text, request_key: key.0 };
    let own = service::answered(&service, Patient::new(&who, &request), id, &answer).await?;
    Ok(shown(own, &service))
}

/// 撤回上一个回答。
#[utoipa::path(post, path = "/api/preconsult/consultations/{id}/undo", tag = "preconsult", request_body = UndoBody,
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "撤回之后的状态", body = OwnConsultation),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有这份预问诊"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "已提交，或页面已过时")))]
pub(super) async fn undo_answer(
    State(service): State<Service>,
    who: SignedInResident,
    request: RequestId,
    Path(id): Path<Uuid>,
    Json(body): Json<UndoBody>,
) -> Result<Answered, Problem> {
    service::undo(&service, Patient::new(&who, &request), id, body.turn).await?;
    own(&service, who.id, id).await
}

/// 放弃这一份，以便重新开始。
#[utoipa::path(post, path = "/api/preconsult/consultations/{id}/restart", tag = "preconsult",
    params(("id" = Uuid, Path)),
    responses(
        (status = 204, description = "已放弃"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有这份预问诊"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "已提交或已是急症")))]
pub(super) async fn restart_consultation(
    State(service): State<Service>,
    who: SignedInResident,
    request: RequestId,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    service::restart(&service, Patient::new(&who, &request), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// 修改病历的一部分；原文保留。
#[utoipa::path(put, path = "/api/preconsult/consultations/{id}/record/{section}", tag = "preconsult",
    request_body = SectionText,
    params(("id" = Uuid, Path), ("section" = String, Path, example = "present_illness"),
        ("If-Match" = String, Header, description = "读取时得到的 ETag", pattern = "^\"[0-9]{1,18}\"$")),
    responses(
        (status = 200, description = "修改之后的状态", body = OwnConsultation),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有这份预问诊或这一部分"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "现在不能修改"),
        (status = 412, body = Problem, content_type = "application/problem+json", description = "内容已有变化"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "空着或太长"),
        (status = 428, body = Problem, content_type = "application/problem+json", description = "缺少 If-Match")))]
pub(super) async fn amend_section(
    State(service): State<Service>,
    who: SignedInResident,
    request: RequestId,
    Path((id, section)): Path<(Uuid, String)>,
    headers: HeaderMap,
    Json(body): Json<SectionText>,
) -> Result<Answered, Problem> {
    let part = Part::named(&section).ok_or(PreconsultError::NoSuchSection)?;
    let based_on = (part, version(&headers)?);
    service::amend(&service, Patient::new(&who, &request), id, based_on, &body.text).await?;
    own(&service, who.id, id).await
}

/// 确认病历并发给医生。
#[utoipa::path(post, path = "/api/preconsult/consultations/{id}/confirm", tag = "preconsult",
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "患者看到的版本的 ETag", pattern = "^\"[0-9]{1,18}\"$")),
    responses(
        (status = 200, description = "已提交", body = OwnConsultation),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有这份预问诊"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "还没有问完"),
        (status = 412, body = Problem, content_type = "application/problem+json", description = "内容已有变化"),
        (status = 428, body = Problem, content_type = "application/problem+json", description = "缺少 If-Match")))]
pub(super) async fn confirm_record(
    State(service): State<Service>,
    who: SignedInResident,
    request: RequestId,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Answered, Problem> {
    service::confirm(&service, Patient::new(&who, &request), id, version(&headers)?).await?;
    own(&service, who.id, id).await
}

/// 我的预问诊，最新的在前，至多 100 份。
#[utoipa::path(get, path = "/api/preconsult/my-consultations", tag = "preconsult",
    responses(
        (status = 200, description = "列表", body = OwnList),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "未登录")))]
pub(super) async fn list_own_consultations(
    State(service): State<Service>,
    who: SignedInResident,
) -> Result<Json<OwnList>, Problem> {
    let own = service::list_own(&service, who.id).await?;
    Ok(Json(OwnList { items: own.into_iter().map(Into::into).collect() }))
}

/// 我的一份预问诊，可多次查看。
#[utoipa::path(get, path = "/api/preconsult/my-consultations/{id}", tag = "preconsult", params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "当前状态", body = OwnConsultation),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有这份预问诊")))]
pub(super) async fn read_own_consultation(
    State(service): State<Service>,
    who: SignedInResident,
    Path(id): Path<Uuid>,
) -> Result<Answered, Problem> {
    own(&service, who.id, id).await
}

async fn own(service: &Service, resident: Uuid, id: Uuid) -> Result<Answered, Problem> {
    Ok(shown(service::read_own(service, resident, id).await?, service))
}

fn shown(own: Own, service: &Service) -> Answered {
    let own = OwnConsultation::of(own, &service.engine);
    (etag(own.version()), Json(own))
}
