use axum::http::header;
use gateways::signature;
use platform::audit;

use super::{super::*, *};
use crate::{exchange::site, testing::Seen};

/// A hospital's own program.
struct Hospital<'a> {
    browser: Browser,
    connected: &'a Connected<'a>,
    institution: &'a str,
    secret: String,
    calls: std::cell::Cell<u32>,
}

impl Hospital<'_> {
    async fn call(&self, method: &str, target: &str, extra: &[(&str, &str)], body: &str) -> Seen {
        self.calls.set(self.calls.get() + 1);
        let nonce = format!("nonce-{:08}", self.calls.get());
        self.signed(method, target, (&nonce, &self.secret), extra, body).await
    }

    async fn signed(
        &self,
        method: &str,
        target: &str,
        (nonce, secret): (&str, &str),
        extra: &[(&str, &str)],
        body: &str,
    ) -> Seen {
        let timestamp = self.connected.house.bench.now().timestamp();
        let signed = signature::of_request(secret, method, target, timestamp, nonce, body.as_bytes());
        let timestamp = timestamp.to_string();
        let mut headers = vec![
            (signature::ACCOUNT, self.institution),
            (signature::TIMESTAMP, &timestamp),
            (signature::NONCE, nonce),
            (signature::SIGNATURE, &signed),
        ];
        headers.extend(extra);
        self.browser.json(method, target, &headers, body).await
    }
}

async fn hospital<'a>(connected: &'a Connected<'a>, institution: &'a str) -> Hospital<'a> {
    let app = &connected.house.service.app;
    let secret = site::renew_secret(app, connected.by(), institution).await.unwrap();
    let browser = connected.house.resident_browser().await.signed_out();
    Hospital { browser, connected, institution, secret, calls: std::cell::Cell::new(0) }
}

#[tokio::test]
async fn a_hospital_that_fetches_gets_its_own_results_in_order_and_is_not_pushed_to() {
    on_each_connected(async |connected| {
        let house = &connected.house;
        let own = hospital(&connected, "H01").await;
        let pushed = house.submitted("咳嗽三天").await;
        connected.work().await;
        let refused = own.call("GET", "/api/feed/H01", &[], "").await;
        assert_eq!(refused.status, 403, "{}", refused.text);
        site::set_mode(&house.service.app, connected.by(), "H01", Mode::Pull).await.unwrap();
        let fetched = house.submitted("头疼两天").await;
        connected.work().await;
        assert_eq!(connected.taken().await, [pushed], "the second is only in the feed");

        let page = own.call("GET", "/api/feed/H01?limit=1", &[], "").await;
        let first = page.value();
        assert_eq!(first["items"][0]["consultation"], pushed.to_string(), "{}", page.text);
        assert_eq!((first["has_more"].as_bool(), first["next"].as_i64()), (Some(true), Some(1)));
        let page = own.call("GET", "/api/feed/H01?after=1", &[], "").await;
        let second = page.value();
        assert_eq!(second["items"][0]["consultation"], fetched.to_string());
        assert!(second["items"][0]["record"]["chief_complaint"].as_str().unwrap().contains("头"));
        assert_eq!(second["items"].as_array().unwrap().len(), 1);
        let tag = [(header::IF_NONE_MATCH.as_str(), page.etag.as_str())];
        let same = own.call("GET", "/api/feed/H01?after=1", &tag, "").await;
        assert_eq!((same.status.as_u16(), same.text.as_str()), (304, ""));
        let rest = own.call("GET", "/api/feed/H01?after=2", &[], "").await.value();
        assert_eq!(rest["items"].as_array().unwrap().len(), 0);
        let rows = audit::list_for_patient(&house.bench.db, house.resident.id, 20).await.unwrap();
        let reads = rows.iter().filter(|row| row.action == "feed.read" && row.actor == "H01");
        assert_eq!(reads.count(), 2);

        site::set_mode(&house.service.app, connected.by(), "H01", Mode::Both).await.unwrap();
        let both = house.submitted("肚子疼一天").await;
        connected.work().await;
        assert_eq!(connected.taken().await, [pushed, both]);
        assert_eq!(own.call("GET", "/api/feed/H01?after=2", &[], "").await.value()["next"], 3);
    })
    .await;
}

#[tokio::test]
async fn a_feed_opens_only_to_the_signature_of_its_institution() {
    on_each_connected(async |connected| {
        let house = &connected.house;
        let (own, other) = (hospital(&connected, "H01").await, hospital(&connected, "H02").await);
        site::set_mode(&house.service.app, connected.by(), "H01", Mode::Pull).await.unwrap();
        house.submitted("咳嗽三天").await;
        let target = "/api/feed/H01";
        let foreign = other.call("GET", target, &[], "").await;
        assert_eq!(foreign.status, 401, "{}", foreign.text);
        let forged = own.signed("GET", target, ("nonce-forged", "another secret"), &[], "").await;
        assert_eq!(forged.status, 401);
        let changed = own.signed("POST", target, ("nonce-method", &own.secret), &[], "").await;
        assert_eq!(changed.status, 405);
        assert_eq!(own.signed("GET", target, ("nonce-once", &own.secret), &[], "").await.status, 200);
        assert_eq!(own.signed("GET", target, ("nonce-once", &own.secret), &[], "").await.status, 401);
        assert_eq!(own.browser.json("GET", target, &[], "").await.status, 401);
        let unknown = own.browser.json("GET", "/api/feed/XX", &[], "").await;
        assert_eq!(unknown.status, 401);
        let replaced = site::renew_secret(&house.service.app, connected.by(), "H01").await.unwrap();
        assert_eq!(own.call("GET", target, &[], "").await.status, 401, "the old secret ended");
        assert_eq!(own.signed("GET", target, ("nonce-new1", &replaced), &[], "").await.status, 200);
        crate::exchange::store::feed::sweep(&house.service.app).await.unwrap();
        assert_eq!(own.signed("GET", target, ("nonce-new1", &replaced), &[], "").await.status, 401);
    })
    .await;
}

#[tokio::test]
async fn a_hospital_submits_templates_and_dictionaries_in_batches() {
    on_each_connected(async |connected| {
        let own = hospital(&connected, "H01").await;
        let form = std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../data/questionnaires/back-pain-first.form"
        ))
        .unwrap();
        let batch = |content: &str| {
            serde_json::json!({
                "templates": [{"code": "H01-BACK", "version": "1", "title": "腰痛", "format": "form",
                    "content": content}],
                "dictionaries": [{"name": "科室", "version": "2", "entries": [["IM", "内科"], ["PED", "儿科"]]}],
            })
            .to_string()
        };
        let target = "/api/feed/H01/batches";
        let first = own.call("POST", target, &[], &batch(&form)).await;
        assert_eq!(first.status, 200, "{}", first.text);
        assert_eq!((first.value()["new"].as_i64(), first.value()["dictionaries"].as_i64()), (Some(1), Some(1)));
        assert_eq!(own.call("POST", target, &[], &batch(&form)).await.value()["same"], 1);
        let changed = own.call("POST", target, &[], &batch(&form.replace("腰", "背"))).await.value();
        assert_eq!(changed["conflicts"], 1);
        let broken = own.call("POST", target, &[], &batch("没有这种写法").replace("\"1\"", "\"9\"")).await.value();
        assert_eq!(broken["conflicts"], 1, "what cannot be read is shown, not dropped");
        assert_eq!(own.call("POST", target, &[], "{").await.status, 400);

        let admin = connected.admin().await;
        let page = admin.get("/staff/outside-templates?state=conflict").await;
        assert_eq!(page.text.matches("有冲突</span></td>").count(), 2, "{}", page.text);
        assert!(page.text.contains("医院批量提交") && page.text.contains("科室"));
    })
    .await;
}
