//! The feed of an institution: the consultations sent to it, in order, for hospitals that fetch at their own pace; and
//! the front-end door for the templates and dictionaries they submit in batches.
//!
//! Calls are signed by the institution's secret as [`gateways::signature`] says, with its code as the account. Only its
//! own data is there.

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use gateways::{
    shenkang::{Content, Dictionary},
    signature,
};
use platform::{
    App, Problem, Tx,
    audit::{self, Actor, Outcome},
    http::{Json, Path, Query, RequestId},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    model::Mode,
    packet::{self, Packet},
    site, store, templates,
};
use crate::{PreconsultError, Shared};

/// Consultations of one answer.
const USUAL: usize = 20;
const MOST: usize = 50;
/// Longest word of a call.
const LONGEST_NONCE: usize = 64;

pub(super) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(read_feed)).routes(routes!(submit_batch))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Since {
    /// `next` of the answer before; from the beginning when absent.
    #[serde(default)]
    #[param(minimum = -9_007_199_254_740_991_i64, maximum = 9_007_199_254_740_991_i64)]
    after: i64,
    /// At most 50.
    #[param(maximum = 4_294_967_295_u32)]
    limit: Option<usize>,
}

/// Consultations sent to an institution, in the order they were sent.
#[derive(Debug, Serialize, ToSchema)]
struct FeedPage {
    items: Vec<FeedItem>,
    /// Where the next answer begins.
    next: i64,
    has_more: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct FeedItem {
    position: i64,
    consultation: Uuid,
    department: String,
    submitted_at: DateTime<Utc>,
    patient: FeedPatient,
    /// 主诉 and histories by section.
    record: Value,
    /// Raw questions and answers.
    answers: Value,
}

#[derive(Debug, Serialize, ToSchema)]
struct FeedPatient {
    /// The district's number of the person.
    index: Uuid,
    id_number: Option<String>,
    name: String,
}

/// Templates and dictionaries of an institution, as its own systems export them.
#[derive(Debug, Deserialize, ToSchema)]
struct Batch {
    /// Each with `code`, `version`, `title`, `format` (`form` or `fhir`) and `content`.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    templates: Vec<Content>,
    /// Each with `name`, `version` and `entries` (pairs of code and meaning).
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    dictionaries: Vec<Dictionary>,
}

/// What became of a batch.
#[derive(Debug, Serialize, ToSchema)]
struct BatchTaken {
    new: i64,
    /// To be looked at by an editor.
    conflicts: i64,
    /// Known already.
    same: i64,
    dictionaries: i64,
}

/// 医院按机构取自己的预问诊结果。调用须按请求头 x-account（机构代码）、x-timestamp、x-nonce、x-signature 签名（HMAC-SM3）。
#[utoipa::path(get, path = "/api/feed/{institution}", tag = "preconsult",
    params(("institution" = String, Path), Since), security(("signature" = [])),
    responses(
        (status = 200, description = "一批结果", body = FeedPage),
        (status = 304, description = "没有变化（If-None-Match）"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "签名不被接受"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "这家机构没有设为来取")))]
async fn read_feed(
    State(app): State<App>,
    request: RequestId,
    Path(institution): Path<String>,
    Query(since): Query<Since>,
    (method, uri, headers): (Method, Uri, HeaderMap),
) -> Result<Response, Problem> {
    let mode = admit(&app, &request, &institution, (&method, &uri, &headers), b"").await?;
    if !mode.pulls() {
        return Err(Problem::forbidden(
            "这家机构设为平台推送。需要来取的，请联系区平台管理员改为“医院来取”。",
        ));
    }
    let limit = since.limit.unwrap_or(USUAL).clamp(1, MOST);
    let mut entries = store::feed::list_entries(&app, &institution, since.after, limit).await?;
    let has_more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().map_or(since.after, |(position, _)| *position);
    let tag = format!("\"{institution}-{}-{next}\"", since.after);
    let head = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "private, no-cache".into())];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, head).into_response());
    }
    let mut items = Vec::with_capacity(entries.len());
    for (position, id) in entries {
        items.push(item(position, &packet::find(&app, id).await?));
    }
    note_read(&app, &request, &institution, &items).await?;
    Ok((head, Json(FeedPage { items, next, has_more })).into_response())
}

/// 医院信息系统定时成批提交通用模板、个性化模板和字典表。签名同上。
#[utoipa::path(post, path = "/api/feed/{institution}/batches", tag = "preconsult",
    params(("institution" = String, Path)), request_body = Batch, security(("signature" = [])),
    responses(
        (status = 200, description = "已收下；有冲突的由编辑核对", body = BatchTaken),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "签名不被接受")))]
async fn submit_batch(
    State(app): State<App>,
    request: RequestId,
    Path(institution): Path<String>,
    (method, uri, headers): (Method, Uri, HeaderMap),
    body: Bytes,
) -> Result<Json<BatchTaken>, Problem> {
    admit(&app, &request, &institution, (&method, &uri, &headers), &body).await?;
    let batch: Batch = serde_json::from_slice(&body).map_err(|fault| {
        Problem::bad_request(format!("JSON 第 {} 行第 {} 列无法读懂", fault.line(), fault.column()))
    })?;
    let taken = templates::take_batch(&app, &institution, &batch.templates, &batch.dictionaries).await?;
    Ok(Json(BatchTaken {
        new: taken.n_new,
        conflicts: taken.n_conflicts,
        same: taken.n_same,
        dictionaries: taken.n_dictionaries,
    }))
}

fn item(position: i64, packet: &Packet) -> FeedItem {
    FeedItem {
        position,
        consultation: packet.consultation.id,
        department: packet.consultation.department.clone(),
        submitted_at: packet.submitted_at(),
        patient: FeedPatient {
            index: packet.resident.id,
            id_number: packet.resident.id_number.as_ref().map(|number| number.as_str().to_owned()),
            name: packet.resident.name.clone(),
        },
        record: packet.record_json(),
        answers: packet.answers_json(),
    }
}

/// Who signs as the institution; whoever does not leaves an audit row with the reason and gets none.
async fn admit(
    app: &App,
    request: &RequestId,
    institution: &str,
    (method, uri, headers): (&Method, &Uri, &HeaderMap),
    body: &[u8],
) -> Result<Mode, Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let (account, nonce) = (text(signature::ACCOUNT), text(signature::NONCE));
    let timestamp: i64 = text(signature::TIMESTAMP).parse().unwrap_or(0);
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let why = match site::find_secret(app, institution).await? {
        None => "没有这家机构的密钥",
        Some(_) if account != institution => "账号不是这家机构",
        Some(_) if !signature::is_fresh(timestamp, app.now()) => "时间超出 5 分钟",
        Some(_) if !(8..=LONGEST_NONCE).contains(&nonce.len()) => "随机串长度不对",
        Some((mode, secret)) => {
            let expected = signature::of_request(&secret, method.as_str(), target, timestamp, nonce, body);
            if !signature::same(&expected, text(signature::SIGNATURE)) {
                "签名不符"
            } else if store::feed::spend(app, institution, nonce).await? {
                return Ok(mode);
            } else {
                "随机串已用过"
            }
        }
    };
    let mut tx = app.db.begin().await.map_err(PreconsultError::from)?;
    let entry = feed_entry(app, request, institution, None, (Outcome::Denied, Some(why)));
    audit::append(&mut tx, entry).await.map_err(PreconsultError::from)?;
    tx.commit().await.map_err(PreconsultError::from)?;
    Err(Problem::new(StatusCode::UNAUTHORIZED, "/problems/preconsult/signature", "签名不被接受")
        .detail("请核对机构代码、密钥、时间（相差不超过 5 分钟）和签名的写法；随机串每次都要换。"))
}

async fn note_read(
    app: &App,
    request: &RequestId,
    institution: &str,
    items: &[FeedItem],
) -> Result<(), PreconsultError> {
    if items.is_empty() {
        return Ok(());
    }
    let mut tx: Tx = app.db.begin().await?;
    for item in items {
        let whose = Some((item.patient.index, item.consultation));
        audit::append(&mut tx, feed_entry(app, request, institution, whose, (Outcome::Done, None))).await?;
    }
    Ok(tx.commit().await?)
}

fn feed_entry<'a>(
    app: &App,
    request: &'a RequestId,
    institution: &str,
    whose: Option<(Uuid, Uuid)>,
    (outcome, reason): (Outcome, Option<&'a str>),
) -> audit::Entry<'a> {
    audit::Entry {
        at: app.now(),
        // A name from outside is cut before it is written down.
        actor: Actor { id: institution.chars().take(40).collect(), role: "hospital".into() },
        action: "feed.read",
        patient: whose.map(|(patient, _)| patient),
        object: whose.map(|(_, consultation)| format!("consultation/{consultation}")),
        reason,
        outcome,
        request_id: &request.0,
    }
}
