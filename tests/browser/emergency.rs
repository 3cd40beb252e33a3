//! Signs of danger.

use platform::audit;
use serde_json::json;
use tests::Browser;

use tests::Site;

use crate::{driver::Device, on_stage};

#[tokio::test(flavor = "multi_thread")]
async fn chest_pain_with_sweat_leads_to_help_and_to_the_top_of_the_list() {
    on_stage("chest_pain_with_sweat", async move |stage| {
        somebody_with_a_cold(&*stage.site().await).await;

        let patient = stage.person("patient", Device::Phone).await;
        patient.sign_in("周立成").await;
        patient.begin("H01/IM").await;
        patient.answer("胸口压着疼一个小时了，出了一身冷汗").await;
        if !patient.is_there("#talk .alarm").await {
            patient.reply("大汗").await;
        }
        let card = patient.see("#talk section.alarm[role=alert]").await;
        assert!(patient.n_answers().await <= 2);
        assert!(card.text().await.unwrap().contains("120"));
        let call = patient.see("#talk .alarm a[href='tel:120']").await;
        assert!(call.is_displayed().await.unwrap() && call.text().await.unwrap().contains("拨打 120"));
        assert!(!patient.is_there("#dock textarea").await, "nothing to fill in beside the warning");

        patient.tap_text("section[@id='dock']//button", "马上就医").await;
        let page = patient.see("section#now.alarm").await.text().await.unwrap();
        assert!(page.contains("现在就去急诊") && page.contains("120"), "{page}");
        assert!(!patient.is_asking().await);
        assert!(patient.is_there("section#now a[href='tel:120']").await);

        let doctor = stage.person("doctor", Device::Desk).await;
        doctor.sign_in("顾砚秋").await;
        let rows = doctor.texts("tbody tr").await;
        assert_eq!(rows.len(), 2, "{rows:?}");
        for text in ["周立成", "Ⅱ级", "胸痛", "急症"] {
            assert!(rows[0].contains(text), "{text} in {}", rows[0]);
        }
        assert!(rows[1].contains("何一鸣"), "{}", rows[1]);
        // Keys alone: down to the first row, and in.
        let body = doctor.see("body").await;
        body.send_keys("j").await.unwrap();
        doctor.client.active_element().await.unwrap().send_keys("\u{e007}").await.unwrap();
        doctor.see(".flags .banner.danger").await;
        let page = doctor.text("#main").await;
        assert!(page.contains("周立成") && page.contains("红旗征") && page.contains("立即就医"), "{page}");

        let app = stage.site().await.app.clone();
        let (rows, _) = audit::find_head(&app.db).await.unwrap();
        assert_eq!(audit::verify(&app.db).await.unwrap(), audit::Verdict::Intact { rows });
    })
    .await;
}

/// A finished consultation without signs of danger.
async fn somebody_with_a_cold(site: &Site) {
    const BASE: &str = "/api/preconsult/consultations";
    let mut browser = Browser::new(site.router());
    browser.sign_in("resident", "r06").await;
    let mut now = browser.post_json(BASE, &json!({"institution": "H01", "department": "IM"})).await.json();
    let path = format!("{BASE}/{}", now["id"].as_str().unwrap());
    while now["state"] == "asking" {
        let text = if now["turn"] == 0 { "流鼻涕打喷嚏两天，没发烧" } else { "没有" };
        let (body, key) =
            (json!({"turn": now["turn"], "text": text}), format!("key-of-turn-{}", now["turn"]));
        let headers = [("idempotency-key", key.as_str())];
        let answer =
            browser.send_json(axum::http::Method::POST, &format!("{path}/answers"), &body, &headers).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        now = answer.json();
    }
    let tag = format!("\"{}\"", now["version"]);
    let confirm = format!("{path}/confirm");
    let answer =
        browser.send_json(axum::http::Method::POST, &confirm, &json!({}), &[("if-match", &tag)]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}
