//! Who may not, and what is not taken.

use axum::{
    body::Body,
    http::{Method, header},
};
use people::demo::demo_id;
use platform::audit;
use serde_json::json;
use tests::TestApp;

use super::{BASE, Talk};

#[tokio::test]
async fn anothers_consultation_is_as_good_as_none() {
    TestApp::on_each_database(async |app| {
        let mut own = Talk::begin(app, "r05").await;
        own.say("咳嗽三天").await;
        let mut stranger = app.resident("r06").await;
        let mine = format!("/api/preconsult/my-consultations/{}", own.id());
        for path in [mine.as_str(), &format!("/consultations/{}", own.id())] {
            assert_eq!(stranger.get_json(path).await.problem(404), "/problems/not-found", "{path}");
        }
        for (method, part, body) in [
            (Method::POST, "answers", json!({"turn": 1, "text": "没有"})),
            (Method::POST, "undo", json!({"turn": 1})),
            (Method::POST, "restart", json!({})),
            (Method::PUT, "record/allergy", json!({"text": "没有过敏。"})),
            (Method::POST, "confirm", json!({})),
        ] {
            let path = format!("{}/{part}", own.path);
            let headers = [("idempotency-key", "key-of-a-stranger"), ("if-match", "\"2\"")];
            let refused = stranger.send_json(method, &path, &body, &headers).await;
            assert_eq!(refused.problem(404), "/problems/not-found", "{part}");
        }
        assert!(!stranger.get_json("/api/preconsult/my-consultations").await.body.contains(own.id()));
        assert_eq!(own.reload().await, own.now, "nothing changed");
    })
    .await;
}

#[tokio::test]
async fn doctors_read_only_what_was_sent_to_their_department() {
    TestApp::on_each_database(async |app| {
        let mut talk = Talk::begin(app, "r05").await;
        talk.say("咳嗽三天").await;
        let mut doctor = app.staff("s01").await;
        assert_eq!(doctor.get_json(&talk.path).await.problem(404), "/problems/not-found", "not sent yet");
        talk.deny_to_the_end().await;
        assert_eq!(doctor.get_json(&talk.path).await.status, 404, "not confirmed yet");
        talk.confirm().await;
        assert_eq!(doctor.get_json(&talk.path).await.status, 200);
        for elsewhere in ["s02", "s03"] {
            let mut doctor = app.staff(elsewhere).await;
            assert_eq!(doctor.get_json(&talk.path).await.problem(404), "/problems/not-found", "{elsewhere}");
            assert!(!doctor.get_json(BASE).await.body.contains(talk.id()), "{elsewhere}");
            assert_eq!(doctor.get(&format!("/doctor/consultations/{}", talk.id())).await.status, 404);
        }
        let mine = format!("/api/preconsult/my-consultations/{}", talk.id());
        assert_eq!(doctor.get_json(&mine).await.status, 403, "an address of patients");
        assert_eq!(talk.browser.get_json(&talk.path.clone()).await.status, 403, "an address of doctors");
        assert_eq!(
            app.browser().get_json(&talk.path).await.problem(401),
            "/problems/session/sign-in-required"
        );
        assert_eq!(app.browser().get_json(&mine).await.status, 401);

        // Looking where one may not look is kept, too.
        let deeds = audit::list_for_patient(&app.db, demo_id("resident", "r05"), 100).await.unwrap();
        let denied: Vec<_> = deeds.iter().filter(|deed| deed.outcome == "denied").collect();
        assert_eq!(denied.len(), 6, "{deeds:?}");
        assert!(denied.iter().all(|deed| deed.action == "consultation.read" && deed.role == "doctor"));
    })
    .await;
}

#[tokio::test]
async fn changes_come_only_from_our_own_pages() {
    TestApp::on_each_database(async |app| {
        let mut talk = Talk::begin(app, "r05").await;
        let cases = [
            (Method::POST, BASE.to_owned(), r#"{"institution":"H01","department":"IM"}"#),
            (Method::POST, format!("{}/answers", talk.path), r#"{"turn":0,"text":"咳嗽"}"#),
            (Method::POST, format!("{}/undo", talk.path), r#"{"turn":1}"#),
            (Method::POST, format!("{}/restart", talk.path), "{}"),
            (Method::PUT, format!("{}/record/allergy", talk.path), r#"{"text":"没有过敏。"}"#),
            (Method::POST, format!("{}/confirm", talk.path), "{}"),
        ];
        for (method, path, body) in cases {
            for token in ["", "forged-token"] {
                let request = talk.browser.request(method.clone(), &path, "application/json");
                let request = request.header(header::CONTENT_TYPE, "application/json");
                let request = request.header("idempotency-key", "key-of-a-thief").header("if-match", "\"1\"");
                let request = if token.is_empty() { request } else { request.header("x-csrf-token", token) };
                let refused = talk.browser.send(request, Body::from(body)).await;
                assert_eq!(refused.problem(403), "/problems/session/not-from-our-page", "{path} {token}");
            }
        }
        assert_eq!(talk.reload().await, talk.now, "nothing changed");
    })
    .await;
}

#[tokio::test]
async fn what_is_no_answer_leaves_the_question_waiting() {
    TestApp::on_each_database(async |app| {
        let mut talk = Talk::begin(app, "r05").await;
        talk.say("咳嗽三天").await;
        for nothing in [
            "",
            "   ",
            "\u{3000}\n\t",
            "\u{0}\u{7}\u{1b}",
            "\u{200b}\u{202e}\u{feff}",
            "😷",
            "🤒🤒 👍",
            "？？？",
            "……",
        ] {
            let refused = talk.send(1, nothing, "key-of-nothing").await;
            assert_eq!(refused.problem(422), "/problems/invalid-input", "{nothing:?}");
            let body = refused.json();
            assert_eq!(body["errors"][0]["pointer"], "/text", "{body}");
            assert!(body["detail"].as_str().unwrap().contains("请"), "says what to do: {body}");
            assert_eq!(talk.reload().await, talk.now, "{nothing:?}");
        }
        let refused = talk.send(1, &"咳".repeat(10_001), "key-of-too-much").await;
        assert_eq!(refused.problem(422), "/problems/invalid-input");
        assert!(
            refused.body.contains("10001") && refused.body.contains("最多 10000 个字"),
            "{}",
            refused.body
        );
        assert_eq!(talk.reload().await, talk.now);
        // The key of a refused answer is free for the next attempt.
        let taken = talk.send(1, "没有", "key-of-nothing").await;
        assert_eq!(taken.status, 200, "{}", taken.body);
    })
    .await;
}

#[tokio::test]
async fn faulty_requests_name_their_fault() {
    TestApp::on_each_database(async |app| {
        let mut talk = Talk::begin(app, "r05").await;
        let answers = format!("{}/answers", talk.path);
        let key = [("idempotency-key", "key-of-a-fault")];
        for (body, status) in [
            (json!({"text": "咳嗽"}), 422),
            (json!({"turn": "eins", "text": "咳嗽"}), 422),
            (json!({"turn": -1, "text": "咳嗽"}), 422),
            (json!({"turn": 1.5, "text": "咳嗽"}), 422),
            (json!({"turn": 0, "text": ["咳嗽"]}), 422),
            (json!({"turn": 0, "text": null}), 422),
            (json!("咳嗽"), 422),
            (json!({"turn": 7, "text": "咳嗽"}), 409),
        ] {
            let refused = talk.browser.send_json(Method::POST, &answers, &body, &key).await;
            assert_eq!(refused.status, status, "{body}: {}", refused.body);
        }
        let body = json!({"turn": 0, "text": "咳嗽"});
        for key in ["", "short", "with blanks in it", "schlüssel-mit-umlaut"] {
            let headers: &[_] = if key.is_empty() { &[] } else { &[("idempotency-key", key)] };
            let refused = talk.browser.send_json(Method::POST, &answers, &body, headers).await;
            assert_eq!(refused.problem(400), "/problems/idempotency-key-required", "{key}");
        }
        for place in
            [json!({"institution": "H01", "department": "XX"}), json!({"institution": "", "department": ""})]
        {
            let refused = app.resident("r06").await.post_json(BASE, &place).await;
            assert_eq!(refused.problem(422), "/problems/invalid-input", "{place}");
        }
        assert_eq!(talk.reload().await, talk.now, "nothing changed");
        assert_eq!(
            talk.browser.get_json(&format!("{BASE}?date=yesterday")).await.status,
            403,
            "not for residents"
        );
        let mut doctor = app.staff("s01").await;
        assert_eq!(doctor.get_json(&format!("{BASE}?date=yesterday")).await.status, 422);
        assert_eq!(doctor.get_json(&format!("{BASE}/no-id")).await.status, 400);
    })
    .await;
}
