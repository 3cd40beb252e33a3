//! The audit administrator's screens, and the resident's.

use std::{net::SocketAddr, time::Duration};

use axum::{body::Body, extract::ConnectInfo, http::Method};
use people::demo::demo_id;
use platform::{
    App,
    audit::{self, Search, Verdict},
    on_tx,
};
use tests::{Answer, Browser, TestApp};

use crate::preconsult::sent;

#[tokio::test]
async fn the_trail_is_searched_by_who_whose_what_and_when() {
    TestApp::on_each_database(async |app| {
        let id = sent(app, "r05", "咳嗽三天").await;
        app.staff("s01").await.get(&format!("/doctor/consultations/{id}")).await;
        app.staff("s02").await.get(&format!("/doctor/consultations/{id}")).await;
        let mut admin = app.staff("s07").await;
        let patient = demo_id("resident", "r05");

        let all = admin.get("/admin/audit").await;
        for text in ["顾砚秋", "查看预问诊", "林*雯", "登录", "审计管理员"] {
            assert!(all.body.contains(text), "{text} in {}", all.body);
        }
        assert!(!all.body.contains("林晓雯") && !all.body.contains("咳嗽"), "no more than the trail");
        let rows = |answer: &Answer| answer.body.matches("<td class=\"num\">").count() / 2;
        let by_name =
            admin.get("/admin/audit?who=%E9%A1%BE%E7%A0%9A%E7%A7%8B&action=consultation.read").await;
        assert_eq!(rows(&by_name), 1, "{}", by_name.body);
        let denied = admin.get(&format!("/admin/audit?patient={patient}&outcome=denied")).await;
        assert!(rows(&denied) == 1 && denied.body.contains("岑若宁"), "{}", denied.body);
        let none = admin.get("/admin/audit?from=2026-03-03").await;
        assert!(none.body.contains("没有符合条件的记录"), "{}", none.body);
        let today = admin.get("/admin/audit?from=2026-03-02&until=2026-03-02&action=session.begin").await;
        assert!(rows(&today) >= 4, "{}", today.body);
        for (query, said) in [
            ("patient=abc", "居民编号不完整"),
            ("from=%E6%98%A8%E5%A4%A9", "日期应写成"),
            ("outcome=great", "没有这种结果"),
        ] {
            let refused = admin.get(&format!("/admin/audit?{query}")).await;
            assert!(refused.status == 422 && refused.body.contains(said), "{query}: {}", refused.body);
        }
        let nasty = admin.get("/admin/audit?who=%27%20OR%201%3D1%20--%3Cscript%3E").await;
        assert!(
            nasty.body.contains("没有符合条件的记录") && !nasty.body.contains("--<script>"),
            "{}",
            nasty.body
        );

        // Each look is itself in the trail.
        let looks = Search { action: Some("audit.search".into()), ..Search::default() };
        let looks = audit::search(&app.db, &looks, None, 99).await.unwrap();
        assert_eq!(looks.len(), 6);
        assert_eq!(looks[4].reason.as_deref(), Some("who=顾砚秋 action=consultation.read"));
    })
    .await;
}

#[tokio::test]
async fn pages_go_back_without_gaps_or_repeats() {
    TestApp::on_each_database(async |app| {
        let mut resident = app.resident("r01").await;
        for _ in 0..60 {
            resident.get_json("/doctor").await;
        }
        let mut admin = app.staff("s07").await;
        let mut path = "/admin/audit?outcome=denied".to_owned();
        let mut seen = Vec::new();
        loop {
            let page = admin.get(&path).await;
            let numbers = page.body.split("<tr>\n<td class=\"num\">").skip(1);
            seen.extend(numbers.map(|rest| rest.split('<').next().unwrap().parse::<i64>().unwrap()));
            let Some(rest) = page.body.split("href=\"/admin/audit?outcome=denied&#38;before=").nth(1) else {
                break;
            };
            path = format!("/admin/audit?outcome=denied&before={}", rest.split('"').next().unwrap());
        }
        assert_eq!(seen.len(), 60);
        assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "{seen:?}");
    })
    .await;
}

#[tokio::test]
async fn an_export_is_safe_in_a_spreadsheet_and_itself_recorded() {
    TestApp::on_each_database(async |app| {
        append(app, "=HYPERLINK(\"http://evil.example\")").await;
        let mut admin = app.staff("s07").await;
        let silent = admin.post_form("/admin/audit/export", &[("reason", "")]).await;
        assert!(silent.status == 422 && silent.body.contains("请写明理由"), "{}", silent.body);
        let file = admin.post_form("/admin/audit/export", &[("reason", "季度检查")]).await;
        assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
        assert!(file.header("content-disposition").contains("attachment; filename=\"audit-"));
        let mut lines = file.body.lines();
        assert!(lines.next().unwrap().starts_with("\u{feff}\"序号\",\"时间\""));
        assert!(file.body.contains("\"'=HYPERLINK(\"\"http://evil.example\"\")\""), "{}", file.body);
        assert!(lines.all(|line| line.starts_with('"') && line.ends_with('"')));
        let exports = Search { action: Some("audit.export".into()), ..Search::default() };
        let rows = audit::search(&app.db, &exports, None, 9).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].reason.as_deref(), Some("季度检查；2 条；全部"));
        let hash = platform::crypto::sm3(&file.body);
        let hash = hash.iter().fold(String::from("sm3/"), |text, byte| format!("{text}{byte:02x}"));
        assert_eq!(rows[0].object.as_deref(), Some(hash.as_str()), "the file can be known again");
        let mut doctor = app.staff("s01").await;
        assert_eq!(doctor.post_form("/admin/audit/export", &[("reason", "好奇")]).await.status, 403);
    })
    .await;
}

async fn append(app: &App, reason: &str) {
    let mut tx = app.db.begin().await.unwrap();
    let entry = audit::Entry {
        at: app.now(),
        actor: audit::Actor::system("test"),
        action: "resident.read",
        patient: None,
        object: None,
        reason: Some(reason),
        outcome: audit::Outcome::Done,
        request_id: "-",
    };
    audit::append(&mut tx, entry).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn the_chain_is_checked_and_the_first_broken_row_named() {
    TestApp::on_each_database(async |app| {
        let mut admin = app.staff("s07").await;
        assert_eq!(admin.get("/admin/audit/checks").await.status, 200);
        let intact = checked(&mut admin, "共 2 条，逐条核对无误").await;
        assert!(intact.body.contains("badge ok") && intact.body.contains("简素问"), "{}", intact.body);
        let mut tx = app.db.begin().await.unwrap();
        let sql = if tx.is_postgres() {
            "ALTER TABLE audit_log DISABLE TRIGGER ALL"
        } else {
            "DROP TRIGGER audit_log_keeps_rows"
        };
        on_tx!(&mut tx, |c| sqlx::query(sql).execute(c).await.map(drop)).unwrap();
        let forge = "UPDATE audit_log SET actor = 'somebody else' WHERE seq = 2";
        on_tx!(&mut tx, |c| sqlx::query(forge).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        app.clock.advance(chrono::TimeDelta::minutes(1));
        let broken = checked(&mut admin, "第 2 条：内容被改动").await;
        assert!(broken.body.contains("断裂"), "{}", broken.body);
        assert_eq!(
            audit::verify(&app.db).await.unwrap(),
            Verdict::Broken { seq: 2, fault: "内容被改动" },
            "the command says the same"
        );
    })
    .await;
}

/// Begins a check and waits until it has come to its end.
async fn checked(admin: &mut Browser, told: &str) -> Answer {
    assert_eq!(admin.post_form("/admin/audit/checks", &[]).await.status, 303);
    for _ in 0..200 {
        let page = admin.get("/admin/audit/checks").await;
        if page.body.contains(told) {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not told: {told}");
}

#[tokio::test]
async fn a_resident_reads_who_saw_the_record_when_and_why() {
    TestApp::on_each_database(async |app| {
        let mut resident = app.resident("r05").await;
        let empty = resident.get("/me/readers").await;
        assert!(empty.status == 200 && empty.body.contains("还没有人看过"), "{}", empty.body);
        let id = sent(app, "r05", "咳嗽三天").await;
        let page = format!("/doctor/consultations/{id}");
        app.staff("s01").await.get(&page).await;
        app.staff("s02").await.get(&page).await;
        let told = resident.get("/me/readers").await;
        for text in [
            "顾砚秋（医生）",
            "云川区中心医院 · 内科",
            "打开了您的预问诊病历",
            "原因：接诊",
            "10:00",
            "已被拦下",
        ] {
            assert!(told.body.contains(text), "{text} in {}", told.body);
        }
        assert!(!told.body.contains("consultation."), "plain words only");
        assert!(!told.body.contains("回答了"), "not what one did oneself");
        let other = app.resident("r06").await.get("/me/readers").await;
        assert!(other.body.contains("还没有人看过"), "{}", other.body);
        assert_eq!(app.staff("s07").await.get("/me/readers").await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn a_deed_says_where_it_came_from() {
    TestApp::on_each_database(async |app| {
        let mut browser = app.browser();
        let who = demo_id("staff", "s07").to_string();
        let peer: SocketAddr = "10.1.2.3:4567".parse().unwrap();
        let request = browser
            .request(Method::POST, "/sign-in", "text/html")
            .extension(ConnectInfo(peer))
            .header("user-agent", "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-request-id", "request-of-test");
        assert_eq!(browser.send(request, Body::from(format!("who={who}"))).await.status, 303);
        let found = audit::search(&app.db, &Search::default(), None, 1).await.unwrap();
        assert_eq!(found[0].request_id, "request-of-test");
        assert_eq!(found[0].address.as_deref(), Some("10.1.2.3"));
        assert_eq!(found[0].device.as_deref(), Some("微信（安卓）"));
        assert!(browser.get("/admin/audit").await.body.contains("10.1.2.3 · 微信（安卓）"));
        assert_eq!(audit::verify(&app.db).await.unwrap(), Verdict::Intact { rows: 2 });
    })
    .await;
}
