//! JSON under `/api/preconsult/templates`: what a hospital's own tools use.

mod body;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::IntoResponse,
};
use platform::{
    Problem,
    http::{Json, Path, Query, RequestId},
    rights::{Permission, Right, Route, Who},
};
use rules::form::{json::from_json, print::print};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use body::{
    CheckRequest, CheckResult, Created, Deed, DepartmentUse, DepartmentUses, NewTemplate, PublishedFilter,
    PublishedItem, PublishedList, SavedText, TemplateBody, TemplateFilter, TemplateItem, TemplateList,
    UseFilter,
};

use super::{
    TemplateError,
    check::{examine, file_names},
    model::Desk,
    published,
    service::{self, Arranged, Base, Decision, New, Reading},
};
use crate::{Service, Shared};

const EDIT: Who = Who::Staff(Permission::TemplateEdit);
const REVIEW: Who = Who::Staff(Permission::TemplateReview);
const READ: Who = Who::AnyStaff;

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/api/preconsult/templates", READ),
    Route::post("/api/preconsult/templates", EDIT),
    Route::get("/api/preconsult/templates/published", READ),
    Route::get("/api/preconsult/templates/{id}", READ),
    Route::put("/api/preconsult/templates/{id}/draft", EDIT),
    Route::post("/api/preconsult/templates/{id}/check", EDIT),
    Route::post("/api/preconsult/templates/{id}/submit", EDIT),
    Route::post("/api/preconsult/templates/{id}/withdraw", EDIT),
    Route::post("/api/preconsult/templates/{id}/versions", EDIT),
    Route::post("/api/preconsult/templates/{id}/review", REVIEW),
    Route::post("/api/preconsult/templates/{id}/retire", READ),
    Route::get("/api/preconsult/template-uses", READ),
    Route::put("/api/preconsult/template-uses", READ),
];

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_templates, create_template))
        .routes(routes!(list_published_templates))
        .routes(routes!(read_template))
        .routes(routes!(save_draft))
        .routes(routes!(check_template))
        .routes(routes!(submit_template))
        .routes(routes!(withdraw_template))
        .routes(routes!(begin_template_version))
        .routes(routes!(review_template))
        .routes(routes!(retire_template))
        .routes(routes!(list_template_uses, save_template_uses))
}

/// The row version a change is based on: `If-Match: "7"`.
fn version(headers: &HeaderMap) -> Result<i64, TemplateError> {
    let tag = headers.get(header::IF_MATCH).ok_or(TemplateError::VersionMissing)?;
    let number =
        tag.to_str().ok().and_then(|tag| tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    number.ok_or(TemplateError::OutdatedVersion)
}

fn etag(version: i64) -> [(HeaderName, String); 1] {
    [(header::ETAG, format!("\"{version}\""))]
}

/// The template as it is now.
async fn answered(
    service: &Service,
    desk: &Desk<'_>,
    id: Uuid,
) -> Result<impl IntoResponse + use<>, Problem> {
    let reading = service::read(service, desk, id).await?;
    let newest = reading.newest()?;
    let findings = examine(&service.engine, &reading.template.code, &newest.text, &newest.cases).await?;
    let tag = etag(newest.revision);
    Ok((tag, Json(TemplateBody::of(&reading, &findings)?)))
}

/// 问卷模板列表：机构看本机构全部，医生看本科室、全院和申康下载的。
#[utoipa::path(get, path = "/api/preconsult/templates", tag = "preconsult", params(TemplateFilter),
    responses(
        (status = 200, description = "至多 300 份，最近修改的在前", body = TemplateList),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "既不编写也不审核模板")))]
async fn list_templates(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    Query(filter): Query<TemplateFilter>,
) -> Result<Json<TemplateList>, Problem> {
    let desk = Desk::new(&right, &request)?;
    let found = service::list(&service, &desk, &filter.into_filter(&desk)?).await?;
    Ok(Json(TemplateList { items: found.iter().map(TemplateItem::of).collect() }))
}

/// 新建模板：空白、从区通用库（personalised from）或复制已有模板。
#[utoipa::path(post, path = "/api/preconsult/templates", tag = "preconsult", request_body = NewTemplate,
    responses(
        (status = 201, description = "已新建", body = Created),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有要复制的模板"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "编号已被使用"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "内容不合要求")))]
async fn create_template(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    Json(new): Json<NewTemplate>,
) -> Result<impl IntoResponse, Problem> {
    let desk = Desk::new(&right, &request)?;
    let from = match (new.library, new.template) {
        (Some(id), None) => Base::Library(id),
        (None, Some(id)) => Base::Template(id),
        (None, None) => Base::Blank,
        (Some(_), Some(_)) => {
            return Err(TemplateError::input("/template", "library 和 template 只能给一个。").into());
        }
    };
    let NewTemplate { code, title, department, disease, .. } = new;
    let new = New { code: code.unwrap_or_default(), title, department, disease, from };
    let id = service::create(&service, &desk, new).await?;
    Ok((StatusCode::CREATED, etag(1), Json(Created { id })))
}

/// 一个机构的患者现在填的个性化和通用模板。
#[utoipa::path(get, path = "/api/preconsult/templates/published", tag = "preconsult", params(PublishedFilter),
    responses((status = 200, description = "已发布的版本，按编号", body = PublishedList)))]
async fn list_published_templates(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    Query(filter): Query<PublishedFilter>,
) -> Result<Json<PublishedList>, Problem> {
    let desk = Desk::new(&right, &request)?;
    let institution = filter.institution.as_deref().unwrap_or(desk.institution());
    let found = published(&service, institution).await?;
    Ok(Json(PublishedList { items: found.iter().map(|one| PublishedItem::of(one)).collect() }))
}

/// 读一份模板：最新一版的文本、设计器 JSON、用例和检查结果。
#[utoipa::path(get, path = "/api/preconsult/templates/{id}", tag = "preconsult", params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "模板；ETag 用于修改", body = TemplateBody),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有，或不在范围内")))]
async fn read_template(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    Path(id): Path<Uuid>,
) -> Result<impl IntoResponse, Problem> {
    let desk = Desk::new(&right, &request)?;
    answered(&service, &desk, id).await
}

/// The text a body gives: as text, or as the designer's JSON.
fn text_of(reading: &Reading, body: &SavedText) -> Result<(String, String), TemplateError> {
    let newest = reading.newest()?;
    let text = match (&body.text, &body.form) {
        (Some(text), None) => text.clone(),
        (None, Some(form)) => {
            let file = file_names(&reading.template.code).0;
            let draft = from_json(&file, &form.to_string()).map_err(TemplateError::Refused)?;
            print(&draft)
        }
        (None, None) => newest.text.clone(),
        (Some(_), Some(_)) => return Err(TemplateError::input("/form", "text 和 form 只能给一个。")),
    };
    Ok((text, body.cases.clone().unwrap_or_else(|| newest.cases.clone())))
}

/// 保存草稿：文本（有错也保存）或设计器 JSON，和用例。
#[utoipa::path(put, path = "/api/preconsult/templates/{id}/draft", tag = "preconsult",
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "读取时得到的 ETag", pattern = "^\"[0-9]{1,18}\"$")),
    request_body = SavedText,
    responses(
        (status = 200, description = "保存后的模板和检查结果", body = TemplateBody),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "不是自己的模板"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "已提交或已发布，不能改"),
        (status = 412, body = Problem, content_type = "application/problem+json", description = "已有变化"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "设计器 JSON 有错"),
        (status = 428, body = Problem, content_type = "application/problem+json", description = "缺少 If-Match")))]
async fn save_draft(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
    Json(body): Json<SavedText>,
) -> Result<impl IntoResponse, Problem> {
    let desk = Desk::new(&right, &request)?;
    let based = version(&headers)?;
    let reading = service::read(&service, &desk, id).await?;
    let (text, cases) = text_of(&reading, &body)?;
    service::save_text(&service, &desk, (id, based), (&text, &cases)).await?;
    answered(&service, &desk, id).await
}

/// 检查一份没有保存的文本：每处问题有文件、行、列、原因、例子和改法。
#[utoipa::path(post, path = "/api/preconsult/templates/{id}/check", tag = "preconsult", params(("id" = Uuid, Path)),
    request_body = CheckRequest, responses((status = 200, description = "检查结果", body = CheckResult)))]
async fn check_template(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    Path(id): Path<Uuid>,
    Json(body): Json<CheckRequest>,
) -> Result<Json<CheckResult>, Problem> {
    let desk = Desk::new(&right, &request)?;
    let template = service::find(&service, &desk, id).await?;
    let findings = examine(&service.engine, &template.code, &body.text, &body.cases).await?;
    Ok(Json(CheckResult::of(&findings)))
}

/// 提交审核：能编译、证明没有错误、用例全部通过并走遍每个分支才收。
#[utoipa::path(post, path = "/api/preconsult/templates/{id}/submit", tag = "preconsult",
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "读取时得到的 ETag", pattern = "^\"[0-9]{1,18}\"$")),
    responses(
        (status = 200, description = "已提交", body = TemplateBody),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "还有要改的，逐条指出位置")))]
async fn submit_template(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<impl IntoResponse, Problem> {
    let desk = Desk::new(&right, &request)?;
    service::submit(&service, &desk, (id, version(&headers)?)).await?;
    answered(&service, &desk, id).await
}

/// 撤回提交，继续修改。
#[utoipa::path(post, path = "/api/preconsult/templates/{id}/withdraw", tag = "preconsult",
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "读取时得到的 ETag", pattern = "^\"[0-9]{1,18}\"$")),
    responses((status = 200, description = "回到草稿", body = TemplateBody)))]
async fn withdraw_template(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<impl IntoResponse, Problem> {
    let desk = Desk::new(&right, &request)?;
    service::withdraw(&service, &desk, (id, version(&headers)?)).await?;
    answered(&service, &desk, id).await
}

/// 已发布或停用以后，开始新的一版。
#[utoipa::path(post, path = "/api/preconsult/templates/{id}/versions", tag = "preconsult",
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "读取时得到的 ETag", pattern = "^\"[0-9]{1,18}\"$")),
    responses((status = 200, description = "新的草稿", body = TemplateBody)))]
async fn begin_template_version(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<impl IntoResponse, Problem> {
    let desk = Desk::new(&right, &request)?;
    service::begin_version(&service, &desk, (id, version(&headers)?)).await?;
    answered(&service, &desk, id).await
}

/// 审核：通过（即发布；两步审核时先科室、后机构）或退回。不能审核自己写的。
#[utoipa::path(post, path = "/api/preconsult/templates/{id}/review", tag = "preconsult", request_body = Deed,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "读取时得到的 ETag", pattern = "^\"[0-9]{1,18}\"$")),
    responses(
        (status = 200, description = "审核后的模板", body = TemplateBody),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "自己写的，或范围不够")))]
async fn review_template(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
    Json(deed): Json<Deed>,
) -> Result<impl IntoResponse, Problem> {
    let desk = Desk::new(&right, &request)?;
    let decision = match deed.decision.as_deref() {
        Some("approve") => Decision::Approve,
        Some("return") => Decision::Return,
        _ => return Err(TemplateError::input("/decision", "decision 是 approve 或 return。").into()),
    };
    service::decide(&service, &desk, (id, version(&headers)?), decision, &deed.note).await?;
    answered(&service, &desk, id).await
}

/// 停用患者正在填的一版，要写理由。
#[utoipa::path(post, path = "/api/preconsult/templates/{id}/retire", tag = "preconsult", request_body = Deed,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "读取时得到的 ETag", pattern = "^\"[0-9]{1,18}\"$")),
    responses((status = 200, description = "已停用", body = TemplateBody)))]
async fn retire_template(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
    Json(deed): Json<Deed>,
) -> Result<impl IntoResponse, Problem> {
    let desk = Desk::new(&right, &request)?;
    service::retire(&service, &desk, (id, version(&headers)?), &deed.note).await?;
    answered(&service, &desk, id).await
}

/// The department asked for: one's own, or one within reach.
fn place(desk: &Desk<'_>, filter: &UseFilter) -> Result<(String, String), TemplateError> {
    let institution = filter.institution.clone().unwrap_or_else(|| desk.institution().to_owned());
    let department = filter.department.clone().unwrap_or_else(|| desk.department().to_owned());
    let is_own = institution == desk.institution() && department == desk.department();
    if is_own || desk.arranges(&institution, &department) {
        return Ok((institution, department));
    }
    Err(TemplateError::NotFound)
}

/// 一个科室用哪些问卷，按顺序：在用的在前。
#[utoipa::path(get, path = "/api/preconsult/template-uses", tag = "preconsult", params(UseFilter),
    responses(
        (status = 200, description = "问卷及其是否在用", body = DepartmentUses),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "没有这个科室")))]
async fn list_template_uses(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    Query(filter): Query<UseFilter>,
) -> Result<Json<DepartmentUses>, Problem> {
    let desk = Desk::new(&right, &request)?;
    let (institution, department) = place(&desk, &filter)?;
    let offers = service::offers(&service, (&institution, &department)).await?;
    let items = offers.into_iter().map(DepartmentUse::of).collect();
    Ok(Json(DepartmentUses { institution, department, items }))
}

/// 定一个科室用哪些问卷；按给出的次序。
#[utoipa::path(put, path = "/api/preconsult/template-uses", tag = "preconsult", request_body = DepartmentUses,
    responses(
        (status = 200, description = "保存后的次序", body = DepartmentUses),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "不由您定")))]
async fn save_template_uses(
    State(service): State<Service>,
    right: Right,
    request: RequestId,
    Json(body): Json<DepartmentUses>,
) -> Result<Json<DepartmentUses>, Problem> {
    let desk = Desk::new(&right, &request)?;
    let DepartmentUses { institution, department, items } = body;
    let arranged = (1..).zip(items).map(|(rank, one)| Arranged {
        kind: one.kind,
        name: one.name,
        is_on: one.is_on,
        rank,
    });
    service::arrange(&service, &desk, (&institution, &department), arranged.collect()).await?;
    let offers = service::offers(&service, (&institution, &department)).await?;
    let items = offers.into_iter().map(DepartmentUse::of).collect();
    Ok(Json(DepartmentUses { institution, department, items }))
}
