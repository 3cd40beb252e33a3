//! Who may do what, over HTTP: every route for every role, others' things by id, masks, roles and the trail.

mod audit;
mod masks;
mod roles;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use axum::http::Method;
use expect_test::expect_file;
use people::demo::demo_id;
use platform::{
    audit::{Search, search},
    rights::{Route, Who},
};
use serde_json::json;
use tests::{Browser, TestApp};

/// Everybody of the demo by role, with the one of the staff who holds it.
const STAFF: [(&str, &str); 9] = [
    ("doctor", "s01"),
    ("editor", "s04"),
    ("system_admin", "s05"),
    ("security_admin", "s06"),
    ("audit_admin", "s07"),
    ("reviewer", "s08"),
    ("service", "s09"),
    ("admin", "s10"),
    ("pharmacist", "s11"),
];

/// The routes of a router as axum knows them: there is no list of them but this one.
fn routes_of(router: &axum::Router) -> BTreeSet<(String, String)> {
    let whole = format!("{router:#?}");
    let main = whole.split("fallback_router").next().unwrap();
    let (endpoints, paths) = main.split_once("paths: {").expect("a node of paths");
    let number = |line: &str| line.trim().trim_end_matches([':', ',', ')']).parse::<u32>().ok();
    let mut path_of = BTreeMap::new();
    let mut id = None;
    for line in paths.lines() {
        let line = line.trim();
        if let Some(path) = line.strip_prefix("): \"").and_then(|rest| rest.split('"').next()) {
            path_of.insert(id.expect("a number before its path"), path.to_owned());
        } else if let Some(number) = number(line) {
            id = Some(number);
        }
    }
    let mut found = BTreeSet::new();
    let mut lines = endpoints.lines().peekable();
    let mut id = None;
    while let Some(line) = lines.next() {
        let line = line.trim();
        if line.starts_with("RouteId(") {
            id = lines.peek().and_then(|next| number(next));
        }
        for method in ["get", "head", "delete", "options", "patch", "post", "put", "trace", "connect"] {
            let has =
                line.strip_prefix(method).is_some_and(|rest| rest.starts_with(": ") && rest != ": None,");
            if has {
                let path = &path_of[&id.expect("a route before its methods")];
                found.insert((method.to_uppercase(), path.clone()));
            }
        }
    }
    found
}

#[tokio::test]
async fn every_route_of_the_program_says_who_may_call_it() {
    TestApp::on_each_database(async |app| {
        let routed = routes_of(&app.router());
        assert!(routed.contains(&("GET".into(), "/doctor".into())), "{routed:?}");
        assert!(
            routed.contains(&("PUT".into(), "/api/preconsult/consultations/{id}/record/{section}".into()))
        );
        let listed: BTreeSet<_> =
            server::access().iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
        let forgotten: Vec<_> = routed.difference(&listed).collect();
        assert!(forgotten.is_empty(), "routes that stand in no ACCESS list: {forgotten:?}");
        let gone: Vec<_> = listed.difference(&routed).collect();
        assert!(gone.is_empty(), "routes of ACCESS that do not exist: {gone:?}");
    })
    .await;
}

/// Sends a request that the gate judges; what the handler makes of it does not matter here.
async fn judged(browser: &mut Browser, route: &Route) -> &'static str {
    let path = filled(route.path, "00000000-0000-0000-0000-000000000000");
    let method: Method = route.method.parse().unwrap();
    let answer = if method == Method::GET {
        browser.get_json(&path).await
    } else {
        browser.send_json(method, &path, &json!({}), &[]).await
    };
    match answer.status {
        401 => "sign-in",
        403 => {
            assert_eq!(answer.problem(403), "/problems/forbidden", "{route:?}");
            "no"
        }
        status if status < 500 => "yes",
        status => panic!("{route:?} answers {status}: {}", answer.body),
    }
}

/// Hospitals and companies are known by their signature, not by a session.
fn is_for_hospitals(path: &str) -> bool {
    path.starts_with("/api/feed/") || path.starts_with("/api/herbal/")
}

fn filled(path: &str, id: &str) -> String {
    let parts: Vec<&str> =
        path.split('/').map(|part| if part.starts_with('{') { id } else { part }).collect();
    parts.join("/")
}

/// The expected outcomes stand in a file that people read: `UPDATE_EXPECT=1` writes it anew, and what changed in it is
/// what changed in the rights.
#[tokio::test]
async fn every_route_answers_every_role_as_the_table_says() {
    TestApp::on_each_database(async |app| {
        let mut people = vec![("nobody", app.browser()), ("resident", app.resident("r05").await)];
        for (role, key) in STAFF {
            people.push((role, app.staff(key).await));
        }
        let mut table = String::from(
            "# 每条路由对每种人的结果：yes 放行，no 拒绝（403，记入审计），sign-in 要先登录\nmethod\tpath",
        );
        for (role, _) in &people {
            write!(table, "\t{role}").unwrap();
        }
        table.push('\n');
        for route in server::access() {
            write!(table, "{}\t{}", route.method, route.path).unwrap();
            for (role, browser) in &mut people {
                let outcome = judged(browser, &route).await;
                write!(table, "\t{outcome}").unwrap();
                // Independent of the file: what holds for each kind of route.
                let is_staff = !["nobody", "resident"].contains(role);
                let right = match route.who {
                    // A hospital is known by its signature, not by a session.
                    Who::Public if is_for_hospitals(route.path) => outcome == "sign-in",
                    Who::Public => outcome == "yes",
                    _ if *role == "nobody" => outcome == "sign-in",
                    Who::SignedIn => outcome == "yes",
                    Who::Resident => (outcome == "yes") == (*role == "resident"),
                    // Writing or reviewing templates opens them: either right does.
                    Who::AnyStaff if route.path.contains("template") => is_staff || outcome == "no",
                    Who::AnyStaff => (outcome == "yes") == is_staff,
                    Who::Staff(_) => is_staff || outcome == "no",
                };
                assert!(right, "{route:?} for {role}: {outcome}");
                if route.path == "/sign-out" && *role != "nobody" {
                    let key = STAFF.iter().find(|(name, _)| name == role).map(|(_, key)| *key);
                    browser.sign_in(if is_staff { "staff" } else { "resident" }, key.unwrap_or("r05")).await;
                }
            }
            table.push('\n');
        }
        expect_file!["rights/outcomes.tsv"].assert_eq(&table);
    })
    .await;
}

#[tokio::test]
async fn the_three_administrators_are_blind_to_each_other_and_to_patients() {
    TestApp::on_each_database(async |app| {
        let closed = [
            ("s05", vec!["/admin/audit", "/admin/roles", "/doctor", "/knowledge"]),
            ("s06", vec!["/admin/audit", "/admin/audit/checks", "/doctor", "/knowledge"]),
            ("s07", vec!["/admin/roles", "/admin/roles/doctor", "/doctor", "/knowledge"]),
        ];
        for (key, paths) in closed {
            let mut admin = app.staff(key).await;
            for path in paths {
                let refused = admin.get(path).await;
                assert_eq!(refused.status, 403, "{key} {path}");
                assert!(
                    refused.body.contains("没有“") && refused.body.contains("安全管理员"),
                    "{}",
                    refused.body
                );
                assert!(admin.get_json(path).await.problem(403) == "/problems/forbidden");
            }
            assert_eq!(admin.get("/desk").await.status, 200);
        }
        let refused = Search { action: Some("access.refused".into()), ..Search::default() };
        let rows = search(&app.db, &refused, None, 100).await.unwrap();
        assert_eq!(rows.len(), 24, "each refusal is kept");
        assert!(rows.iter().all(|row| row.outcome == "denied" && row.patient.is_none()));
        let first = rows.last().unwrap();
        assert_eq!(first.actor, demo_id("staff", "s05").to_string());
        assert_eq!(
            (first.object.as_deref(), first.reason.as_deref()),
            (Some("GET /admin/audit"), Some("没有权限 audit.read"))
        );
    })
    .await;
}

/// One's own things by id, asked for by somebody else: every such address of the program, or the test names it.
#[tokio::test]
async fn a_resident_cannot_open_anothers_things_by_id() {
    /// Addresses with something in them that belongs to nobody.
    const FOR_EVERYBODY: [&str; 3] =
        ["/health/articles/{id}", "/api/preconsult/articles/{id}", "/start/{institution}/{department}"];
    /// What belongs to the caller's own session, whatever the address says.
    const OF_THE_SESSION: [&str; 2] = ["/realname/photo/{side}", "/realname/photo/{side}/image"];
    /// Proven by `pages_escape_what_was_written_keep_it_on_a_fault_and_show_it_to_nobody_else`,
    /// `a_partner_leads_in_and_redeems_over_http`,
    /// `a_registration_gets_the_questionnaire_that_fits_and_one_consultation` and
    /// `a_patient_sees_the_own_prescriptions_with_every_step_and_nobody_elses`.
    const ELSEWHERE: [&str; 5] = [
        "/feedback/{id}",
        "/feedback/{id}/photo/{photo}",
        "/entry/visits/{token}/leave",
        "/visits/{id}",
        "/prescriptions/{id}",
    ];
    TestApp::on_each_database(async |app| {
        let mut owner = app.resident("r05").await;
        let body = json!({"institution": "H01", "department": "IM"});
        let begun = owner.post_json("/api/preconsult/consultations", &body).await.json();
        let consultation = begun["id"].as_str().unwrap().to_owned();
        let mut own = BTreeMap::new();
        for path in
            ["/consultations/{id}", "/consultations/{id}/restart", "/api/preconsult/my-consultations/{id}"]
        {
            own.insert(path, filled(path, &consultation));
        }
        let mut stranger = app.resident("r06").await;
        let mut seen = 0;
        for route in server::access() {
            let is_personal = route.who == Who::Resident && route.path.contains('{') && route.method == "GET";
            let is_left = [&FOR_EVERYBODY[..], &OF_THE_SESSION, &ELSEWHERE].concat().contains(&route.path);
            if !is_personal || is_left {
                continue;
            }
            let path = own.get(route.path).unwrap_or_else(|| panic!("give an example of {}", route.path));
            assert_eq!(owner.get(path).await.status, 200, "the owner opens {path}");
            let refused = stranger.get(path).await;
            assert_eq!(refused.status, 404, "{path}");
            assert!(!refused.body.contains(&consultation), "{path} tells of it");
            assert_eq!(stranger.get_json(path).await.problem(404), "/problems/not-found");
            assert_eq!(app.browser().get_json(path).await.status, 401);
            seen += 1;
        }
        assert_eq!(seen, own.len());
    })
    .await;
}
