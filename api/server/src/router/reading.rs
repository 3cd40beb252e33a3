//! Nothing is changed by reading: every GET of the program, asked by everybody, leaves the database as it was.

use std::{collections::BTreeMap, path::Path};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, header},
};
use engine::Current;
use knowledge::Releases;
use people::demo::demo_id;
use platform::{
    Db,
    db::{
        tables::{list_tables, read_rows},
        test_support::Bench,
    },
    session::COOKIE,
};
use tower::ServiceExt;
use uuid::Uuid;

use crate::start;

/// What looking may leave behind: who looked, when a session was last seen, and a sign-in begun at another site.
const TRACES: [&str; 4] = ["audit_log", "audit_head", "session", "sign_in_state"];

const PEOPLE: [(&str, &str); 11] = [
    ("resident", "r01"),
    ("resident", "r05"),
    ("staff", "s01"),
    ("staff", "s04"),
    ("staff", "s05"),
    ("staff", "s06"),
    ("staff", "s07"),
    ("staff", "s08"),
    ("staff", "s09"),
    ("staff", "s10"),
    ("staff", "s11"),
];

/// Every table with its rows as text, in order.
async fn contents(db: &Db) -> BTreeMap<String, Vec<String>> {
    let mut tx = db.snapshot().await.unwrap();
    let mut all = BTreeMap::new();
    for table in list_tables(&mut tx).await.unwrap() {
        if TRACES.contains(&table.name.as_str()) {
            continue;
        }
        let mut rows = Vec::new();
        let mut keep = |row: Vec<_>| -> anyhow::Result<()> {
            rows.push(format!("{row:?}"));
            Ok(())
        };
        read_rows(&mut tx, &table, &mut keep).await.unwrap();
        rows.sort();
        all.insert(table.name, rows);
    }
    all
}

async fn get(router: &Router, path: &str, cookie: &str) -> u16 {
    let request = Request::get(path).header(header::ACCEPT, "text/html").header(header::COOKIE, cookie);
    router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status().as_u16()
}

async fn signed_in(router: &Router, who: Uuid) -> String {
    let request = Request::builder().method(Method::POST).uri("/sign-in");
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer =
        router.clone().oneshot(request.body(Body::from(format!("who={who}"))).unwrap()).await.unwrap();
    let cookies = answer.headers().get_all(header::SET_COOKIE).iter();
    let cookie = cookies.filter_map(|cookie| cookie.to_str().ok()).find(|cookie| cookie.starts_with(COOKIE));
    cookie.expect("signed in").split(';').next().unwrap().to_owned()
}

/// A path of the table with ids in place of its names.
fn filled(path: &str, id: Uuid) -> String {
    let part = |part: &str| if part.starts_with('{') { id.to_string() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn nothing_changes_by_a_get() {
    let bench = Bench::sqlite(&start::MIGRATIONS[1..]).await;
    people::demo::seed(&bench).await.unwrap();
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data"));
    let engine = std::sync::Arc::new(start::engine(data).unwrap());
    let router = super::router(bench.app.clone(), Releases::new(bench.app.clone(), Current::new(engine)));
    let mut cookies = vec![String::new()];
    for (kind, key) in PEOPLE {
        cookies.push(signed_in(&router, demo_id(kind, key)).await);
    }
    let paths: Vec<_> = super::access().into_iter().filter(|route| route.method == "GET").collect();
    assert!(paths.len() > 100, "{}", paths.len());
    let mut before = contents(&bench.db).await;
    assert!(before.len() > 40 && before["resident"].len() > 3);
    let (mut opened, mut changed) = (0, Vec::new());
    for route in paths {
        for id in [Uuid::nil(), demo_id("resident", "r01")] {
            let path = filled(route.path, id);
            for cookie in &cookies {
                opened += usize::from(get(&router, &path, cookie).await == 200);
            }
            let after = contents(&bench.db).await;
            for (table, rows) in after.iter().filter(|(table, rows)| before[*table] != **rows) {
                changed.push(format!("{path}: {table} has {} rows of {}", rows.len(), before[table].len()));
            }
            before = after;
            if path == route.path {
                break;
            }
        }
    }
    assert!(opened > 200, "most pages were really shown: {opened}");
    assert_eq!(changed, Vec::<String>::new());
}
