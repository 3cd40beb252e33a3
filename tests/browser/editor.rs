//! The editors' workspace: publish, put into use, ask the graph.

use crate::{driver::Device, on_stage};

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_publishes_a_release_and_asks_the_graph() {
    on_stage("an_editor_publishes_a_release", async move |stage| {
        let editor = stage.person("editor", Device::Desk).await;
        editor.sign_in("颜知夏").await;
        editor.see_text("h1", "知识库概况").await;
        assert!(editor.text("#main").await.contains("疾病—症状关系"));

        editor.tap_text("a", "版本").await;
        editor.write("input[name=note]", "浏览器里发布").await;
        editor.tap("label.chip").await;
        editor.tap_text("button", "检查并发布").await;
        editor.see("tbody tr .badge.ok").await;
        let row = editor.text("tbody tr").await;
        assert!(row.contains("浏览器里发布") && row.contains("颜知夏") && row.contains("使用中"), "{row}");

        editor.tap_text("a", "查询").await;
        editor.tap_text("button", "各科室首诊多少种疾病").await;
        editor.see("table").await;
        assert_eq!(editor.texts("thead th").await, ["科室", "疾病数"]);
        assert!(editor.texts("tbody tr").await.len() > 10);
        editor.write("textarea[name=query]", "SELECT ?x {").await;
        editor.tap(".split form button").await;
        editor.see("[role=alert]").await;
        assert!(editor.text("[role=alert]").await.contains("SPARQL 语法错误"));
    })
    .await;
}
