//! Signing in and out, sessions, and requests from elsewhere.

use axum::{body::Body, http::Method};
use people::demo::demo_id;
use platform::{audit, session::COOKIE};
use tests::TestApp;

#[tokio::test]
async fn a_resident_signs_in_where_she_wanted_to_go_and_out_again() {
    TestApp::on_each_database(async |app| {
        let mut browser = app.browser();
        let answer = browser.get("/v1/me").await;
        assert_eq!((answer.status, answer.location()), (303, "/sign-in?next=%2Fv1%2Fme"));
        let page = browser.get(answer.location()).await;
        for text in ["林晓雯", "女 · 32岁", "5个月", "顾砚秋", "云川区中心医院"] {
            assert!(page.body.contains(text), "{text}");
        }
        let who = demo_id("resident", "r05");
        let answer = browser.post_form("/sign-in", &[("who", &who.to_string()), ("next", "/v1/me")]).await;
        assert_eq!((answer.status, answer.location()), (303, "/v1/me"));
        let cookie = answer.header("set-cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");

        let me = browser.get_json("/v1/me").await.json();
        assert_eq!((me["kind"].as_str(), me["name"].as_str()), (Some("resident"), Some("林晓雯")));
        assert_eq!((me["age_in_months"].as_i64(), me["sex"].as_str()), (Some(390), Some("female")));

        let token = browser.cookie(COOKIE).unwrap().to_owned();
        assert_eq!(browser.post_form("/sign-out", &[]).await.location(), "/sign-in");
        assert_eq!(browser.cookie(COOKIE), None);
        browser.set_cookie(COOKIE, &token);
        assert_eq!(browser.get_json("/v1/me").await.problem(401), "/problems/session/sign-in-required");

        let deeds = audit::list_for_patient(&app.db, who, 9).await.unwrap();
        let deeds: Vec<_> = deeds.iter().map(|deed| deed.action.as_str()).collect();
        assert_eq!(deeds, ["session.end", "session.begin"]);
    })
    .await;
}

#[tokio::test]
async fn a_doctor_goes_to_the_desk() {
    TestApp::on_each_database(async |app| {
        let who = demo_id("staff", "s01").to_string();
        let answer = app.browser().post_form("/sign-in", &[("who", &who)]).await;
        assert_eq!((answer.status, answer.location()), (303, "/doctor"));
        let me = app.staff("s02").await.get_json("/v1/me").await.json();
        assert_eq!((me["role"].as_str(), me["department"].as_str()), (Some("doctor"), Some("儿科")));
    })
    .await;
}

#[tokio::test]
async fn nobody_is_led_away_from_the_site() {
    TestApp::on_each_database(async |app| {
        let who = demo_id("resident", "r01").to_string();
        for next in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
            let answer = app.browser().post_form("/sign-in", &[("who", &who), ("next", next)]).await;
            assert_eq!(answer.location(), "/", "{next}");
        }
    })
    .await;
}

#[tokio::test]
async fn strangers_and_faulty_forms_are_refused() {
    TestApp::on_each_database(async |app| {
        let nobody = "00000000-0000-0000-0000-000000000000";
        assert_eq!(app.browser().post_form("/sign-in", &[("who", nobody)]).await.status, 404);
        let answer = app.browser().post_form("/sign-in", &[("who", "x")]).await;
        assert_eq!(answer.status, 422);
        assert!(answer.header("content-type").starts_with("text/html"));
    })
    .await;
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    TestApp::on_each_database(async |app| {
        let mut browser = app.resident("r01").await;
        let before = browser.cookie(COOKIE).unwrap().to_owned();
        let doctor = demo_id("staff", "s01").to_string();
        assert_eq!(browser.post_form("/sign-in", &[("who", &doctor)]).await.status, 303);
        assert_eq!(browser.get_json("/v1/me").await.json()["kind"], "staff");
        browser.set_cookie(COOKIE, &before);
        assert_eq!(browser.get_json("/v1/me").await.status, 401);
        // The form of the sign-in page works with the old cookie too.
        assert_eq!(browser.post_form("/sign-in", &[("who", &doctor)]).await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn changes_need_the_token_of_the_session() {
    TestApp::on_each_database(async |app| {
        let mut browser = app.resident("r01").await;
        let request = browser.request(Method::POST, "/sign-out", "application/json");
        let answer = browser.send(request, Body::empty()).await;
        assert_eq!(answer.problem(403), "/problems/session/not-from-our-page");
        let request =
            browser.request(Method::POST, "/sign-out", "text/html").header("sec-fetch-site", "cross-site");
        assert_eq!(browser.send(request, Body::empty()).await.status, 403);
        assert_eq!(browser.get_json("/v1/me").await.status, 200, "still signed in");
    })
    .await;
}
