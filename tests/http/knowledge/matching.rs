//! Matching rules changed as a table and as text, tried on a visit and on those of the last month, and published.

use std::{fmt::Write, sync::Arc};

use platform::{
    audit::{Search, count},
    jobs::Worker,
};
use serde_json::json;
use server::router::{Consultations, preconsult_of};
use tests::{Browser, TestApp};

const BASE: &str = "/knowledge/matching/template-matching";

/// An editor with the shipped files published and in use.
async fn editor(app: &TestApp<'_>) -> Browser {
    let mut editor = app.staff("s04").await;
    let published = editor.post_json(super::RELEASES, &json!({"note": "第一版", "activate": true})).await;
    assert_eq!(published.status, 201, "{}", published.body);
    editor
}

/// The line of a rule in the table.
fn line_of(page: &str, rule: &str) -> String {
    let button = format!("aria-label=\"删除“{rule}”\"");
    let before = page.split(&button).next().filter(|before| before.len() < page.len());
    let before = before.unwrap_or_else(|| panic!("{rule} is in the table"));
    let line = before.rsplit("name=\"line\" value=\"").next().unwrap();
    line.split('"').next().unwrap().to_owned()
}

fn query(pairs: &[(&str, &str)]) -> String {
    let escaped = |text: &str| {
        text.bytes().fold(String::new(), |mut escaped, byte| {
            write!(escaped, "%{byte:02X}").unwrap();
            escaped
        })
    };
    let pairs = pairs.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The text in the form of the text page.
async fn text(editor: &mut Browser) -> String {
    let page = editor.get(&format!("{BASE}/text")).await.body;
    let area = page.split("<textarea").nth(1).unwrap().split_once('>').unwrap().1;
    let text = area.split("</textarea>").next().unwrap().trim_start_matches('\n');
    text.replace("&#62;", ">")
        .replace("&#60;", "<")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#38;", "&")
}

#[tokio::test]
async fn rules_are_changed_tried_on_last_month_and_published() {
    TestApp::on_each_database(async |app| {
        for (resident, complaint) in [("r01", "头痛"), ("r06", "头痛"), ("r03", "腹泻")] {
            let mut browser = app.resident(resident).await;
            let fields = [("department", "H01/IM"), ("complaint", complaint), ("is_first", "yes")];
            assert_eq!(browser.post_form("/consultations", &fields).await.status, 303);
        }
        let mut editor = editor(app).await;
        let list = editor.get("/knowledge/matching").await;
        assert!(list.body.contains("挂号推送用这一份") && list.body.contains("近例"), "{}", list.body);
        let table = editor.get(BASE).await.body;
        let line = line_of(&table, "头痛");
        let asked = format!("{BASE}?row={line}");
        let form = editor.get(&asked).await.body;
        assert!(form.contains("修改规则“头痛”") && form.contains("value=\"headache-first\""), "{form}");

        // Out of use: the example that expects it says so beside it.
        let off = [("deed", "switch"), ("version", "0"), ("line", line.as_str())];
        assert_eq!(editor.post_form(BASE, &off).await.status, 303);
        assert_eq!(editor.post_form(BASE, &off).await.status, 409, "made on an older draft");
        let table = editor.get(BASE).await.body;
        assert!(
            table.contains("停用</span>") && table.contains("例 头痛 应得 headache-first，实得 ai"),
            "{table}"
        );
        let written = text(&mut editor).await;
        assert!(written.contains("| ~~头痛~~ | 初诊 |"), "{written}");
        let visit = [("科室", "内科"), ("就诊", "初诊"), ("主诉", "头痛"), ("年龄", "40岁"), ("性别", "男")];
        let tried = editor.get(&format!("{BASE}/try?{}", query(&visit))).await.body;
        assert!(tried.contains("推：ai") && tried.contains("使用中的规则推：headache-first"), "{tried}");
        assert!(
            tried.contains("主诉 不是 头痛 就可能推") && tried.contains("（chest-pain-first）"),
            "{tried}"
        );

        app.clock.advance(chrono::TimeDelta::hours(1));
        // An hour at rest ends a session.
        let mut editor = app.staff("s04").await;
        // Last month: two of three go elsewhere, and nobody is named.
        assert_eq!(editor.post_form(&format!("{BASE}/month"), &[]).await.status, 303);
        let waiting = editor.get(&format!("{BASE}/month")).await.body;
        assert!(waiting.contains("刷新进度"), "{waiting}");
        let month = Arc::new(Consultations(preconsult_of(&app.app(), app.releases())));
        let worker = Worker::new(app.app());
        let worker = knowledge::service::trial::handlers(worker, app.releases().clone(), month);
        worker.drain().await.unwrap();
        let done = editor.get(&format!("{BASE}/month")).await.body;
        assert!(done.contains("<strong>3</strong> 次就诊里有 <strong>2</strong> 次会推别的问卷"), "{done}");
        assert!(done.contains("<td>headache-first</td><td>ai</td><td class=\"num\">2</td>"), "{done}");
        assert!(done.contains("年龄 70～79岁") && done.contains("头痛 → 否则"), "{done}");
        assert!(!done.contains("沈怀山") && !done.contains("何一鸣"), "{done}");
        let asked = Search { action: Some("knowledge.trial".into()), ..Search::default() };
        assert_eq!(count(&app.db, &asked).await.unwrap(), 1);

        // Published only when its examples hold; a note of the editor stays as it was written.
        let publish = format!("{BASE}/publish");
        let fields = [("version", "1"), ("note", "头痛先不推问卷"), ("activate", "yes")];
        assert_eq!(editor.post_form(&publish, &fields).await.status, 422);
        let note = "<!-- 头痛先由 AI 问 & 观察一个月 -->";
        let mended = written
            .replace(
                "年龄 = 45岁; 性别 = 女; 妊娠 = 否 | headache-first |",
                "年龄 = 45岁; 性别 = 女; 妊娠 = 否 | ai |",
            )
            .replace("## 规则\n", &format!("## 规则\n{note}\n"));
        let saved = editor.post_form(&format!("{BASE}/text"), &[("version", "1"), ("text", &mended)]).await;
        assert_eq!(saved.status, 303, "{}", saved.body);
        assert_eq!(text(&mut editor).await, mended);
        let table = editor.get(BASE).await.body;
        let (up, line) = (("deed", "up"), line_of(&table, "头晕"));
        let moved = [up, ("version", "2"), ("line", line.as_str())];
        assert_eq!(editor.post_form(BASE, &moved).await.status, 303);
        assert!(text(&mut editor).await.contains(note), "comments outlive changes of the table");
        let before = app.releases().current().load().kb().release.clone();
        let fields = [("version", "3"), ("note", "头痛先不推问卷"), ("activate", "yes")];
        let published = editor.post_form(&publish, &fields).await;
        assert_eq!(published.status, 303, "{}", published.body);
        assert_ne!(app.releases().current().load().kb().release, before);
        let after = editor.get(&format!("{BASE}/try?{}", query(&visit))).await.body;
        assert!(after.contains("推：ai") && !after.contains("与使用中的不同"), "{after}");
        assert!(!editor.get(BASE).await.body.contains("放弃草稿"), "the draft has ended");

        let mut doctor = app.staff("s01").await;
        assert_eq!(doctor.get(BASE).await.status, 200);
        assert!(!doctor.get(BASE).await.body.contains("在最后新增规则"));
        assert_eq!(doctor.get(&format!("{BASE}/month")).await.status, 403);
        assert_eq!(doctor.post_form(BASE, &off).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn columns_settings_and_new_rules_come_from_forms() {
    TestApp::on_each_database(async |app| {
        let mut editor = app.staff("s04").await;
        let early = editor.post_form(BASE, &[("deed", "input"), ("version", "0"), ("key", "季节")]).await;
        assert_eq!(early.status, 409, "nothing is published yet");
        drop(editor);
        let mut editor = self::editor(app).await;
        for (version, key) in [("0", "机构"), ("1", "医生")] {
            let column = [("deed", "input"), ("version", version), ("key", key)];
            assert_eq!(editor.post_form(BASE, &column).await.status, 303, "{key}");
        }
        let mut add = vec![("deed", "add"), ("version", "2"), ("line", "0")];
        let row =
            ["中心医院皮疹", "-", "-", "皮疹", "-", "-", "-", "-", "云川区中心医院", "-", "ai", "先由 AI 问"];
        add.extend(row.map(|cell| ("cell", cell)));
        let added = editor.post_form(BASE, &add).await;
        assert_eq!(added.status, 303, "{}", added.body);
        let table = editor.get(BASE).await.body;
        assert!(table.contains("中心医院皮疹"), "{table}");
        assert!(
            table.contains("没有一个例命中规则 中心医院皮疹</span>")
                || table.contains("没有一个例命中规则 中心医院皮疹<small>"),
            "{table}"
        );
        let short = [("deed", "add"), ("version", "3"), ("line", "0"), ("cell", "只有一格")];
        assert_eq!(editor.post_form(BASE, &short).await.status, 422);
        let wrong = [("deed", "setting"), ("version", "3"), ("key", "命中"), ("value", "随便")];
        assert_eq!(editor.post_form(BASE, &wrong).await.status, 303);
        let table = editor.get(BASE).await.body;
        assert!(table.contains("“命中”写成其中一个"), "{table}");
        assert!(table.contains("处错误，改好才能发布"), "{table}");
        let right = [("deed", "setting"), ("version", "4"), ("key", "命中"), ("value", "首条")];
        assert_eq!(editor.post_form(BASE, &right).await.status, 303);
        let discard = format!("{BASE}/discard");
        assert_eq!(editor.post_form(&discard, &[("version", "5")]).await.status, 303);
        assert!(!editor.get(BASE).await.body.contains("中心医院皮疹"));

        let new = [("name", "winter-cough"), ("title", "冬季咳嗽"), ("mode", "加权")];
        assert_eq!(editor.post_form("/knowledge/matching", &new).await.status, 303);
        let page = editor.get("/knowledge/matching/winter-cough").await.body;
        assert!(page.contains("冬季咳嗽") && page.contains("门槛"), "{page}");
        assert_eq!(editor.post_form("/knowledge/matching", &new).await.status, 422, "the name is taken");
        let bad = [("name", "../x"), ("title", "x"), ("mode", "加权")];
        assert_eq!(editor.post_form("/knowledge/matching", &bad).await.status, 422);
        assert_eq!(editor.get("/knowledge/matching/..%2Frecord").await.status, 404);
    })
    .await;
}
