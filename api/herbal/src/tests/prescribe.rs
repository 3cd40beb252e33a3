use chrono::TimeDelta;
use platform::session::Role;

use crate::{
    model::{Decision, State},
    service,
    testing::on_each,
};

#[tokio::test]
async fn a_doctor_without_a_his_writes_checks_signs_and_sends_on_the_screen() {
    on_each(async |house| {
        let browser = house.browser(house.of_role(Role::Doctor).principal()).await;
        let page = browser.get("/herbal/prescribe").await;
        let (csrf, key) = (page.field("_csrf"), page.field("key"));
        let offered = browser.get("/herbal/pieces?q=附").await;
        assert!(offered.value().as_array().unwrap().iter().any(|name| name == "附子"), "{}", offered.text);
        let written = [
            ("key", key.as_str()),
            ("name", "何一鸣"),
            ("sex", "male"),
            ("birth", "1998-08-30"),
            ("diagnosis", "腰痛"),
            ("code", "M54.5"),
            ("syndrome", "寒湿证"),
            ("doses", "7"),
            ("usage", "水煎服"),
            ("decocted", "yes"),
            ("line_name", "附子"),
            ("line_dose", "12"),
            ("line_notes", "先煎"),
            ("line_name", "法半夏"),
            ("line_dose", "9"),
            ("line_notes", ""),
        ];
        let with = |more: &[(&'static str, &'static str)]| [written.as_slice(), more].concat();
        let checked = browser.post("/herbal/prescribe", &csrf, &with(&[("action", "check")])).await;
        assert!(
            checked.text.contains("不宜同用") && checked.text.contains("value=\"法半夏\""),
            "{}",
            checked.text
        );
        let unsigned = browser.post("/herbal/prescribe", &csrf, &with(&[("action", "send")])).await;
        assert!(unsigned.text.contains("有阻断，还没有提交"), "{}", unsigned.text);
        let rule = unsigned.field("sign_rule");
        let mut signed = with(&[("action", "send"), ("sign_reason", "沉寒痼冷，已嘱先煎")]);
        signed.push(("sign_rule", rule.as_str()));
        for _ in 0..2 {
            house.bench.clock.advance(TimeDelta::seconds(1));
            let sent = browser.post("/herbal/prescribe", &csrf, &signed).await;
            assert_eq!(
                (sent.status.as_u16(), sent.location.as_str()),
                (303, "/herbal/prescribe"),
                "{}",
                sent.text
            );
        }
        let who = house.pharmacist().await;
        let queue = service::queue(&house.service, &who).await.unwrap();
        assert_eq!((queue.len(), queue[0].order.state), (1, State::Waiting), "a double tap sends once");
        let told = (Decision::Rejected, &["2-8".to_owned()][..], "");
        service::decide(&house.service, &who, (queue[0].order.id, 1), told).await.unwrap();
        let page = browser.get("/herbal/prescribe").await;
        assert!(page.text.contains("审方不通过") && page.text.contains("有配伍禁忌"), "{}", page.text);

        let mut changed = signed.clone();
        changed[10] = ("line_name", "白附片");
        let again = browser.post("/herbal/prescribe", &csrf, &changed).await;
        assert!(again.status == 422 && again.text.contains("已经提交过"), "{}", again.text);
        let mut wrong = with(&[("action", "send")]);
        wrong[11] = ("line_dose", "九");
        let refused = browser.post("/herbal/prescribe", &csrf, &wrong).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("“附子”的剂量请写数"), "{}", refused.text);
    })
    .await;
}
