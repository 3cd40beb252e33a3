//! The editors' workspace over HTTP: releases exchanged while serving, comparison, export and SPARQL.

mod matching;
mod quality;
mod sparql;

use std::{fs, path::Path, sync::Arc, time::Duration};

use engine::{Engine, release};
use kb::{Source, Sources};
use knowledge::{model::Author, service};
use serde_json::json;
use tests::TestApp;

const RELEASES: &str = "/api/knowledge/releases";

/// The shipped files with one more everyday word for the first symptom.
fn newer() -> Sources {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    let shipped = release::sources(data).unwrap();
    let file = |file: &Source| {
        let text = match file.name.as_str() {
            "graph/symptoms.ttl" => {
                file.text.replacen("skos:altLabel ", "skos:altLabel \"新近的说法\"@zh , ", 1)
            }
            _ => file.text.clone(),
        };
        Source { name: file.name.clone(), text }
    };
    Sources::from_files(shipped.files().iter().map(file).collect())
}

#[tokio::test]
async fn editors_publish_and_activate_and_others_only_look() {
    TestApp::on_each_database(async |app| {
        let mut editor = app.staff("s04").await;
        let body = json!({"note": "第一版", "activate": true});
        let published = editor.post_json(RELEASES, &body).await;
        assert_eq!(published.status, 201, "{}", published.body);
        let hash = published.json()["release"].as_str().unwrap().to_owned();
        assert_eq!(published.json()["activation"]["activated_by"], "颜知夏");

        let mut doctor = app.staff("s01").await;
        let list = doctor.get_json(RELEASES).await.json();
        assert_eq!(
            (&list["items"][0]["state"], &list["items"][0]["note"]),
            (&json!("in_use"), &json!("第一版"))
        );
        assert_eq!(doctor.post_json(RELEASES, &body).await.problem(403), "/problems/forbidden");
        let activate = format!("{RELEASES}/{hash}/activate");
        assert_eq!(doctor.post_json(&activate, &json!({})).await.problem(403), "/problems/forbidden");
        let one = doctor.get_json(&format!("{RELEASES}/{}", &hash[..8])).await.json();
        assert_eq!(one["hash"], hash.as_str());
        assert_eq!(
            doctor.get_json(&format!("{RELEASES}/00000000")).await.problem(404),
            "/problems/not-found"
        );
        let empty = editor.post_json(RELEASES, &json!({"note": " "})).await;
        assert_eq!(empty.problem(422), "/problems/invalid-input");

        let mut resident = app.resident("r05").await;
        for path in [
            RELEASES,
            "/api/knowledge/statistics",
            "/api/knowledge/export?format=turtle",
            "/knowledge/sparql?query=ASK{}",
        ] {
            assert_eq!(resident.get_json(path).await.problem(403), "/problems/forbidden", "{path}");
            assert_eq!(app.browser().get_json(path).await.status, 401, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_faulty_folder_is_refused_with_file_and_line_and_the_service_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    for file in newer().files() {
        let path = folder.path().join(&file.name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &file.text).unwrap();
    }
    fs::write(folder.path().join("graph/allergens.ttl"), "# 过敏原\n\nalg:x a jy:Allergen .\n").unwrap();
    TestApp::on_each_database(async |app| {
        let app = app.with_data_folder(folder.path());
        let mut editor = app.staff("s04").await;
        let refused = editor.post_json(RELEASES, &json!({"note": "坏的"})).await;
        assert_eq!(refused.problem(422), "/problems/knowledge/refused");
        let first = &refused.json()["errors"][0];
        assert_eq!(first["pointer"], "/graph/allergens.ttl:3:1");
        assert!(first["detail"].as_str().unwrap().starts_with("KB001"), "{first}");
        let page = editor.post_form("/knowledge/releases", &[("note", "坏的")]).await;
        assert_eq!(page.status, 422);
        assert!(page.body.contains("graph/allergens.ttl:3:1"), "{}", page.body);
        assert!(page.body.contains("value=\"坏的\""), "what was written stays");
        assert_eq!(app.staff("s01").await.get("/doctor").await.status, 200);
        assert_eq!(editor.get_json(RELEASES).await.json()["items"], json!([]));
    })
    .await;
}

/// Requests of a resident go on while releases are exchanged under them, each answered under one of the two.
#[tokio::test]
async fn releases_are_exchanged_without_a_lost_request() {
    TestApp::on_each_database(async |app| {
        let author = Author::operator("测试");
        let first = app.releases().current().load();
        let second = Arc::new(Engine::compile(&newer()).unwrap_or_else(|faults| panic!("{faults:?}")));
        let mut resident = app.resident("r05").await;
        let begun = json!({"institution": "H01", "department": "IM"});
        let path = "/api/preconsult/consultations";
        let id = resident.post_json(path, &begun).await.json()["id"].as_str().unwrap().to_owned();
        let swaps = async {
            for turn in 0..40 {
                let next = if turn % 2 == 0 { &second } else { &first };
                app.releases().current().swap(next.clone());
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let read = async |mut browser: tests::Browser| {
            for _ in 0..25 {
                let page = browser.get(&format!("/consultations/{id}")).await;
                assert_eq!(page.status, 200, "{}", page.body);
            }
        };
        tokio::join!(swaps, read(resident.clone()), read(resident.clone()), read(resident.clone()));
        // The same by an activation on another node: this one follows.
        app.releases().current().swap(first.clone());
        let other = app.restarted();
        let published = service::publish_files(other.releases(), newer(), &author, "新词").await.unwrap();
        service::activate(other.releases(), &published.release, &author).await.unwrap();
        let following = tokio::spawn(app.releases().clone().follow());
        for _ in 0..1_200 {
            if app.releases().current().load().kb().release == published.release {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        following.abort();
        assert_eq!(app.releases().current().load().kb().release, published.release);
        assert_eq!(resident.get(&format!("/consultations/{id}")).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_consultation_is_replayed_under_the_release_of_its_day() {
    TestApp::on_each_database(async |app| {
        let author = Author::operator("测试");
        let data = app.config.data_dir.clone();
        let first = service::publish(app.releases(), &data, &author, "第一版").await.unwrap().release;
        let mut resident = app.resident("r05").await;
        let base = "/api/preconsult/consultations";
        let begun = resident.post_json(base, &json!({"institution": "H01", "department": "IM"})).await.json();
        let path = format!("{base}/{}", begun["id"].as_str().unwrap());
        let mut now = begun;
        for turn in 0..60 {
            if now["state"] != "asking" {
                break;
            }
            let options: Vec<String> = serde_json::from_value(now["question"]["options"].clone()).unwrap();
            let no = ["继续填写", "都没有", "没有"];
            let text = if turn == 0 {
                "咳嗽三天，有黄痰，发烧"
            } else {
                options.iter().map(String::as_str).find(|option| no.contains(option)).unwrap_or("没有")
            };
            let key = format!("answer-{turn:02}");
            let answers = format!("{path}/answers");
            let body = json!({"turn": turn, "text": text});
            let answer = resident
                .send_json(axum::http::Method::POST, &answers, &body, &[("idempotency-key", &key)])
                .await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            now = answer.json();
        }
        let tag = format!("\"{}\"", now["version"]);
        let confirm = format!("{path}/confirm");
        let done =
            resident.send_json(axum::http::Method::POST, &confirm, &json!({}), &[("if-match", &tag)]).await;
        assert_eq!(done.status, 200, "{}", done.body);

        let second = service::publish_files(app.releases(), newer(), &author, "新词").await.unwrap().release;
        service::activate(app.releases(), &second, &author).await.unwrap();
        let mut doctor = app.staff("s01").await;
        let replay = doctor.get_json(&format!("{path}/replay")).await.json();
        assert_eq!((&replay["release"], &replay["differences"]), (&json!(first), &json!([])));
        assert!(replay["suspects"].as_array().unwrap().len() >= 2, "{replay}");
        let other = doctor.get_json(&format!("{path}/replay?release={second}")).await.json();
        assert_eq!((&other["release"], &other["stored_release"]), (&json!(second), &json!(first)));
        let nowhere = format!("{path}/replay?release={}", "0".repeat(64));
        assert_eq!(doctor.get_json(&nowhere).await.problem(404), "/problems/not-found");
        assert_eq!(
            app.staff("s02").await.get_json(&format!("{path}/replay")).await.problem(404),
            "/problems/not-found"
        );
    })
    .await;
}

#[tokio::test]
async fn statistics_comparison_and_export_are_pages_and_data() {
    TestApp::on_each_database(async |app| {
        let author = Author::operator("测试");
        let data = app.config.data_dir.clone();
        let first = service::publish(app.releases(), &data, &author, "第一版").await.unwrap().release;
        let second = service::publish_files(app.releases(), newer(), &author, "新词").await.unwrap().release;
        let mut doctor = app.staff("s01").await;
        let statistics = doctor.get_json("/api/knowledge/statistics").await.json();
        assert_eq!(statistics["release"], first.as_str());
        let classes = statistics["classes"].as_array().unwrap();
        let diseases = classes.iter().find(|class| class["name"] == "疾病").unwrap();
        let kb = app.releases().current().load();
        let n = diseases["n_draft"].as_u64().unwrap() + diseases["n_reviewed"].as_u64().unwrap();
        assert_eq!(usize::try_from(n).unwrap(), kb.kb().diseases.len());
        let first_seen: u64 = statistics["departments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| d["n_first"].as_u64().unwrap())
            .sum();
        assert_eq!(
            usize::try_from(first_seen).unwrap(),
            kb.kb().diseases.len(),
            "every disease has one first department"
        );

        let page = doctor.get("/knowledge").await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains(&first[..12]) && page.body.contains("疾病—症状关系"), "{}", page.body);
        assert!(page.body.contains("href=\"/knowledge\" aria-current=\"page\""), "in the main menu");
        assert!(doctor.get("/doctor").await.body.contains("href=\"/knowledge\""), "the way there");
        for path in ["/knowledge/releases", "/knowledge/diff", "/knowledge/sparql"] {
            let page = doctor.get(path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.body);
            assert!(!page.body.contains(" style="), "{path}");
        }
        assert!(
            !doctor.get("/knowledge/releases").await.body.contains("检查并发布"),
            "a doctor has no such button"
        );

        let path = format!("/api/knowledge/diff?from={first}&to={second}");
        let diff = doctor.get_json(&path).await.json();
        assert_eq!(diff["subjects"][0]["items"][0]["after"], "新近的说法");
        assert_eq!(diff["subjects"][0]["items"][0]["file"], "graph/symptoms.ttl");
        let page = doctor.get(&format!("/knowledge/diff?from={first}&to={second}")).await;
        assert!(
            page.body.contains("新近的说法") && page.body.contains("graph/symptoms.ttl:"),
            "{}",
            page.body
        );

        let text = doctor.get_json("/api/knowledge/export?format=turtle").await;
        assert_eq!(text.header("content-type"), "text/turtle");
        assert!(
            text.header("content-disposition").contains(".ttl"),
            "{}",
            text.header("content-disposition")
        );
        assert!(text.body.contains("sym:cough"), "prefixes are used");
        let old = doctor.get_json(&format!("/api/knowledge/export?format=nquads&release={second}")).await;
        assert!(old.body.contains("\"新近的说法\"@zh"));
        assert_eq!(
            doctor.get_json("/api/knowledge/export?format=xml").await.problem(422),
            "/problems/invalid-input"
        );
    })
    .await;
}

#[tokio::test]
async fn an_editor_publishes_and_activates_on_the_page() {
    TestApp::on_each_database(async |app| {
        let mut editor = app.staff("s04").await;
        let answer =
            editor.post_form("/knowledge/releases", &[("note", "页面发布"), ("activate", "yes")]).await;
        assert_eq!((answer.status, answer.location()), (303, "/knowledge/releases"), "{}", answer.body);
        let page = editor.get("/knowledge/releases").await;
        assert!(page.body.contains("页面发布") && page.body.contains("使用中"), "{}", page.body);
        let author = Author::operator("测试");
        let second = service::publish_files(app.releases(), newer(), &author, "新词").await.unwrap().release;
        let answer = editor.post_form(&format!("/knowledge/releases/{second}/activate"), &[]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert_eq!(app.releases().current().load().kb().release, second);
        assert!(editor.get("/knowledge").await.body.contains(&second[..12]));
        assert!(editor.get("/sign-in").await.status == 200);
        let home = app
            .browser()
            .post_form("/sign-in", &[("who", &people::demo::demo_id("staff", "s04").to_string())])
            .await;
        assert_eq!(home.location(), "/knowledge");
    })
    .await;
}
