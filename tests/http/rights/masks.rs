//! Masks: what a right does not show never leaves the server, and looking behind a mask leaves a row.

use people::demo::demo_id;
use platform::{
    audit::list_for_patient,
    rights::{REVEALS_PER_MINUTE, roles},
};
use tests::{Answer, TestApp};

use crate::preconsult::sent;

const NAME: &str = "林晓雯";
const COMPLAINT: &str = "咳嗽三天了，有黄痰";

/// The reviewer, who works in the same institution, gets the role of 院级质控员, who sees that there are consultations.
async fn give_quality(app: &TestApp<'_>) {
    let role = roles::find_role(&app.db, "quality").await.unwrap().unwrap();
    let mut tx = app.db.begin().await.unwrap();
    roles::give(&mut tx, &app.keyring, demo_id("staff", "s08"), &role, "test", app.now()).await.unwrap();
    tx.commit().await.unwrap();
}

fn leaks_nothing(answer: &Answer, place: &str) {
    for word in [NAME, "晓雯", "咳嗽", "黄痰"] {
        assert!(!answer.body.contains(word), "{word} at {place}: {}", answer.body);
    }
}

#[tokio::test]
async fn masked_fields_never_leave_the_server_until_somebody_says_why() {
    TestApp::on_each_database(async |app| {
        let id = sent(app, "r05", COMPLAINT).await;
        give_quality(app).await;
        let mut reader = app.staff("s08").await;
        let page = format!("/doctor/consultations/{id}");
        let api = format!("/api/preconsult/consultations/{id}");

        let list = reader.get("/doctor").await;
        assert!(
            list.status == 200 && list.body.contains(&page) && list.body.contains("林*雯"),
            "{}",
            list.body
        );
        leaks_nothing(&list, "the list");
        let outline = reader.get(&page).await;
        assert!(outline.body.contains("病情已隐去") && outline.body.contains("林*雯"), "{}", outline.body);
        leaks_nothing(&outline, "the outline");
        let listed = reader.get_json("/api/preconsult/consultations").await;
        assert!(listed.body.contains(&id), "{}", listed.body);
        leaks_nothing(&listed, "the list for programs");
        for path in [api.clone(), format!("{api}/replay")] {
            let refused = reader.get_json(&path).await;
            assert_eq!(refused.problem(403), "/problems/forbidden", "{path}");
            leaks_nothing(&refused, &path);
        }

        let reveal = format!("{page}/reveal");
        let silent = reader.post_form(&reveal, &[("field", "name"), ("reason", " ")]).await;
        assert_eq!(silent.status, 422);
        leaks_nothing(&silent, "a refusal");
        let named = reader.post_form(&reveal, &[("field", "name"), ("reason", "电话核对身份")]).await;
        assert!(named.status == 200 && named.body.contains(NAME), "{}", named.body);
        assert!(!named.body.contains("黄痰"), "only what was asked for");
        let whole = reader.post_form(&reveal, &[("field", "diagnosis"), ("reason", "病历质控抽查")]).await;
        assert!(whole.body.contains("黄痰") && !whole.body.contains(NAME), "{}", whole.body);
        leaks_nothing(&reader.get(&page).await, "the page afterwards");
        assert_eq!(reader.post_form(&reveal, &[("field", "phone"), ("reason", "核对")]).await.status, 422);

        let rows = list_for_patient(&app.db, demo_id("resident", "r05"), 200).await.unwrap();
        let looks: Vec<_> = rows.iter().filter(|row| row.action == "field.reveal").collect();
        assert_eq!(looks.len(), 2, "{looks:?}");
        assert_eq!(looks[1].object.as_deref(), Some(format!("consultation/{id}#name").as_str()));
        assert_eq!(looks[1].reason.as_deref(), Some("电话核对身份"));
        assert_eq!(looks[0].reason.as_deref(), Some("病历质控抽查"));
        assert!(rows.iter().any(|row| row.reason.as_deref() == Some("查看概况")));

        for _ in 2..REVEALS_PER_MINUTE {
            reader.post_form(&reveal, &[("field", "name"), ("reason", "核对")]).await;
        }
        let refused = reader.post_form(&reveal, &[("field", "name"), ("reason", "核对")]).await;
        assert_eq!(refused.status, 429);
        leaks_nothing(&refused, "the limit");
    })
    .await;
}

#[tokio::test]
async fn the_scope_says_which_consultations_are_seen() {
    TestApp::on_each_database(async |app| {
        let id = sent(app, "r05", COMPLAINT).await;
        give_quality(app).await;
        let page = format!("/doctor/consultations/{id}");
        // Own department, whole institution; another department and another institution see nothing.
        for (key, sees) in [("s01", true), ("s08", true), ("s02", false), ("s03", false)] {
            let mut reader = app.staff(key).await;
            assert_eq!(reader.get("/doctor").await.body.contains(&page), sees, "{key}");
            assert_eq!(reader.get(&page).await.status, if sees { 200 } else { 404 }, "{key}");
            let look = [("field", "name"), ("reason", "想看看")];
            let status = reader.post_form(&format!("{page}/reveal"), &look).await.status;
            assert_eq!(status, if sees { 200 } else { 404 }, "{key}");
        }
        let mut doctor = app.staff("s01").await;
        let own = doctor.get(&page).await;
        assert!(own.body.contains(NAME) && own.body.contains("黄痰"), "a doctor reads her own department's");
        assert!(!own.body.contains("class=\"reveal\""), "nothing is masked for her");
    })
    .await;
}
