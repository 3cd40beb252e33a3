use std::{collections::BTreeMap, sync::LazyLock};

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use platform::{Problem, http::Path};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/assets"]
struct Assets;

/// A content-hash URL never changes its content.
const FOREVER: &str = "public, max-age=31536000, immutable";

struct Asset {
    url: String,
    mime: String,
    bytes: Vec<u8>,
}

/// By file name.
static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(|| {
    Assets::iter()
        .filter_map(|name| Assets::get(&name).map(|file| (name.to_string(), loaded(&name, &file))))
        .collect()
});

/// The address of an asset, with a hash of its content: `/assets/app.3f2a91c04b7d.css`.
pub fn asset_url(name: &str) -> &'static str {
    ASSETS.get(name).map_or("", |asset| &asset.url)
}

pub(crate) async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    let wanted = format!("/assets/{name}");
    let asset = ASSETS.values().find(|asset| asset.url == wanted).ok_or_else(Problem::not_found)?;
    Ok(sent(asset, FOREVER))
}

pub(crate) async fn favicon(headers: HeaderMap) -> Response {
    let Some(icon) = ASSETS.get("icon.svg") else { return StatusCode::NOT_FOUND.into_response() };
    if headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == etag(icon).as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    ([(header::ETAG, etag(icon))], sent(icon, "public, max-age=86400")).into_response()
}

fn etag(asset: &Asset) -> String {
    format!("\"{}\"", asset.url)
}

fn sent(asset: &'static Asset, caching: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, asset.mime.as_str()), (header::CACHE_CONTROL, caching)];
    (headers, asset.bytes.as_slice()).into_response()
}

fn loaded(name: &str, file: &rust_embed::EmbeddedFile) -> Asset {
    let digest = file.metadata.sha256_hash();
    let hash = digest[..6].iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
    let mime = mime_guess::from_ext(extension).first_or_octet_stream();
    let charset = if mime.type_() == "text" { "; charset=utf-8" } else { "" };
    Asset {
        url: format!("/assets/{stem}.{hash}.{extension}"),
        mime: format!("{mime}{charset}"),
        bytes: file.data.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use tower::ServiceExt;

    use super::*;

    async fn get(path: &str) -> Response {
        crate::routes::<()>(&platform::Config::default())
            .oneshot(Request::get(path).body(Body::empty()).unwrap())
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn hashed_urls_are_kept_forever_and_others_do_not_exist() {
        let url = asset_url("app.css");
        assert!(url.starts_with("/assets/app.") && url.len() == "/assets/app..css".len() + 12, "{url}");
        let css = get(url).await;
        assert_eq!(css.status(), 200);
        assert_eq!(css.headers()["content-type"], "text/css; charset=utf-8");
        assert_eq!(css.headers()["cache-control"], FOREVER);
        assert_eq!(get("/assets/app.000000000000.css").await.status(), 404);
        assert_eq!(get("/assets/..%2fCargo.toml").await.status(), 404);
    }

    #[test]
    fn the_script_loads_nothing_from_elsewhere_and_evaluates_nothing() {
        let script = String::from_utf8(ASSETS["app.js"].bytes.clone()).unwrap();
        for forbidden in ["http://", "https://", "eval(", "new Function", "innerHTML"] {
            assert!(!script.contains(forbidden), "{forbidden}");
        }
        let style = String::from_utf8(ASSETS["app.css"].bytes.clone()).unwrap();
        assert!(!style.contains("@import") && !style.contains("http"));
    }
}
