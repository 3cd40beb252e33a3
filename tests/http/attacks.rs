//! Attacks on the whole program: words of an attacker in every field of every form and body, forged requests, bodies of
//! the wrong kind and size. Access by others and by other roles is walked in `rights`, links of partners in the crate
//! `people`, brute force and timing of the sign-in in `people::account`, photographs in `residents`.

use std::{collections::BTreeSet, fs, path::Path};

use axum::{
    body::Body,
    http::{Method, header},
};
use platform::{
    audit::{Record, Search, search},
    on_read,
    rights::{Route, Who},
};
use serde_json::{Map, Value, json};
use tests::{Browser, TestApp};

const SCRIPT: &str = "<script>alert(7)</script>";
const IMAGE: &str = "\"><img src=x onerror=alert(7)>";
/// What an attacker types, a word for each way to be misread.
const WORDS: [&str; 6] = [
    "'; DROP TABLE resident; --",
    SCRIPT,
    IMAGE,
    "{{7*7}}{% include \"/etc/passwd\" %}",
    "../../../../etc/passwd",
    "\u{202e}%00\r\nSet-Cookie: a=b",
];
/// Their own way of acting on the session that asks; walked elsewhere.
const OWN_SESSION: [&str; 6] =
    ["/sign-out", "/sign-in", "/sign-in/phone", "/account/sessions", "/family/switch", "/account/password"];
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// Every name a field has in any template of the program.
fn field_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut open = vec![folder("api")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "html") {
                let text = fs::read_to_string(path).unwrap();
                let quoted = text.split(" name=\"").skip(1).filter_map(|rest| rest.split('"').next());
                names.extend(quoted.filter(|name| !name.contains('{')).map(str::to_owned));
            }
        }
    }
    names.remove("_csrf");
    names
}

/// Every name a property has in the interface document.
fn property_names() -> BTreeSet<String> {
    fn walk(value: &Value, names: &mut BTreeSet<String>) {
        if let Some(properties) = value.get("properties").and_then(Value::as_object) {
            names.extend(properties.keys().cloned());
        }
        match value {
            Value::Object(map) => map.values().for_each(|inner| walk(inner, names)),
            Value::Array(all) => all.iter().for_each(|inner| walk(inner, names)),
            _ => {}
        }
    }
    let document = fs::read_to_string(folder("api/openapi.json")).unwrap();
    let mut names = BTreeSet::new();
    walk(&serde_json::from_str(&document).unwrap(), &mut names);
    names
}

/// A route with something of one's own in the place of each id.
fn filled(route: &Route, own: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { own.to_owned() } else { part.to_owned() };
    route.path.split('/').map(part).collect::<Vec<_>>().join("/")
}

fn is_walked(route: &Route) -> bool {
    route.method != "GET" && !OWN_SESSION.iter().any(|path| route.path.starts_with(path))
}

async fn consultation_of(me: &mut Browser, words: &str) -> String {
    let begun = me.post_form("/consultations", &[("department", "H01/IM"), ("complaint", words)]).await;
    assert_eq!(begun.status, 303, "{}", begun.body);
    let id = begun.location().rsplit('/').next().unwrap().to_owned();
    let fields = [("turn", "0"), ("request_key", "attack-key-0"), ("text", words)];
    let answered = me.post_form(&format!("/consultations/{id}"), &fields).await;
    assert!(answered.status < 500, "{}", answered.body);
    id
}

#[tokio::test]
async fn words_of_an_attacker_stay_words_in_every_form_and_page() {
    TestApp::on_each_database(async |app| {
        let names = field_names();
        assert!(names.len() > 60 && names.contains("text") && names.contains("reason"), "{names:?}");
        let people = [
            (Who::Resident, app.resident("r05").await),
            (Who::AnyStaff, app.staff("s01").await),
            (Who::AnyStaff, app.staff("s09").await),
            (Who::AnyStaff, app.staff("s10").await),
        ];
        let pages: Vec<Route> = server::access()
            .into_iter()
            .filter(|route| route.method == "GET" && !route.path.contains('{'))
            .collect();
        for (kind, mut me) in people {
            let is_resident = kind == Who::Resident;
            for words in WORDS {
                let own = if is_resident { consultation_of(&mut me, words).await } else { NOBODY.to_owned() };
                let fields: Vec<_> = names.iter().map(|name| (name.as_str(), words)).collect();
                for route in server::access().into_iter().filter(is_walked) {
                    if matches!(route.who, Who::Resident) != is_resident {
                        continue;
                    }
                    let answer = me.post_form(&filled(&route, &own), &fields).await;
                    assert!(
                        answer.status < 500,
                        "{route:?} with {words:?}: {} {}",
                        answer.status,
                        answer.body
                    );
                    assert!(!answer.headers.contains_key("a"), "{route:?} with {words:?} splits the header");
                    assert_harmless(&answer.body, &format!("{route:?}"));
                }
                let fields = [("text", words), ("kind", "complaint"), ("institution", "H01")];
                let _kept_or_refused = me.post_form("/feedback", &fields).await;
            }
            for page in &pages {
                let shown = me.get(page.path).await;
                assert!(shown.status < 500, "{}: {}", page.path, shown.body);
                assert_harmless(&shown.body, page.path);
            }
        }
        let residents: i64 =
            on_read!(&app.db, |c| { sqlx::query_scalar("SELECT COUNT(*) FROM resident").fetch_one(c).await })
                .unwrap();
        assert!(residents >= 9, "the table of residents stands");
    })
    .await;
}

/// Nothing of the words became mark-up, and no template was run in them.
fn assert_harmless(body: &str, place: &str) {
    let is_data = body.starts_with('{') || body.starts_with('[');
    assert!(
        is_data || !body.contains(SCRIPT) && !body.contains("<img src=x"),
        "{place} shows mark-up: {body}"
    );
    assert!(!body.contains("root:x:0"), "{place} shows a file of the machine");
}

#[tokio::test]
async fn words_of_an_attacker_are_data_or_refused_in_every_body() {
    TestApp::on_each_database(async |app| {
        let names = property_names();
        assert!(names.len() > 40, "{names:?}");
        let values = |words: &str| {
            [json!(words), json!([words]), json!({ words: words }), json!(-1), json!(null), json!(1e300)]
        };
        for key in ["resident", "s01", "s10"] {
            let mut me = if key == "resident" { app.resident("r05").await } else { app.staff(key).await };
            let own =
                if key == "resident" { consultation_of(&mut me, "头疼").await } else { NOBODY.into() };
            for value in WORDS.into_iter().take(2).flat_map(values) {
                let body: Map<String, Value> =
                    names.iter().map(|name| (name.clone(), value.clone())).collect();
                for route in
                    server::access().into_iter().filter(|r| is_walked(r) && r.path.starts_with("/api"))
                {
                    let method: Method = route.method.parse().unwrap();
                    let headers = [("idempotency-key", "attack-key"), ("if-match", "\"1\"")];
                    let path = filled(&route, &own);
                    let answer = me.send_json(method, &path, &Value::Object(body.clone()), &headers).await;
                    assert!(answer.status < 500, "{route:?} with {value}: {} {}", answer.status, answer.body);
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_without_the_token_of_its_session_changes_nothing_and_is_kept_in_the_trail() {
    TestApp::on_each_database(async |app| {
        for (key, is_resident) in [("r05", true), ("s05", false)] {
            let me = if is_resident { app.resident(key).await } else { app.staff(key).await };
            let other = app.resident("r06").await;
            let foreign = other.cookie(platform::session::COOKIE).map(platform::session::csrf_token).unwrap();
            for route in server::access().into_iter().filter(is_walked) {
                let is_public = matches!(route.who, Who::Public);
                if is_public || matches!(route.who, Who::Resident) != is_resident {
                    continue;
                }
                for token in ["", "guess", foreign.as_str()] {
                    let request =
                        me.request(route.method.parse().unwrap(), &filled(&route, NOBODY), "text/html");
                    let form = "application/x-www-form-urlencoded";
                    let body = Body::from(format!("_csrf={token}&text=a"));
                    let answer = me.clone().send(request.header(header::CONTENT_TYPE, form), body).await;
                    assert_eq!(answer.status, 403, "{route:?} with the token {token:?}: {}", answer.body);
                }
            }
        }
        for (kind, key) in [("resident", "r05"), ("staff", "s05")] {
            let who = people::demo::demo_id(kind, key);
            let rows = refusals_of(app, &who.to_string()).await;
            assert!(rows.len() >= 20, "{key}: {}", rows.len());
            let forged = |row: &Record| {
                row.reason
                    .as_deref()
                    .is_some_and(|why| why.starts_with("操作没有完成（/problems/session/not-from-our-page）"))
            };
            assert!(rows.iter().all(|row| row.outcome == "denied" && forged(row)), "{rows:?}");
            // A flood does not fill the trail: beyond the first rows only every hundredth stands there, counted.
            assert!(rows.len() < 40, "{key}: {}", rows.len());
            assert!(rows.iter().any(|row| row.reason.as_deref().unwrap().ends_with("第 100 次")), "{rows:?}");
        }
    })
    .await;
}

async fn refusals_of(app: &TestApp<'_>, who: &str) -> Vec<Record> {
    let actors = Some(vec![who.to_owned()]);
    let refused = Search { action: Some("access.refused".into()), actors, ..Search::default() };
    search(&app.db, &refused, None, 500).await.unwrap()
}

#[tokio::test]
async fn reaching_for_the_things_of_another_is_kept_in_the_trail() {
    TestApp::on_each_database(async |app| {
        let own = consultation_of(&mut app.resident("r05").await, "头疼").await;
        let mut thief = app.resident("r06").await;
        let page = thief.get(&format!("/consultations/{own}")).await;
        let data = thief.get_json(&format!("/api/preconsult/my-consultations/{own}")).await;
        let desk = thief.get("/doctor").await;
        assert_eq!((page.status, data.status, desk.status), (404, 404, 403));
        let rows = refusals_of(app, &people::demo::demo_id("resident", "r06").to_string()).await;
        let said: Vec<_> = rows
            .iter()
            .rev()
            .map(|row| (row.object.as_deref().unwrap(), row.reason.as_deref().unwrap()))
            .collect();
        let expected = [
            ("GET /consultations/{id}", "没有找到您要的内容（/problems/not-found）"),
            ("GET /api/preconsult/my-consultations/{id}", "没有找到您要的内容（/problems/not-found）"),
            ("GET /doctor", "不是医务人员"),
        ];
        assert_eq!(said, expected);
        // A link that leads nowhere is no attack of anybody.
        assert_eq!(app.browser().get("/nothing-here").await.status, 404);
        assert_eq!(refusals_of(app, "unknown").await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn bodies_of_another_kind_or_size_are_refused_unread() {
    TestApp::on_each_database(async |app| {
        const ENTITY: &str =
            "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>";
        let mut me = app.resident("r05").await;
        let own = consultation_of(&mut me, "头疼").await;
        let token = me.cookie(platform::session::COOKIE).map(platform::session::csrf_token).unwrap();
        let mut n_typed = 0;
        for route in server::access().into_iter().filter(is_walked) {
            for kind in ["application/xml", "text/xml", "application/soap+xml", "text/plain"] {
                let method: Method = route.method.parse().unwrap();
                let request = me.request(method, &filled(&route, &own), "application/json");
                let request = request.header("x-csrf-token", &token).header(header::CONTENT_TYPE, kind);
                let answer = me.clone().send(request, Body::from(ENTITY)).await;
                assert!(answer.status < 500, "{route:?} with {kind}: {} {}", answer.status, answer.body);
                assert!(!answer.body.contains("root:x:0"), "{route:?} reads the machine's files");
                n_typed += usize::from(answer.status == 415);
            }
        }
        assert!(n_typed > 40, "bodies that are read name their type: {n_typed}");
        let long = "长".repeat(8 * 1024 * 1024);
        let sent = me.post_form(&format!("/consultations/{own}"), &[("text", &long)]).await;
        assert_eq!(sent.status, 413, "{}", sent.body);
        let sent = me
            .send_json(
                Method::POST,
                &format!("/api/preconsult/consultations/{own}/answers"),
                &json!({"turn": 0, "text": long}),
                &[("idempotency-key", "attack-key")],
            )
            .await;
        assert_eq!(sent.status, 413);
        let rows = refusals_of(app, &people::demo::demo_id("resident", "r05").to_string()).await;
        for kind in ["/problems/unsupported-media-type", "/problems/too-large"] {
            assert!(rows.iter().any(|row| row.reason.as_deref().unwrap().contains(kind)), "{kind}: {rows:?}");
        }
        // A document nested deeper than any of ours is refused by the reader, not by its stack.
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let request = me.request(Method::POST, "/api/preconsult/consultations", "application/json");
        let request = request.header("x-csrf-token", &token).header(header::CONTENT_TYPE, "application/json");
        let refused = me.clone().send(request, Body::from(deep)).await;
        assert!(matches!(refused.status, 400 | 422), "{} {}", refused.status, refused.body);
    })
    .await;
}
