//! What holds for every page.

use tests::TestApp;

#[tokio::test]
async fn pages_bring_no_inline_script_or_style_and_forbid_both() {
    TestApp::on_each_database(async |app| {
        for path in ["/sign-in", "/no-such-page"] {
            let answer = app.browser().get(path).await;
            assert!(answer.header("content-security-policy").starts_with("default-src 'self'"), "{path}");
            for part in ["object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
                assert!(answer.header("content-security-policy").contains(part), "{path} lacks {part}");
            }
            assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
            for inline in [" style=", "<style", " onclick=", "<script>"] {
                assert!(!answer.body.contains(inline), "{path} has {inline}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn assets_are_served_for_good() {
    TestApp::on_each_database(async |app| {
        let page = app.browser().get("/sign-in").await.body;
        let (_, rest) = page.split_once("href=\"/assets/app.").expect("the page names its styles");
        let name = rest.split('"').next().unwrap();
        let answer = app.browser().get(&format!("/assets/app.{name}")).await;
        assert_eq!((answer.status, answer.header("content-type").contains("text/css")), (200, true));
        assert!(answer.header("cache-control").contains("immutable"), "{}", answer.header("cache-control"));
    })
    .await;
}

#[tokio::test]
async fn health_and_documents_are_there() {
    TestApp::on_each_database(async |app| {
        for path in ["/healthz", "/readyz", "/openapi.json", "/docs/"] {
            assert_eq!(app.browser().get(path).await.status, 200, "{path}");
        }
        app.db.close().await;
        assert_eq!(app.browser().get_json("/readyz").await.problem(503), "/problems/not-ready");
        assert_eq!(app.browser().get("/healthz").await.status, 200);
    })
    .await;
}
