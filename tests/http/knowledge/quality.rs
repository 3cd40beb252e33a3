//! A quality rule changed by its form, tried on a record, and published.

use serde_json::json;
use tests::TestApp;

const BASE: &str = "/knowledge/quality/present-short";

#[tokio::test]
async fn a_quality_rule_is_changed_by_its_form_tried_and_published() {
    TestApp::on_each_database(async |app| {
        let mut editor = app.staff("s04").await;
        let published = editor.post_json(super::RELEASES, &json!({"note": "第一版", "activate": true})).await;
        assert_eq!(published.status, 201, "{}", published.body);
        let list = editor.get("/knowledge/quality").await.body;
        assert!(list.contains("href=\"/knowledge/quality/present-short\""), "{list}");
        assert!(list.contains("阻断") && list.contains("医生接收"), "{list}");

        let without = editor.post_form(BASE, &[("version", "0"), ("级别", "警告")]).await;
        assert_eq!(without.status, 422, "a rule looks at one point at least");
        let fields = [("version", "0"), ("级别", "阻断"), ("时机", "每答"), ("时机", "提交")];
        assert_eq!(editor.post_form(BASE, &fields).await.status, 303);
        assert_eq!(editor.post_form(BASE, &fields).await.status, 409, "made on an older draft");
        let text = editor.get(&format!("{BASE}/text")).await.body;
        assert!(text.contains("级别: 阻断") && text.contains("时机: 每答、提交"), "{text}");
        let wrong = [("version", "1"), ("时机", "提交"), ("当", "没有这个名称 > 3")];
        assert_eq!(editor.post_form(BASE, &wrong).await.status, 303);
        let page = editor.get(BASE).await.body;
        assert!(page.contains("没有这个名称") && page.contains("处错误，改好才能发布"), "{page}");
        let refused = [("version", "2"), ("note", "写错的"), ("activate", "yes")];
        assert_eq!(editor.post_form(&format!("{BASE}/publish"), &refused).await.status, 422);
        assert_eq!(editor.post_form(&format!("{BASE}/discard"), &[("version", "2")]).await.status, 303);

        let level = [("version", "0"), ("级别", "警告"), ("时机", "提交")];
        assert_eq!(editor.post_form(BASE, &level).await.status, 303);
        let publish = [("version", "1"), ("note", "现病史太短改为警告"), ("activate", "yes")];
        let done = editor.post_form(&format!("{BASE}/publish"), &publish).await;
        assert_eq!(done.status, 303, "{}", done.body);
        let engine = app.releases().current().load();
        let book = engine.library().quality.as_ref().unwrap();
        let rule = book.rules().iter().find(|rule| rule.id == "present-short").unwrap();
        assert_eq!(rule.level.word(), "警告");

        // 现病史.文 = "不舒服。", written as in an address.
        let facts =
            "%E7%8E%B0%E7%97%85%E5%8F%B2.%E6%96%87%20%3D%20%22%E4%B8%8D%E8%88%92%E6%9C%8D%E3%80%82%22";
        let hit = editor.get(&format!("{BASE}?facts={facts}")).await.body;
        assert!(hit.contains("命中（警告）"), "{hit}");
        let unread = editor.get(&format!("{BASE}?facts=abc")).await.body;
        assert!(unread.contains("没有试成"), "{unread}");

        let mut doctor = app.staff("s01").await;
        assert_eq!(doctor.get(BASE).await.status, 200);
        assert_eq!(doctor.post_form(BASE, &level).await.status, 403);
    })
    .await;
}
