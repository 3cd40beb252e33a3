use rstest::rstest;
use serde_json::json;

use super::*;
use crate::testing::{Browser, on_each, reply};

#[rstest]
#[case(Some("\"7\""), Ok(7))]
#[case(None, Err(428))]
#[case(Some("7"), Err(412))]
#[case(Some("W/\"7\""), Err(412))]
#[case(Some("*"), Err(412))]
fn versions_are_strong_tags(#[case] tag: Option<&str>, #[case] read: Result<i64, u16>) {
    let headers = tag.iter().map(|tag| (header::IF_MATCH, tag.parse().unwrap())).collect();
    assert_eq!(version(&headers).map_err(|error| platform::Problem::from(error).status), read);
}

/// What an app sends beside its cookie.
async fn csrf(browser: &Browser) -> String {
    browser.get("/").await.field("_csrf")
}

#[tokio::test]
async fn an_app_leads_through_a_consultation() {
    on_each(async |house| {
        let app = house.resident_browser().await;
        let token = csrf(&app).await;
        let department = &house.doctor.department;
        let body = json!({"institution": department.institution, "department": department.code}).to_string();
        let base = "/api/preconsult/consultations";
        let begun = app.json("POST", base, &[("x-csrf-token", &token)], &body).await;
        assert_eq!(begun.status, 201, "{}", begun.text);
        assert_eq!(app.json("POST", base, &[("x-csrf-token", &token)], &body).await.status, 200, "goes on");
        let mut state = begun.value();
        let path = format!("{base}/{}", state["id"].as_str().unwrap());
        while state["state"] == "asking" {
            let turn = state["turn"].as_u64().unwrap();
            let options: Vec<String> = serde_json::from_value(state["question"]["options"].clone()).unwrap();
            let text = if turn == 0 { "咳嗽三天".into() } else { reply(&options) };
            let body = json!({"turn": turn, "text": text}).to_string();
            let key = format!("key-of-turn-{turn}");
            let headers = [("x-csrf-token", token.as_str()), ("idempotency-key", key.as_str())];
            let answered = app.json("POST", &format!("{path}/answers"), &headers, &body).await;
            assert_eq!(answered.status, 200, "{}", answered.text);
            let again = app.json("POST", &format!("{path}/answers"), &headers, &body).await;
            assert_eq!(again.value(), answered.value(), "the same request, the same answer");
            state = answered.value();
        }
        assert_eq!(state["state"], "awaiting_confirmation");
        let tag = format!("\"{}\"", state["version"]);
        let section = format!("{path}/record/past_history");
        let text = json!({"text": "高血压十年。"}).to_string();
        assert_eq!(app.json("PUT", &section, &[("x-csrf-token", &token)], &text).await.status, 428);
        let headers = [("x-csrf-token", token.as_str()), ("if-match", "\"1\"")];
        assert_eq!(app.json("PUT", &section, &headers, &text).await.status, 412);
        let headers = [("x-csrf-token", token.as_str()), ("if-match", tag.as_str())];
        let amended = app.json("PUT", &section, &headers, &text).await;
        assert_eq!(amended.status, 200, "{}", amended.text);
        assert_eq!(app.json("PUT", &format!("{path}/record/suspects"), &headers, &text).await.status, 404);
        let headers = [("x-csrf-token", token.as_str()), ("if-match", amended.etag.as_str())];
        let sent = app.json("POST", &format!("{path}/confirm"), &headers, "").await;
        assert_eq!(
            (sent.status.as_u16(), &sent.value()["state"]),
            (200, &json!("submitted")),
            "{}",
            sent.text
        );

        let workstation = house.browser(house.doctor.principal()).await;
        let list = workstation.get(&format!("{base}?date=2026-03-02")).await.value();
        assert_eq!(list["items"][0]["id"], state["id"]);
        let whole = workstation.get(&path).await.value();
        assert_eq!(whole["dialogue"].as_array().unwrap().len() as u64, state["turn"].as_u64().unwrap());
        assert_eq!(whole["dialogue"][0]["answer"], "咳嗽三天");
        assert_eq!(whole["amendments"][0]["after"], "高血压十年。");
        assert!(!whole["suspects"].as_array().unwrap().is_empty());
        assert_eq!(whole["record"][0]["section"], "chief_complaint");
        assert_eq!(app.get(&path).await.status, 403, "the workstation's address is not for residents");
    })
    .await;
}

#[tokio::test]
async fn refusals_are_problems() {
    on_each(async |house| {
        let app = house.resident_browser().await;
        let token = csrf(&app).await;
        let id = house.begin().await;
        let path = format!("/api/preconsult/consultations/{id}");
        let answers = format!("{path}/answers");
        let with = [("x-csrf-token", token.as_str()), ("idempotency-key", "key-12345")];
        let cases = [
            (
                answers.clone(),
                vec![with[0]],
                r#"{"turn":0,"text":"咳嗽"}"#,
                400,
                "/problems/idempotency-key-required",
            ),
            (
                answers.clone(),
                with.to_vec(),
                r#"{"turn":3,"text":"咳嗽"}"#,
                409,
                "/problems/preconsult/outdated-turn",
            ),
            (answers.clone(), with.to_vec(), r#"{"turn":0,"text":"  "}"#, 422, "/problems/invalid-input"),
            (answers.clone(), with.to_vec(), r#"{"turn":-1,"text":"咳嗽"}"#, 422, "/problems/invalid-input"),
            (
                answers.clone(),
                vec![with[1]],
                r#"{"turn":0,"text":"咳嗽"}"#,
                403,
                "/problems/session/not-from-our-page",
            ),
            (
                format!("{path}/confirm"),
                vec![with[0], ("if-match", "\"1\"")],
                "",
                409,
                "/problems/preconsult/wrong-state",
            ),
            (
                format!("{path}/undo"),
                vec![with[0]],
                r#"{"turn":4}"#,
                409,
                "/problems/preconsult/outdated-turn",
            ),
        ];
        for (path, headers, body, status, kind) in cases {
            let refused = app.json("POST", &path, &headers, body).await;
            assert_eq!(
                (refused.status.as_u16(), &refused.value()["type"]),
                (status, &json!(kind)),
                "{path} {body}"
            );
        }
        let unknown = format!("/api/preconsult/my-consultations/{}", uuid::Uuid::nil());
        assert_eq!(app.json("GET", &unknown, &[], "").await.status, 404);
        assert_eq!(app.signed_out().json("GET", "/api/preconsult/consultations", &[], "").await.status, 401);
    })
    .await;
}

#[test]
fn bodies_for_patients_have_no_suspects() {
    let document = serde_json::to_value(routes().into_openapi()).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut open = vec!["OwnConsultation".to_owned(), "OwnList".to_owned()];
    let mut reached = Vec::new();
    while let Some(name) = open.pop() {
        let text = schemas[&name].to_string();
        for word in ["suspect", "probability", "icd10", "triage"] {
            assert!(!text.contains(word), "{word} in {name}: {text}");
        }
        let named = text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next());
        let fresh: Vec<_> =
            named.filter(|other| !reached.contains(&(*other).to_owned())).map(str::to_owned).collect();
        open.extend(fresh);
        reached.push(name);
    }
    assert!(reached.len() >= 4, "{reached:?}");
}

#[tokio::test]
async fn an_app_searches_reads_and_judges_articles() {
    on_each(async |house| {
        let app = house.resident_browser().await;
        let token = csrf(&app).await;
        let base = "/api/preconsult/articles";
        let found = app
            .json("GET", &format!("{base}?q=tongfeng%E5%90%83%E4%BB%80%E4%B9%88&limit=3"), &[], "")
            .await
            .value();
        assert_eq!(found["heard"][0]["label"], "痛风");
        assert_eq!(found["hits"][0]["id"], "gout");
        assert_eq!(found["hits"][0]["section"], "饮食");
        let marked = found["hits"][0]["title"].as_array().unwrap();
        assert!(marked.iter().any(|piece| piece["is_marked"] == true), "{marked:?}");
        let lost = app.json("GET", &format!("{base}?q=asdfgh"), &[], "").await.value();
        assert_eq!((&lost["is_loose"], &lost["hits"]), (&json!(true), &json!([])));
        assert!(!lost["ways"].as_array().unwrap().is_empty());
        for wrong in ["q=a&department=99.99", "q=a&for=%E7%8C%AB", "for=%E5%84%BF%E7%AB%A5"] {
            let refused = app.json("GET", &format!("{base}?{wrong}"), &[], "").await;
            assert!([400, 422].contains(&refused.status.as_u16()), "{wrong}: {}", refused.text);
        }

        let read = app.json("GET", &format!("{base}/gout"), &[], "").await.value();
        assert_eq!((&read["was_useful"], &read["is_reviewed"]), (&json!(null), &json!(false)));
        assert_eq!(read["sections"][5]["title"], "何时就医");
        let opinion = format!("{base}/gout/opinion");
        let headers = [("x-csrf-token", token.as_str())];
        assert_eq!(app.json("PUT", &opinion, &headers, r#"{"was_useful":true}"#).await.status, 204);
        assert_eq!(
            app.json("PUT", &format!("{base}/none/opinion"), &headers, r#"{"was_useful":true}"#).await.status,
            404
        );
        assert_eq!(app.json("GET", &format!("{base}/gout"), &[], "").await.value()["was_useful"], true);
        let advice = app.json("GET", &format!("{base}/recommended"), &[], "").await.value();
        let advice = advice["items"].as_array().unwrap();
        assert!(
            !advice.is_empty()
                && advice.iter().all(|one| one["id"] != "gout" && one["reasons"][0].is_string())
        );
        assert_eq!(app.json("DELETE", "/api/preconsult/readings", &headers, "").await.status, 204);
        assert_eq!(
            app.json("GET", &format!("{base}/gout"), &[], "").await.value()["was_useful"],
            json!(null)
        );
    })
    .await;
}
