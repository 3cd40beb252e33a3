//! What `api/openapi.json` promises, tried by schemathesis (PyPI) on a loopback port: generated good and bad requests
//! as several people, all its checks, and what one resident may see of another's.
//!
//! `JIUYI_SCHEMATHESIS` names the program; `tests/run` installs it.
#![expect(clippy::unwrap_used, reason = "a test bench that fails must fail its test")]
#![expect(clippy::disallowed_methods, reason = "where the tester stands is no setting of the program")]

use std::{collections::BTreeMap, env, fmt::Write, fs, process::Command};

use serde_json::json;
use tests::{Answer, Browser, Site};

/// Tried in this order where an operation refuses the one before.
const PEOPLE: [(&str, &str); 7] = [
    ("resident", "r01"),
    ("resident", "r02"),
    ("staff", "s01"),
    ("staff", "s04"),
    ("staff", "s08"),
    ("staff", "s10"),
    ("staff", "s11"),
];

/// How many requests of a kind are made up for each operation.
const EXAMPLES: u32 = 40;

/// What may stop a request that keeps to the schema: the state of the thing (409, 412), and names of things that are
/// not there, rules between fields, and a language of its own (422 and 400 where listed).
const CONFIG: &str = r#"
hooks = "hooks.py"

[auth.wfc]
path = "people.yaml"
peers = ["r01", "r02"]

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 412, 429]

[checks.missing_required_header]
expected-statuses = [400, 401, 403, 415, 422, 428]

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428]

[[operations]]
include-path-regex = "^/api/preconsult/consultations/.id./(confirm|record)"
parameters = { "path.id" = "CONSULTATION", "path.section" = "present_illness" }

[[operations]]
include-path-regex = "^/api/preconsult/templates/.id./"
parameters = { "path.id" = "TEMPLATE" }

[[operations]]
include-name = ["GET /knowledge/sparql", "POST /knowledge/sparql"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", 400, 401, 403, 404, 429]

[[operations]]
include-name = [
    "GET /api/preconsult/articles",
    "POST /api/preconsult/consultations",
    "POST /api/preconsult/templates",
    "POST /api/preconsult/templates/{id}/retire",
    "POST /api/preconsult/templates/{id}/review",
    "POST /api/preconsult/templates/{id}/submit",
    "PUT /api/preconsult/templates/{id}/draft",
]
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 412, 422, 429]
"#;

const SERIALIZER: &str = r#"
import schemathesis

@schemathesis.serializer("application/sparql-query")
def sparql(ctx, value):
    return str(value).encode()
"#;

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_keeps_to_the_document_for_whatever_it_is_sent() {
    let Ok(program) = env::var("JIUYI_SCHEMATHESIS") else {
        assert!(env::var("JIUYI_REQUIRE_SCHEMATHESIS").is_err(), "JIUYI_SCHEMATHESIS names no program");
        eprintln!("skipped: JIUYI_SCHEMATHESIS names no schemathesis");
        return;
    };
    let site = Site::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut users = String::from("auth:\n");
    let mut ids = BTreeMap::new();
    for (kind, key) in PEOPLE {
        let mut browser = Browser::new(site.router());
        browser.sign_in(kind, key).await;
        let own = match key {
            "r01" | "r02" => Some(open_consultation(&mut browser).await),
            "s01" => Some(new_template(&mut browser).await),
            _ => None,
        };
        ids.extend(own.map(|id| (key, id)));
        write!(users, "  - name: {key}\n    fixedHeaders:\n").unwrap();
        for (name, value) in browser.proof() {
            write!(users, "      - name: {name}\n        value: {value}\n").unwrap();
        }
    }
    fs::write(folder.path().join("people.yaml"), users).unwrap();
    fs::write(folder.path().join("hooks.py"), SERIALIZER).unwrap();
    let config = CONFIG.replace("CONSULTATION", &ids["r01"]).replace("TEMPLATE", &ids["s01"]);
    fs::write(folder.path().join("schemathesis.toml"), config).unwrap();
    let ran = tokio::task::spawn_blocking(move || {
        Command::new(program)
            .current_dir(folder.path())
            .args(["--config-file", "schemathesis.toml", "run", "--checks", "all", "--no-color"])
            // Python 3.11 loses count in `ast.parse` when two threads are in it (cpython#106905).
            .args(["--continue-on-failure", "--seed", "1", "--workers", "1"])
            .args(["--max-examples", &EXAMPLES.to_string()])
            .args(["--suppress-health-check", "all", "--generation-database", "none"])
            .arg(format!("{}/openapi.json", site.base()))
            .output()
            .expect("schemathesis starts")
    });
    let output = ran.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// Something of one person that another may try to get.
async fn open_consultation(browser: &mut Browser) -> String {
    let place = json!({ "institution": "H01", "department": "IM" });
    id_of(&browser.post_json("/api/preconsult/consultations", &place).await)
}

async fn new_template(browser: &mut Browser) -> String {
    let template = json!({ "title": "咳嗽问卷", "department": "IM" });
    id_of(&browser.post_json("/api/preconsult/templates", &template).await)
}

fn id_of(made: &Answer) -> String {
    assert_eq!(made.status, 201, "{}", made.body);
    made.json()["id"].as_str().unwrap().to_owned()
}
