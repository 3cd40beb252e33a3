use utoipa::OpenApi;

use crate::router::documented;

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

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_document_is_fresh() {
        // UPDATE_EXPECT=1 cargo test -p jiuyi writes it anew.
        expect_test::expect_file!["../../openapi.json"].assert_eq(&super::document().unwrap());
    }
}
