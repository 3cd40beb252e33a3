//! Rules of the house, checked like any other behaviour.
#![expect(clippy::unwrap_used, reason = "a tree that cannot be read fails the test")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const LONGEST_FILE: usize = 600;

/// What each crate of the workspace may depend on; nothing else is allowed.
const ARROWS: [(&str, &[&str]); 14] = [
    ("kb", &[]),
    ("nlp", &["kb"]),
    ("rules", &["kb"]),
    ("engine", &["kb", "nlp", "rules"]),
    ("api/platform", &[]),
    ("api/ui", &["platform"]),
    ("api/ocr", &[]),
    ("api/gateways", &["platform"]),
    ("api/people", &["platform", "ui", "gateways"]),
    ("api/preconsult", &["platform", "ui", "people", "gateways", "engine", "rules", "kb"]),
    ("api/herbal", &["platform", "ui", "people", "gateways", "engine", "rules", "kb"]),
    ("api/knowledge", &["platform", "ui", "people", "engine", "rules", "kb"]),
    (
        "api/server",
        &[
            "platform",
            "ui",
            "ocr",
            "people",
            "gateways",
            "preconsult",
            "knowledge",
            "herbal",
            "engine",
            "nlp",
            "kb",
            "rules",
        ],
    ),
    (
        "tests",
        &[
            "platform",
            "ui",
            "people",
            "gateways",
            "preconsult",
            "knowledge",
            "herbal",
            "engine",
            "nlp",
            "kb",
            "rules",
            "jiuyi",
        ],
    ),
];

fn root() -> &'static Path {
    Path::new(ROOT)
}

/// Files below a folder, without build output and version control.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(path) = pending.pop() {
        for entry in fs::read_dir(&path).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !name.starts_with('.') && name != "target" && name != "var" {
                    pending.push(path);
                }
            } else if path.extension().is_some_and(|own| own == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[test]
fn the_top_level_is_exact() {
    let actual: BTreeSet<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.') && name != "target" && name != "var")
        .collect();
    let expected =
        ["Cargo.lock", "Cargo.toml", "README.md", "api", "data", "engine", "kb", "nlp", "rules", "tests"];
    assert_eq!(actual, expected.map(str::to_owned).into());
}

#[test]
fn crates_depend_only_downwards() {
    let names: BTreeSet<&str> = ARROWS.iter().map(|(folder, _)| own_name(folder)).collect();
    let members = files(root(), "toml")
        .into_iter()
        .filter(|path| path.ends_with("Cargo.toml") && short(path) != "Cargo.toml")
        // Fuzz targets stand outside the workspace: they need a nightly compiler.
        .filter(|path| !short(path).contains("/fuzz/"));
    let folders: BTreeSet<String> = members.map(|path| short(path.parent().unwrap())).collect();
    assert_eq!(
        folders,
        ARROWS.iter().map(|(folder, _)| (*folder).to_owned()).collect(),
        "every crate has its arrows here"
    );
    for (folder, allowed) in ARROWS {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        for line in manifest.lines() {
            let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
            let is_own_test_support = name == own_name(folder);
            if names.contains(name) && !is_own_test_support {
                assert!(allowed.contains(&name), "{folder} may not depend on {name}");
            }
        }
    }
}

fn own_name(folder: &str) -> &str {
    match folder {
        "api/server" => "jiuyi",
        folder => folder.rsplit('/').next().unwrap_or(folder),
    }
}

#[test]
fn no_source_file_is_too_long() {
    let long: Vec<String> = files(root(), "rs")
        .into_iter()
        .filter_map(|path| {
            let n_lines = fs::read_to_string(&path).unwrap().lines().count();
            (n_lines > LONGEST_FILE).then(|| format!("{} ({n_lines})", short(&path)))
        })
        .collect();
    assert_eq!(long, Vec::<String>::new());
}

/// SQL stands in the stores, HTTP in the rooms for it, and the core knows neither.
#[test]
fn rooms_keep_to_themselves() {
    let mut wrong = Vec::new();
    for path in files(root(), "rs") {
        let name = short(&path);
        let text = fs::read_to_string(&path).unwrap();
        let in_core = ["kb/", "nlp/", "rules/", "engine/"].iter().any(|room| name.starts_with(room));
        for word in ["sqlx::", "axum::", "tokio::", "std::time::", "chrono::"] {
            let is_bench = name.contains("/benches/");
            if in_core && !is_bench && text.contains(word) {
                wrong.push(format!("{name} uses {word}"));
            }
        }
        let scenarios = ["api/preconsult/src", "api/people/src", "api/knowledge/src", "api/herbal/src"];
        let is_scenario = scenarios.iter().any(|room| name.starts_with(room));
        let may_sql = ["store", "error", "lib.rs", "tests"].iter().any(|room| name.contains(room));
        let production = text.split("#[cfg(test)]").next().unwrap_or_default();
        if is_scenario && !may_sql && production.contains("sqlx::query") {
            wrong.push(format!("{name} holds SQL outside store"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn nothing_is_left_unfinished() {
    // Written in two halves, so that this list does not find itself.
    let marks = [("TO", "DO"), ("FIX", "ME"), ("#[ign", "ore")].map(|(start, end)| format!("{start}{end}"));
    let mut found = Vec::new();
    for path in files(root(), "rs").into_iter().chain(files(root(), "html")) {
        let text = fs::read_to_string(&path).unwrap();
        if marks.iter().any(|mark| text.contains(mark.as_str())) {
            found.push(short(&path));
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

/// Every requirement has a row, and a done one names tests that exist.
#[test]
fn requirements_name_their_tests() {
    let text = fs::read_to_string(root().join("tests/requirements.tsv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("id\tstate\ttitle\ttests"));
    let sources: String = files(root(), "rs").iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let mut seen = BTreeSet::new();
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        let &[id, state, title, tests] = cells.as_slice() else { panic!("four columns: {line}") };
        assert!(seen.insert(id), "{id} stands twice");
        assert!(!title.is_empty(), "{id} has no title");
        match state {
            "open" => {}
            "done" => {
                assert!(!tests.is_empty(), "{id} is done without a test");
                for test in tests.split('|') {
                    let is_case = root().join("tests/cases").join(test).is_file();
                    let is_function = sources.contains(&format!("fn {test}("));
                    assert!(is_case || is_function, "{id} names {test}, which does not exist");
                }
            }
            state => panic!("{id}: unknown state {state}"),
        }
    }
    assert!(seen.len() >= 207, "every requirement of the tender has a row");
}

/// Every clause of GB/T 22239 8.1.4 and every chapter of ASVS 5.0 is proved by tests, or says why not.
#[test]
fn compliance_names_its_tests_or_reasons() {
    let text = fs::read_to_string(root().join("tests/compliance.tsv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("standard\titem\tstate\trequirement\tproof"));
    let sources: String = files(root(), "rs").iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let mut items = BTreeSet::new();
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        let &[standard, item, state, requirement, proof] = cells.as_slice() else {
            panic!("five columns: {line}")
        };
        assert!(items.insert((standard, item)), "{item} stands twice");
        assert!(!requirement.is_empty() && !proof.is_empty(), "{item} is not filled in");
        match state {
            "test" => {
                for test in proof.split('|') {
                    assert!(
                        sources.contains(&format!("fn {test}(")),
                        "{item} names {test}, which does not exist"
                    );
                }
            }
            "reason" | "open" => assert!(proof.ends_with('.'), "{item} needs a sentence"),
            state => panic!("{item}: unknown state {state}"),
        }
    }
    let clauses = items.iter().filter(|(standard, _)| *standard == "GB/T 22239-2019").count();
    assert_eq!(clauses, 34, "every clause of 8.1.4");
    for chapter in 1..=17 {
        let names = |item: &str| {
            let (section, _) = item.split_once(' ').unwrap();
            section.split('-').any(|part| part.split('.').next() == Some(format!("V{chapter}").as_str()))
        };
        assert!(items.iter().any(|(standard, item)| *standard == "ASVS 5.0" && names(item)), "V{chapter}");
    }
}

/// Binary columns that hold no sealed value: hashes, blind indexes, MACs, published knowledge.
const CLEAR: [&str; 6] = [
    "knowledge_blob.bytes",
    "knowledge_release_file.blob",
    "sign_in_limit.key",
    "sealing_key.fingerprint",
    "row_mac.mac",
    "row_mac_begun.mac",
];

/// A change of keys reaches every sealed column: each binary column of the migrations is listed as sealed or is
/// known to be none.
#[test]
fn every_sealed_column_is_listed() {
    let sources: String = files(&root().join("api"), "rs")
        .iter()
        .filter(|path| path.ends_with("lib.rs"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let mut missing = Vec::new();
    let mut n_sealed = 0;
    for path in files(&root().join("api"), "sql").into_iter().filter(|path| short(path).contains("postgres"))
    {
        let mut table = String::new();
        for line in fs::read_to_string(&path).unwrap().lines() {
            let words: Vec<&str> = line.split([' ', '(', ';', ',']).filter(|word| !word.is_empty()).collect();
            if let ["CREATE" | "ALTER", "TABLE", name, ..] = words.as_slice() {
                table = (*name).to_owned();
            }
            let Some(at) = words.iter().position(|word| *word == "BYTEA") else { continue };
            let column = words[at - 1];
            let place = format!("{table}.{column}");
            if column.ends_with("hash") || column.ends_with("_index") || CLEAR.contains(&place.as_str()) {
                continue;
            }
            n_sealed += 1;
            if !sources.contains(&format!("table: \"{table}\", column: \"{column}\", row:")) {
                missing.push(place);
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "add them to SEALED of their crate");
    assert!(n_sealed >= 19, "the migrations are read: {n_sealed}");
}

#[test]
fn knowledge_names_its_source_and_review() {
    for path in files(&root().join("data/graph"), "ttl") {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# "), "{} says in its first line what it holds", short(&path));
        let n_edges = text.matches("jy:hasSymptom [").count();
        let n_sourced = text
            .lines()
            .filter(|line| {
                line.contains("jy:hasSymptom [") && line.contains("jy:source") && line.contains("jy:review")
            })
            .count();
        assert_eq!(n_edges, n_sourced, "{}: every edge has source and review", short(&path));
    }
}
