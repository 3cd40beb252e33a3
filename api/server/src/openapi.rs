use platform::{
    rights::{Route, Who},
    session,
};
use utoipa::{
    OpenApi,
    openapi::{
        Components, Content, OpenApi as Document, Ref, RefOr, Response,
        path::{Operation, ParameterIn, PathItem},
        security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme},
    },
};

use crate::router::{access, documented};

/// What stands above all operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "便捷就医平台",
        description = "所有 4xx、5xx 回答均为 RFC 9457 问题文档（application/problem+json）；时间为 RFC 3339；\
                       以会话 cookie 调用修改类接口时，须在请求头 x-csrf-token 中给出 /v1/me 返回的 csrf_token。"
    ),
    tags((name = "preconsult", description = "智能预问诊"), (name = "knowledge", description = "知识版本与图谱"), (name = "herbal", description = "饮片代煎"), (name = "people", description = "居民与医务人员"), (name = "operations", description = "运行维护"))
)]
pub(crate) struct Head;

/// The document of all JSON operations, as committed in `api/openapi.json`.
pub fn document() -> anyhow::Result<String> {
    Ok(documented().to_pretty_json()? + "\n")
}

/// Adds what holds for every operation, so that no handler says it again: how a caller proves who it is, and the
/// refusals every request may meet before its handler.
pub(crate) fn complete(mut document: Document) -> Document {
    let access = access();
    let components = document.components.get_or_insert_with(Components::new);
    for (name, scheme) in schemes() {
        components.add_security_scheme(name, scheme);
    }
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            let who = access.iter().find(|route| route.path == path && route.method == method);
            secure(operation, method, who);
            refuse(operation, method, who);
        }
    }
    document
}

fn schemes() -> [(&'static str, SecurityScheme); 3] {
    let header = |name: &str, about: &str| {
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, about)))
    };
    let session = ApiKeyValue::with_description(session::COOKIE, "登录后的会话 cookie");
    [
        ("session", SecurityScheme::ApiKey(ApiKey::Cookie(session))),
        ("csrf", header("x-csrf-token", "修改类接口的防伪令牌：/v1/me 返回的 csrf_token")),
        (
            "signature",
            header("x-signature", "医院和合作方的请求签名（HMAC-SM3），连同 x-account、x-timestamp、x-nonce"),
        ),
    ]
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [("GET", &mut item.get), ("POST", &mut item.post), ("PUT", &mut item.put), ("DELETE", &mut item.delete)]
        .into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// What an operation does not say itself: a session, and its token where something changes.
fn secure(operation: &mut Operation, method: &str, route: Option<&Route>) {
    let is_open = route.is_some_and(|route| route.who == Who::Public);
    let needs = match (is_open, method) {
        (true, _) => return,
        (false, "GET") => SecurityRequirement::new("session", [""; 0]),
        (false, _) => SecurityRequirement::new("session", [""; 0]).add("csrf", [""; 0]),
    };
    operation.security.get_or_insert_with(|| vec![needs]);
}

/// The refusals of the layers around the handlers.
fn refuse(operation: &mut Operation, method: &str, route: Option<&Route>) {
    let is_open = route.is_none_or(|route| route.who == Who::Public);
    let has_body = operation.request_body.is_some();
    let has = |place: &ParameterIn| {
        let mut parameters = operation.parameters.iter().flatten();
        parameters.any(|one| matches!(one, RefOr::T(one) if one.parameter_in == *place))
    };
    let has_id = has(&ParameterIn::Path);
    let is_read = has_id || has(&ParameterIn::Query);
    let is_based = named(operation, "If-Match");
    let refusals = [
        ("400", "请求格式不正确", has_body || is_read),
        ("401", "没有登录", !is_open),
        ("403", "没有权限，或缺少防伪令牌", !is_open || method != "GET"),
        ("404", "没有这一项", has_id),
        ("409", "现在的状态不允许", is_based),
        ("412", "内容已有变化", is_based),
        ("413", "内容太大", has_body),
        ("415", "内容的格式不受理", has_body),
        ("422", "内容有不能接受之处，见 errors", has_body || is_read),
        ("428", "缺少 If-Match", is_based),
        ("429", "请求过于频繁", true),
        ("500", "系统出了点问题", true),
        ("503", "系统繁忙，请稍后再试", true),
    ];
    for (status, about, _) in refusals.into_iter().filter(|(.., may)| *may) {
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| problem(about).into());
    }
}

fn named(operation: &Operation, name: &str) -> bool {
    operation.parameters.iter().flatten().any(|one| matches!(one, RefOr::T(one) if one.name == name))
}

fn problem(about: &str) -> Response {
    let mut response = Response::new(about);
    let body = Content::new(Some(Ref::from_schema_name("Problem")));
    response.content.insert("application/problem+json".to_owned(), body.into());
    response
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_document_is_fresh() {
        // UPDATE_EXPECT=1 cargo test -p jiuyi writes it anew.
        expect_test::expect_file!["../../openapi.json"].assert_eq(&super::document().unwrap());
    }
}
