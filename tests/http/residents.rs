//! Residents from the first sign-in to a verified name, their families, the institutions and the partners' links.

use axum::{body::Body, http::Method};
use gateways::{
    signature,
    simulate::{Simulators, consent},
};
use people::{entry, organisation};
use serde_json::json;
use tests::{Browser, TestApp};

const SITE: &str = "http://127.0.0.1:8080";

/// A picture by its headers; what is in it does not matter here.
fn photo(width: u16, height: u16) -> Vec<u8> {
    let segment = |marker: u8, body: &[u8]| {
        let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker], &length[..], body].concat()
    };
    let frame = [&[8], &height.to_be_bytes()[..], &width.to_be_bytes()[..], &[1, 1, 0x11, 0]].concat();
    [
        vec![0xff, 0xd8],
        segment(0xe1, b"Exif\0\0GPS 31.23N 121.45E"),
        segment(0xc0, &frame),
        segment(0xda, &[1, 1, 0, 0, 63, 0]),
        vec![0x12; 700_000],
        vec![0xff, 0xd9],
    ]
    .concat()
}

async fn sign_in_by(browser: &mut Browser, channel: &str, user: &str, next: &str) {
    let out = browser.get(&format!("/sign-in/{channel}?next={next}")).await;
    assert_eq!(out.status, 303, "{}", out.body);
    let back = consent(out.location(), user).await.unwrap();
    let back = back.strip_prefix(SITE).unwrap();
    let answer = browser.get(back).await;
    assert_eq!((answer.status, answer.location()), (303, next), "{}", answer.body);
    assert_eq!(browser.get(back).await.status, 409, "the way back works once");
}

fn received(simulators: &Simulators, phone: &str) -> String {
    simulators.sms.as_ref().unwrap().1.received(phone).last().unwrap().values[0].clone()
}

#[tokio::test]
async fn a_resident_is_verified_by_photographs_and_a_reviewer() {
    TestApp::on_each_database(async |app| {
        let (app, _simulators) = app.with_simulators().await;
        let mut me = app.browser();
        let page = me.get("/sign-in").await;
        for text in ["微信登录", "随申办授权登录", "手机号", "模拟", "林晓雯"] {
            assert!(page.body.contains(text), "{text}");
        }
        sign_in_by(&mut me, "wechat", "oSim-qiulan", "/realname").await;
        assert_eq!(me.get_json("/v1/me").await.json()["age_in_months"], json!(null));
        assert!(me.get("/realname").await.body.contains("敏感个人信息"));
        assert_eq!(me.get("/realname/fields").await.location(), "/realname", "consent comes first");
        assert_eq!(me.post_form("/realname", &[]).await.location(), "/realname/photo/front");
        let guide = me.get("/realname/photo/front").await;
        for text in ["capture=\"environment\"", "multipart/form-data", "id-frame", "四个角"] {
            assert!(guide.body.contains(text), "{text}");
        }
        assert_eq!(me.get("/realname/photo/side").await.status, 404);
        let script = me.post_file("/realname/photo/front", "photo", b"<svg onload=alert(1)>").await;
        assert_eq!(script.status, 422);
        assert!(script.body.contains("JPEG 或 PNG"));
        let bomb = me.post_file("/realname/photo/front", "photo", &photo(60_000, 60_000)).await;
        assert!(bomb.status == 422 && bomb.body.contains("像素太多"));
        let huge = me.post_file("/realname/photo/front", "photo", &vec![0xff; 13 * 1024 * 1024]).await;
        assert_eq!(huge.status, 413);
        let request = me.request(Method::POST, "/realname/photo/front", "text/html");
        let request = request.header("content-type", "multipart/form-data; boundary=b");
        let forged = me.send(request, Body::from("--b--\r\n")).await;
        assert_eq!(forged.status, 403, "without the token of the session");
        let sent = me.post_file("/realname/photo/front", "photo", &photo(1600, 1000)).await;
        assert_eq!(sent.location(), "/realname/photo/back", "{}", sent.body);
        assert_eq!(me.get("/realname/fields").await.location(), "/realname/photo/back");
        let sent = me.post_file("/realname/photo/back", "photo", &photo(1600, 1000)).await;
        assert_eq!(sent.location(), "/realname/fields");
        let own = me.get("/realname/photo/front/image").await;
        assert_eq!(own.header("content-type"), "image/jpeg");
        assert!(!own.body.contains("GPS"), "place is removed");
        let fields = me.get("/realname/fields").await.body;
        assert!(
            fields.contains("请逐项核对"),
            "nothing can be read on this photograph, and the form is there"
        );
        assert!(fields.contains("name=\"id_number\""));

        let mut fields = vec![
            ("name", "秦知远"),
            ("sex", "female"),
            ("birth", "1985-03-12"),
            ("id_number", "310106198503127912"),
            ("authority", "上海市公安局静安分局"),
            ("valid_from", "2016-05-01"),
            ("is_long_term", "on"),
        ];
        let wrong = me.post_form("/realname/fields", &fields).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.body.contains("第 17 位") && wrong.body.contains("value=\"秦知远\""), "kept");
        fields[1].1 = "male";
        assert_eq!(me.post_form("/realname/fields", &fields).await.location(), "/realname");
        assert!(me.get("/realname").await.body.contains("等待审核"));

        let mut reviewer = app.staff("s08").await;
        let queue = reviewer.get("/staff/realname").await;
        assert!(queue.body.contains("秦*远") && queue.body.contains("310***********7912"), "{}", queue.body);
        assert!(!queue.body.contains("秦知远"), "lists are masked");
        let case = reviewer.post_form("/staff/realname/next", &[]).await.location().to_owned();
        let page = reviewer.get(&case).await;
        for text in ["秦知远", "310106198503127912", "photo/front", "accesskey"] {
            assert!(page.body.contains(text), "{text}");
        }
        assert_eq!(reviewer.get(&format!("{case}/photo/back")).await.header("content-type"), "image/jpeg");
        let bare =
            reviewer.post_form(&format!("{case}/verdict"), &[("version", "2"), ("verdict", "reject")]).await;
        assert!(bare.status == 409 && bare.body.contains("请先选一个原因"));

        // Nobody else sees the case, whatever they are signed in as.
        for path in ["/staff/realname", &case, &format!("{case}/photo/front"), "/staff/realname/statistics"] {
            assert_eq!(me.get_json(path).await.problem(403), "/problems/forbidden", "{path}");
            assert_eq!(app.staff("s01").await.get_json(path).await.status, 403, "{path}");
            assert_eq!(app.browser().get_json(path).await.status, 401, "{path}");
        }
        assert_eq!(app.resident("r05").await.get_json("/realname/photo/front/image").await.status, 404);

        let verdict = [("version", "2"), ("verdict", "approve")];
        let done = reviewer.post_form(&format!("{case}/verdict"), &verdict).await;
        assert_eq!(done.location(), "/staff/realname", "{}", done.body);
        assert_eq!(reviewer.post_form(&format!("{case}/verdict"), &verdict).await.status, 409, "decided");
        assert!(me.get("/realname").await.body.contains("您已实名"));
        assert_eq!(me.get_json("/v1/me").await.json()["name"], "秦知远");
        let csv = reviewer.get("/staff/realname/statistics.csv").await;
        assert!(csv.body.ends_with("2026-03-02,1,0,1,0,100%\r\n"), "{}", csv.body);
        let chart = reviewer.get("/staff/realname/statistics").await;
        assert!(chart.body.contains("class=\"bars\"") && chart.body.contains("100%"));
        let bad = reviewer.get("/staff/realname/statistics?from=2026-03-02&until=2020-01-01").await;
        assert_eq!(bad.status, 422);
    })
    .await;
}

#[tokio::test]
async fn a_phone_signs_in_with_a_code_and_tells_nobody_whether_it_is_known() {
    TestApp::on_each_database(async |app| {
        let (app, simulators) = app.with_simulators().await;
        let mut known = app.browser();
        assert_eq!(known.post_form("/sign-in/phone", &[("phone", "021-1")]).await.status, 422);
        let sent =
            known.post_form("/sign-in/phone", &[("phone", "138 0013 8009"), ("next", "/family")]).await;
        assert_eq!(sent.status, 200, "{}", sent.body);
        let code = received(&simulators, "13800138009");
        let form = |code| [("phone", "13800138009"), ("code", code), ("next", "/family")];
        let wrong = known.post_form("/sign-in/phone/code", &form("abcdef")).await;
        assert!(wrong.status == 422 && wrong.body.contains("不对或已过期"));
        assert_eq!(known.cookie(platform::session::COOKIE), None);
        let done = known.post_form("/sign-in/phone/code", &form(&code)).await;
        assert_eq!((done.status, done.location()), (303, "/family"), "{}", done.body);
        assert!(known.get("/family").await.body.contains("138****8009"));
        assert_eq!(app.browser().post_form("/sign-in/phone/code", &form(&code)).await.status, 422, "once");

        app.clock.advance(chrono::TimeDelta::seconds(61));
        let again = app.browser().post_form("/sign-in/phone", &[("phone", "13800138009")]).await;
        let fresh = app.browser().post_form("/sign-in/phone", &[("phone", "13700137001")]).await;
        let plain = |text: &str| {
            text.replace("13800138009", "#").replace("13700137001", "#").replace("%2Ffamily", "%2F")
        };
        assert_eq!((again.status, plain(&again.body)), (fresh.status, plain(&fresh.body)));
        let soon = app.browser().post_form("/sign-in/phone", &[("phone", "13700137001")]).await;
        assert!(soon.status == 422 && soon.body.contains("60 秒"));
    })
    .await;
}

#[tokio::test]
async fn suishenban_leads_to_the_institutions_and_family_members_are_chosen() {
    TestApp::on_each_database(async |app| {
        let (app, _simulators) = app.with_simulators().await;
        organisation::load(&app.app).await.unwrap();
        let mut me = app.browser();
        sign_in_by(&mut me, "suishenban", "u-1001", "/organisations").await;
        let page = me.get("/organisations").await;
        assert_eq!(page.body.matches("class=\"monogram\"").count(), 26);
        for text in
            ["上海市静安区中心医院", "西康路259号", "二级", "上海市静安区南京西路街道社区卫生服务中心"]
        {
            assert!(page.body.contains(text), "{text}");
        }
        let mut admin = app.staff("s10").await;
        let change = [
            ("name", "上海市静安区南京西路街道社区卫生服务中心"),
            ("level", "一级"),
            ("longitude", "121.4600"),
            ("latitude", "31.2300"),
            ("payment_address", "http://insecure.example.cn"),
            ("version", "0"),
        ];
        let refused = admin.post_form("/admin/organisations/JA26", &change).await;
        assert!(
            refused.status == 422 && refused.body.contains("https://") && refused.body.contains("121.4600")
        );
        let change: Vec<_> = change.into_iter().filter(|(name, _)| *name != "payment_address").collect();
        let saved = admin.post_form("/admin/organisations/JA26", &change).await;
        assert_eq!(saved.location(), "/admin/organisations", "{}", saved.body);
        for mut other in [me.clone(), app.staff("s01").await] {
            assert_eq!(other.get_json("/admin/organisations").await.status, 403);
            assert_eq!(other.post_form("/admin/organisations/JA26", &change).await.status, 403);
        }
        let near =
            me.post_form("/organisations", &[("longitude", "121.4600"), ("latitude", "31.2345")]).await;
        let first = near.body.find("南京西路街道").unwrap();
        assert!(first < near.body.find("中心医院").unwrap(), "the near one first");
        assert!(near.body.contains("500 米") && near.body.contains("位置未核对"), "{}", near.body);
        let nowhere = me.post_form("/organisations", &[("longitude", "x")]).await;
        assert!(nowhere.status == 200 && nowhere.body.contains("没有得到您的位置"));

        let child = [
            ("act", "add"),
            ("name", "秦小满"),
            ("id_number", "310106202006011235"),
            ("relation", "child"),
            ("proof", "birth_certificate"),
            ("proof_number", "T310012345"),
            ("guardian", "on"),
            ("consent", "on"),
        ];
        let added = me.post_form("/family/new", &child).await;
        assert!(added.status == 422 && added.body.contains("校验位"), "{}", added.status);
        let number = people::identity::IdNumber::of_body("31010620200601123").unwrap();
        let child: Vec<_> = child
            .into_iter()
            .map(|(name, value)| (name, if name == "id_number" { number.as_str() } else { value }))
            .collect();
        assert_eq!(me.post_form("/family/new", &child).await.location(), "/family");
        let page = me.get("/family").await;
        assert!(page.body.contains("秦小满（子女）") && page.body.contains("出生医学证明"));
        let patient = page.body.split("name=\"patient\" value=\"").nth(1).unwrap()[..36].to_owned();
        assert_eq!(me.post_form("/family/switch", &[("patient", &patient)]).await.location(), "/family");
        let mut stranger = app.resident("r05").await;
        assert_eq!(stranger.post_form("/family/switch", &[("patient", &patient)]).await.status, 404);
        let away = me.post_form("/family/switch", &[("patient", &patient), ("back", "//evil.example")]).await;
        assert_eq!(away.location(), "/");
        let relation = page.body.split("/revoke").next().unwrap().rsplit('/').next().unwrap().to_owned();
        assert_eq!(stranger.post_form(&format!("/family/{relation}/revoke"), &[]).await.status, 404);
        assert_eq!(me.post_form(&format!("/family/{relation}/revoke"), &[]).await.location(), "/family");
        assert!(!me.get("/family").await.body.contains("秦小满"));
        assert_eq!(me.post_form("/family/switch", &[("patient", &patient)]).await.status, 404, "revoked");
    })
    .await;
}

#[tokio::test]
async fn a_partner_leads_in_and_redeems_over_http() {
    TestApp::on_each_database(async |app| {
        let (app, _simulators) = app.with_simulators().await;
        let mut admin = app.staff("s10").await;
        let form = [
            ("key", "community-a"),
            ("name", "某社区公众号"),
            ("return_address", "https://partner.example.cn/back"),
            ("services", "booking"),
            ("services", "immunisation"),
            ("services", "checkup"),
            ("fields", "name"),
        ];
        let made = admin.post_form("/admin/partners", &form).await;
        let secret = made.body.split("<pre class=\"code\">").nth(1).unwrap()[..64].to_owned();
        assert!(!admin.get("/admin/partners").await.body.contains(&secret), "shown once");
        assert_eq!(app.staff("s01").await.post_form("/admin/partners", &form).await.status, 403);

        let now = app.now().timestamp();
        for (service, nonce) in [("booking", "nonce-0001"), ("immunisation", "nonce-0002"), ("checkup", "nonce-0003")] {
            let link = entry::service::Link {
                partner: "community-a".into(),
                timestamp: now.to_string(),
                nonce: nonce.into(),
                reference: "R1".into(),
                signature: String::new(),
            };
            let text = entry::service::canonical(entry::Service::named(service).unwrap(), &link);
            let signed = signature::hmac_sm3(&secret, &text);
            let path = format!(
                "/entry/{service}?partner=community-a&timestamp={now}&nonce={nonce}&reference=R1&signature={signed}"
            );
            let mut me = app.browser();
            assert_eq!(me.get(&path.replace("R1", "R2")).await.status, 409, "forged");
            let entered = me.get(&path).await;
            assert_eq!(entered.status, 303, "{}", entered.body);
            assert_eq!(me.get(&path).await.status, 409, "replayed");
            let visit = entered.location().to_owned();
            assert!(me.get(&visit).await.body.contains("请先登录"));
            sign_in_by(&mut me, "wechat", "oSim-mubai", &visit).await;
            assert!(me.get(&visit).await.body.contains("还没有关注公众号"));
            sign_in_by(&mut me, "wechat", "oSim-qiulan", &visit).await;
            assert!(me.get(&visit).await.body.contains("还没有实名认证"));
            assert_eq!(me.get(&format!("{visit}/leave")).await.status, 409, "no step is skipped");
        }
        assert_eq!(app.browser().get("/entry/surgery").await.status, 404);
        let body = json!({"ticket": "made up"});
        assert_eq!(
            app.browser().post_json("/v1/entry/redeem", &body).await.problem(409),
            "/problems/people/refused"
        );
        assert_eq!(app.browser().post_json("/v1/entry/redeem", &json!([])).await.status, 400);
    })
    .await;
}
