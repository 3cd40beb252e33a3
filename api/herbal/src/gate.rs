//! Calls of hospitals' own programs, signed as [`gateways::signature`] says with the institution's code as the account.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, Method, StatusCode, Uri},
};
use gateways::signature;
use platform::{
    App, Problem,
    audit::{self, Actor, Outcome},
    http::{self, RequestId},
    idempotency::IdempotencyKey,
};

use crate::{
    HerbalError, Shared,
    model::Hospital,
    service::{Company, Hand, Once},
    store,
};

/// Longest word of a call.
const LONGEST_NONCE: usize = 64;

/// A call of a hospital whose signature is right.
pub(crate) struct Call {
    institution: String,
    request: RequestId,
    body: Bytes,
    key: Option<IdempotencyKey>,
}

impl Call {
    pub(crate) fn hospital(&self) -> Hospital<'_> {
        Hospital { institution: &self.institution, request: &self.request, by: None }
    }

    pub(crate) fn institution(&self) -> &str {
        &self.institution
    }

    /// The body as JSON; refused with the place of the fault.
    pub(crate) fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, Problem> {
        http::read_json(&self.body)
    }

    /// As a request that has one effect; refused without an `Idempotency-Key`.
    pub(crate) fn once(&self) -> Result<Once<'_>, Problem> {
        let key = self.key.clone().ok_or_else(|| {
            Problem::new(StatusCode::BAD_REQUEST, "/problems/idempotency-key-required", "缺少幂等键")
                .detail("请在请求头 Idempotency-Key 中给出 8 到 128 个可见字符，重试时保持不变。")
        })?;
        Ok(Once { key, body: &self.body })
    }
}

impl FromRequest<Shared> for Call {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Shared) -> Result<Self, Problem> {
        let call = Self::signed(request, state).await?;
        if store::find_company(&state.app.db, &call.institution).await.map_err(HerbalError::from)?.is_some() {
            return Err(wrong_side("服务企业请用 /api/herbal/company 下的接口；这里是医院的接口。"));
        }
        Ok(call)
    }
}

/// A call of a company whose signature is right.
pub(crate) struct CompanyCall {
    call: Call,
    company: Company,
}

impl CompanyCall {
    /// The company's program, in the name of whoever it says.
    pub(crate) fn hand<'a>(&'a self, by: &'a str) -> Hand<'a> {
        Hand { company: &self.company, actor: self.actor(), by, request: &self.call.request }
    }

    pub(crate) fn actor(&self) -> Actor {
        Actor { id: self.company.code.clone(), role: "herbal_company".into() }
    }

    pub(crate) fn company(&self) -> &Company {
        &self.company
    }

    pub(crate) fn call(&self) -> &Call {
        &self.call
    }
}

impl FromRequest<Shared> for CompanyCall {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Shared) -> Result<Self, Problem> {
        let call = Call::signed(request, state).await?;
        let found = store::find_company(&state.app.db, &call.institution).await.map_err(HerbalError::from)?;
        let name =
            found.ok_or_else(|| wrong_side("这里是服务企业的接口；医院请用 /api/herbal/prescriptions。"))?;
        let company = Company { code: call.institution.clone(), name };
        Ok(Self { call, company })
    }
}

fn wrong_side(told: &'static str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "/problems/herbal/wrong-side", "不是您这一方的接口").detail(told)
}

impl Call {
    pub(crate) fn request(&self) -> &RequestId {
        &self.request
    }

    async fn signed(request: Request, state: &Shared) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let id = RequestId::from_request_parts(&mut parts, state).await?;
        let key = IdempotencyKey::from_request_parts(&mut parts, state).await.ok();
        let (method, uri, headers) = (parts.method.clone(), parts.uri.clone(), parts.headers.clone());
        let body = http::body(Request::from_parts(parts, body), state).await?;
        let institution = admit(&state.app, &id, (&method, &uri, &headers), &body).await?;
        Ok(Self { institution, request: id, body, key })
    }
}

/// Who signed; whoever is not accepted leaves an audit row with the reason.
async fn admit(
    app: &App,
    request: &RequestId,
    (method, uri, headers): (&Method, &Uri, &HeaderMap),
    body: &[u8],
) -> Result<String, Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let (account, nonce) = (text(signature::ACCOUNT), text(signature::NONCE));
    let timestamp: i64 = text(signature::TIMESTAMP).parse().unwrap_or(0);
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let why = match store::find_secret(app, account).await? {
        None => "没有这家机构的密钥",
        Some(_) if !signature::is_fresh(timestamp, app.now()) => "时间超出 5 分钟",
        Some(_) if !(8..=LONGEST_NONCE).contains(&nonce.len()) => "随机串长度不对",
        Some(secret) => {
            let expected = signature::of_request(&secret, method.as_str(), target, timestamp, nonce, body);
            if !signature::same(&expected, text(signature::SIGNATURE)) {
                "签名不符"
            } else if store::spend_nonce(app, account, nonce).await? {
                return Ok(account.to_owned());
            } else {
                "随机串已用过"
            }
        }
    };
    let entry = audit::Entry {
        at: app.now(),
        // A name from outside is cut before it is written down.
        actor: Actor { id: account.chars().take(40).collect(), role: "hospital".into() },
        action: "prescription.call",
        patient: None,
        object: None,
        reason: Some(why),
        outcome: Outcome::Denied,
        request_id: &request.0,
    };
    let mut tx = app.db.begin().await.map_err(HerbalError::from)?;
    audit::append(&mut tx, entry).await.map_err(HerbalError::from)?;
    tx.commit().await.map_err(HerbalError::from)?;
    Err(Problem::new(StatusCode::UNAUTHORIZED, "/problems/herbal/signature", "签名不被接受")
        .detail("请核对机构代码、密钥、时间（相差不超过 5 分钟）和签名的写法；随机串每次都要换。"))
}
